"""Each reader and receiver loses or repeats something on purpose, and the front of the ledger names the edge."""

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.builders import ARRIVAL_US, message, payload
from tests.certificates import Authority
from tests.io import sabotaged_receiver
from tests.io.kafka.clusters import bootstrap, fill, new_topic
from tests.pipeline.test_https_reader import JSON, ONE
from tests.pipeline.test_receive_workers import Parent
from tests.runners.test_collect_run import Site
from tests.runners.test_ingest_run import Chain, Collected
from tests.waiting import PATIENCE_S
from tests.wire import message_datagram
from yangbeam.core.collector import Collector
from yangbeam.core.edges import READER, RECEIVER, SOCKET, TOPIC, Open, open_readers, open_receivers, open_sockets
from yangbeam.core.elements import Heartbeat, LedgerDelta, MessageBatch
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.ingest.merge import Merge
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message
from yangbeam.core.reader import END
from yangbeam.core.stage import outputs
from yangbeam.core.stages.decode import Decode
from yangbeam.core.totals import Totals, by_exporter, collected, latest, sums
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io import udp_sockets
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.io.kafka.raw_reader import RawTopicReader
from yangbeam.io.kafka.raw_topic import RawTopic, TopicSettings
from yangbeam.io.udp_sockets import UdpReader
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.https_reader import HttpsReader
from yangbeam.pipeline.launching import Job
from yangbeam.pipeline.receive.udp import UdpWorker
from yangbeam.pipeline.receive.worker import Delivery
from yangbeam.pipeline.view.balance import open_of, shape_of
from yangbeam.pipeline.view.status import STATUS
from yangbeam.runners.jobs import run_job

SENT = 20


def front(reader: Any, batches: Iterable[MessageBatch], *, again: bool = False) -> dict[str, int]:
    """What is missing before the first stage, by edge, as the ledger has it of these batches and this reader."""
    decode, totals, told = Decode(), Totals(), []
    for batch in batches:
        made = outputs(batch, decode.step(batch))
        told += [totals.add(delta) for _, delta in made if isinstance(delta, LedgerDelta)]
    latest_totals = latest(*told)
    rereads = reader.again() if hasattr(reader, "again") else 0
    found = [
        *open_sockets(collected(*told)),
        *open_receivers(by_exporter(latest_totals), again=again),
        *open_readers(reader.received(), sums(latest_totals), rereads),
    ]
    return named(found)


def named(found: Iterable[Open]) -> dict[str, int]:
    return {one.edge: one.missing for one in found}


def drained(reader: Any) -> list[MessageBatch]:
    found: list[MessageBatch] = []
    while (polled := reader.poll(1 << 20, 0.05)) is not END:
        if isinstance(polled, MessageBatch):
            found.append(polled)
    return found


def fewer(batch: MessageBatch) -> MessageBatch:
    """A batch without its last message."""
    kept = batch.messages[:-1]
    controls = [msgspec.structs.replace(each, at=min(each.at, len(kept))) for each in batch.controls]
    return msgspec.structs.replace(batch, messages=kept, controls=controls)


def once(patch: pytest.MonkeyPatch, owner: Any, name: str, spoil: Callable[[Any], Any]) -> None:
    """Spoils what a method returns, the first time that ``spoil`` makes something of it."""
    original, spoilt = getattr(owner, name), []

    def wrapped(*given: Any, **named: Any) -> Any:
        made = original(*given, **named)
        other = None if spoilt else spoil(made)
        if other is None:
            return made
        spoilt.append(1)
        return other

    patch.setattr(owner, name, wrapped)


# UDP-notif, `run`.


