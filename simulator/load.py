"""Decides how load is made: datagrams prepared once, sent again and again with only their numbers changed."""

from dataclasses import dataclass
from itertools import cycle, islice
from socket import socket
from struct import Struct

from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.udp_notif import FIXED_OCTETS
from yangbeam.simulator.emission import Emission, cut
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.pace import Pace
from yangbeam.simulator.router import Router
from yangbeam.simulator.sockets import RouterSockets
from yangbeam.simulator.summary import Summary

UINT32 = Struct(">I")
MESSAGE_ID_AT = 8
"""Octets before the message id in the fixed header (draft-ietf-netconf-udp-notif-26 section 3.2)."""
PLACE = 4_123_456_789
"""Stands where the sequence number goes: the ten digits, or four octets, that the largest number takes."""
CHUNK = 64
"""Messages between two looks at the clock."""


@dataclass(slots=True)
class Template:
    """One subscription's datagram, and the counters its numbers come from.

    Attributes:
        datagram: Rewritten in place before each send.
        emission: What it was made of.
        ids: The message id counter, shared with the templates of its scope.
        sequences: The sequence counter, likewise; None: no number is sent.
        sequence_at: Where the number stands in the datagram.
        digits: It is text, padded with spaces; else four octets.
    """

    datagram: bytearray
    emission: Emission
    ids: list[int]
    sequences: list[int] | None
    sequence_at: int
    digits: bool


def templates(options: SimulateOptions, router: Router) -> list[Template]:
    """Returns a router's templates, one for each subscription.

    Raises:
        ConfigurationError: A message does not fit one datagram.
    """
    counters: dict[str, list[int]] = {}
    return [_template(options, router, at, counters) for at in range(options.subscriptions)]


def _template(options: SimulateOptions, router: Router, at: int, counters: dict[str, list[int]]) -> Template:
    emission = router.update(at, PLACE)
    record = emission.record
    datagrams = cut(emission, router.habit, options.segment_size or router.habit.segment_size)
    if len(datagrams) > 1:
        raise ConfigurationError(
            "fast", f"an update takes {len(datagrams)} datagrams; raise segment_size or lower interfaces"
        )
    digits = options.media_type != MediaType.CBOR
    place = str(PLACE).encode() if digits else UINT32.pack(PLACE)
    ids = counters.setdefault(f"id/{record.message_id_key}", [record.message_id])
    sequences = None
    if record.sequence_number is not None and router.habit.sequence_start is None:
        sequences = ids  # one number serves as both
    elif record.sequence_number is not None:
        sequences = counters.setdefault(f"sequence/{record.sequence_key}", [record.sequence_number])
    at_octet = FIXED_OCTETS + emission.payload.find(place)
    return Template(bytearray(datagrams[0]), emission, ids, sequences, at_octet, digits)


def patched(template: Template) -> bytearray:
    """Returns the template's datagram with the next numbers; the same object each time, so send it at once."""
    datagram = template.datagram
    message_id = template.ids[0]
    UINT32.pack_into(datagram, MESSAGE_ID_AT, message_id)
    template.ids[0] = (message_id + 1) & 0xFFFFFFFF
    sequences = template.sequences
    if sequences is None:
        return datagram
    sequence = message_id
    if sequences is not template.ids:
        sequence = sequences[0]
        sequences[0] = (sequence + 1) & 0xFFFFFFFF
    at = template.sequence_at
    if template.digits:
        datagram[at : at + 10] = b"%10d" % sequence
    else:
        UINT32.pack_into(datagram, at, sequence)
    return datagram


def send_load(options: SimulateOptions, start_us: int, sockets: RouterSockets, pace: Pace) -> Summary:
    """Sends announcements as usual, then updates from templates, the routers in turn."""
    routers = [Router(options, index, start_us) for index in range(options.routers)]
    announced = sum(_announce(options, router, sockets) for router in routers)
    by_router = [templates(options, router) for router in routers]
    turns = cycle(
        [(template, _opened(template.emission, sockets)) for row in zip(*by_router, strict=True) for template in row]
    )
    sent, octets, wanted, target = 0, 0, options.updates, sockets.destination
    try:
        while sent < wanted:
            if options.rate:
                pace.wait_until(sent / options.rate)
            for template, opened in islice(turns, min(CHUNK, wanted - sent)):
                octets += opened.sendto(patched(template), target) - FIXED_OCTETS
                sent += 1
    except KeyboardInterrupt:
        pass  # the operator has seen enough
    kinds = {"subscription-started": announced, "updates": sent}
    total = sent + announced
    return Summary(messages=total, datagrams=total, octets=octets, seconds=pace.elapsed_s(), kinds=kinds)


def _announce(options: SimulateOptions, router: Router, sockets: RouterSockets) -> int:
    """Sends a router's announcements; returns how many."""
    announced = 0
    for emission in router.announcements():
        opened = _opened(emission, sockets)
        for datagram in cut(emission, router.habit, options.segment_size or router.habit.segment_size):
            opened.sendto(datagram, sockets.destination)
        announced += 1
    return announced


def _opened(emission: Emission, sockets: RouterSockets) -> socket:
    return sockets.of(emission.record.router, emission.socket, emission.record.port)[0]
