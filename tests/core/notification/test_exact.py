"""The hot path and the general path give the same notification."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.notification.samples import HEADERS, of_json
from yangbeam.core.elements import Notification
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.exact import exact_push_update
from yangbeam.core.notification.facts import notification_of
from yangbeam.core.notification.header import unwrap
from yangbeam.core.notification.json_payload import JSON

_EXACT = ("H2", "H3", "H7", "H8")


def _general(tree: Any) -> Notification:
    found = unwrap(tree)
    return notification_of(of_json(tree), found, found.row, JSON)


@pytest.mark.parametrize("row", _EXACT)
def test_the_common_shapes_take_the_hot_path(row: str) -> None:
    assert exact_push_update(of_json(HEADERS[row]), HEADERS[row]) == _general(HEADERS[row])


@pytest.mark.parametrize("row", [row for row in HEADERS if row not in _EXACT])
def test_other_shapes_do_not(row: str) -> None:
    assert exact_push_update(of_json(HEADERS[row]), HEADERS[row]) is None


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
        found: Any = decode(of_json(tree))
    except NotificationError as error:
        found = error.reason
    assert found == expected
