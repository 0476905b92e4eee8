"""Sockets to sink on the live bridge, ended by the operator."""

import os
import signal
import socket
import struct
from contextlib import closing

from tests.runners.graph import LANDED, counting, landing
from yangbeam.core.elements import MessageBatch
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io.udp_sockets import UdpReader
from yangbeam.runners.direct import run
from yangbeam.transforms.handoff import Handoff

SENT = 500


def test_a_signal_flushes_what_the_receivers_hold_through_the_graph() -> None:
    name = landing()
    started: list[MessageBatch] = []
    with closing(UdpReader(UdpSettings(heartbeat_ms=50))) as reader:

        def send_and_end(batch: MessageBatch) -> None:
            if not started:
                started.append(batch)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    for number in range(SENT):
                        sender.sendto(struct.pack(">BBHII", 0x21, 12, 14, 7, number) + b"{}", reader.addresses[0])
                os.kill(os.getpid(), signal.SIGINT)

        run(counting(name), Handoff([reader], seen=send_and_end), live=True)
    assert LANDED[name][-1] == ("end", SENT, 2 * SENT)
