"""Where messages come from: live UDP-notif sockets or capture files, and the limits that protect the collector."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from yangbeam.pipeline.config_types import Flag, InputFile, Port, Prefix, Section, Text, problem

DEFAULT_PORT = 10_003
"""IANA has assigned none; this one is common in the field's captures."""


class Reassembly(Section):
    """Limits on what is kept of messages that came in part (draft-ietf-netconf-udp-notif-26 section 4.1)."""

    max_segments: Annotated[int, Field(strict=True, ge=1, le=32_768)] = 256
    """Segments of one message; the draft asks for 64 at least, real routers send 183."""
    max_message_bytes: Annotated[int, Field(strict=True, ge=65_535, le=1 << 30)] = 16 * 1024 * 1024
    """Octets of one message."""
    max_buffered_bytes: Annotated[int, Field(strict=True, ge=1 << 20, le=1 << 36)] = 64 * 1024 * 1024
    """Octets of incomplete messages kept per exporter; beyond it the oldest are given up."""
    timeout_s: Annotated[float, Field(strict=True, gt=0, le=20, allow_inf_nan=False)] = 10.0
    """How long a message may stay incomplete; the draft allows 20 s at most."""
    unknown_options: Literal["discard", "keep"] = "discard"
    """What becomes of a message with an option that is not known; the draft says discard."""
    version_0: Flag = False
    """Read version 0 in the layout of version 1, as some routers send."""


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
    reassembly: Reassembly = Reassembly()
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
    reassembly: Reassembly = Reassembly()
    """Limits on incomplete messages."""


Source = Annotated[UdpNotif | Capture, Field(discriminator="kind")]