def from_sockets(lose: str | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    if lose is not None:
        start = subprocess.Popen

        def sabotaged(command: list[str], **more: Any) -> Any:
            script = str(Path(sabotaged_receiver.__file__))
            return start([sys.executable, script, lose, command[-1]], **more)

        monkeypatch.setattr(udp_sockets.subprocess, "Popen", sabotaged)
    reader = UdpReader(UdpSettings(heartbeat_ms=50))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(SENT):
                sender.sendto(message_datagram(number, payload(number)), reader.addresses[0])
        reader.stop()  # what the sockets hold is still read
        return front(reader, drained(reader))
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("lose", "missing"),
    [(None, {}), ("datagram", {SOCKET: 1}), ("take", {RECEIVER: 1})],
    ids=["nothing", "between socket and collector", "between collector and pipe"],
)
def test_what_a_receiver_of_datagrams_loses_is_missed(
    lose: str | None, missing: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert from_sockets(lose, monkeypatch) == missing


def test_what_is_lost_behind_the_pipe_of_a_receiver_is_missed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    once(monkeypatch, udp_sockets._Receiver, "next", lambda batch: fewer(batch) if batch and batch.messages else None)
    assert from_sockets(None, monkeypatch) == {RECEIVER: 1, READER: 1}


def test_a_run_whose_receiver_loses_a_message_does_not_balance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once(monkeypatch, udp_sockets._Receiver, "next", lambda batch: fewer(batch) if batch and batch.messages else None)
    (tmp_path / "run.toml").write_text(f'out = "{tmp_path}/out"\n[[sources]]\nkind = "udp-notif"\nport = 0\n')
    config = load(tmp_path / "run.toml")

    def send_and_end(readers: list[Any], handoff: Any) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(SENT):
                sender.sendto(message_datagram(number, payload(number)), readers[0].addresses[0])
        handoff.stop()

    run_job(Job(config), live=True, began=send_and_end)
    assert named(open_of(STATUS.snapshot(), shape_of(config, "run"))) == {RECEIVER: 1, READER: 1}


# HTTPS-notif, `run`.


def from_publishers(folder: Path) -> dict[str, int]:
    authority = Authority(folder)
    certificate, key = authority.issue("receiver", address="127.0.0.1")
    reader = HttpsReader(HttpsSettings(certificate_file=str(certificate), key_file=str(key), heartbeat_ms=50))
    batches: list[MessageBatch] = []
    polling = threading.Thread(target=lambda: batches.extend(drained(reader)))
    polling.start()
    try:
        url = f"https://127.0.0.1:{reader.addresses[0][1]}/relay-notification"
        trust = ssl.create_default_context(cafile=str(authority.certificate))
        for _ in range(3):
            assert httpx.post(url, content=ONE, headers=JSON, verify=trust, timeout=PATIENCE_S).status_code == 204
        reader.stop()
        polling.join(PATIENCE_S)
        return front(reader, batches)
    finally:
        reader.close()


def test_a_receiver_of_requests_that_loses_nothing_has_no_open_edge(tmp_path: Path) -> None:
    assert from_publishers(tmp_path) == {}


def test_a_notification_that_is_answered_and_never_given_to_the_collector_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[int] = []
    original = Collector.message

    def message(self: Collector, one: Any) -> None:
        if lost:
            original(self, one)
        lost.append(1)

    monkeypatch.setattr(Collector, "message", message)
    assert from_publishers(tmp_path) == {SOCKET: 1}


def test_a_notification_that_is_lost_behind_the_collector_of_requests_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, Collector, "take", lambda batch: fewer(batch) if batch and batch.messages else None)
    assert from_publishers(tmp_path) == {RECEIVER: 1, READER: 1}


# `receive`: its heartbeats stand in the raw topic beside what it wrote.


@pytest.fixture
def parent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Parent]:
    made = Parent(monkeypatch, tmp_path)
    yield made
    made.end()


