"""The loops of the receiving processes, in this process: what they do until they are told to end, or can do no more."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.certificates import Authority
from tests.pipeline.kafka_double import Double
from tests.waiting import PATIENCE_S, until
from tests.wire import message_datagram
from yangbeam.core.elements import Message, Refused
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.raw_record import Beat, read_record
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io import udp_sockets
from yangbeam.io.https import https_notif
from yangbeam.io.kafka.raw_producer import KafkaFatalError
from yangbeam.pipeline.receive import https, udp, worker
from yangbeam.pipeline.receive.https import HttpsWorker
from yangbeam.pipeline.receive.order import ENCODER, FATAL, REPORT, KafkaOrder, SpoolOrder, WorkerOrder
from yangbeam.pipeline.receive.udp import UdpWorker

Made = list[Double]


class Parent:
    """What a worker has of its parent: a standard input that ends, and a pipe for its reports."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.ours, self.theirs = os.pipe()
        self.reports, out = os.pipe()
        self._input = os.fdopen(self.theirs, "wb", buffering=0)  # an object: a number closed twice is somebody else's
        for module in (worker, udp, https):
            monkeypatch.setattr(module, "STDIN", self.ours)
        monkeypatch.setattr(worker, "STDOUT", out)
        os.set_blocking(out, False)
        self.folder = folder
        self.log: list[tuple[Any, ...]] = []
        self.producers: Made = []
        self.acknowledges = True
        monkeypatch.setattr(worker, "RawProducer", self.connect)

    def connect(self, *_: Any, reports: bool, **__: Any) -> Double:
        double = Double(self.log, capacity=1000, reports=reports)
        if self.acknowledges:
            double.poll = lambda _wait_s: double.acknowledge() or 0  # type: ignore[method-assign,func-returns-value]
        self.producers.append(double)
        return double

    def order(self, sockets: list[int], counters: dict[str, int] | None = None, **settings: Any) -> WorkerOrder:
        kafka = KafkaOrder("raw", {}, 1 << 20, 1 << 20, 10.0, 1.0)
        spool = SpoolOrder(str(self.folder / "spool"), 1 << 20)
        return WorkerOrder("c/0", sockets, kafka, spool, counters or {}, **settings)

    def end(self) -> None:
        self._input.close()

    def report(self) -> dict[str, int]:
        return REPORT.decode(os.read(self.reports, 1 << 20).splitlines()[-1]).counters

    @property
    def read(self) -> list[Message | Refused | Beat]:
        return [read_record(headers, value, partition, 0) for partition, _, value, _, headers in self.log]

    def messages(self) -> list[bytes]:
        return [each.payload for each in self.read if isinstance(each, Message)]


@pytest.fixture
def parent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Parent]:
    made = Parent(monkeypatch, tmp_path)
    yield made
    made.end()


def udp_worker(parent: Parent, **counters: int) -> tuple[UdpWorker, tuple[str, int]]:
    settings = UdpSettings(shards=2, heartbeat_ms=20)
    bound = udp_sockets.bind(settings)
    order = parent.order([bound.sockets[0][0].detach()], counters, udp=settings)
    return UdpWorker(order, settings), bound.addresses[0]


def send(address: tuple[str, int], *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, address)


def test_the_udp_loop_writes_what_comes_and_ends_with_its_input(parent: Parent) -> None:
    worker, address = udp_worker(parent, messages=40)
    thread = threading.Thread(target=worker.run)
    thread.start()
    send(address, message_datagram(1, b"[1]"), b"?", message_datagram(2, b"[2]"))
    until(lambda: len(parent.messages()) == 2)
    parent.end()
    thread.join(PATIENCE_S)
    assert parent.messages() == [b"[1]", b"[2]"]
    assert [each.original for each in parent.read if isinstance(each, Refused)] == [b"?"]
    beats = [each for each in parent.read if isinstance(each, Beat)]
    assert beats[-1].heartbeat.counters["messages"] == 42  # goes on where the process before it stopped
    assert parent.report()["acknowledged"] == len(parent.log)


def test_the_udp_loop_ends_at_a_fatal_error_with_everything_on_disk(parent: Parent) -> None:
    parent.acknowledges = False
    worker, address = udp_worker(parent)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            worker.run()
        except KafkaFatalError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    send(address, message_datagram(1, b"[1]"))
    until(lambda: any(sent.value() == b"[1]" for sent, _, _ in parent.producers[0].queue))
    parent.producers[0].fatal = True
    thread.join(PATIENCE_S)
    assert len(raised) == 1
    assert b"[1]" in b"".join(each.read_bytes() for each in (parent.folder / "spool").rglob("*.spool"))


