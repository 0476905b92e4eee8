"""Notifications over real TLS on loopback: what is taken, what is refused and how, and what is said about it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.certificates import Authority
from tests.waiting import PATIENCE_S, until
from yangbeam.core.elements import EndOfInput, Heartbeat, MediaType, MessageBatch, Refused
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.https_notif import publisher_id_of
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.reader import END, Stoppable
from yangbeam.core.udp_receiving import Listen
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.edges import readers_of
from yangbeam.pipeline.https_reader import REFUSED_OCTETS, HttpsReader, HttpsServerDiedError

JSON = {"content-type": "application/json"}
ONE = b'{"ietf-https-notif:notification":{"eventTime":"2026-11-20T10:00:00Z","example-mod:event":{"n":1}}}'


class Site:
    """A reader, an authority, and a publisher with a certificate."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.authority = Authority(folder)
        certificate, key = self.authority.issue("receiver", address="127.0.0.1")
        if settings.pop("mutual", False):
            settings["client_ca_file"] = str(self.authority.certificate)
        self.reader = HttpsReader(
            HttpsSettings(certificate_file=str(certificate), key_file=str(key), **{"heartbeat_ms": 50, **settings})
        )
        self.port = self.reader.addresses[0][1]
        self.batches: list[MessageBatch] = []
        self._polling = threading.Event()
        self._polling.set()
        self._parked = threading.Event()
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()

    def _poll(self) -> None:
        while (polled := self.reader.poll(1 << 20, 0.02)) is not END:
            if isinstance(polled, MessageBatch):
                self.batches.append(polled)
            if not self._polling.is_set():
                self._parked.set()
                self._polling.wait()

    def pause(self) -> None:
        self._parked.clear()
        self._polling.clear()
        assert self._parked.wait(PATIENCE_S)

    def resume(self) -> None:
        self._polling.set()

    def context(self, certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        if certificate is not None:
            context.load_cert_chain(*certificate)
        return context

    def client(self, certificate: tuple[Path, Path] | None = None, **options: Any) -> httpx.Client:
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}", verify=self.context(certificate), timeout=PATIENCE_S, **options
        )

    def end(self) -> list[MessageBatch]:
        self.resume()
        self.reader.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self.reader.close()
        return self.batches

    @property
    def counters(self) -> dict[str, int]:
        return self.reader.counters

    @property
    def refused(self) -> list[Refused]:
        return [control for batch in self.batches for control in batch.controls if isinstance(control, Refused)]

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for batch in self.batches for message in batch.messages]


Open = Callable[..., Any]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Open]:
    sites: list[Site] = []

    @contextmanager
    def opened(**settings: Any) -> Iterator[Site]:
        sites.append(Site(tmp_path, **settings))
        yield sites[-1]
        sites[-1].end()

    yield opened
    for each in sites:
        each.end()


def test_a_notification_is_taken_with_where_it_came_from(site: Open) -> None:
    began = time.time_ns() // 1000
    with site(path="/yang") as one, one.client() as client:
        assert isinstance(one.reader, Stoppable)
        answer = client.post("/yang/relay-notification", content=ONE, headers=JSON)
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.post("/yang/relay-notifications", content=b"<a/>", headers={"content-type": "text/xml"})
    messages = [message for batch in one.batches for message in batch.messages]
    assert [message.media_type for message in messages] == [MediaType.JSON, MediaType.XML]
    first = messages[0]
    assert (first.exporter, first.payload, first.transport) == ("127.0.0.1", ONE, "https-notif")
    assert (first.collector, first.collector_port) == ("127.0.0.1", one.port)
    assert (first.publisher_id, first.message_id) == (0, 0)
    assert began <= first.arrival_us <= time.time_ns() // 1000
    assert one.reader.position() == 2


def test_the_capabilities_are_told_as_they_are_asked_for(site: Open) -> None:
    with site() as one, one.client() as client:
        json = client.get("/capabilities")
        xml = client.get("/capabilities", headers={"accept": "application/xml, application/json;q=0.5"})
        none = client.get("/capabilities", headers={"accept": "text/html"})
    assert (json.status_code, json.headers["content-type"]) == (200, "application/json")
    assert "receiver-capability" in json.json()["receiver-capabilities"]
    assert (xml.headers["content-type"], xml.content[:23]) == ("application/xml", b"<receiver-capabilities>")
    assert none.status_code == 406


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/", 404), ("GET", "/relay-notification", 405)])
def test_there_is_nothing_else(site: Open, method: str, path: str, status: int) -> None:
    with site() as one, one.client() as client:
        assert client.request(method, path).status_code == status


