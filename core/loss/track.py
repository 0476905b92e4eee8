"""Learns in which scope an exporter counts one of its counters, and what is missing from it.

All scopes that the facts allow are followed side by side; each pays for its surprises in bits, and one that lags by
LEAD is out. With one left the counter is settled and only it is followed. A surprise that another scope would not have
had opens the contest again; no gap is confirmed while a scope in the contest does without it.
"""

from typing import Final, Literal, NamedTuple

import msgspec

from yangbeam.core.loss.line import NONE, WINDOW_US, Gap, Moment, Verdict, common
from yangbeam.core.loss.sanity import Sanity, forget, look, reason, suspect
from yangbeam.core.loss.scope import (
    ALL,
    Flow,
    Hypothesis,
    admit,
    agreed,
    busy,
    names,
    predicted,
    rivals,
    surprise,
    weigh,
)
from yangbeam.core.loss.sequence import Sequence, decide, wavers

FIRST_LEAD: Final = 48
LEAD: Final = 32
"""Bits by which a scope must lead another to rule it out, the first time and when contested: subscriptions in lockstep,
with losses, imitate a wrong scope for some 30."""
PRIOR: Final = 24
"""Bits of advantage a settled scope has when it is contested, of the LEAD by which it was settled."""
CLOSE: Final = 8
"""At a forced decision between new scopes, one this close still explains away what the best one calls a gap."""
PATIENCE: Final = 512
"""Messages after which a contest is decided as it stands."""
TRUSTED: Final = 8
"""Contests won in a row after which only a burst of surprises opens another one."""
BURST: Final = (4, 16)
"""That burst: so many surprises within so many messages of the exporter."""
ODD: Final = (64, 96)
"""So many steps back or jumps within so many messages: this is no counter."""
REST: Final = 4096
"""Messages after which a counter that was given up is tried again."""
NOTES: Final = 8
FOREVER: Final = 1 << 62

COUNTERS: Final = ("transport", "notification")
State = Literal["open", "confirmed", "withdrawn"]
_BAD: Final = frozenset({Verdict.DUPLICATE, Verdict.RESTART, Verdict.OUT_OF_WINDOW})
_CALM: Final = frozenset({Verdict.IN_ORDER, Verdict.WRAP, Verdict.FIRST})


class Report(NamedTuple):
    """A gap and what became of it; ``first`` and ``last`` as they stand now."""

    state: State
    scope: int
    gap: Gap
    first: int
    last: int


class Track(msgspec.Struct, array_like=True, gc=False):
    """One counter of one exporter."""

    counter: int
    """Index into COUNTERS."""
    allowed: list[int] = msgspec.field(default_factory=lambda: list(ALL))
    """Scopes to choose from; one: the operator said so."""
    hypotheses: list[Hypothesis] = []
    since: int = 0
    """The exporter's message count when the contest began."""
    incumbent: bool = False
    """Whether the first hypothesis was settled before the contest."""
    trust: int = 0
    recent: list[int] = []
    """Message counts of the last surprises."""
    odd: int = 0
    odd_since: int = 0
    late: int = 0
    """Late numbers since last asked."""
    given_up: int = NONE
    """Message count when it was found to be no counter."""
    notes: list[str] = []
    """What was learned and why, newest last."""
    revoked: list[tuple[int, Gap]] = []
    """Reported gaps, with their scope, of explanations that were ruled out since last asked."""
    due: int = FOREVER
    """Data time at which it must be asked again."""
    sanity: Sanity = msgspec.field(default_factory=Sanity)
    """What speaks against its being a counter."""

    @property
    def settled(self) -> bool:
        """Whether one hypothesis is left."""
        return len(self.hypotheses) == 1 and self.given_up == NONE

    @property
    def known(self) -> Hypothesis | None:
        """The explanation that is settled, or was before the contest that goes on; None: there is none."""
        return self.hypotheses[0] if self.hypotheses and (self.settled or self.incumbent) else None


