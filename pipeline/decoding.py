"""What stands in captures, as plain JSON objects in the order of arrival: no Beam, no schema but for XML and CBOR."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from yangbeam.core.causes import final_name
from yangbeam.core.elements import Message, MessageBatch, Notification, Refused
from yangbeam.core.errors import InvalidInstanceError, NotificationError, SchemaError, YangbeamError
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.slices import body_of
from yangbeam.core.reader import END, Reader
from yangbeam.core.transcription import body_members, is_json
from yangbeam.core.yang.costs import CostLimits
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.transcode import Context
from yangbeam.io.temporary_folders import temporary_folder
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.directories import Directory, Library
from yangbeam.registry.envelope import is_ours
from yangbeam.registry.formats.judges import HERE
from yangbeam.registry.guard.guard import guard_of

BATCH_BYTES: Final = 1 << 20


class Body(NamedTuple):
    """A notification's body as JSON, and whether its values have their types."""

    json: bytes
    typed: bool = True


class BodyReader:
    """Gives the bodies of notifications as RFC 7951 JSON: JSON as it came, XML and CBOR by their schemas.

    Contents whose modules are not in the folders keep their values as they came: text in XML. One thread only.

    Args:
        folders: Folders of YANG modules; those of the notifications themselves are always known.
        cache: An empty folder for the modules as the validator reads them.
    """

    def __init__(self, folders: Sequence[Path], cache: Path) -> None:
        self._folders = tuple(Directory(str(folder)) for folder in folders)
        self._cache = cache
        self._library: Library | None = None
        self._contexts: dict[frozenset[str], tuple[Context, bool]] = {}

    def read(self, notification: Notification) -> Body:
        """Returns the body.

        Raises:
            NotificationError: The payload is not what its path says.
            InvalidInstanceError: A value is not of its type.
            SchemaError: A folder cannot be read, or its modules do not compile.
        """
        if is_json(notification):
            # Between tokens a line break is mere white space, within strings it is escaped: one object stays one line.
            return Body(body_of(notification).replace(b"\n", b" ").replace(b"\r", b" "))
        context, typed = self._context(frozenset(notification.modules))
        (body,) = body_members(notification, context).values()
        return Body(orjson.dumps(body), typed)

    def _context(self, modules: frozenset[str]) -> tuple[Context, bool]:
        """Returns what transcodes contents of these modules, and whether all of them are known."""
        found = self._contexts.get(modules)
        if found is None:
            try:
                found = Context(self._tree(modules)), True
            except SchemaError as error:
                if not modules or error.reason not in {"schema-missing", "module-missing"}:
                    raise
                found = Context(self._tree(frozenset()), untyped_unknown=True), False
            self._contexts[modules] = found
        return found

    def _tree(self, modules: frozenset[str]) -> Any:
        if self._library is None:
            self._library = Library(self._folders, use_bundled=True)
        chosen = self._library.schema_set("0.0.0.0", None, modules)  # noqa: S104 # any exporter
        judge = HERE if is_ours(chosen) else guard_of(CostLimits())
        if chosen.leeway is not None:
            chosen = judge.salvaged(chosen)
        with Schema(chosen, write_set(chosen, self._cache)) as schema:
            return schema.tree


def decoded(reader: Reader, folders: Sequence[Path]) -> Iterator[bytes]:
    """Yields one JSON object, without a line break, for each message and refusal of a reader, in their order.

    Raises:
        YangbeamError: The folders' modules are at fault, or the reader ended the run.
    """
    with temporary_folder() as cache:
        bodies = BodyReader(folders, cache)
        while True:
            batch = reader.poll(BATCH_BYTES, 0.0)
            if batch is END:
                return
            if isinstance(batch, MessageBatch):
                yield from _objects(batch, bodies)


def _objects(batch: MessageBatch, bodies: BodyReader) -> Iterator[bytes]:
    refused = [control for control in batch.controls if isinstance(control, Refused)]
    for position, message in enumerate(batch.messages):
        while refused and refused[0].at <= position:
            yield _refusal(refused.pop(0))
        yield _object(message, bodies)
    yield from map(_refusal, refused)


def _object(message: Message, bodies: BodyReader) -> bytes:
    facts: dict[str, Any] = {
        "exporter": message.exporter,
        "port": message.port,
        "publisher_id": message.publisher_id,
        "message_id": message.message_id,
        "media_type": message.media_type,
    }
    try:
        notification = decode(message)
        body = bodies.read(notification)
    except (NotificationError, InvalidInstanceError) as error:
        return orjson.dumps(facts | {"error": _error(error)})
    facts |= {
        "node": notification.node,
        "event_time": notification.event_time,
        "sequence_number": notification.sequence_number,
        "kind": notification.kind,
        "subscription_id": notification.subscription_id,
        "wrapper": notification.wrapper,
        "body": orjson.Fragment(body.json),
    }
    return orjson.dumps(facts if body.typed else facts | {"typed": False})


def _error(error: YangbeamError) -> dict[str, str]:
    return {"reason": error.reason, "detail": error.detail, "fault": error.fault.value}


def _refusal(refused: Refused) -> bytes:
    return orjson.dumps(
        {
            "exporter": refused.exporter,
            "port": refused.port,
            "publisher_id": refused.publisher_id,
            "message_id": refused.message_id,
            "media_type": None,
            "error": {"reason": final_name(refused.reason), "detail": refused.detail, "fault": refused.fault},
        }
    )
