"""The reader with real receiver processes, over loopback."""

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.waiting import PATIENCE_S, until
from yangbeam.core.elements import EndOfInput, Heartbeat, MessageBatch, Refused
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.reader import END, NOTHING, Reader, Stoppable
from yangbeam.core.udp_receiving import Listen, UdpSettings
from yangbeam.io import udp_sockets
from yangbeam.io.udp_sockets import ReceiverDiedError, UdpReader

Address = tuple[str, int]


def datagram(message_id: int, payload: bytes = b"{}") -> bytes:
    return struct.pack(">BBHII", 0x21, 12, 12 + len(payload), 7, message_id) + payload


def segment(message_id: int, number: int, *, last: bool, payload: bytes) -> bytes:
    option = struct.pack(">BBH", 1, 4, number << 1 | last)
    return struct.pack(">BBHII", 0x21, 16, 16 + len(payload), 7, message_id) + option + payload


def send(datagrams: list[bytes], address: Address) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for each in datagrams:
            sender.sendto(each, address)


@contextmanager
def reading(**settings: object) -> Iterator[UdpReader]:
    with closing(UdpReader(UdpSettings(**settings))) as reader:  # type: ignore[arg-type]
        yield reader


def batch_of(reader: Reader) -> MessageBatch:
    """Returns the next batch; the receiver's start is waited for."""

    def batch() -> MessageBatch | None:
        polled = reader.poll(1 << 20, 0.1)
        return polled if isinstance(polled, MessageBatch) else None

    found = until(batch, "no batch comes")
    assert found is not None
    return found


def drained(reader: UdpReader) -> list[MessageBatch]:
    """Stops the reader and returns all it still gives."""
    reader.stop()
    batches = []
    while (polled := reader.poll(1 << 20, PATIENCE_S)) is not END:
        assert polled is not NOTHING
        batches.append(polled)
    return batches


def drained_of(reader: Reader) -> None:
    """Polls until the reader's end, without asking for it."""
    while reader.poll(1, PATIENCE_S) is not END:
        pass


def counters(batches: list[MessageBatch]) -> dict[str, int]:
    return [control for batch in batches for control in batch.controls if isinstance(control, Heartbeat)][-1].counters


def received(batches: list[MessageBatch]) -> list[int]:
    return [message.message_id for batch in batches for message in batch.messages]


def test_what_is_sent_comes_out_in_order_with_where_it_came_from() -> None:
    with reading() as reader:
        assert isinstance(reader, Stoppable)
        send([datagram(number, b'{"n":%d}' % number) for number in range(5)], reader.addresses[0])
        batches = drained(reader)
    assert received(batches) == list(range(5))
    message = next(batch for batch in batches if batch.messages).messages[-1]
    assert (message.payload, message.exporter, message.publisher_id) == (b'{"n":4}', "127.0.0.1", 7)
    assert (message.collector, message.collector_port) == reader.addresses[0]
    assert reader.position() == 5


def test_a_stop_loses_nothing_that_the_sockets_hold_and_says_the_end_once() -> None:
    with reading(processes=2, heartbeat_ms=60_000) as reader:
        for _ in range(20):  # as many source ports: the kernel spreads them over the receivers
            send([datagram(number) for number in range(100)], reader.addresses[0])
        batches = drained(reader)
        assert reader.poll(1, 0.0) is END
    assert sorted(received(batches)) == sorted(list(range(100)) * 20)
    assert {batch.source for batch in batches if batch.messages} == {"collector/0", "collector/1"}
    ends = [control for batch in batches for control in batch.controls if isinstance(control, EndOfInput)]
    assert len(ends) == 1
    assert batches[-1].controls == ends


def test_segments_are_joined_and_refusals_keep_their_octets() -> None:
    with reading() as reader:
        halves = [segment(1, 0, last=False, payload=b"[1,"), segment(1, 1, last=True, payload=b"2]")]
        send([*halves, b"nonsense", segment(2, 0, last=False, payload=b"[")], reader.addresses[0])
        batches = drained(reader)
    assert [message.payload for batch in batches for message in batch.messages] == [b"[1,2]"]
    refused = [control for batch in batches for control in batch.controls if isinstance(control, Refused)]
    assert [each.reason for each in refused] == ["malformed", "incomplete"]
    assert refused[0].original == b"nonsense"


def test_an_idle_receiver_beats() -> None:
    with reading(heartbeat_ms=1) as reader:
        clocks = [control.clock_us for _ in range(3) for control in batch_of(reader).controls]  # type: ignore[union-attr]
    assert clocks == sorted(clocks)
    assert len(clocks) >= 3


