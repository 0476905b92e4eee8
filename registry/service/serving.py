"""What the routes work with, and what they give back."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from yangbeam.core.registered import AVRO, Body
from yangbeam.registry.local import LocalRegistry
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.resolver import Resolver
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.metrics import Metrics
from yangbeam.registry.store import Version


@dataclass(frozen=True, slots=True)
class Service:
    """What the routes work with.

    Attributes:
        registrar: The registry.
        local: For whole sets.
        resolver: Finds schema sets of exporters; None: there is none.
        metrics: What is counted.
        omit_tags_for: Beginnings of ``Confluent-Client-Version`` of clients that fail on ``metadata.tags``.
    """

    registrar: Registrar
    local: LocalRegistry
    resolver: Resolver | None = None
    metrics: Metrics = field(default_factory=Metrics)
    omit_tags_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A document, with another status than 200, or headers."""

    document: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def about(version: Version) -> dict[str, Any]:
    """Returns what is said of a version besides its schema."""
    return ({"ts": version.made_ms} if version.made_ms is not None else {}) | {"deleted": version.is_deleted}


def shown(service: Service, asked: Asked, body: Body, **more: Any) -> dict[str, Any]:
    """Returns a schema as it is shown: what is absent is left out, as is the type of Avro."""
    found: dict[str, Any] = dict(more)
    if body.kind != AVRO:
        found["schemaType"] = body.kind
    found["schema"] = body.text
    if body.references:
        found["references"] = msgspec.to_builtins(body.references)
    if body.metadata is not None:
        metadata = msgspec.to_builtins(body.metadata)
        if asked.client.startswith(service.omit_tags_for):
            metadata.pop("tags", None)
        if metadata:
            found["metadata"] = {"tags": None, "properties": None, "sensitive": None} | metadata
            found["metadata"] = {name: value for name, value in found["metadata"].items() if value is not None}
    if body.rules is not None:
        found["ruleSet"] = body.rules
    return found
