"""The routes of the registry: one table, that the application, the tests and the documentation read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from yangbeam.registry.service import compatibility_routes as compatibility
from yangbeam.registry.service import own_routes as own
from yangbeam.registry.service import schema_routes as schemas
from yangbeam.registry.service import setting_routes as settings
from yangbeam.registry.service import subject_routes as subjects
from yangbeam.registry.service.auth import Role
from yangbeam.registry.service.resolve_route import resolve
from yangbeam.registry.service.subscription_route import subscription

METRICS: Final = "/metrics"


@dataclass(frozen=True, slots=True)
class Rule:
    """One route.

    Attributes:
        method: HTTP method.
        path: With ``{subject}``, ``{version}``, ``{id}``, ``{guid}``.
        answer: Takes (Service, Asked) and returns the document, or an Answer; a coroutine function may.
        needs: Who may ask.
    """

    method: str
    path: str
    answer: Callable[..., Any]
    needs: Role = Role.READ


_VERSIONS: Final = "/subjects/{subject}/versions"
_VERSION: Final = _VERSIONS + "/{version}"

RULES: Final = (
    Rule("GET", "/", own.root),
    Rule("GET", "/_health", own.health, Role.NOTHING),
    Rule("GET", "/v1/metadata/id", own.server_id),
    Rule("GET", "/v1/metadata/version", own.server_version),
    Rule("GET", "/v1/metadata/deployment", own.server_deployment),
    Rule("GET", "/contexts", schemas.contexts),
    Rule("DELETE", "/contexts/{context}", schemas.drop_context, Role.WRITE),
    Rule("GET", "/schemas", schemas.schemas),
    Rule("GET", "/schemas/types", schemas.types),
    Rule("GET", "/schemas/ids/{id}", schemas.by_id),
    Rule("GET", "/schemas/ids/{id}/schema", schemas.text_by_id),
    Rule("GET", "/schemas/ids/{id}/subjects", schemas.subjects_of),
    Rule("GET", "/schemas/ids/{id}/versions", schemas.versions_of),
    Rule("GET", "/schemas/guids/{guid}", schemas.by_guid),
    Rule("GET", "/schemas/guids/{guid}/ids", schemas.ids_of_guid),
    Rule("GET", "/subjects", subjects.subjects),
    Rule("POST", "/subjects/{subject}", subjects.lookup),
    Rule("DELETE", "/subjects/{subject}", subjects.drop_subject, Role.WRITE),
    Rule("GET", "/subjects/{subject}/metadata", subjects.with_metadata),
    Rule("GET", _VERSIONS, subjects.versions),
    Rule("POST", _VERSIONS, subjects.register, Role.WRITE),
    Rule("GET", _VERSION, subjects.version),
    Rule("DELETE", _VERSION, subjects.drop_version, Role.WRITE),
    Rule("GET", _VERSION + "/schema", subjects.version_schema),
    Rule("GET", _VERSION + "/referencedby", subjects.referenced_by),
    Rule("GET", _VERSION + "/verdict", compatibility.get_verdict),
    Rule("POST", "/compatibility/subjects/{subject}/versions", compatibility.check_all),
    Rule("POST", "/compatibility/subjects/{subject}/versions/{version}", compatibility.check_one),
    Rule("GET", "/config", settings.get_config),
    Rule("PUT", "/config", settings.put_config, Role.WRITE),
    Rule("DELETE", "/config", settings.drop_config, Role.WRITE),
    Rule("GET", "/config/{subject}", settings.get_config),
    Rule("PUT", "/config/{subject}", settings.put_config, Role.WRITE),
    Rule("DELETE", "/config/{subject}", settings.drop_config, Role.WRITE),
    Rule("GET", "/mode", settings.get_mode),
    Rule("PUT", "/mode", settings.put_mode, Role.WRITE),
    Rule("DELETE", "/mode", settings.drop_mode, Role.WRITE),
    Rule("GET", "/mode/{subject}", settings.get_mode),
    Rule("PUT", "/mode/{subject}", settings.put_mode, Role.WRITE),
    Rule("DELETE", "/mode/{subject}", settings.drop_mode, Role.WRITE),
    Rule("GET", "/associations/{rest:path}", own.no_associations),
    Rule("POST", "/resolve", resolve, Role.WRITE),
    Rule("POST", "/subscription", subscription, Role.WRITE),
)
"""All routes but ``/metrics``, whose answer is no JSON."""
