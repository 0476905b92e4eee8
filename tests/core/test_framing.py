"""How a schema id travels with a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.errors import ConfigurationError, NotificationError
from yangbeam.core.framing import FRAMINGS, Frame, frame, read_frame

GUID = bytes(range(16))


def test_the_prefix_is_a_zero_octet_and_the_id_in_network_order() -> None:
    assert frame("prefix", 258, b"{}")[0] == b"\x00\x00\x00\x01\x02{}"


def test_java_serdes_read_the_id_from_a_four_octet_header() -> None:
    value, headers = frame("header-int32", 258, b"{}")
    assert value == b"{}"
    assert dict(headers)["schema-id"] == b"\x00\x00\x01\x02"


def test_the_ascii_header_is_the_decimal_number() -> None:
    assert dict(frame("header-ascii", 1020, b"{}")[1])["schema-id"] == b"1020"


@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_framing_says_what_the_content_is(framing: str) -> None:
    assert dict(frame(framing, 1, b"{}", GUID)[1])["content-type"] == b"application/yang-data+json"


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_message_without_a_schema_carries_no_id_in_any_framing(framing: str) -> None:
    value, headers = frame(framing, None, b"{}")
    assert value == b"{}"
    assert [name for name, _ in headers] == ["content-type"]


def test_an_unknown_framing_names_those_that_exist() -> None:
    with pytest.raises(ConfigurationError, match="prefix, header-int32, header-ascii"):
        frame("avro", 1, b"{}")


def test_the_guid_travels_behind_an_octet_of_one() -> None:
    value, headers = frame("header-guid", 7, b"{}", GUID)
    assert value == b"{}"
    assert dict(headers)["__value_schema_id"] == b"\x01" + GUID


def test_a_guid_framing_without_a_guid_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="16 octets"):
        frame("header-guid", 7, b"{}")


@given(st.sampled_from(sorted(FRAMINGS)), st.integers(0, 2**31 - 1), st.binary(max_size=20))
def test_every_framing_is_read_back(framing: str, schema_id: int, rest: bytes) -> None:
    if framing == "header-int32" and schema_id.to_bytes(4, "big").isdigit():
        return  # the one ambiguity, told in the table of the documentation
    found = read_frame(*frame(framing, schema_id, b"{" + rest, GUID))
    by_guid = framing == "header-guid"
    assert found == Frame(None if by_guid else schema_id, GUID if by_guid else None, b"{" + rest, framing)


def test_four_digits_are_a_decimal_number() -> None:
    assert read_frame(b"{}", [("schema-id", b"1020")]).schema_id == 1020


def test_a_classic_id_in_the_new_header_is_read() -> None:
    assert read_frame(b"{}", [("__value_schema_id", b"\x00\x00\x00\x00\x07")]).schema_id == 7


@pytest.mark.parametrize("value", [b"{}", b"", b"\x00", b"\xa1\x00"])
def test_a_value_without_any_framing_stays_as_it_is(value: bytes) -> None:
    assert read_frame(value, [("content-type", b"x")]) == Frame(None, None, value, "")


@pytest.mark.parametrize("schema_id", [b"\x00\x00\x00\x01", b"\x7f\xff\xff\xff"])
def test_a_zero_octet_and_an_id_without_a_payload_are_no_framing(schema_id: bytes) -> None:
    assert read_frame(b"\x00" + schema_id, []) == Frame(None, None, b"\x00" + schema_id, "")
    assert read_frame(b"\x00" + schema_id + b"{", []) == Frame(int.from_bytes(schema_id), None, b"{", "prefix")


def test_a_first_octet_that_is_not_zero_is_no_framing() -> None:
    assert read_frame(b"\x01\x00\x00\x00\x07{}", []) == Frame(None, None, b"\x01\x00\x00\x00\x07{}", "")


@pytest.mark.parametrize("spelling", [b"2147483647", b"\x7f\xff\xff\xff"])
def test_the_largest_id_has_31_bits(spelling: bytes) -> None:
    assert read_frame(b"{}", [("schema-id", spelling)]).schema_id == 2**31 - 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("schema-id", b""),
        ("schema-id", b"seven"),
        ("schema-id", b"\xff\xff\xff\xff"),
        ("schema-id", b"9999999999"),
        ("schema-id", b"2147483648"),
        ("schema-id", b"\x80\x00\x00\x00"),
        ("schema-id", None),
        ("__value_schema_id", b"\x01short"),
        ("__value_schema_id", b"\x02" + GUID),
        ("__value_schema_id", b"\x00" + GUID),
        ("__value_schema_id", b"\x01\x00\x00\x00\x07"),
        ("__value_schema_id", b"\x00\x00\x00\x07"),
        ("__value_schema_id", b"\x00\x00\x00\x00\x00\x07"),
        ("__value_schema_id", b""),
        ("__value_schema_id", None),
    ],
)
def test_a_header_of_no_known_spelling_is_refused(name: str, content: bytes | None) -> None:
    with pytest.raises(NotificationError) as caught:
        read_frame(b"{}", [(name, content)])
    assert caught.value.reason == "invalid-schema-id"
