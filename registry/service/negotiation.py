"""Which kinds of content are taken and given: JSON under any of its names in Confluent's API."""

from typing import Final

from yangbeam.registry.refusals import Code, RefusedError

OWN: Final = "application/vnd.schemaregistry.v1+json"
_GIVEN: Final = (OWN, "application/vnd.schemaregistry+json", "application/json")
_TAKEN: Final = frozenset((*_GIVEN, "application/octet-stream"))
_ANY: Final = frozenset(("*/*", "application/*"))


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
        if kind in _ANY:
            return OWN
        if kind in _GIVEN:
            return kind
    raise RefusedError(Code.NOT_ACCEPTABLE, f"HTTP 406 Not Acceptable: answers are of type {', '.join(_GIVEN)}")


def check_body_type(written: str) -> None:
    """Refuses a body that is something else than JSON; one without a type is taken for JSON.

    Raises:
        RefusedError: 415.
    """
    kind = written.partition(";")[0].strip().lower()
    if kind and kind not in _TAKEN:
        raise RefusedError(
            Code.UNSUPPORTED_MEDIA, f"HTTP 415 Unsupported Media Type: send {', '.join(_GIVEN)}, not {kind[:60]}"
        )
