"""Where messages come from: live UDP-notif sockets or capture files, and the limits that protect the collector."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.udp_notif import LastBit, UdpNotifSettings
from yangbeam.pipeline.config_types import Flag, InputFile, Port, Prefix, Section, Text, problem

DEFAULT_PORT = 10_003
"""IANA has assigned none; this one is common in the field's captures."""


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
    dialect: Dialect = Field(default_factory=Dialect)
    """What to do where the draft leaves a choice, or routers leave the draft."""
    reassembly: Reassembly = Field(default_factory=Reassembly)
    """Limits on incomplete messages."""

    @field_validator("host")
    @classmethod
    def _is_address(cls, host: str) -> str:
        try:
            return str(ip_address(host))
        except ValueError:
            if host == "localhost":
                return "127.0.0.1"
            raise problem(
                f'"{host[:60]}" is no IP address', 'write one, like "0.0.0.0" or "::"; names are not resolved'
            ) from None

    @field_validator("allow")
    @classmethod
    def _is_denied_by_default(cls, allow: tuple[Prefix, ...], info: ValidationInfo) -> tuple[Prefix, ...]:
        host = info.data.get("host")
        if host is not None and not allow and not ip_address(host).is_loopback:
            what = f"{host} is open to strangers, and nobody is allowed to send there"
            raise problem(what, 'write the prefixes of your routers: allow = ["192.0.2.0/24"], or bind to "127.0.0.1"')
        return allow


class Capture(Section):
    """Recorded traffic, read once from beginning to end."""

    kind: Literal["capture"]
    """Capture files."""
    files: Annotated[tuple[InputFile, ...], Field(min_length=1)]
    """pcap or pcapng files, read in this order."""
    ports: tuple[Port, ...] = ()
    """UDP destination ports that carry UDP-notif. Empty: every port."""
    dialect: Dialect = Field(default_factory=Dialect)
    """What to do where the draft leaves a choice, or routers leave the draft."""
    reassembly: Reassembly = Field(default_factory=Reassembly)
    """Limits on incomplete messages."""


Source = Annotated[UdpNotif | Capture, Field(discriminator="kind")]