def observe(track: Track, flows: list[Flow], flow: Flow, number: int, moment: Moment, window: int) -> None:
    """Takes one number of a flow, before the flow's own last number is set."""
    if track.given_up != NONE:
        if moment.order - track.given_up < REST:
            return
        _restart(track, moment)
    if look(track.sanity, flow.index, flow.last(track.counter), number, moment, len(flows)):
        give_up(track, moment.order)
        return
    _admit(track, flows, flow, moment)
    if len(track.hypotheses) == 1:
        _contest(track, flows, flow, number, moment)
    verdicts = [weigh(one, flow, number, moment, window) for one in track.hypotheses]
    best = min(range(len(verdicts)), key=lambda one: track.hypotheses[one].bits)
    _remember(track, verdicts[best], moment)
    if len(track.hypotheses) > 1:
        _rule_out(track, moment)
        track.due = min(track.due, moment.clock + window)
    elif track.hypotheses:
        track.hypotheses[0].bits = 0


def _restart(track: Track, moment: Moment) -> None:
    track.given_up, track.hypotheses, track.odd, track.trust = NONE, [], 0, 0
    forget(track.sanity)
    track.sanity.tried = moment.clock
    track.due = min(track.due, moment.clock + WINDOW_US)


def _admit(track: Track, flows: list[Flow], flow: Flow, moment: Moment) -> None:
    if not track.hypotheses:
        track.hypotheses = [Hypothesis(members=list(track.allowed))]
        track.since = moment.order
    known = track.hypotheses[0].place
    if flow.index < len(known) and known[flow.index] != NONE:
        return
    alone = len(track.hypotheses) == 1
    track.hypotheses = [part for one in track.hypotheses for part in admit(one, flow, flows)]
    if alone and len(track.hypotheses) > 1:
        track.since = moment.order


def _contest(track: Track, flows: list[Flow], flow: Flow, number: int, moment: Moment) -> None:
    """Lets the other scopes in when one of them is less surprised by ``number`` than the settled one."""
    settled = track.hypotheses[0]
    sequence = settled.sequence_of(flow)
    if sequence.expected in (NONE, number) or len(settled.members) == len(track.allowed):
        return
    if track.trust >= TRUSTED and not _bursting(track, moment):
        return
    bits = surprise(sequence.expected, number, moment)
    others = [scope for scope in track.allowed if scope not in settled.members]
    if all(surprise(predicted(scope, flow, flows, track.counter), number, moment) >= bits for scope in others):
        return
    track.since = moment.order
    track.incumbent = True
    newcomers = rivals(others, flows, track.counter, PRIOR)
    track.hypotheses += [part for one in newcomers for part in _present(one, flow, flows)]


def _present(hypothesis: Hypothesis, flow: Flow, flows: list[Flow]) -> list[Hypothesis]:
    if flow.index < len(hypothesis.place) and hypothesis.place[flow.index] != NONE:
        return [hypothesis]
    return admit(hypothesis, flow, flows)


def _bursting(track: Track, moment: Moment) -> bool:
    count, within = BURST
    return len(track.recent) == count and moment.order - track.recent[0] < within


def _remember(track: Track, verdict: str, moment: Moment) -> None:
    if verdict in _CALM:
        return
    if verdict is Verdict.LATE:
        track.late += 1
    track.recent = [*track.recent[-BURST[0] + 1 :], moment.order]
    if verdict not in _BAD:
        return
    count, within = ODD
    track.odd += 1
    if track.odd == 1:
        track.odd_since = moment.order
    elif track.odd >= count:
        if moment.order - track.odd_since < within:
            give_up(track, moment.order)
        track.odd = 0


def give_up(track: Track, order: int) -> None:
    """Takes the numbers for no counter: takes back what was reported of it, and follows it no more for a while."""
    dropped, track.hypotheses, track.incumbent = track.hypotheses, [], False
    _revoke(track, dropped)
    track.given_up = order
    note(track, order, f"untrackable: {reason(track.sanity)}")


