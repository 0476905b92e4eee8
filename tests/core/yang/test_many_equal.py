"""Thousands of entries with one key are refused before libyang compares each with all others; it is asked of fewer."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.core.yang.schemas import loaded
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.core.yang.unique_keys import MANY

BODY = "container c { list l { key 'k j'; leaf k { type string; } leaf j { type int8; } } leaf-list w { type int8; } }"
MODULE = f"module m {{ namespace urn:m; prefix m; revision 2026-01-01; {BODY} }}"
PADDING = " " * (16 << 10)


def entry(**leaves: Any) -> dict[str, Any]:
    return {"k": "one", "j": 1} | leaves


@pytest.mark.parametrize(
    ("contents", "asks"),
    [
        ({"l": [entry()] * (MANY + 2)}, False),
        ({"w": [1] * (MANY + 2)}, False),
        ({"l": [entry()] * 2}, True),
        ({"l": [{"j": 1}] * (MANY + 2)}, True),
        ({"l": [entry(j=number % 100, k=f"{number}") for number in range(MANY + 2)]}, True),
    ],
    ids=["one key", "one value", "few", "no key", "all different"],
)
def test_libyang_is_asked_unless_too_many_entries_are_equal(
    tmp_path: Path, contents: dict[str, Any], asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    with loaded(make_schema_set({"m.yang": MODULE}, ["m"]), tmp_path) as schema:
        refusal = schema._refusal
        monkeypatch.setattr(schema, "_refusal", lambda text, *more: asked.append(text) or refusal(text, *more))
        text = orjson.dumps({"m:c": contents}) + PADDING.encode()
        if len({str(each) for each in contents.get("l", [1, 1])}) > MANY:
            schema.validate_contents(text)
        else:
            with pytest.raises(InvalidInstanceError, match=r"repeats the key|lacks its key") as told:
                schema.validate_contents(text)
            assert "None" not in told.value.detail
    assert bool(asked) is asks
