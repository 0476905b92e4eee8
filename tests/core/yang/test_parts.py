"""Long lists at the top are judged in parts, with the verdict that one piece would get."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.core.yang.schemas import loaded
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.parts import TOGETHER, is_long, parts_of
from yangbeam.core.yang.schema_set import make_schema_set

BODY = (
    "list l { key k; leaf k { type int32; } leaf v { type int8; } } leaf-list w { config false; type int8; } "
    "leaf x { type int8; }"
)
MANY = 3 * TOGETHER + 1


def entries(**changed: Any) -> dict[str, Any]:
    listed = [{"k": number, "v": 1} for number in range(MANY)]
    return {
        "m:l": listed,
        "m:w": [1] * MANY,
        "@m:w": [None, {"ietf-origin:origin": "ietf-origin:system"}],
        "m:x": 1,
    } | changed


def test_the_parts_have_together_what_the_whole_has() -> None:
    whole = entries()
    parts = list(parts_of(whole))
    assert is_long(whole)
    assert not any(is_long(part) for part in parts)
    for name in ("m:l", "m:w", "@m:w"):
        assert [entry for part in parts for entry in part.get(name, ())] == whole[name]
    assert parts[-1] == {"m:x": 1}


@pytest.mark.parametrize(
    "document",
    [
        entries(**{"m:x": 1000}),
        entries(**{"m:l": [*entries()["m:l"], {"k": "no"}]}),
        entries(**{"m:l": [*entries()["m:l"], {"k": 0}]}),
        entries(**{"m:l": [*entries()["m:l"], {"v": 1}]}),
        entries(**{"m:w": [1] * MANY + [999]}),
        entries(**{"@m:w": {"a": 1}}),
        entries(**{"@m:l": [{"m:none": 1}]}),
        entries(**{"m:none": [1] * MANY}),
        entries(**{"m:x": [1] * MANY}),
    ],
    ids=[
        "a leaf",
        "a key",
        "a key twice",
        "no key",
        "an entry",
        "annotations",
        "of a list",
        "nobody's",
        "a leaf's array",
    ],
)
def test_what_is_wrong_in_one_piece_is_wrong_in_parts(
    tmp_path: Path, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"module m {{ namespace urn:m; prefix m; revision 2026-01-01; {BODY} }}"
    with loaded(make_schema_set({"m.yang": text}, ["m"]), tmp_path) as schema:
        reasons = []
        for _ in range(2):
            with pytest.raises(InvalidInstanceError) as told:
                schema.validate_contents(orjson.dumps(document))
            reasons.append(told.value.reason)
            monkeypatch.setattr("yangbeam.core.yang.schema.is_long", lambda _: False)
    assert reasons[0] == reasons[1]


def test_what_is_right_in_one_piece_is_right_in_parts(tmp_path: Path) -> None:
    text = f"module m {{ namespace urn:m; prefix m; revision 2026-01-01; {BODY} }}"
    with loaded(make_schema_set({"m.yang": text}, ["m"]), tmp_path) as schema:
        schema.validate_contents(orjson.dumps(entries(**{"@m:w": [None]})))
