"""Finds what was lost on the way, per shard: facts and control records in, loss events out.

Everything runs on data time: arrivals and heartbeats, per exporter. The same facts in the same order give the same
events, however they are cut into batches and wherever the state is encoded and restored.
"""

from collections.abc import Iterable
from typing import Final, Self

from yangbeam.core.elements import Control, EndOfInput, Heartbeat, LearnedScope, LossEvent, Refused
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss import lifecycle
from yangbeam.core.loss.events import Findings
from yangbeam.core.loss.evidence import event_of
from yangbeam.core.loss.exporter import MOST_FLOWS, Exporter
from yangbeam.core.loss.facts import LIFE, STARTED, Facts
from yangbeam.core.loss.freshness import LISTENED_US, Listening, host_of
from yangbeam.core.loss.learned import Learned, learned_of, told_of
from yangbeam.core.loss.line import MASK, NONE, WINDOW_US, Moment
from yangbeam.core.loss.newcomers import Newcomers
from yangbeam.core.loss.overrides import Override, allowed, learn_all, set_free
from yangbeam.core.loss.patch_events import resync_events
from yangbeam.core.loss.patches import observe_patch
from yangbeam.core.loss.refused import bound, prove, prove_before
from yangbeam.core.loss.sanity import suspect
from yangbeam.core.loss.scope import SCOPES, Flow, began_anew, epoch_of
from yangbeam.core.loss.session import Session
from yangbeam.core.loss.state import CODEC, FORMAT, Collector, LossState
from yangbeam.core.loss.strides import follow
from yangbeam.core.loss.track import COUNTERS, FOREVER, force, give_up, report, report_one
from yangbeam.core.loss.vigil import Vigil

IDLE_US: Final = 86_400_000_000
"""A flow silent for a day is forgotten; its next number is a first one."""
SWEEP_US: Final = 3_600_000_000
MOST_EXPORTERS: Final = 16_384
"""Exporters per shard; beyond it the longest silent quarter goes (spoofed sources)."""
STAGE: Final = "loss"


