"""Decides what a refused message says of numbers: it arrived, or lacks segments, and its header proves those before it.

A message that arrived and could not be read leaves a hole in the sequence numbers, for nobody can read its own. It
fills a hole once: where its message id lies between those of the two messages that bound the hole, and all three came
from one publisher and socket. An incomplete message is one that is lost; with an unreadable one it has in common that
its message id was sent, and so were all before it. While messages follow, their numbers prove the same: what a header
proves is asked only when nothing has followed for a window, when the publisher may begin anew, or the input ends. It is
asked of the epoch that the header is of: one may come just after the publisher began anew.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from yangbeam.core.loss.exporter import Exporter, Rejected
from yangbeam.core.loss.line import AHEAD, EARLY, HALF, MASK, NONE, Bound, Gap, Line, Moment, gap_before, step_bits
from yangbeam.core.loss.scope import SCOPES, Flow, Hypothesis, busy
from yangbeam.core.loss.sequence import Sequence, of_previous
from yangbeam.core.loss.steps import beyond
from yangbeam.core.loss.track import FOREVER, Track

INCOMPLETE: Final = "incomplete"
UNREADABLE: Final = "arrived-unreadable"
PAUSE_US: Final = 1_000_000
"""Between two looks at what headers prove: messages may be refused by the thousand."""
NEAR_US: Final = 10_000_000
"""How far the arrival of a refused message may be from those of the ends of its hole: the reassembly timeout."""


class Piece(NamedTuple):
    """A run of missing numbers with one cause; of UNREADABLE they are not lost."""

    first: int
    last: int
    cause: str


def bound(exporter: Exporter, flow: Flow, number: int, ids: tuple[int, int], arrival_us: int) -> None:
    """Notes between which messages the holes lie that a sequence number of a flow opened, or lies beside.

    Args:
        exporter: Of the flow.
        flow: Its last sequence number is still that of the message before.
        number: The sequence number.
        ids: Message ids of the flow's message before, and of this one; NONE for none.
        arrival_us: Of this one.
    """
    here = _bound_of(flow, ids[1], arrival_us)
    for hypothesis in exporter.tracks[1].hypotheses:
        sequence = hypothesis.sequence_of(flow)
        anew = sequence.previous != NONE
        if anew and sequence.ended is None and sequence.restarted == exporter.clock:
            sequence.ended = _sender(hypothesis, flow, exporter.flows, (sequence.previous, 0), ids[0])
        if not busy(sequence):
            continue
        for gap in _gaps(sequence):
            # The first of a number is the hole's own: a publisher that begins anew sends the number again.
            if (gap.last + 1) & MASK == number and gap.after is None:
                gap.after = here
            if (gap.first - 1) & MASK == number and gap.before is None:
                gap.before = here
            elif gap.order == exporter.order and gap.before is None:
                ended = sequence.ended if anew and any(gap is one for one in sequence.past) else None
                hole = gap.first, gap.before_us
                gap.before = ended or _sender(hypothesis, flow, exporter.flows, hole, ids[0])
            gap.after = gap.after or _stray(flow, gap)
        if anew or sequence.other is not None:
            _go_on(sequence, number, here)
    before, newest = flow.notification_last, flow.newest
    if before != NONE and 0 < (before - number) & MASK < HALF:
        flow.newest = (*newest[:3], number) if before == newest[3] else (before, ids[0], flow.at, number)


def _stray(flow: Flow, gap: Gap) -> Bound | None:
    """Returns the message after a hole where it came first and was taken for a stray."""
    number, message_id, at, _ = flow.newest
    return _bound_of(flow, message_id, at) if number == (gap.last + 1) & MASK and at >= gap.before_us else None


def _go_on(sequence: Sequence, number: int, here: Bound | None) -> None:
    """Notes the last message of the line in doubt, and of the epoch before."""
    following, step = (number + 1) & MASK, sequence.step
    if step is not None and sequence.other is not None and sequence.expected == following != step.first:
        step.first, step.before = following, here
    if sequence.previous == following != sequence.expected:
        sequence.ended = here


def _gaps(sequence: Sequence) -> Iterator[Gap]:
    yield from sequence.gaps
    yield from sequence.kept
    yield from sequence.past
    if sequence.other is not None:
        yield from sequence.other.gaps
    if sequence.step is not None:
        yield sequence.step


def _sender(hypothesis: Hypothesis, flow: Flow, flows: list[Flow], hole: tuple[int, int], last_id: int) -> Bound | None:
    """Returns the message before a hole; one of its number that came earlier is of a publisher that began anew since.

    Args:
        hypothesis: Of the hole.
        flow: That of the message after it.
        flows: All of the exporter.
        hole: Its first number, and since when the message before may have come; it may have come again, later.
        last_id: The flow's message id before.
    """
    first, since = hole
    number, place = (first - 1) & MASK, hypothesis.place
    if flow.notification_last == number and flow.at >= since > 0:
        return _bound_of(flow, last_id, since)  # as almost always
    latest, sender = (since - 1, NONE), flow
    for one in flows:
        if number not in (one.notification_last, one.newest[0]):
            continue
        if place[one.index : one.index + 1] != [place[flow.index]]:
            continue
        newest = one.newest[2:0:-1] if one.newest[0] == number else latest
        last = (one.at, last_id if one is flow else one.transport_last)
        came = max(newest, last if one.notification_last == number else newest)
        if came[0] > latest[0]:
            latest, sender = came, one
    return _bound_of(sender, latest[1], since or latest[0])


def _bound_of(flow: Flow, message_id: int, arrival_us: int) -> Bound | None:
    """Returns a message of a flow as the end of a hole; None without a message id."""
    return None if message_id == NONE else (flow.key[0], flow.key[1], message_id, arrival_us)


def pieces(exporter: Exporter, track: Track, scope: int, gap: Gap) -> list[Piece]:
    """Splits a confirmed hole by what is known of its numbers; what is refused fills one hole of a counter only."""
    if not exporter.rejected:
        return [Piece(gap.first, gap.last, "")]
    hits = _by_number(exporter, scope, gap) if track.counter == 0 else _by_place(exporter, gap)
    return list(_cut(gap.first, gap.width(), hits))


def _by_number(exporter: Exporter, scope: int, gap: Gap) -> dict[int, str]:
    """Returns (offset in the hole, cause) of the message ids that were refused."""
    parts, width, flow = SCOPES[scope].parts, gap.width(), exporter.flows[gap.flow]
    # A header does not say of which subscription it is: then it is taken for one that comes by the same way.
    source = {0, 1} if 2 in parts else {*parts}
    hits: dict[int, str] = {}
    for index, one in enumerate(exporter.rejected):
        offset = (one.message_id - gap.first) & MASK
        if one.spent or offset >= width or offset in hits or not _is_near(one, gap.before_us, gap.after_us):
            continue
        if (source & {0} and one.port != flow.key[0]) or (source & {1} and one.publisher_id != flow.key[1]):
            continue
        hits[offset] = _cause(one)
        exporter.rejected[index] = replace(one, spent=True)
    return hits


def _by_place(exporter: Exporter, gap: Gap) -> dict[int, str]:
    """Returns (offset in the hole, cause) of the refused messages whose ids lie between those of its ends."""
    if gap.before is None or gap.after is None or gap.before[:2] != gap.after[:2]:
        return {}
    source, first, ids = gap.before[:2], gap.before[2], (gap.after[2] - gap.before[2]) & MASK
    width, hits = gap.width(), dict[int, str]()
    if ids >= HALF:
        return {}
    fitting = [
        (index, one, offset - 1)
        for index, one in enumerate(exporter.rejected)
        if not one.placed and _is_near(one, gap.before[3], gap.after[3]) and (one.port, one.publisher_id) == source
        if 0 < (offset := (one.message_id - first) & MASK) < ids
    ]
    for index, one, offset in sorted(fitting, key=lambda fit: fit[2])[:width]:
        # Where as many ids as numbers are missing, each is the other's; else one number is as good as the next.
        free = offset if ids - 1 == width and offset not in hits else next(at for at in range(width) if at not in hits)
        hits[free] = _cause(one)
        exporter.rejected[index] = replace(one, placed=True)
    return hits


def _is_near(one: Rejected, before_us: int, after_us: int) -> bool:
    """Says whether a refused message may be of a hole by its arrival: a publisher that begins anew repeats its ids."""
    return not one.arrival_us or before_us - NEAR_US <= one.arrival_us <= after_us + NEAR_US


def _cause(rejected: Rejected) -> str:
    return INCOMPLETE if rejected.incomplete else UNREADABLE


def _cut(first: int, width: int, hits: dict[int, str]) -> Iterator[Piece]:
    start = 0
    for offset in [*sorted(hits), width]:
        if offset > start:
            yield Piece((first + start) & MASK, (first + offset - 1) & MASK, "")
        if offset < width:
            yield Piece((first + offset) & MASK, (first + offset) & MASK, hits[offset])
        start = offset + 1


def prove(exporter: Exporter, before: int) -> None:
    """Opens the holes that only the headers of refused messages prove, of those that came at ``before`` or earlier."""
    _prove(exporter, [index for index, one in enumerate(exporter.rejected) if one.clock <= before], exporter.order)
    if exporter.proof_due < FOREVER:
        exporter.proof_due = max(exporter.proof_due, before + PAUSE_US)


def prove_before(exporter: Exporter, flow: Flow, number: int, *, started: bool) -> None:
    """Opens what headers prove before a message id with which the publisher may begin anew: it ends what they extend.

    Args:
        exporter: Of the flow; the message is counted.
        flow: Of the message.
        number: Its message id.
        started: It came with subscription-started.
    """
    if exporter.proof_due == FOREVER:
        return
    reached: set[int] = set()
    for hypothesis in exporter.tracks[0].hypotheses:
        if hypothesis.place[flow.index : flow.index + 1] in ([], [NONE]):
            continue
        expected = hypothesis.sequence_of(flow).expected
        if (number - expected) & MASK >= AHEAD or (started and number <= 1):
            ids = enumerate(exporter.rejected)
            reached |= {index for index, one in ids if (one.message_id - expected) & MASK < AHEAD}
    if reached:
        _prove(exporter, sorted(reached), exporter.order - 1)
        exporter.tracks[0].due = min(exporter.tracks[0].due, exporter.clock)


def _prove(exporter: Exporter, indexes: list[int], order: int) -> None:
    refused = [exporter.rejected[index] for index in indexes if not exporter.rejected[index].proved]
    for index in indexes:
        exporter.rejected[index] = replace(exporter.rejected[index], proved=True)
    for hypothesis in exporter.tracks[0].hypotheses if refused else ():
        counters = _by_source(hypothesis, exporter.flows)
        for one in refused:
            place, newest = counters.get((one.port, one.publisher_id), (NONE, 0))
            moment = Moment(one.arrival_us, one.clock, order, newest)
            if place != NONE and _show(hypothesis.sequences[place], one, moment) and place not in hypothesis.busy:
                hypothesis.busy = sorted([*hypothesis.busy, place])
    exporter.proof_due = min((one.clock for one in exporter.rejected if not one.proved), default=FOREVER)


def _by_source(hypothesis: Hypothesis, flows: list[Flow]) -> dict[tuple[int, int], tuple[int, int]]:
    """Returns (counter, newest flow) by port and publisher; NONE for a counter where there are several."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for flow, place in zip(flows, hypothesis.place, strict=False):
        known, newest = found.get(flow.key[:2], (place, flow.index))
        if place != NONE:
            latest = max(newest, flow.index, key=lambda index: flows[index].order)
            found[flow.key[:2]] = (place if place == known else NONE), latest
    return found


