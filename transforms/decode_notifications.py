"""DecodeNotifications: whole messages to notifications in one normal form; what is none becomes a dead letter."""

from collections.abc import Iterator
from typing import Any, Final
from zlib import crc32

import apache_beam as beam
import msgspec
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.arrivals import arrivals_of
from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_message, letter_of_refused
from yangbeam.core.elements import (
    Control,
    DeadLetter,
    DeadLetterBatch,
    EndOfInput,
    Heartbeat,
    Message,
    MessageBatch,
    Notification,
    NotificationBatch,
    Refused,
    place,
)
from yangbeam.core.errors import NotificationError
from yangbeam.core.ledger import DECODED, OTHERS, QUIRK, RECEIVED, REFUSED, Tallies
from yangbeam.core.notification.decode import decode
from yangbeam.core.udp_notif import TOO_MANY
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames
from yangbeam.transforms.outputs import LEDGER, LETTERS, Staged, staged

STAGE: Final = "decode"


class DecodeNotifications(beam.PTransform):
    """Decodes batches of messages; stateless, order kept, at-least-once as its input.

    ``MessageBatch`` to ``NotificationBatch``. Letters: not parseable, no known wrapper, empty payload, and what the
    receiver refused. Control records travel on, without the bytes of what was refused.

    Args:
        sids: What the operator's .sid files name, for CBOR.
    """

    def __init__(self, sids: SidNames = NO_SIDS) -> None:
        super().__init__()
        self._sids = sids

    @no_annotations
    def expand(self, batches: PCollection) -> Staged:
        """Applies the stage."""
        return staged(
            batches | "Decode" >> beam.ParDo(_Decode(self._sids)).with_outputs(LETTERS, LEDGER, main="decoded"),
            NotificationBatch,
        )


class _Decode(beam.DoFn):
    def __init__(self, sids: SidNames) -> None:
        super().__init__()
        self._sids = sids

    def process(self, batch: MessageBatch) -> Iterator[Any]:
        tallies = Tallies(STAGE)
        notifications: list[Notification] = []
        letters: list[DeadLetter] = []
        undecoded: list[tuple[int, Control]] = []
        kept = [0] * (len(batch.messages) + 1)
        for index, message in enumerate(batch.messages):
            kept[index] = len(notifications)
            try:
                notification = decode(message, self._sids)
            except NotificationError as error:
                letter = letter_of_message(STAGE, message, error)
                letters.append(letter)
                where = (message.exporter, message.publisher_id, None, message.arrival_us)
                tallies.add(RECEIVED, *where)
                count_dead(letter, tallies, where)
                undecoded.append((index, _undecoded(message, error, len(notifications))))
            else:
                notifications.append(notification)
                _count(notification, tallies)
        kept[-1] = len(notifications)
        tallies.arrivals = arrivals_of(batch)
        passed = [(control.at, _passed_on(control, kept, letters, tallies)) for control in batch.controls]
        # In order of arrival: a control stands before the message of its index, and sorting is stable.
        controls = [control for _, control in sorted(passed + undecoded, key=lambda placed: placed[0])]
        yield NotificationBatch(notifications=notifications, controls=controls, **place(batch))
        if letters:
            yield TaggedOutput(LETTERS, DeadLetterBatch(letters=letters, **place(batch)))
        ended = any(isinstance(control, EndOfInput) for control in controls)
        yield TaggedOutput(LEDGER, tallies.delta(**place(batch), end=ended))


def _undecoded(message: Message, error: NotificationError, at: int) -> Refused:
    """Tells DetectLoss that the number came, though no notification: it is not lost on the way."""
    return Refused(
        at=at,
        reason=error.reason,
        detail=f"{crc32(message.payload):08x}",  # tells copies from other messages of the id
        exporter=message.exporter,
        port=message.port,
        arrival_us=message.arrival_us,
        original=b"",
        publisher_id=message.publisher_id,
        message_id=message.message_id,
    )


def _count(notification: Notification, tallies: Tallies) -> None:
    message = notification.message
    counts = tallies.at(message.exporter, notification.publisher_id, notification.subscription_id, message.arrival_us)
    counts[RECEIVED] = counts.get(RECEIVED, 0) + 1
    counts[DECODED] = counts.get(DECODED, 0) + 1
    for quirk in notification.quirks:
        name = f"{QUIRK}:{quirk}"
        counts[name] = counts.get(name, 0) + 1


def _passed_on(control: Control, kept: list[int], letters: list[DeadLetter], tallies: Tallies) -> Control:
    if isinstance(control, Heartbeat):
        tallies.collectors.append(control)
    elif isinstance(control, Refused):
        letter = letter_of_refused(control)
        letters.append(letter)
        # Each address that was not let in would cost a line of its own.
        exporter = OTHERS if control.reason == TOO_MANY else control.exporter
        where = (exporter, control.publisher_id, None, control.arrival_us)
        tallies.add(RECEIVED, *where)
        tallies.add(f"{REFUSED}:{letter.reason}", *where)
        count_dead(letter, tallies, where)
        control = msgspec.structs.replace(control, original=b"")
    return msgspec.structs.replace(control, at=kept[control.at])
