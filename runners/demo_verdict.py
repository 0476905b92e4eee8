"""Whether the demo holds: what was injected beside what was found, and each healthy message in file and table."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import orjson
from rich.console import Console
from rich.table import Table

from yangbeam.core.date_and_time import parse_time
from yangbeam.core.elements import LossEvent
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.view.report import Report
from yangbeam.pipeline.view.status import Snapshot
from yangbeam.simulator.truth import TruthRecord, expected_numbers, read_truth

_DATA = ("push-update", "push-change-update")

_Message = tuple[str, int, int, int | None]
"""exporter, port, publisher id, message id … of one message on the wire."""


@dataclass(slots=True)
class Verdict:
    """How a demo ended.

    Attributes:
        pairs: What was injected and found: (what, injected, found); equal when the demo holds.
        balanced: The ledger balances.
        tables: Rows by table.
        sample: Column names and a few rows of the largest table.
        query: A query an operator would ask, with its columns and answer.
        places: Where the files are.
    """

    pairs: list[tuple[str, int, int]]
    balanced: bool
    tables: dict[str, int]
    sample: tuple[list[str], list[tuple[Any, ...]]] = field(default_factory=lambda: ([], []))
    query: tuple[str, list[str], list[tuple[Any, ...]]] = field(default_factory=lambda: ("", [], []))
    places: dict[str, Path] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether everything balances and every pair is equal."""
        return self.balanced and all(injected == found for _, injected, found in self.pairs)


def compare(report: Report, config: Config, truths: Iterable[Path], snapshot: Snapshot) -> Verdict:
    """Returns the verdict over a finished run."""
    told = _numbers_told(Path(config.dead_letters.path))
    records = [_as_received(record, told) for truth in truths for record in read_truth(truth)]
    verdict = Verdict(
        pairs=_faults(records, report, snapshot) + healthy(records, config),
        balanced=report["balanced"],
        tables=report["tables"],
        places={"results": config.out, "tables": Path(config.tables.path), "report": config.status.report},
    )
    with duckdb.connect(str(config.tables.path), read_only=True) as tables:
        if verdict.tables:
            verdict.sample = _answer(tables, _SAMPLE)
            columns, rows = _answer(tables, _QUERY)
            verdict.query = (_QUERY, columns, rows)
    return verdict


def _numbers_told(letters: Path) -> set[tuple[str, int]]:
    """Returns exporter and message id of the refused datagrams that still told them."""
    refused = [orjson.loads(line) for line in letters.read_bytes().splitlines()] if letters.exists() else []
    return {
        (letter["exporter"], letter["message_id"])
        for letter in refused
        if letter["stage"] == "receive" and letter["reason"] != "incomplete" and letter["message_id"] is not None
    }


def _as_received(record: TruthRecord, told: set[tuple[str, int]]) -> TruthRecord:
    """A damaged header whose message id could be read hides no number: only its payload is gone."""
    if "corrupt-header" not in record.done or (record.exporter, record.message_id) not in told:
        return record
    done = tuple("corrupt-payload" if what == "corrupt-header" else what for what in record.done)
    return msgspec.structs.replace(record, done=done)


_SAMPLE = """\
SELECT strftime(ts, '%H:%M:%S.%g') AS ts, node, interface__name, oper_status, statistics__in_octets
FROM ietf_interfaces__interfaces__interface WHERE statistics__in_octets IS NOT NULL ORDER BY ts DESC LIMIT 3"""

_QUERY = """\
SELECT node, interface__name, count(*) AS samples,
       max(statistics__in_octets) - min(statistics__in_octets) AS octets
FROM ietf_interfaces__interfaces__interface
WHERE statistics__in_octets IS NOT NULL
GROUP BY ALL ORDER BY octets DESC LIMIT 5"""