def _rule_out(track: Track, moment: Moment) -> None:
    before = track.hypotheses[0]
    best = min(one.bits for one in track.hypotheses)
    lead = LEAD if track.incumbent else FIRST_LEAD
    stay = [one for one in track.hypotheses if one.bits - best < lead]
    if len(stay) < len(track.hypotheses):
        dropped = [one for one in track.hypotheses if one.bits - best >= lead]
        note(track, moment.order, _ruled_out(dropped, best))
        track.hypotheses = stay
        track.incumbent = track.incumbent and stay[0] is before
        _revoke(track, dropped)
    if len(stay) > 1 and moment.order - track.since >= PATIENCE:
        force(track, moment.order)
    if len(track.hypotheses) == 1:
        _settle(track, before, moment.order)


def _settle(track: Track, before: Hypothesis, order: int) -> None:
    winner = track.hypotheses[0]
    track.trust = track.trust + 1 if winner is before else 0
    winner.bits = 0
    track.incumbent = False
    track.since = order


def force(track: Track, order: int) -> None:
    """Decides a contest as it stands: fewest bits, of equals the coarsest; keeps no gap a close rival explains away."""
    if len(track.hypotheses) < 2:
        return
    ranked = sorted(track.hypotheses, key=lambda one: (one.bits, one.members[0]))
    winner, before = ranked[0], track.hypotheses[0]
    known = track.incumbent and winner is before
    close = [] if known else [one for one in ranked[1:] if one.bits - winner.bits < CLOSE]
    for place in winner.busy:
        _doubt(track, winner, winner.sequences[place], close)
    track.hypotheses = [winner]
    _revoke(track, ranked[1:])
    _settle(track, before, order)
    track.notes = [*track.notes[-NOTES + 1 :], f"after {order} messages: {names(winner)}, though others stay possible"]


def _doubt(track: Track, winner: Hypothesis, sequence: Sequence, close: list[Hypothesis]) -> None:
    """Keeps of a counter's gaps what every close rival misses as well."""
    for rival in close:
        sequences = [rival.sequences[place] for place in rival.busy]
        others = [gap for one in sequences for gap in (*one.gaps, *one.past)]
        stay = common(sequence.gaps, others)
        breaks = common(sequence.breaks, [gap for one in sequences for gap in one.breaks])
        dropped = [gap for gap in sequence.gaps + sequence.breaks if gap not in stay and gap not in breaks]
        track.revoked += [(winner.members[0], gap) for gap in dropped if gap.shown]
        sequence.gaps, sequence.breaks = stay, breaks


def _revoke(track: Track, dropped: list[Hypothesis]) -> None:
    """Remembers what the dropped had reported, but for what a hypothesis that stays has reported as well."""
    for one in dropped:
        for place in one.busy:
            sequence = one.sequences[place]
            for gap in (*sequence.gaps, *sequence.past, *sequence.kept, *sequence.gone, *sequence.breaks):
                if gap.shown and not any(
                    gap.name == other.name and gap.order == other.order for other in _shown(track)
                ):
                    track.revoked.append((one.members[0], gap))


def _shown(track: Track) -> list[Gap]:
    return [
        gap
        for one in track.hypotheses
        for place in one.busy
        for sequence in (one.sequences[place],)
        for gap in (*sequence.gaps, *sequence.past, *sequence.gone, *sequence.breaks)
        if gap.shown
    ]


def _ruled_out(dropped: list[Hypothesis], best: int) -> str:
    return "ruled out " + ", ".join(f"{names(one)} (+{one.bits - best} bits)" for one in dropped)


def note(track: Track, order: int, text: str) -> None:
    """Notes what was learned of a counter."""
    track.notes = [*track.notes[-NOTES + 1 :], f"after {order} messages: {text}"]


def allowing(track: Track, scopes: list[int]) -> Track:
    """Returns the track of a counter whose scope the operator has set, or set free: it learns anew."""
    dropped, track.hypotheses = track.hypotheses, []
    _revoke(track, dropped)
    return Track(counter=track.counter, allowed=list(scopes), revoked=track.revoked, due=0)


