"""The one record of what ends here: nothing about it is forgotten, and its octets come back."""

import base64
import hashlib
from typing import Any

import orjson

from tests.builders import ARRIVAL_US, EXPORTER, message, notification
from yangbeam.core.dead_letter import (
    MAX_DETAIL,
    letter_of_message,
    letter_of_notification,
    letter_of_refused,
    to_json,
)
from yangbeam.core.elements import Refused
from yangbeam.core.errors import InvalidInstanceError, NotificationError, SchemaError

OCTETS = bytes(range(256))


def test_what_the_receiver_refused_keeps_its_datagram_ids_and_fault() -> None:
    refused = Refused(0, "malformed", "short", EXPORTER, 4000, ARRIVAL_US, OCTETS, 8, 43, "environment")
    letter = letter_of_refused(refused)
    assert (letter.stage, letter.reason, letter.fault, letter.detail) == (
        "receive",
        "malformed",
        "environment",
        "short",
    )
    assert (letter.exporter, letter.port, letter.arrival_us) == (EXPORTER, 4000, ARRIVAL_US)
    assert (letter.publisher_id, letter.message_id, letter.original) == (8, 43, OCTETS)


def test_a_message_that_was_not_decoded_has_no_subscription() -> None:
    letter = letter_of_message("decode", message(OCTETS), NotificationError("not-json", "no object"))
    assert (letter.stage, letter.reason, letter.fault) == ("decode", "not-json", "device")
    assert (letter.original, letter.media_type) == (OCTETS, "application/yang-data+json")
    assert (letter.node, letter.subscription_id, letter.schema_id, letter.path, letter.rule) == (
        None,
        None,
        None,
        "",
        "",
    )
    assert (letter.collector, letter.collector_port, letter.transport) == ("192.0.2.1", 10003, "udp-notif")


def test_a_notification_that_its_schema_refuses_tells_path_rule_and_schema() -> None:
    error = InvalidInstanceError("invalid-contents", "too high", path="/a:b/c", rule="range 0..5", schema_id=7)
    letter = letter_of_notification("validate", notification(OCTETS), error)
    assert (letter.node, letter.subscription_id) == ("example-router", 6666)
    assert (letter.path, letter.rule, letter.schema_id) == ("/a:b/c", "range 0..5", 7)


def test_a_missing_schema_is_the_operators_to_mend() -> None:
    letter = letter_of_notification("bind", notification(), SchemaError("schema-missing", "no module x"))
    assert letter.fault == "configuration"


def test_megabytes_of_quoted_values_are_cut_from_the_detail() -> None:
    error = NotificationError("not-json", "x" * 5_000_000)
    refused = Refused(0, "malformed", "x" * 5_000_000, EXPORTER, 4000, ARRIVAL_US, b"")
    assert len(letter_of_message("decode", message(), error).detail) == MAX_DETAIL
    assert len(letter_of_refused(refused).detail) == MAX_DETAIL


def test_the_json_form_is_one_line_with_every_field_and_the_octets_in_base64() -> None:
    letter = letter_of_message("decode", message(OCTETS), NotificationError("not-json", "line\nbreak \u2028"))
    line = to_json(letter)
    assert b"\n" not in line
    told: dict[str, Any] = orjson.loads(line)
    assert base64.b64decode(told.pop("original")) == OCTETS
    made = ("cure", "identity", "octets", "sha256")
    assert [told.pop(name) for name in made] == [
        "Look at the original: it was cut, or it is XML or CBOR.",
        None,
        len(OCTETS),
        hashlib.sha256(OCTETS).hexdigest(),
    ]
    left_out = {"original", "raw_partition", "raw_offset", "raw_index"}
    fields = {name: getattr(letter, name) for name in letter.__struct_fields__ if name not in left_out}
    assert told == fields | {"also": []}