def test_several_notifications_of_one_request_are_several_messages(site: Open) -> None:
    with site() as one, one.client() as client:
        assert client.post("/relay-notification", content=b'[{"a:b":{}}, {"c:d":{}}]', headers=JSON).status_code == 204
    assert one.payloads == [b'{"a:b":{}}', b'{"c:d":{}}']


def test_what_is_no_notification_is_refused_with_its_octets(site: Open) -> None:
    with site() as one, one.client() as client:
        assert client.post("/relay-notification", content=b"\xff{garbage", headers=JSON).status_code == 400
        answer = client.post("/relay-notification", content=b"a=b", headers={"content-type": "text/plain"})
        assert answer.status_code == 415
        assert "application/json" in answer.text
    assert [(each.reason, each.original) for each in one.refused] == [
        ("malformed", b"\xff{garbage"),
        ("unsupported_media_type", b"a=b"),
    ]
    assert one.refused[0].exporter == "127.0.0.1"
    assert (one.counters["malformed"], one.counters["requests"], one.counters["messages"]) == (1, 2, 0)


def test_a_publisher_must_show_a_certificate_that_is_signed_and_current(site: Open, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with site(mutual=True, identify=True) as one:
        good = one.authority.issue("pe1.example")
        for wrong in (None, Authority(other, "stranger").issue("pe1"), one.authority.issue("late", expired=True)):
            with pytest.raises(httpx.TransportError), one.client(wrong) as client:
                client.post("/relay-notification", content=ONE, headers=JSON)
        with one.client(good) as client:
            assert client.post("/relay-notification", content=ONE, headers=JSON).status_code == 204
    (message,) = [message for batch in one.batches for message in batch.messages]
    assert message.publisher_id == publisher_id_of("pe1.example")


def test_on_who_is_in_no_prefix_the_receiver_hangs_up_before_any_handshake(site: Open) -> None:
    with site(allow=("192.0.2.0/24",)) as one, one.client() as client:
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                client.get("/capabilities")
    assert one.counters["not_allowed"] == 2
    assert one.payloads == []


def chunks(count: int, size: int) -> Iterator[bytes]:
    for _ in range(count):
        yield bytes(size)


def test_a_body_above_the_limit_is_answered_413_declared_or_not(site: Open) -> None:
    with site(max_body_bytes=1000) as one, one.client() as client:
        assert client.post("/relay-notification", content=bytes(1001), headers=JSON).status_code == 413
        with one.client() as another:
            assert another.post("/relay-notification", content=chunks(3, 400), headers=JSON).status_code == 413
        assert client.post("/relay-notification", content=ONE, headers=JSON).status_code == 204
    assert one.counters["body_too_large"] == 2


def test_a_body_that_does_not_come_is_answered_408(site: Open) -> None:
    with site(timeout_s=2.0) as one:
        plain = socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S)
        with one.context().wrap_socket(plain, server_hostname="127.0.0.1") as slow:
            head = b"POST /relay-notification HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
            slow.sendall(head + b"content-length: 100\r\n\r\n{")
            answer = slow.recv(4096)
            assert answer.startswith(b"HTTP/1.1 408")
    assert one.counters["body_too_slow"] == 1


def test_a_connection_without_a_request_is_closed(site: Open) -> None:
    with site(timeout_s=2.0) as one:
        plain = socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S)
        with one.context().wrap_socket(plain, server_hostname="127.0.0.1") as idle:
            assert idle.recv(1) == b""


@pytest.mark.parametrize("sent", [b"G", b"POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{"])
def test_a_connection_that_begins_a_second_request_and_never_ends_it_is_closed(site: Open, sent: bytes) -> None:
    with site(timeout_s=2.0) as one:
        plain = socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S)
        with one.context().wrap_socket(plain, server_hostname="127.0.0.1") as slow:
            slow.sendall(b"GET /capabilities HTTP/1.1\r\nhost: a\r\naccept: */*\r\n\r\n")
            assert slow.recv(65536).startswith(b"HTTP/1.1 200")
            slow.sendall(sent)
            while slow.recv(65536):
                pass


def test_connections_that_say_nothing_are_counted_among_those_that_may_be(site: Open) -> None:
    with site(max_connections=2) as one:
        silent = [socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S) for _ in range(3)]
        assert silent[2].recv(1) == b""
        until(lambda: one.counters["turned_away"] == 1)
        for each in silent:
            each.close()


