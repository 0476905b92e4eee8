"""Which statement that a schema is read without describes a node or a value that the schema does not have."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from yangbeam.core.yang.left_out import LeftOut

_PREFIX: Final = re.compile(r"[^/:]*:")
_NODES: Final = frozenset(
    ("container", "list", "leaf", "leaf-list", "anydata", "anyxml", "choice", "case", "uses", "grouping")
)
_LONGEST: Final = 120
"""Characters of a statement that are kept: a longer path is known by its beginning."""


class Gaps:
    """What a schema is read without, as one looks for it by nodes.

    Args:
        left_out: Its quirks.
        revisions: Modules that the schema has.
        owners: Submodule → its module.
    """

    def __init__(
        self,
        left_out: Iterable[LeftOut] = (),
        revisions: Iterable[str] = (),
        owners: Mapping[str, str] | None = None,
    ) -> None:
        self._all = tuple(left_out)
        self._revisions = frozenset(revisions)
        self._by_module: dict[str, list[LeftOut]] = {}
        for each in self._all:
            name = each.module.partition("@")[0]
            self._by_module.setdefault((owners or {}).get(name, name), []).append(each)

    def of_node(self, module: str, place: str) -> LeftOut | None:
        """Returns what would describe a node; None: nothing that was left out.

        Args:
            module: Module of the node.
            place: Its schema path.
        """
        if not self._all:
            return None
        known, steps = self._by_module.get(module, []), _PREFIX.sub("", place)
        found = next((each for each in known if _describes(each, steps)), None)
        if found is None and known and module not in self._revisions:
            return known[0]
        return found or next((each for each in self._all if _is_lent(each, steps)), None)

    def of_value(self, place: str) -> LeftOut | None:
        """Returns the deviation that would give the node of a schema path another type."""
        steps = _PREFIX.sub("", place)
        return next((each for each in self._all if _deviates(each, steps)), None)

    def of_identity(self, module: str, name: str) -> LeftOut | None:
        """Returns what would define an identity."""
        known = self._by_module.get(module, [])
        named = next((each for each in known if each.statement == f"identity {name}"), None)
        return named or (known[0] if known and module not in self._revisions else None)


def nearest(left_out: Iterable[LeftOut], module: str, place: str) -> LeftOut | None:
    """Returns of the quirks of one module, by its name and revision, the one that is about a schema path."""
    return Gaps(each for each in left_out if each.module == module).of_node(module.partition("@")[0], place)


def _describes(one: LeftOut, steps: str) -> bool:
    keyword, _, argument = one.statement.partition(" ")
    match keyword:
        case "":
            return True
        case "augment":
            return _is_at(one, argument, steps.rpartition("/")[0])
        case "uses":
            return True
        case _:
            return _is_lent(one, steps) or _deviates(one, steps)


def _is_lent(one: LeftOut, steps: str) -> bool:
    """Whether a statement defines the last node of a path, wherever it stands: in a grouping of any module, too."""
    keyword, _, argument = one.statement.partition(" ")
    return keyword in _NODES and argument == steps.rpartition("/")[2]


def _deviates(one: LeftOut, steps: str) -> bool:
    keyword, _, argument = one.statement.partition(" ")
    return keyword == "deviation" and _is_at(one, argument, steps)


def _is_at(one: LeftOut, argument: str, steps: str) -> bool:
    target = _PREFIX.sub("", argument)
    return steps == target or (len(one.statement) >= _LONGEST and steps.startswith(target))
