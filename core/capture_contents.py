"""What a capture holds that gives no message, in words for the operator who expected some."""

from collections.abc import Mapping
from typing import Final

from yangbeam.core.udp_notif import ABANDONED, REFUSED

MAX_PORTS: Final = 5
"""Ports named; the busiest."""

_WHAT: Final = {
    "tcp": "{} TCP packets (HTTPS-notif is encrypted, and is not read from captures)",
    "not_udp": "{} packets of other protocols than UDP",
    "not_ip": "{} frames without IP",
    "unsupported_link": "{} frames of a link type that is not read",
    "cut_packets": "{} packets that the capture did not keep whole (record with tcpdump -s 0)",
    "damaged_packets": "{} packets whose lengths contradict each other",
    "incomplete_fragments": "{} IP packets with a fragment missing",
}
"""Counter of core.packets → what it says."""


def what_it_holds(counters: Mapping[str, int], other_ports: Mapping[int, int]) -> str:
    """Returns what was found instead of messages, most telling first.

    Args:
        counters: Of the reader: PACKET_COUNTERS, ``datagrams`` and the receiver's.
        other_ports: Destination port → datagrams of other traffic.

    >>> what_it_holds({"frames": 3, "tcp": 2, "other_traffic": 1}, {161: 1})
    '3 frames, no message: 1 UDP datagrams to other ports (161: choose with --port), 2 TCP packets (HTTPS-notif is \
encrypted, and is not read from captures)'
    """
    found = []
    if counters.get("other_traffic"):
        busiest = sorted(other_ports, key=lambda port: (-other_ports[port], port))[:MAX_PORTS]
        ports = f" ({', '.join(map(str, busiest))}: choose with --port)" if busiest else ""
        found.append(f"{counters['other_traffic']:,} UDP datagrams to other ports{ports}")
    refused = sum(counters.get(name, 0) for name in (*REFUSED, *ABANDONED))
    if refused:
        found.append(f"{refused:,} UDP datagrams or messages that were refused (see the dead letters, or decode)")
    found += [text.format(f"{counters[name]:,}") for name, text in _WHAT.items() if counters.get(name)]
    return f"{counters.get('frames', 0):,} frames, no message" + (f": {', '.join(found)}" if found else "")
