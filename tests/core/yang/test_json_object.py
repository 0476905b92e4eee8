from itertools import product

import orjson
import pytest

from tests.core.yang.schemas import refusal_of
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang import json_object
from yangbeam.core.yang.json_object import read_object


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b'{"a:b":1,"a:b":2}', "/a:b"),
        (b'{"a:b":{"c":[{"k":"x"},{"k":"x","k":"x"}]}}', "/a:b/c[2]/k"),
        (b'{"a:b":{"c":"\\u0022\\u0022","c":"\\u0022\\u0022"}}', "/a:b/c"),
        (b'{"a:b":{"\\u0063":1,"c":1}}', "/a:b/c"),
        (b'{"a:b":[[{"c":{},"d":{},"c":{}}]]}', "/a:b[1][1]/c"),
        (b'{"a:b":{"c":[{"k":"x"},{"k":"x","a:k":"x"}]}}', "/a:b/c[2]/a:k"),
        (b'{"a:b":{"c":[{"a:k" :"x","l":1,"k":"x"}]}}', "/a:b/c[1]/k"),
        (b'{"a:b":{"d:c":[{"d:k":"x","k":"x"}]}}', "/a:b/d:c[1]/k"),
        (b'{"a:b":{"a\\u003ac":1,"c":1}}', "/a:b/c"),
        (b'{"b":{"a:c":1,"c":1}}', "/b/c"),
    ],
)
def test_a_member_that_stands_twice_is_refused_with_its_path(text: bytes, path: str) -> None:
    with pytest.raises(InvalidInstanceError, match="stands twice in one object") as caught:
        read_object(text)
    assert (caught.value.reason, caught.value.path) == ("invalid-contents", path)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a:b":1,"c:b":1}',
        b'{"a:b":{"b":1,"c:b":1}}',
        b'{"a:b":{"c:d":{"a:e":1,"e":1}}}',
        b'{"a:b":{"d":"c","a:c":1}}',
        b'{"a:b":{"@c":{"m:c":1},"c":1}}',
    ],
)
def test_nodes_of_two_modules_may_have_one_local_name(text: bytes) -> None:
    assert read_object(text) == orjson.loads(text)


def test_of_all_ways_to_write_two_names_and_values_only_repeated_names_are_refused() -> None:
    tokens = (b'"k"', b'"\\u006b"', b'"\\""', b'"\\u0022"', b'"\\\\u0022"', b'"l"')
    for first, second, one, other in product(tokens, repeat=4):
        text = b'{"a:b" : {%s:%s, %s:%s}}' % (first, one, second, other)
        repeats = orjson.loads(first) == orjson.loads(second)
        refused = refusal_of(lambda text=text: read_object(text))  # type: ignore[misc] # bound now
        assert (refused is not None) is repeats, text


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"a":1}{"b":2}', b"1"])
def test_what_is_no_object_with_members_is_refused(text: bytes) -> None:
    assert refusal_of(lambda: read_object(text)) is not None


def test_members_of_different_objects_may_have_one_name() -> None:
    assert read_object(b'{"a:b":[{"c":1},{"c":1}],"a:c":{"c":"\\"c\\":"}}')["a:c"] == {"c": '"c":'}


@pytest.mark.parametrize("depth", [200, 300, 900, 1020, 2000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b'{"c":', b"}"), (b"[", b"]")])
def test_no_depth_hides_a_member_that_repeats(depth: int, opening: bytes, closing: bytes) -> None:
    text = b'{"a:b":' + opening * depth + b"1" + closing * depth + b"}"
    refused = refusal_of(lambda: read_object(text))
    assert refused is None or "not JSON" in refused.detail or "nested deeper" in refused.detail
    assert depth > 300 or refused is None
    assert refusal_of(lambda: read_object(text[:-1] + b',"a:b":1}')) is not None


@pytest.mark.parametrize("count", [2, 5_000])
def test_thousands_of_names_are_looked_for_in_one_pass(count: int) -> None:
    class Counted(bytes):
        searched = 0

        def __contains__(self, part: object) -> bool:
            Counted.searched += 1
            return super().__contains__(part)  # type: ignore[arg-type]

    members = {f"m:n{number}": number for number in range(count)}
    text = orjson.dumps({"m:top": members})
    assert not json_object._may_repeat_members(Counted(text), orjson.loads(text))
    assert Counted.searched <= json_object._FEW + 1
    with pytest.raises(InvalidInstanceError, match="stands twice"):
        read_object(text.replace(b'"m:n0":0', b'"m:n0":0,"n1":1'))
