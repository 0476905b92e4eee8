"""What is kept of exporters that have sent one message: that message's facts, and nothing else.

One message shows no gap, so that an exporter is followed from its second one on. Whoever sends from many forged
addresses makes thousands of such exporters: a track of counters for each would cost ten times as much.
"""

from collections.abc import Iterable
from sys import intern
from typing import Final

import msgspec

from yangbeam.core.loss.facts import LIFE, Facts

MOST_NEWCOMERS: Final = 65_536
"""Exporters per shard, of some 400 octets; beyond it the longest known goes: its next message is a first one again."""


class Newcomers:
    """The exporters of one shard that have sent one message; in order of arrival."""

    def __init__(self) -> None:
        self._facts: dict[str, Facts] = {}
        self._came: dict[str, None] = {}
        """Since the last ``changes``."""
        self._gone: list[str] = []

    def holds(self, facts: Facts) -> bool:
        """Keeps the first message of an exporter; False: it says more than numbers, and is to be followed at once."""
        if facts.kind & LIFE or facts.evidence:
            return False
        if len(self._facts) >= MOST_NEWCOMERS:
            self._drop(next(iter(self._facts)))
        collector_id, node = intern(facts.collector_id), facts.node and intern(facts.node)
        self._facts[facts.exporter] = msgspec.structs.replace(facts, node=node, collector_id=collector_id)
        self._came[facts.exporter] = None
        return True

    def take(self, exporter: str) -> Facts | None:
        """Returns the first message of an exporter, which is a newcomer no more; None: it is none."""
        return self._facts.pop(exporter, None)

    def forget(self, before_us: int) -> None:
        """Forgets whoever came before a time."""
        for exporter in [one for one, facts in self._facts.items() if facts.arrival_us < before_us]:
            self._drop(exporter)

    def _drop(self, exporter: str) -> None:
        del self._facts[exporter]
        self._gone.append(exporter)

    def all(self) -> list[Facts]:
        """Returns the first messages."""
        return list(self._facts.values())

    def changes(self) -> tuple[list[Facts], list[str]]:
        """Returns who came and who was forgotten since it was last asked; who is followed now stands in neither."""
        came = [self._facts[one] for one in self._came if one in self._facts]
        gone, self._came, self._gone = self._gone, {}, []
        return came, gone

    def apply(self, followed: Iterable[str], gone: Iterable[str], came: Iterable[Facts]) -> None:
        """Takes over what ``changes`` gave, and that exporters are followed now."""
        for exporter in (*gone, *followed):
            self._facts.pop(exporter, None)
        self._facts.update({facts.exporter: facts for facts in came})
