"""How the report of a run reads on a terminal."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from yangbeam.core.shown_text import shown
from yangbeam.core.totals import Line
from yangbeam.pipeline.view.report import CauseEntry, DiscontinuityEntry, MissingEntry, Pruned, Report

MAX_LOSSES = 20
"""Exporters with losses listed; every gap is in report.json."""


_WHOSE: Final = {
    "configuration": "yours",
    "device": "the router's",
    "environment": "the environment's",
    "collector": "a defect of yangbeam",
}


def summary(report: Report, lines: list[Line], places: Mapping[str, Any]) -> RenderableType:
    """Returns the tables that a run ends with.

    Args:
        report: What it came to.
        lines: The ledger's line of each sink.
        places: Where things were written, by what they are.
    """
    parts: list[RenderableType] = [_counts("Messages", report["messages"])]
    # What is counted by number (core.packets) is told in a sentence at the end.
    trouble = {name: count for name, count in report["datagrams"].items() if count and ":" not in name}
    parts.append(_counts("Datagrams", trouble or {"received": 0}))
    parts += _causes(report["causes"])
    parts += _pruned(report["pruned"])
    if report["tables"]:
        parts.append(_counts("Rows", report["tables"]))
    parts.append(_losses(report["missing"]))
    if report["discontinuities"]:
        parts.append(_discontinuities(report["discontinuities"]))
    parts += _records(report["records"])
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


def _causes(causes: list[CauseEntry]) -> list[Text]:
    """A line of each group of dead letters: what was found, how often, whose it is, and what to do."""
    if not causes:
        return []
    total = sum(entry["messages"] for entry in causes)
    lines = [Text.assemble(("Dead letters: ", "italic"), f"{total:,}")]
    for entry in causes:
        cure = f" · {_WHOSE.get(entry['fault'], entry['fault'])}: {entry['cure']}" if entry["cure"] else ""
        said = f"{entry['what']} · {entry['messages']:,}{cure} [{entry['cause']}]"
        lines.append(Text(f"  {shown(said)}", style="yellow"))
    return lines


def _pruned(found: Pruned) -> list[Text]:
    """A line of each group of nodes that were set aside, and one of each habit that was spelt anew."""
    lines: list[Text] = []
    if found["messages"]:
        said = f"{found['messages']:,} · nodes set aside: {found['nodes']:,} · originals kept: {found['originals']:,}"
        lines.append(Text.assemble(("Pruned messages: ", "italic"), said))
    for entry in found["set_aside"]:
        cure = f" · {_WHOSE.get(entry['fault'], entry['fault'])}: {entry['cure']}" if entry["cure"] else ""
        where = f"{entry['path']}: " if entry["path"] else ""
        lines.append(Text(f"  {shown(where + entry['what'])} · {entry['nodes']:,}{shown(cure)} [{entry['cause']}]"))
    if found["habits"]:
        named = ", ".join(f"{name} {_by_vendor(counts)}" for name, counts in found["habits_by_vendor"].items())
        lines.append(Text.assemble(("Spelt as RFC 7951 has it: ", "italic"), shown(named)))
    return lines


def _by_vendor(counts: Mapping[str, int]) -> str:
    """Returns the sum, and of whom, where that is known."""
    known = [f"{vendor} {count:,}" for vendor, count in counts.items() if vendor != "unknown"]
    return f"{sum(counts.values()):,}" + (f" ({', '.join(known)})" if known else "")


def _records(found: Mapping[str, Mapping[str, int]]) -> list[Text]:
    """A line of each sink that could not write all records as they were."""
    words = {
        "replaced": "were too large for their topic, and went out as dead letters or cut",
        "unwritten": "WERE NOT WRITTEN: no topic takes them",
    }
    return [
        Text(f"{sink}: {count:,} records {words[name]}; raise the topic's max.message.bytes", style="yellow")
        for name, sinks in found.items()
        for sink, count in sinks.items()
    ]


def _losses(missing: list[MissingEntry]) -> RenderableType:
    if not missing:
        return Text("Loss: none", style="green")
    total = sum(entry["messages"] for entry in missing)
    table = Table(title=f"Loss on the wire: {total:,} messages missing", title_justify="left")
    for column in ("exporter", "messages", "by message id", "by sequence number"):
        table.add_column(column, overflow="fold")
    for entry in missing[:MAX_LOSSES]:
        numbers = (entry["messages"], entry["transport"], entry["notification"])
        table.add_row(entry["exporter"], *(f"{number:,}" for number in numbers))
    if len(missing) > MAX_LOSSES:
        table.caption = f"and {len(missing) - MAX_LOSSES:,} more in the report"
    return table


def _discontinuities(found: list[DiscontinuityEntry]) -> RenderableType:
    table = Table(title=f"Discontinuities: {len(found):,} jumps that nothing shows to be losses", title_justify="left")
    for column in ("counter", "exporter", "counted by", "last seen", "next seen"):
        table.add_column(column, overflow="fold")
    for one in found[:MAX_LOSSES]:
        table.add_row(one["counter"], one["exporter"], one["scope"], str(one["last_seen"]), str(one["next_seen"]))
    if len(found) > MAX_LOSSES:
        table.caption = f"and {len(found) - MAX_LOSSES:,} more in the report"
    return table


def _line(line: Line) -> Text:
    if not line.missing:
        if line.in_flight:
            return Text(shown(f"Not all is accounted for yet. {line}"), style="yellow")
        return Text(shown(f"Balanced. {line}"), style="green")
    return Text(shown(f"DOES NOT BALANCE by {line.missing:,}. {line}"), style="bold red")
