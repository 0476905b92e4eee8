from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.yang.schemas import refusal_of
from tests.shared_data import shared
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.notification.target import parse_target
from yangbeam.core.yang.schema import Schema

TOP = "/example-plant:plant"


def judge(schema: Schema, target: str, operation: str, value: Any = None) -> None:
    schema.validate_edit(parse_target(target), operation, None if value is None else orjson.dumps(value))


@pytest.mark.parametrize(
    ("target", "operation", "value"),
    [
        ("/machine=press,1", "create", {"example-plant:machine": [{"name": "press", "slot": 1, "state": "x"}]}),
        ("/machine[name='press'][slot='1']", "merge", {"example-plant:machine": [{"name": "press", "slot": 1}]}),
        ("/machine=press,1/state", "replace", {"example-plant:state": "down"}),
        ("/machine=press,1/example-plant-more:label", "merge", {"example-plant-more:label": {"text": "x"}}),
        ("/machine=press,1/example-plant-more:label/text", "replace", {"example-plant-more:text": "x"}),
        ("/step=5", "insert", {"example-plant:step": [{"id": "5"}]}),
        ("/step=5", "move", None),
        ("/tag=a", "create", {"example-plant:tag": ["a"]}),
        ("/tag[.='a']", "delete", None),
        ("/tag", "replace", {"example-plant:tag": ["a", "b"]}),
        ("/machine[name='press'][slot='1']", "merge", {"machine": [{"name": "press", "slot": 1}]}),
        ("/machine", "replace", {"example-plant:machine": []}),
        ("/sample", "replace", {"example-plant:sample": [{"value": 1}]}),
        ("/machine=press,1", "remove", None),
        ("/heater", "delete", None),
        ("/volts", "merge", {"example-plant:volts": 1}),
    ],
)
def test_an_edit_that_fits_its_target_is_accepted(plant: Schema, target: str, operation: str, value: Any) -> None:
    judge(plant, TOP + target, operation, value)


def test_the_datastore_itself_may_be_a_target(plant: Schema) -> None:
    judge(plant, "/", "merge", {"example-plant:plant": {"volts": 1}})
    judge(plant, "/", "delete")
    with pytest.raises(InvalidInstanceError):
        judge(plant, "/", "merge", {"example-plant:plant": {"volts": "1"}})


@pytest.mark.parametrize(
    ("target", "operation", "value", "path", "rule"),
    [
        ("/engine", "delete", None, "/engine", "names no node in /example-plant:plant"),
        ("/example-garden:tree", "remove", None, "/example-garden:tree", "names no node"),
        ("/machine=press", "delete", None, "/machine", "1 key values; list"),
        ("/machine[name='press']", "delete", None, "/machine", "has the keys name, slot"),
        ("/machine[name='press'][place='1']", "delete", None, "/machine", "keys name, place"),
        ("/machine=press,many", "delete", None, "/machine", "key slot"),
        ("/machine/state", "delete", None, "/machine/state", "does not say which entry"),
        ("/heater=5", "delete", None, "/heater", "has no keys"),
        ("/sample=5", "delete", None, "/sample", "has the keys none"),
        ("/volts", "patch", {"example-plant:volts": 1}, "/volts", "none of RFC 8072"),
        ("/volts", "merge", None, "/volts", "needs a value"),
        ("/volts", "merge", {"example-plant:u8": 1}, "/volts", "not the target's node"),
        ("/volts", "merge", {"example-plant:volts": 1, "example-plant:u8": 1}, "/volts", "alone"),
        ("/step=5", "create", {"example-plant:step": [{"id": "6"}]}, "/step[id='5']", "the value '6'"),
        ("/step=5", "create", {"example-plant:step": []}, "/step[id='5']", "holds 0"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_at_its_target(
    plant: Schema, target: str, operation: str, value: Any, path: str, rule: str
) -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        judge(plant, TOP + target, operation, value)
    assert caught.value.reason == ("module-missing" if "example-garden" in path else "invalid-edit")
    assert caught.value.path == TOP + path
    assert rule in caught.value.rule


def test_an_unknown_top_is_refused(plant: Schema) -> None:
    with pytest.raises(InvalidInstanceError, match="at the top of the schema"):
        judge(plant, "/example-garden:garden", "delete")


def test_a_fault_in_the_value_is_placed_in_the_whole_instance(plant: Schema) -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        judge(plant, TOP + "/machine=press,1/label", "replace", {"example-plant:label": "A"})
    assert caught.value.reason == "invalid-contents"
    assert caught.value.path == TOP + "/example-plant:machine[name='press'][slot='1']/example-plant:label"


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b"{", b"1"])
def test_a_value_that_is_no_object_is_refused(plant: Schema, value: bytes) -> None:
    with pytest.raises(InvalidInstanceError):
        plant.validate_edit(parse_target(TOP + "/volts"), "merge", value)


@settings(max_examples=150)
@given(
    steps=st.lists(st.sampled_from(["machine=a,1", "step=1", "tag=x", "label", "heater", "level", "x"]), max_size=3),
    operation=st.sampled_from(["create", "delete", "merge", "insert", "x"]),
    value=st.sampled_from(
        [None, b"{}", b'{"example-plant:machine":[{}]}', b'{"example-plant:tag":[[]]}', b'{"a:b":1}']
    ),
)
def test_any_edit_is_accepted_or_refused(plant: Schema, steps: list[str], operation: str, value: bytes | None) -> None:
    target = parse_target("/".join([TOP, *steps]))
    error = refusal_of(lambda: plant.validate_edit(target, operation, value))
    assert error is None or error.detail


def test_the_edits_of_the_vectors_are_valid(drafts: Schema) -> None:
    for name in ("push-change-update-crud", "push-change-update-incomplete"):
        body = orjson.loads(shared(f"vectors/inner/{name}.json").read_bytes())["ietf-yang-push:push-change-update"]
        for edit in body["datastore-changes"]["yang-patch"]["edit"]:
            judge(drafts, edit["target"], edit["operation"], edit.get("value"))
