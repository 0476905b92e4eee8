"""Measures decoding alone: UDP-notif datagrams to notifications, in messages per CPU-second of one process.

    python benchmarks/decode_core.py [--rounds N]

The message is a push-update of one interface with 22 leaves in the current envelope, 815 octets of JSON. The goal is
150,000 messages per CPU-second for header, payload and facts together.
"""

import argparse
import struct
import time
from collections.abc import Callable
from typing import Any

import orjson

from yangbeam.core.elements import Message, Notification
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.slices import contents_of
from yangbeam.core.udp_notif import Parser

OCTETS = 815
LEAVES = 22
GOAL = 150_000
COUNTERS = tuple(
    f"{way}-{what}" for way in ("in", "out") for what in ("octets", "unicast-pkts", "broadcast-pkts", "multicast-pkts")
)
SMALL_COUNTERS = ("in-discards", "in-errors", "in-drops", "out-discards", "out-errors")


def interface(number: int) -> dict[str, Any]:
    """One interface in the manner of ietf-interfaces, with 22 leaves: 9 beside its statistics, 13 in them."""
    statistics: dict[str, Any] = {name: f"{(number * 7 + at) % 10}" for at, name in enumerate(COUNTERS)}
    statistics |= {name: at for at, name in enumerate(SMALL_COUNTERS)}
    return {
        "name": f"eth{number % 100:02}",
        "type": "iana-if-type:l2vlan",
        "enabled": True,
        "admin-status": "up",
        "oper-status": "up",
        "if-index": number % 9 + 1,
        "mtu": 1500,
        "speed": "100",
        "description": "",
        "statistics": statistics,
    }


def payload(number: int) -> bytes:
    """A push-update of exactly OCTETS octets; the description pads it."""
    one = interface(number)
    tree = {
        "ietf-yp-notification:envelope": {
            "event-time": "2026-11-20T10:00:10Z",
            "hostname": "r1",
            "sequence-number": number % 1000,
            "contents": {
                "ietf-yang-push:push-update": {
                    "id": 6666,
                    "ietf-distributed-notif:message-publisher-id": 1,
                    "ietf-yp-observation:timestamp": "2026-11-20T10:00:00Z",
                    "ietf-yp-observation:point-in-time": "current-accounting",
                    "datastore-contents": {"ietf-interfaces:interfaces": {"interface": [one]}},
                }
            },
        }
    }
    one["description"] = "x" * max(0, OCTETS - len(orjson.dumps(tree)))
    return orjson.dumps(tree)


def datagram(number: int) -> bytes:
    """The push-update behind a header without options."""
    body = payload(number)
    return struct.pack(">BBHII", 0x21, 12, 12 + len(body), 1, number) + body


def microseconds(work: Callable[[Any], Any], items: list[Any], rounds: int) -> float:
    """CPU time per item, the best of ``rounds`` passes: neighbours on the machine only ever slow a pass."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for item in items:
            work(item)
        best = min(best, (time.process_time() - start) / len(items))
    return best * 1e6


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=15)
    rounds = arguments.parse_args().rounds
    parse = Parser().parse
    datagrams = [datagram(number) for number in range(2000)]

    def message_of(octets: bytes) -> Message:
        segment = parse(octets)
        return Message(
            "192.0.2.1", 50000, segment.publisher_id, segment.message_id, 0, segment.media_type, segment.payload
        )

    def whole(octets: bytes) -> Notification:
        return decode(message_of(octets))

    messages = [message_of(octets) for octets in datagrams]
    notifications = [decode(message) for message in messages]
    sizes = sorted({len(message.payload) for message in messages})
    both = microseconds(whole, datagrams, rounds)
    print(f"payload                  {sizes[0]} to {sizes[-1]} octets, {LEAVES} leaves")
    print(f"orjson.loads alone       {microseconds(orjson.loads, [m.payload for m in messages], rounds):8.2f} us")
    print(f"header parse             {microseconds(message_of, datagrams, rounds):8.2f} us")
    print(f"decode                   {microseconds(decode, messages, rounds):8.2f} us")
    print(f"contents_of              {microseconds(contents_of, notifications, rounds):8.2f} us")
    print(f"header and decode        {both:8.2f} us = {1e6 / both:,.0f} messages per CPU-second (goal {GOAL:,})")


if __name__ == "__main__":
    main()
