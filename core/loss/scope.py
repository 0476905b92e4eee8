"""The scopes a counter may have, and what each of them would have predicted.

A flow is what can be told apart by its facts: (source port, publisher id, subscription id) behind one exporter. A scope
puts flows together that count with one counter. Scopes that put the same flows together are one hypothesis.
"""

from typing import Any, Final, NamedTuple

import msgspec

from yangbeam.core.loss.line import (
    AHEAD,
    EARLY,
    HALF,
    MASK,
    NONE,
    Gap,
    Line,
    Moment,
    Verdict,
    first_bits,
    step_bits,
    width_bits,
)
from yangbeam.core.loss.sequence import PatchIds, Sequence, judge

FlowKey = tuple[int, int, int | None]
"""(source port, publisher id, subscription id)."""


class Scope(NamedTuple):
    """A way of counting: the parts of the flow key that name one counter."""

    name: str
    parts: tuple[int, ...]


SCOPES: Final[tuple[Scope, ...]] = (
    Scope("node", ()),
    Scope("publisher", (1,)),
    Scope("socket", (0,)),
    Scope("publisher+socket", (1, 0)),
    Scope("subscription", (2,)),
    Scope("publisher+subscription", (1, 2)),
    Scope("subscription+socket", (2, 0)),
    Scope("publisher+subscription+socket", (1, 2, 0)),
)
"""Coarsest first: of equals the first is chosen."""

BY_NAME: Final = {scope.name: index for index, scope in enumerate(SCOPES)}
ALL: Final = list(range(len(SCOPES)))


class Flow:
    """What is known of one flow; ``transport`` and ``notification`` are its counters once their scope is known."""

    __slots__ = (
        "at",
        "awaited",
        "index",
        "key",
        "newest",
        "node",
        "notification",
        "notification_last",
        "order",
        "owner",
        "patch",
        "resync",
        "transport",
        "transport_last",
    )

    def __init__(self, index: int, key: FlowKey, owner: Any = None) -> None:
        self.index = index
        self.owner = owner
        """The exporter it belongs to."""
        self.key = key
        self.node = ""
        self.order = 0
        """Count of the exporter's messages at its last one."""
        self.at = 0
        """Arrival of its last message, us."""
        self.awaited = False
        """Its next message may end a silence that was told."""
        self.newest = (NONE, NONE, 0, NONE)
        """Sequence number, message id and arrival of its newest message when those after it were late or came twice,
        and the sequence number of the last of these."""
        self.transport_last = NONE
        self.notification_last = NONE
        self.patch: PatchIds | None = None
        self.resync: Gap | None = None
        """The gap in its patch-ids since which its tables are to be taken with care."""
        self.transport = UNKNOWN
        self.notification = UNKNOWN

    def link(self, counter: int, sequence: Sequence) -> None:
        """Sets the counter that its numbers are of, once its scope is known."""
        if counter:
            self.notification = sequence
        else:
            self.transport = sequence

    def last(self, counter: int) -> int:
        """Returns its last number of counter 0 (transport) or 1 (notification), or NONE."""
        return self.notification_last if counter else self.transport_last


RARE: Final = 4
"""Bits a duplicate or restart costs a scope on top: networks lose ten times as often as they repeat."""
_RARE: Final = frozenset({Verdict.DUPLICATE, Verdict.RESTART, Verdict.OUT_OF_WINDOW})

SHARED: Final = 2
"""Bits of a gap no wider than the last burst, which explains it: one hole in the network takes numbers of many counters
at once."""

SCANNED: Final = 64
"""Up to so many flows are looked through, one by one; an index of more is kept while flows are new."""

UNKNOWN: Final = Sequence(other=Line())
"""Stands for a counter that must be looked at closely: it is never without doubt, so no number is simply next."""


class Hypothesis(msgspec.Struct, array_like=True, dict=True):
    """Scopes that put the seen flows together in the same way, and the counters they give."""

    members: list[int]
    """Indices into SCOPES, coarsest first."""
    sequences: list[Sequence] = []
    place: list[int] = []
    """By flow index: which sequence; NONE before its first number of this counter."""
    bits: int = 0
    """Surprise since the contest began."""
    busy: list[int] = []
    """Sequences with gaps or doubts, ascending."""
    burst: tuple[int, int, int] = (0, 0, 0)
    """When the last burst of losses passed, as far as the gaps it left tell: (from, to), arrivals, us, and the width
    of the widest of them."""

    def sequence_of(self, flow: Flow) -> Sequence:
        """Returns the counter of a flow that was placed."""
        return self.sequences[self.place[flow.index]]


