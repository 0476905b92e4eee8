"""Whether a schema may follow those that are registered, and what was found of those that did."""

from typing import Any

import msgspec

from yangbeam.registry.appending import LATEST
from yangbeam.registry.refusals import Code, RefusedError, no_version
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.serving import Service
from yangbeam.registry.service.subject_routes import Sent
from yangbeam.registry.store import Version
from yangbeam.registry.verdicts import verdict


def check_all(service: Service, asked: Asked) -> dict[str, Any]:
    """POST /compatibility/subjects/{subject}/versions: against the versions that the subject's level compares."""
    live = [each for each in service.registrar.store.versions(asked.subject) if not each.is_deleted]
    return _answer(service, asked, live)


def check_one(service: Service, asked: Asked) -> dict[str, Any]:
    """POST /compatibility/subjects/{subject}/versions/{version}: against that one, in the level's direction.

    Everything may follow the latest version of a subject that has none.
    """
    number = asked.version
    live = [each for each in service.registrar.store.versions(asked.subject) if not each.is_deleted]
    found = [each for each in live if number in (LATEST, each.version)]
    if not found and number != LATEST:
        raise no_version(number)
    return _answer(service, asked, found[-1:])


def _answer(service: Service, asked: Asked, olds: list[Version]) -> dict[str, Any]:
    """Whether a schema may follow versions; one that is none may not, which whoever wants words hears as such."""
    registrar, body, normalise = service.registrar, asked.read(Sent).body(), asked.flag("normalize")
    level = registrar.settings.effective_config(asked.subject).compatibility or "NONE"
    is_verbose = asked.flag("verbose")
    try:
        found = registrar.misfits(asked.subject, body, olds, level, normalise=normalise)
    except RefusedError as error:
        if not is_verbose or error.code is not Code.INVALID_SCHEMA:
            raise
        found = (error.detail,)
    return {"is_compatible": not found} | ({"messages": list(found)} if is_verbose else {})


def get_verdict(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /subjects/{subject}/versions/{version}/verdict: RFC 7950 section 11 against the version before."""
    version = service.registrar.version(asked.subject, asked.version, deleted=asked.flag("deleted"))
    found = verdict(service.registrar, version)
    if found is None:
        raise RefusedError(
            Code.NO_VERDICT, f"Version {version.version} of {asked.subject} has no YANG version before it"
        )
    shown: dict[str, Any] = msgspec.to_builtins(found)
    return shown
