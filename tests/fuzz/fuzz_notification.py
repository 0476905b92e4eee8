"""Invariant: whatever the payload, only NotificationError leaves the decoders, and what decodes can be cut.

Run for long: ``python tests/fuzz/fuzz_notification.py --seconds 600 --seed 1``; a failure prints its payload.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.core.notification.samples import CBOR, JSON, XML, corpus  # noqa: E402 - the path comes first
from yangbeam.core.elements import Message  # noqa: E402
from yangbeam.core.errors import NotificationError  # noqa: E402
from yangbeam.core.notification.decode import decode, tree_of  # noqa: E402
from yangbeam.core.notification.slices import body_of, contents_of, edits_of  # noqa: E402
from yangbeam.core.notification.target import parse_target  # noqa: E402

Chance = random.Random

MAX_OCTETS = 20_000
BATCH = 50

TOKENS: dict[str, tuple[bytes, ...]] = {
    JSON: (
        *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"null", b"NaN", b"1e999", b"18446744073709551616", b"\\ud800"),
        *(b"[" * 200, b'{"a":' * 200, b"\xff", b"-1"),
        *(b'"id":', b'"datastore-changes":', b'"yang-patch":', b'"edit":'),
    ),
    XML: (
        *(b"<", b">", b"</", b"/>", b"<a>" * 200, b"<!DOCTYPE a>", b"&a;", b"&#0;", b"<![CDATA[", b"<!--", b"<?a?>"),
        *(b' xmlns=""', b' xmlns:ds="u"', b"\xff", b"<id/>", b"<value/>", b"<edit/>", b"<contents/>"),
    ),
    CBOR: (
        *(b"\xff", b"\x9f", b"\xbf", b"\xa1", b"\x81" * 200, b"\x9b" + b"\xff" * 8, b"\xc4\x82", b"\xd8\x2f"),
        *(b"\xd8\x1c", b"\x1b" + b"\xff" * 8, b"\xf6", b"\xf7", b"\xf9\x7e\x00", b"\x59\xff\xff", b"\xc2\x49"),
        *(b"\x19\x0b\x8d", b"\xe0"),
    ),
}
"""What each encoding is made of, and what breaks its readers."""


def flip(data: bytearray, chance: Chance, _: str) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def cut(data: bytearray, chance: Chance, _: str) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.randrange(40)]


def insert(data: bytearray, chance: Chance, media_type: str) -> None:
    place = chance.randrange(len(data) + 1)
    data[place:place] = chance.choice(TOKENS[media_type])


def overwrite(data: bytearray, chance: Chance, media_type: str) -> None:
    place, token = chance.randrange(len(data) + 1), chance.choice(TOKENS[media_type])
    data[place : place + len(token)] = token


def repeat(data: bytearray, chance: Chance, _: str) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = data[start : start + chance.randrange(200)]


def truncate(data: bytearray, chance: Chance, _: str) -> None:
    del data[chance.randrange(len(data) + 1) :]


MUTATORS: tuple[Callable[[bytearray, Chance, str], None], ...] = (flip, cut, insert, overwrite, repeat, truncate)


def mutated(seed: bytes, chance: Chance, media_type: str) -> bytes:
    data = bytearray(seed)
    for _ in range(1 + chance.randrange(5)):
        chance.choice(MUTATORS)(data, chance, media_type)
    return bytes(data[:MAX_OCTETS])


def check(message: Message) -> bool:
    """Whether it decodes; raises what breaks the invariant."""
    try:
        found = decode(message)
    except NotificationError as error:
        if not error.reason or len(error.detail) > 1000:
            raise AssertionError(f"what an operator cannot read: {error!r:.2000}") from error
        return False
    tree_of(message)
    if message.media_type == JSON:
        body_of(found)
        contents = contents_of(found)
        assert contents is None or contents in message.payload
        for edit in edits_of(found):
            try:
                parse_target(edit.target)
            except NotificationError:
                continue
    return True


def fuzz(seconds: float, seed: int, rounds: int | None = None) -> tuple[int, int]:
    """Returns (payloads, decoded ones) of a run of that many seconds, or of that many rounds if they end sooner."""
    chance, seeds = random.Random(seed), [message for _, message in corpus()]
    end, done, decoded, number = time.monotonic() + seconds, 0, 0, 0
    while time.monotonic() < end and (rounds is None or number < rounds):
        number += 1
        for _ in range(BATCH):
            base = chance.choice(seeds)
            media_type = base.media_type if chance.random() < 0.97 else chance.choice(list(TOKENS))
            payload = mutated(base.payload, chance, media_type)
            message = Message("192.0.2.1", 1, 1, 1, 1, media_type, payload)
            try:
                decoded += check(message)
            except BaseException:
                print(f"seed {seed}, {media_type}: {payload.hex()}")  # noqa: T201 - the finding
                raise
            done += 1
    return done, decoded


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    print(*fuzz(chosen.seconds, chosen.seed), "payloads, decoded")  # noqa: T201 - its result