def admit(hypothesis: Hypothesis, flow: Flow, flows: list[Flow]) -> list[Hypothesis]:
    """Places a new flow; returns the hypothesis, split where its scopes place the flow differently."""
    place = hypothesis.place
    place.extend([NONE] * (flow.index + 1 - len(place)))
    targets: dict[int, list[int]] = {}
    for member in hypothesis.members:
        targets.setdefault(_target(hypothesis, member, flow, flows), []).append(member)
    parts = [hypothesis] + [_copy(hypothesis) for _ in range(len(targets) - 1)]
    for part, (target, members) in zip(parts, targets.items(), strict=True):
        part.members = members
        if target == NONE:
            target = len(part.sequences)  # noqa: PLW2901 # a new counter
            part.sequences.append(Sequence())
        part.place[flow.index] = target
        if len(flows) > SCANNED:
            for member in members:
                _index(part, member, flows)[_key(member, flow)] = target
    return parts


def _target(hypothesis: Hypothesis, member: int, flow: Flow, flows: list[Flow]) -> int:
    key = _key(member, flow)
    if len(flows) > SCANNED:
        return _index(hypothesis, member, flows).get(key, NONE)
    placed = zip(flows, hypothesis.place, strict=False)
    return next((place for one, place in placed if place != NONE and _key(member, one) == key), NONE)


def _key(member: int, flow: Flow) -> tuple[int | None, ...]:
    return tuple([flow.key[part] for part in SCOPES[member].parts])


def _index(hypothesis: Hypothesis, member: int, flows: list[Flow]) -> dict[tuple[int | None, ...], int]:
    """Returns where the flows of a scope are placed, by the key of their counter.

    Made when first asked for and kept beside the fields, so that it is no part of the state's bytes.
    """
    indexes = hypothesis.__dict__.setdefault("indexes", {})
    index: dict[tuple[int | None, ...], int] | None = indexes.get(member)
    if index is None:
        placed = zip(flows, hypothesis.place, strict=False)
        index = indexes[member] = {_key(member, flow): place for flow, place in placed if place != NONE}
    return index


def forget_index(hypothesis: Hypothesis) -> None:
    """To be called when flows were renumbered, and now and then: an index is ten times the size of what it finds."""
    hypothesis.__dict__.clear()


def _copy(hypothesis: Hypothesis) -> Hypothesis:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(hypothesis), type=Hypothesis)


def weigh(hypothesis: Hypothesis, flow: Flow, number: int, moment: Moment, window: int) -> str:
    """Judges one number by a hypothesis and adds its surprise; returns the verdict."""
    place = hypothesis.place[flow.index]
    sequence = hypothesis.sequences[place]
    before, width, certain = sequence.at, (number - sequence.expected) & MASK, sequence.other is None
    verdict, bits = judge(sequence, number, moment, window)
    if verdict is Verdict.GAP or (verdict is Verdict.LEAP and certain):
        bits = min(bits, _burst_bits(hypothesis, before, moment.arrival_us, width))
    hypothesis.bits += bits + (RARE if verdict in _RARE else 0)
    if place not in hypothesis.busy and busy(sequence):
        hypothesis.busy.append(place)
        hypothesis.busy.sort()
    return verdict


def _burst_bits(hypothesis: Hypothesis, before_us: int, after_us: int, width: int) -> int:
    """Returns the bits of a gap between two arrivals when the last burst may have left it; else a burst begins."""
    start, end, widest = hypothesis.burst
    start, end = max(start, before_us), min(end, after_us)
    if start >= end:
        hypothesis.burst = (before_us, after_us, width)
        return width_bits(width)
    hypothesis.burst = (start, end, max(widest, width))
    return SHARED + max(0, width - widest).bit_length()


def busy(sequence: Sequence) -> bool:
    """Says whether a counter has something to report, now or later."""
    return bool(sequence.gaps or sequence.past or sequence.gone or sequence.breaks or sequence.other is not None)


