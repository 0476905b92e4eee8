"""Takes notifications over HTTPS: two resources, TLS, limits, and an answer only when the notification is safe.

Promise: at least once. 204 says that whoever was handed the notifications has them; whatever else is said, or nothing,
the publisher may send again. Source: draft-ietf-netconf-https-notif-15.
"""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from yangbeam.core.connections import HANDSHAKE_S
from yangbeam.core.elements import MediaType, Message
from yangbeam.core.errors import ConfigurationError, WireError
from yangbeam.core.https_notif import (
    CAPABILITIES,
    RELAYS,
    TRANSPORT,
    capabilities,
    media_type_of,
    name_of,
    payloads_of,
    publisher_id_of,
)
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.udp_receiving import Door
from yangbeam.io.https.connections import Connection, Gate, Listener

_TOO_SLOW: Final = ("handshake_too_slow", "body_too_slow")
_BEFORE: Final = ("requests", "answered", "not_allowed")
COUNTERS: Final = (*_BEFORE, "body_too_large", *_TOO_SLOW, "disconnected", "turned_away")
"""Counted here, cumulative: requests for the relay resource, notifications whose publisher was told that they are safe,
connections of strangers, and what came to nothing."""
HEAD_OCTETS: Final = 16_384
"""Of a request's head at most."""
GRACE_S: Final = 5.0
"""For requests under way when the end was asked for."""


class Taker(Protocol):
    """Where requests go; called on the server's event loop."""

    counters: dict[str, int]

    async def take(self, messages: list[Message]) -> bool:
        """Takes the notifications of one request; returns True once they are safe, False if they will not be."""
        ...

    def refuse(self, error: WireError, body: bytes, exporter: str, port: int, arrival_us: int) -> None:
        """Takes the body of a request that is no notification, and why."""
        ...


