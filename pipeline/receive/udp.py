"""A process that receives UDP-notif and writes the raw topic: one thread of ours, from the socket to the producer.

Promise: at most once, as UDP is; every loss that can be known is counted. Run by name by ``pipeline.receive``.
"""

import select
import signal
import sys
import time
from typing import Any

from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io.kafka.raw_producer import KafkaFatalError
from yangbeam.io.udp_receiver import Intake
from yangbeam.pipeline.logs import chosen, quiet_process
from yangbeam.pipeline.receive.order import WorkerOrder
from yangbeam.pipeline.receive.worker import STDIN, Delivery, ended_by, read_order

TURN_S = 0.02
"""Longest time between two looks at what Kafka settled, while something is under way."""


class UdpWorker:
    """The loop: sockets, then the outlet, then the clock.

    Args:
        order: What the parent said.
        settings: Its part about UDP.
    """

    def __init__(self, order: WorkerOrder, settings: UdpSettings) -> None:
        self._intake = Intake(settings, order.name, order.sockets)
        self._delivery = Delivery(order, self._intake.collector, settings.shards)
        self._watched: list[Any] = [STDIN, *self._intake.sockets]
        self._heartbeat_s = settings.heartbeat_ms / 1000
        self._beat_s = 0.0

    def run(self) -> None:
        """Receives until standard input ends, then reads what the sockets hold, and gives Kafka time for it.

        Raises:
            KafkaFatalError: Nothing more can be written; what was under way is on disk.
        """
        try:
            self._beat()  # before anything came: what is counted begins here
            while not self._turn():
                pass
            self._intake.drain(self._hand_over)
            self._intake.collector.counters["kernel_drops"] = self._intake.kernel_drops()
            self._delivery.end()
        except KafkaFatalError:
            self._delivery.outlet.abandon()
            self._delivery.report()
            raise
        finally:
            self._intake.close()

    def _turn(self) -> bool:
        """Waits for something to do and does it; returns True when standard input has ended."""
        intake = self._intake
        patience_s = max(self._beat_s - time.monotonic(), 0.0)
        if self._delivery.outlet.is_busy:
            patience_s = min(patience_s, TURN_S)
        ready, _, _ = select.select(self._watched, [], [], patience_s)
        for each in intake.sockets:
            if each in ready:
                intake.receive(each)
        if time.monotonic() >= self._beat_s:
            self._beat()
        self._hand_over()
        return STDIN in ready

    def _beat(self) -> None:
        self._beat_s = time.monotonic() + self._heartbeat_s
        self._delivery.beat(self._intake.kernel_drops())

    def _hand_over(self) -> None:
        self._delivery.hand_over()
        self._delivery.outlet.turn()


def main() -> int:
    """Runs the process; its parent alone decides when it ends, not the terminal's or the service manager's signal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    order = read_order()
    return ended_by(order.name, lambda: UdpWorker(order, order.udp or UdpSettings()).run())


if __name__ == "__main__":
    quiet_process(debug=chosen().debug)
    sys.exit(main())
