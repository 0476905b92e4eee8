"""What is kept of one exporter: its clock, its flows, its counters; and its form as bytes."""

from typing import Any, Final
from zlib import crc32

import msgspec

from yangbeam.core.elements import Refused
from yangbeam.core.loss.freshness import Watch
from yangbeam.core.loss.line import NONE, WINDOW_US, Gap
from yangbeam.core.loss.scope import UNKNOWN, Flow, Hypothesis, forget_index
from yangbeam.core.loss.sequence import PatchIds
from yangbeam.core.loss.track import FOREVER, Track

LONGEST_STEP_US: Final = 300_000_000
"""A clock that leaps further counts as this far: enough to close every window, too little to expire anything."""
SET_BACK_US: Final = 60_000_000
"""A clock this far behind was set back; less is disorder between collectors."""
MOST_FLOWS: Final = 4096
"""Flows kept per exporter; beyond it the longest silent quarter goes."""
MOST_REFUSED: Final = 1024
"""Refused messages remembered per exporter while their numbers may turn up missing."""


class Rejected(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The numbers of a message that reached the collector but not this stage."""

    port: int
    publisher_id: int
    message_id: int
    clock: int
    """Data time of its arrival, us."""
    incomplete: bool
    arrival_us: int = 0
    spent: bool = False
    """It filled a hole in message ids."""
    placed: bool = False
    """It filled a hole in sequence numbers."""
    proved: bool = False
    """What its header proves was looked at."""
    digest: int = 0
    """Tells it from others of its message id, but not from copies of it."""

    def name(self) -> tuple[int, int, int, int]:
        """Returns what a copy of it has in common with it."""
        return self.port, self.publisher_id, self.message_id, self.digest


class FlowState(msgspec.Struct, array_like=True, gc=False):
    """A Flow as bytes; its index is its place in the list."""

    port: int
    publisher_id: int
    subscription_id: int | None
    node: str
    order: int
    at: int
    transport_last: int
    notification_last: int
    patch: PatchIds | None = None
    resync: Gap | None = None
    newest: tuple[int, int, int, int] = (NONE, NONE, 0, NONE)


class ExporterState(msgspec.Struct, array_like=True, gc=False):
    """An Exporter as bytes."""

    address: str
    order: int
    raw: int
    clock: int
    flows: list[FlowState]
    tracks: list[Track]
    rejected: list[Rejected] = []
    patch_due: int = FOREVER
    watches: list[Watch] = []
    watch_due: int = NONE
    """Of earlier releases."""
    lately: list[tuple[str, int, int]] = []
    collector: str = ""
    heard_by: str = ""


class Exporter:
    """One exporter's clock, flows and counters."""

    __slots__ = (
        "address",
        "clock",
        "collector",
        "due",
        "flows",
        "grouped",
        "heard_by",
        "lately",
        "order",
        "patch_due",
        "proof_due",
        "raw",
        "refused",
        "rejected",
        "tracks",
        "watches",
    )

    def __init__(self, address: str, raw: int, allowed: tuple[list[int], list[int]]) -> None:
        self.address = address
        self.order = 0
        """Messages seen."""
        self.raw = raw
        """Newest time heard of, us."""
        self.clock = 0
        """Data time, us: raw without set-backs and leaps."""
        self.flows: list[Flow] = []
        self.tracks = [Track(counter=counter, allowed=list(scopes)) for counter, scopes in enumerate(allowed)]
        self.rejected: list[Rejected] = []
        self.patch_due = FOREVER
        """When the first gap in patch-ids is confirmed."""
        self.refused: set[tuple[int, int, int, int]] = set()
        """Names of ``rejected``."""
        self.proof_due = FOREVER
        """When what was refused first was refused, of what may still prove numbers."""
        self.due = FOREVER
        self.watches: dict[int, Watch] = {}
        """By subscription id, in order of announcement: what owes messages."""
        self.lately: list[tuple[str, int, int]] = []
        """(cause, publisher or subscription, arrival) of what was told lately, so that it is told once."""
        self.collector = ""
        """The collector its last message came by."""
        self.heard_by = ""
        """The collector whose clock the watches are on."""
        self.grouped: Any = None
        """Its flows as its watches look for them; None: to be grouped anew."""

    def tell(self, time_us: int) -> None:
        """Moves the clock to a time of the collector."""
        step = time_us - self.raw
        if step > 0:
            self.raw = time_us
            self.clock += min(step, LONGEST_STEP_US)
        elif step < -SET_BACK_US:
            self.raw = time_us

    def note(self, refused: Refused) -> None:
        """Remembers a message that was refused, so that its number is not called lost on the way."""
        if refused.message_id is None:
            return
        rejected = Rejected(
            refused.port,
            refused.publisher_id or 0,
            refused.message_id,
            self.clock - max(0, self.raw - refused.arrival_us),
            refused.reason == "incomplete",
            refused.arrival_us,
            digest=crc32(refused.original or refused.detail.encode()),
        )
        if rejected.name() in self.refused:
            return
        for oldest in self.rejected[: 1 - MOST_REFUSED]:
            self.refused.discard(oldest.name())
        self.refused.add(rejected.name())
        self.rejected = [*self.rejected[-MOST_REFUSED + 1 :], rejected]
        self.proof_due = min(self.proof_due, rejected.clock)

    def reckon_due(self, window: int = WINDOW_US) -> None:
        """Sets when the clock must be looked at again."""
        self.due = min(self.tracks[0].due, self.tracks[1].due, self.patch_due, self.proof_due + window)

    def state(self) -> ExporterState:
        """Returns its form as bytes."""
        flows = [
            FlowState(
                *flow.key,
                flow.node,
                flow.order,
                flow.at,
                flow.transport_last,
                flow.notification_last,
                flow.patch,
                flow.resync,
                flow.newest,
            )
            for flow in self.flows
        ]
        return ExporterState(
            self.address,
            self.order,
            self.raw,
            self.clock,
            flows,
            self.tracks,
            self.rejected,
            self.patch_due,
            list(self.watches.values()),
            lately=self.lately,
            collector=self.collector,
            heard_by=self.heard_by,
        )

    @classmethod
    def of(cls, state: ExporterState) -> "Exporter":
        """Returns the exporter of a state."""
        exporter = cls(state.address, state.raw, ([], []))
        exporter.order, exporter.clock = state.order, state.clock
        exporter.tracks, exporter.rejected = state.tracks, state.rejected
        for index, one in enumerate(state.flows):
            flow = Flow(index, (one.port, one.publisher_id, one.subscription_id), exporter)
            flow.node, flow.order, flow.at = one.node, one.order, one.at
            flow.patch, flow.resync, flow.newest = one.patch, one.resync, one.newest
            flow.transport_last, flow.notification_last = one.transport_last, one.notification_last
            exporter.flows.append(flow)
        exporter.patch_due = state.patch_due
        exporter.refused = {one.name() for one in exporter.rejected}
        exporter.proof_due = min((one.clock for one in exporter.rejected if not one.proved), default=FOREVER)
        exporter.watches = {watch.subscription_id: watch for watch in state.watches}
        exporter.lately = state.lately
        exporter.collector, exporter.heard_by = state.collector, state.heard_by
        exporter.reckon_due()
        return exporter

    def unlink(self, counter: int) -> None:
        """Makes every flow's next number of a counter be looked at closely."""
        for flow in self.flows:
            if counter:
                flow.notification = UNKNOWN
            else:
                flow.transport = UNKNOWN

    def forget_indexes(self) -> None:
        """Frees what finding the counters of new flows took; it is made again when one comes."""
        for track in self.tracks:
            for hypothesis in track.hypotheses:
                forget_index(hypothesis)

    def keep(self, flows: list[Flow]) -> None:
        """Forgets all flows but these."""
        moved = {flow.index: index for index, flow in enumerate(flows)}
        for track in self.tracks:
            track.sanity.stepped = []
            for hypothesis in track.hypotheses:
                _renumber(hypothesis, [flow.index for flow in flows], moved)
        for index, flow in enumerate(flows):
            flow.index = index
        self.flows, self.grouped = flows, None
        self.unlink(0)
        self.unlink(1)


def _renumber(hypothesis: Hypothesis, kept: list[int], moved: dict[int, int]) -> None:
    forget_index(hypothesis)
    old = hypothesis.place + [NONE] * (max(kept, default=0) + 1 - len(hypothesis.place))
    places: dict[int, int] = {}
    hypothesis.place = [NONE if old[index] == NONE else places.setdefault(old[index], len(places)) for index in kept]
    hypothesis.busy = sorted(places[place] for place in hypothesis.busy if place in places)
    hypothesis.sequences = [hypothesis.sequences[place] for place in places]
    for sequence in hypothesis.sequences:
        sequence.gaps, sequence.past = _moved(sequence.gaps, moved), _moved(sequence.past, moved)
        sequence.gone, sequence.kept = _moved(sequence.gone, moved), _moved(sequence.kept, moved)
        sequence.breaks = _moved(sequence.breaks, moved)
        sequence.step = next(iter(_moved([sequence.step], moved)), None) if sequence.step else None
        if sequence.other is not None:
            sequence.other.gaps = _moved(sequence.other.gaps, moved)


def _moved(gaps: list[Gap], moved: dict[int, int]) -> list[Gap]:
    stay = [gap for gap in gaps if gap.flow in moved]
    for gap in stay:
        gap.flow = moved[gap.flow]
    return stay
