"""The hot path and the general path give the same notification."""

import copy
from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.core.notification.samples import HEADERS, of_json
from yangbeam.core.elements import Message, Notification
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.exact import exact_push_update
from yangbeam.core.notification.facts import notification_of
from yangbeam.core.notification.header import unwrap
from yangbeam.core.notification.json_payload import JSON, tree_of_json
from yangbeam.core.notification.refusal import MAX_DEPTH

_EXACT = ("H2", "H3", "H7", "H8")


def _general(tree: Any) -> Notification:
    found = unwrap(tree)
    return notification_of(of_json(tree), found, found.row, JSON)


@pytest.mark.parametrize("row", _EXACT)
def test_the_common_shapes_take_the_hot_path(row: str) -> None:
    assert exact_push_update(of_json(HEADERS[row])) == replace(_general(HEADERS[row]), exact=True)


_DRAFTS = (
    "ietf-distributed-notif:message-publisher-id",
    "ietf-yp-observation:timestamp",
    "ietf-yp-observation:point-in-time",
)


@pytest.mark.parametrize("row", _EXACT)
@pytest.mark.parametrize("absent", [chosen for size in (1, 2, 3) for chosen in combinations(_DRAFTS, size)])
def test_so_do_those_that_lack_members_of_drafts(row: str, absent: tuple[str, ...]) -> None:
    tree = copy.deepcopy(HEADERS[row])
    body = _body(tree)
    for name in absent:
        del body[name]
    assert exact_push_update(of_json(tree)) == replace(_general(tree), exact=True)


def _body(tree: Any) -> Any:
    while "ietf-yang-push:push-update" not in tree:
        tree = next(below for below in tree.values() if isinstance(below, dict))
    return tree["ietf-yang-push:push-update"]


@pytest.mark.parametrize("row", [row for row in HEADERS if row not in _EXACT])
def test_other_shapes_do_not(row: str) -> None:
    assert exact_push_update(of_json(HEADERS[row])) is None


def _outcome(message: Message, *, general: bool) -> Any:
    try:
        if not general:
            return replace(decode(message), exact=False)
        found = unwrap(tree_of_json(message.payload))
        return notification_of(message, found, found.row, JSON)
    except NotificationError as error:
        return error.reason


_LIKELY = (
    b"\xff",
    b"\xc3\xa9",
    b"\\",
    b'"',
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\x01",
    b"\\ud800",
    b"0",
    b"1e5",
    b" ",
)


@given(row=st.sampled_from(_EXACT), at=st.integers(0, 2000), cut=st.integers(0, 2), text=st.sampled_from(_LIKELY))
def test_octets_put_in_anywhere_are_judged_alike_by_both_paths(row: str, at: int, cut: int, text: bytes) -> None:
    whole = of_json(HEADERS[row])
    at %= len(whole.payload)
    changed = msgspec.structs.replace(whole, payload=whole.payload[:at] + text + whole.payload[at + cut :])
    assert _outcome(changed, general=False) == _outcome(changed, general=True)


def test_contents_in_another_character_set_are_no_json() -> None:
    whole = of_json(HEADERS["H8"])
    latin = msgspec.structs.replace(whole, payload=whole.payload.replace(b"eth0", b"eth\xe9"))
    assert _outcome(latin, general=False) == "not-json"


@pytest.mark.parametrize("levels", [MAX_DEPTH // 2, MAX_DEPTH * 2])
def test_contents_may_nest_as_deep_by_either_path(levels: int) -> None:
    tree = copy.deepcopy(HEADERS["H8"])
    deep: Any = 1
    for _ in range(levels):
        deep = {"a": deep}
    tree["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]["datastore-contents"] = {
        "m:a": deep
    }
    message = of_json(tree)
    assert (exact_push_update(message) is not None) == (levels < MAX_DEPTH)
    assert _outcome(message, general=False) == _outcome(message, general=True)


def test_a_wide_payload_with_brackets_in_strings_is_left_to_the_general_path() -> None:
    tree = copy.deepcopy(HEADERS["H8"])
    wide = {"m:a": [{"b": "]"} for _ in range(MAX_DEPTH)]}
    tree["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]["datastore-contents"] = wide
    assert exact_push_update(of_json(tree)) is None
    assert _outcome(of_json(tree), general=False) == _outcome(of_json(tree), general=True)


def test_numbers_beyond_a_double_are_json_on_the_hot_path() -> None:
    whole = of_json(HEADERS["H8"])
    huge = msgspec.structs.replace(whole, payload=whole.payload.replace(b'"up"', b"1e999"))
    assert _outcome(huge, general=False).kind == "push-update"


def _places(tree: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if type(tree) is not dict:
        return [path]
    return [path, *(place for name, below in tree.items() for place in _places(below, (*path, name)))]


@given(
    row=st.sampled_from(_EXACT),
    place=st.integers(0, 1000),
    value=st.none()
    | st.booleans()
    | st.integers(-1, 2**33)
    | st.text(max_size=3)
    | st.just({})
    | st.just([])
    | st.just({"a": {}}),
    extra=st.booleans(),
)
def test_a_change_anywhere_is_judged_alike_by_both_paths(row: str, place: int, value: Any, *, extra: bool) -> None:
    tree = copy.deepcopy(HEADERS[row])
    places = _places(tree)[1:]
    *way, name = places[place % len(places)]
    holder: Any = tree
    for step in way:
        holder = holder[step]
    holder[f"{name}-x" if extra else name] = value
    try:
        expected: Any = _general(tree)
    except NotificationError as error:
        expected = error.reason
    try:
        found: Any = replace(decode(of_json(tree)), exact=False)
    except NotificationError as error:
        found = error.reason
    assert found == expected
