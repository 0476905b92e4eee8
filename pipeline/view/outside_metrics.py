"""What Prometheus is told of the outside systems of a process."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from yangbeam.core.outside import Outside


def outside_metrics(outsides: Iterable[Outside]) -> Iterator[Metric]:
    """Yields whether each was reached last, since when, and how often it went away."""
    labels = ["kind", "address"]
    reached = GaugeMetricFamily(
        "yangbeam_outside_reached", "1: it was reached when it was last asked; 0: it was not.", labels=labels
    )
    since = GaugeMetricFamily(
        "yangbeam_outside_since_seconds", "When that began, in seconds since the epoch.", labels=labels
    )
    outages = CounterMetricFamily("yangbeam_outside_outages", "How often it went away.", labels=labels)
    for one in outsides:
        key = [one.kind.value, one.address]
        reached.add_metric(key, not one.is_away)
        since.add_metric(key, one.since_s)
        outages.add_metric(key, one.outages)
    yield from (reached, since, outages)
