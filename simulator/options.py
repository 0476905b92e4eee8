"""Decides what a simulation may be asked for, and refuses the rest before anything is sent."""

import inspect
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError
from yangbeam.simulator.habits import HABITS, Habit, habit_of
from yangbeam.simulator.wrappers import wrapper_for

MEDIA_TYPES = {"json": MediaType.JSON, "xml": MediaType.XML, "cbor": MediaType.CBOR}
CHANCES = ("loss", "incomplete", "corrupt", "duplicate", "reorder")
"""Faults of the network, at most one for each message."""
SMALLEST_SEGMENT = 64
LARGEST_SEGMENT = 65_507


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """What to simulate.

    Attributes:
        target: Where to send, ``ADDRESS:PORT``; loopback unless allow_remote.
        routers: How many routers; each has its own source address on loopback.
        habits: Kinds of routers, dealt to them in turn; the names are those of ``habits.HABITS``.
        rate: Messages a second of all routers together; 0: as fast as possible.
        duration_s: Seconds of updates; ``messages`` comes first.
        messages: Updates of all routers together; 0: as many as rate and duration give.
        subscriptions: For each router, in turn: interfaces, interfaces on change, sensors, sensors on change.
        interfaces: List entries, or edits, in each update.
        encoding: json, xml or cbor.
        wrapper: H1 to H11 (JSON, CBOR), X1, X2 (XML); empty: the habit's own.
        segment_size: Octets of the largest datagram, header included; 0: the habit's own.
        loss: Chance in [0, 1] that a message is lost.
        incomplete: Chance that one segment of it is lost; a message of one datagram is cut in two for it. A message
            is spared whose leftover segments could meet those of another message under the same id.
        corrupt: Chance that its octets are damaged, in the header or in the payload.
        duplicate: Chance that it arrives twice.
        reorder: Chance that up to three later ones overtake it.
        invalid: Chance that an update's contents break the YANG schema.
        restarts: How often each router restarts: counters start anew, no farewell.
        schema_changes: How often each router's YANG library changes: subscription-modified with a new content-id.
        new_revision: Revision that the first module takes at a schema change; empty: only the content-id changes.
        suspensions: How often a subscription of each router is suspended, and resumed six updates later.
        announce: Send subscription-started at the beginning, -terminated at the end; False: as if they had been missed.
        injure_state: Let network faults hit state notifications, too; else only updates.
        first_number: First message id of every router's counters, to try wrap-around; None: the habit's own.
        seed: Same seed, same options, same start: same datagrams.
        start_us: Event time of the first message, microseconds since the Unix epoch; None: now.
        first_address: Source address of the first router; the others follow.
        truth: File to write the truth to, as JSON lines.
        fast: For load: send prepared datagrams, in which only the numbers change; no faults, no truth.
        allow_remote: Let it send beyond loopback.
        https: Publish by HTTPS-notif; of the network's faults only duplicate and reorder are left.
        path: Before the receiver's resources, like ``/yang``; for https.
        ca_file: Certificates (PEM) that sign the receiver's; for https.
        certificate: The routers' own certificate (PEM), where the receiver asks for one; for https.
        key: Its private key (PEM).
        netconf_port: Also serve NETCONF over SSH on this TCP port of each router's address; 0: not. The login is
            ``yangbeam`` with the password ``simulated``, on loopback only.
        netconf_key: File of the routers' SSH host key, written if absent; None: one of this run.
        netconf_latency_s: Seconds that each get-schema takes.
        netconf_drops: Chance in [0, 1] that a NETCONF request ends its session.
        netconf_silent: Chance that a NETCONF request is never answered; 1: not even the hello.
        netconf_missing: Chance that a module of the YANG library is not to be had.
        netconf_wrong_revision: Chance that a module's text is of another revision.
        netconf_wrong_name: Chance that a module's text is another module's.
    """

    target: str = "127.0.0.1:10003"
    routers: int = 3
    habits: tuple[str, ...] = ("six-wind", "cisco-xr", "huawei-ne")
    rate: float = 100.0
    duration_s: float = 20.0
    messages: int = 0
    subscriptions: int = 2
    interfaces: int = 1
    encoding: str = "json"
    wrapper: str = ""
    segment_size: int = 0
    loss: float = 0.0
    incomplete: float = 0.0
    corrupt: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    invalid: float = 0.0
    restarts: int = 0
    schema_changes: int = 0
    new_revision: str = ""
    suspensions: int = 0
    announce: bool = True
    injure_state: bool = False
    first_number: int | None = None
    seed: int = 1
    start_us: int | None = None
    first_address: str = "127.0.1.1"
    truth: Path | None = None
    fast: bool = False
    allow_remote: bool = False
    https: bool = False
    path: str = ""
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    netconf_port: int = 0
    netconf_key: Path | None = None
    netconf_latency_s: float = 0.0
    netconf_drops: float = 0.0
    netconf_silent: float = 0.0
    netconf_missing: float = 0.0
    netconf_wrong_revision: float = 0.0
    netconf_wrong_name: float = 0.0

    def __post_init__(self) -> None:
        """Raises ConfigurationError on the first thing that cannot be done."""
        self._check_numbers()
        _require("encoding", self.encoding in MEDIA_TYPES, "json, xml or cbor")
        _require("habits", bool(self.habits) and not isinstance(self.habits, str), f"some of {', '.join(HABITS)}")
        for index in range(min(self.routers, len(self.habits))):
            wrapper_for(self.wrapper or self.habit(index).wrapper, self.media_type)
        self._check_addresses()
        self._check_https()
        self._check_netconf()
        if self.fast:
            plain = not (self.injures or self.invalid or self.restarts or self.schema_changes or self.suspensions)
            _require("fast", plain and self.truth is None, "without faults and truth")

    def _check_https(self) -> None:
        if self.https:
            _require("fast", not self.fast, "without https")
            _require("loss", not (self.loss or self.incomplete or self.corrupt), "0 with https, as TCP mends it")
            _require("ca_file", self.ca_file is not None, "a file, with https")
            _require("path", not self.path or (self.path[0] == "/" and self.path[-1] != "/"), "like /yang")

    def _check_netconf(self) -> None:
        for name in ("drops", "silent", "missing", "wrong_revision", "wrong_name"):
            _require(f"netconf_{name}", 0 <= getattr(self, f"netconf_{name}") <= 1, "in [0, 1]")
        _require("netconf_port", 0 <= self.netconf_port < 1 << 16, "in [0, 65535]")
        _require("netconf_latency_s", self.netconf_latency_s >= 0, "0 or more")
        address, _ = self.destination
        _require("netconf_port", not self.netconf_port or address.is_loopback, "0 beyond loopback")

    def _check_numbers(self) -> None:
        for name, lowest in (("routers", 1), ("subscriptions", 1), ("interfaces", 1), ("messages", 0)):
            _require(name, getattr(self, name) >= lowest, f"{lowest} or more")
        for name in ("rate", "duration_s", "restarts", "schema_changes", "suspensions"):
            _require(name, getattr(self, name) >= 0, "0 or more")
        for name in (*CHANCES, "invalid"):
            _require(name, 0 <= getattr(self, name) <= 1, "in [0, 1]")
        _require("loss", self.injures <= 1, f"at most 1 together with {', '.join(CHANCES[1:])}")
        _require("rate", self.rate > 0 or self.messages > 0, "above 0 unless messages says how many")
        sizes = self.segment_size == 0 or SMALLEST_SEGMENT <= self.segment_size <= LARGEST_SEGMENT
        _require("segment_size", sizes, f"0 or in [{SMALLEST_SEGMENT}, {LARGEST_SEGMENT}]")
        _require("first_number", self.first_number is None or 0 <= self.first_number < 1 << 32, "in [0, 2**32)")

    def _check_addresses(self) -> None:
        address, _ = self.destination
        if not (address.is_loopback or self.allow_remote):
            raise ConfigurationError("remote_target", f"{self.target} is not loopback; allow_remote lets it send there")
        _require("routers", address.version == 4 or self.routers == 1, "1 over IPv6: loopback has one address there")
        _require("first_address", isinstance(_address(self.first_address), IPv4Address), "an IPv4 address")

    @property
    def injures(self) -> float:
        """Returns the chance that the network injures a message."""
        return sum(getattr(self, name) for name in CHANCES)

    @property
    def media_type(self) -> MediaType:
        """Returns the media type of every payload."""
        return MEDIA_TYPES[self.encoding]

    @property
    def destination(self) -> tuple[IPv4Address | IPv6Address, int]:
        """Returns address and port of the target.

        Raises:
            ConfigurationError: It is not ``ADDRESS:PORT``.
        """
        host, _, port = self.target.rpartition(":")
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
            raise ConfigurationError("setting", f"target is {self.target!r}: valid is ADDRESS:PORT")
        return _address(host.strip("[]")), int(port)

    @property
    def updates(self) -> int:
        """Returns how many updates all routers send together."""
        return self.messages or int(self.rate * self.duration_s)

    def habit(self, router: int) -> Habit:
        """Returns the habit of a router, by its index from 0."""
        return habit_of(self.habits[router % len(self.habits)])

    def exporter(self, router: int) -> str:
        """Returns the source address of a router on loopback."""
        address, _ = self.destination
        return str(address if address.version == 6 else _address(self.first_address) + router)


def help_of(option: str) -> str:
    """Returns what an option of SimulateOptions means, in one line, for a command's help.

    >>> help_of("interfaces")
    'List entries, or edits, in each update.'
    """
    entry = rf"^ +{option}: (.*(?:\n {{8}}.*)*)"  # as inspect.cleandoc, and Python from 3.13 on, indent it
    described = re.search(entry, inspect.getdoc(SimulateOptions) or "", re.MULTILINE)
    return " ".join(described[1].split()) if described else ""


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise ConfigurationError("setting", f"{text!r} is no IP address") from error


def _require(name: str, holds: bool, valid: str) -> None:  # noqa: FBT001  the condition is the argument
    if not holds:
        raise ConfigurationError("setting", f"{name}: valid is {valid}")
