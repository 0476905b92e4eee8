"""What a node says of a subscription whose started message was missed: asked here, where its credentials are."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.terms_json import terms_document
from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.patience import MAX_WAIT_S, in_time
from yangbeam.registry.service.resolve_route import checked_exporter
from yangbeam.registry.service.serving import Answer, Service

_LARGEST_ID: Final = 2**32 - 1


class Missed(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """Body of ``POST /subscription``; see docs/registry.md."""

    exporter: str
    subscription_id: int
    wait_s: float | None = None

    def checked(self) -> "Missed":
        """Returns it.

        Raises:
            RefusedError: 42290: the exporter is no address, or a number is out of its range.
        """
        checked_exporter(self.exporter)
        if not 0 <= self.subscription_id <= _LARGEST_ID or not 0 <= (self.wait_s or 0) <= MAX_WAIT_S:
            said = f"subscription-id is 0 to {_LARGEST_ID}, wait-s is 0 to {MAX_WAIT_S:.0f}"
            raise RefusedError(Code.INVALID_REQUEST, said)
        return self


async def subscription(service: Service, asked: Asked, clock: Callable[[], float] = time.monotonic) -> Answer:
    """POST /subscription."""
    missed = asked.read(Missed).checked()
    return await in_time(lambda: _attempt(service, missed), missed.wait_s or 0.0, clock)


def _attempt(service: Service, missed: Missed) -> Answer:
    number, exporter = missed.subscription_id, missed.exporter
    try:
        terms = service.resolver.subscription(exporter, number) if service.resolver else None
    except SchemaPendingError:
        raise
    except SchemaError as error:  # whoever asks goes by what the messages name
        raise RefusedError(Code.NO_SUBSCRIPTION, f"{exporter} cannot be asked: {error.detail}") from error
    if terms is None:
        said = f"{exporter} has no subscription {number}, or is no node of this registry's configuration"
        raise RefusedError(Code.NO_SUBSCRIPTION, said)
    return Answer(terms_document(terms))
