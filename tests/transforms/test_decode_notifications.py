"""DecodeNotifications: one notification, or one letter, for each message; controls keep their place."""

import pytest

from tests.builders import ARRIVAL_US, EXPORTER, message, payload
from tests.transforms.staging import bounded, live
from yangbeam.core.elements import Control, EndOfInput, Heartbeat, Message, MessageBatch, Refused
from yangbeam.transforms.decode_notifications import DecodeNotifications

BEAT = Heartbeat(1, "c1", ARRIVAL_US, {"datagrams": 3})
REFUSED = Refused(2, "malformed", "short", EXPORTER, 4000, ARRIVAL_US, b"\x21\x00", 1, 9)


def batch(*messages: Message) -> MessageBatch:
    controls = [BEAT, REFUSED, EndOfInput(len(messages), ARRIVAL_US)]
    return MessageBatch(messages=list(messages), controls=controls, shard=3, source="s", ordinal=4)


MIXED = batch(message(b"{"), message(payload(1)), message(b""), message(payload(2)))


@pytest.mark.parametrize("run", [bounded, live])
def test_every_message_is_a_notification_or_a_letter(run: type) -> None:
    given = run(DecodeNotifications(), [MIXED])
    (out,) = given.out
    assert [found.message for found in out.notifications] == [MIXED.messages[1], MIXED.messages[3]]
    assert [(letter.stage, letter.reason) for letter in given.letters] == [
        ("decode", "not-json"),
        ("decode", "empty-payload"),
        ("receive", "malformed"),
    ]
    assert [letter.original for letter in given.letters] == [b"{", b"", b"\x21\x00"]
    assert given.counts == {
        "received": 5,
        "decoded": 2,
        "refused:malformed": 1,
        "dead:malformed": 1,
        "dead:not-json": 1,
        "dead:empty-payload": 1,
        "died:decode": 2,
        "died:receive": 1,
    }


def test_controls_stand_before_the_same_notifications_and_lose_their_octets() -> None:
    (out,) = bounded(DecodeNotifications(), [MIXED]).out
    received = [control for control in out.controls if getattr(control, "reason", "malformed") == "malformed"]
    beat, refused, end = received
    assert (beat.at, refused.at, end.at) == (0, 1, 2)
    assert refused.original == b""
    assert beat.counters == BEAT.counters


def test_a_number_that_came_without_a_notification_is_told_to_loss_detection() -> None:
    (out,) = bounded(DecodeNotifications(), [MIXED]).out
    undecoded = [control for control in out.controls if getattr(control, "reason", "malformed") != "malformed"]
    assert [(control.reason, control.at, control.original) for control in undecoded] == [
        ("not-json", 0, b""),
        ("empty-payload", 1, b""),
    ]


def test_what_cannot_be_decoded_keeps_its_place_among_the_controls() -> None:
    bad = [message(b"{", message_id=number) for number in range(3)]
    beats: list[Control] = [Heartbeat(number, f"c{number}", ARRIVAL_US, {}) for number in range(4)]
    (out,) = bounded(DecodeNotifications(), [MessageBatch(messages=bad, controls=beats)]).out
    told = [getattr(control, "message_id", None) for control in out.controls]
    assert told == [None, 0, None, 1, None, 2, None]
    assert {control.at for control in out.controls} == {0}


def test_place_collectors_and_end_are_handed_on() -> None:
    given = bounded(DecodeNotifications(), [MIXED])
    for made in (*given.out, *given.dead_letters, *given.ledger):
        assert (made.shard, made.source, made.ordinal) == (3, "s", 4)
    (delta,) = given.ledger
    assert (delta.stage, delta.end, delta.collectors) == ("decode", True, [BEAT])


def test_quirks_are_counted_by_name() -> None:
    body = b'{"ietf-subscribed-notification:subscription-terminated":{"id":1}}'
    given = bounded(DecodeNotifications(), [MessageBatch(messages=[message(body)])])
    assert given.counts["quirk:misspelt-module:ietf-subscribed-notification"] == 1


def test_an_empty_batch_passes_and_ends_nothing() -> None:
    given = bounded(DecodeNotifications(), [MessageBatch(messages=[])])
    assert (len(given.out), given.dead_letters, given.ledger[0].end) == (1, [], False)
