"""Raw records of many exporters, quickly: valid push-updates of one interface with 22 leaves, 815 octets.

Each exporter counts its own message ids and sequence numbers without a gap; an exporter's records stand in one
partition, and heartbeats go into all of them, as `yangbeam receive` writes them.
"""

import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import orjson
from confluent_kafka import Producer

from yangbeam.core.elements import Heartbeat, Message
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message

OCTETS: Final = 815
_NUMBER: Final = 100_000_000
_TIME: Final = "2026-11-20T10:00:00.000000Z"
_JSON: Final = "application/yang-data+json"
_COUNTERS64: Final = tuple(
    f"{way}-{what}" for way in ("in", "out") for what in ("octets", "unicast-pkts", "broadcast-pkts", "multicast-pkts")
)
_COUNTERS32: Final = ("in-discards", "in-errors", "in-unknown-protos", "out-discards", "out-errors")


def _template() -> bytes:
    """Returns a message with %d where its number stands."""
    statistics: dict[str, Any] = {"discontinuity-time": "2026-11-01T00:00:00Z"}
    statistics |= {name: str(at) for at, name in enumerate(_COUNTERS64)} | dict.fromkeys(_COUNTERS32, 0)
    interface = {
        "name": "eth0",
        "type": "iana-if-type:ethernetCsmacd",
        "admin-status": "up",
        "oper-status": "up",
        "last-change": "2026-11-01T00:00:00Z",
        "if-index": 1,
        "phys-address": "00:00:5e:00:53:01",
        "speed": "100",
        "statistics": statistics,
    }
    update = {"id": 1011, "datastore-contents": {"ietf-interfaces:interfaces": {"interface": [interface]}}}
    head = {"event-time": _TIME, "hostname": "r", "sequence-number": _NUMBER}
    body = head | {"contents": {"ietf-yang-push:push-update": update}}
    missing = OCTETS - len(orjson.dumps({"ietf-yp-notification:envelope": body}))
    made = orjson.dumps({"ietf-yp-notification:envelope": body | {"hostname": "r" * (1 + missing)}})
    return made.replace(b"%", b"%%").replace(b"%d" % _NUMBER, b"%d")


_TEMPLATE: Final = _template()


def payload(number: int) -> bytes:
    """Returns the message of a number; all have one length."""
    return _TEMPLATE % (_NUMBER + number)


def exporter_of(number: int) -> str:
    """Returns the address of an exporter."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Traffic:
    """Numbered messages of some exporters, in turn.

    Args:
        exporters: How many.
        partitions: Of the raw topic.
        start_us: Arrival of the first message.
    """

    def __init__(self, exporters: int, partitions: int, start_us: int) -> None:
        self.partitions = partitions
        self.now_us = start_us
        self._names = [exporter_of(number) for number in range(exporters)]
        self._made = 0
        self._beat_us = start_us

    def next(self, count: int, step_us: float) -> Iterator[tuple[int, Message]]:
        """Yields the next messages, each with its partition; ``step_us`` apart in arrival."""
        first_us = self.now_us
        exporters = len(self._names)
        for at in range(count):
            number, exporter = divmod(self._made, exporters)
            self._made += 1
            self.now_us = first_us + int(at * step_us)
            yield (
                exporter % self.partitions,
                Message(
                    self._names[exporter], 50000, 1, number, self.now_us, _JSON, payload(number), "10.255.255.1", 10003
                ),
            )
        self.now_us = first_us + int(count * step_us)

    def beats(self) -> list[tuple[int, RawRecord]]:
        """Returns a heartbeat for every partition when a second of arrival time has passed, else nothing."""
        if self.now_us - self._beat_us < 1_000_000:
            return []
        self._beat_us = self.now_us
        beat = of_heartbeat(Heartbeat(0, "collector", self.now_us, {}), self.partitions)
        return [(partition, beat) for partition in range(self.partitions)]


class Filler:
    """Writes traffic into a raw topic, as a backlog or at a rate."""

    def __init__(self, properties: dict[str, str], topic: str, traffic: Traffic) -> None:
        self._topic = topic
        self._traffic = traffic
        self._producer = Producer({
            **properties, "enable.idempotence": True, "linger.ms": 5, "queue.buffering.max.messages": 200_000,
            "compression.type": "lz4", "delivery.report.only.error": True, "log_level": 0,
        })  # fmt: skip
        self.arrivals: list[list[int]] = [[] for _ in range(traffic.partitions)]
        """Arrival of each record, by partition and offset; heartbeats among them."""
        self._ended = threading.Event()
        self.messages = 0
        """How many were written."""

    def backlog(self, count: int, rate: float) -> None:
        """Writes messages that arrived at ``rate`` a second, as fast as it can."""
        for first in range(0, count, 1000):
            self._write(min(1000, count - first), 1e6 / rate)
        self.flush()

    def live(self, rate: float, seconds: float) -> None:
        """Writes messages as they arrive, for a time; in lots of 5 ms."""
        begun, sent = time.time(), 0
        while (passed := time.time() - begun) < seconds and not self._ended.is_set():
            due = int(passed * rate) - sent
            if due:
                self._traffic.now_us = int(time.time() * 1e6)
                self._write(due, 0.0)
                sent += due
            time.sleep(0.005)
        self.flush()

    def end(self) -> None:
        """Ends ``live`` in another thread."""
        self._ended.set()

    def flush(self) -> None:
        """Waits until everything is written."""
        if self._producer.flush(120):
            raise RuntimeError("the broker did not take the traffic")

    def _write(self, count: int, step_us: float) -> None:
        self.messages += count
        for partition, message in self._traffic.next(count, step_us):
            self._give(partition, of_message(message), message.arrival_us)
        for partition, record in self._traffic.beats():
            self._give(partition, record, self._traffic.now_us)

    def _give(self, partition: int, record: RawRecord, arrival_us: int) -> None:
        while True:
            try:
                self._producer.produce(
                    self._topic, record.value, record.key, partition,
                    headers=record.headers, timestamp=record.timestamp_ms,
                )  # fmt: skip
            except BufferError:
                self._producer.poll(0.05)
            else:
                break
        self.arrivals[partition].append(arrival_us)
        self._producer.poll(0)
