"""Which tables a schema gives: one per list, per top-level container with leaves, and per notification.

Tables are made one by one, when data for them is first seen: openconfig-network-instance alone has 293.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from yangbeam.core.tables.columns import ColumnType, column_type_of, is_counter, key_type_of
from yangbeam.core.tables.definitions import CONTROL, LEADING, MESSAGE, RESERVED, SEQ, Column, Table
from yangbeam.core.tables.naming import LIMIT, distinct, joined, snake
from yangbeam.core.yang.tree import Node, Tree

LEAVES = frozenset({"leaf", "leaf-list", "anydata", "anyxml"})
INDEX = "index"
"""Name, after its list's, of the column that tells the entries of a keyless list apart in the tables below it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a table stands in the schema.

    Attributes:
        node: Its list, container or notification.
        lists: The lists above and itself, outermost first.
        event: It is, or is in, a notification.
    """

    node: Node
    lists: tuple[Node, ...] = ()
    event: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A table with the places of its columns in the schema.

    Attributes:
        table: The definition.
        origin: Where it stands.
        keys: For each list of ``origin.lists`` its columns: per key in order, or one index of a keyless list above.
        columns: Schema path of a leaf or presence container → column name.
        message: Whether rows carry ``_message``.
    """

    table: Table
    origin: Origin
    keys: tuple[tuple[str, ...], ...]
    columns: dict[str, str]
    message: bool


@dataclass(slots=True)
class Mapping:
    """The tables of one schema, made when asked for."""

    tree: Tree
    limit: int = LIMIT
    _origins: dict[str, Origin] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _layouts: dict[str, Layout] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for top in (*self.tree.data.values(), *self.tree.notifications.values()):
            self._origins.update((origin.node.path, origin) for origin in _origins(top))
        wanted = [(_table_name(path), path) for path in self._origins]
        self._names = dict(zip(self._origins, distinct(wanted, limit=self.limit), strict=True))

    def layout(self, path: str) -> Layout:
        """Returns the table of the list, top-level container or notification at a schema path.

        Raises:
            KeyError: Nothing that has a table stands there.
        """
        layout = self._layouts.get(path)
        if layout is None:
            layout = self._layouts[path] = _layout(self._names[path], self._origins[path], self.limit)
        return layout


def inner(node: Node) -> Iterator[Node]:
    """Yields the nodes of one row: leaves and containers below a table's node, not what is in lists below it.

    A leaf at the top of a module has a table of its own, and is its only column.
    """
    if node.kind in LEAVES:
        yield node
    for child in node.children.values():
        if child.kind in LEAVES:
            yield child
        elif child.kind == "container":
            yield child
            yield from inner(child)


def _origins(top: Node) -> Iterator[Origin]:
    event = top.kind == "notification"
    yield Origin(top, (top,) if top.kind == "list" else (), event)
    yield from _below(top, (top,) if top.kind == "list" else (), event=event)


def _below(node: Node, lists: tuple[Node, ...], *, event: bool) -> Iterator[Origin]:
    for child in node.children.values():
        if child.kind == "list":
            yield Origin(child, (*lists, child), event)
            yield from _below(child, (*lists, child), event=event)
        elif child.kind == "container":
            yield from _below(child, lists, event=event)


def _table_name(path: str) -> str:
    """Returns ``ietf_interfaces__interfaces__interface`` for its schema path; modules of augmentations are left out."""
    first, *rest = path.lstrip("/").split("/")
    module, _, name = first.partition(":")
    return joined([module, name, *(step.rpartition(":")[2] for step in rest)])


def _layout(name: str, origin: Origin, limit: int) -> Layout:
    node = origin.node
    keys = [_key_columns(entry) for entry in origin.lists]
    keyless = origin.event or any(not entry.keys for entry in origin.lists)
    if node.kind == "list" and not node.keys:
        keys[-1] = []  # its own index is _seq
    own = {f"{node.path}/{key}" for key in node.keys}
    values = [_value_column(node, child) for child in inner(node) if child.path not in own and _has_column(child)]
    flat = [column for columns in keys for column in columns]
    names = iter(distinct([(c.name, c.path) for c in (*flat, *values)], RESERVED, limit))
    named = [[_renamed(column, next(names)) for column in columns] for columns in keys]
    leaves = [_renamed(column, next(names)) for column in values]
    identity = [*LEADING, *(column for columns in named for column in columns), *([MESSAGE] if keyless else []), SEQ]
    return Layout(
        Table(name, node.path, (*identity, *CONTROL, *leaves), node.description),
        origin,
        tuple(tuple(column.name for column in columns) for columns in named),
        {column.path: column.name for column in leaves},
        keyless,
    )


def _has_column(node: Node) -> bool:
    return node.kind in LEAVES or node.presence


def _key_columns(entry: Node) -> list[Column]:
    if not entry.keys:
        return [Column(f"{snake(entry.name)}__{INDEX}", ColumnType("uint64"), "identity", path=entry.path)]
    leaves = [entry.child(key) for key in entry.keys]
    return [_column(f"{snake(entry.name)}__{snake(leaf.name)}", leaf, "identity") for leaf in leaves if leaf]


def _value_column(table: Node, node: Node) -> Column:
    below = node.path[len(table.path) :].strip("/").split("/") if node is not table else [node.name]
    return _column(joined(step.rpartition(":")[2] for step in below), node, "value")


def _column(name: str, node: Node, role: str) -> Column:
    yang = node.type
    return Column(
        name=name,
        type=key_type_of(node) if role == "identity" else column_type_of(node),
        role=role,
        path=node.path,
        yang_type=(yang.typedef or yang.base) if yang else node.kind,
        units=node.units,
        description=node.description,
        counter=is_counter(yang),
        config=node.config,
        names=tuple(enum for enum, _ in yang.enums) if yang else (),
    )


def _renamed(column: Column, name: str) -> Column:
    fields = {field: getattr(column, field) for field in column.__struct_fields__}
    return Column(**{**fields, "name": name})
