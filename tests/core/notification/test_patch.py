"""Each operation of a yang-patch is held to its rules."""

import json
from typing import Any

import pytest

from tests.core.notification.samples import changed, enveloped, of_cbor, of_json, of_xml
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.patch import OPERATIONS, WHERE
from yangbeam.core.notification.slices import edits_of

_VALUE = {"m:a": [{"name": "x"}]}


def _edit(operation: object, **members: Any) -> dict[str, Any]:
    return {"edit-id": "e", "operation": operation, "target": "/m:a=x", **members}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_read_with_what_it_needs(name: str) -> None:
    row = OPERATIONS[name]
    found = decode(of_json(changed(_edit(name, **({"value": _VALUE} if row.value else {})))))
    (edit,) = edits_of(found)
    assert (edit.edit_id, edit.operation, edit.target) == ("e", name, "/m:a=x")
    assert edit.value == (json.dumps(_VALUE).encode() if row.value else None)
    assert edit.where == ("last" if row.places else None)
    assert (found.modules, found.patch_id, found.quirks) == (("m",), "0", ())


@pytest.mark.parametrize("index", range(len(OPERATIONS)))
def test_operations_come_as_integers_in_cbor(index: int) -> None:
    assert decode(of_cbor(changed(_edit(index, value=_VALUE)))).modules == ("m",)


@pytest.mark.parametrize("where", WHERE)
def test_before_and_after_need_a_point(where: str) -> None:
    found = decode(of_json(changed(_edit("move", where=where, point="/m:a=y"))))
    (edit,) = edits_of(found)
    assert (edit.where, edit.point) == (where, "/m:a=y" if WHERE[where] else None)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (_edit("explode"), "unknown-operation"),
        (_edit("Merge", value=_VALUE), "unknown-operation"),
        (_edit(99), "not-a-string"),
        ({"edit-id": "e", "target": "/m:a"}, "unknown-operation"),
        ({"edit-id": "e", "operation": "delete"}, "edit-without-target"),
        (_edit("merge"), "edit-without-value"),
        (_edit("merge", value=None), "edit-without-value"),
        (_edit("create", value=[_VALUE]), "not-a-container"),
        (_edit("move", where="before"), "edit-without-point"),
        (_edit("move", where="beside"), "unknown-where"),
        (_edit("insert", value=_VALUE, where="after"), "edit-without-point"),
        (_edit("delete") | {"target": 5}, "not-a-string"),
        (_edit("delete") | {"edit-id": [1]}, "not-a-string"),
    ],
)
def test_an_edit_that_breaks_the_rules_is_refused(edit: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotificationError) as refused:
        decode(of_json(changed(edit)))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"datastore-changes": {"patch": {}}}, "no-patch"),
        ({"datastore-changes": []}, "not-a-container"),
        ({"datastore-changes": {"yang-patch": []}}, "not-a-container"),
        ({"datastore-changes": {"yang-patch": {"edit": 5}}}, "not-a-list"),
        ({"datastore-changes": {"yang-patch": {"edit": [5]}}}, "not-a-container"),
        ({"datastore-changes": {"yang-patch": {"patch-id": {}}}}, "not-a-string"),
    ],
)
def test_a_patch_of_a_wrong_shape_is_refused(body: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotificationError) as refused:
        decode(of_json(enveloped("ietf-yang-push:push-change-update", body)))
    assert refused.value.reason == reason


@pytest.mark.parametrize("body", [{}, {"incomplete-update": [None]}, {"datastore-changes": {}}])
def test_an_update_may_say_no_more_than_that_it_came(body: dict[str, Any]) -> None:
    found = decode(of_json(enveloped("ietf-yang-push:push-change-update", {"id": 7, **body})))
    assert (found.kind, found.modules, found.quirks) == ("push-change-update", (), ("no-container:yang-patch",))
    assert edits_of(found) == []


@pytest.mark.parametrize("name", ["yang-patch", "ietf-yang-push:yang-patch", "ietf-yang-patch:yang-patch"])
def test_a_patch_is_read_by_the_name_of_either_module(name: str) -> None:
    body = {"id": 7, "datastore-changes": {name: {"patch-id": "20", "edit": [_edit("delete")]}}}
    found = decode(of_json(enveloped("ietf-yang-push:push-change-update", body)))
    assert (found.patch_id, len(edits_of(found))) == ("20", 1)


def test_departures_in_a_patch_are_accepted_and_named() -> None:
    lone = {"yang-patch": {"patch-id": 20, "edit": _edit("delete", value=_VALUE, where="last", point="/m:a")}}
    found = decode(of_json(enveloped("ietf-yang-push:push-change-update", {"id": 7, "datastore-changes": lone})))
    assert found.patch_id == "20"
    assert found.quirks == (
        "list-as-object:edit",
        "needless-value:delete",
        "needless-where:delete",
        "needless-point:delete",
    )
    (edit,) = edits_of(found)
    assert (edit.value, edit.where) == (None, None)


def test_a_misplaced_container_is_accepted_and_named() -> None:
    found = decode(of_json(changed(_edit("merge", value=_VALUE), container="datastore-contents")))
    assert found.quirks == ("misplaced-container:datastore-contents",)
    assert [edit.value for edit in edits_of(found)] == [json.dumps(_VALUE).encode()]


def test_modules_come_from_targets_and_values_each_once() -> None:
    edits = (
        _edit("merge", value={"n:b": 1}),
        _edit("delete") | {"target": "/o:x[p:k='1']"},
        _edit("delete") | {"target": "/plain[p:k='1']"},
        _edit("delete") | {"target": "/plain=p:k"},
    )
    assert decode(of_json(changed(*edits))).modules == ("m", "o", "n")


def test_a_patch_in_xml_has_its_operations_checked_too() -> None:
    text = (
        '<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>t</eventTime>'
        '<push-change-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>7</id><{0}><yang-patch>'
        "<patch-id>4</patch-id><edit><edit-id>1</edit-id><operation>{1}</operation><target>/m:a</target>"
        '<value><a xmlns="urn:m"/></value></edit></yang-patch></{0}></push-change-update></notification>'
    )
    found = decode(of_xml(text.format("datastore-changes", "merge")))
    assert (found.patch_id, found.modules, found.quirks) == ("4", ("m", "urn:m"), ())
    assert decode(of_xml(text.format("datastore-contents", "merge"))).quirks
    with pytest.raises(NotificationError, match="unknown-operation"):
        decode(of_xml(text.format("datastore-changes", "explode")))


def test_a_departure_of_many_edits_is_named_once() -> None:
    assert decode(of_json(changed(*[_edit("delete", value=_VALUE)] * 9))).quirks == ("needless-value:delete",)
