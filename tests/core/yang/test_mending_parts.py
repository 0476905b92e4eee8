"""The parts of the second look: what a value means, where a rule is broken, what is odd beyond names."""

from typing import Any

import msgspec
import orjson
import pytest

from tests.core.yang.schemas import refusal_of
from yangbeam.core.policy import Policy
from yangbeam.core.yang.mending.around import around
from yangbeam.core.yang.mending.quick import IntricateError, Quick
from yangbeam.core.yang.mending.walk import Walk
from yangbeam.core.yang.schema import Schema

ACCEPT = Policy().accept
_READ = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))


def walked(plant: Schema, members: bytes, *, invalid: bool = False) -> tuple[Any, list[str]]:
    walk = Walk(plant.mending.means(ACCEPT, invalid=invalid))
    found = walk.members({"example-plant:plant": _READ.decode(members)}, plant.mending.places.top)
    return orjson.loads(msgspec.json.encode(found))["example-plant:plant"], [one.name for one in walk.findings]


@pytest.mark.parametrize(
    ("sent", "meant", "habits"),
    [
        (b'{"ratio":7}', {"ratio": "7.0"}, ["string-as-number"]),
        (b'{"ratio":1.50}', {"ratio": "1.50"}, ["string-as-number"]),
        (b'{"ratio":1e1}', {"ratio": "10.0"}, ["string-as-number"]),
        (b'{"ratio":1e99999}', {"ratio": float("inf")}, []),
        (b'{"u64":1e2}', {"u64": "100"}, ["string-as-number"]),
        (b'{"u64":1.5}', {"u64": 1.5}, []),
        (b'{"u16":"+07"}', {"u16": 7}, ["number-as-string"]),
        (b'{"u16":"0x7"}', {"u16": "0x7"}, []),
        (b'{"u16":7.0}', {"u16": 7}, ["integer-with-fraction"]),
        (b'{"u16":70000.0}', {"u16": 70000.0}, []),
        (b'{"flag":"false"}', {"flag": False}, ["boolean-as-string"]),
        (b'{"flag":1}', {"flag": 1}, []),
        (b'{"medium":7}', {"medium": 7}, []),
        (b'{"colour":5}', {"colour": 5}, []),
        (b'{"options":"fast fast"}', {"options": "fast fast"}, []),
        (b'{"machine":7,"u16":"8"}', {"machine": 7, "u16": 8}, ["number-as-string"]),
    ],
)
def test_a_value_means_what_its_type_leaves_or_stays_for_the_judge(
    plant: Schema, sent: bytes, meant: Any, habits: list[str]
) -> None:
    if meant == {"ratio": float("inf")}:
        walk = Walk(plant.mending.means(ACCEPT))
        walk.members({"example-plant:plant": _READ.decode(sent)}, plant.mending.places.top)
        assert walk.findings == []
        return
    assert walked(plant, sent) == (meant, habits)


def test_what_is_wrong_goes_where_it_is_to_be_set_aside(plant: Schema) -> None:
    sent = b'{"u16":8,"options":"fast fast","machine":[{"name":"a"},{"name":"b","slot":1},7],"notes":7,"u8":{"x":1}}'
    found, names = walked(plant, sent, invalid=True)
    assert found == {"u16": 8, "machine": [{"name": "b", "slot": 1}]}
    assert names == ["invalid-contents"] * len(names)
    assert len(names) == 5


def test_annotations_that_a_module_defines_stay_with_what_they_are_of(plant: Schema) -> None:
    sent = (
        b'{"u16":8,"@u16":{"acme:a":1},"@gone":{"acme:a":1},"@":{"acme:a":1},"@u8":7,"u8":1,'
        b'"few":[1],"@few":[null,{"acme:a":1}],"@odd":[]}'
    )
    found, names = walked(plant, sent)
    assert found == {"u16": 8, "u8": 1, "@u8": 7, "few": [1], "@few": [None, None]}
    assert names.count("module-missing") == 3


@pytest.mark.parametrize("odd", [{"u16": 8, "machine": 7}, {"machine": [7]}, {"@u16": {}}, {"speed": 1}])
def test_what_takes_a_full_look_is_left_to_it(plant: Schema, odd: dict[str, Any]) -> None:
    places = plant.mending.places
    if "speed" in odd:
        odd = {"machine": [{"speed": 1}]}
    with pytest.raises(IntricateError):
        Quick(places, ACCEPT).look({"example-plant:plant": odd}, places.top)
    with pytest.raises(IntricateError):
        Quick(places, ACCEPT).look({"example-plant:plant": 7}, places.top)


