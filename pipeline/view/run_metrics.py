"""What a run tells Prometheus: the ledger, losses, how exporters count, and what is silent."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from yangbeam.core.elements import LearnedScope, LossEvent
from yangbeam.core.ledger import ARRIVED, ASIDE, GIVEN, HABITS, NOBODY, OTHERS, REPLACED, UNWRITTEN, WHY
from yangbeam.core.set_aside import groups_of_nodes, habits_by_vendor
from yangbeam.pipeline.view.outages import waiting
from yangbeam.pipeline.view.outside_metrics import outside_metrics
from yangbeam.pipeline.view.status import Snapshot

MOST_EXPORTERS: Final = 500
"""Exporters with labels of their own, those with the most messages; the others are summed under ``others``."""
_FALLING: Final = frozenset({"pending"})
"""Counts that also fall."""
_BY_PLACE: Final = (f"{GIVEN}:", f"{ARRIVED}:")
"""Beginnings of the names that a collector and its shard end."""


class RunMetrics(Collector):
    """Makes the metrics of a run when they are asked for.

    Args:
        snapshot: Gives what the run has come to.
    """

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """Yields each counter and gauge; labels are bounded by MOST_EXPORTERS."""
        found = self._snapshot()
        named = _named(found.exporters)
        own = {
            f"{name}:{sink}": count
            for name in (REPLACED, UNWRITTEN)
            for sink, count in found.not_as_it_was(name).items()
        }
        yield from _ledger({**found.counts, **own})
        yield _set_aside(found.counts)
        yield _habits(found.counts)
        yield _by_exporter(found.exporters, named)
        yield _collectors(found.collectors)
        yield from _losses(found.loss, named)
        yield from _learned(found.learned, named)
        yield from outside_metrics(found.outsides)
        if found.sinks:
            yield GaugeMetricFamily(
                "yangbeam_waiting_messages", "Messages that have not reached every sink.", max(waiting(found), 0)
            )


def _named(exporters: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    loudest = sorted(exporters, key=lambda one: -exporters[one].get("received", 0))
    return frozenset(loudest[:MOST_EXPORTERS])


def _ledger(counts: Mapping[str, int]) -> Iterator[Metric]:
    rising = CounterMetricFamily("yangbeam_ledger", "What became of messages, as the ledger names it.", labels=["what"])
    falling = GaugeMetricFamily("yangbeam_ledger_now", "Counts of the ledger that also fall.", labels=["what"])
    for what, count in sorted(_merged(counts).items()):
        (falling if what in _FALLING else rising).add_metric([what], count)
    yield from (rising, falling)


def _merged(counts: Mapping[str, int]) -> Counter[str]:
    """Returns the counts, those that name a collector and its shard added up: labels stay few."""
    merged: Counter[str] = Counter()
    for counted, count in counts.items():
        if counted.startswith((f"{WHY}:", f"{ASIDE}:")):
            continue  # their causes are counted, too, or have a metric of their own
        what = counted.partition("|")[0] if counted.startswith(f"{HABITS}:") else counted
        merged[what.split(":", 1)[0] if what.startswith(_BY_PLACE) else what] += count
    return merged


def _set_aside(counts: Mapping[str, int]) -> Metric:
    labels = ["cause", "module", "path"]
    family = CounterMetricFamily(
        "yangbeam_nodes_set_aside", "Nodes of delivered messages, by schema path.", labels=labels
    )
    for group, count in groups_of_nodes(counts).items():
        family.add_metric([group.cause, group.module, group.path], count)
    return family


def _habits(counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(
        "yangbeam_habits", "Nodes that were spelt as RFC 7951 has them.", labels=["habit", "vendor"]
    )
    for name, vendors in habits_by_vendor(counts).items():
        for vendor, count in vendors.items():
            family.add_metric([name, vendor or "unknown"], count)
    return family


def _by_exporter(exporters: Mapping[str, Mapping[str, int]], named: frozenset[str]) -> Metric:
    family = CounterMetricFamily("yangbeam_received", "Messages, whole or refused.", labels=["exporter"])
    summed: Counter[str] = Counter()
    for exporter, counts in exporters.items():
        if exporter == NOBODY:
            continue
        summed[exporter if exporter in named else OTHERS] += counts.get("received", 0)
    for exporter, count in sorted(summed.items()):
        family.add_metric([exporter], count)
    return family


def _collectors(collectors: Mapping[str, Mapping[str, int]]) -> Metric:
    family = CounterMetricFamily("yangbeam_receiver", "As the receiver counts it.", labels=["receiver", "what"])
    for collector, counters in sorted(collectors.items()):
        for what, count in sorted(counters.items()):
            family.add_metric([collector, what], count)
    return family


def _losses(events: Iterable[LossEvent], named: frozenset[str]) -> Iterator[Metric]:
    labels = ["exporter", "counter", "state"]
    messages = GaugeMetricFamily("yangbeam_lost_messages", "Missing messages, by the newest states.", labels=labels)
    count = GaugeMetricFamily("yangbeam_loss_events", "Loss events, by the newest states.", labels=[*labels, "cause"])
    lost: Counter[tuple[str, str, str]] = Counter()
    told: Counter[tuple[str, str, str, str]] = Counter()
    for event in events:
        key = (event.exporter if event.exporter in named else OTHERS, event.counter, event.state)
        lost[key] += event.count
        told[*key, event.cause] += 1
    for key, number in sorted(lost.items()):
        messages.add_metric(key, number)
    for caused, number in sorted(told.items()):
        count.add_metric(caused, number)
    yield from (messages, count)


def _learned(learned: Iterable[LearnedScope], named: frozenset[str]) -> Iterator[Metric]:
    labels = ["exporter", "counter", "state", "scope"]
    family = GaugeMetricFamily("yangbeam_scope", "1: how the exporter counts.", labels=labels)
    for one in sorted(learned, key=lambda one: (one.exporter, one.counter)):
        if one.exporter in named:
            family.add_metric([one.exporter, one.counter, one.state, one.scope], 1)
    yield family
