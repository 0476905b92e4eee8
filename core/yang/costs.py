"""What compiling a set of YANG modules may cost, and the error of one that costs more."""

from dataclasses import dataclass
from typing import Final

from yangbeam.core.errors import SchemaError

TOO_COSTLY: Final = "schema-too-costly"
"""Reason of a set that cannot be compiled within the limits; it is not tried again until its content changes."""


@dataclass(frozen=True, slots=True)
class CostLimits:
    """What one set may cost. OpenConfig's 71 modules take 0.6 s and 6 MB; a grouping that doubles has no bound.

    Attributes:
        cpu_s: Seconds of CPU: whatever else the machine does.
        wall_s: Seconds of time, for what waits instead of working.
        memory_bytes: Data of the process that compiles.
        nodes: Nodes of the compiled tree; each costs a worker some 20 µs and 1 kB.
    """

    cpu_s: int = 20
    wall_s: float = 60.0
    memory_bytes: int = 1 << 30
    nodes: int = 250_000

    def __str__(self) -> str:
        return f"{self.cpu_s} s of CPU, {self.memory_bytes >> 20:,} MiB, {self.nodes:,} nodes"


def too_costly(why: str, module: str, limits: CostLimits) -> SchemaError:
    """Returns the error.

    Args:
        why: What was exceeded.
        module: The module that was being compiled; empty: it is not known.
        limits: What was allowed.
    """
    where = f"module {module}" if module else "the schema set"
    error = SchemaError(
        TOO_COSTLY,
        f"{where} is too costly to compile ({why}; allowed: {limits}): look for groupings, types or lists that "
        "multiply each other; it is tried again when its content changes",
    )
    error.module = module
    return error
