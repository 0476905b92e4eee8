"""How a schema id travels with a message: the framings that are in the field, one chosen to write, all of them read.

Confluent's classic wire format and the 2024 draft put it before the payload; others use a Kafka header. Of a header
``schema-id`` the octets tell the two spellings apart: four that are not all digits are a number of 32 bits.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError, NotificationError, SchemaError

Headers = list[tuple[str, bytes]]

SCHEMA_ID: Final = "schema-id"
VALUE_GUID: Final = "__value_schema_id"
"""Confluent's header since version 8: octet 1, then the schema's GUID of 16 octets."""
CONTENT_TYPE: Final = "content-type"
IDENTITY_HEADER: Final = "yangbeam-raw"
"""``partition/offset/index`` of its message in the raw topic, ASCII digits: the same in every attempt."""
PUBLISHER_HEADER: Final = "yangbeam-publisher"
"""Publisher id, ASCII digits: the transport's where the notification names none; publishers are counted apart."""
VERDICT_HEADER: Final = "yangbeam-verdict"
"""JSON of what was done to a payload that is not its publisher's octets: verdict, nodes, paths, habits."""
REGISTRY_HEADER: Final = "yangbeam-registry"
"""Identity of the registry that counted the schema id: in another one the number is another schema's."""

_JSON: Final = (CONTENT_TYPE, MediaType.JSON.encode())
_MAX_ID: Final = 2**31 - 1
_PREFIX_OCTETS: Final = 5
_GUID_OCTETS: Final = 16
_GUID_MAGIC: Final = b"\x01"


def _prefix(schema_id: int, _guid: bytes, value: bytes) -> tuple[bytes, Headers]:
    return b"\x00" + schema_id.to_bytes(4, "big") + value, [_JSON]


def _header_int32(schema_id: int, _guid: bytes, value: bytes) -> tuple[bytes, Headers]:
    return value, [_JSON, (SCHEMA_ID, schema_id.to_bytes(4, "big"))]


def _header_ascii(schema_id: int, _guid: bytes, value: bytes) -> tuple[bytes, Headers]:
    return value, [_JSON, (SCHEMA_ID, b"%d" % schema_id)]


def _header_guid(_schema_id: int, guid: bytes, value: bytes) -> tuple[bytes, Headers]:
    if len(guid) != _GUID_OCTETS:
        raise ConfigurationError("framing", f"header-guid needs the schema's GUID of 16 octets, got {len(guid)}")
    return value, [_JSON, (VALUE_GUID, _GUID_MAGIC + guid)]


FRAMINGS: Final[dict[str, Callable[[int, bytes, bytes], tuple[bytes, Headers]]]] = {
    "prefix": _prefix,
    "header-int32": _header_int32,
    "header-ascii": _header_ascii,
    "header-guid": _header_guid,
}
"""By name: schema id (31 bits), GUID and JSON to (value, headers). ``prefix`` is Confluent's classic format."""


def frame(framing: str, schema_id: int | None, value: bytes, guid: bytes = b"") -> tuple[bytes, Headers]:
    """Returns the Kafka value and headers of a message.

    A message without a schema (passed on by policy) carries none: it is plain JSON in every framing, so that no reader
    takes it for a validated one.

    Args:
        framing: One of FRAMINGS.
        schema_id: The registered schema's; None for none.
        value: The document.
        guid: The registered schema's GUID, for ``header-guid`` alone.

    Raises:
        ConfigurationError: The framing's name is not known, or its GUID is missing.
    """
    if framing not in FRAMINGS:
        raise ConfigurationError("framing", f"framing must be one of {', '.join(FRAMINGS)}, got {framing!r}")
    if schema_id is None:
        return value, [_JSON]
    return FRAMINGS[framing](schema_id, guid, value)


def check_registry(found: "Frame", headers: Iterable[tuple[str, bytes | None]], identity: str) -> None:
    """Refuses a schema id that another registry counted; a GUID is the same in every registry.

    Args:
        found: How the schema id travelled.
        headers: Of the same record.
        identity: Of the registry that is asked; empty: it has none, and everything is taken.

    Raises:
        SchemaError: ``other-registry``.
    """
    if not identity or found.schema_id is None or found.framing == "header-guid":
        return
    for name, content in headers:
        if name == REGISTRY_HEADER and content and content != identity.encode():
            said = f"registry {content!r:.40} counted the schema id {found.schema_id}"
            raise SchemaError("other-registry", f"{said}; the one that is asked is {identity.encode()!r}")


class Frame(NamedTuple):
    """A value without its framing.

    Attributes:
        schema_id: None where it has a GUID, or no schema at all.
        guid: 16 octets; None where it has a number, or no schema at all.
        payload: The document.
        framing: One of FRAMINGS; empty where there was none.
    """

    schema_id: int | None
    guid: bytes | None
    payload: bytes
    framing: str


def read_frame(value: bytes, headers: Iterable[tuple[str, bytes | None]]) -> Frame:
    """Returns a Kafka value without its framing; a header says more than the first octets of the value.

    Raises:
        NotificationError: ``invalid-schema-id``: a header that is none of the known spellings.
    """
    for name, content in headers:
        if name == SCHEMA_ID:
            return _of_header(content or b"", value)
        if name == VALUE_GUID:
            return _of_guid(content or b"", value)
    if value[:1] == b"\x00" and len(value) > _PREFIX_OCTETS:  # no JSON, XML or CBOR map opens with a zero octet
        return Frame(int.from_bytes(value[1:_PREFIX_OCTETS], "big"), None, value[_PREFIX_OCTETS:], "prefix")
    return Frame(None, None, value, "")


def _of_header(content: bytes, value: bytes) -> Frame:
    # Four digits could be either: as a number of 32 bits they would be beyond 800 million, which no registry reaches.
    if content.isdigit() and len(content) <= 10:
        number, framing = int(content), "header-ascii"
    elif len(content) == 4:
        number, framing = int.from_bytes(content, "big"), "header-int32"
    else:
        raise NotificationError(
            "invalid-schema-id", f"header {SCHEMA_ID} is {content!r:.60}: no number in a known spelling"
        )
    if number > _MAX_ID:
        raise NotificationError("invalid-schema-id", f"header {SCHEMA_ID} is {number}, beyond 31 bits")
    return Frame(number, None, value, framing)


def _of_guid(content: bytes, value: bytes) -> Frame:
    if len(content) == 1 + _GUID_OCTETS and content[:1] == _GUID_MAGIC:
        return Frame(None, content[1:], value, "header-guid")
    if len(content) == _PREFIX_OCTETS and content[:1] == b"\x00":  # Confluent's classic id, moved into the header
        return Frame(int.from_bytes(content[1:], "big"), None, value, "header-guid")
    raise NotificationError("invalid-schema-id", f"header {VALUE_GUID} is {content!r:.60}: neither a GUID nor an id")
