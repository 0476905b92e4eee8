"""What is counted of nodes that were set aside or spelt anew, and which originals of such messages are kept.

Nodes are counted by cause, module and schema path, never by instance, under bounded names; their messages count once,
as delivered. Originals stand on a line of the ledger of their own, outside the balance.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from yangbeam.core.cause_table import CAUSES, UNKNOWN
from yangbeam.core.dead_groups import MAX_SHOWN, Group, Groups, path_pattern
from yangbeam.core.dead_letter import MAX_DETAIL, letter_of_notification
from yangbeam.core.elements import DeadLetter, Notification
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.ledger import ASIDE, HABITS, NORMALISED, ORIGINALS, PRUNED, Tallies
from yangbeam.core.yang.mending.findings import HABIT, Finding, set_aside

FIRST: Final = 3
"""Originals kept of one subscription, path and hour."""
MAX_KNOWN: Final = 16_384
"""Subscriptions, paths and hours that are remembered, some 300 octets each, and names; beyond it all are forgotten."""
MAX_PLACES: Final = 256
"""Modules and schema paths of one cause that a process counts apart; what is beyond counts under its cause alone."""
HOUR_US: Final = 3_600_000_000
REASON: Final = "pruned"
Where = tuple[str, int | None, int | None, int]
"""Exporter, publisher, subscription and arrival, as ``Tallies.at`` takes them."""

MAX_VENDORS: Final = 64
"""Vendors that a process tells apart."""
_VENDORS: Final[set[str]] = set()
_GROUPS: Final = Groups(MAX_PLACES)
"""Of the process."""
_NAMES: Final[dict[tuple[str, str, str, str], str]] = {}
"""Kind, name, module and place of nodes to what they are counted under."""


def count_findings(findings: Sequence[Finding], tallies: Tallies, where: Where, vendor: str = "") -> None:
    """Counts a message that was pruned or normalised, and its nodes by what they are.

    Args:
        findings: What was done to it.
        tallies: Where it is counted.
        where: In which bucket.
        vendor: Whose the exporter is; habits are counted by it.
    """
    counts = tallies.at(*where)
    is_pruned, last, name = False, ("", ""), ""
    for found in findings:
        kind, cause, _, place, module, _ = found
        if (cause, place) != last:  # most of a message are of one place
            last = cause, place
            name = _habit(cause, vendor) if kind == HABIT else _NAMES.get((kind, cause, module, place)) or _name(found)
            is_pruned = is_pruned or kind != HABIT
        counts[name] = counts.get(name, 0) + 1
    outcome = PRUNED if is_pruned else NORMALISED
    counts[outcome] = counts.get(outcome, 0) + 1


def _name(found: Finding) -> str:
    """Returns what a node is counted under; of each cause a bounded number of groups."""
    fault = CAUSES[found.name].fault
    group = Group(found.name, fault, *_GROUPS.names_of(found.module, path_pattern(found.place)))
    name = f"{ASIDE}:{'|'.join(group if _GROUPS.has_room(group) else Group(found.name, fault))}"
    if len(_NAMES) >= MAX_KNOWN:
        _NAMES.clear()
    _NAMES[found.kind, found.name, found.module, found.place] = name
    return name


def _habit(name: str, vendor: str) -> str:
    """Returns what a habit is counted under; vendors beyond MAX_VENDORS are not told apart."""
    if vendor and len(_VENDORS) < MAX_VENDORS:
        _VENDORS.add(vendor)
    return f"{HABITS}:{name}|{vendor}" if vendor in _VENDORS else f"{HABITS}:{name}"


def habits_by_vendor(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Returns the nodes that were spelt anew by habit and vendor; the vendor is empty where nothing says it."""
    found: dict[str, dict[str, int]] = {}
    for counted, count in sorted(counts.items()):
        what, _, which = counted.partition(":")
        if what == HABITS and count:
            name, _, vendor = which.partition("|")
            found.setdefault(name, {})[vendor] = count
    return found


def groups_of_nodes(counts: Mapping[str, int]) -> dict[Group, int]:
    """Returns the nodes that were set aside by group, most first; MAX_SHOWN of them, the rest as one of its cause."""
    groups: dict[Group, int] = {}
    for counted, count in counts.items():
        what, _, which = counted.partition(":")
        if what == ASIDE and which.count("|") == len(Group._fields) - 1 and count:
            groups[Group(*which.split("|"))] = count
    ranked = sorted(groups.items(), key=lambda item: (-item[1], item[0]))
    shown = dict(ranked[:MAX_SHOWN])
    for group, count in ranked[MAX_SHOWN:]:
        rest = Group(group.cause, CAUSES.get(group.cause, CAUSES[UNKNOWN]).fault)
        shown[rest] = shown.get(rest, 0) + count
    return shown


class Originals:
    """Chooses the originals that are kept: the first of each subscription, path and hour."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int | None, str, int], list[tuple[int, int, int]]] = {}

    def clear(self) -> None:
        """Forgets all: a new run begins."""
        self._known.clear()

    def of(self, notification: Notification, findings: Iterable[Finding], which: str) -> DeadLetter | None:
        """Returns the record of a pruned message's original, where it is to be kept.

        Args:
            notification: As it came.
            findings: What was done to it.
            which: ``all``, ``sample`` or ``none``.
        """
        aside = set_aside(findings)
        if which == "none" or not aside or not (which == "all" or self._is_among_first(notification, aside)):
            return None
        first = aside[0]
        shown = "; ".join(f"{found.path}: {found.rule}" for found in aside[:8])
        more = f" and {len(aside) - 8} more" if len(aside) > 8 else ""
        error = InvalidInstanceError(
            REASON, f"set aside: {shown}{more}"[:MAX_DETAIL], path=first.path, rule=first.rule, module=first.module
        )
        return letter_of_notification("validate", notification, error)

    def _is_among_first(self, notification: Notification, aside: Iterable[Finding]) -> bool:
        """Says whether a message is among the first of one of its paths; again so, when its bundle is tried again."""
        message = notification.message
        identity = (message.publisher_id, message.message_id, message.arrival_us)
        hour = message.arrival_us // HOUR_US
        is_among = False
        for place in {found.place for found in aside}:
            key = (message.exporter, notification.subscription_id, place, hour)
            first = self._known.get(key)
            if first is None:
                if len(self._known) >= MAX_KNOWN:
                    self._known.clear()
                first = self._known[key] = []
            if identity not in first and len(first) < FIRST:
                first.append(identity)
            is_among = is_among or identity in first
        return is_among


KEPT_ORIGINALS: Final = Originals()
"""Of the process: DoFns come and go with bundles."""


def keep_original(
    notification: Notification, findings: Sequence[Finding], which: str, tallies: Tallies, where: Where
) -> DeadLetter | None:
    """Returns the record of an original that is kept, and counts it."""
    letter = KEPT_ORIGINALS.of(notification, findings, which)
    if letter is not None:
        tallies.add(ORIGINALS, *where)
    return letter