class Detector:
    """The loss detector of one shard.

    Args:
        window_us: How long a gap waits for late messages, data time; at least the reassembly timeout.
        override: The operator's scopes.
    """

    def __init__(self, window_us: int = WINDOW_US, override: Override = learn_all) -> None:
        if window_us < 10_000_000:
            raise ConfigurationError(
                "loss-window", f"loss window must be at least the reassembly timeout, 10000000 us, got {window_us}"
            )
        self._window = window_us
        self._override = override
        self._exporters: dict[str, Exporter] = {}
        self._newcomers = Newcomers()
        self._vigil = Vigil()
        self._flows: dict[tuple[str, int, int, int | None], Flow] = {}
        self._touched: dict[str, None] = {}
        self._gone: list[str] = []
        self._changed: dict[tuple[str, int], None] = {}
        """Counters of which something new was learned in this batch."""
        self._collectors: dict[str, Collector] = {}
        self._drops: list[tuple[int, int]] = []
        self._swept = 0
        self._speakers: dict[str, str] = {}
        self._speaker = self._named = self._named_host = ""
        self._session = Session()

    def observe(
        self, facts: list[Facts], controls: Iterable[Control], tallies: Tallies, source: str = ""
    ) -> list[LossEvent]:
        """Takes one batch of a source; returns the events it brought about, in order.

        ``tallies`` gets ``lost:COUNTER`` for what is confirmed and ``late:COUNTER`` for numbers that came late.
        """
        findings = Findings(self._drops, tallies)
        self._speaker = self._speakers.get(source, "")
        start = 0
        for control in controls:
            self._follow(facts[start : control.at], findings)
            start = max(start, control.at)
            if isinstance(control, Heartbeat):
                self._speaker = self._speakers[source] = host_of(control.collector_id)
            self._control(control, findings)
        self._follow(facts[start:] if start else facts, findings)
        return findings.events

    def _follow(self, facts: list[Facts], findings: Findings) -> None:
        """Takes messages; the way of a number in order is this loop alone."""
        flows, touched = self._flows, self._touched
        for one in facts:
            key = (one.exporter, one.port, one.publisher_id, one.subscription_id)
            flow = flows.get(key) or self._meet(one, findings)
            if flow is None:
                continue
            exporter = flow.owner
            arrival = one.arrival_us
            if arrival != exporter.raw:
                exporter.tell(arrival)
                self._came_by(exporter, self._host(one.collector_id))
                if exporter.clock >= exporter.due:
                    self._tick(exporter, findings)
            touched[exporter.address] = None
            exporter.order += 1
            last_id = flow.transport_last
            number, sequence = one.message_id, flow.transport
            if number == sequence.expected and sequence.other is None:
                sequence.expected = (number + 1) & MASK
                sequence.at = arrival
                flow.transport_last = number
            elif number is not None and 0 <= number <= MASK:
                self._look(exporter, flow, 0, number, one, last_id, findings)
                flow.transport_last = number
            number, sequence = one.sequence_number, flow.notification
            if number == sequence.expected and sequence.other is None:
                sequence.expected = (number + 1) & MASK
                sequence.at = arrival
                flow.notification_last = number
            elif number is not None and 0 <= number <= MASK:
                self._look(exporter, flow, 1, number, one, last_id, findings)
                flow.notification_last = number
            if one.kind & LIFE or one.patch_id is not None or flow.patch is not None or one.evidence or flow.awaited:
                self._beyond_numbers(exporter, flow, one, findings)
            flow.order = exporter.order
            flow.at = arrival

    def _meet(self, facts: Facts, findings: Findings) -> Flow | None:
        """Makes the flow, and the exporter, of a message from somewhere new; None: it is the exporter's first one."""
        exporter = self._exporter(facts.exporter, findings)
        if exporter is None:
            if self._newcomers.holds(facts):
                return None
            exporter = self._new_exporter(facts)
        known = self._flows.get((facts.exporter, facts.port, facts.publisher_id, facts.subscription_id))
        return known or self._new_flow(exporter, facts)

    def _exporter(self, address: str, findings: Findings) -> Exporter | None:
        """Returns an exporter that has sent before; of a newcomer the first message is followed now."""
        exporter = self._exporters.get(address)
        first = self._newcomers.take(address) if exporter is None else None
        if first is not None:
            exporter = self._new_exporter(first)
            self._follow([first], findings)
        return exporter

    def _new_flow(self, exporter: Exporter, facts: Facts) -> Flow:
        if len(exporter.flows) >= MOST_FLOWS:
            self._forget(exporter, sorted(exporter.flows, key=lambda flow: flow.order)[: MOST_FLOWS // 4])
        key = (facts.port, facts.publisher_id, facts.subscription_id)
        flow = Flow(len(exporter.flows), key, exporter)
        flow.awaited, exporter.grouped = bool(exporter.watches), None
        exporter.flows.append(flow)
        self._flows[facts.exporter, *key] = flow
        return flow

    def _new_exporter(self, facts: Facts) -> Exporter:
        if len(self._exporters) >= MOST_EXPORTERS:
            silent = sorted(self._exporters.values(), key=lambda one: one.raw)[: MOST_EXPORTERS // 4]
            for one in silent:
                self._drop(one)
        first, second = (allowed(self._override, facts.exporter, counter) for counter in COUNTERS)
        exporter = self._exporters[facts.exporter] = Exporter(facts.exporter, facts.arrival_us, (first, second))
        exporter.collector = self._host(facts.collector_id)
        return exporter

    def _came_by(self, exporter: Exporter, host: str) -> None:
        if host != exporter.collector:
            exporter.collector = host
            self._vigil.moved(exporter)

    def _host(self, collector_id: str) -> str:
        """Returns whose clock a message came under; where it does not say, that of the last heartbeat in its source."""
        if collector_id == self._named:
            return self._named_host or self._speaker
        self._named, self._named_host = collector_id, host_of(collector_id)
        return self._named_host or self._speaker

    def _look(
        self, exporter: Exporter, flow: Flow, counter: int, number: int, facts: Facts, last_id: int, findings: Findings
    ) -> None:
        """Looks closely at a number that was not simply the next one."""
        track = exporter.tracks[counter]
        flow.node = facts.node or flow.node
        known = track.known
        epoch = epoch_of(known, flow)
        if counter == 0:
            prove_before(exporter, flow, number, started=facts.kind == STARTED)
        moment = self._session.moment(exporter, flow, counter, number, facts)
        before, noted = (track.hypotheses[0] if track.settled else None), track.notes
        follow(exporter, track, flow, number, moment, self._window)
        if counter == 1:
            ids = last_id, NONE if facts.message_id is None else facts.message_id
            bound(exporter, flow, number, ids, facts.arrival_us)
        after = track.hypotheses[0] if track.settled else None
        if before is not after or track.notes is not noted:
            self._changed[exporter.address, counter] = None
        if before is not after:
            exporter.unlink(counter)
        if after is not None:
            flow.link(counter, after.sequence_of(flow))
        if (counter == 0 or facts.message_id is None) and known in track.hypotheses and began_anew(known, flow, epoch):
            findings.tell(lifecycle.restarted(exporter, flow, SCOPES[known.members[0]].name, facts))
        if track.given_up == exporter.order or track.revoked or exporter.clock >= track.due or before is not after:
            findings.add(exporter, track, report(track, exporter.clock, self._window))
        elif after is not None and after.busy:
            findings.add(exporter, track, report_one(track, flow, exporter.clock, self._window))
        exporter.reckon_due(self._window)
        findings.count_late(exporter, flow, track, facts.arrival_us)

    def _beyond_numbers(self, exporter: Exporter, flow: Flow, facts: Facts, findings: Findings) -> None:
        """Takes what a message says beside its two numbers."""
        if facts.kind & LIFE:
            events, changed = lifecycle.take(exporter, flow, facts, self._listening(exporter))
            findings.tell(events)
            self._vigil.plan(exporter, changed)
        if flow.awaited:
            self._vigil.came(exporter, flow)
        if facts.patch_id is not None or flow.patch is not None:
            self._patch(exporter, flow, facts, findings)
        for one in facts.evidence:
            node = facts.node or flow.node
            findings.tell([event_of(one, exporter.address, flow.key, node, facts.arrival_us)])

    def _patch(self, exporter: Exporter, flow: Flow, facts: Facts, findings: Findings) -> None:
        moment = Moment(facts.arrival_us, exporter.clock, exporter.order, flow.index)
        flow.node = facts.node or flow.node
        opened = observe_patch(flow, facts, moment)
        findings.add_jumps(exporter, flow, [gap for gap in opened if gap.broken])
        findings.tell(resync_events(exporter, flow, [gap for gap in opened if not gap.broken], facts))
        if flow.patch is not None and (flow.patch.gaps or flow.patch.gone):
            findings.add_patches(exporter, flow, exporter.clock - self._window)
            if flow.patch.gaps:
                exporter.patch_due = min(exporter.patch_due, flow.patch.gaps[0].opened + self._window)
            exporter.reckon_due(self._window)

    def _tick(self, exporter: Exporter, findings: Findings, *, final: bool = False) -> None:
        """Confirms what has waited long enough; ``final``: everything."""
        self._touched[exporter.address] = None
        if exporter.proof_due < FOREVER and not final:
            prove(exporter, exporter.clock - self._window)
        for counter, track in enumerate(exporter.tracks):
            if final and track.hypotheses:
                self._changed[exporter.address, counter] = None
            if final and suspect(track.sanity):
                give_up(track, exporter.order)
                exporter.unlink(counter)
            elif final and len(track.hypotheses) > 1:
                force(track, exporter.order)
                exporter.unlink(counter)
            if final and counter == 0:
                prove(exporter, FOREVER)
            findings.add(exporter, track, report(track, exporter.clock, self._window, final=final))
        if exporter.patch_due < FOREVER:
            findings.confirm_patches(exporter, self._window, final=final)
        exporter.reckon_due(self._window)

    def _control(self, control: Control, findings: Findings) -> None:
        if isinstance(control, Refused):
            exporter = self._exporter(control.exporter, findings)
            if exporter is not None:
                exporter.tell(control.arrival_us)
                exporter.note(control)
                exporter.reckon_due(self._window)
                self._touched[control.exporter] = None
        elif isinstance(control, Heartbeat):
            self._beat(control, findings)
        elif isinstance(control, EndOfInput):
            for exporter in self._exporters.values():
                self._tick(exporter, findings, final=True)
                findings.tell(lifecycle.end(exporter, self._listening(exporter)))
                self._vigil.plan(exporter, exporter.watches)

    def _beat(self, beat: Heartbeat, findings: Findings) -> None:
        """Moves the clock of quiet exporters, and notes kernel drops."""
        drops = beat.counters.get("kernel_drops", 0)
        host = host_of(beat.collector_id)
        known = self._collectors.get(beat.collector_id)
        if known is not None and drops > known.drops:
            self._drops[:-31] = []
            self._drops.append((known.clock_us, beat.clock_us))
        if known is None:
            known = self._collectors[beat.collector_id] = Collector(beat.clock_us, drops)
        known.clock_us, known.drops = beat.clock_us, drops
        self._freshness(beat, host, findings)
        for exporter in self._exporters.values():
            if exporter.due < FOREVER and exporter.collector in ("", host):  # others' clocks say nothing of it
                exporter.tell(beat.clock_us)
                self._touched[exporter.address] = None
                if exporter.clock >= exporter.due:
                    self._tick(exporter, findings)
        for address in self._touched:
            self._exporters[address].forget_indexes()
        if beat.clock_us - self._swept >= SWEEP_US:
            self._sweep(beat.clock_us)

    def _freshness(self, beat: Heartbeat, host: str, findings: Findings) -> None:
        """Looks for silent subscriptions of the exporters that send to this host; one of its processes is enough."""
        clock = self._collectors.setdefault(host, Collector(beat.clock_us, 0)).listening
        if 0 <= clock.raw_us - beat.clock_us < LISTENED_US and clock.raw_us:
            return  # another of its processes beat just before
        findings.tell(self._vigil.beat(self._exporters, host, clock, beat.clock_us, self._touched))

    def _listening(self, exporter: Exporter) -> Listening:
        known = self._collectors.get(exporter.collector)
        return Listening() if known is None else known.listening

    def _sweep(self, clock_us: int) -> None:
        """Forgets what was silent for long."""
        self._swept = clock_us
        self._newcomers.forget(clock_us - IDLE_US)
        for exporter in list(self._exporters.values()):
            idle = [flow for flow in exporter.flows if clock_us - flow.at > IDLE_US]
            if len(idle) == len(exporter.flows):
                self._drop(exporter)
            elif idle:
                self._forget(exporter, idle)

    def _forget(self, exporter: Exporter, flows: list[Flow]) -> None:
        for flow in flows:
            del self._flows[exporter.address, *flow.key]
        leaving = {flow.index for flow in flows}
        exporter.keep([flow for flow in exporter.flows if flow.index not in leaving])
        self._touched[exporter.address] = None

    def _drop(self, exporter: Exporter) -> None:
        for flow in exporter.flows:
            del self._flows[exporter.address, *flow.key]
        del self._exporters[exporter.address]
        self._vigil.forget(exporter)
        self._touched.pop(exporter.address, None)
        self._gone.append(exporter.address)

    def explain(self) -> list[Learned]:
        """Returns what was learned of every counter, and why; of one message nothing is."""
        return [learned_of(exporter, track) for exporter in self._exporters.values() for track in exporter.tracks]

    def take_learned(self) -> list[LearnedScope]:
        """Returns what is new of how exporters count since it was last asked; at the end of input all that is known."""
        taken, self._changed = self._changed, {}
        there = [(self._exporters[address], counter) for address, counter in taken if address in self._exporters]
        return [told_of(exporter, exporter.tracks[counter]) for exporter, counter in there]

    @property
    def flows(self) -> int:
        """How many flows are followed."""
        return len(self._flows)

    def encode_state(self) -> bytes:
        """Returns the whole state; ``restore`` of it goes on as this detector would."""
        return self._encode(list(self._exporters.values()), [], self._newcomers.all())

    def snapshot(self) -> bytes:
        """Returns the whole state, and begins a new journal."""
        self._touched, self._gone = {}, []
        self._newcomers.changes()
        return self.encode_state()

    def changes(self) -> bytes:
        """Returns what changed since the last ``snapshot`` or ``changes``."""
        came, gone = self._newcomers.changes()
        entry = self._encode([self._exporters[address] for address in self._touched], self._gone + gone, came)
        self._touched, self._gone = {}, []
        return entry

    def _encode(self, exporters: list[Exporter], gone: list[str], newcomers: list[Facts]) -> bytes:
        states = [exporter.state() for exporter in exporters]
        known = self._collectors, self._drops, self._swept, self._speakers
        return CODEC.encode(LossState(FORMAT, states, gone, *known, newcomers))

    def decode_state(self, snapshot: bytes | None, journal: Iterable[bytes] = ()) -> Self:
        """Takes over a state: a snapshot and the changes since, oldest first; returns itself.

        Raises:
            ConfigurationError: It was written by a newer release.
        """
        self._exporters, self._flows, self._newcomers = {}, {}, Newcomers()
        for entry in ([] if snapshot is None else [snapshot]) + list(journal):
            self._apply(CODEC.decode(entry))
        for address, exporter in self._exporters.items():
            self._flows.update({(address, *flow.key): flow for flow in exporter.flows})
            if set_free(self._override, exporter):
                exporter.reckon_due(self._window)
                self._touched[address] = None
        self._vigil = Vigil.of(self._exporters.values())
        return self

    def _apply(self, state: LossState) -> None:
        for address in state.gone:
            self._exporters.pop(address, None)
        for one in state.exporters:
            self._exporters[one.address] = Exporter.of(one)
        self._newcomers.apply((one.address for one in state.exporters), state.gone, state.newcomers)
        self._collectors, self._drops, self._swept = state.collectors, state.drops, state.swept
        self._speakers = state.speakers