@pytest.mark.parametrize(("module", "kind"), [(udp, "udp"), (https, "https")])
def test_a_process_says_why_it_ends_and_exits_so_that_its_parent_knows(
    parent: Parent, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: Any, kind: str
) -> None:
    (parent.folder / "spool").write_text("in the way")
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(worker, "GC_THRESHOLD", (700, 10, 10))
    settings = {"udp": UdpSettings(), "https": HttpsSettings()}[kind]
    os.write(parent.theirs, ENCODER.encode(parent.order([], **{kind: settings})) + b"\n")
    assert module.main() == FATAL
    last = REPORT.decode(os.read(parent.reports, 1 << 20).splitlines()[-1]).ended
    assert last is not None
    assert "choose another spool folder" in last[1]
    assert last[2] == "environment"
    assert capsys.readouterr().err == ""


def test_a_defect_of_a_process_is_one_line_and_its_traceback_only_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise TypeError("a is no\x1b[2J b")

    assert worker.ended_by("c/0", work) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert " ERROR c/0: TypeError: a is no\\x1b[2J b, raised in receive/worker.py line" in said
    monkeypatch.setenv("YANGBEAM_DEBUG", "1")
    worker.ended_by("c/0", work)
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_process_whose_parent_is_gone_before_its_order_came_just_ends(parent: Parent) -> None:
    os.write(parent.theirs, b'{"name":')
    parent.end()
    with pytest.raises(SystemExit) as ended:
        worker.read_order()
    assert ended.value.code == 0


class Https:
    """An HTTPS worker on a loop in a thread."""

    def __init__(self, parent: Parent, folder: Path, hand_over_s: float = PATIENCE_S) -> None:
        authority = Authority(folder)
        certificate, key = authority.issue("receiver", address="127.0.0.1")
        settings = HttpsSettings(
            certificate_file=str(certificate), key_file=str(key), shards=2, heartbeat_ms=20, hand_over_s=hand_over_s
        )
        bound = https_notif.bind(settings)
        port = bound.getsockname()[1]
        self.raised: list[BaseException] = []
        order = parent.order([bound.detach()], https=settings)
        self.thread = threading.Thread(target=self._run, args=(order, settings))
        self.thread.start()
        verify = https_context(authority)
        self.client = httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=verify, timeout=PATIENCE_S)

    def _run(self, order: WorkerOrder, settings: HttpsSettings) -> None:
        async def work() -> None:
            await HttpsWorker(order, settings).run()

        try:
            asyncio.run(work())
        except KafkaFatalError as error:
            self.raised.append(error)

    def post(self, content: bytes) -> int:
        headers = {"content-type": "application/json"}
        return self.client.post("/relay-notification", content=content, headers=headers).status_code

    def end(self) -> None:
        self.client.close()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


def https_context(authority: Authority) -> Any:
    import ssl

    return ssl.create_default_context(cafile=str(authority.certificate))


def test_the_https_loop_answers_what_is_acknowledged_and_ends_with_its_input(parent: Parent, tmp_path: Path) -> None:
    https = Https(parent, tmp_path)
    assert https.post(b'{"a:b":{}}') == 204
    assert parent.messages() == [b'{"a:b":{}}']
    assert https.post(b"[") == 400
    parent.end()
    https.end()
    assert [each.original for each in parent.read if isinstance(each, Refused)] == [b"["]
    assert any(isinstance(each, Beat) for each in parent.read)
    assert https.raised == []


def test_a_publisher_is_asked_to_come_again_while_nothing_is_acknowledged(parent: Parent, tmp_path: Path) -> None:
    parent.acknowledges = False
    https = Https(parent, tmp_path, hand_over_s=0.5)
    assert https.post(b'{"a:b":{}}') == 503
    parent.producers[0].acknowledge()  # its report comes when nobody waits any more
    parent.end()
    https.end()
    assert parent.messages() == [b'{"a:b":{}}']


def test_the_https_loop_ends_at_a_fatal_error(parent: Parent, tmp_path: Path) -> None:
    https = Https(parent, tmp_path)
    assert https.post(b'{"a:b":{}}') == 204
    parent.producers[0].fatal = True
    https.end()
    assert len(https.raised) == 1