def test_connections_without_a_handshake_lock_no_publisher_out(site: Open) -> None:
    with site(max_connections=40) as one:
        silent = []
        for number in range(60):
            host = "127.0.0.1" if number < 40 else f"127.0.0.{number}"
            silent.append(socket.create_connection(("127.0.0.1", one.port), 10, (host, 0)))
        until(lambda: one.counters["turned_away"] >= 30)  # of the first 40 from one address, all beyond its share
        with one.client() as client, pytest.raises(httpx.TransportError):  # from that very address
            client.get("/capabilities")
        transport = httpx.HTTPTransport(verify=one.context(), local_address="127.0.0.99")
        with httpx.Client(transport=transport, base_url=f"https://127.0.0.1:{one.port}") as other:
            assert other.post("/relay-notification", content=ONE, headers=JSON).status_code == 204
        for each in silent:
            each.close()


def test_a_connection_without_a_handshake_is_ended_and_counted(site: Open) -> None:
    with site(timeout_s=0.3, max_connections=2) as one, one.client() as client:
        assert client.get("/capabilities").status_code == 200
        with socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S) as silent:
            assert silent.recv(1) == b""
        until(lambda: one.counters["handshake_too_slow"] == 1)

        def is_let_in() -> bool:  # on a slow machine its own handshake may be too slow, now and then
            with one.client() as other, suppress(httpx.ConnectError):
                return other.get("/capabilities").status_code == 200
            return False

        until(is_let_in)


def test_what_nobody_takes_is_bounded_whoever_gave_up_waiting(site: Open) -> None:
    with site(max_buffered_bytes=2000, hand_over_s=0.05) as one, one.client() as client:
        one.pause()
        large = b'{"a:b":"%s"}' % (b"x" * 800)
        for _ in range(5):
            assert client.post("/relay-notification", content=large, headers=JSON).status_code == 503
        for _ in range(5):
            assert client.post("/relay-notification", content=b"x" * 1500, headers=JSON).status_code == 400
        assert one.reader._held <= 2 * 812 + 5 * REFUSED_OCTETS
        one.resume()
        until(lambda: len(one.payloads) == 2)
        until(lambda: one.reader._held == 0)
        until(lambda: client.post("/relay-notification", content=ONE, headers=JSON).status_code == 204)
    refused = [each for batch in one.batches for each in batch.controls if isinstance(each, Refused)]
    assert [len(each.original) for each in refused] == [REFUSED_OCTETS] * 5


def test_a_request_that_ends_early_is_counted_and_nothing_comes_of_it(site: Open) -> None:
    with site() as one:
        plain = socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S)
        with one.context().wrap_socket(plain, server_hostname="127.0.0.1") as early:
            head = b"POST /relay-notification HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
            early.sendall(head + b"content-length: 100\r\n\r\n{")
        until(lambda: one.counters["disconnected"] == 1)
    assert one.payloads == []


def test_connections_are_bounded_and_those_that_are_open_go_on(site: Open) -> None:
    with site(max_connections=2) as one, one.client() as client, one.client() as other:
        assert client.get("/capabilities").status_code == 200
        assert other.get("/capabilities").status_code == 200
        with pytest.raises(httpx.TransportError), one.client() as third:
            third.get("/capabilities")
        assert client.post("/relay-notification", content=ONE, headers=JSON).status_code == 204
        other.close()
        until(lambda: len(one.reader._server.server_state.connections) < 2)
        with one.client() as third:
            assert third.get("/capabilities").status_code == 200
    assert one.counters["turned_away"] == 1


def answer_to(one: Site, octets: bytes) -> bytes:
    """Sends octets within TLS, and returns what comes until the reader ends the connection."""
    answer = b""
    tcp = socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S)
    with one.context().wrap_socket(tcp, server_hostname="127.0.0.1") as connection, suppress(OSError):
        connection.sendall(octets)
        while more := connection.recv(4096):
            answer += more
    return answer


def test_garbage_instead_of_tls_or_http_harms_nobody_else(site: Open) -> None:
    with site() as one, one.client() as client:
        with socket.create_connection(("127.0.0.1", one.port), timeout=PATIENCE_S) as plain:
            plain.sendall(b"\x21\x0c" + bytes(100))
        assert answer_to(one, bytes(range(256))).startswith(b"HTTP/1.1 400")
        # Of what is too much to be read the answer may be lost: the system resets a connection with octets unread.
        assert answer_to(one, bytes(range(256)) * 200)[:12] in {b"HTTP/1.1 400", b""}
        assert client.post("/relay-notification", content=ONE, headers=JSON).status_code == 204
    assert one.payloads == [ONE]


