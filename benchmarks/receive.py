"""Measures a receiver: messages per CPU-second of its process, and loss, at given rates over loopback.

    python benchmarks/receive.py [datagrams per second …]

A sender process and the receiver share the machine's cores; payloads have 815 octets, the size of a small push-update.
"""

import os
import resource
import socket
import struct
import subprocess
import sys
import time
from contextlib import closing

from yangbeam.core.elements import Heartbeat, MessageBatch
from yangbeam.core.reader import END
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io.udp_sockets import UdpReader

SECONDS = 5
PAYLOAD = bytes(815)
TICKS = os.sysconf("SC_CLK_TCK")


def send(rate: int, port: int) -> None:
    """Sends ``rate`` datagrams a second, in steps of 2 ms, whatever becomes of them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        start, sent = time.perf_counter(), 0
        while sent < rate * SECONDS:
            due = min(int((time.perf_counter() - start) * rate), rate * SECONDS)
            for number in range(sent, due):
                sender.send(struct.pack(">BBHII", 0x21, 12, 12 + len(PAYLOAD), 7, number) + PAYLOAD)
            sent = max(sent, due)
            time.sleep(0.002)
        print(f"{sent} {time.perf_counter() - start}")


def cpu_s(pid: int) -> float:
    """Returns the CPU time of a process, from /proc."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 # not a file one would join paths for
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(rate: int) -> str:
    with closing(UdpReader(UdpSettings())) as reader:
        while not isinstance(reader.poll(1 << 20, 1.0), MessageBatch):
            pass
        receiver = reader._receivers[0]._process.pid  # noqa: SLF001 # whose time is measured
        before, own = cpu_s(receiver), time.process_time()
        arguments = [sys.executable, __file__, "--send", str(rate), str(reader.addresses[0][1])]
        sender = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        received, batches, counters = 0, 0, {}
        stopped = False
        while (polled := reader.poll(1 << 20, 0.1)) is not END:
            if isinstance(polled, MessageBatch):
                received += len(polled.messages)
                batches += bool(polled.messages)
                counters = next((c.counters for c in polled.controls if isinstance(c, Heartbeat)), counters)
            if not stopped and sender.poll() is not None:
                used, own = cpu_s(receiver) - before, time.process_time() - own
                reader.stop()
                stopped = True
        sent, took = (float(each) for each in sender.communicate()[0].split())
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return (
        f"asked {rate:>7,}/s, sent {sent / took:9,.0f}/s: lost {sent - received:,.0f} of {sent:,.0f} (kernel drops "
        f"{counters.get('kernel_drops', 0):,}); receiver {received / used:9,.0f} messages/CPU-s, reader "
        f"{received / own:9,.0f} messages/CPU-s; {received / batches:,.0f} messages a batch; {memory} MiB"
    )


def main(rates: list[int]) -> None:
    for rate in rates or [20_000, 50_000, 100_000]:
        print(measure(rate), flush=True)


if __name__ == "__main__":
    if "--send" in sys.argv:
        send(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main([int(each) for each in sys.argv[1:]])
