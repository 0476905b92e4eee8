"""What one record of the telemetry topic is worth: read, looked up, validated; whatever is wrong with it in words."""

from collections.abc import Callable
from typing import Final, NamedTuple

from yangbeam.core.elements import Bound, Notification, TopicRecord
from yangbeam.core.errors import YangbeamError
from yangbeam.core.framing import Frame, check_registry, read_frame
from yangbeam.core.ingest.message_level import MessageLevel
from yangbeam.core.ingest.records import MESSAGE, Told, told
from yangbeam.core.notification.decode import decode
from yangbeam.core.policy import Policy
from yangbeam.core.validation import judge
from yangbeam.core.yang.schema import Schema

GOOD: Final = "pass"
BAD: Final = "fail"
UNJUDGED: Final = "unvalidated"
"""The record names no schema: nothing can be said."""


class Verdict(NamedTuple):
    """What was found.

    Attributes:
        record: As it was read.
        verdict: GOOD, BAD or UNJUDGED.
        why: Of one that did not pass, in words; else empty.
        frame: How the schema id travelled; None when that could not be read.
        schema_id: The schema's number, that of a GUID as well.
        told: The telemetry message; None when it is none.
        notification: What the router sent; None when it could not be read.
    """

    record: TopicRecord
    verdict: str
    why: str = ""
    frame: Frame | None = None
    schema_id: int | None = None
    told: Told | None = None
    notification: Notification | None = None


class Judge:
    """Judges records one by one; remembers nothing between them.

    Args:
        schema_of: Registered schema by id; raises SchemaError where there is none.
        id_of_guid: Schema id of a GUID of 16 octets; raises SchemaError likewise.
        policy: How strictly contents are judged.
        identity: Returns the identity of the registry that is asked; empty: it has none.
    """

    def __init__(
        self,
        schema_of: Callable[[int], Schema],
        id_of_guid: Callable[[bytes], int],
        policy: Policy,
        identity: Callable[[], str] = str,
    ) -> None:
        self._schema_of = schema_of
        self._id_of_guid = id_of_guid
        self._policy = policy
        self._identity = identity
        self._level = MessageLevel()

    def verdict(self, record: TopicRecord) -> Verdict:
        """Returns the verdict; expected errors are part of it, none is raised."""
        found = Verdict(record, BAD)
        try:
            frame = read_frame(record.value, record.headers)
            schema_id = self._id_of_guid(frame.guid) if frame.guid is not None else frame.schema_id
            found = found._replace(frame=frame, schema_id=schema_id)
            check_registry(frame, record.headers, self._identity())
            if schema_id is not None and MESSAGE.encode() not in frame.payload and self._is_plain(schema_id):
                self._schema_of(schema_id).validate_contents(frame.payload, "full")
                return found._replace(verdict=GOOD)
            message = told(record)
            found = found._replace(told=message)
            notification = decode(message.message)
            found = found._replace(notification=notification)
            if schema_id is None:
                return found._replace(verdict=UNJUDGED, why="no schema id in any framing")
            if self._policy.validate:
                self._level.judge(frame.payload, message.message.payload, schema_id, self._schema_of(schema_id))
            judge(Bound(notification, schema_id, how="schema-id"), self._schema_of, self._policy)
        except YangbeamError as error:
            return found._replace(why=str(error))
        return found._replace(verdict=GOOD)

    def _is_plain(self, schema_id: int) -> bool:
        """Whether the schema is no telemetry message's: its records are instance data as such, like losses."""
        return MESSAGE not in self._schema_of(schema_id).tree.data
