"""Subjects and their versions: registering, looking up, listing, deleting."""

from typing import Annotated, Any, Final

import msgspec

from yangbeam.core.registered import YANG, Body, Reference
from yangbeam.registry.appending import LATEST
from yangbeam.registry.deletion import delete_subject, delete_version
from yangbeam.registry.refusals import Code, RefusedError, no_subject
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.serving import Service, about, shown
from yangbeam.registry.store import MAX_ID, Version
from yangbeam.registry.subjects import DEFAULT, bare, checked, context_of, qualified

ANY_CONTEXT: Final = ":*:"
Number = Annotated[int, msgspec.Meta(ge=-1, le=MAX_ID)]


class Sent(msgspec.Struct, rename={"text": "schema", "kind": "schemaType", "rules": "ruleSet"}):
    """A schema as clients send it: what is absent may be null, and more members may follow."""

    text: str | None = None
    kind: str | None = None
    references: tuple[Reference, ...] | None = None
    metadata: Any = None
    rules: dict[str, Any] | None = None
    id: Number | None = None
    version: Number | None = None

    def body(self) -> Body:
        """Returns the schema.

        Raises:
            RefusedError: 42290.
        """
        members = {"schema": self.text or "", "schemaType": self.kind or "AVRO", "references": self.references or ()}
        try:
            return msgspec.convert(members | {"metadata": self.metadata, "ruleSet": self.rules}, Body)
        except msgspec.ValidationError as error:
            raise RefusedError(Code.INVALID_REQUEST, f"The request's body is not as documented: {error}") from None


def register(service: Service, asked: Asked) -> dict[str, Any]:
    """POST /subjects/{subject}/versions."""
    sent = asked.read(Sent)
    body = sent.body()
    registrar = service.registrar
    schema_id = sent.id if sent.id not in (None, -1) else None
    version = sent.version or None
    found = registrar.register(
        asked.subject, body, normalise=asked.flag("normalize"), version=version, schema_id=schema_id
    )
    if found.is_new:
        service.metrics.registered.labels(body.kind).inc()
    kept = registrar.body(found.id)
    answer = shown(service, asked, kept, id=found.id, version=found.version, guid=kept.guid)
    return {name: value for name, value in answer.items() if name != "schema" or kept.kind != YANG}  # as it was sent


def lookup(service: Service, asked: Asked) -> dict[str, Any]:
    """POST /subjects/{subject}."""
    body = asked.read(Sent).body()
    deleted, normalise = asked.flag("deleted"), asked.flag("normalize")
    subject = _place(service, asked)
    found = service.registrar.lookup(subject, body, normalise=normalise, deleted=deleted)
    return _version(service, asked, found)


def subjects(service: Service, asked: Asked) -> list[str]:
    """GET /subjects."""
    found: dict[str, bool] = {}
    for version in listed(service, asked):
        found[version.subject] = found.get(version.subject, False) or not version.is_deleted
    only, too = asked.flag("deletedOnly"), asked.flag("deleted")
    return asked.page([name for name, is_live in found.items() if (not is_live if only else is_live or too)])


def listed(service: Service, asked: Asked) -> list[Version]:
    """The versions of the subjects that ``subjectPrefix`` means: of one context, or of any (``:*:``, or without it)."""
    wanted = asked.query.get("subjectPrefix", ANY_CONTEXT if asked.context == DEFAULT else "")
    store = service.registrar.store
    if wanted.startswith(ANY_CONTEXT):
        rest = wanted.removeprefix(ANY_CONTEXT)
        return [each for each in store.all_versions() if bare(each.subject).startswith(rest)]
    prefix = qualified(asked.context, wanted)
    return [each for each in store.all_versions(prefix) if context_of(each.subject) == context_of(prefix)]


def versions(service: Service, asked: Asked) -> list[int]:
    """GET /subjects/{subject}/versions."""
    all_versions = service.registrar.store.versions(asked.subject)
    only, too = asked.flag("deletedOnly"), asked.flag("deleted")
    found = [each.version for each in all_versions if (each.is_deleted if only else too or not each.is_deleted)]
    if not found:
        raise no_subject(asked.subject)
    return asked.page(found)


def version(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /subjects/{subject}/versions/{version}."""
    return _version(service, asked, _found(service, asked))


def version_schema(service: Service, asked: Asked) -> Any:
    """GET /subjects/{subject}/versions/{version}/schema: the text alone; of Avro and JSON as JSON."""
    return text_alone(service.registrar.body(_found(service, asked).id))


def text_alone(body: Body) -> Any:
    """Returns a schema without anything around it."""
    return body.text if body.kind == "YANG" else msgspec.json.decode(body.text)


def referenced_by(service: Service, asked: Asked) -> list[int]:
    """GET /subjects/{subject}/versions/{version}/referencedby."""
    found, deleted = _found(service, asked), asked.flag("deleted")
    return asked.page(service.registrar.store.referenced_by(found.subject, found.version, deleted=deleted))


def with_metadata(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /subjects/{subject}/metadata?key=…&value=…: the newest version whose properties say so."""
    wanted = metadata_wanted(asked)
    all_versions = service.registrar.store.versions(asked.subject)
    deleted = asked.flag("deleted")
    live = [each for each in all_versions if deleted or not each.is_deleted]
    if not live:
        raise no_subject(asked.subject)
    for each in reversed(live):
        body = service.registrar.body(each.id)
        if all(body.property(key) == value for key, value in wanted):
            return _version(service, asked, each)
    raise RefusedError(Code.NO_SCHEMA, "Schema not found: no version has that metadata")


def metadata_wanted(asked: Asked) -> list[tuple[str, str]]:
    """Pairs of the repeated parameters ``key`` and ``value``.

    Raises:
        RefusedError: 42290.
    """
    keys, values = asked.query.get("key", "").split("\0"), asked.query.get("value", "").split("\0")
    if not keys[0] or len(keys) != len(values):
        raise RefusedError(Code.INVALID_REQUEST, "key and value are needed, as often as each other")
    return list(zip(keys, values, strict=True))


def drop_subject(service: Service, asked: Asked) -> list[int]:
    """DELETE /subjects/{subject}."""
    return delete_subject(service.registrar, asked.subject, permanent=asked.flag("permanent"))


def drop_version(service: Service, asked: Asked) -> int:
    """DELETE /subjects/{subject}/versions/{version}."""
    permanent = asked.flag("permanent")
    return delete_version(service.registrar, checked(asked.subject), asked.version, permanent=permanent)


def _found(service: Service, asked: Asked) -> Version:
    deleted = asked.flag("deleted") and asked.version != LATEST
    return service.registrar.version(_place(service, asked), asked.version, deleted=deleted)


def _place(service: Service, asked: Asked) -> str:
    """Returns the subject that is asked for: one of no context that is not there may be of any, as Confluent has it."""
    store = service.registrar.store
    is_bare = context_of(asked.subject) == DEFAULT and not store.versions(asked.subject)
    return (store.elsewhere(asked.subject) if is_bare else "") or asked.subject


def _version(service: Service, asked: Asked, found: Version) -> dict[str, Any]:
    body = service.registrar.body(found.id)
    more = {"subject": found.subject, "version": found.version, "id": found.id, "guid": body.guid}
    return shown(service, asked, body, **more, **about(found))
