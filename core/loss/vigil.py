"""Looks for silent subscriptions at a heartbeat: at those that are due, however many others are watched.

A subscription is looked at when its patience ends, and once more where it was only suspected. One that was told to be
silent is not due: its next message is awaited, and brings the look forward. An exporter that came to another host is
looked at as a whole, as is everything where the host itself did not listen.
"""

from collections.abc import Iterable, Mapping

from yangbeam.core.elements import LossEvent
from yangbeam.core.loss import lifecycle
from yangbeam.core.loss.due_times import DueTimes
from yangbeam.core.loss.exporter import Exporter
from yangbeam.core.loss.freshness import Listening, due, interrupted, is_told, listen
from yangbeam.core.loss.scope import Flow

Exporters = Mapping[str, Exporter]


class Vigil:
    """When the watches of a shard are to be looked at, by the host on whose clock they are."""

    def __init__(self) -> None:
        self._due: dict[str, DueTimes[tuple[str, int]]] = {}
        self._moved: dict[str, None] = {}
        """Exporters with watches that are perhaps on another host's clock than that of their newest message."""

    @classmethod
    def of(cls, exporters: Iterable[Exporter]) -> "Vigil":
        """Returns the vigil over exporters whose state was restored."""
        made = cls()
        for exporter in exporters:
            if exporter.watches:
                made.moved(exporter)
                made.plan(exporter, exporter.watches)
        return made

    def moved(self, exporter: Exporter) -> None:
        """Takes that the newest message of an exporter may have come by another host."""
        self._moved[exporter.address] = None

    def plan(self, exporter: Exporter, subscriptions: Iterable[int]) -> None:
        """Sets when subscriptions of an exporter are due, whose watches are new, changed or gone."""
        if not exporter.collector:
            self.moved(exporter)
        times = self._due.setdefault(exporter.heard_by, DueTimes())
        for number in subscriptions:
            watch = exporter.watches.get(number)
            times.set((exporter.address, number), None if watch is None else 0 if is_told(watch) else due(watch))

    def came(self, exporter: Exporter, flow: Flow) -> None:
        """Takes the first message of a flow that was awaited."""
        flow.awaited = False
        self.plan(exporter, lifecycle.awaiting(exporter, flow))

    def forget(self, exporter: Exporter) -> None:
        """Forgets an exporter."""
        times = self._due.setdefault(exporter.heard_by, DueTimes())
        for number in exporter.watches:
            times.set((exporter.address, number), None)
        self._moved.pop(exporter.address, None)

    def beat(
        self, exporters: Exporters, host: str, clock: Listening, now_us: int, touched: dict[str, None]
    ) -> list[LossEvent]:
        """Looks at what is due at a heartbeat of a host; ``touched`` gets the exporters that it looked at."""
        if interrupted(clock, now_us):
            for exporter in exporters.values():
                if exporter.watches and exporter.collector in ("", host):
                    touched[exporter.address] = None
                    lifecycle.pause(exporter, host, clock)
        listen(clock, now_us)
        self._follow_moved(exporters, host, clock, touched)
        found: dict[str, list[int]] = {}
        for address, number in self._due.setdefault(host, DueTimes()).take(clock.heard_us):
            found.setdefault(address, []).append(number)
        return [
            told
            for address in found
            for told in self._look(exporters.get(address), host, found[address], clock, touched)
        ]

    def _follow_moved(self, exporters: Exporters, host: str, clock: Listening, touched: dict[str, None]) -> None:
        for address in list(self._moved):
            exporter = exporters.get(address)
            if exporter is None or not exporter.watches:
                del self._moved[address]
            elif exporter.collector in ("", host):
                if exporter.heard_by != host:
                    touched[address] = None
                    self.forget(exporter)
                    lifecycle.rebased(exporter, host, clock)
                    self.plan(exporter, exporter.watches)
                if exporter.collector:
                    self._moved.pop(address, None)

    def _look(
        self, exporter: Exporter | None, host: str, numbers: list[int], clock: Listening, touched: dict[str, None]
    ) -> list[LossEvent]:
        if exporter is None or exporter.heard_by != host:
            return []
        touched[exporter.address] = None
        events = []
        for number in numbers:
            watch = exporter.watches.get(number)
            if watch is not None:
                events += lifecycle.look(exporter, watch, clock)
                self._due[host].set((exporter.address, number), due(watch))
        return events
