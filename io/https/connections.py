"""The connections of a server: how many one peer may have, how long a handshake and a request's head may take.

The framework bounds neither; the servers of HTTPS-notif and of the registry share this.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

from uvicorn.protocols.http.h11_impl import H11Protocol

from yangbeam.core.connections import HANDSHAKE_S, has_room

FAREWELL_S: Final = 1.0
"""For the sockets of those who are still connected when all requests have ended; it is looked LOOKS times."""
LOOKS: Final = 200

_MaySend = Callable[[str], bool]


class Gate:
    """The connections of one server, on its event loop.

    Args:
        most: Connections at most.
        handshake_s: Seconds until a connection's handshake is done; without TLS, until it is made.
    """

    def __init__(self, most: int, handshake_s: float = HANDSHAKE_S) -> None:
        self._most = most
        self._handshake_s = handshake_s
        self._open: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()
        self._greeting: dict[Any, asyncio.TimerHandle] = {}

    def has_room(self, host: str) -> bool:
        """Whether a peer may have one more connection."""
        peers = [peer for connection, peer in self._open.items() if connection.fileno() >= 0]
        return has_room(peers, host, self._most)

    def is_used(self) -> bool:
        """Says whether a connection is open."""
        return any(each.fileno() >= 0 for each in self._open)

    def enter(self, connection: socket.socket, peer: Any, too_slow: Callable[[], None]) -> None:
        """Lets a connection in, for as long as a handshake may take."""
        self._open[connection] = peer[0]
        ends = ref(connection)

        def end() -> None:
            self._greeting.pop(peer, None)
            still = ends()
            if still is not None and still.fileno() >= 0:
                too_slow()
                with suppress(OSError):
                    still.shutdown(socket.SHUT_RDWR)  # its transport reads the end, and closes

        self._greeting[peer] = asyncio.get_running_loop().call_later(self._handshake_s, end)

    async def leave(self, connections: Iterable[Any]) -> None:
        """Hangs up on all, those in a handshake too, and waits until the loop has closed their sockets.

        Args:
            connections: The framework's, whose handshakes are done.
        """
        for connection in list(connections):
            connection.transport.abort()
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for _ in range(LOOKS):
            if self.is_used():
                await asyncio.sleep(FAREWELL_S / LOOKS)

    def greeted(self, peer: Any) -> None:
        """The handshake is done, or the connection is gone."""
        timer = self._greeting.pop(peer, None)
        if timer is not None:
            timer.cancel()


class Listener(socket.socket):
    """Hangs up on strangers, and on those who have as many connections as they may, before a handshake; counts them."""

    def __init__(self, bound: socket.socket, gate: Gate, counters: dict[str, int], may_send: _MaySend) -> None:
        super().__init__(fileno=bound.detach())
        self.setblocking(False)  # noqa: FBT003 # the method's own signature
        self._gate = gate
        self._counters = counters
        self._may_send = may_send

    def accept(self) -> tuple[socket.socket, Any]:
        """Returns the next connection from an address that may send; BlockingIOError: there is none."""
        while True:
            accepted, peer = super().accept()
            may_send = self._may_send(peer[0])
            if may_send and self._gate.has_room(peer[0]):
                self._gate.enter(accepted, peer, lambda: self._count("handshake_too_slow"))
                return accepted, peer
            accepted.close()
            self._count("turned_away" if may_send else "not_allowed")

    def _count(self, name: str) -> None:
        self._counters[name] = self._counters.get(name, 0) + 1


class Connection(H11Protocol):
    """A connection that does not stay idle from the start, and whose request's head arrives in time.

    The framework bounds the time between requests, not the time until the first one, nor that of a request's head.
    """

    def __init__(self, *arguments: Any, gate: Gate, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._gate = gate

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for a request: called when the handshake is done."""
        super().connection_made(transport)
        self._gate.greeted(transport.get_extra_info("peername"))
        self._due = self.loop.call_later(self.config.timeout_notify, self._end_unless_asked)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends all waiting."""
        self._due.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begins to wait for the next request."""
        super().on_response_complete()
        self._wait_on()

    def _wait_on(self) -> None:
        self._due.cancel()
        # Idle for the whole of the framework's time, and then as long for a request to arrive.
        self._due = self.loop.call_later(2 * self.config.timeout_notify, self._end_unless_asked)

    def _end_unless_asked(self) -> None:
        """Ends the connection unless a request is being answered: its resource has limits of its own."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._wait_on()
