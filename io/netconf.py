"""A NETCONF session to a node over SSH (RFC 6241, RFC 6242): host keys checked, every wait bounded, every size too.

ncclient carries the session; three of its ways are changed here. It looks for known hosts in the user's home only; the
file is the operator's choice. Its reader of chunks costs the square of a message's length and fails on a character cut
in two; ``core.netconf_framing`` reads instead. It sends a request only when the last one was answered or a tenth of a
second has passed; so requests are queued, several at a time, and a node that works never waits for us.
"""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree
from ncclient import NCClientError
from ncclient.devices.default import DefaultDeviceHandler
from ncclient.operations.rpc import RPC
from ncclient.transport.errors import AuthenticationError, SSHUnknownHostError
from ncclient.transport.parser import DefaultXMLParser
from ncclient.transport.session import NetconfBase
from ncclient.transport.ssh import SSHSession
from paramiko import HostKeys

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.netconf_answers import refusal_in, tidied_hello
from yangbeam.core.netconf_framing import Deframer
from yangbeam.core.yang.yang_library_xml import MAX_LIBRARY_BYTES, parsed_xml

BASE: Final = "urn:ietf:params:xml:ns:netconf:base:1.0"
MONITORING: Final = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
_MONITORING: Final[Any] = {None: MONITORING}
PORT: Final = 830
MAX_REPLY_BYTES: Final = MAX_LIBRARY_BYTES
FAREWELL_S: Final = 1.0
"""How long the answer to close-session is awaited."""
LOOK_S: Final = 0.2
"""Between looks at whether a session lives: what is asked while it dies is not told."""
_CURVES: Final = tuple(f"ecdsa-sha2-nistp{bits}" for bits in (256, 384, 521))
_ALGORITHMS: Final = {
    "ssh-ed25519": ("ssh-ed25519",),
    **{curve: (curve,) for curve in _CURVES},
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""By type of a host key the algorithms that prove it, best first (RFC 8709, RFC 5656, RFC 8332)."""
_SCANNED: Final = {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa", **dict.fromkeys(_CURVES, "ecdsa")}
"""What ssh-keyscan calls the types of host keys."""

# What goes wrong is told by the errors below; the libraries would print tracebacks beside them.
for _name in ("ncclient", "paramiko"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class NetconfError(YangbeamError):
    """What went wrong between the collector and a node.

    Attributes:
        transient: Trying again may help.
    """

    fault = Fault.ENVIRONMENT

    def __init__(self, reason: str, detail: str, *, transient: bool = False, fault: Fault | None = None) -> None:
        super().__init__(reason, detail)
        self.transient = transient
        self.fault = fault or self.fault


@dataclass(frozen=True, slots=True)
class NetconfTarget:
    """Where a node's NETCONF server is, and how to log in.

    Attributes:
        host: Address or name.
        port: TCP port.
        username: Login; empty: that of this process.
        known_hosts: File of known host keys as OpenSSH writes it; empty: the user's own.
        key_file: Private key; empty: the password, else the user's agent and keys.
        password: Password, or the passphrase of the key.
        connect_s: Seconds until the session stands, from TCP to the hello.
        reply_s: Seconds until a request is answered.
    """

    host: str
    port: int = PORT
    username: str = ""
    known_hosts: str = ""
    key_file: str = ""
    password: str = field(default="", repr=False)
    connect_s: float = 10.0
    reply_s: float = 30.0

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.host} port {self.port}"


class PendingReply:
    """An answer that is awaited."""

    def __init__(self, target: NetconfTarget, request: Any) -> None:
        self._target = target
        self._request = request

    def data(self) -> etree._Element:
        """Waits for the answer and returns its element.

        Raises:
            NetconfError: ``netconf-refused``: the node answered with an rpc-error, or with warnings alone.
                ``netconf-timeout``, ``netconf-dropped``: it did not answer; the session is of no more use.
            SchemaError: The answer is no XML, or too much.
        """
        if not self._came():
            raise _died(self._target, "netconf-timeout", f"did not answer within {self._target.reply_s:g} s")
        if self._request.error is not None:
            raise _died(self._target, "netconf-dropped", f"ended the session: {_words(self._request.error)}")
        reply = parsed_xml(self._request.reply.xml.encode(), MAX_REPLY_BYTES, f"an answer of {self._target.name}")
        refused = refusal_in(reply)
        if refused is not None:
            raise NetconfError("netconf-refused", f"{self._target.name} refuses: {_said(refused)}", fault=Fault.DEVICE)
        return reply

    def _came(self) -> bool:
        event, session = self._request.event, self._request.session
        until = time.monotonic() + self._target.reply_s
        while (left := until - time.monotonic()) > 0 and not event.wait(min(left, LOOK_S)):
            if not session.is_alive() and not event.is_set():
                raise _died(self._target, "netconf-dropped", "ended the session")
        return event.is_set()


class NetconfSession:
    """One open session; used by one thread at a time.

    Args:
        target: The node.

    Raises:
        NetconfError: It does not come to stand; the message says why and what to do.
    """

    def __init__(self, target: NetconfTarget) -> None:
        self.target = target
        self._handler = _Handler()
        self._session = _opened(target, self._handler)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the node's hello named."""
        return tuple(self._session.server_capabilities)

    def get(self, *subtrees: str) -> bytes:
        """Returns the answer to a ``<get>`` of some subtrees, as XML.

        Args:
            subtrees: Top elements of the filter, as XML.

        Raises:
            NetconfError: See ``PendingReply.data``.
        """
        get = etree.Element(f"{{{BASE}}}get")
        chosen = etree.SubElement(get, f"{{{BASE}}}filter", type="subtree")
        for subtree in subtrees:
            chosen.append(etree.fromstring(subtree))
        return etree.tostring(self._ask(get).data())

    def ask_schema(self, name: str, revision: str) -> PendingReply:
        """Asks for a module's text (RFC 6022 section 3.1), without waiting; several may be on their way."""
        # A format would be right too, but some servers refuse the identity they themselves default to.
        wanted = etree.Element(f"{{{MONITORING}}}get-schema", nsmap=_MONITORING)
        etree.SubElement(wanted, f"{{{MONITORING}}}identifier").text = name
        if revision:
            etree.SubElement(wanted, f"{{{MONITORING}}}version").text = revision
        return self._ask(wanted)

    def close(self) -> None:
        """Says farewell and ends the session; closing twice is harmless."""
        session, self._session = self._session, None
        if session is None:
            return
        with contextlib.suppress(NCClientError):  # it may die at any moment
            farewell = _Request(session, self._handler, async_mode=True)
            farewell.request(etree.Element(f"{{{BASE}}}close-session"))
            farewell.event.wait(FAREWELL_S)
        session.close()

    def _ask(self, element: etree._Element) -> PendingReply:
        request = _Request(self._session, self._handler, async_mode=True)
        try:
            request.request(element)
        except Exception as error:  # noqa: BLE001 - ncclient names no base for what a dead session raises
            request.deliver_error(error)
        return PendingReply(self.target, request)


class _Request(RPC):
    """Any request; its answer is left as text."""

    def request(self, element: etree._Element) -> Any:
        return self._request(element)


class _Reader(DefaultXMLParser):
    """Reads frames in place of ncclient's parser."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self._messages_of = Deframer(MAX_REPLY_BYTES)
        self._owner = session
        self._is_greeted = False

    def parse(self, data: bytes) -> None:
        self._messages_of.chunked = self._owner._base == NetconfBase.BASE_11  # noqa: SLF001 - told nowhere else
        for message in self._messages_of.feed(data):
            text = message.decode(errors="replace")
            text, self._is_greeted = text if self._is_greeted else tidied_hello(text, MAX_REPLY_BYTES), True
            self._owner._dispatch_message(text)  # noqa: SLF001 - as its own parser does


class _Handler(DefaultDeviceHandler):
    def get_xml_parser(self, session: Any) -> Any:
        """Keeps the reader that the session began with."""
        return session.parser

    def handle_raw_dispatch(self, raw: str) -> Any:
        """Ends the requests that wait: what is no XML answers none of them."""
        return ValueError(f"what came is no XML: {raw[:100]!r}")


class _KnownHosts(HostKeys):
    """The known keys; ncclient offers a node the algorithms that ``lookup`` names, in their order.

    Its own way would be to offer the types that stand in the file and nothing else: a node known by another type shows
    no key at all, and one known by RSA none either, as "ssh-rsa" is no algorithm any more (RFC 8332).
    """

    def known(self, hostname: str) -> dict[str, Any]:
        """Returns the keys of a host by type."""
        return dict(super().lookup(hostname) or {})

    def lookup(self, hostname: str) -> Any:
        """Returns the algorithms to offer: those of the known keys, then all others; None: the host is not known."""
        known = self.known(hostname)
        if not known:
            return None
        own = [algorithm for kind in known for algorithm in _ALGORITHMS.get(kind, ())]
        return dict.fromkeys([*own, *(other for others in _ALGORITHMS.values() for other in others)])

    def check(self, hostname: str, key: Any) -> bool:
        """Says whether this very key is known."""
        known = self.known(hostname).get(key.get_name())
        return known is not None and bool(known.asbytes() == key.asbytes())


class _Session(SSHSession):
    """A session whose known hosts are those of a file of the operator's choice."""

    def __init__(self, handler: _Handler, known_hosts: str) -> None:
        super().__init__(handler)
        self._host_keys = _KnownHosts()
        self.parser = _Reader(self)
        self._known_hosts = known_hosts

    def load_known_hosts(self, filename: str | None = None) -> None:
        if self._known_hosts:
            self._host_keys.load(self._known_hosts)
        else:
            super().load_known_hosts(filename)

    def known(self, host: str, port: int) -> dict[str, list[str]]:
        """Returns the types of key by which this host is known, under each name that has some."""
        found = {name: self._host_keys.known(name) for name in (host, f"[{host}]:{port}")}
        return {name: sorted(keys) for name, keys in found.items() if keys}


def _opened(target: NetconfTarget, handler: _Handler) -> Any:
    if target.known_hosts and not Path(target.known_hosts).is_file():
        raise NetconfError(
            "netconf-known-hosts",
            f"there is no file of known hosts {target.known_hosts}: {_keyscan(target)}",
            fault=Fault.CONFIGURATION,
        )
    try:
        channel = socket.create_connection((target.host, target.port), target.connect_s)
    except OSError as error:
        what = f"cannot reach {target.name} by TCP: {error}; is its address for management another one?"
        raise NetconfError("netconf-unreachable", what, transient=True) from None
    session = _Session(handler, target.known_hosts)
    # Neither key exchange nor login takes a time limit: a timer takes the socket away.
    timer = threading.Timer(target.connect_s, channel.close)
    timer.daemon = True
    timer.start()
    try:
        _connect(session, target, channel)
    except Exception as error:  # noqa: BLE001 - paramiko and ncclient raise whatever meets them; each is told
        told = _told(target, session, error, late=not timer.is_alive())
        if session.transport:
            session.close()
        channel.close()
        raise told from None
    finally:
        timer.cancel()
    return session


def _connect(session: _Session, target: NetconfTarget, channel: socket.socket) -> None:
    own = not (target.key_file or target.password)
    session.connect(
        target.host,
        target.port,
        timeout=target.connect_s,
        username=target.username or None,
        password=target.password or None,
        key_filename=target.key_file or None,
        allow_agent=own,
        look_for_keys=own,
        sock=channel,
    )


def _told(target: NetconfTarget, session: _Session, error: Exception, *, late: bool) -> NetconfError:
    """Returns what an operator can act on."""
    if isinstance(error, SSHUnknownHostError):
        key = session.transport.get_remote_server_key()
        return _unproven(target, session.known(target.host, target.port), key.get_name(), key.fingerprint)
    if isinstance(error, AuthenticationError):
        how = f"with the key {target.key_file}" if target.key_file else "with the password" if target.password else ""
        what = f"{target.name} refuses the login {target.username or 'of this user'} {how}: {_words(error)}"
        return NetconfError("netconf-login", what, fault=Fault.CONFIGURATION)
    if late or "timed out" in str(error):
        return _died(target, "netconf-timeout", f"opened no session within {target.connect_s:g} s")
    return _died(target, "netconf-no-session", f"opens no NETCONF session: {_words(error)}")


def _unproven(target: NetconfTarget, known: dict[str, list[str]], kind: str, fingerprint: str) -> NetconfError:
    """Returns the error of a host key that is not among the known ones: new, changed, or the first of its type."""
    changed = [name for name, kinds in known.items() if kind in kinds]
    others = sorted({other for kinds in known.values() for other in kinds})
    if changed:
        what = "has another host key than the known one"
    elif others:
        what = f"is known by a host key of another type ({', '.join(others)}) than the one it shows"
    else:
        what = "has a host key that is not known"
    reason = "netconf-host-key-changed" if changed else "netconf-host-key-unknown"
    shown = f"{target.name} {what}: {kind} {fingerprint}; {_keyscan(target, kind, changed)}"
    return NetconfError(reason, shown, fault=Fault.CONFIGURATION)


def _keyscan(target: NetconfTarget, kind: str = "", changed: Sequence[str] = ()) -> str:
    """Returns how a key gets into the file: of the type that the node shows, in the place of one that changed."""
    where = target.known_hosts or "~/.ssh/known_hosts"
    forget = "".join(f"ssh-keygen -f {where} -R '{name}' && " for name in changed)
    of_type = f"-t {_SCANNED[kind]} " if kind in _SCANNED else ""
    return f"compare with the node's own, then: {forget}ssh-keyscan {of_type}-p {target.port} {target.host} >> {where}"


def _died(target: NetconfTarget, reason: str, what: str) -> NetconfError:
    return NetconfError(reason, f"{target.name} {what}", transient=True, fault=Fault.DEVICE)


def _words(error: object) -> str:
    """What an error says, in one line; ncclient appends what it had received."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def _said(refused: etree._Element) -> str:
    found = {str(etree.QName(leaf).localname): (leaf.text or "").strip() for leaf in refused.iterchildren("{*}*")}
    return ", ".join(found[key][:200] for key in ("error-tag", "error-message") if found.get(key)) or "no reason given"
