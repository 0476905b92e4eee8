"""Where messages come from: sockets, HTTPS servers or capture files, and the limits that protect the collector."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.udp_notif import LastBit, UdpNotifSettings
from yangbeam.core.unheard import UNHEARD_PER_S
from yangbeam.pipeline.config.topics import TopicSource
from yangbeam.pipeline.config.types import Flag, InputFile, Port, Prefix, Section, Text, problem

DEFAULT_PORT = 10_003
"""IANA has assigned none; this one is common in the field's captures."""
DEFAULT_HTTPS_PORT = 8443
"""The draft names none."""


_Octets = Annotated[int, Field(strict=True, ge=65_536, le=1 << 36)]
_Messages = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]


class Reassembly(Section):
    """Limits on what is kept of messages that came in part (draft-ietf-netconf-udp-notif-26 section 4.1)."""

    max_segments: Annotated[int, Field(strict=True, ge=1, le=32_768)] = 256
    """Segments of one message; the draft asks for 64 at least, real routers send 183."""
    max_message_bytes: _Octets = 16 * 1024 * 1024
    """Octets of one message."""
    max_exporter_bytes: _Octets = 32 * 1024 * 1024
    """Octets of incomplete messages kept of one exporter; beyond it the oldest are given up."""
    max_bytes: _Octets = 256 * 1024 * 1024
    """Octets of incomplete messages kept in all."""
    max_exporter_messages: _Messages = 1_024
    """Incomplete messages kept of one exporter."""
    max_messages: _Messages = 16_384
    """Incomplete messages kept in all."""
    timeout_s: Annotated[float, Field(strict=True, ge=0.001, le=20, allow_inf_nan=False)] = 10.0
    """How long a message may stay incomplete; the draft allows 20 s at most."""

    def limits(self) -> ReassemblyLimits:
        """Returns the limits as the codec takes them."""
        return ReassemblyLimits(
            max_segments=self.max_segments,
            max_message_bytes=self.max_message_bytes,
            max_exporter_bytes=self.max_exporter_bytes,
            max_bytes=self.max_bytes,
            max_exporter_messages=self.max_exporter_messages,
            max_messages=self.max_messages,
            timeout_us=round(self.timeout_s * 1_000_000),
        )


class Dialect(Section):
    """What to do where the draft leaves a choice, or routers leave the draft."""

    unknown_options: Literal["discard", "keep"] = "discard"
    """What becomes of a message with an option that is not known; the draft says discard."""
    version_0: Flag = False
    """Read version 0 in the layout of version 1, as some routers send."""
    private_media_types: tuple[Annotated[int, Field(strict=True, ge=0, le=15)], ...] = ()
    """Private media types to accept, by number; their messages still need a decoder of their own."""
    last_bit: Literal["standard", "detect", "top"] = "standard"
    """Where the last-segment flag stands: the lowest bit, as the draft says; found out; or the highest bit."""

    def settings(self) -> UdpNotifSettings:
        """Returns the dialect as the codec takes it."""
        return UdpNotifSettings(
            keep_unknown_options=self.unknown_options == "keep",
            version_0=self.version_0,
            private_media_types=frozenset(self.private_media_types),
            last_bit=LastBit(self.last_bit),
        )


class UdpNotif(Section):
    """A socket that receives UDP-notif (draft-ietf-netconf-udp-notif-26)."""

    kind: Literal["udp-notif"] = "udp-notif"
    """A live socket."""
    host: Text = "127.0.0.1"
    """Address to bind to; every address but loopback asks for `allow`."""
    port: Port = DEFAULT_PORT
    """UDP port to bind to; 0 takes a free one and prints it."""
    allow: tuple[Prefix, ...] = ()
    """Prefixes that publishers may send from; anything else is dropped and counted. Empty: loopback only."""
    receive_buffer_bytes: Annotated[int, Field(strict=True, ge=65_536, le=1 << 30)] = 16 * 1024 * 1024
    """Kernel receive buffer asked for; the kernel's own limit (net.core.rmem_max) still decides, and is reported."""
    receivers: Annotated[int, Field(strict=True, ge=1, le=64)] = 1
    """Receiving processes that share the port (SO_REUSEPORT)."""
    unheard_per_s: Annotated[int, Field(strict=True, ge=100, le=1_000_000)] = UNHEARD_PER_S
    """Exporters that were not heard before and are let in, a second, by each receiver; 100,000 more at once, as at a
    start. Datagrams of others are refused (`too-many-new-exporters`) and counted together."""
    dialect: Dialect = Field(default_factory=Dialect)
    """What to do where the draft leaves a choice, or routers leave the draft."""
    reassembly: Reassembly = Field(default_factory=Reassembly)
    """Limits on incomplete messages."""

    @field_validator("host")
    @classmethod
    def _is_address(cls, host: str) -> str:
        return _address(host)

    @field_validator("allow")
    @classmethod
    def _is_denied_by_default(cls, allow: tuple[Prefix, ...], info: ValidationInfo) -> tuple[Prefix, ...]:
        return _named_if_open(allow, info)


