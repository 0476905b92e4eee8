"""Reads notifications that come over HTTPS, for a run in one process: a server in a thread, batches for the graph.

Promise: a publisher has its 204 once the graph has the batch; what is lost then is lost with the process. A server that
starves behind a busy graph loses nothing: publishers wait, or come again. So, unlike a socket of datagrams, it needs
no process of its own.
"""

import asyncio
import socket
import threading
import time
from typing import Final

from yangbeam.core.collector import Collector
from yangbeam.core.elements import Message, MessageBatch, Refused
from yangbeam.core.errors import Fault, WireError, YangbeamError
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.reader import END, NOTHING, Poll
from yangbeam.io.https.https_notif import HttpsServer, bind

END_S: Final = 15.0
"""For the server to end."""
REFUSED_OCTETS: Final = 1_024
"""What is kept of a refused body when too much waits."""


class HttpsServerDiedError(YangbeamError):
    """The server ended without being asked to; nothing arrives any more."""

    fault = Fault.COLLECTOR


class HttpsReader:
    """A Reader that can be stopped, and the ``Taker`` of its server.

    Args:
        settings: What to take and how.

    Attributes:
        addresses: Where it listens, ports chosen.
        warnings: None; as other readers have.

    Raises:
        ConfigurationError: The address cannot be bound, or the certificates cannot be used.
    """

    def __init__(self, settings: HttpsSettings) -> None:
        self.warnings: list[str] = []
        self._shards = settings.shards
        self._heartbeat_s = settings.heartbeat_ms / 1000
        self._collector = Collector(settings.collector_id, shards=settings.shards, source=settings.collector_id)
        self.counters = self._collector.counters
        self._changed = threading.Condition()
        """Guards the collector; told when it got something."""
        self._waiting: list[asyncio.Future[bool]] = []
        self._held, self._most_held = 0, settings.max_buffered_bytes
        """Octets that the graph has not taken yet, bodies of publishers that gave up waiting among them."""
        self._server = HttpsServer(settings, self)
        bound = bind(settings)
        self._loop = asyncio.new_event_loop()
        self.addresses: list[tuple[str, int]] = [bound.getsockname()[:2]]
        self._thread = threading.Thread(target=self._serve, args=(bound,), name="https-notif", daemon=True)
        self._turn = 0
        self._given = 0
        self._beat_at = time.monotonic()
        self._is_stopped = self._is_ended = False
        self._beat()  # before anything came: what is counted begins here
        self._thread.start()

    def _serve(self, bound: socket.socket) -> None:
        try:
            self._loop.run_until_complete(self._server.serve(sockets=[bound]))
        finally:
            with self._changed:
                self._changed.notify_all()

    async def take(self, messages: list[Message]) -> bool:
        """Returns True once the graph has them, False when too much waits for it; called on the server's loop."""
        future: asyncio.Future[bool] = self._loop.create_future()
        octets = sum(len(message.payload) for message in messages)
        with self._changed:
            if self._held and self._held + octets > self._most_held:
                return False
            self._held += octets
            for message in messages:
                self._collector.message(message)
            self._waiting.append(future)
            self._changed.notify_all()
        return await future

    def refuse(self, error: WireError, body: bytes, exporter: str, port: int, arrival_us: int) -> None:
        """Writes a refusal between the messages; called on the server's loop.

        Of a body for which there is no room the beginning is kept: whoever sends it is not asked to come again.
        """
        with self._changed:
            if self._held + len(body) > self._most_held:
                body = body[:REFUSED_OCTETS]
            self._held += len(body)
            self._collector.refuse(
                error.reason, error.detail, body, exporter=exporter, port=port, arrival_us=arrival_us, fault=error.fault
            )
            self._changed.notify_all()

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        """Returns the next batch; publishers whose messages it completes are answered.

        Raises:
            HttpsServerDiedError: The server ended before it was asked to.
        """
        deadline = time.monotonic() + max_wait_s
        with self._changed:
            while True:
                self._beat()
                batch = self._next(max_bytes)
                if batch is not None:
                    return batch
                if self._is_ended:
                    return END
                if not self._thread.is_alive():
                    self._finish()
                    continue
                left = min(deadline, self._beat_at) - time.monotonic()
                if time.monotonic() >= deadline:
                    return NOTHING
                self._changed.wait(max(left, 0.0))

    def _beat(self) -> None:
        if time.monotonic() >= self._beat_at and not self._is_ended:
            self._beat_at = time.monotonic() + self._heartbeat_s
            self._collector.heartbeat(time.time_ns() // 1000)

    def _finish(self) -> None:
        if not self._is_stopped:
            raise HttpsServerDiedError("https-server-died", "the HTTPS-notif server ended by itself; see its log")
        self._is_ended = True
        self._collector.end(time.time_ns() // 1000)

    def _next(self, max_bytes: int) -> MessageBatch | None:
        """Takes the oldest batch of a shard; the shards take turns."""
        for step in range(self._shards):
            shard = (self._turn + step) % self._shards
            batch = self._collector.take(shard, max_bytes)
            if batch is not None:
                self._turn = (shard + 1) % self._shards
                self._given += len(batch.messages)
                self._held -= sum(len(message.payload) for message in batch.messages)
                self._held -= sum(len(each.original) for each in batch.controls if isinstance(each, Refused))
                self._answer()
                return batch
        return None

    def _answer(self) -> None:
        """Tells publishers that the graph has what they sent, once it has all."""
        if self._waiting and not any(self._collector.records(shard) for shard in range(self._shards)):
            waiting, self._waiting = self._waiting, []
            self._loop.call_soon_threadsafe(_resolve, waiting)

    def position(self) -> int:
        """Returns how many messages it has given."""
        return self._given

    def received(self) -> int:
        """Returns how many messages the server took, whole or refused."""
        return self._collector.given

    def stop(self) -> None:
        """Takes no new connections; ``poll`` gives what is under way, then ``END``."""
        self._is_stopped = True
        self._server.should_exit = True

    def close(self) -> None:
        """Ends the server; publishers that were not answered will send again."""
        self.stop()
        self._server.force_exit = True
        self._thread.join(END_S)
        if not self._thread.is_alive() and not self._loop.is_closed():
            self._loop.close()


def _resolve(waiting: list[asyncio.Future[bool]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(True)
