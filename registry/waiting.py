"""Schemas that are waited for in place: read at the reader's own pace, an outage of the registry costs time alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from yangbeam.core.errors import SchemaPendingError
from yangbeam.core.schemas import Schemas
from yangbeam.core.yang.schema import Schema
from yangbeam.transforms.outsides import OUTSIDES

PAUSE_S: Final = 0.2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WaitingSchemas:
    """Implements ``core.schemas.Schemas`` over another; what is pending is asked for again until the wait is over.

    Attributes:
        schemas: Whom to ask.
        wait_s: Longest wait for one schema; what comes after it fails with what was said last.
    """

    schemas: Schemas
    wait_s: float

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        """See ``Schemas.resolve``: asked once, as its callers wait by themselves."""
        return self.schemas.resolve(exporter, content_id, modules)

    def schema(self, schema_id: int) -> Schema:
        """See ``Schemas.schema``."""
        return patiently(lambda: self.schemas.schema(schema_id), self.wait_s)


@dataclass(frozen=True, slots=True)
class WaitingIds:
    """The same of the ids of GUIDs.

    Attributes:
        ask: Returns the id of a GUID of 16 octets.
        wait_s: Longest wait for one.
    """

    ask: Callable[[bytes], int]
    wait_s: float

    def __call__(self, guid: bytes) -> int:
        """Returns the id; raises as ``ask``."""
        return patiently(lambda: self.ask(guid), self.wait_s)


def patiently(ask: Callable[[], T], wait_s: float, kind: type[SchemaPendingError] = SchemaPendingError) -> T:
    """Returns what is asked for, as soon as it is no longer pending; raises as ``ask`` what is no such wait."""
    until = time.monotonic() + wait_s
    while True:
        try:
            return ask()
        except kind:
            if time.monotonic() >= until or OUTSIDES.is_over:
                raise
            time.sleep(PAUSE_S)
