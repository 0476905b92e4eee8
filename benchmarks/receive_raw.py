"""Measures `yangbeam receive`: UDP-notif over loopback into librdkafka's mock broker, which has a process of its own.

    python benchmarks/receive_raw.py [messages per second …]

First the two limits: what one process reads from a socket and does nothing with, and what it produces with nothing in
front. Then receive itself, at given rates. Payloads have 815 octets, the size of a small push-update. Sender, receiver
and broker share the machine's cores; messages per CPU-second is what one core can do, librdkafka's threads included.
"""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from yangbeam.core.elements import MediaType, Message
from yangbeam.core.raw_record import of_message
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io.kafka.raw_producer import RawProducer
from yangbeam.pipeline.receive.order import KafkaOrder
from yangbeam.pipeline.receive.parent import Receive, ReceivePlan

SECONDS = 5
BUFFER = 128 << 20
"""Octets of kernel buffer: some 58,000 datagrams, as much as a loaded machine may keep a process waiting."""
COUNT = 100_000
BURST = 256
SHARDS = 4
"""The mock's topics have four partitions."""
PAYLOAD = (os.urandom(100) + b'{"name":"GigabitEthernet0/0/0/1","in-octets":1234567890},' * 15)[:815]
SENDER = Path(__file__).with_name("receive.py")
BROKER = (
    "import sys; from confluent_kafka import Producer\n"
    'p = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})\n'
    "b = next(iter(p.list_topics(timeout=10).brokers.values()))\n"
    'print(f"{b.host}:{b.port}", flush=True)\n'
    "sys.stdin.read()\n"
)


@contextmanager
def broker() -> Iterator[str]:
    """Runs a mock broker; yields its address."""
    process = subprocess.Popen([sys.executable, "-c", BROKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


def socket_alone() -> float:
    """Returns datagrams per CPU-second of reading, and nothing else, from a full socket."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)  # noqa: FBT003
        sender.connect(receiver.getsockname())
        read, used = 0, 0.0
        for _ in range(COUNT // 50):
            for number in range(50):
                sender.send(struct.pack(">BBHII", 0x21, 12, 12 + len(PAYLOAD), 7, number) + PAYLOAD)
            start = time.thread_time()
            for _ in range(50):
                receiver.recvfrom(65_535)
                read += 1
            used += time.thread_time() - start
    return read / used


def librdkafka_alone(bootstrap: str) -> float:
    """Returns records per CPU-second of the process, made beforehand and produced as receive produces them."""
    properties = {"bootstrap.servers": bootstrap}
    producer = RawProducer("alone", properties, queue_bytes=256 << 20, record_bytes=17 << 20)
    message = Message("127.0.0.1", 50000, 7, 1, 1, MediaType.JSON, PAYLOAD, "127.0.0.1", 10003)
    record = of_message(message)
    start = time.process_time()
    for number in range(COUNT):
        producer.put(0, record.key, record.value, record.headers, 1, partial(print, number))
        if number % BURST == 0:
            producer.poll(0)
    while producer.waiting:
        producer.poll(0.01)
    return COUNT / (time.process_time() - start)


def cpu_s(pid: int) -> float:
    """Returns the CPU time of a process, all its threads, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def receive_at(rate: int, bootstrap: str, folder: Path) -> str:
    """Runs receive with one process, sends for SECONDS at a rate, and says what became of it."""
    kafka = KafkaOrder(f"at-{rate}", {"bootstrap.servers": bootstrap}, 17 << 20, 64 << 20, 10.0, 10.0)
    receive = Receive(
        ReceivePlan((UdpSettings(shards=SHARDS, receive_buffer_bytes=BUFFER),), (), kafka, folder / str(rate), 1 << 30),
        print,
    )
    receive.open()
    thread = threading.Thread(target=receive.run)
    thread.start()
    (receiver,) = receive.receivers
    while not receiver.report.counters:
        time.sleep(0.05)
    before = cpu_s(receiver.pid)
    arguments = [sys.executable, str(SENDER), "--send", str(rate), str(receive.addresses[0][1])]
    sent, took = (float(each) for each in subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
                  .stdout.split())  # fmt: skip
    time.sleep(1.5)  # two heartbeats: everything is settled
    used = cpu_s(receiver.pid) - before
    receive.stop()
    thread.join()
    counters = receiver.report.counters
    heartbeats = counters["acknowledged"] - counters["messages"]
    return (
        f"asked {rate:>7,}/s, sent {sent / took:9,.0f}/s: kernel drops {counters['kernel_drops']:,} of {sent:,.0f}, "
        f"spooled {counters['spooled']:,}, in Kafka {counters['messages']:,} messages and {heartbeats:,} heartbeats; "
        f"{counters['messages'] / used:9,.0f} messages/CPU-s"
    )


def main(rates: list[int]) -> None:
    with broker() as bootstrap, tempfile.TemporaryDirectory() as folder:
        alone = {"socket": socket_alone(), "librdkafka": librdkafka_alone(bootstrap)}
        for name, limit in alone.items():
            print(f"{name} alone: {limit:,.0f} messages/CPU-s", flush=True)
        print(f"target: {min(100_000, 0.7 * min(alone.values())):,.0f} messages/s on one core")
        for rate in rates or [20_000, 50_000, 100_000]:
            print(receive_at(rate, bootstrap, Path(folder)), flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
