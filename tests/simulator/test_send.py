import signal
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import message
from tests.simulator.receiving import START_US
from tests.waiting import PATIENCE_S
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.notification.decode import decode
from yangbeam.core.udp_notif import Parser
from yangbeam.simulator import SimulateOptions, simulate
from yangbeam.simulator.pace import Pace
from yangbeam.simulator.send import start
from yangbeam.simulator.truth import TruthRecord, read_truth

Received = list[tuple[bytes, tuple[str, int]]]


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(PATIENCE_S)
        yield opened


def target(receiver: socket.socket) -> str:
    return f"127.0.0.1:{receiver.getsockname()[1]}"


def drain(receiver: socket.socket, count: int) -> Received:
    """Receives so many datagrams, and makes sure that no more came."""
    received = [receiver.recvfrom(65535) for _ in range(count)]
    receiver.setblocking(False)
    with pytest.raises(BlockingIOError):
        receiver.recvfrom(65535)
    return received


def test_a_receiver_gets_exactly_what_the_truth_says(receiver: socket.socket, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    seen: list[TruthRecord] = []
    options = SimulateOptions(
        target=target(receiver), messages=60, rate=0, loss=0.1, duplicate=0.1, incomplete=0.1, reorder=0.1, truth=truth
    )
    summary = simulate(options, progress=seen.append)
    records = list(read_truth(truth))
    received = drain(receiver, summary.datagrams)
    assert records == seen
    assert summary.messages == len(records) == 60 + 2 * 3 * 2
    sent = Counter({(r.exporter, r.port, r.message_id, r.publisher_id, r.ordinal): r.sent for r in records})
    assert sum(sent.values()) == summary.datagrams
    by_message = Counter()
    for (exporter, port, message_id, publisher_id, _), count in sent.items():
        by_message[exporter, port, message_id, publisher_id] += count
    parse = Parser().parse
    got = Counter()
    for datagram, (exporter, port) in received:
        segment = parse(datagram)
        got[exporter, port, segment.message_id, segment.publisher_id] += 1
    assert got == +by_message
    assert len({exporter for _, (exporter, _) in received}) == 3
    assert summary.done["lost"] > 0
    assert summary.truth == truth


def test_messages_leave_at_their_rate(receiver: socket.socket) -> None:
    clock = Clock()
    options = SimulateOptions(target=target(receiver), rate=10, duration_s=3, routers=1, announce=False)
    summary = simulate(options, pace=Pace(clock.monotonic, clock.sleep))
    drain(receiver, 30)
    assert summary.seconds == pytest.approx(2.9, abs=0.01)
    assert summary.rate == pytest.approx(10, abs=1)


@pytest.mark.parametrize("encoding", ["json", "xml", "cbor"])
@pytest.mark.parametrize("habit", ["six-wind", "cisco-xr", "huawei-ne", "huawei-ma5800", "standard", "sysrepo"])
def test_fast_mode_only_changes_the_numbers(receiver: socket.socket, encoding: str, habit: str) -> None:
    options = SimulateOptions(
        target=target(receiver),
        routers=1,
        habits=(habit,),
        encoding=encoding,
        wrapper="H8" if encoding != "xml" and habit != "sysrepo" else "",
        segment_size=9000,
        messages=20,
        rate=0,
        fast=True,
        start_us=START_US,
    )
    fast = simulate(options)
    assert (fast.messages, fast.datagrams) == (24 - 2, 22)
    quick = [_facts(datagram) for datagram, _ in drain(receiver, fast.datagrams)]
    slow_options = SimulateOptions(
        **{name: getattr(options, name) for name in options.__slots__ if name != "fast"}, fast=False
    )
    slow = simulate(slow_options)
    receiver.settimeout(PATIENCE_S)
    plain = [_facts(datagram) for datagram, _ in drain(receiver, slow.datagrams)]
    assert quick == plain[:22]


def _facts(datagram: bytes) -> tuple[object, ...]:
    segment = Parser().parse(datagram)
    seen = decode(message(segment.payload, media_type=segment.media_type))
    return segment.publisher_id, segment.message_id, seen.sequence_number, seen.kind, seen.subscription_id


def test_fast_mode_refuses_messages_that_need_segments(receiver: socket.socket) -> None:
    with pytest.raises(ConfigurationError, match="segment_size"):
        simulate(SimulateOptions(target=target(receiver), interfaces=10, fast=True))


def test_a_port_that_is_taken_is_replaced_and_the_truth_says_so(receiver: socket.socket, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.9.9", 50000))
        options = SimulateOptions(
            target=target(receiver),
            first_address="127.0.9.9",
            routers=1,
            habits=("huawei-ne",),
            messages=3,
            rate=0,
            truth=truth,
        )
        received = drain(receiver, simulate(options).datagrams)
    assert {record.port for record in read_truth(truth)} == {port for _, (_, port) in received}
    assert 50000 not in {port for _, (_, port) in received}


def test_one_router_publishes_over_ipv6() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as opened:
        try:
            opened.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on loopback")
        opened.settimeout(PATIENCE_S)
        goal = f"[::1]:{opened.getsockname()[1]}"
        summary = simulate(SimulateOptions(target=goal, routers=1, messages=3, rate=0))
        received = drain(opened, summary.datagrams)
    assert {address[0] for _, address in received} == {"::1"}


def test_an_interrupt_ends_it_with_the_truth_written(receiver: socket.socket, tmp_path: Path) -> None:
    # A shell starts what runs in its background with interrupts ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    truth = tmp_path / "truth.jsonl"

    def interrupt(record: TruthRecord) -> None:
        if record.ordinal == 5:
            signal.raise_signal(signal.SIGINT)

    options = SimulateOptions(target=target(receiver), routers=1, messages=50, rate=0, truth=truth)
    try:
        summary = simulate(options, progress=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert summary.messages == len(list(read_truth(truth))) == 6
    drain(receiver, 6)


def test_it_runs_in_a_process_of_its_own(receiver: socket.socket, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    process = start(SimulateOptions(target=target(receiver), routers=1, messages=3, rate=0, truth=truth))
    process.join(PATIENCE_S)
    assert process.exitcode == 0
    drain(receiver, sum(record.sent for record in read_truth(truth)))


def test_an_address_that_is_not_ours_is_a_configuration_error(receiver: socket.socket) -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.77"):
        simulate(SimulateOptions(target=target(receiver), first_address="192.0.2.77", messages=1))


def test_a_line_that_is_no_truth_is_told_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text("{}\n")
    with pytest.raises(ConfigurationError, match="line 1"):
        list(read_truth(path))
