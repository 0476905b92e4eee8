"""Which kinds of content are taken and given: JSON under any of its names in Confluent's API."""

import re
from typing import Final

from yangbeam.registry.refusals import Code, RefusedError

OWN: Final = "application/vnd.schemaregistry.v1+json"
_GIVEN: Final = (OWN, "application/vnd.schemaregistry+json", "application/json")
_TAKEN: Final = frozenset((*_GIVEN, "application/octet-stream"))
_CHARSETS: Final = frozenset(("utf-8", "utf8", "us-ascii", "utf-16", "utf-16le", "utf-16be", "iso-8859-1"))
_WEIGHT: Final = re.compile(r"[01](\.[0-9]{0,3})?|\.[0-9]{1,3}")
_ANY: Final = frozenset(("*", "application/*"))


def answer_type(accept: str) -> str:
    """Returns the content type of the answer.

    Args:
        accept: The request's header; empty: anything.

    Raises:
        RefusedError: 406: it accepts none of ours.
    """
    if not accept.strip():
        return OWN
    for kind in _wanted(accept):
        if kind in _ANY or kind.startswith("*/"):
            return OWN
        if kind in _GIVEN:
            return kind
    raise RefusedError(Code.NOT_ACCEPTABLE, "HTTP 406 Not Acceptable")


def _wanted(accept: str) -> list[str]:
    """Returns the content types of a header, the most wanted first, without those of weight 0 (RFC 9110, 12.5.1)."""
    found = []
    for part in accept.split(","):
        kind, *parameters = (each.strip().lower() for each in part.split(";"))
        weights = [each.partition("=")[2].strip() for each in parameters if each.partition("=")[0].strip() == "q"]
        found.append((kind, _weight(weights[0]) if weights else 1.0))
    return [kind for kind, weight in sorted(found, key=lambda each: -each[1]) if weight > 0]


def _weight(written: str) -> float:
    return float(written) if _WEIGHT.fullmatch(written) else 1.0


def body_charset(written: str) -> str:
    """Returns the character set of a body, by its content type; one without a type is taken for JSON in UTF-8.

    Raises:
        RefusedError: 415: it is something else than JSON, or in an unknown character set.
    """
    kind, _, parameters = written.partition(";")
    if kind.strip() and kind.strip().lower() not in _TAKEN:
        raise RefusedError(Code.UNSUPPORTED_MEDIA, "HTTP 415 Unsupported Media Type")
    named = [each.partition("=")[2] for each in parameters.split(";") if each.strip().lower().startswith("charset=")]
    charset = named[0].strip().strip('"').lower() if named else "utf-8"
    if charset not in _CHARSETS:
        raise RefusedError(Code.UNSUPPORTED_MEDIA, "HTTP 415 Unsupported Media Type")
    return charset