def context_of(settings: HttpsSettings) -> ssl.SSLContext:
    """Returns the TLS context: 1.2 or newer, with the publishers' certificates where settings name who signs them.

    Raises:
        ConfigurationError: A file is missing, or does not hold what it should.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate_file, settings.key_file or None)
        if settings.client_ca_file:
            context.load_verify_locations(settings.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "tls", f"the certificates of the HTTPS-notif receiver cannot be used: {error}; check certificate_file, "
            "key_file and client_ca_file",
        ) from error  # fmt: skip
    return context


def bind(settings: HttpsSettings) -> socket.socket:
    """Binds the listening socket; several processes may share it.

    Raises:
        ConfigurationError: The address cannot be bound.
    """
    host, port = settings.listen.host, settings.listen.port
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(1024)
    except OSError as error:
        bound.close()
        raise ConfigurationError("bind", f"cannot listen on {host} port {port}: {error.strerror}") from error
    bound.setblocking(False)  # noqa: FBT003 # the method's own signature
    return bound


class _Resources:
    """The two resources."""

    def __init__(self, settings: HttpsSettings, taker: Taker, door: Door) -> None:
        self._settings = settings
        self._taker = taker
        self._counters = taker.counters
        self._door = door
        self._buffered = 0

    def routes(self) -> list[Route]:
        base = self._settings.path
        relays = [Route(f"{base}/{name}", self._named(self.relay), methods=["POST"]) for name in RELAYS]
        return [Route(f"{base}/{CAPABILITIES}", self._named(self.capabilities), methods=["GET"]), *relays]

    def _named(
        self, resource: Callable[[Request, str, int], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def named(request: Request) -> Response:
            host, port = request.client or ("", 0)
            return await resource(request, self._door.exporter(host), port)

        return named

    async def capabilities(self, request: Request, _exporter: str, _port: int) -> Response:
        answer = capabilities(request.headers.get("accept", ""))
        if answer is None:
            return PlainTextResponse("application/json and application/xml are to be had\n", 406)
        media_type, body = answer
        return Response(body, headers={"content-type": media_type, "cache-control": "no-cache"})

    async def relay(self, request: Request, exporter: str, port: int) -> Response:
        self._counters["requests"] += 1
        chunks: list[bytes] = []
        try:
            refusal = await self._read(request, chunks)
            return refusal or await self._judged(request, b"".join(chunks), exporter, port)
        finally:
            self._buffered -= sum(map(len, chunks))

    async def _read(self, request: Request, chunks: list[bytes]) -> Response | None:
        """Reads the body; returns the answer to one that is too large, too slow, or too much beside the others."""
        settings, octets = self._settings, 0
        try:
            # h11 refuses a length that is no number.
            if int(request.headers.get("content-length", "0")) > settings.max_body_bytes:
                return self._too_large()
            async with asyncio.timeout(settings.timeout_s):
                async for chunk in request.stream():
                    octets += len(chunk)
                    if octets > settings.max_body_bytes:
                        return self._too_large()
                    chunks.append(chunk)
                    self._buffered += len(chunk)
                    if self._buffered > settings.max_buffered_bytes:
                        return self._turned_away("too much is waiting")
        except TimeoutError:
            self._counters["body_too_slow"] += 1
            return _last(408, f"the request did not arrive within {settings.timeout_s:g} s")
        except ClientDisconnect:
            self._counters["disconnected"] += 1
            return _last(400, "the request ended early")
        return None

    async def _judged(self, request: Request, body: bytes, exporter: str, port: int) -> Response:
        arrival_us = time.time_ns() // 1000
        try:
            headers = request.headers
            media_type = media_type_of(headers.get("content-type", ""), headers.get("content-encoding", ""))
            payloads = payloads_of(media_type, body)
        except WireError as error:
            self._taker.refuse(error, body, exporter, port, arrival_us)
            return PlainTextResponse(f"{error.detail}\n", 415 if error.reason == "unsupported_media_type" else 400)
        messages = self._messages(request, media_type, payloads, exporter, port, arrival_us)
        try:
            async with asyncio.timeout(self._settings.hand_over_s):
                is_safe = await self._taker.take(messages)
        except TimeoutError:
            is_safe = False
        if not is_safe:
            return self._turned_away("it could not be handed on")
        self._counters["answered"] += len(messages)
        return Response(status_code=204)

    def _messages(
        self, request: Request, media_type: MediaType, payloads: list[bytes], exporter: str, port: int, arrival_us: int
    ) -> list[Message]:
        host, own_port = request.scope.get("server") or ("", 0)
        name = request.scope.get("yangbeam.publisher", "") if self._settings.identify else ""
        place = (host, own_port or 0, TRANSPORT, (), -1, -1, 0, self._settings.collector_id)
        publisher_id = publisher_id_of(name)
        return [
            Message(exporter, port, publisher_id, 0, arrival_us, media_type.value, payload, *place)
            for payload in payloads
        ]

    def _too_large(self) -> Response:
        self._counters["body_too_large"] += 1
        return _last(413, f"at most {self._settings.max_body_bytes} octets are taken")

    def _turned_away(self, why: str) -> Response:
        self._counters["turned_away"] += 1
        return _last(503, f"{why}; send it again", {"retry-after": "1"})


def _last(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """Returns an answer after which the connection is closed: what is still under way on it is not worth reading."""
    return PlainTextResponse(f"{why}\n", status, headers={"connection": "close", **(headers or {})})


class _Publisher(Connection):
    """A connection that knows whose certificate it was opened with."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        name = name_of(tls.getpeercert() if tls is not None else None)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["yangbeam.publisher"] = name
            await inner(scope, receive, send)

        self.app = app


class HttpsServer(uvicorn.Server):
    """The server; ``serve(sockets=[bind(settings)])`` runs it until ``should_exit``. Leaves signals alone.

    Args:
        settings: Where, whom and how much.
        taker: Where requests go.

    Raises:
        ConfigurationError: The certificates cannot be used.
    """

    def __init__(self, settings: HttpsSettings, taker: Taker) -> None:
        context = context_of(settings)
        self._door = Door(settings.allow)
        self._gate = Gate(settings.max_connections, min(settings.timeout_s, HANDSHAKE_S))
        self._counters = taker.counters
        for name in COUNTERS:
            self._counters.setdefault(name, 0)
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        config = uvicorn.Config(
            Starlette(routes=_Resources(settings, taker, self._door).routes()),
            http=partial(_Publisher, gate=self._gate),  # type: ignore[arg-type] # called like the class
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=max(round(settings.timeout_s), 1),
            timeout_notify=max(round(settings.timeout_s), 1),
            timeout_graceful_shutdown=round(GRACE_S),
            h11_max_incomplete_event_size=HEAD_OCTETS,
        )
        config.load()
        config.ssl = context
        super().__init__(config)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves on bound sockets, which are the server's from here on: they are closed when it ends, cancelled too."""
        listeners = [Listener(each, self._gate, self._counters, self._may_send) for each in sockets or ()]
        try:
            await super().serve([*listeners])
        finally:
            for server in getattr(self, "servers", ()):  # the framework's, once it has begun
                server.close()
            for listener in listeners:
                listener.close()
        await self._gate.leave(self.server_state.connections)

    def _may_send(self, host: str) -> bool:
        return bool(self._door.exporter(host))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the process."""
        yield
