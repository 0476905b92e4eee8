"""Which kinds of content are taken and given: JSON under any of its names in Confluent's API."""

from typing import Final

from yangbeam.registry.refusals import Code, RefusedError

OWN: Final = "application/vnd.schemaregistry.v1+json"
_GIVEN: Final = (OWN, "application/vnd.schemaregistry+json", "application/json")
_TAKEN: Final = frozenset((*_GIVEN, "application/octet-stream"))
_CHARSETS: Final = frozenset(("utf-8", "utf8", "us-ascii", "utf-16", "utf-16le", "utf-16be", "iso-8859-1"))
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
    for part in accept.split(","):
        kind, _, parameters = part.partition(";")
        kind = kind.strip().lower()
        if "q=0" in (each.strip() for each in parameters.split(";")):
            continue
        if kind in _ANY or kind.startswith("*/"):
            return OWN
        if kind in _GIVEN:
            return kind
    raise RefusedError(Code.NOT_ACCEPTABLE, "HTTP 406 Not Acceptable")


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
