"""Decides what is written down of every message, and which losses a receiver could know of.

A truth file is JSON lines: one TruthRecord per message, in the order of sending. ``expected_loss`` reads the answer
from what was done to each message, not from number arithmetic, so that it can judge a loss detector.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from yangbeam.core.errors import ConfigurationError

TRANSPORT = "transport"
NOTIFICATION = "notification"

LOSES: Mapping[str, frozenset[str]] = {
    "lost": frozenset({TRANSPORT, NOTIFICATION}),
    "incomplete": frozenset({TRANSPORT, NOTIFICATION}),
    "corrupt-header": frozenset({TRANSPORT, NOTIFICATION}),
    "corrupt-payload": frozenset({NOTIFICATION}),
    "refused": frozenset({TRANSPORT, NOTIFICATION}),
}
"""What was done → counters whose number it takes from the receiver; everything else is received whole."""


class TruthRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message: its facts on the wire and what was done to it."""

    router: int
    ordinal: int
    """Place among the router's messages as it meant to send them, from 0."""
    habit: str
    node: str
    exporter: str
    port: int
    """Source port as sent; as planned where nothing was sent yet."""
    publisher_id: int
    message_id: int
    sequence_number: int | None = None
    subscription_id: int
    """As the message carries it."""
    subscription: int
    """As the router counts them, from 1; differs from the former under client ids."""
    kind: str
    at_us: int
    """Event time, microseconds since the Unix epoch."""
    wrapper: str
    encoding: str
    octets: int
    """Of the payload as the router meant it."""
    segments: int
    """Datagrams the whole message took."""
    sent: int
    """Datagrams really sent."""
    entries: int = 0
    """List entries or edits in the contents."""
    done: tuple[str, ...] = ()
    """lost, incomplete, corrupt-header, corrupt-payload, duplicate, reordered, invalid-…, restarted, schema-changed;
    refused: by an HTTPS receiver."""
    message_id_scope: str = ""
    message_id_key: str = ""
    """Which counter of that scope: ``subscription=1``."""
    message_id_epoch: int = 0
    """Raised each time the counter started anew."""
    sequence_scope: str = ""
    sequence_key: str = ""
    sequence_epoch: int = 0

    @property
    def received(self) -> bool:
        """True when a receiver gets the payload as the router meant it."""
        return not any(what in LOSES for what in self.done)

    @property
    def injured(self) -> bool:
        """True when the message cannot be delivered as valid telemetry, by what was done to it."""
        return not self.received or any(what.startswith("invalid") for what in self.done)


class ExpectedLoss(msgspec.Struct, frozen=True, order=True):
    """A run of numbers that a receiver can know to be missing: messages before and after it arrived."""

    exporter: str
    counter: str
    """``transport`` or ``notification``."""
    scope: str
    key: str
    epoch: int
    first: int
    """First missing number; ``first..last`` modulo 2**32."""
    last: int
    count: int
    publisher_ids: tuple[int, ...]
    subscription_ids: tuple[int, ...]
    """Whose messages they were, sorted."""


class TruthWriter:
    """Writes records as they are sent."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._encode = msgspec.json.Encoder().encode

    def write(self, record: TruthRecord) -> None:
        """Appends one line."""
        self._file.write(self._encode(record) + b"\n")

    def close(self) -> None:
        """Flushes to the file; safe to call twice."""
        self._file.close()


def read_truth(path: Path) -> Iterator[TruthRecord]:
    """Yields the records of a truth file in order.

    Raises:
        ConfigurationError: A line is no record.
    """
    decode = msgspec.json.Decoder(TruthRecord).decode
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield decode(line)
            except msgspec.MsgspecError as error:
                raise ConfigurationError("bad_truth", f"{path}, line {number}: {error}") from error


def expected_loss(records: Iterable[TruthRecord], causes: Iterable[str] = tuple(LOSES)) -> list[ExpectedLoss]:
    """Returns the losses that can be known: runs of lost messages between two received ones of the same counter.

    Args:
        records: A whole truth file, in any order.
        causes: Which damages count as loss; leave out ``corrupt-header`` for a receiver that still read the number.
    """
    counted = frozenset(causes) & frozenset(LOSES)
    streams: dict[tuple[str, ...], list[TruthRecord]] = {}
    for record in records:
        for counter, scope, key, epoch, number in _counters(record):
            if number is not None:
                streams.setdefault((record.exporter, counter, scope, key, str(epoch)), []).append(record)
    found = [loss for stream, members in streams.items() for loss in _runs(stream, members, counted)]
    return sorted(found)


class Numbers(NamedTuple):
    """Numbers of lost messages, by (exporter, counter, number)."""

    known: Counter[tuple[str, str, int]]
    """Those that a receiver can know to be lost."""
    arrived: Counter[tuple[str, str, int]]
    """Those of messages that arrived and could not be read: lost to the counter, and not on the way."""
    missing: Counter[tuple[str, str, int]]
    """All that a receiver did not read, at the ends as well, where it may know them by the header of another."""


def expected_numbers(records: Iterable[TruthRecord]) -> Numbers:
    """Returns the numbers that a receiver misses."""
    kept = list(records)
    shown: Counter[tuple[str, str, int]] = Counter()
    for loss in expected_loss(kept):
        shown.update((loss.exporter, loss.counter, (loss.first + offset) % 2**32) for offset in range(loss.count))
    arrived, missing = Counter[tuple[str, str, int]](), Counter[tuple[str, str, int]]()
    for record in kept:
        for counter, _, _, _, number in _counters(record):
            if number is not None and any(counter in LOSES.get(what, ()) for what in record.done):
                missing[record.exporter, counter, number] += 1
                arrived[record.exporter, counter, number] += "corrupt-payload" in record.done
    return Numbers(shown - arrived, arrived, missing)


def _counters(record: TruthRecord) -> Iterator[tuple[str, str, str, int, int | None]]:
    yield TRANSPORT, record.message_id_scope, record.message_id_key, record.message_id_epoch, record.message_id
    yield NOTIFICATION, record.sequence_scope, record.sequence_key, record.sequence_epoch, record.sequence_number


def _runs(stream: tuple[str, ...], members: list[TruthRecord], causes: frozenset[str]) -> Iterator[ExpectedLoss]:
    """Yields the runs of one counter's epoch, cut off before the first and after the last received message."""
    exporter, counter, scope, key, epoch = stream
    members = sorted(members, key=lambda record: record.ordinal)

    def missing(record: TruthRecord) -> bool:
        return any(what in causes and counter in LOSES[what] for what in record.done)

    while members and missing(members[0]):
        del members[0]
    while members and missing(members[-1]):
        del members[-1]
    for lost, group in groupby(members, missing):
        if not lost:
            continue
        run = list(group)
        numbers = [record.message_id if counter == TRANSPORT else record.sequence_number or 0 for record in run]
        yield ExpectedLoss(
            exporter, counter, scope, key, int(epoch), numbers[0], numbers[-1], len(run),
            tuple(sorted({record.publisher_id for record in run})),
            tuple(sorted({record.subscription_id for record in run})),
        )  # fmt: skip
