"""Decode: which messages hold a notification, in one normal form; what holds none becomes a dead letter."""

from dataclasses import dataclass
from typing import Final
from zlib import crc32

import msgspec

from yangbeam.core.arrivals import arrivals_of
from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_message, letter_of_refused
from yangbeam.core.elements import (
    Control,
    DeadLetter,
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
from yangbeam.core.stage import StepResult
from yangbeam.core.udp_notif import TOO_MANY
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames

STAGE: Final = "decode"


@dataclass(frozen=True, slots=True)
class Decode:
    """``MessageBatch`` to ``NotificationBatch``; stateless, order kept.

    Letters: not parseable, no known wrapper, empty payload, and what the receiver refused. Control records travel on,
    without the bytes of what was refused.

    Attributes:
        sids: What the operator's .sid files name, for CBOR.
    """

    sids: SidNames = NO_SIDS

    def step(self, batch: MessageBatch) -> StepResult:
        """Returns the notifications of a batch."""
        tallies = Tallies(STAGE)
        notifications: list[Notification] = []
        letters: list[DeadLetter] = []
        undecoded: list[tuple[int, Control]] = []
        kept = [0] * (len(batch.messages) + 1)
        for index, message in enumerate(batch.messages):
            kept[index] = len(notifications)
            try:
                notification = decode(message, self.sids)
            except NotificationError as error:
                letters.append(_give_up(message, error, tallies))
                undecoded.append((index, _undecoded(message, error, len(notifications))))
            else:
                notifications.append(notification)
                _count(notification, tallies)
        kept[-1] = len(notifications)
        tallies.arrivals = arrivals_of(batch)
        passed = [(control.at, _passed_on(control, kept, letters, tallies)) for control in batch.controls]
        # In order of arrival: a control stands before the message of its index, and sorting is stable.
        controls = [control for _, control in sorted(passed + undecoded, key=lambda placed: placed[0])]
        out = NotificationBatch(notifications=notifications, controls=controls, **place(batch))
        return StepResult(out, tallies, letters)


def _give_up(message: Message, error: NotificationError, tallies: Tallies) -> DeadLetter:
    letter = letter_of_message(STAGE, message, error)
    where = (message.exporter, message.publisher_id, None, message.arrival_us)
    tallies.add(RECEIVED, *where)
    count_dead(letter, tallies, where)
    return letter


def _undecoded(message: Message, error: NotificationError, at: int) -> Refused:
    """Reports to the loss detector that the number came, though no notification: it is not lost on the way."""
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
