"""What a notification says of itself is kept beyond the message, so that it is bounded: in each encoding alike."""

import cbor2
import orjson
import pytest

from tests.builders import message
from tests.core.notification.samples import CBOR, JSON
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.bounds import MAX_FACTS, MAX_KIND, MAX_MODULES, MAX_NODE, MAX_TEXT
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.refusal import MAX_WORDS

STARTED = "ietf-subscribed-notifications:subscription-started"
PUSH = "ietf-yang-push:push-update"
ENDED = "ietf-subscribed-notifications:subscription-terminated"
XPATH = "ietf-yang-push:datastore-xpath-filter"
LIBRARY = "ietf-yang-library-notifications:yang-library-content-id"


def said(kind: str, body: object, node: str = "n") -> dict[str, object]:
    return {
        "ietf-yp-notification:envelope": {
            "event-time": "2026-11-20T10:00:10Z",
            "hostname": node,
            "contents": {kind: body},
        }
    }


def patched(patch_id: str) -> dict[str, object]:
    patch = {"yang-patch": {"patch-id": patch_id, "edit": []}}
    return said("ietf-yang-push:push-change-update", {"id": 1, "datastore-changes": patch})


def contents(count: int) -> dict[str, object]:
    return {"id": 1, "datastore-contents": {f"m{number}:x": 1 for number in range(count)}}


@pytest.mark.parametrize(
    ("at_most", "beyond"),
    [
        (said(PUSH, {"id": 1}, "n" * MAX_NODE), said(PUSH, {"id": 1}, "n" * (MAX_NODE + 1))),
        (said(PUSH, contents(MAX_MODULES)), said(PUSH, contents(MAX_MODULES + 1))),
        (said(f"a:{'b' * (MAX_KIND - 2)}", {}), said(f"a:{'b' * (MAX_KIND - 1)}", {})),
        (
            said(STARTED, {"id": 1, LIBRARY: "c" * MAX_TEXT}),
            said(STARTED, {"id": 1, LIBRARY: "c" * (MAX_TEXT + 1)}),
        ),
        (patched("p" * MAX_TEXT), patched("p" * (MAX_TEXT + 1))),
        (said(ENDED, {"id": 1, "reason": "r" * MAX_TEXT}), said(ENDED, {"id": 1, "reason": "r" * (MAX_TEXT + 1)})),
        (
            said(STARTED, {"id": 1, "module-version": [{"name": f"m{n}"} for n in range(MAX_MODULES)]}),
            said(STARTED, {"id": 1, "module-version": [{"name": f"m{n}"} for n in range(MAX_MODULES + 1)]}),
        ),
        (
            said(STARTED, {"id": 1, XPATH: "x" * (MAX_FACTS - 1_000)}),
            said(STARTED, {"id": 1, XPATH: "x" * (MAX_FACTS + 1)}),
        ),
    ],
    ids=["node", "modules of contents", "name", "content-id", "patch-id", "reason", "modules of terms", "filter"],
)
def test_facts_are_read_up_to_their_bounds_and_refused_beyond(at_most: object, beyond: object) -> None:
    for media_type, encode in ((JSON, orjson.dumps), (CBOR, cbor2.dumps)):
        decode(message(encode(at_most), media_type=media_type))
        with pytest.raises(NotificationError, match="facts-too-long"):
            decode(message(encode(beyond), media_type=media_type))


@pytest.mark.parametrize("body", [[{"id": 1}], "text"])
def test_a_refusal_is_of_so_many_words_however_long_a_name_is(body: object) -> None:
    with pytest.raises(NotificationError) as told:
        decode(message(orjson.dumps(said(f"a:{'b' * 5_000}", body))))
    assert len(told.value.detail) <= MAX_WORDS


def test_contents_are_no_facts() -> None:
    body = {"id": 1, "datastore-contents": {"a:b": "x" * (2 * MAX_FACTS)}}
    assert decode(message(orjson.dumps(said(PUSH, body)))).modules == ("a",)
