"""Real routers: every message decodes, and its facts are those that another collector reads.

Normalised before comparing: times to UTC, ``notification-contents`` to ``contents``, absent ``id`` as the other has it.
"""

import json
from datetime import datetime
from typing import Any

import pytest

from tests.core.notification.samples import of_json
from tests.shared_data import shared
from yangbeam.core.elements import Notification
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.kinds import KIND_OF
from yangbeam.core.notification.slices import contents_of, edits_of
from yangbeam.core.notification.target import parse_target

_CAPTURES = {
    "ipf-zbl1243-r-daisy-21-yangpush-20241102-1030": (539, "H2"),
    "n7-sa1_yang-push": (4, "H3"),
    "6wind-vsr-yang-push-20250304-0811-receiver-json": (62, "H7"),
    "huawei-MA5800T-X17-yang-push-20250306-1330-receiver": (109, "H2"),
}


def _lines(capture: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shared(f"captures/{capture}/{name}.jsonl").read_text().splitlines()]


def _decoded(capture: str) -> list[Notification]:
    return [
        decode(of_json(line["payload"], publisher_id=line["publisher_id"], message_id=line["message_id"]))
        for line in _lines(capture, "expected-packets")
    ]


def _utc(text: str | None) -> float | None:
    # Nanoseconds are beyond datetime: both sides are cut to microseconds.
    if text is None:
        return None
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    cut = f"{head}.{tail[: min(digits, 6)].ljust(6, '0')}{tail[digits:]}" if dot else text
    return datetime.fromisoformat(cut).timestamp()


def _facts(found: Notification) -> tuple[Any, ...]:
    return (
        found.kind,
        found.node,
        found.sequence_number,
        found.subscription_id,
        found.publisher_id,
        _utc(found.event_time),
        _utc(found.observed_at),
        found.point_in_time,
        found.reason,
        found.terms,
    )


def _leaf(body: dict[str, Any], local: str) -> Any:
    return next((value for name, value in body.items() if name.rpartition(":")[2] == local), None)


def _second_opinion(line: dict[str, Any]) -> tuple[Any, ...]:
    """The facts in the other collector's tree, by local names only; ours must not be asked for them."""
    ((_, holder),) = line["payload"].items()
    inner = holder.get("contents", holder)
    name, body = next((name, value) for name, value in inner.items() if name in KIND_OF)
    publisher = _leaf(body, "message-publisher-id")
    return (
        KIND_OF[name].name,
        _leaf(holder, "sysName") or _leaf(holder, "hostname"),
        next(v for v in (_leaf(holder, "sequenceNumber"), _leaf(holder, "sequence-number")) if v is not None)
        if any(n.rpartition(":")[2] in {"sequenceNumber", "sequence-number"} for n in holder)
        else None,
        body.get("id"),
        line["publisher_id"] if publisher is None else publisher,
        _utc(_leaf(holder, "eventTime") or _leaf(holder, "event-time")),
        _utc(_leaf(body, "timestamp")),
        _leaf(body, "point-in-time"),
        _leaf(body, "reason"),
    )


@pytest.mark.parametrize("capture", _CAPTURES)
def test_every_message_of_a_capture_decodes_to_what_another_collector_reads(capture: str) -> None:
    count, wrapper = _CAPTURES[capture]
    found = _decoded(capture)
    expected = [_second_opinion(line["Ok"]) for line in _lines(capture, "expected-notifications")]
    assert len(found) == count
    assert {each.wrapper for each in found} == {wrapper}
    assert [_facts(each)[:-1] for each in found] == expected


@pytest.mark.parametrize("capture", _CAPTURES)
def test_contents_and_edits_of_a_capture_are_those_of_its_payloads(capture: str) -> None:
    for found in _decoded(capture):
        contents = contents_of(found)
        assert (contents is not None) == (found.kind == "push-update")
        if contents is not None:
            tree = json.loads(found.message.payload)
            for name in found.path:
                tree = tree[name]
            assert json.loads(contents) == tree["datastore-contents"]
        for edit in edits_of(found):
            assert parse_target(edit.target)[0].module in found.modules


def test_the_started_messages_of_6wind_carry_their_terms() -> None:
    capture = "6wind-vsr-yang-push-20250304-0811-receiver-json"
    terms = [found.terms for found in _decoded(capture) if found.terms is not None]
    assert [each.publisher_ids for each in terms] == [(0,)] * 3
    assert {each.modules for each in terms} == {
        (("vrouter-interface", "2024-04-22", None),),
        (("vrouter-loopback", "2024-04-22", None),),
    }
    assert {each.content_id for each in terms} == {"3625735881"}
