"""Parts of a payload are cut out as they came."""

import msgspec
import pytest

from tests.builders import message, notification
from tests.core.notification.samples import HEADERS, changed, enveloped, of_json, pushed
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.slices import body_of, contents_of, edits_of

_ODD = b'{ "m:a" : [ 1.00, "\\u00e9", 18446744073709551615, 1e400 ] }'


def _payload(name: str, rest: str = "") -> bytes:
    return b'{"ietf-yang-push:push-update": {"' + name.encode() + b'" : ' + _ODD + rest.encode() + b" }}"


@pytest.mark.parametrize("name", ["datastore-contents", "ietf-yang-push:datastore-contents"])
def test_contents_keep_every_octet(name: str) -> None:
    payload = _payload(name)
    if b"1e400" in payload:  # no number of a double, but none of our business here
        payload = payload.replace(b", 1e400", b"")
    found = decode(message(payload))
    assert contents_of(found) == _ODD.replace(b", 1e400", b"")


@pytest.mark.parametrize("row", HEADERS)
def test_contents_are_found_in_every_wrapper(row: str) -> None:
    found = decode(of_json(HEADERS[row]))
    contents = contents_of(found)
    assert contents is not None
    assert msgspec.json.decode(contents)["ietf-interfaces:interfaces"]
    assert msgspec.json.decode(body_of(found))["id"] == 7


def test_a_push_update_without_contents_has_none() -> None:
    assert contents_of(decode(of_json(pushed({"id": 7})))) is None


def test_other_notifications_have_neither_contents_nor_edits() -> None:
    found = decode(of_json(enveloped("ietf-subscribed-notifications:subscription-resumed", {"id": 7})))
    assert contents_of(found) is None
    assert edits_of(found) == []
    assert body_of(found) == b'{"id": 7}'


def test_of_repeated_members_the_last_is_taken_as_by_the_decoder() -> None:
    payload = (
        b'{"ietf-yp-notification:envelope":{"contents":5,"contents":'
        b'{"ietf-yang-push:push-update":{"datastore-contents":{"m:a":1},"datastore-contents":{"n:b":2}}}}}'
    )
    found = decode(message(payload))
    assert found.modules == ("n",)
    assert contents_of(found) == b'{"n:b":2}'


def test_a_payload_that_the_path_does_not_belong_to_is_refused() -> None:
    for payload in (b"{}", b"5", b"", b'{"ietf-yp-notification:envelope":{"contents":{}}}', b"\xff"):
        for cut in (contents_of, body_of):
            with pytest.raises(NotificationError):
                cut(notification(payload))
        with pytest.raises(NotificationError):
            edits_of(notification(payload, kind="push-change-update"))


def test_edits_that_cannot_be_read_are_refused() -> None:
    for patch in (b"5", b'{"yang-patch":5}', b'{"yang-patch":{"edit":5}}', b'{"yang-patch":{"edit":[5]}}', b'{"x":1}'):
        payload = b'{"ietf-yang-push:push-change-update":{"datastore-changes":' + patch + b"}}"
        with pytest.raises(NotificationError):
            edits_of(notification(payload, kind="push-change-update", path=("ietf-yang-push:push-change-update",)))


def test_an_empty_patch_has_no_edits() -> None:
    assert edits_of(decode(of_json(changed()))) == []


def test_a_null_value_of_an_operation_without_one_is_none() -> None:
    found = decode(of_json(changed({"edit-id": "1", "operation": "delete", "target": "/m:a", "value": None})))
    assert [edit.value for edit in edits_of(found)] == [None]


def test_a_container_of_null_is_absent_for_the_decoder_and_for_the_knife() -> None:
    assert contents_of(decode(of_json(pushed({"datastore-contents": None})))) is None


def test_a_wrong_cased_container_is_none() -> None:
    found = decode(of_json(pushed({"Datastore-Contents": {"m:a": 1}})))
    assert (found.modules, contents_of(found)) == ((), None)
