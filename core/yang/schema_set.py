"""Decides which YANG texts make one schema: a closed, content-addressed set of modules and features."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.left_out import LeftOut, named
from yangbeam.core.yang.module_text import ModuleText, Reference, read_module_text, readable, structures_as_containers

Root = str | tuple[str, str]
"""A module to implement: its name, ``name@revision``, or (name, revision)."""

# libyang brings these itself and knows no other; a set need not have them.
_BUILT_IN = frozenset({"yang", "ietf-yang-metadata"})


@dataclass(frozen=True, slots=True)
class Leeway:
    """What of a set that was put together must be there, and what may go.

    Attributes:
        contents: Modules that the contents need; they and their imports stay.
        notifications: Modules that the notifications need.
        ours: Texts to read these by if the node's own do not compile.
    """

    contents: tuple[str, ...] = ()
    notifications: tuple[str, ...] = ()
    ours: tuple[ModuleText, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """A closed set of modules: every import and include is in it.

    Attributes:
        modules: Modules and submodules, sorted by name and revision; several revisions of one module may be imported.
        implemented: (name, revision) of the modules whose data nodes, augments and deviations hold.
        features: Module → enabled features; a module that is absent has all its features enabled.
        digest: SHA-256 in hex over modules, implemented and features, and what may be left out: equal content, equal
            digest.
        left_out: What it is read without: quirks of the schema, told and registered with it.
        leeway: What may be left out if it does not compile; None: nothing, or it is known to compile.
    """

    modules: tuple[ModuleText, ...]
    implemented: tuple[tuple[str, str], ...]
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    left_out: tuple[LeftOut, ...] = ()
    leeway: Leeway | None = None

    def files(self) -> dict[str, str]:
        """File name → text as the validator is to read it (structures rewritten to containers)."""
        return {module.file_name: readable(structures_as_containers(module.text)) for module in self.modules}

    def with_leeway(self, leeway: Leeway, left_out: tuple[LeftOut, ...] = ()) -> "SchemaSet":
        """Returns the set as one of which some may be left out, and some is already."""
        more = repr((leeway.contents, leeway.notifications, [(text.name, text.revision) for text in leeway.ours]))
        digest = hashlib.sha256(f"{self.digest}{more}".encode()).hexdigest()
        return replace(self, digest=digest, left_out=left_out, leeway=leeway)

    def settled(self, left_out: tuple[LeftOut, ...]) -> "SchemaSet":
        """Returns the set as one that compiles, and what it is read without."""
        found = schema_set_of(self.modules, self.implemented, self.features)
        return replace(found, left_out=named(left_out))

    def revisions(self) -> dict[str, str]:
        """Implemented module → revision."""
        return dict(self.implemented)


def _digest(modules: Iterable[ModuleText], implemented: object, features: object) -> str:
    total = hashlib.sha256()
    for module in modules:
        total.update(module.file_name.encode() + b"\0" + hashlib.sha256(module.text.encode()).digest())
    total.update(repr((implemented, features)).encode())
    return total.hexdigest()


class _Shelf:
    """Texts by name and revision, to look up what a reference means."""

    def __init__(self, texts: Iterable[ModuleText]) -> None:
        self.by_name: dict[str, dict[str, ModuleText]] = {}
        for text in texts:
            self.by_name.setdefault(text.name, {})[text.revision] = text

    def find(self, wanted: Reference, needed_by: str) -> ModuleText:
        revisions = self.by_name.get(wanted.name, {})
        found = revisions.get(wanted.revision or max(revisions, default=""))
        if found is None:
            name = f"{wanted.name}@{wanted.revision}" if wanted.revision else wanted.name
            have = f"; the set has {', '.join(sorted(revisions))}" if revisions else ""
            what = f"{needed_by} needs {name}, which the set lacks{have}: add its text"
            raise SchemaError("module-missing", what, module=name)
        return found


def _close(shelf: _Shelf, roots: Iterable[ModuleText]) -> dict[tuple[str, str], ModuleText]:
    """Follows imports and includes from the roots."""
    closed: dict[tuple[str, str], ModuleText] = {}
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        if (module.name, module.revision) in closed:
            continue
        closed[module.name, module.revision] = module
        needed_by = module.file_name.removesuffix(".yang")
        references = (*module.imports, *module.includes)
        waiting.extend(shelf.find(wanted, needed_by) for wanted in references if wanted.name not in _BUILT_IN)
    return closed


def _root(root: Root) -> Reference:
    if isinstance(root, tuple):
        return Reference(*root)
    name, _, revision = root.partition("@")
    return Reference(name, revision)


def make_schema_set(
    texts: Mapping[str, str],
    roots: Iterable[Root] | None = None,
    *,
    features: Mapping[str, Iterable[str]] | None = None,
    imported_only: Iterable[str] = (),
) -> SchemaSet:
    """Makes the closed set of ``roots`` from ``texts``.

    Args:
        texts: Any key (a file name) → YANG text. May hold more than is needed, and several revisions.
        roots: Modules that must be in; None takes the newest revision of every module of ``texts``. Without a
            revision the newest in ``texts`` is meant, as for imports.
        features: Module → the features that are enabled; modules not named have all.
        imported_only: Modules that only lend types and groupings (``import-only-module`` of RFC 8525); all others
            are implemented, each in its newest revision of the closure.

    Raises:
        SchemaError: ``module-missing`` or ``not-yang``.
    """
    shelf = _Shelf(read_module_text(text) for text in texts.values())
    wanted = [_root(root) for root in roots] if roots is not None else [Reference(name) for name in shelf.by_name]
    found = [shelf.find(reference, "the schema set") for reference in wanted]
    asked = {module.name: module.revision for module in found if not module.belongs_to}
    closed = _close(shelf, [module for module in found if not module.belongs_to])
    newest: dict[str, str] = {}
    for (name, revision), module in closed.items():
        if not module.belongs_to:
            newest[name] = max(newest.get(name, ""), revision)
    lenders = frozenset(imported_only)
    implemented = tuple(sorted((newest | asked).items()))
    implemented = tuple((name, revision) for name, revision in implemented if name not in lenders)
    chosen = {name: tuple(sorted(on)) for name, on in sorted((features or {}).items())}
    return schema_set_of(tuple(closed[key] for key in sorted(closed)), implemented, chosen)


def schema_set_of(
    modules: tuple[ModuleText, ...],
    implemented: tuple[tuple[str, str], ...],
    features: Mapping[str, tuple[str, ...]],
) -> SchemaSet:
    """Returns the set of these very modules, sorted by name and revision, with its digest."""
    return SchemaSet(modules, implemented, features, _digest(modules, implemented, features))
