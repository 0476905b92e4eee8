"""Serves the registry's application on a socket until it is told to end: TLS, and requests under way are finished."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import orjson
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.io.https.connections import Connection, Gate, Listener
from yangbeam.registry.service.negotiation import OWN

GRACE_S: Final = 10
"""How long requests under way may take after SIGTERM."""
MAX_CONNECTIONS: Final = 1_000
HEAD_S: Final = 30
"""From a connection, or the request before, to the end of a request's head at most."""
HEAD_OCTETS: Final = 65_536
"""Of a request's head at most."""


class ServeError(YangbeamError):
    """The address or the certificate cannot be used."""

    fault = Fault.ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Tls:
    """How connections are encrypted.

    Attributes:
        certificate: Our own, with those that sign it (PEM).
        key: Its private key (PEM).
        key_password: Of the key.
        client_ca: Certificates that sign clients'; given, clients must show one.
    """

    certificate: Path
    key: Path
    key_password: SecretStr | None = None
    client_ca: Path | None = None


def bind(host: str, port: int) -> socket.socket:
    """Binds the socket; port 0 takes a free one.

    Raises:
        ServeError: It cannot be bound.
    """
    with ExitStack() as on_error:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            bound = on_error.enter_context(socket.socket(family, kind, protocol))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError as error:
            raise ServeError(
                "registry-listen",
                f"cannot listen on {host} port {port}: {error.strerror or error}; free it or choose another",
            ) from error
        on_error.pop_all()
    return bound


def serve(app: Starlette, bound: socket.socket, tls: Tls | None = None) -> None:
    """Serves until SIGTERM or SIGINT; what is under way is finished, for GRACE_S at most. The socket is closed then.

    Raises:
        ServeError: The certificate cannot be used.
    """
    with bound, _ending_quietly():
        server = _server(app, tls)
        server.run(sockets=[server.listening(bound)])


@contextmanager
def _ending_quietly() -> Iterator[None]:
    """Lets the signals that end the server end only the server: uvicorn raises them again when it is done."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def serving(app: Starlette, bound: socket.socket, tls: Tls | None = None) -> Iterator[str]:
    """Serves in a thread while it is entered, and yields the URL. The socket is closed then.

    Raises:
        ServeError: The certificate cannot be used, or the server does not start.
    """
    with bound:
        yield from _serving(app, bound, tls)


def _serving(app: Starlette, bound: socket.socket, tls: Tls | None) -> Iterator[str]:
    server = _server(app, tls)
    host, port = bound.getsockname()[:2]
    ready = threading.Event()
    thread = threading.Thread(target=lambda: _run(server, bound, ready.set), name="registry", daemon=True)
    thread.start()
    try:
        if not ready.wait(GRACE_S) or not server.started:
            raise ServeError("registry-start", "the registry does not start; see its log")
        shown = f"[{host}]" if ":" in host else host
        yield f"{'https' if tls else 'http'}://{shown}:{port}"
    finally:
        server.should_exit = True
        thread.join(GRACE_S + 1)


def _run(server: "_Server", bound: socket.socket, ready: Callable[[], None]) -> None:
    server.on_start = ready
    try:
        server.run(sockets=[server.listening(bound)])
    finally:
        ready()


class _Connection(Connection):
    """A connection whose refusal of what is no HTTP is JSON, as every other answer is."""

    def send_400_response(self, msg: str) -> None:
        """Answers 400 and ends the connection."""
        body = orjson.dumps({"error_code": 400, "message": f"HTTP 400 Bad Request: {msg}"})
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: {OWN}\r\ncontent-length: {len(body)}\r\nconnection: close"
        self.transport.write(head.encode() + b"\r\n\r\n" + body)
        self.transport.close()


class _Server(uvicorn.Server):
    on_start: Callable[[], None] | None = None
    on_stop: Callable[[], None] | None = None

    def __init__(self, config: uvicorn.Config, gate: Gate) -> None:
        super().__init__(config)
        self._gate = gate
        self._turned_away: dict[str, int] = {}

    def listening(self, bound: socket.socket) -> Listener:
        """Returns the socket, with limits of connections."""
        return Listener(bound, self._gate, self._turned_away, lambda _: True)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.on_start is not None:
            self.on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.on_stop is not None:
            self.on_stop()  # who waits for what may take long is told to come again
        await super().shutdown(sockets)
        await self._gate.leave(self.server_state.connections)


def _server(app: Starlette, tls: Tls | None) -> _Server:
    gate = Gate(MAX_CONNECTIONS)
    config = uvicorn.Config(
        app,
        http=partial(_Connection, gate=gate),  # type: ignore[arg-type] # called like the class
        ws="none",
        timeout_notify=HEAD_S,
        h11_max_incomplete_event_size=HEAD_OCTETS,
        lifespan="on",
        log_config=None,  # the command's own
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who asks is not decided by what a request says of itself
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=str(tls.certificate) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
        ssl_keyfile_password=tls.key_password.get_secret_value() if tls and tls.key_password else None,
        ssl_ca_certs=str(tls.client_ca) if tls and tls.client_ca else None,
        ssl_cert_reqs=2 if tls and tls.client_ca else 0,  # ssl.CERT_REQUIRED, ssl.CERT_NONE
    )
    try:
        config.load()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ServeError("registry-tls", f"the certificate or its key cannot be used: {error}") from None
    server = _Server(config, gate)
    server.on_stop = getattr(app.state, "stop", None)
    return server
