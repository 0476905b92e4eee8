"""What a receiver makes of planned deliveries, by the project's own codec and decoders."""

from collections.abc import Iterable

from yangbeam.core.collector import Collector
from yangbeam.core.elements import Message, Refused
from yangbeam.core.udp_notif import LastBit, UdpNotifSettings
from yangbeam.simulator.faults import Delivery
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.plan import plan

START_US = 1_795_000_000_000_000
"""2026-11-18T11:06:40Z."""


def planned(**options: object) -> list[Delivery]:
    """All deliveries of a simulation of 60 updates unless said otherwise."""
    return list(plan(SimulateOptions(**{"messages": 60, **options}), START_US))  # type: ignore[arg-type]


def collected(deliveries: Iterable[Delivery]) -> tuple[list[Message], list[Refused]]:
    """Messages and refusals of a collector that gets the datagrams in order."""
    collector = Collector("test", settings=UdpNotifSettings(last_bit=LastBit.DETECT))
    for delivery in deliveries:
        record = delivery.record
        for datagram in delivery.datagrams:
            collector.datagram(datagram, record.exporter, record.port, "127.0.0.1", 10003, delivery.at_us)
    collector.end(START_US + 10**12)
    messages: list[Message] = []
    refused: list[Refused] = []
    while batch := collector.take(0, 1 << 30):
        messages += batch.messages
        refused += [control for control in batch.controls if isinstance(control, Refused)]
    return messages, refused
