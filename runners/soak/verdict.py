"""Whether a soak holds: each healthy message delivered, no attack delivered, the ledger balanced, nothing grown."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.table import Table

from yangbeam.runners.soak.commands import Command
from yangbeam.runners.soak.watching import Growth, growth

Line = tuple[str, int, int]
"""What was asked, what was wanted, what was counted."""

ENOUGH_S: Final = 1800.0
"""Below half an hour a slope says more about caches than about leaks: it is printed and not judged."""
MOST_GROWTH: Final = 1.0
"""Mebibytes in ten minutes."""
MOST_LATER: Final = 2.0
"""Times that good messages may be as late among attackers as without them, at the 99th percentile."""
MOST_MORE: Final = 2
"""Threads or descriptors that may be open at the end beyond those of the warm part: a request under way."""


@dataclass(slots=True)
class Verdict:
    """How a soak ended.

    Attributes:
        lines: What was wanted beside what was counted; equal when it holds.
        growths: What each command held more at the end than after the warm-up.
        seconds: How long traffic flowed.
        sent: Messages of each attack.
        p99_ms: Lateness of good messages, 99th percentile; 0 where no broker dated them.
        quiet_p99_ms: The same without attackers; 0: not measured.
    """

    seconds: float
    lines: list[Line] = field(default_factory=list)
    growths: dict[str, Growth] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    p99_ms: float = 0.0
    quiet_p99_ms: float = 0.0

    def judge_growth(self, commands: Iterable[Command]) -> None:
        """Adds what commands held; one that ended too early for that does not hold."""
        for command in commands:
            try:
                self.growths[command.name] = growth(command.watched.samples)
            except ValueError:
                self.lines.append((f"{command.name} after the warm-up", 1, 0))

    @property
    def holds(self) -> bool:
        """Whether every line is equal, and nothing grew."""
        return all(wanted == counted for _, wanted, counted in self.lines) and not list(self.grown())

    def grown(self) -> Iterable[str]:
        """Yields what grew beyond its bound."""
        for name, one in self.growths.items():
            if self.seconds >= ENOUGH_S and one.mebibytes_per_10_min > MOST_GROWTH:
                yield f"{name}: memory by {one.mebibytes_per_10_min} MB in 10 minutes"
            if one.threads > MOST_MORE:
                yield f"{name}: {one.threads} threads"
            if one.descriptors > MOST_MORE:
                yield f"{name}: {one.descriptors} descriptors"
        if self.seconds >= ENOUGH_S and 0 < MOST_LATER * self.quiet_p99_ms < self.p99_ms:
            yield f"lateness: {self.p99_ms:.0f} ms at the 99th percentile, {self.quiet_p99_ms:.0f} without attackers"


def show(name: str, verdict: Verdict, console: Console) -> None:
    """Prints a verdict for a person."""
    table = Table("", "wanted", "counted", title=name)
    for what, wanted, counted in verdict.lines:
        table.add_row(what, f"{wanted:,}", f"{counted:,}", style="" if wanted == counted else "red")
    console.print(table)
    held = Table(
        "command", "MB in 10 minutes", "most MB", "more threads", "more descriptors", title="after the warm-up"
    )
    for command, one in verdict.growths.items():
        held.add_row(command, *map(str, one))
    console.print(held)
    attacks = ", ".join(f"{count:,} {attack}" for attack, count in sorted(verdict.sent.items()))
    console.print(f"attacks: {attacks or 'none'}")
    if verdict.p99_ms:
        quiet = f", {verdict.quiet_p99_ms:.0f} ms without attackers" if verdict.quiet_p99_ms else ""
        console.print(f"good messages were {verdict.p99_ms:.0f} ms late at the 99th percentile{quiet}")
    for line in verdict.grown():
        console.print(f"grew: {line}", style="red")
    console.print("It holds." if verdict.holds else "It does NOT hold.", style="bold")
