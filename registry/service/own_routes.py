"""What the registry says of itself."""

from importlib.metadata import version
from typing import Any

from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.serving import Service


def root(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /."""
    del service, asked
    return {}


def health(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /_health: the store answers; 500 and 50001 when it does not."""
    del asked
    service.registrar.store.greatest_id()
    return {"status": "up"}


def server_id(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /v1/metadata/id: what tells this registry's file from every other."""
    del asked
    store = service.registrar.store
    return {"scope": {"path": [], "clusters": {"schema-registry-cluster": store.path.name}}, "id": store.identity()}


def server_version(service: Service, asked: Asked) -> dict[str, str]:
    """GET /v1/metadata/version."""
    del service, asked
    return {"version": version("yangbeam"), "commitId": ""}


def server_deployment(service: Service, asked: Asked) -> dict[str, list[str]]:
    """GET /v1/metadata/deployment: this registry is of no kind that Confluent tells apart."""
    del service, asked
    return {"attributes": []}


def no_associations(service: Service, asked: Asked) -> Any:
    """Anything below /associations: this registry keeps none."""
    del service, asked
    raise RefusedError(Code.NO_ASSOCIATIONS, "HTTP 404 Not Found: this registry keeps no associations")
