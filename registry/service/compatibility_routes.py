"""Whether a schema may follow those that are registered, and what was found of those that did."""

from typing import Any

import msgspec

from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.serving import Service
from yangbeam.registry.service.subject_routes import Sent
from yangbeam.registry.verdicts import verdict


def check_all(service: Service, asked: Asked) -> dict[str, Any]:
    """POST /compatibility/subjects/{subject}/versions: against the versions that the subject's level compares."""
    registrar = service.registrar
    live = [each for each in registrar.store.versions(asked.subject) if not each.is_deleted]
    level = registrar.settings.effective_config(asked.subject).compatibility or "NONE"
    return _answer(asked, registrar.misfits(asked.subject, asked.read(Sent).body(), live, level))


def check_one(service: Service, asked: Asked) -> dict[str, Any]:
    """POST /compatibility/subjects/{subject}/versions/{version}: against that one, in the level's direction."""
    registrar = service.registrar
    old = registrar.version(asked.subject, asked.version)
    level = registrar.settings.effective_config(asked.subject).compatibility or "NONE"
    return _answer(asked, registrar.misfits(asked.subject, asked.read(Sent).body(), [old], level))


def _answer(asked: Asked, found: tuple[str, ...]) -> dict[str, Any]:
    answer: dict[str, Any] = {"is_compatible": not found}
    if asked.flag("verbose"):
        answer["messages"] = list(found)
    return answer


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
