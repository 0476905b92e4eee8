"""Explains what was learned of exporters: by each counter every scope and what it would call lost, and the decision.

Beside the detector that learns runs one for each scope, told to take it: what each calls lost is what the decision was
between. Bounded as the detectors are; made for captures, nine times the work of detection.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from yangbeam.core.elements import LossEvent, Notification, NotificationBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import CHANGE, FULL, KINDS, facts_of
from yangbeam.core.loss.learned import Learned
from yangbeam.core.loss.line import WINDOW_US
from yangbeam.core.loss.overrides import Override, learn_all
from yangbeam.core.loss.scope import SCOPES
from yangbeam.core.loss.track import COUNTERS
from yangbeam.core.subscription import State, after

MOST_SUBSCRIPTIONS: Final = 4096
MOST_NAMED: Final = 64
"""Publishers and ports named of one subscription."""


class Alternative(msgspec.Struct, frozen=True):
    """What one way of counting would say; scopes of equal meaning and result are one."""

    scopes: list[str]
    counters: int
    """How many separate counters that makes."""
    loss_events: int
    missing: int
    """Numbers that would be called lost."""


class ExplainedCounter(msgspec.Struct, frozen=True):
    """What was learned of one counter."""

    counter: str
    state: str
    """settled, learning, untrackable or set (by the operator)."""
    scope: str
    counters: int
    why: list[str]
    loss_events: int
    missing: int
    discontinuities: int
    """Jumps that nothing shows to be losses."""
    alternatives: list[Alternative]
    """The coarsest first."""


class ExplainedSubscription(msgspec.Struct):
    """A subscription as its messages tell it."""

    id: int
    node: str
    publisher_ids: list[int]
    ports: list[int]
    state: str
    """unknown: data came, but no announcement."""
    announced: bool
    updates: int = 0
    period_s: float | None = None
    on_change: bool = False
    datastore: str = ""
    filter: str = ""
    modules: list[str] = []
    content_id: str = ""


class ExplainedExporter(msgspec.Struct, frozen=True):
    """All of one exporter."""

    exporter: str
    node: str
    messages: int
    first_us: int
    last_us: int
    counters: list[ExplainedCounter]
    subscriptions: list[ExplainedSubscription]
    events: list[dict[str, object]]
    """Loss events as they stand at the end."""


class _Seen:
    def __init__(self, first_us: int) -> None:
        self.node = ""
        self.messages = 0
        self.first_us = self.last_us = first_us
        self.subscriptions: dict[int, ExplainedSubscription] = {}


class Explainer:
    """Takes decoded batches in order, to the end of input; then explains.

    Args:
        window_us: As the detector's.
        override: The operator's scopes.
    """

    def __init__(self, window_us: int = WINDOW_US, override: Override = learn_all) -> None:
        self._learning = Detector(window_us, override)
        self._taking = {scope.name: Detector(window_us, _always(scope.name)) for scope in SCOPES}
        self._standing: dict[str, dict[str, LossEvent]] = {name: {} for name in ("", *self._taking)}
        self._seen: dict[str, _Seen] = {}

    def observe(self, batch: NotificationBatch) -> None:
        """Takes one batch."""
        facts = facts_of(batch)
        for name, detector in [("", self._learning), *self._taking.items()]:
            events = detector.observe(facts.facts, facts.controls, Tallies("loss"), batch.source)
            self._standing[name].update((event.identity, event) for event in events)
        self._note(batch)

    def _note(self, batch: NotificationBatch) -> None:
        for one in batch.notifications:
            seen = self._seen.get(one.message.exporter)
            if seen is None:
                seen = self._seen[one.message.exporter] = _Seen(one.message.arrival_us)
            seen.node = one.node or seen.node
            seen.messages += 1
            seen.last_us = max(seen.last_us, one.message.arrival_us)
            if one.subscription_id is not None and (
                one.subscription_id in seen.subscriptions or len(seen.subscriptions) < MOST_SUBSCRIPTIONS
            ):
                _subscription(seen, one.subscription_id, one)

    def explain(self) -> list[ExplainedExporter]:
        """Returns all exporters, in the order in which they came."""
        learned: dict[str, list[Learned]] = {}
        for one in self._learning.explain():
            learned.setdefault(one.exporter, []).append(one)
        return [self._exporter(address, seen, learned.get(address, [])) for address, seen in self._seen.items()]

    def _exporter(self, address: str, seen: _Seen, learned: list[Learned]) -> ExplainedExporter:
        mine = [event for event in self._standing[""].values() if event.exporter == address]
        return ExplainedExporter(
            exporter=address,
            node=seen.node,
            messages=seen.messages,
            first_us=seen.first_us,
            last_us=seen.last_us,
            counters=[self._counter(one, mine) for one in learned],
            subscriptions=list(seen.subscriptions.values()),
            events=[msgspec.structs.asdict(event) for event in mine if event.state != "withdrawn"],
        )

    def _counter(self, learned: Learned, events: list[LossEvent]) -> ExplainedCounter:
        lost = _lost(events, learned.counter)
        return ExplainedCounter(
            counter=learned.counter,
            state=learned.state,
            scope=learned.scope,
            counters=learned.counters,
            why=learned.why,
            loss_events=len(lost),
            missing=sum(event.count for event in lost),
            discontinuities=sum(one.counter == learned.counter and one.broken() for one in events),
            alternatives=self._alternatives(learned),
        )

    def _alternatives(self, learned: Learned) -> list[Alternative]:
        found: dict[tuple[int, int, int], list[str]] = {}
        which = COUNTERS.index(learned.counter)
        for name, detector in self._taking.items():
            told = next(
                one for one in detector.explain() if one.exporter == learned.exporter and one.counter == COUNTERS[which]
            )
            lost = _lost(self._standing[name].values(), learned.counter, learned.exporter)
            key = told.counters, len(lost), sum(event.count for event in lost)
            found.setdefault(key, []).append(name)
        return [Alternative(scopes, *key) for key, scopes in found.items()]


def _always(scope: str) -> Override:
    return lambda _exporter, _counter: scope


def _lost(events: Iterable[LossEvent], counter: str, exporter: str | None = None) -> list[LossEvent]:
    return [
        event for event in events if event.counter == counter and event.lost() and exporter in (None, event.exporter)
    ]


def _subscription(seen: _Seen, number: int, one: Notification) -> None:
    """Notes what a notification says of its subscription."""
    found = seen.subscriptions.get(number)
    if found is None:
        found = ExplainedSubscription(number, "", [], [], State.UNKNOWN.value, announced=False)
        seen.subscriptions[number] = found
    found.node = one.node or found.node
    _add(found.publisher_ids, one.publisher_id)
    _add(found.ports, one.message.port)
    found.state = after(State(found.state), one.kind).value
    found.updates += KINDS.get(one.kind, 0) in (FULL, CHANGE)
    terms = one.terms
    if terms is not None:
        found.announced = True
        found.period_s = None if terms.period_cs is None else terms.period_cs / 100
        found.on_change = terms.on_change
        found.datastore = terms.datastore or ""
        found.filter = terms.xpath_filter or (terms.subtree_filter or b"").decode(errors="replace")
        found.modules = [name if revision is None else f"{name}@{revision}" for name, revision, _ in terms.modules]
        found.content_id = terms.content_id or ""


def _add(values: list[int], value: int) -> None:
    if value not in values and len(values) < MOST_NAMED:
        values.append(value)