def test_the_answer_waits_until_the_graph_has_the_notification(site: Open) -> None:
    with site() as one, one.client() as client, ThreadPoolExecutor() as pool:
        one.pause()
        answer = pool.submit(client.post, "/relay-notification", content=ONE, headers=JSON)
        until(lambda: one.counters["messages"] == 1)
        assert not answer.done()
        one.resume()
        assert answer.result(PATIENCE_S).status_code == 204


def test_a_publisher_is_turned_away_when_nobody_takes_what_it_sends(site: Open) -> None:
    with site(hand_over_s=0.1) as one, one.client() as client:
        one.pause()
        answer = client.post("/relay-notification", content=ONE, headers=JSON)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        one.resume()
        until(lambda: one.payloads == [ONE])  # at least once: it is taken all the same
    assert one.counters["turned_away"] == 1


def test_what_waits_in_memory_is_bounded(site: Open) -> None:
    with site(max_buffered_bytes=1000) as one, one.client() as client, ThreadPoolExecutor() as pool:
        one.pause()
        large = b'{"a:b":"%s"}' % (b"x" * 800)
        first = pool.submit(client.post, "/relay-notification", content=large, headers=JSON)
        until(lambda: one.counters["messages"] == 1)
        with one.client() as another:
            assert another.post("/relay-notification", content=large, headers=JSON).status_code == 503
        one.resume()
        assert first.result(PATIENCE_S).status_code == 204


def test_a_stop_answers_what_is_under_way_and_says_the_end_once_in_every_shard(site: Open) -> None:
    with site(shards=3) as one, one.client() as client, ThreadPoolExecutor() as pool:
        one.pause()
        answer = pool.submit(client.post, "/relay-notification", content=ONE, headers=JSON)
        until(lambda: one.counters["messages"] == 1)
        batches = one.end()
        assert answer.result(PATIENCE_S).status_code == 204
    ends = [batch.shard for batch in batches for control in batch.controls if isinstance(control, EndOfInput)]
    assert sorted(ends) == [0, 1, 2]
    assert one.payloads == [ONE]


def test_an_idle_server_beats_in_every_shard(site: Open) -> None:
    with site(shards=2) as one:
        until(lambda: {0, 1} <= {each.shard for each in one.batches if each.controls})
    beats = [control for batch in one.batches for control in batch.controls if isinstance(control, Heartbeat)]
    assert {beat.collector_id for beat in beats} == {"collector"}


def test_a_server_that_dies_is_an_error(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).issue("receiver")
    reader = HttpsReader(HttpsSettings(certificate_file=str(certificate), key_file=str(key), heartbeat_ms=60_000))
    reader._server.should_exit = True
    with pytest.raises(HttpsServerDiedError):
        drain(reader)
    reader.close()


def drain(reader: HttpsReader) -> None:
    while reader.poll(1 << 20, PATIENCE_S) is not END:
        pass


def test_wrong_files_and_addresses_are_the_operators_to_mend(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).issue("receiver")
    files = {"certificate_file": str(certificate), "key_file": str(key)}
    with pytest.raises(ConfigurationError, match="check certificate_file"):
        HttpsReader(HttpsSettings(certificate_file=str(key), key_file=str(certificate)))
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(ConfigurationError, match="cannot listen"):
        HttpsReader(HttpsSettings(listen=Listen(port=other.getsockname()[1]), **files))
    with pytest.raises(ConfigurationError, match="allow list"):
        HttpsSettings(listen=Listen("0.0.0.0"), **files)
    with pytest.raises(ConfigurationError, match="client_ca_file"):
        HttpsSettings(identify=True, **files)
    for path in ("yang", "/yang/"):
        with pytest.raises(ConfigurationError, match="path"):
            HttpsSettings(path=path, **files)
    with pytest.raises(ConfigurationError, match="shards"):
        HttpsSettings(shards=0, **files)


def test_a_run_opens_the_source_that_its_configuration_names(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).issue("receiver")
    text = f"""
        collector = "here"
        [[sources]]
        kind = "https-notif"
        port = 0
        certificate_file = "{certificate.name}"
        key_file = "{key.name}"
        """
    (tmp_path / "run.toml").write_text(text)
    (reader,) = readers_of(load(tmp_path / "run.toml"))
    assert isinstance(reader, HttpsReader)
    polled = reader.poll(1 << 20, PATIENCE_S)
    reader.close()
    assert isinstance(polled, MessageBatch)
    assert (polled.source, polled.controls[0].collector_id) == ("here-0", "here-0")  # type: ignore[union-attr]
