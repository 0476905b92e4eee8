"""Schemas by id and GUID, and all of them."""

from typing import Any

from yangbeam.core.registered import Body
from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.serving import Answer, Service, about, shown
from yangbeam.registry.service.subject_routes import listed, text_alone
from yangbeam.registry.store import Version
from yangbeam.registry.subjects import DEFAULT, bare, context_of, qualified, scope_of


def types(service: Service, asked: Asked) -> list[str]:
    """GET /schemas/types."""
    del asked
    return list(service.registrar.formats)


def schemas(service: Service, asked: Asked) -> list[dict[str, Any]]:
    """GET /schemas."""
    deleted = asked.flag("deleted")
    found = [each for each in listed(service, asked) if deleted or not each.is_deleted]
    if asked.flag("latestOnly"):
        found = list({each.subject: each for each in found}.values())
    return [_shown(service, asked, each) for each in asked.page(found)]


def _shown(service: Service, asked: Asked, version: Version) -> dict[str, Any]:
    body = service.registrar.body(version.id)
    more = {"subject": version.subject, "version": version.version, "id": version.id, "guid": body.guid}
    return shown(service, asked, body, **more, **about(version))


def by_id(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /schemas/ids/{id}."""
    body, place = _body(service, asked)
    more: dict[str, Any] = {"maxId": service.registrar.store.greatest_id()} if asked.flag("fetchMaxId") else {}
    if place is not None and asked.query.get("subject"):
        more |= {"subject": place.subject, "version": place.version}
    return shown(service, asked, body, guid=body.guid, **more, **(about(place) if place is not None else {}))


def text_by_id(service: Service, asked: Asked) -> Any:
    """GET /schemas/ids/{id}/schema: the text alone."""
    return text_alone(_body(service, asked)[0])


def _body(service: Service, asked: Asked) -> tuple[Body, Version | None]:
    """The schema of an id, and where it stands; with ``subject`` there, or in that context.

    Ids are the same in every context: who names a subject of none finds the schema wherever it stands.
    """
    body = service.registrar.body(asked.schema_id)
    wanted = asked.query.get("subject")
    stands = sorted(service.registrar.store.versions_of(asked.schema_id), key=lambda each: each.is_deleted)
    if not wanted:
        return body, next(iter(stands), None)
    name = qualified(asked.context, wanted)
    context = context_of(name)
    near = [each for each in stands if context_of(each.subject) == context]
    exact = [each for each in near if each.subject == name]
    if not (exact or (near and not bare(name))) and context != DEFAULT:
        raise RefusedError(Code.NO_SCHEMA, f"Schema {asked.schema_id} not found")
    same = [each for each in stands if bare(each.subject) == bare(name)]
    return body, next(iter((*exact, *same, *near, *stands)), None)


def standing(service: Service, asked: Asked) -> list[Version]:
    """Returns where an id stands.

    Raises:
        RefusedError: 40403.
    """
    service.registrar.body(asked.schema_id)
    deleted = asked.flag("deleted")
    wanted = asked.query.get("subject")
    found = service.registrar.store.versions_of(asked.schema_id)
    return [each for each in found if (deleted or not each.is_deleted) and wanted in (None, "", each.subject)]


def subjects_of(service: Service, asked: Asked) -> list[str]:
    """GET /schemas/ids/{id}/subjects."""
    return asked.page(list(dict.fromkeys(each.subject for each in standing(service, asked))))


def versions_of(service: Service, asked: Asked) -> list[dict[str, Any]]:
    """GET /schemas/ids/{id}/versions."""
    return asked.page([{"subject": each.subject, "version": each.version} for each in standing(service, asked)])


def by_guid(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /schemas/guids/{guid}."""
    schema_id = _ids(service, asked)[0]
    body = service.registrar.body(schema_id)
    stands = sorted(service.registrar.store.versions_of(schema_id), key=lambda each: each.is_deleted)
    return shown(service, asked, body, guid=body.guid, **about(stands[0]))


def ids_of_guid(service: Service, asked: Asked) -> list[dict[str, Any]]:
    """GET /schemas/guids/{guid}/ids."""
    ids = _ids(service, asked)
    contexts = {
        (context_of(each.subject), each.id) for found in ids for each in service.registrar.store.versions_of(found)
    }
    return [{"context": context, "id": schema_id} for context, schema_id in sorted(contexts)]


def _ids(service: Service, asked: Asked) -> list[int]:
    guid = asked.params["guid"]
    found = service.registrar.store.ids_of_guid(guid.lower())
    if not found:
        raise RefusedError(Code.NO_SCHEMA, f"Schema {guid[:60]} not found")
    return found


def contexts(service: Service, asked: Asked) -> list[str]:
    """GET /contexts."""
    found = {context_of(each.subject) for each in service.registrar.store.all_versions()}
    prefix = asked.query.get("contextPrefix", "")
    return asked.page([each for each in sorted({DEFAULT, *found}) if each.startswith(prefix)])


def drop_context(service: Service, asked: Asked) -> Answer:
    """DELETE /contexts/{context}: forgets what is configured of one without subjects, deleted ones included."""
    context = asked.params["context"].strip(":")
    scope = scope_of(context)
    if not scope or service.registrar.store.all_versions(scope):
        raise RefusedError(Code.CONTEXT_NOT_EMPTY, f"The specified context '{context[:80]}' is not empty.")
    service.registrar.settings.forget_context(context)
    return Answer(None, 204)