def test_an_entry_as_an_object_takes_the_short_way_once_it_is_accepted(plant: Schema) -> None:
    places = plant.mending.places
    contents: dict[str, Any] = {"example-plant:plant": {"machine": {"name": "a", "slot": 1, "acme:x": 1}}}
    quick = Quick(places, ACCEPT)
    quick.look(contents, places.top)
    assert contents == {"example-plant:plant": {"machine": [{"name": "a", "slot": 1}]}}
    assert [one.name for one in quick.findings] == ["list-entry-as-object", "module-missing"]
    with pytest.raises(IntricateError):
        Quick(places, frozenset()).look({"example-plant:plant": {"machine": {}}}, places.top)


def test_values_known_for_a_habit_are_looked_at_and_valid_ones_left(plant: Schema) -> None:
    places = plant.mending.places
    walked(plant, b'{"u16":"8"}')  # from here on the leaf is a suspect
    for sent, meant in (("9", 9), ("9", 9), (10, 10)):
        contents = {"example-plant:plant": {"u16": sent}}
        Quick(places, ACCEPT).look(contents, places.top)
        assert contents == {"example-plant:plant": {"u16": meant}}
    for refused, accept in (("x", ACCEPT), ("9", frozenset[str]())):
        with pytest.raises(IntricateError):
            Quick(places, accept).look({"example-plant:plant": {"u16": refused}}, places.top)


ENTRIES = {"machine": [{"name": "a", "slot": 1}, {"name": "b'", "slot": 2, "state": "x"}], "u8": 1}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/example-plant:plant/machine[name='a'][slot='1']/state", "[name='a'][slot='1']"),
        ("/example-plant:plant/machine[name=\"b'\"][slot='2']", "[name=\"b'\"][slot='2']"),
        ("/example-plant:plant/machine[2]/state", "[name=\"b'\"][slot='2']"),
        ("/example-plant:plant/machine[3]/state", None),
        ("/example-plant:plant/machine[0]", None),
        ("/example-plant:plant/machine[name='c']", None),
        ("/example-plant:plant/u8", None),
        ("/nowhere:plant/x", None),
        ("", None),
    ],
)
def test_the_entry_around_a_path_is_found_and_taken_out(plant: Schema, path: str, wanted: str | None) -> None:
    contents: Any = {"example-plant:plant": orjson.loads(orjson.dumps(ENTRIES))}
    found = around(contents, path, plant.mending.places)
    if wanted is None:
        assert found is None
        return
    assert found is not None
    assert found.path == f"/example-plant:plant/machine{wanted}"
    found.remove()
    assert len(contents["example-plant:plant"]["machine"]) == 1


def test_of_a_list_without_entries_nothing_stays(plant: Schema) -> None:
    contents: Any = {"example-plant:plant": {"machine": [{"name": "a", "slot": 1}]}}
    found = around(contents, "/example-plant:plant/machine[1]", plant.mending.places)
    assert found is not None
    found.remove()
    assert contents == {"example-plant:plant": {}}


def test_nothing_stands_around_what_has_another_shape(plant: Schema) -> None:
    assert around({"example-plant:plant": 7}, "/example-plant:plant/machine", plant.mending.places) is None
    odd: Any = {"example-plant:plant": {"machine": {"name": "a"}}}
    assert around(odd, "/example-plant:plant/machine", plant.mending.places) is None


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ('"u64":"08"', None),
        ('"u64":"0x10"', "/example-plant:plant/u64"),
        ('"u64":" 8"', "/example-plant:plant/u64"),
        ('"u64":"8 "', "/example-plant:plant/u64"),
        ('"machine":[{"name":"a","slot":1e0}]', "/example-plant:plant/machine[name='a'][slot='1.0']/slot"),
        ('"few":"010"', None),
        ('"u64":"08","u8":1000', "/example-plant:plant/u8"),
    ],
)
def test_integers_are_decimal_whatever_libyang_says(plant: Schema, members: str, path: str | None) -> None:
    text = f'{{"example-plant:plant":{{{members}}}}}'.encode()
    error = refusal_of(lambda: plant.validate_contents(text))
    assert (error and error.path) == path
