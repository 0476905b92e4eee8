"""Brokers that are away: noticed, said, waited for as long as an end may wait, and seen when they are back."""

import logging
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError

from tests.io.kafka.clusters import bootstrap, fill, new_topic
from tests.pipeline.test_long_outage import Door
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import TelemetryBatch, TelemetryRecord
from yangbeam.core.outside import Kind, Outside, State
from yangbeam.core.raw_record import RawRecord
from yangbeam.io.kafka import consumer, write_kafka
from yangbeam.io.kafka.consumer import KafkaAwayError, TopicConsumer
from yangbeam.io.kafka.raw_producer import RawProducer
from yangbeam.io.kafka.watching import LOG, Watch
from yangbeam.io.kafka.write_kafka import KafkaUnavailableError, Record, WriteKafka
from yangbeam.transforms.outsides import OUTSIDES

BATCH = TelemetryBatch(records=[TelemetryRecord(1, b"key", b"value", "192.0.2.1", 0, 6666, 1, 1)])


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    OUTSIDES.clear()
    yield
    OUTSIDES.clear()


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.close()


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline


def known(address: str) -> Outside | None:
    return next((one for one in OUTSIDES.all() if (one.kind, one.address) == (Kind.KAFKA, address)), None)


def is_away(address: str) -> bool:
    found = known(address)
    return found is not None and found.is_away


def records(batch: Any) -> list[Record]:
    return [Record(record.key, record.value, []) for record in batch.records]


def test_a_sink_whose_broker_is_away_says_so_and_the_end_waits_no_longer_than_it_may(door: Door) -> None:
    write = WriteKafka("t", {"bootstrap.servers": door.address, "reconnect.backoff.max.ms": "100"}, records, "kafka")
    list(write._produce.process(BATCH))
    OUTSIDES.end_within(0.5)
    began = time.monotonic()
    with pytest.raises(KafkaUnavailableError, match=f"kafka {door.address} had not acknowledged 1 records"):
        list(write._produce.finish_bundle())
    assert time.monotonic() - began < write_kafka.QUIET_S + PATIENCE_S / 2  # not message.timeout.ms
    found = known(door.address)
    assert found is not None
    assert found.is_away
    write._produce.start_bundle()  # as the runner tries again: what waited is taken back, and this ends at once
    list(write._produce.process(BATCH))
    with pytest.raises(KafkaUnavailableError):
        list(write._produce.finish_bundle())


def test_a_sink_notices_that_its_broker_is_back(door: Door) -> None:
    topic, cluster = new_topic(), bootstrap()
    write = WriteKafka(topic, {"bootstrap.servers": door.address, "reconnect.backoff.max.ms": "100"}, records, "kafka")
    list(write._produce.process(BATCH))
    client = write_kafka._client(write._produce._properties)
    until(lambda: client.poll(0.05) is not None and is_away(door.address))
    door.open(cluster)
    list(write._produce.finish_bundle())
    found = known(door.address)
    assert found is not None
    assert (found.state, found.outages) == (State.REACHED, 1)


def test_a_connection_that_stands_and_says_nothing_is_away_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        """A client whose broker never acknowledges."""

        def __len__(self) -> int:
            return 3

    times = iter([0.0, 1.0, 4.9, 5.0])
    monkeypatch.setattr(write_kafka.time, "monotonic", lambda: next(times))
    wait = write_kafka._Wait(Watch({"bootstrap.servers": "h:1"}), Silent())  # type: ignore[arg-type]
    wait.look()
    wait.look()
    assert not is_away("h:1")
    wait.look()
    found = known("h:1")
    assert found is not None
    assert found.why == "nothing acknowledged for 5 s"


def test_brokers_that_another_client_saw_come_back_have_their_time_to_answer_a_sink(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 0.0
    monkeypatch.setattr(write_kafka, "time", SimpleNamespace(monotonic=lambda: now_s))
    watch = Watch({"bootstrap.servers": "h:1"})
    waiting: Any = [b"not acknowledged"]
    wait = write_kafka._Wait(watch, waiting)
    watch.failed("down")
    now_s = 100.0
    wait.look()
    watch.answered()
    now_s = 100.0 + write_kafka.QUIET_S - 1
    wait.look()
    assert not watch.is_away
    now_s = 100.0 + write_kafka.QUIET_S
    wait.look()
    assert watch.is_away


def test_the_reason_is_told_though_it_comes_behind_the_fact() -> None:
    watch = Watch({"bootstrap.servers": "h:1"})
    watch.error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "0/2 brokers are down"))
    found = known("h:1")
    assert found is not None
    assert found.why == "no connection to any broker"
    watch.error(KafkaError(KafkaError._TRANSPORT, "Connect to h:1 failed: Connection refused (after 0ms in state X)"))
    found = known("h:1")
    assert found is not None
    assert (found.why, found.outages) == ("Connect to h:1 failed: Connection refused", 1)


def test_a_reader_notices_that_its_brokers_go_and_come(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "PROBE_S", 0.0)
    topic, cluster = new_topic(), bootstrap()
    fill(topic, [(0, RawRecord(b"k", b"v", [], 1))])
    reader = TopicConsumer(topic, {"bootstrap.servers": door.address, "reconnect.backoff.max.ms": "100"})
    reader.assign({0: 0})
    until(lambda: reader.take(10, 0.1) == [] and is_away(door.address))
    monkeypatch.setattr(consumer, "ANSWER_S", 0.2)
    with pytest.raises(KafkaAwayError):
        reader.commit({0: 1})  # at once, not when a coordinator is found
    monkeypatch.setattr(consumer, "ANSWER_S", 10.0)
    door.open(cluster)
    until(lambda: reader.take(10, 0.1) or not is_away(door.address))
    until(lambda: not is_away(door.address) or reader.take(10, 0.1))
    reader.close()
    found = known(door.address)
    assert found is not None
    assert (found.state, found.outages) == (State.REACHED, 1)


def test_a_producer_of_raw_records_says_why(door: Door) -> None:
    one = RawProducer("raw", {"bootstrap.servers": door.address}, queue_bytes=1 << 20, record_bytes=1 << 20)
    one.put(0, None, b"v", [], 0, lambda *_: None)
    until(lambda: one.poll(0.05) is not None and is_away(door.address))
    one.failed("nothing acknowledged")
    found = known(door.address)
    assert found is not None
    assert "Connection refused" in found.why
    one.answered()
    assert not is_away(door.address)
    one.take_back()


def test_a_broker_that_does_not_let_us_in_is_told_from_one_that_is_away() -> None:
    watch = Watch({"bootstrap.servers": "h:1"})
    watch.error(KafkaError(KafkaError._TRANSPORT))
    assert not watch.is_refused
    watch.error(KafkaError(KafkaError._AUTHENTICATION))
    assert watch.is_refused
    assert not watch.is_away
    watch.error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    assert watch.is_away


def test_clients_say_errors_alone_unless_the_operator_wants_more() -> None:
    assert Watch({}).settings()["log_level"] == "3"
    assert Watch({"log_level": "7"}).settings()["log_level"] == "7"


def test_what_librdkafka_repeats_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(1_489):
            LOG.log(
                logging.ERROR, "%s [%s] %s", "FAIL", f"p-{number}", f"[thrd:x]: only-here: refused (after {number}ms)"
            )
    lines = [record for record in caplog.records if "only-here" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].levelno == logging.WARNING
