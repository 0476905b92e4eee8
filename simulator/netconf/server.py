"""SSH servers of simulated routers on loopback, with the subsystem ``netconf`` (RFC 6242), one address each.

All are served by one process; each session has a thread. They accept one password, which is no secret: it protects
nothing, and nothing but loopback is listened on.
"""

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final, Self

import paramiko

from yangbeam.core.errors import ConfigurationError, WireError
from yangbeam.core.netconf_framing import BASE_1_1, Deframer, framed
from yangbeam.simulator.netconf.answers import MAX_REQUEST_BYTES, answer, hello, is_farewell
from yangbeam.simulator.netconf.equipment import Equipment
from yangbeam.simulator.netconf.faults import NetconfFaults, Wrong

USERNAME: Final = "yangbeam"
PASSWORD: Final = "simulated"  # noqa: S105 - documented, and of loopback only
BACKLOG: Final = 64
# Clients come and go as they please; that is nobody's error here.
logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)

_GONE: Final = (paramiko.SSHException, EOFError, OSError, WireError)
"""What a client that went away, or speaks nonsense, looks like."""
TICK_S: Final = 0.2
"""How long the accepting thread sleeps between looks at whether it is to end."""


@dataclass(frozen=True, kw_only=True)
class NetconfOptions:
    """How the routers serve.

    Attributes:
        port: TCP port, the same on each address; 0: any that is free on all of them.
        faults: What is wrong with them.
        chunked: They speak base 1.1 with who knows it; else base 1.0 only.
        host_key: File of the host key, written if absent; None: a key of this run.
    """

    port: int = 0
    faults: NetconfFaults = field(default_factory=NetconfFaults)
    chunked: bool = True
    host_key: Path | None = None


