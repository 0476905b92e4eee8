"""A process that takes HTTPS-notif and writes the raw topic; it answers when Kafka, or the disk, has the notification.

Promise: at least once. Run by name by ``pipeline.receive``.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys

from yangbeam.core.collector import Collector
from yangbeam.core.elements import Message
from yangbeam.core.errors import WireError
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.io.https.https_notif import HttpsServer
from yangbeam.io.kafka.raw_producer import KafkaFatalError
from yangbeam.pipeline.logs import chosen, quiet_process
from yangbeam.pipeline.receive.order import WorkerOrder
from yangbeam.pipeline.receive.worker import STDIN, Delivery, ended_by, read_order

TURN_S = 0.005
"""Between two looks at what Kafka settled; a publisher waits half of it, on average, beyond Kafka's own time."""


class HttpsWorker:
    """The server, the outlet and the clock on one event loop; a ``Taker``.

    Args:
        order: What the parent said.
        settings: Its part about HTTPS.
    """

    def __init__(self, order: WorkerOrder, settings: HttpsSettings) -> None:
        collector = Collector(order.name, shards=settings.shards, source=order.name)
        self.counters = collector.counters
        self._collector = collector
        self._delivery = Delivery(order, collector, settings.shards, reports=True)
        self._heartbeat_s = settings.heartbeat_ms / 1000
        self._server = HttpsServer(settings, self)
        self._sockets = [socket.socket(fileno=number) for number in order.sockets]

    async def take(self, messages: list[Message]) -> bool:
        """Returns True once Kafka or the disk has all of them."""
        for message in messages:
            self._collector.message(message)
        loop = asyncio.get_running_loop()
        waiting: list[asyncio.Future[bool]] = []

        def done() -> "_Answer":
            waiting.append(loop.create_future())
            return _Answer(waiting[-1])

        self._delivery.hand_over(done)
        return all(await asyncio.gather(*waiting))

    def refuse(self, error: WireError, body: bytes, exporter: str, port: int, arrival_us: int) -> None:
        """Writes a refusal; nobody waits for it: the publisher is told that its request was refused."""
        self._collector.refuse(
            error.reason, error.detail, body, exporter=exporter, port=port, arrival_us=arrival_us, fault=error.fault
        )

    async def run(self) -> None:
        """Serves until standard input ends, then lets requests end, and gives Kafka time for what they brought.

        Raises:
            KafkaFatalError: Nothing more can be written; what was under way is on disk.
        """
        asyncio.get_running_loop().add_reader(STDIN, self._stop)
        beating = asyncio.create_task(self._beat())  # first: what is counted begins with a heartbeat
        serving = asyncio.create_task(self._server.serve(sockets=self._sockets))
        try:
            while not serving.done():
                self._turn()
                await asyncio.sleep(TURN_S)
            await serving
            self._delivery.end()
        except KafkaFatalError:
            self._delivery.outlet.abandon()
            self._delivery.report()
            raise
        finally:
            beating.cancel()
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(beating, serving)

    def _turn(self) -> None:
        self._delivery.hand_over()
        self._delivery.outlet.turn()

    async def _beat(self) -> None:
        while True:
            self._delivery.beat()
            await asyncio.sleep(self._heartbeat_s)

    def _stop(self) -> None:
        if not os.read(STDIN, 1):
            asyncio.get_running_loop().remove_reader(STDIN)
            self._server.should_exit = True


class _Answer:
    """Sets a request's future, unless the request was given up meanwhile."""

    def __init__(self, future: asyncio.Future[bool]) -> None:
        self._future = future

    def __call__(self, is_safe: bool) -> None:  # noqa: FBT001 # the outlet's callback
        if not self._future.done():
            self._future.set_result(is_safe)


def main() -> int:
    """Runs the process; its parent alone decides when it ends, not the terminal's or the service manager's signal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    order = read_order()

    async def work() -> None:
        await HttpsWorker(order, order.https or HttpsSettings()).run()

    return ended_by(order.name, lambda: asyncio.run(work()))


if __name__ == "__main__":
    quiet_process(debug=chosen().debug)
    sys.exit(main())
