import base64
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.tables.columns import BOUNDS
from yangbeam.core.tables.values import converter, key_converter
from yangbeam.core.yang.tree import Node, YangType

IDENTITIES = YangType("identityref", identities=("iana-if-type:eth", "m:eth", "other:loop"))
BITS = YangType("bits", bits=(("sync", 0), ("fin", 1), ("ack", 7)))
DATE = YangType("string", typedef="ietf-yang-types:date-and-time")
UNION = YangType("union", members=(YangType("uint8"), YangType("string"), YangType("empty")))


def convert(yang: YangType, value: Any, kind: str = "leaf") -> Any:
    return converter(Node(kind, "x", "m", "urn:m", "/m:x", type=yang))(value)


@pytest.mark.parametrize("base", BOUNDS)
def test_integers_keep_their_extremes_in_either_spelling(base: str) -> None:
    for value in BOUNDS[base]:
        assert convert(YangType(base), value) == convert(YangType(base), str(value)) == value


@pytest.mark.parametrize("base", BOUNDS)
def test_integers_out_of_range_are_refused(base: str) -> None:
    low, high = BOUNDS[base]
    for value in (low - 1, high + 1, str(high + 1)):
        with pytest.raises(ValueError, match="outside"):
            convert(YangType(base), value)


@pytest.mark.parametrize(
    ("yang", "given_", "held"),
    [
        (YangType("boolean"), True, True),
        (YangType("empty"), [None], True),
        (YangType("enumeration", enums=(("up", 1),)), "up", "up"),
        (IDENTITIES, "iana-if-type:eth", "iana-if-type:eth"),
        (IDENTITIES, "eth", "m:eth"),
        (IDENTITIES, "loop", "other:loop"),
        (IDENTITIES, "later:added", "later:added"),
        (IDENTITIES, "added", "m:added"),
        (BITS, "ack sync", "sync ack"),
        (BITS, "", ""),
        (YangType("binary"), "AAH/", b"\x00\x01\xff"),
        (DATE, "1970-01-01T00:00:00.0000010Z", 1),
        (DATE, "1970-01-01T02:00:00+02:00", 0),
        (DATE, "1969-12-31T23:59:59.999999-00:00", -1),
        (UNION, 5, "5"),
        (UNION, "5", "5"),
        (UNION, [None], "[null]"),
        (YangType("instance-identifier"), "/m:x", "/m:x"),
    ],
)
def test_values_become_what_their_column_holds(yang: YangType, given_: Any, held: Any) -> None:
    assert convert(yang, given_) == held


@pytest.mark.parametrize(
    ("yang", "value"),
    [
        (YangType("uint8"), True),
        (YangType("uint8"), 1.0),
        (YangType("uint8"), "1_0"),
        (YangType("uint8"), "one"),
        (YangType("boolean"), "true"),
        (YangType("empty"), None),
        (YangType("enumeration", enums=(("up", 1),)), "sideways"),
        (IDENTITIES, 5),
        (BITS, "ack urg"),
        (YangType("binary"), "not base64!"),
        (DATE, "2026-11-20"),
        (DATE, 5),
        (YangType("string"), 5),
        (YangType("decimal64", fraction_digits=2), "1.234"),
        (YangType("decimal64", fraction_digits=2), "1_0.1"),
        (YangType("decimal64", fraction_digits=1), "922337203685477580.8"),
        (YangType("decimal64", fraction_digits=2), True),
        (YangType("decimal64", fraction_digits=2), float("nan")),
        (YangType("decimal64", fraction_digits=18), 1.2345678901234567),
    ],
)
def test_what_a_column_cannot_hold_is_refused(yang: YangType, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        convert(yang, value)


@given(st.integers(*BOUNDS["int64"]), st.integers(1, 18))
def test_every_decimal64_keeps_its_value(scaled: int, digits: int) -> None:
    text = format(Decimal(scaled).scaleb(-digits), "f")
    held = convert(YangType("decimal64", fraction_digits=digits), text)
    assert Decimal(held) == Decimal(text)
    assert len(held.partition(".")[2]) == digits


def test_decimals_may_come_as_numbers_while_nothing_is_lost() -> None:
    assert convert(YangType("decimal64", fraction_digits=2), 1.5) == "1.50"
    assert convert(YangType("decimal64", fraction_digits=3), -0.005) == "-0.005"
    assert convert(YangType("decimal64", fraction_digits=1), 7) == "7.0"


def test_leaf_lists_are_lists_of_converted_values() -> None:
    assert convert(YangType("uint64"), ["18446744073709551615", 0], "leaf-list") == [2**64 - 1, 0]
    with pytest.raises(TypeError, match="leaf-list"):
        convert(YangType("uint64"), "5", "leaf-list")


def test_anydata_is_kept_as_json() -> None:
    assert converter(Node("anydata", "x", "m", "urn:m", "/m:x"))({"a:b": [1]}) == '{"a:b":[1]}'


@given(st.binary())
def test_binary_is_kept(data: bytes) -> None:
    assert convert(YangType("binary"), base64.b64encode(data).decode()) == data


def test_a_leaf_finer_than_a_microsecond_is_cut() -> None:
    assert convert(DATE, "1970-01-01T00:00:00.123456789Z") == 123456


def test_a_key_that_is_a_time_is_its_text_for_two_times_may_have_one_nearest_instant() -> None:
    key = key_converter(Node("leaf", "at", "m", "urn:m", "/m:at", type=DATE))
    times = ["1970-01-01T00:00:00.1234561Z", "1970-01-01T00:00:00.1234562Z", "1970-01-01T23:59:60Z"]
    assert [key(text) for text in times] == times
    assert key_converter(Node("leaf", "n", "m", "urn:m", "/m:n", type=YangType("uint8")))(5) == 5
