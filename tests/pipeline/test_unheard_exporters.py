"""What an exporter costs that was never heard before: what all that keeps something of it holds more, in octets."""

import gc
import tracemalloc
from typing import Any, Final

import pytest

from tests.builders import payload
from yangbeam.core.binding import Binder, Subscriptions
from yangbeam.core.collector import Collector
from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import BoundBatch, LedgerDelta, MediaType, NotificationBatch, place
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.ledger import OTHERS, Tallies
from yangbeam.core.ledger_merging import Merging
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import facts_of
from yangbeam.core.stage import LEDGER, OUT, outputs
from yangbeam.core.stages.decode import Decode
from yangbeam.core.totals import Totals
from yangbeam.core.udp_notif import segments_of
from yangbeam.core.yang.sid_files import NO_SIDS
from yangbeam.io.udp_receiver import Admission
from yangbeam.pipeline.view.status import Status
from yangbeam.transforms.coders import BatchCoder

EACH: Final = 500
"""Exporters between two heartbeats."""
MANY: Final = 20 * EACH
SECOND: Final = 1_000_000
KILOBYTE: Final = 1_024


class OneSchema:
    """The schema of everything."""

    def resolve(self, *_: object) -> int:
        return 7


class Kept:
    """All that a job keeps of exporters, with the elements between encoded and decoded as a runner does."""

    def __init__(self) -> None:
        self.collector = Collector("c/0", admission=Admission())
        self.decode = Decode(NO_SIDS)
        self.binder, self.subscriptions = Binder(OneSchema()), Subscriptions()
        self.detector, self.merging, self.totals, self.status = Detector(), Merging(), Totals(), Status()

    def take(self, clock_us: int) -> None:
        """Hands on what was received."""
        self.collector.heartbeat(clock_us)
        given = _travelled(self.collector.take(0, 1 << 30))
        made = dict(outputs(given, self.decode.step(given)))
        decoded = _travelled(made[OUT])
        self._count(made[LEDGER])
        self._detect(decoded)
        self._refuse(self._bind(decoded))
        self._count(*self.merging.rest())

    def _bind(self, decoded: NotificationBatch) -> BoundBatch:
        tallies = Tallies("bind")
        bound, _ = self.binder.bind(self.subscriptions, decoded, tallies)
        self.subscriptions.changes()
        self._count(tallies.delta(**place(decoded)))
        return bound

    def _refuse(self, bound: BoundBatch) -> None:
        """As the stage validate does with contents that break their schema."""
        tallies = Tallies("validate")
        for one in bound.notifications:
            error = InvalidInstanceError("invalid-contents", "", path="/a:b/c", schema_id=7)
            letter = letter_of_notification("validate", one.notification, error)
            found = one.notification
            where = found.message.exporter, found.publisher_id, found.subscription_id, found.message.arrival_us
            count_dead(letter, tallies, where)
        self._count(tallies.delta(**place(bound)))

    def _detect(self, decoded: NotificationBatch) -> None:
        tallies, facts = Tallies("loss"), _travelled(facts_of(decoded))
        self.detector.observe(facts.facts, facts.controls, tallies, facts.source)
        self.detector.changes()
        self._count(tallies.delta(**place(decoded)))

    def _count(self, *deltas: LedgerDelta) -> None:
        for delta in deltas:
            merged = self.merging.add(_travelled(delta))
            if merged is not None:
                self.status.record_totals(_travelled(self.totals.add(merged)))
        self.totals.changes()


def _travelled(batch: Any) -> Any:
    coder = BatchCoder(type(batch))
    return coder.decode(coder.encode(batch))


def address(number: int) -> str:
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def send(kept: Kept, first: int, count: int, octets: bytes) -> None:
    for number in range(first, first + count):
        now_us = 1_795_168_810_000_000 + number // EACH * SECOND
        kept.collector.datagram(octets, address(number), 50_000 + number % 999, "192.0.2.1", 10003, now_us)
        if number % EACH == EACH - 1:
            kept.take(now_us + SECOND)


def message(body: bytes) -> bytes:
    (datagram,) = segments_of(body, media_type=MediaType.JSON, publisher_id=1, message_id=70_000)
    return datagram


@pytest.mark.parametrize(
    ("octets", "most"),
    [
        (b"\xff" * 40, KILOBYTE),
        (message(b'{"a:b":'), KILOBYTE),
        (message(payload()), 3 * KILOBYTE),
    ],
    ids=["no UDP-notif", "no notification", "a notification that its schema refuses"],
)
def test_an_exporter_that_sends_nothing_valid_costs_little_in_all_stages_together(octets: bytes, most: int) -> None:
    kept = Kept()
    send(kept, 0, EACH, octets)
    tracemalloc.start()
    try:
        send(kept, EACH, MANY, octets)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] / MANY <= most
    finally:
        tracemalloc.stop()


def test_exporters_that_are_not_let_in_are_one_line_of_the_ledger() -> None:
    kept = Kept()
    begin_us = 1_795_168_810_000_000
    while kept.collector._admission is not None and kept.collector._admission.admits(begin_us):
        pass
    send(kept, 0, EACH, message(payload()))
    send(kept, EACH, EACH, message(payload()))
    found = kept.status.snapshot()
    assert found.exporters[OTHERS] == {
        **dict.fromkeys(("received", "refused:too-many-new-exporters", "dead:too-many-new-exporters"), EACH),
        "died:receive": EACH,
    }
    assert set(found.exporters) == {OTHERS, "", *map(address, range(EACH, 2 * EACH))}, "of the next second all"
    assert found.counts["received"] == 2 * EACH
