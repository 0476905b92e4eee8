"""What is seen of a run while it lasts: a live picture on a terminal, plain lines elsewhere, a bar for captures."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from yangbeam.core.ledger import DECODED, DUPLICATES, LOST, PENDING, PRUNED, RECEIVED, VALIDATED
from yangbeam.core.loss.loss_json import NUMBERED
from yangbeam.pipeline.config.sinks import Status as StatusConfig
from yangbeam.pipeline.view.outages import outage_lines
from yangbeam.pipeline.view.report import dead_letters, delivered
from yangbeam.pipeline.view.status import Snapshot

TOP: Final = 8
"""Subscriptions, losses and reasons listed; the view fits a screen of 40 lines."""
RATE_OVER_S: Final = 2.0
"""Rates are means over about so many seconds: shorter ones only flicker."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages and datagrams per second."""

    messages: float = 0.0
    datagrams: float = 0.0


class RateMeter:
    """Means over the last RATE_OVER_S seconds; the clock is a parameter."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, int, int]] = []

    def rates(self, snapshot: Snapshot, now_s: float) -> Rates:
        """Returns the rates up to ``now_s``, a monotone clock in seconds."""
        self._seen.append((now_s, snapshot.received(), snapshot.datagrams().get("datagrams", 0)))
        while len(self._seen) > 2 and now_s - self._seen[1][0] >= RATE_OVER_S:
            del self._seen[0]
        before, messages, datagrams = self._seen[0]
        elapsed = now_s - before
        if elapsed <= 0:
            return Rates()
        _, messages_now, datagrams_now = self._seen[-1]
        return Rates((messages_now - messages) / elapsed, (datagrams_now - datagrams) / elapsed)


def picture(snapshot: Snapshot, rates: Rates, elapsed_s: float) -> RenderableType:
    """Returns the live view of one moment."""
    parts: list[RenderableType] = [_head(snapshot, rates, elapsed_s)]
    parts += [Text(line, style="bold red") for line in outage_lines(snapshot)]
    if snapshot.size:
        parts.append(ProgressBar(total=snapshot.size, completed=min(snapshot.position, snapshot.size)))
    grid = Table.grid(padding=(0, 3))
    grid.add_row(_flow(snapshot), _subscriptions(snapshot), _trouble(snapshot))
    return Group(*parts, grid)


def plain_line(snapshot: Snapshot, rates: Rates, elapsed_s: float) -> str:
    """Returns the same in one line, for logs."""
    counts = snapshot.counts
    parts = [
        f"{elapsed_s:.0f} s",
        f"{snapshot.received():,} messages ({rates.messages:,.0f}/s)",
        f"{len(snapshot.subscriptions):,} subscriptions",
        *(f"{count:,} delivered to {sink}" for sink, count in delivered(counts).items()),
        f"{sum(dead_letters(counts).values()):,} dead letters",
        *([f"{counts[PRUNED]:,} pruned"] if counts.get(PRUNED) else []),
        f"{_lost(snapshot):,} lost",
        f"{snapshot.datagrams().get('kernel_drops', 0):,} kernel drops",
    ]
    if snapshot.size:
        parts.insert(1, f"{min(snapshot.position / snapshot.size, 1):.0%} read")
    return ", ".join([*parts, *outage_lines(snapshot)])


def _lost(snapshot: Snapshot) -> int:
    return sum(event.count for event in snapshot.loss if event.state == "confirmed" and event.counter in NUMBERED)


def _head(snapshot: Snapshot, rates: Rates, elapsed_s: float) -> Text:
    minutes, seconds = divmod(int(elapsed_s), 60)
    return Text.assemble(
        ("yangbeam ", "bold"),
        f"{minutes:02}:{seconds:02}   ",
        (f"{rates.messages:,.0f} messages/s   ", "bold cyan"),
        f"{rates.datagrams:,.0f} datagrams/s   {len(snapshot.subscriptions):,} subscriptions",
    )


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 1))
    table.add_column()
    table.add_column(justify="right")
    return table


def _flow(snapshot: Snapshot) -> Table:
    table = _table("Messages")
    table.add_row(RECEIVED, f"{snapshot.received():,}")
    for name in (DECODED, VALIDATED, DUPLICATES, PENDING):
        table.add_row(name, f"{snapshot.counts.get(name, 0):,}")
    for sink, count in delivered(snapshot.counts).items():
        table.add_row(f"delivered to {sink}", f"{count:,}")
    return table


def _subscriptions(snapshot: Snapshot) -> Table:
    table = _table("Subscriptions, busiest first")
    busiest = sorted(snapshot.subscriptions.items(), key=lambda item: (-item[1], str(item[0])))
    for (exporter, publisher, number), count in busiest[:TOP]:
        table.add_row(f"{exporter} #{number} (publisher {publisher})", f"{count:,}")
    if len(busiest) > TOP:
        table.add_row(f"and {len(busiest) - TOP:,} more", "")
    return table


def _trouble(snapshot: Snapshot) -> Table:
    table = _table("Trouble")
    drops = snapshot.datagrams()
    rows = {
        "kernel drops": drops.get("kernel_drops", 0) + drops.get("ring_drops", 0),
        f"{LOST}, confirmed": _lost(snapshot),
        "open gaps": sum(event.count for event in snapshot.loss if event.state == "open" and event.counter in NUMBERED),
        **({"pruned": snapshot.counts[PRUNED]} if snapshot.counts.get(PRUNED) else {}),
        "discontinuities": sum(event.broken() for event in snapshot.loss),
        "silences": sum(event.counter == "freshness" and event.state != "withdrawn" for event in snapshot.loss),
        **{f"dead: {reason}": count for reason, count in list(dead_letters(snapshot.counts).items())[:TOP]},
    }
    for name, count in rows.items():
        table.add_row(name, f"{count:,}", style="red" if count else "green")
    return table


class View(Protocol):
    """What is shown: as a picture, or as a line of a log."""

    def picture(self, now_s: float, elapsed_s: float) -> RenderableType:
        """Returns the picture of the present moment."""
        ...

    def line(self, now_s: float, elapsed_s: float) -> str:
        """Returns the same in one line."""
        ...


class RunView:
    """A run.

    Args:
        snapshot: Gives what it has come to.
    """

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot
        self._meter = RateMeter()

    def picture(self, now_s: float, elapsed_s: float) -> RenderableType:
        """See ``View``."""
        snapshot = self._snapshot()
        return picture(snapshot, self._meter.rates(snapshot, now_s), elapsed_s)

    def line(self, now_s: float, elapsed_s: float) -> str:
        """See ``View``."""
        snapshot = self._snapshot()
        return plain_line(snapshot, self._meter.rates(snapshot, now_s), elapsed_s)


class LiveView:
    """Shows a view on a console until it leaves its context.

    Args:
        view: What is shown; asked from a thread of its own.
        config: How, and how often.
        console: Where; standard error, so that results can be piped.
        clock: Monotone seconds.
    """

    def __init__(
        self,
        view: View,
        config: StatusConfig,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._clock = clock
        self._console = console
        self._start_s = clock()
        self._done = threading.Event()
        how = config.view if config.view != "auto" else "live" if console.is_terminal else "plain"
        self._live = Live(console=console, auto_refresh=False, transient=True) if how == "live" else None
        self._every_s = config.refresh_s if how == "live" else config.plain_every_s
        self._thread = None if how == "off" else threading.Thread(target=self._loop, name="view", daemon=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        if self._live is not None:
            self._live.stop()

    def show(self) -> None:
        """Shows the present moment once."""
        now_s = self._clock()
        elapsed_s = now_s - self._start_s
        if self._live is not None:
            self._live.update(self._view.picture(now_s, elapsed_s), refresh=True)
        else:
            self._console.print(self._view.line(now_s, elapsed_s), soft_wrap=True)

    def _loop(self) -> None:
        while not self._done.wait(self._every_s):
            self.show()