def _show(sequence: Sequence, one: Rejected, moment: Moment) -> bool:
    """Opens the hole that ends with a refused message in the line that it is of; says whether there is one."""
    if one.arrival_us < sequence.begun or of_previous(sequence, one.message_id, moment):
        return _ended(sequence, one, moment)
    gap, other = _extended(sequence, one, moment), sequence.other
    if other is None:
        return gap is not None
    if gap is not None:
        sequence.kept.append(replace(gap))  # it was lost even if the publisher began anew after it
    old = gap is not None and beyond(other, one.message_id, EARLY)
    second = None if old else _extended(other, one, moment)
    if gap is None and second is not None:
        sequence.bits += step_bits(sequence.expected, one.message_id)  # as a number there would cost it
    return gap is not None or second is not None


def _ended(sequence: Sequence, one: Rejected, moment: Moment) -> bool:
    """Opens the hole with which the epoch before ended, where the message goes on with it; says whether it does."""
    if sequence.previous == NONE or (one.message_id - sequence.previous) & MASK >= AHEAD:
        return False
    following = (one.message_id + 1) & MASK
    sequence.past.append(gap_before(sequence.previous, following, moment, sequence.begun))
    for jump in sequence.breaks:
        jump.first = following if jump.first == sequence.previous else jump.first
    sequence.previous = following
    return True


def _extended(line: Line, one: Rejected, moment: Moment) -> Gap | None:
    """Returns the hole in a line that ends with a refused message; None where it came before the line, or is far."""
    if one.arrival_us < line.begun or (one.message_id - line.expected) & MASK >= AHEAD:
        return None
    gap = gap_before(line.expected, (one.message_id + 1) & MASK, moment, line.at)
    line.gaps.append(gap)
    line.expected = (one.message_id + 1) & MASK
    return gap
