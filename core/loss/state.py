"""The bytes of a detector: what a snapshot or a journal entry holds. Fields are only appended, with defaults."""

from typing import Final

import msgspec

from yangbeam.core.loss.exporter import ExporterState
from yangbeam.core.loss.facts import Facts
from yangbeam.core.loss.freshness import Listening
from yangbeam.core.versioned import Codec

FORMAT: Final = 1
"""Version of the state's bytes; a newer one is refused."""


class Collector(msgspec.Struct, array_like=True, gc=False):
    """What was heard of one collector."""

    clock_us: int
    drops: int
    """Datagrams its kernel dropped, cumulative."""
    listening: Listening = msgspec.field(default_factory=Listening)


class LossState(msgspec.Struct, array_like=True):
    """What a snapshot or a journal entry holds: of a journal entry only what changed of the exporters."""

    format: int
    exporters: list[ExporterState]
    gone: list[str] = []
    collectors: dict[str, Collector] = {}
    drops: list[tuple[int, int]] = []
    """Times (from, to], us, within which a collector's kernel dropped datagrams; the last 32."""
    swept: int = 0
    speakers: dict[str, str] = {}
    """The collector whose heartbeats a source carries."""
    newcomers: list[Facts] = []
    """The first message of each exporter that has sent one."""


CODEC: Final = Codec(LossState)