class NetconfServers:
    """Serves routers until closed; a context manager.

    Args:
        routers: Address to equipment; addresses of loopback only.
        options: How.
        sleep: Waits out the latency.

    Attributes:
        port: Where they listen.
        asked: How many get-schema each module was asked for, by all routers together.
        sessions: How many sessions were opened.

    Raises:
        ConfigurationError: An address or port cannot be used.
    """

    def __init__(
        self,
        routers: Mapping[str, Equipment],
        options: NetconfOptions | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.routers = dict(routers)
        self.options = options or NetconfOptions()
        self.asked = 0
        self.sessions = 0
        self.key = host_key(self.options.host_key)
        self.sleep = sleep
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._transports: set[paramiko.Transport] = set()
        self._sockets = _listen(list(routers), self.options.port)
        self.port = next(iter(self._sockets)).getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="netconf", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def known_hosts(self) -> str:
        """Returns the lines that a client's file of known hosts needs."""
        return known_hosts(self.key, self.routers, self.port)

    def close(self) -> None:
        """Ends all sessions; closing twice is harmless."""
        self._closing.set()
        self._thread.join(10)
        with self._lock:
            transports, self._transports = self._transports, set()
        for transport in transports:
            transport.close()

    def _accept(self) -> None:
        selector = selectors.DefaultSelector()
        for listening in self._sockets:
            selector.register(listening, selectors.EVENT_READ)
        while not self._closing.is_set():
            for key, _ in selector.select(TICK_S):
                with contextlib.suppress(OSError):
                    connection, _ = key.fileobj.accept()  # type: ignore[union-attr] # a socket, as registered
                    address = connection.getsockname()[0]
                    threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()
        selector.close()
        for listening in self._sockets:
            listening.close()

    def _serve(self, connection: socket.socket, address: str) -> None:
        transport = paramiko.Transport(connection)
        with self._lock:
            self._transports.add(transport)
        try:
            transport.add_server_key(self.key)
            transport.start_server(server=_Login(self, address))
            transport.join()
        except _GONE:
            pass
        finally:
            transport.close()
            with self._lock:
                self._transports.discard(transport)

    def talk(self, channel: Any, address: str) -> None:
        """Holds one session."""
        with self._lock:
            self.sessions += 1
            number = next(self._numbers)
        with contextlib.suppress(*_GONE):
            _Session(self, channel, address, number).hold()
        with contextlib.suppress(*_GONE):
            channel.close()

    def count_schema(self) -> None:
        """Counts one get-schema."""
        with self._lock:
            self.asked += 1


def known_hosts(key: Any, addresses: Iterable[str], port: int) -> str:
    """Returns the lines of a file of known hosts for servers with one key."""
    return "".join(f"[{address}]:{port} {key.get_name()} {key.get_base64()}\n" for address in addresses)


class _Session:
    """One client's session with one router."""

    def __init__(self, servers: NetconfServers, channel: Any, address: str, number: int) -> None:
        self._servers = servers
        self._channel = channel
        self._address = address
        self._number = number
        self._faults = servers.options.faults
        self._rng = Random(f"{self._faults.seed}/{address}/{number}")  # noqa: S311  repeatable, not secret
        self._frames = Deframer(MAX_REQUEST_BYTES)
        self._greeted = False

    def hold(self) -> None:
        if self._faults.silent >= 1:
            self._wait_for_end()
            return
        chunked = self._servers.options.chunked
        self._channel.sendall(
            framed(hello(self._servers.routers[self._address], self._number, chunked=chunked), chunked=False)
        )
        while octets := self._channel.recv(65_536):
            for message in self._frames.feed(octets):
                if not self._take(message):
                    return

    def _take(self, message: bytes) -> bool:
        """Answers one message; False ends the session."""
        if not self._greeted:
            self._greeted = True
            self._frames.chunked = self._servers.options.chunked and BASE_1_1.encode() in message
            return True
        wrong = self._faults.of_request(self._rng)
        if wrong is Wrong.DROP and not is_farewell(message):
            return False
        if wrong is Wrong.SILENCE:
            return True
        if b"get-schema" in message:
            self._servers.count_schema()
            self._servers.sleep(self._faults.latency_s)
        reply = answer(message, self._servers.routers[self._address], self._faults)
        self._channel.sendall(framed(reply, chunked=self._frames.chunked, octets=self._faults.chunk))
        return not is_farewell(message)

    def _wait_for_end(self) -> None:
        while self._channel.recv(65_536):
            pass


class _Login(paramiko.ServerInterface):  # type: ignore[misc] # paramiko has no types
    """Lets the one user in, to the one subsystem."""

    def __init__(self, servers: NetconfServers, address: str) -> None:
        self._servers = servers
        self._address = address

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's interface
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == (USERNAME, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's interface
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_subsystem_request(self, channel: Any, name: str) -> bool:
        if name != "netconf":
            return False
        threading.Thread(target=self._servers.talk, args=(channel, self._address), daemon=True).start()
        return True


def _listen(addresses: list[str], port: int) -> list[socket.socket]:
    """Binds one port on all addresses; where any will do, tries until one is free on all."""
    for address in addresses:
        if not ip_address(address).is_loopback:
            raise ConfigurationError("remote_address", f"simulated routers serve NETCONF on loopback, not on {address}")
    for attempt in range(20):
        opened: list[socket.socket] = []
        chosen = port
        try:
            for address in addresses:
                opened.append(_bound(address, chosen))
                chosen = opened[0].getsockname()[1]
        except OSError as error:
            for each in opened:
                each.close()
            if port or attempt == 19:
                raise ConfigurationError("netconf_port", f"cannot listen on port {chosen}: {error}") from error
        else:
            return opened
    raise AssertionError  # the loop returns or raises


def _bound(address: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((address, port))
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def host_key(path: Path | None) -> Any:
    """Returns the host key in a file, written if absent; None: one that is kept nowhere."""
    # An RSA key would take a second to make.
    if path is not None and path.is_file():
        return paramiko.ECDSAKey.from_private_key_file(str(path))
    key = paramiko.ECDSAKey.generate()
    if path is not None:
        key.write_private_key_file(str(path))
    return key
