"""What `yangbeam receive` tells Prometheus: the heartbeats' counters, and how full memory and disk are."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from yangbeam.pipeline.receive.process import Receiver
from yangbeam.pipeline.receive.status import outsides_of
from yangbeam.pipeline.view.metrics_server import served
from yangbeam.pipeline.view.outside_metrics import outside_metrics

_PREFIX: Final = "yangbeam_receive"
_SPECIAL: Final = {
    "taken": "Datagrams that the sockets gave.",
    "answered": "Notifications whose publisher was told that they are safe.",
    "unaccounted": "Of these, what no other count has: a defect of the receiver.",
    "datagrams": "Datagrams that may be read.",
    "messages": "Messages that were made whole.",
    "kernel_drops": "Datagrams that the kernel dropped for want of room in its buffer.",
    "not_allowed": "Datagrams or requests from addresses in no prefix of allow.",
    "acknowledged": "Records that Kafka acknowledged.",
    "spooled": "Records that went to the disk because Kafka did not take them.",
    "spool_damaged": "Records and rests of segments on disk that could not be read: lost.",
    "spool_drops": "Records that were lost because neither Kafka nor the disk took them.",
    "unwritable": "Records that Kafka can never take.",
    "stalls": "Times that nothing was acknowledged for too long.",
    "ring_drops": "Records lost within the collector: the same as spool_drops.",
}
_OTHER: Final = "Refused for this reason, or accepted in spite of it."


class ReceiveMetrics(Collector):
    """Makes the metrics of the receivers when they are asked for.

    Args:
        receivers: Gives them, with their latest reports.
    """

    def __init__(self, receivers: Callable[[], Sequence[Receiver]]) -> None:
        self._receivers = receivers

    def collect(self) -> Iterable[Metric]:
        """Yields each counter and gauge, by receiver."""
        receivers = self._receivers()
        names = sorted({name for receiver in receivers for name in receiver.report.counters})
        for name in names:
            counter = CounterMetricFamily(f"{_PREFIX}_{name}", _SPECIAL.get(name, _OTHER), labels=["receiver"])
            for receiver in receivers:
                counter.add_metric([receiver.name], receiver.report.counters.get(name, 0))
            yield counter
        restarts = CounterMetricFamily(f"{_PREFIX}_restarts", "Times that a receiver crashed.", labels=["receiver"])
        running = GaugeMetricFamily(f"{_PREFIX}_running", "Whether the receiver runs.", labels=["receiver"])
        spool = GaugeMetricFamily(f"{_PREFIX}_spool_bytes", "Octets that wait on disk.", labels=["receiver"])
        queue = GaugeMetricFamily(f"{_PREFIX}_queue_records", "Records that wait in memory.", labels=["receiver"])
        for receiver in receivers:
            restarts.add_metric([receiver.name], receiver.restarts)
            running.add_metric([receiver.name], receiver.is_running)
            spool.add_metric([receiver.name], receiver.report.spool_octets)
            queue.add_metric([receiver.name], receiver.report.queue_records)
        yield from (restarts, running, spool, queue)
        yield from outside_metrics(outsides_of(receivers))


def metrics(port: int | None, receivers: Callable[[], Sequence[Receiver]]) -> AbstractContextManager[int | None]:
    """Serves the metrics on loopback while it is entered; yields the port, None when there are none.

    Raises:
        ConfigurationError: The port is taken.
    """
    return served(port, ReceiveMetrics(receivers), "receive.metrics_port")