class HttpsNotif(Section):
    """An HTTPS server that takes notifications (draft-ietf-netconf-https-notif-15)."""

    kind: Literal["https-notif"]
    """A live server."""
    host: Text = "127.0.0.1"
    """Address to bind to; every address but loopback asks for `allow`."""
    port: Port = DEFAULT_HTTPS_PORT
    """TCP port to bind to; 0 takes a free one and prints it."""
    path: Annotated[str, Field(strict=True, pattern=r"^(/[A-Za-z0-9._~-]+)*$", max_length=200)] = ""
    """What stands before `/capabilities` and `/relay-notification`, like `/yang`; publishers are given the same."""
    allow: tuple[Prefix, ...] = ()
    """Prefixes that publishers may send from; others are hung up on and counted. Empty: loopback only."""
    certificate_file: InputFile
    """Our certificate (PEM), with the chain."""
    key_file: InputFile
    """Its private key (PEM), without a password; readable by this user alone."""
    client_ca_file: InputFile | None = None
    """Certificates (PEM) that sign the publishers'; then each must show one. Absent: none is asked for."""
    publisher: Literal["address", "certificate"] = "address"
    """`certificate`: the publisher id comes from the name in its certificate, which tells publishers behind one
    address apart; needs `client_ca_file`."""
    receivers: Annotated[int, Field(strict=True, ge=1, le=64)] = 1
    """Serving processes that share the port; `run` takes one."""
    max_body_bytes: Annotated[int, Field(strict=True, ge=1_024, le=1 << 30)] = 16 * 1024 * 1024
    """Octets of one request; more is answered 413."""
    max_buffered_bytes: _Octets = 128 * 1024 * 1024
    """Octets of requests that are not handed on yet, in all; beyond it publishers are asked to come again (503)."""
    max_connections: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1_000
    """Connections at the same time; the next ones are hung up on, and counted."""
    timeout_s: Annotated[float, Field(strict=True, ge=0.1, le=600, allow_inf_nan=False)] = 30.0
    """For a request to arrive whole (else 408), and for a connection without one."""

    @field_validator("host")
    @classmethod
    def _is_address(cls, host: str) -> str:
        return _address(host)

    @field_validator("allow")
    @classmethod
    def _is_denied_by_default(cls, allow: tuple[Prefix, ...], info: ValidationInfo) -> tuple[Prefix, ...]:
        return _named_if_open(allow, info)

    @field_validator("publisher")
    @classmethod
    def _has_certificates(cls, publisher: str, info: ValidationInfo) -> str:
        if publisher == "certificate" and info.data.get("client_ca_file", publisher) is None:
            raise problem("no certificate is asked for", "write client_ca_file, or take the address")
        return publisher


def _address(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        if host == "localhost":
            return "127.0.0.1"
        raise problem(
            f'"{host[:60]}" is no IP address', 'write one, like "0.0.0.0" or "::"; names are not resolved'
        ) from None


def _named_if_open(allow: tuple[Prefix, ...], info: ValidationInfo) -> tuple[Prefix, ...]:
    """Refuses a door that is open to strangers and names nobody."""
    host = info.data.get("host")
    if host is not None and not allow and not ip_address(host).is_loopback:
        what = f"{host} is open to strangers, and nobody is allowed to send there"
        how = 'write the prefixes of your routers: allow = ["192.0.2.0/24"], or --allow 192.0.2.0/24'
        raise problem(what, f'{how}; or bind to "127.0.0.1"')
    return allow


class Capture(Section):
    """Recorded traffic, read once from beginning to end."""

    kind: Literal["capture"]
    """Capture files."""
    files: Annotated[tuple[InputFile, ...], Field(min_length=1)]
    """pcap or pcapng files, as they are or compressed (gzip, Zstandard), read in this order."""
    ports: tuple[Port, ...] = ()
    """UDP destination ports that carry UDP-notif. Empty: every port; below 1024 by its header."""
    dialect: Dialect = Field(default_factory=Dialect)
    """What to do where the draft leaves a choice, or routers leave the draft."""
    reassembly: Reassembly = Field(default_factory=Reassembly)
    """Limits on incomplete messages."""


Source = Annotated[UdpNotif | HttpsNotif | Capture | TopicSource, Field(discriminator="kind")]
