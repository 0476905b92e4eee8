"""Schemas that are waited for in place: read at the reader's own pace, an outage of the registry costs time alone."""

import time
from dataclasses import dataclass
from typing import Final

from yangbeam.core.errors import SchemaPendingError
from yangbeam.core.schemas import Schemas
from yangbeam.core.yang.schema import Schema

PAUSE_S: Final = 0.2


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
        until = time.monotonic() + self.wait_s
        while True:
            try:
                return self.schemas.schema(schema_id)
            except SchemaPendingError:
                if time.monotonic() >= until:
                    raise
                time.sleep(PAUSE_S)
