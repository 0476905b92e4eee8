"""Schemas that are on their way: picklable, and there as soon as a message of one exporter says so."""

from dataclasses import dataclass, field
from typing import Any

from yangbeam.core.errors import SchemaError, SchemaPendingError

OPENER = "192.0.2.99"
"""Messages of this exporter make the modules that they name available."""

_THERE: dict[str, set[str]] = {}
_ASKED: dict[str, int] = {}


@dataclass(frozen=True)
class Fetching:
    """Knows every module but those of ``away``, which are being fetched, and ``unknown``, which nobody has."""

    name: str
    away: frozenset[str] = frozenset({"vendor-a", "vendor-b"})
    unknown: frozenset[str] = field(default=frozenset({"nobody"}))
    patience: int = 0
    """If not 0: what is away is there after so many questions."""

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        names = {module.partition("@")[0] for module in modules}
        if exporter == OPENER:
            self.open(*names)
        if names & self.unknown:
            raise SchemaError("schema-missing", f"{exporter}: nobody has it")
        missing = sorted(names & self.away - _THERE.get(self.name, set()))
        _ASKED[self.name] = _ASKED.get(self.name, 0) + bool(missing)
        if missing and not 0 < self.patience < _ASKED[self.name]:
            raise SchemaPendingError("schema-pending", f"fetching {', '.join(missing)} from {exporter}")
        return 100 + sum(map(len, modules)) + len(content_id or "")

    def open(self, *modules: str) -> None:
        """Makes modules available."""
        _THERE.setdefault(self.name, set()).update(modules)

    def schema(self, schema_id: int) -> Any:
        raise AssertionError(schema_id)
