"""Whether the ietf-telemetry-message around a router's message is what its schema says: the outermost level.

What is inside is judged by ``core.validation``: envelope, notification, contents. Messages of one subscription differ
in their times alone, so that what fit before in all but these is not judged again.
"""

import re
from typing import Any, Final

import orjson

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.ingest.records import MESSAGE
from yangbeam.core.yang.schema import Schema

REASON: Final = "invalid-telemetry-message"
MAX_KNOWN: Final = 4_096
"""Shapes of messages that fit, some 700 octets each."""
MAX_SHAPE: Final = 4_096
"""Octets of a shape worth remembering."""
_END: Final = b"}}"
_METADATA: Final = "telemetry-message-metadata"
_TIMES: Final = re.compile(
    rb'"(?:collection|node-export)-timestamp":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z"'
)
"""Times as we write them. Others are judged each time."""


class MessageLevel:
    """Judges telemetry messages around their payloads; remembers what fit, by schema id."""

    def __init__(self) -> None:
        self._known: set[tuple[int, bytes]] = set()

    def judge(self, document: bytes, payload: bytes, schema_id: int, schema: Schema) -> None:
        """Judges one document.

        Args:
            document: The whole message, JSON.
            payload: The router's message in it, its very octets.
            schema_id: The schema's, for errors and for memory.
            schema: It; one that defines no telemetry message judges none.

        Raises:
            InvalidInstanceError: ``invalid-telemetry-message``, with path and rule.
        """
        before, after = _around(document, payload)
        shape = _TIMES.sub(b"", before) + b"{}" + after
        if (schema_id, shape) in self._known or not schema.has_structure(MESSAGE):
            return
        self._judge(orjson.loads(b"%b{}%b" % (before, after)), schema_id, schema)
        if len(shape) <= MAX_SHAPE:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known.add((schema_id, shape))

    def _judge(self, document: dict[str, Any], schema_id: int, schema: Schema) -> None:
        odd = next((name for name in document if name != MESSAGE), None)
        if odd is not None:
            rule = f"no member beside {MESSAGE} is defined"
            raise _refused(f"/{odd}", rule, schema_id)
        message = document[MESSAGE]
        if isinstance(message, dict):
            message[_METADATA] = _known_to(schema, message.get(_METADATA))
        try:
            schema.validate_notification(MESSAGE, message)
        except InvalidInstanceError as error:
            raise _refused(error.path, error.rule, schema_id) from error


def _around(document: bytes, payload: bytes) -> tuple[bytes, bytes]:
    """Returns what stands before and behind the payload; where we write it that is at the end."""
    at = len(document) - len(payload) - len(_END)
    if at > 0 and document.endswith(_END) and document[at : -len(_END)] == payload:
        return document[:at], _END
    before, _, after = document.partition(payload)
    return before, after


def _known_to(schema: Schema, metadata: Any) -> Any:
    """Returns what the schema can know of the metadata: the set of an old node may lack modules that we write by."""
    if not isinstance(metadata, dict):
        return metadata
    return {
        name: value for name, value in metadata.items() if ":" not in name or name.partition(":")[0] in schema.prefixes
    }


def _refused(path: str, rule: str, schema_id: int) -> InvalidInstanceError:
    detail = f"{path}: {rule} (schema {schema_id})"
    return InvalidInstanceError(REASON, detail, path=path, rule=rule, schema_id=schema_id)
