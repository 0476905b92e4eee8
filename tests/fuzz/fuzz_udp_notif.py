"""Invariant: whatever the octets, only WireError leaves the parser, and the collector accounts for every datagram.

Each datagram ends in one of: a message, part of a message, part of a refusal, a repeated or a discarded segment.
Run for long: ``python tests/fuzz/fuzz_udp_notif.py --seconds 600 --seed 1``; a failure prints its datagrams.
"""

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path

from yangbeam.core.collector import Collector
from yangbeam.core.elements import Heartbeat, Refused
from yangbeam.core.errors import WireError
from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.udp_notif import REFUSED, SEGMENTATION, WHOLE, LastBit, Parser, Segment, UdpNotifSettings

CORPUS = Path(__file__).parent / "corpus"
EDGES = (0x00, 0x01, 0x02, 0x04, 0x0B, 0x0C, 0x0D, 0x10, 0x21, 0x22, 0x31, 0x7F, 0x80, 0xFE, 0xFF)
LIMITS = ReassemblyLimits(
    max_segments=8,
    max_message_bytes=200,
    max_exporter_bytes=3000,
    max_bytes=5000,
    max_exporter_messages=4,
    max_messages=6,
    timeout_us=1000,
)
"""Small, so that every limit is met."""
SETTINGS = (
    UdpNotifSettings(),
    UdpNotifSettings(keep_unknown_options=True, version_0=True, private_media_types=frozenset(range(16))),
    UdpNotifSettings(last_bit=LastBit.DETECT),
    UdpNotifSettings(keep_unknown_options=True, last_bit=LastBit.TOP),
)

PARSERS = tuple(Parser(settings) for settings in SETTINGS)

Chance = random.Random


def flip(data: bytearray, chance: Chance) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def edge(data: bytearray, chance: Chance) -> None:
    data[chance.randrange(min(len(data), 20))] = chance.choice(EDGES)


def cut(data: bytearray, chance: Chance) -> None:
    del data[chance.randrange(len(data)) :]


def grow(data: bytearray, chance: Chance) -> None:
    place = chance.randrange(len(data) + 1)
    data[place:place] = chance.randbytes(chance.randrange(1, 9))


def relength(data: bytearray, chance: Chance) -> None:
    """Makes the lengths agree with the octets again, so that what follows is looked at."""
    if len(data) >= 12:
        data[1] = chance.randrange(12, min(len(data), 255) + 1)
        data[2:4] = (len(data) & 0xFFFF).to_bytes(2)


def resegment(data: bytearray, chance: Chance) -> None:
    """Makes it a segment of one of few messages, with a small number."""
    head = bytes(data[:1]) + b"\x10" + (16 + len(data[16:])).to_bytes(2) + bytes(7) + bytes([chance.randrange(4)])
    number = chance.choice((0, 1, 2, 3, 4, 5, 7, 9, 15, 17, 0x8001, 0x8002))
    data[:16] = head + bytes([SEGMENTATION, 4]) + number.to_bytes(2)


MUTATORS: tuple[Callable[[bytearray, Chance], None], ...] = (flip, edge, cut, grow, relength, resegment)


def mutated(seed: bytes, chance: Chance) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randrange(4)):
        if data:
            chance.choice(MUTATORS)(data, chance)
    return bytes(data)


def corpus() -> list[bytes]:
    return [bytes.fromhex(line) for path in sorted(CORPUS.glob("*.hex")) for line in path.read_text().splitlines()]


def check_parser(datagram: bytes, parser: Parser) -> None:
    found = parsed(parser, datagram)
    if isinstance(found, WireError):
        assert found.reason in REFUSED, found.reason
    else:
        assert found.payload in datagram
        assert found.value == WHOLE or datagram.startswith(found.header + found.payload)


def parsed(parser: Parser, datagram: bytes) -> Segment | WireError:
    try:
        return parser.parse(datagram)
    except WireError as error:
        return error


def check_collector(datagrams: list[bytes], settings: UdpNotifSettings, chance: Chance) -> None:
    """Sends a round of datagrams and balances the account."""
    collector = Collector("fuzz", settings=settings, limits=LIMITS)
    now = 1
    for datagram in datagrams:
        now += chance.choice((0, 0, 0, 10, 400, -2000))
        collector.datagram(datagram, f"192.0.2.{chance.randrange(2)}", 50000, "192.0.2.9", 10003, now)
        assert len(collector._reassembly) <= LIMITS.max_messages
        assert collector._reassembly.buffered_bytes <= LIMITS.max_bytes
    collector.end(now)
    assert (len(collector._reassembly), collector._reassembly.buffered_bytes) == (0, 0)
    batch = collector.take(0, 1 << 30)
    assert batch is not None
    counters = collector.counters
    refused = [control for control in batch.controls if isinstance(control, Refused)]
    assert counters["datagrams"] == len(datagrams)
    assert counters["messages"] == len(batch.messages)
    assert sum(counters[name] for name in {control.reason for control in refused}) == len(refused)
    unparsed = sum(not _is_of_segments(control) for control in refused)
    whole = len(datagrams) - counters["segments"] - unparsed
    assert whole >= 0, "a datagram is counted twice"
    assert whole <= len(batch.messages), "a whole datagram is lost"
    assert isinstance(batch.controls[-2], Heartbeat)


def _is_of_segments(control: Refused) -> bool:
    """Says whether a refusal stands for segments in reassembly rather than for one datagram that no parser took."""
    return "segments came" in control.detail


def fuzz(seconds: float, seed: int, rounds: int | None = None) -> int:
    """Fuzzes until time or rounds are over; returns how many datagrams were tried."""
    seeds = corpus()
    end = time.monotonic() + seconds
    tried = number = 0
    while time.monotonic() < end and (rounds is None or number < rounds):
        chance = random.Random(f"{seed}/{number}")
        settings = SETTINGS[number % len(SETTINGS)]
        datagrams = [mutated(chance.choice(seeds), chance) for _ in range(40)]
        try:
            for datagram in datagrams:
                check_parser(datagram, PARSERS[number % len(SETTINGS)])
            check_collector(datagrams, settings, chance)
        except BaseException:
            print(f"seed {seed}, round {number}, settings {settings}")  # noqa: T201 – how to find it again
            print("\n".join(datagram.hex() for datagram in datagrams))  # noqa: T201
            raise
        tried += len(datagrams)
        number += 1
    return tried


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(fuzz(arguments.seconds, arguments.seed), "datagrams, invariant held")  # noqa: T201


if __name__ == "__main__":
    main()