def _answer(tables: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    cursor = tables.execute(query)
    return [column[0] for column in cursor.description], cursor.fetchall()


def _faults(records: list[TruthRecord], report: Report, snapshot: Snapshot) -> list[tuple[str, int, int]]:
    done = Counter(what for record in records for what in record.done)
    letters = report["dead_letters"]
    invalid = sum(1 for record in records if record.received and any(w.startswith("invalid") for w in record.done))
    corrupt = done["corrupt-header"] + done["corrupt-payload"]
    spoilt = sum(count for reason, count in letters.items() if reason not in {"incomplete", "invalid-contents"})
    return [
        *losses(records, [event for event in snapshot.loss if event.lost()]),
        ("messages with a segment missing", done["incomplete"], letters.get("incomplete", 0)),
        ("corrupted", corrupt, spoilt),
        ("sent twice", done["duplicate"], report["messages"]["duplicates"]),
        ("contents that break the schema", invalid, letters.get("invalid-contents", 0)),
    ]


def losses(records: list[TruthRecord], events: list[LossEvent]) -> list[tuple[str, int, int]]:
    """Compares losses number by number; only those that numbers can show count as injected.

    A message that arrived and could not be read is no loss. Of a hole that it shares with lost ones nobody knows which
    number was its own.
    """
    truth = expected_numbers(records)
    found = Counter(
        (event.exporter, event.counter, (event.first + offset) % 2**32)
        for event in events
        if event.counter in {"transport", "notification"}  # the others follow from the messages that were lost
        for offset in range(event.count)
    )
    pairs = []
    for counter, name in (("transport", "message id"), ("notification", "sequence number")):
        wanted = Counter({key: count for key, count in truth.known.items() if key[1] == counter})
        instead = Counter({key: count for key, count in (found & truth.arrived).items() if key[1] == counter})
        both = min(wanted.total(), (wanted & found).total() + instead.total())
        pairs.append((f"lost messages, by {name}", wanted.total(), both))
    return [*pairs, ("losses reported beyond those", 0, (found - truth.missing).total())]


def healthy(records: list[TruthRecord], config: Config) -> list[tuple[str, int, int]]:
    """Compares healthy messages with those in the file, and healthy updates with the rows of the tables."""
    unharmed = [record for record in records if not record.injured]
    wanted = Counter(_wire(record) for record in unharmed)
    arrived = Counter(delivered(config.files.directory / "telemetry.jsonl"))
    data = {(record.node, record.subscription_id, record.at_us) for record in unharmed if record.kind in _DATA}
    return [
        ("healthy messages, validated and delivered", wanted.total(), (wanted & arrived).total()),
        ("delivered beyond those", 0, (arrived - wanted).total()),
        ("healthy updates in their tables", len(data), len(data & in_tables(Path(config.tables.path)))),
    ]


def _wire(record: TruthRecord) -> tuple[Any, ...]:
    return record.exporter, record.port, record.subscription_id, record.kind, record.at_us


def delivered(path: Path) -> Iterable[tuple[Any, ...]]:
    """Yields exporter, port, subscription, kind and event time (µs) of each message in a file of telemetry."""
    for line in path.read_bytes().splitlines():
        message = orjson.loads(line)["value"]["ietf-telemetry-message:message"]
        metadata = message["telemetry-message-metadata"]
        subscription = metadata.get("ietf-yang-push-telemetry-message:yang-push-subscription", {})
        when = parse_time(metadata["node-export-timestamp"]) if "node-export-timestamp" in metadata else None
        kind = next(_kinds(message["payload"]), "")
        yield metadata["export-address"], metadata["export-port"], subscription.get("id"), kind, when


def _kinds(tree: Any) -> Iterator[str]:
    """Yields the local names of the notifications in a payload."""
    for name, below in tree.items() if isinstance(tree, dict) else ():
        local = name.rpartition(":")[2]
        if local.startswith(("push-", "subscription-", "replay-")):
            yield local
        elif local in {"envelope", "notification", "contents", "notification-contents"}:
            yield from _kinds(below)


def in_tables(path: Path) -> set[tuple[str, int, int]]:
    """Returns node, subscription and event time (µs) of every row."""
    with duckdb.connect(str(path), read_only=True) as tables:
        names = [name for (name,) in tables.execute("SELECT DISTINCT table_name FROM yang_catalog").fetchall()]
        found: set[tuple[str, int, int]] = set()
        for name in names:
            query = f'SELECT DISTINCT node, subscription, epoch_us(ts) FROM "{name}"'  # noqa: S608 # our own catalog
            found.update(tables.execute(query).fetchall())
        return found


def show(verdict: Verdict, console: Console) -> None:
    """Prints a verdict for a person."""
    pairs = Table("what", "injected", "found", "", title="Injected and found")
    for what, injected, found in verdict.pairs:
        pairs.add_row(what, str(injected), str(found), "✓" if injected == found else "✗")
    console.print(pairs)
    columns, rows = verdict.sample
    shown = Table(*columns, title="A few rows of ietf_interfaces__interfaces__interface")
    for row in rows:
        shown.add_row(*(str(value) for value in row))
    console.print(shown)
    text, columns, rows = verdict.query
    for line in text.splitlines():
        console.print(line)
    answer = Table(*columns)
    for row in rows:
        answer.add_row(*(str(value) for value in row))
    console.print(answer)
    for what, path in verdict.places.items():
        console.print(f"{what}: {path}")
    console.print("The demo holds." if verdict.holds else "The demo does NOT hold.", style="bold")