def test_what_the_kernel_drops_is_counted() -> None:
    with reading(receive_buffer_bytes=8192) as reader:
        batch_of(reader)  # it runs
        process = reader._receivers[0]._process
        os.kill(process.pid, signal.SIGSTOP)
        send([datagram(number, bytes(100)) for number in range(1000)], reader.addresses[0])
        os.kill(process.pid, signal.SIGCONT)
        batches = drained(reader)
    dropped = counters(batches)["kernel_drops"]
    assert 0 < dropped < 1000
    assert len(received(batches)) + dropped == 1000


def test_a_reader_that_is_slow_bounds_the_receiver_and_every_loss_is_counted() -> None:
    sent = 300
    with reading(receive_buffer_bytes=1 << 16, ring_bytes=1 << 17, batch_bytes=1 << 16) as reader:
        batch_of(reader)
        send([datagram(number, bytes(50_000)) for number in range(sent)], reader.addresses[0])
        batches = drained(reader)
    dropped = counters(batches)["kernel_drops"]
    assert dropped > sent // 2
    assert len(received(batches)) + dropped == sent


def test_batches_are_bounded_by_octets_and_a_larger_message_travels_alone() -> None:
    with reading(batch_bytes=1000) as reader:
        sizes = [400, 400, 400, 5000, 10]
        send([datagram(number, bytes(size)) for number, size in enumerate(sizes)], reader.addresses[0])
        batches = [batch for batch in drained(reader) if batch.messages]
    assert received(batches) == list(range(5))
    for batch in batches:
        assert len(batch.messages) == 1 or sum(len(message.payload) for message in batch.messages) <= 1000


def test_who_is_not_allowed_is_counted_and_not_heard() -> None:
    with reading(allow=("192.0.2.0/24", "2001:db8::/32")) as reader:
        send([datagram(1)] * 3, reader.addresses[0])
        batches = drained(reader)
    assert received(batches) == []
    assert counters(batches)["not_allowed"] == 3
    assert counters(batches)["datagrams"] == 0


def test_an_ipv4_exporter_on_a_dual_stack_socket_is_named_as_ipv4() -> None:
    with reading(listen=(Listen("::"),), allow=("127.0.0.0/8",)) as reader:
        send([datagram(1)], ("127.0.0.1", reader.addresses[0][1]))
        (message,) = [message for batch in drained(reader) for message in batch.messages]
    assert message.exporter == "127.0.0.1"


def test_one_receiver_serves_several_addresses() -> None:
    with reading(listen=(Listen(), Listen("::1"))) as reader:
        for address in reader.addresses:
            send([datagram(address[1])], address)
        batches = drained(reader)
    assert sorted(received(batches)) == sorted(port for _, port in reader.addresses)


def test_a_receiver_that_dies_is_an_error() -> None:
    with reading() as reader:
        batch_of(reader)
        reader._receivers[0]._process.kill()
        with pytest.raises(ReceiverDiedError, match="exit code -9"):
            drained_of(reader)


def test_closing_ends_the_receivers_although_nobody_reads() -> None:
    with reading(ring_bytes=1 << 16, batch_bytes=1 << 14) as reader:
        batch_of(reader)
        send([datagram(number, bytes(10_000)) for number in range(300)], reader.addresses[0])
        process = reader._receivers[0]._process
    assert process.returncode == 0
    reader.close()


def test_signals_of_the_terminal_and_the_service_manager_are_left_to_the_parent() -> None:
    with reading() as reader:
        batch_of(reader)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(reader._receivers[0]._process.pid, number)
        send([datagram(1)], reader.addresses[0])
        assert received(drained(reader)) == [1]


def test_a_capped_kernel_buffer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp_sockets, "_receive_buffer", lambda *_: 212_992)
    with reading(processes=2) as reader:
        (warning,) = reader.warnings
    assert "212992 of the 33554432" in warning
    assert "rmem_max" in warning


def test_an_address_in_use_is_the_operators_to_mend() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        settings = UdpSettings(listen=(Listen(port=other.getsockname()[1]),))
        with pytest.raises(ConfigurationError, match="cannot listen"):
            UdpReader(settings)


def test_the_receiver_imports_neither_beam_nor_a_client() -> None:
    script = "import sys, yangbeam.io.udp_receiver; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout.split()
    assert not {"apache_beam", "confluent_kafka", "duckdb", "grpc", "lxml", "numpy", "pyarrow"} & set(loaded)


def test_a_receiver_ends_when_its_parent_dies() -> None:
    script = (
        "import os; from yangbeam.core.udp_receiving import UdpSettings; from yangbeam.io.udp_sockets import UdpReader;"
        "reader = UdpReader(UdpSettings()); reader.poll(1, 600.0); os._exit(0)"
    )
    # The receiver inherits standard error: its end of file comes only when both have ended.
    subprocess.run([sys.executable, "-c", script], stderr=subprocess.PIPE, check=True, timeout=PATIENCE_S)
