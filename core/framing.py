"""How a schema id travels with a message: the framings that are in the field, one chosen to write.

Confluent's classic wire format and the 2024 draft put it before the payload; others use a Kafka header.
"""

from collections.abc import Callable
from typing import Final

from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError

Headers = list[tuple[str, bytes]]

_CONTENT_TYPE: Final = ("content-type", MediaType.JSON.encode())


def _prefix(schema_id: int, value: bytes) -> tuple[bytes, Headers]:
    return b"\x00" + schema_id.to_bytes(4, "big") + value, [_CONTENT_TYPE]


def _header_int32(schema_id: int, value: bytes) -> tuple[bytes, Headers]:
    return value, [_CONTENT_TYPE, ("schema-id", schema_id.to_bytes(4, "big"))]


def _header_ascii(schema_id: int, value: bytes) -> tuple[bytes, Headers]:
    return value, [_CONTENT_TYPE, ("schema-id", str(schema_id).encode())]


FRAMINGS: Final[dict[str, Callable[[int, bytes], tuple[bytes, Headers]]]] = {
    "prefix": _prefix,
    "header-int32": _header_int32,
    "header-ascii": _header_ascii,
}
"""By name: schema id (31 bits) and JSON to (value, headers). ``prefix`` is Confluent's classic format."""


def frame(framing: str, schema_id: int | None, value: bytes) -> tuple[bytes, Headers]:
    """Returns the Kafka value and headers of a message.

    A message without a schema (passed on by policy) carries none: it is plain JSON in every framing, so that no reader
    takes it for a validated one.

    Raises:
        ConfigurationError: The framing's name is not known.
    """
    if framing not in FRAMINGS:
        raise ConfigurationError("framing", f"framing must be one of {', '.join(FRAMINGS)}, got {framing!r}")
    if schema_id is None:
        return value, [_CONTENT_TYPE]
    return FRAMINGS[framing](schema_id, value)
