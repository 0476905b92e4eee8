"""Which schema an exporter's contents are read by: found by the resolver, registered, and told by its id."""

import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Final

import msgspec

from yangbeam.core.errors import Fault, SchemaError, SchemaPendingError
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.register import root_subject
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.patience import MAX_WAIT_S, in_time
from yangbeam.registry.service.serving import Answer, Service

MAX_MODULES: Final = 5_000
_INVALID: Final = frozenset(("schema-invalid", "schema-cyclic", "not-yang", "module-text"))
"""Reasons of what was found and cannot be used."""


def checked_exporter(exporter: str) -> None:
    """Checks that it is an address.

    Raises:
        RefusedError: 42290.
    """
    try:
        ip_address(exporter)
    except ValueError:
        raise RefusedError(Code.INVALID_REQUEST, f"exporter is an IP address, not {exporter[:60]!r}") from None


class Wish(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """Body of ``POST /resolve``; see docs/registry.md."""

    exporter: str
    content_id: str | None = None
    modules: tuple[str, ...] | None = None
    subscription_id: int | None = None
    wait_s: float | None = None

    def checked(self) -> "Wish":
        """Returns it.

        Raises:
            RefusedError: 42290: the exporter is no address, or there are too many modules.
        """
        checked_exporter(self.exporter)
        if len(self.modules or ()) > MAX_MODULES or not 0 <= (self.wait_s or 0) <= MAX_WAIT_S:
            said = f"modules are at most {MAX_MODULES:,}, wait-s is 0 to {MAX_WAIT_S:.0f}"
            raise RefusedError(Code.INVALID_REQUEST, said)
        return self


async def resolve(service: Service, asked: Asked, clock: Callable[[], float] = time.monotonic) -> Answer:
    """POST /resolve."""
    wish = asked.read(Wish).checked()
    found = await in_time(lambda: _attempt(service, wish), wish.wait_s or 0.0, clock)
    service.metrics.resolved.labels(found.status).inc()
    return found


def _attempt(service: Service, wish: Wish) -> Answer:
    modules = frozenset(wish.modules or ())
    try:
        subject = root_subject(wish.exporter, wish.subscription_id, wish.content_id, modules)
        registered = service.local.register_set(_found(service, wish, modules), subject)
    except (SchemaPendingError, RefusedError):
        raise
    except SchemaError as error:
        return _refusal(error)
    root = registered.root
    new = sum(module.is_new for module in (*registered.modules, root))
    if new:
        service.metrics.registered.labels("YANG").inc(new)
    return Answer({"id": root.id, "subject": root.subject, "version": root.version})


def _found(service: Service, wish: Wish, modules: frozenset[str]) -> SchemaSet:
    resolver = service.resolver
    found = resolver.resolve(wish.exporter, wish.content_id, modules) if resolver else None
    if found is None:
        raise SchemaError("schema-missing", f"no resolver of this registry serves {wish.exporter}: configure one")
    return found


def _refusal(error: SchemaError) -> Answer:
    code = Code.NOT_RESOLVED
    if error.reason in _INVALID:
        code = Code.INVALID_SCHEMA
    elif error.fault is Fault.ENVIRONMENT:
        code = Code.NODE_AWAY
    document: dict[str, Any] = {"error_code": code.number, "message": error.detail}
    document |= {"reason": error.reason, "fault": str(error.fault)}
    return Answer(document | ({"modules": [error.module, *error.also]} if error.module else {}), code.status)
