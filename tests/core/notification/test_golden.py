"""Payloads of our own making decode to the facts written beside them."""

import json
from typing import Any

import msgspec

from tests.core.notification.samples import EXPECTED, GOLDEN, corpus
from yangbeam.core.elements import Notification
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.slices import edits_of
from yangbeam.core.notification.target import parse_target


def normal(found: Notification) -> dict[str, Any]:
    """The facts that differ from their defaults, without the message, as JSON."""
    facts = {
        field.name: getattr(found, field.name)
        for field in msgspec.structs.fields(found)
        if field.name != "message" and getattr(found, field.name) != field.default
    }
    if found.terms is not None:
        terms = found.terms
        facts["terms"] = {
            field.name: getattr(terms, field.name)
            for field in msgspec.structs.fields(terms)
            if getattr(terms, field.name) != field.default
        }
    return json.loads(json.dumps(facts))


def test_every_golden_payload_decodes_to_the_facts_beside_it() -> None:
    expected = json.loads((GOLDEN / EXPECTED).read_text())
    assert {name: normal(decode(message)) for name, message in corpus()} == expected


def test_the_same_notification_has_the_same_facts_in_every_encoding() -> None:
    expected = json.loads((GOLDEN / EXPECTED).read_text())
    apart = {"wrapper", "path", "modules", "quirks"}

    def facts(name: str) -> dict[str, Any]:
        return {fact: value for fact, value in expected[name].items() if fact not in apart}

    assert facts("push-update-h8.json") == facts("push-update-h8.cbor") == facts("push-update-sids.cbor")
    assert facts("push-update-h8.json") == facts("push-update-envelope.xml")
    assert facts("push-change-update.json") == facts("push-change-update.cbor")
    assert facts("started-current.json") == facts("started-byte-string.cbor") == facts("started-envelope.xml")


def test_the_edits_of_the_golden_patches_have_readable_targets() -> None:
    for name, message in corpus():
        if name.startswith("push-change-update") and name.endswith(".json"):
            edits = edits_of(decode(message))
            assert [edit.edit_id for edit in edits] == list("1234567")
            assert {parse_target(edit.target)[0].module for edit in edits} == {"example-chassis"}
