"""How a schema id travels with a message."""

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.framing import FRAMINGS, frame


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
    assert dict(frame(framing, 1, b"{}")[1])["content-type"] == b"application/yang-data+json"


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_message_without_a_schema_carries_no_id_in_any_framing(framing: str) -> None:
    value, headers = frame(framing, None, b"{}")
    assert value == b"{}"
    assert [name for name, _ in headers] == ["content-type"]


def test_an_unknown_framing_names_those_that_exist() -> None:
    with pytest.raises(ConfigurationError, match="prefix, header-int32, header-ascii"):
        frame("avro", 1, b"{}")
