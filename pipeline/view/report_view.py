"""How the report of a run reads on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from yangbeam.core.shown_text import shown
from yangbeam.core.totals import Line
from yangbeam.pipeline.view.report import LossEntry, Report

MAX_LOSSES = 20
"""Counters with losses listed; every gap is in report.json."""


def summary(report: Report, lines: list[Line], places: Mapping[str, Any]) -> RenderableType:
    """Returns the tables that a run ends with.

    Args:
        report: What it came to.
        lines: The ledger's line of each sink.
        places: Where things were written, by what they are.
    """
    parts: list[RenderableType] = [_counts("Messages", report["messages"])]
    trouble = {name: count for name, count in report["datagrams"].items() if count}
    parts.append(_counts("Datagrams", trouble or {"received": 0}))
    for title, counts in (("Dead letters", report["dead_letters"]), ("Rows", report["tables"])):
        if counts:
            parts.append(_counts(title, counts))
    parts.append(_losses(report["loss"]))
    parts += [_line(line) for line in lines]
    parts += [Text.assemble((f"{what}: ", "dim"), shown(str(place))) for what, place in places.items()]
    return Group(*parts)


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, min_width=44)
    table.add_column()
    table.add_column(justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def _losses(loss: Mapping[str, list[LossEntry]]) -> RenderableType:
    found = [(counter, entry) for counter, entries in loss.items() for entry in entries]
    if not found:
        return Text("Loss: none", style="green")
    groups: dict[tuple[str, str, str], list[LossEntry]] = {}
    for counter, entry in found:
        groups.setdefault((counter, entry["exporter"], entry["scope"]), []).append(entry)
    table = Table(title=f"Loss: {sum(entry['count'] for _, entry in found):,} numbers missing", title_justify="left")
    for column in ("counter", "exporter", "counted by", "gaps", "numbers"):
        table.add_column(column, overflow="fold")
    for group, entries in list(groups.items())[:MAX_LOSSES]:
        table.add_row(*group, str(len(entries)), f"{sum(entry['count'] for entry in entries):,}")
    if len(groups) > MAX_LOSSES:
        table.caption = f"and {len(groups) - MAX_LOSSES:,} more in the report"
    return table


def _line(line: Line) -> Text:
    if not line.missing:
        if line.in_flight:
            return Text(shown(f"Not all is accounted for yet. {line}"), style="yellow")
        return Text(shown(f"Balanced. {line}"), style="green")
    return Text(shown(f"DOES NOT BALANCE by {line.missing:,}. {line}"), style="bold red")
