"""What is seen of `yangbeam receive` while it runs: how much comes, where it is, and what is away."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from yangbeam.core.outside import Outside, in_words
from yangbeam.pipeline.receive.process import Receiver
from yangbeam.pipeline.view.live_view import RATE_OVER_S
from yangbeam.pipeline.view.outages import ending_line
from yangbeam.transforms.outsides import OUTSIDES

_SHOWN: Final = {
    "acknowledged": "acknowledged by Kafka",
    "spool_drops": "dropped",
    "kernel_drops": "kernel drops",
}
"""Counters of the line, in its words; the last two are trouble."""


def counted(receivers: Iterable[Receiver]) -> dict[str, int]:
    """Returns the counters of all receivers, summed."""
    summed: dict[str, int] = {}
    for receiver in receivers:
        for name, count in receiver.report.counters.items():
            summed[name] = summed.get(name, 0) + count
    return summed


def outsides_of(receivers: Iterable[Receiver]) -> list[Outside]:
    """Returns the outside systems of all receivers; of one that several see, who saw it fail first, if any does."""
    found: dict[tuple[str, str], Outside] = {}
    for receiver in receivers:
        for one in receiver.report.outsides:
            key = (one.kind.value, one.address)
            known = found.get(key)
            if known is None or (one.is_away, -one.since_s) > (known.is_away, -known.since_s):
                found[key] = one
    return [found[key] for key in sorted(found)]


class ReceiveView:
    """The receivers of one process; a ``View``.

    Args:
        receivers: Gives them, with their latest reports.
    """

    def __init__(self, receivers: Callable[[], Sequence[Receiver]]) -> None:
        self._receivers = receivers
        self._seen: list[tuple[float, int]] = []

    def line(self, now_s: float, elapsed_s: float) -> str:
        """See ``View``."""
        return ", ".join([f"{elapsed_s:.0f} s", *self._parts(now_s), *self.outage_lines()])

    def picture(self, now_s: float, elapsed_s: float) -> RenderableType:
        """See ``View``."""
        minutes, seconds = divmod(int(elapsed_s), 60)
        head = Text.assemble(("yangbeam receive ", "bold"), f"{minutes:02}:{seconds:02}")
        table = Table(show_header=False, box=None, padding=(0, 1))
        for part in self._parts(now_s):
            count, _, what = part.partition(" ")
            is_trouble = what in {"dropped", "kernel drops"} and count != "0"
            table.add_row(Text(count, justify="right"), what, style="red" if is_trouble else "")
        return Group(head, *(Text(line, style="bold red") for line in self.outage_lines()), table)

    def _parts(self, now_s: float) -> list[str]:
        receivers = self._receivers()
        counters = counted(receivers)
        came = counters.get("messages", 0)
        return [
            f"{came:,} messages ({self._rate(came, now_s):,.0f}/s)",
            *(f"{counters.get(name, 0):,} {words}" for name, words in _SHOWN.items()),
            f"{self._in_memory(receivers):,} records in memory",
            f"{self._on_disk(receivers):,} octets on disk",
        ]

    def _rate(self, came: int, now_s: float) -> float:
        self._seen.append((now_s, came))
        while len(self._seen) > 2 and now_s - self._seen[1][0] >= RATE_OVER_S:  # now and one before
            del self._seen[0]
        then_s, before = self._seen[0]
        return (came - before) / (now_s - then_s) if now_s > then_s else 0.0

    def outage_lines(self) -> list[str]:
        """Returns a line for each outside system that is away, and one for an end that waits."""
        receivers = self._receivers()
        held, octets = self._in_memory(receivers), self._on_disk(receivers)
        lines = [
            f"{in_words(one, held, 'records')} and {octets:,} octets on disk"
            for one in outsides_of(receivers)
            if one.is_away
        ]
        left_s = OUTSIDES.left_s()
        if left_s is not None and any(receiver.is_running for receiver in receivers):
            lines.append(ending_line(left_s, f"{held:,} records in memory and {octets:,} octets on disk"))
        return lines

    def left_lines(self) -> list[str]:
        """Returns what is to be said at the end of records that wait, whatever is known of why; none wait: nothing."""
        receivers = self._receivers()
        held, octets = self._in_memory(receivers), self._on_disk(receivers)
        if not held and not octets:
            return []
        return self.outage_lines() or [f"{held:,} records in memory and {octets:,} octets on disk were not written"]

    @staticmethod
    def _in_memory(receivers: Iterable[Receiver]) -> int:
        return sum(receiver.report.queue_records for receiver in receivers)

    @staticmethod
    def _on_disk(receivers: Iterable[Receiver]) -> int:
        return sum(receiver.report.spool_octets for receiver in receivers)