def predicted(scope: int, flow: Flow, flows: list[Flow], counter: int) -> int:
    """Returns the number a scope expects next on a flow, from the flows' last numbers; NONE: it expects none."""
    parts, key = SCOPES[scope].parts, flow.key
    newest, best = NONE, None
    for other in flows:
        if other.order <= newest or other.last(counter) == NONE:
            continue
        if all([other.key[part] == key[part] for part in parts]):  # noqa: C419 # twice as fast
            newest, best = other.order, other
    return NONE if best is None else (best.last(counter) + 1) & MASK


def surprise(expected: int, number: int, moment: Moment) -> int:
    """Returns the bits ``number`` costs a scope that expects ``expected``."""
    if expected == NONE:
        return first_bits(number, started=moment.started)
    return step_bits(expected, number, sure=moment.sure)


def rivals(scopes: list[int], flows: list[Flow], counter: int, handicap: int) -> list[Hypothesis]:
    """Builds the hypotheses of ``scopes`` from the flows' last numbers, scopes of equal meaning as one."""
    found: dict[tuple[int, ...], Hypothesis] = {}
    for scope in scopes:
        hypothesis = _from_flows(scope, flows, counter, handicap)
        first = found.setdefault(tuple(hypothesis.place), hypothesis)
        if first is not hypothesis:
            first.members.append(scope)
    return list(found.values())


def _from_flows(scope: int, flows: list[Flow], counter: int, handicap: int) -> Hypothesis:
    hypothesis = Hypothesis(members=[scope], bits=handicap)
    places: dict[tuple[int | None, ...], int] = {}
    newest: list[int] = []
    for flow in flows:
        last = flow.last(counter)
        if last == NONE:
            hypothesis.place.append(NONE)
            continue
        place = places.setdefault(_key(scope, flow), len(places))
        hypothesis.place.append(place)
        if place == len(newest):
            newest.append(NONE)
            hypothesis.sequences.append(Sequence())
        if flow.order > newest[place]:
            newest[place] = flow.order
            _stand(hypothesis.sequences[place], last, flow.at)
    return hypothesis


def _stand(line: Line, last: int, at: int) -> None:
    # What came before is not known any more: a step back is taken for a duplicate.
    line.expected, line.floor, line.at = (last + 1) & MASK, max(0, last - 999), at


def agreed(gap: Gap, others: list[Hypothesis]) -> list[tuple[list[Gap], Gap]] | None:
    """Returns the twins of a gap in all other hypotheses, each with its list; None when one of them does without it."""
    twins: list[tuple[list[Gap], Gap]] = []
    for other in others:
        sequence = other.sequences[other.place[gap.flow]]
        # A gap of this epoch to one scope is an earlier epoch's to another that sees a restart in a new socket.
        lists = (sequence.breaks,) if gap.broken else (sequence.gaps, sequence.past)
        found = next(((gaps, one) for gaps in lists for one in gaps if _twins(one, gap)), None)
        if found is None or sequence.other is not None:
            return None
        twins.append(found)
    return twins


def _twins(one: Gap, other: Gap) -> bool:
    return (one.order, one.first, one.last) == (other.order, other.first, other.last)


def began_anew(hypothesis: Hypothesis, flow: Flow, epoch: int) -> bool:
    """Says whether the counter of a flow began anew since ``epoch``, where counters begin."""
    sequence = hypothesis.sequence_of(flow)
    return 0 <= epoch < sequence.epoch and sequence.floor <= EARLY


def epoch_of(hypothesis: Hypothesis | None, flow: Flow) -> int:
    """Returns how often the counter of a flow began anew, -1 where that is not known."""
    if hypothesis is None or flow.index >= len(hypothesis.place) or hypothesis.place[flow.index] < 0:
        return -1
    return hypothesis.sequence_of(flow).epoch


def leaps(hypotheses: list[Hypothesis], flow: Flow, number: int) -> bool:
    """Says whether a number may be a leap to some scope: a flow that is new may be of a counter that is not."""
    for one in hypotheses:
        if flow.index >= len(one.place) or one.place[flow.index] == NONE:
            return True
        sequence = one.sequence_of(flow)
        lines = (sequence,) if sequence.other is None else (sequence, sequence.other)
        if any(AHEAD <= (number - line.expected) & MASK < HALF for line in lines):
            return True
    return False


def names(hypothesis: Hypothesis) -> str:
    """Returns a hypothesis in words: its scopes, coarsest first."""
    return " = ".join(SCOPES[member].name for member in hypothesis.members)
