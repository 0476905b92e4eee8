"""What a capture holds that gives no message, in words for the operator who expected some, or more."""

from collections.abc import Iterator, Mapping
from typing import Final

from yangbeam.core.packets import LINK_COUNTER, PORT_COUNTER, STREAM_COUNTER
from yangbeam.core.stream_kinds import NAMES
from yangbeam.core.udp_notif import ABANDONED, REFUSED

MAX_NAMED: Final = 5
"""Ports, link types or kinds of stream that are named; the busiest."""

_LOST: Final = {
    "cut_packets": "{} packets that the capture did not keep whole (record with tcpdump -s 0)",
    "damaged_packets": "{} packets whose lengths contradict each other",
    "incomplete_fragments": "{} IP packets with a fragment missing",
}
"""Counter of core.packets → what it says, of what may have been telemetry."""
_ORDINARY: Final = {
    "tcp": "{} TCP packets (of TCP, nothing is read from captures)",
    "not_udp": "{} packets of other protocols than UDP",
    "not_ip": "{} frames without IP",
}
"""The same, of what stands in any capture."""


def what_it_holds(counters: Mapping[str, int]) -> str:
    """Returns what was found instead of messages, most telling first.

    Args:
        counters: Of the reader: PACKET_COUNTERS and those by number, ``datagrams`` and the receiver's.

    >>> what_it_holds({"frames": 3, "tcp": 2, "other_traffic": 1, "other_traffic:161": 1})
    '3 frames, no message: 1 UDP datagrams to other ports (161: choose with --port), 2 TCP packets (of TCP, nothing is \
read from captures)'
    """
    found = [*_other_ports(counters), *_refused(counters), *_not_read(counters), *_told(_LOST, counters)]
    found += _told(_ORDINARY, counters)
    return f"{counters.get('frames', 0):,} frames, no message" + (f": {', '.join(found)}" if found else "")


def beside_messages(counters: Mapping[str, int]) -> str:
    """Returns what was not read of captures that gave messages, as far as it may be telemetry; empty: nothing.

    >>> beside_messages({"frames": 9, "tcp": 2, "not_ip": 4, "damaged_packets": 3})
    'not read from captures: 3 packets whose lengths contradict each other'
    """
    encrypted = f"{STREAM_COUNTER}tls:"  # of a network, most is, and most of it is none of ours
    telling = {name: count for name, count in counters.items() if not name.startswith(encrypted)}
    found = [*_other_ports(telling), *_not_read(telling), *_told(_LOST, telling)]
    return f"not read from captures: {', '.join(found)}" if found else ""


def _other_ports(counters: Mapping[str, int]) -> Iterator[str]:
    if counters.get("other_traffic"):
        busiest = _busiest(counters, PORT_COUNTER)
        ports = f" ({', '.join(busiest)}: choose with --port)" if busiest else ""
        yield f"{counters['other_traffic']:,} UDP datagrams to other ports{ports}"


def _refused(counters: Mapping[str, int]) -> Iterator[str]:
    refused = sum(counters.get(name, 0) for name in (*REFUSED, *ABANDONED))
    if refused:
        yield f"{refused:,} UDP datagrams or messages that were refused (see the dead letters, or decode)"


def _not_read(counters: Mapping[str, int]) -> Iterator[str]:
    """Names streams by kind and port, and link types by number."""
    for name in _busiest(counters, STREAM_COUNTER):
        kind, _, port = name.partition(":")
        yield f"{counters[STREAM_COUNTER + name]:,} TCP streams of {NAMES[kind]}, to port {port}"
    if counters.get("unsupported_link"):
        links = ", ".join(_busiest(counters, LINK_COUNTER))
        numbers = f" (LINKTYPE {links})" if links else ""
        yield f"{counters['unsupported_link']:,} frames of a link type that is not read{numbers}"


def _told(texts: Mapping[str, str], counters: Mapping[str, int]) -> Iterator[str]:
    return (text.format(f"{counters[name]:,}") for name, text in texts.items() if counters.get(name))


def _busiest(counters: Mapping[str, int], start: str) -> list[str]:
    """What follows the beginning of counters' names, of the greatest first."""
    found = {name.removeprefix(start): count for name, count in counters.items() if name.startswith(start) and count}
    return sorted(found, key=lambda name: (-found[name], len(name), name))[:MAX_NAMED]