def report(track: Track, clock: int, window: int, *, final: bool = False) -> list[Report]:
    """Returns what is new: gaps opened, changed, taken back, and confirmed after ``window`` (``final``: now)."""
    reports = [Report("withdrawn", scope, gap, *gap.shown) for scope, gap in track.revoked if gap.shown]
    track.revoked = []
    if not track.hypotheses:
        track.due = FOREVER
        return reports
    if suspect(track.sanity):
        track.due = clock + window
        return reports
    for one in track.hypotheses if final else ():
        _decide(one, clock)
    best = min(track.hypotheses, key=lambda one: (one.bits, one.members[0]))
    others = [one for one in track.hypotheses if one is not best]
    before = clock + window if final else clock - window
    for place in best.busy:
        _report_sequence(best, best.sequences[place], others, before, reports, final=final)
    best.busy = [place for place in best.busy if busy(best.sequences[place])]
    track.due = _due(best, clock, window, contested=bool(others))
    return reports


def report_one(track: Track, flow: Flow, clock: int, window: int) -> list[Report]:
    """Returns what is new of a flow's counter alone, where that is all there can be: nothing is due or contested."""
    if len(track.hypotheses) != 1 or track.revoked or suspect(track.sanity) or clock >= track.due:
        return report(track, clock, window)
    best, reports = track.hypotheses[0], list[Report]()
    sequence = best.sequence_of(flow)
    _report_sequence(best, sequence, [], clock - window, reports)
    if not busy(sequence) and best.place[flow.index] in best.busy:
        best.busy.remove(best.place[flow.index])
    track.due = min(track.due, _due_of(sequence, clock, window))
    return reports


def _decide(hypothesis: Hypothesis, clock: int) -> None:
    for place in hypothesis.busy:
        decide(hypothesis.sequences[place], clock, 0)


def _report_sequence(
    best: Hypothesis,
    sequence: Sequence,
    others: list[Hypothesis],
    before: int,
    reports: list[Report],
    *,
    final: bool = False,
) -> None:
    scope = best.members[0]
    if sequence.other is not None:
        if not others:
            _report_sure(sequence, scope, before, reports)
        return
    if not others:
        reports.extend(Report("withdrawn", scope, gap, *gap.shown) for gap in sequence.gone if gap.shown)
        sequence.gone = []
    for gaps in (sequence.gaps, sequence.past, sequence.breaks):
        # There may be thousands, and of most of them nothing is new.
        for gap in [one for one in gaps if others or one.opened <= before or one.shown != (one.first, one.last)]:
            if final or gap.opened > before or not wavers(sequence, gap):
                _report_gap(gap, gaps, scope, others, before, reports)


def _report_sure(sequence: Sequence, scope: int, before: int, reports: list[Report]) -> None:
    """Confirms, while it is in doubt whether the publisher restarted, the gaps that are there in either case."""
    for gap in [one for one in sequence.gaps if one.opened <= before]:
        twin = next(
            (one for one in sequence.kept if (one.name, one.first, one.last) == (gap.name, gap.first, gap.last)), None
        )
        if twin is not None:
            sequence.gaps.remove(gap)
            sequence.kept.remove(twin)
            reports.append(Report("confirmed", scope, gap, gap.first, gap.last))


def _report_gap(
    gap: Gap, gaps: list[Gap], scope: int, others: list[Hypothesis], before: int, reports: list[Report]
) -> None:
    now = (gap.first, gap.last)
    ripe = gap.opened <= before
    if others:
        twins = agreed(gap, others) if ripe else None
        if twins is None:
            return
        for held, twin in twins:
            held.remove(twin)
    if ripe:
        gaps.remove(gap)
        reports.append(Report("confirmed", scope, gap, *now))
    elif gap.shown != now:
        gap.shown = now
        reports.append(Report("open", scope, gap, *now))


def _due(best: Hypothesis, clock: int, window: int, *, contested: bool) -> int:
    due = min((_due_of(best.sequences[place], clock, window) for place in best.busy), default=FOREVER)
    return max(due, clock + window // 4) if contested else due


def _due_of(sequence: Sequence, clock: int, window: int) -> int:
    gaps = sequence.kept if sequence.other is not None else sequence.gaps + sequence.past + sequence.breaks
    due = min((gap.opened + window for gap in gaps if gap.opened + window > clock), default=FOREVER)
    held = any(gap.opened + window <= clock and wavers(sequence, gap) for gap in sequence.gaps)
    return min(due, clock + window // 4) if held else due
