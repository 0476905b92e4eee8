"""Simulated routers' datagrams through the collector, without sockets, cut into batches."""

from collections.abc import Iterator
from heapq import merge

from yangbeam.core.collector import Collector
from yangbeam.core.elements import MessageBatch
from yangbeam.core.udp_notif import LastBit, UdpNotifSettings
from yangbeam.simulator.faults import Delivery
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.plan import plan

START_US = 1_795_000_000_000_000
SECOND = 1_000_000
FAULTS = {
    "loss": 0.04,
    "incomplete": 0.04,
    "corrupt": 0.05,
    "duplicate": 0.05,
    "reorder": 0.06,
    "invalid": 0.05,
}


def mixed(messages: int = 150) -> list[Delivery]:
    """Routers of several habits and encodings, on a network that does everything a network can do."""
    common = {
        "messages": messages,
        "rate": 20.0,
        "interfaces": 2,
        "suspensions": 1,
        "schema_changes": 1,
        "restarts": 1,
        **FAULTS,
    }
    simulated = (
        SimulateOptions(**common, routers=3, subscriptions=2, first_address="192.0.2.1"),
        SimulateOptions(**common, routers=1, habits=("standard",), encoding="xml", first_address="192.0.2.11"),
        SimulateOptions(**common, routers=1, habits=("standard",), encoding="cbor", first_address="192.0.2.21"),
    )
    return list(merge(*(plan(options, START_US) for options in simulated), key=lambda delivery: delivery.at_us))


def batches_of(deliveries: list[Delivery], cut: int, shards: int = 1) -> list[MessageBatch]:
    """Collects datagrams, with a heartbeat each second of their time; a batch after each ``cut`` messages sent."""
    collector = Collector("test", shards=shards, settings=UdpNotifSettings(last_bit=LastBit.DETECT))
    made: list[MessageBatch] = []
    beat = START_US
    for number, delivery in enumerate(deliveries, 1):
        while delivery.at_us >= beat + SECOND:
            beat += SECOND
            collector.heartbeat(beat)
        record = delivery.record
        for datagram in delivery.datagrams:
            collector.datagram(datagram, record.exporter, record.port, "192.0.2.254", 10003, delivery.at_us)
        if number % cut == 0:
            made += _taken(collector, shards)
    collector.end(beat + 60 * SECOND)
    return [*made, *_taken(collector, shards)]


def _taken(collector: Collector, shards: int) -> Iterator[MessageBatch]:
    for shard in range(shards):
        while batch := collector.take(shard, 1 << 20):
            yield batch
