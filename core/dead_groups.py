"""Groups dead letters by what an operator mends at once: cause, whose fault, module, and path without its instances.

Groups are counted by the ledger under bounded names, so that a report needs no letter.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from yangbeam.core.cause_table import CAUSES, UNKNOWN
from yangbeam.core.causes import OLD_NAMES, in_words
from yangbeam.core.elements import DeadLetter
from yangbeam.core.ledger import DEAD, DEAD_AT, DIED, WHY, Tallies

MAX_GROUPS: Final = 32
"""Groups of one cause that a process counts apart; what is beyond counts under its cause alone."""
MAX_SHOWN: Final = 20
"""Groups of a report; the rest is summed."""
MAX_MODULES: Final = 8
"""Missing modules that a group names; the rest is a number."""
MAX_PATH: Final = 160
"""Characters of a path; deeper ones are cut to their first steps."""

_MODULE: Final = re.compile(r"[A-Za-z_][\w.-]{0,127}(@[\d-]{1,10})?", re.ASCII)
_STEPS: Final = re.compile(r"(/[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?)+", re.ASCII)
_PREDICATE: Final = re.compile(r"""\[(?:[^\]"']|"[^"]*"|'[^']*')*\]""")


def path_pattern(path: str) -> str:
    """Returns an instance path without its keys; empty where it has names that no node has.

    >>> path_pattern("/if:interfaces/interface[name='a]/b']/oper-status")
    '/if:interfaces/interface/oper-status'
    """
    found = _STEPS.fullmatch(_PREDICATE.sub("", path[: 8 * MAX_PATH]))
    if found is None:
        return ""
    steps = found[0]
    return steps if len(steps) <= MAX_PATH else steps[: MAX_PATH + 1].rpartition("/")[0]


OTHER: Final = "other"
"""Cause of what is summed because there are too many groups."""


class Group(NamedTuple):
    """What is counted together."""

    cause: str
    fault: str
    module: str = ""
    """Where several are missing the most needed ones with commas between them, and ``+N`` for N more."""
    path: str = ""
    """Pattern; of a missing module the node that it augments, empty for its own top-level nodes."""

    @property
    def modules(self) -> list[str]:
        """The modules that are named."""
        return [name for name in self.module.split(",") if name and not name.startswith("+")]

    def what(self) -> str:
        """Says in words what was found."""
        cause = CAUSES.get(self.cause)
        if cause is None:
            return "the rest" if self.cause == OTHER else self.cause
        said = _phrase(in_words(cause.meaning, module=self.module, path=self.path))
        is_augment = self.cause == "module-missing" and self.module and self.path
        return f"{said} (augments {self.path})" if is_augment else said

    def cure(self) -> str:
        """Says in words what to do; empty where that is not one thing."""
        cause = CAUSES.get(self.cause)
        return "" if cause is None else _phrase(in_words(cause.cure, module=self.module, path=self.path))


def _phrase(sentence: str) -> str:
    """Returns a sentence as it stands within another."""
    first, _, rest = sentence.partition(" ")
    kept = first if first[1:2].isupper() else first[:1].lower() + first[1:]
    return f"{kept} {rest}".rstrip(". ")


def _with_others(module: str, also: tuple[str, ...]) -> str:
    others = [name for name in also if _MODULE.fullmatch(name)] if module else []
    rest = len(others) - MAX_MODULES + 1
    return ",".join([module, *others[: MAX_MODULES - 1], *([f"+{rest}"] if rest > 0 else [])])


class Groups:
    """Names the groups of letters; of each cause a bounded number."""

    def __init__(self, limit: int = MAX_GROUPS) -> None:
        self._limit = limit
        self._known: dict[str, set[Group]] = {}

    def of(self, letter: DeadLetter) -> Group | None:
        """Returns the group of a letter; None where the count of its cause says all that is known."""
        module, path = self.names_of(letter.module, path_pattern(letter.path))
        module = _with_others(module, letter.also)
        if letter.reason == "module-missing":
            path = path.rpartition("/")[0]
        group = Group(letter.reason, letter.fault, module, path)
        cause = CAUSES.get(letter.reason)
        if cause is None or (not module and not path and letter.fault == cause.fault):
            return None
        return group if self.has_room(group) else None

    @staticmethod
    def names_of(module: str, path: str) -> tuple[str, str]:
        """Returns a module's name and a path pattern; empty where the first is none that a module has."""
        return module if _MODULE.fullmatch(module) else "", path

    def has_room(self, group: Group) -> bool:
        """Whether a group is counted apart: it is known, or its cause has not too many."""
        known = self._known.setdefault(group.cause, set())
        if group in known:
            return True
        if len(known) >= self._limit:
            return False
        known.add(group)
        return True


_GROUPS: Final = Groups()
"""Of the process: the names that all its stages count."""


def count_dead(
    letter: DeadLetter, tallies: Tallies, where: tuple[str, int | None, int | None, int], sink: str = ""
) -> None:
    """Counts a letter at its exporter, publisher, subscription and time of arrival.

    Args:
        letter: The letter.
        tallies: Where.
        where: As ``Tallies.at`` takes it.
        sink: Sink on the way to which it ended; empty: all of them share it.
    """
    tallies.add(f"{DEAD_AT}:{sink}:{letter.reason}" if sink else f"{DEAD}:{letter.reason}", *where)
    tallies.add(f"{DIED}:{letter.stage}", *where)
    group = _GROUPS.of(letter)
    if group is not None:
        tallies.add(f"{WHY}:{'|'.join(group)}", *where)


def by_cause(counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the letters of all stages and sinks by cause; totals of an earlier release have its names."""
    letters: dict[str, int] = {}
    for counted, count in counts.items():
        what, _, which = counted.partition(":")
        if what in {DEAD, DEAD_AT} and which:
            name = which.rpartition(":")[2]
            cause = OLD_NAMES.get(name, name)
            letters[cause] = letters.get(cause, 0) + count
    return letters


def groups_in(counts: Mapping[str, int]) -> dict[Group, int]:
    """Returns the letters by group, most first; what is beyond MAX_SHOWN is one group of the cause ``other``."""
    groups: dict[Group, int] = {}
    for counted, count in counts.items():
        what, _, which = counted.partition(":")
        if what == WHY and which.count("|") == len(Group._fields) - 1:
            groups[Group(*which.split("|"))] = count
    for cause, count in by_cause(counts).items():
        rest = count - sum(found for group, found in groups.items() if group.cause == cause)
        if rest > 0:
            whole = Group(cause, _fault(cause))
            groups[whole] = groups.get(whole, 0) + rest
    return _bounded(sorted(((group, count) for group, count in groups.items() if count), key=_rank))


def _rank(counted: tuple[Group, int]) -> tuple[int, Group]:
    return -counted[1], counted[0]


def _bounded(ranked: Iterable[tuple[Group, int]]) -> dict[Group, int]:
    found = list(ranked)
    if len(found) <= MAX_SHOWN:
        return dict(found)
    others = Group(OTHER, "")
    return dict(found[: MAX_SHOWN - 1]) | {others: sum(count for _, count in found[MAX_SHOWN - 1 :])}


def _fault(cause: str) -> str:
    return CAUSES.get(cause, CAUSES[UNKNOWN]).fault
