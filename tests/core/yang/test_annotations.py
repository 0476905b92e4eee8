"""Metadata in contents: its own form passes to libyang, what would crash it does not."""

from typing import Any

import orjson
import pytest

from tests.core.yang.schemas import refusal_of
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.annotations import refuse_odd_annotations
from yangbeam.core.yang.schema import Schema

CRASHED = {"example-plant:plant": {"@boiler": {"example-plant:boiler": {"a": [{"b": "1"}]}}}}
"""Of this shape: a container's annotation with data inside, which libyang 2.1.30 follows through a null pointer."""


@pytest.mark.parametrize(
    "document",
    [
        CRASHED,
        {"m:a": {"@b": 1}},
        {"m:a": [{"@": {"m:origin": ["x"]}}]},
        {"m:a": {"@b": [{"m:x": {}}]}},
        {"@m:a": "text"},
        {"m:a": {"@b": None}},
    ],
)
def test_metadata_with_anything_but_scalars_inside_is_refused_with_its_path(document: Any) -> None:
    with pytest.raises(InvalidInstanceError, match="no annotation has") as caught:
        refuse_odd_annotations(orjson.dumps(document), document)
    assert "@" in caught.value.path


@pytest.mark.parametrize(
    "document",
    [
        {"m:a": {"@b": {"m:origin": "x", "m:n": 1}}},
        {"m:a": {"@b": [None, {"m:x": True}]}},
        {"m:a": ["@", {"b": "@"}]},
        {},
    ],
)
def test_annotations_of_scalars_are_libyangs_to_judge(document: Any) -> None:
    refuse_odd_annotations(orjson.dumps(document), document)


def test_a_name_that_is_written_with_an_escape_is_seen() -> None:
    with pytest.raises(InvalidInstanceError):
        refuse_odd_annotations(b'{"\\u0040a":{"b":{}}}', {"@a": {"b": {}}})


def test_contents_that_would_crash_libyang_are_refused(plant: Schema) -> None:
    refused = refusal_of(lambda: plant.validate_contents(orjson.dumps(CRASHED)))
    assert refused is not None
    assert refused.reason == "invalid-contents"
