"""Decides what a router's interfaces report: ietf-interfaces@2018-02-20, 22 leaves, counters that grow with time."""

from random import Random
from typing import Any

from yangbeam.simulator.clock import rfc3339
from yangbeam.simulator.values import Enumerated, Identity, Tree, Uint64

UP = Enumerated("up", 1)
DOWN = Enumerated("down", 2)
ETHERNET = Identity("iana-if-type:ethernetCsmacd")
LOOPBACK = Identity("iana-if-type:softwareLoopback")
SPEED_BPS = Uint64(100_000_000_000)

COUNTERS: tuple[tuple[str, int, int], ...] = (
    ("in-octets", 64, 1_250_000_000),
    ("in-unicast-pkts", 64, 1_500_000),
    ("in-broadcast-pkts", 64, 3),
    ("in-multicast-pkts", 64, 40),
    ("in-discards", 32, 2),
    ("in-errors", 32, 1),
    ("in-unknown-protos", 32, 1),
    ("out-octets", 64, 980_000_000),
    ("out-unicast-pkts", 64, 1_200_000),
    ("out-broadcast-pkts", 64, 3),
    ("out-multicast-pkts", 64, 40),
    ("out-discards", 32, 2),
    ("out-errors", 32, 1),
)
"""Leaf of statistics, bits, highest growth a second; octets at most a tenth of the 100 Gbit/s line."""
SINCE_S = 2_000_000
"""Seconds the counters have run when the simulation starts: about 23 days."""

CHANGES = ("create", "merge", "replace", "delete")
"""The life of a loopback, one edit each: it appears, is described, goes down, vanishes."""
OPERATIONS = {"create": 0, "delete": 1, "insert": 2, "merge": 3, "move": 4, "replace": 5, "remove": 6}
"""Enumeration of yang-patch edits (RFC 8072 section 3), by the numbers that CBOR carries."""


class Interfaces:
    """The interfaces of one router.

    Args:
        count: How many; at least 1.
        rng: Where their traffic is drawn from.
        start_us: When the simulation begins; counters grow from there.
    """

    xpath = "/ietf-interfaces:interfaces/interface"
    modules = (("ietf-interfaces", "2018-02-20"), ("iana-if-type", "2019-02-08"))

    def __init__(self, count: int, rng: Random, start_us: int) -> None:
        self._start_us = start_us
        self._since = rfc3339(start_us - SINCE_S * 1_000_000)
        self._ports = [self._port(index, rng) for index in range(count)]

    def _port(self, index: int, rng: Random) -> tuple[Tree, list[tuple[str, int, type, int, int]]]:
        """Returns the unchanging leaves, and (leaf, modulus, type, first value, growth a second) of each counter."""
        address = ":".join(f"{octet:02x}" for octet in (0x02, 0x00, 0x5E, *rng.randbytes(3)))
        fixed: Tree = {
            "name": f"HundredGigE0/0/{index // 36}/{index % 36}",
            "type": ETHERNET,
            "admin-status": UP,
            "oper-status": UP if rng.random() < 0.95 else DOWN,
            "last-change": self._since,
            "if-index": index + 1,
            "phys-address": address,
            "speed": SPEED_BPS,
        }
        counters: list[tuple[str, int, type, int, int]] = []
        for leaf, bits, highest in COUNTERS:
            growth = rng.randint(0, highest)
            counters.append((leaf, 1 << bits, Uint64 if bits == 64 else int, growth * SINCE_S % (1 << bits), growth))
        return fixed, counters

    def contents(self, at_us: int) -> Tree:
        """Returns all interfaces as they are at ``at_us``."""
        elapsed_us = at_us - self._start_us
        return {"ietf-interfaces:interfaces": {"interface": [self._entry(port, elapsed_us) for port in self._ports]}}

    def _entry(self, port: tuple[Tree, list[tuple[str, int, type, int, int]]], elapsed_us: int) -> Tree:
        fixed, counters = port
        statistics: Tree = {"discontinuity-time": self._since}
        for leaf, modulus, kind, first, growth in counters:
            statistics[leaf] = kind((first + growth * elapsed_us // 1_000_000) % modulus)
        return {**fixed, "statistics": statistics}

    def edits(self, first: int, count: int, at_us: int) -> list[Tree]:
        """Returns ``count`` edits from the ``first`` one of this router's history of changes."""
        return [self._edit(number, at_us) for number in range(first, first + count)]

    def _edit(self, number: int, at_us: int) -> Tree:
        change = CHANGES[number % len(CHANGES)]
        name = f"Loopback{number // len(CHANGES) % 100}"
        target = f"/ietf-interfaces:interfaces/interface={name}"
        value: dict[str, Any] = {
            "create": {"ietf-interfaces:interface": [self._loopback(name, at_us)]},
            "merge": {"ietf-interfaces:interface": [{"name": name, "description": f"router id {number}"}]},
            "replace": {"ietf-interfaces:oper-status": DOWN},
        }
        edit: Tree = {
            "edit-id": f"edit-{number}",
            "operation": Enumerated(change, OPERATIONS[change]),
            "target": f"{target}/oper-status" if change == "replace" else target,
        }
        if change in value:
            edit["value"] = value[change]
        return edit

    def _loopback(self, name: str, at_us: int) -> Tree:
        return {
            "name": name,
            "type": LOOPBACK,
            "admin-status": UP,
            "oper-status": UP,
            "last-change": rfc3339(at_us),
            "if-index": 1000 + int(name.removeprefix("Loopback")),
            "statistics": {"discontinuity-time": rfc3339(at_us)},
        }