def received(parent: Parent, *, counters: bool = False) -> dict[str, int]:
    """Lets the loop of `receive` write datagrams; returns what a reader of its topic misses."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    bound.setblocking(False)
    address = bound.getsockname()
    settings = UdpSettings(heartbeat_ms=50)
    work = UdpWorker(parent.order([bound.detach()], udp=settings), settings)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(SENT):
            sender.sendto(message_datagram(number, payload(number)), address)
    parent.end()
    work.run()
    if counters:
        return named(open_sockets({"c/0": parent.report()}))
    topic = new_topic()
    records = [(0, RawRecord(key or b"", value, headers, at)) for _, key, value, at, headers in parent.log]
    fill(topic, records)
    with reading(topic) as reader:
        return front(reader, drained(reader), again=True)


@contextmanager
def reading(topic: str) -> Iterator[RawTopicReader]:
    settings = TopicSettings(topic, (("bootstrap.servers", bootstrap()), ("log_level", "0")), end="latest")
    reader = RawTopicReader(settings)
    try:
        yield reader
    finally:
        reader.close()


def test_what_receive_writes_as_it_came_has_no_open_edge(parent: Parent) -> None:
    assert received(parent) == {}


def test_a_message_that_receive_loses_before_its_producer_is_missed_by_collect(
    parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, put = Delivery._put, []

    def spoilt(self: Delivery, batch: MessageBatch, done: Any) -> None:
        original(self, fewer(batch) if batch.messages and not put else batch, done)
        put.extend(batch.messages)

    monkeypatch.setattr(Delivery, "_put", spoilt)
    assert received(parent) == {RECEIVER: 1}


def test_a_datagram_that_receive_loses_before_its_collector_is_missed_in_its_own_counters(
    parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[int] = []
    original = Collector.datagram

    def datagram(self: Collector, *came: Any) -> None:
        if lost:
            original(self, *came)
        lost.append(1)

    monkeypatch.setattr(Collector, "datagram", datagram)
    assert received(parent, counters=True) == {SOCKET: 1}


# The raw topic, `collect`.


def raw_topic() -> str:
    """A topic of what one collector wrote: a heartbeat, messages, a heartbeat that says how many."""
    topic, records = new_topic(), []
    for number in range(SENT):
        at = ARRIVAL_US + number * 1_000_000
        records.append(of_message(message(payload(number), message_id=number, arrival_us=at, collector_id="c")))
    first, last = (
        of_heartbeat(Heartbeat(0, "c", ARRIVAL_US + at, {"datagrams": given}, given), 4)
        for at, given in ((-1, 0), (SENT * 1_000_000, SENT))
    )
    fill(topic, [(1, each) for each in (first, *records, last)])
    return topic


TAKE = {
    "skipped": (lambda records: records[:5] + records[6:] if len(records) > 6 else None, {RECEIVER: 1}),
    "read twice": (lambda records: records[:6] + records[5:] if len(records) > 6 else None, {TOPIC: -1}),
}
"""What librdkafka might do, and what is missing then."""


@pytest.mark.parametrize(("spoil", "missing"), TAKE.values(), ids=TAKE)
def test_a_record_that_the_consumer_skips_or_repeats_is_told(
    spoil: Any, missing: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, TopicConsumer, "_fetched", spoil)
    with reading(raw_topic()) as reader:
        assert front(reader, drained(reader), again=True) == missing


CUT = {
    "dropped": (lambda batches: [fewer(batches[0]), *batches[1:]] if batches else None, {RECEIVER: 1, READER: 1}),
    "given twice": (lambda batches: [batches[0], *batches] if batches else None, {READER: -SENT}),
}
"""What a reader might do with records that it has."""


@pytest.mark.parametrize(("spoil", "missing"), CUT.values(), ids=CUT)
def test_a_message_that_the_reader_of_the_raw_topic_drops_or_repeats_is_told(
    spoil: Any, missing: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, RawTopic, "_cut", spoil)
    with reading(raw_topic()) as reader:
        assert front(reader, drained(reader), again=True) == missing


def test_a_topic_that_was_written_twice_is_no_fault_of_its_reader() -> None:
    topic = raw_topic()
    one = of_message(message(payload(0), message_id=0, arrival_us=ARRIVAL_US, collector_id="c"))
    last = of_heartbeat(Heartbeat(0, "c", ARRIVAL_US + 10**9, {}, SENT), 4)
    fill(topic, [(1, one), (1, last)])
    with reading(topic) as reader:
        assert front(reader, drained(reader), again=True) == {}


def test_a_collect_that_skips_a_record_and_reads_one_twice_does_not_balance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path)
    site.file.write_text(site.file.read_text().replace(site.raw, raw_topic()))
    once(monkeypatch, TopicConsumer, "_fetched", lambda got: got[:2] + got[3:6] + got[5:] if len(got) > 6 else None)
    code, report = site.collect()
    assert (code, report["balanced"]) == (1, False)
    assert {each["edge"] for each in report["open_edges"]} == {TOPIC}


# The telemetry topic, `ingest`.


INGEST: dict[str, tuple[Any, str, Callable[[Any], Any], dict[str, int]]] = {
    "nothing": (TopicConsumer, "backlog", lambda _: None, {}),
    "read twice": (TopicConsumer, "_fetched", lambda got: got[:6] + got[5:] if len(got) > 6 else None, {TOPIC: -1}),
    "skipped": (TopicConsumer, "_fetched", lambda got: got[:3] + got[4:] if len(got) > 6 else None, {TOPIC: 1}),
    "dropped after reading": (
        Merge,
        "next",
        lambda run: run[:3] + run[4:] if len(run) > 4 else None,
        {TOPIC: 1, READER: 1},
    ),
    "given twice": (Merge, "next", lambda run: [*run[:3], *run[2:]] if len(run) > 4 else None, {READER: -1}),
}


@pytest.fixture(scope="module")
def collect_ran(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    first = Chain(tmp_path_factory.mktemp("collected"))
    first.file.write_text(first.file.read_text().replace(first.raw, raw_topic()))
    return Collected(first)


@pytest.fixture
def chain(collect_ran: Collected, tmp_path: Path) -> Chain:
    return collect_ran.at(tmp_path)


@pytest.mark.parametrize(("owner", "name", "spoil", "missing"), INGEST.values(), ids=INGEST)
def test_a_record_that_ingest_drops_or_repeats_is_told(
    owner: Any, name: str, spoil: Any, missing: dict[str, int], chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, owner, name, spoil)
    code, report = chain.ingest()
    assert {each["edge"]: each["in"] - each["out"] for each in report["open_edges"]} == missing, report
    assert (code, report["balanced"]) == (1 if missing else 0, not missing)
