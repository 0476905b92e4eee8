"""Message keys from the raw topic to the tables: whole or split, the same rows, the same losses, balanced."""

from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from tests.io.kafka.clusters import bootstrap, fill, new_topic, with_topics
from tests.io.kafka.test_write_kafka import consumed
from tests.runners.traffic import batches_of, mixed
from yangbeam.core.elements import Heartbeat, Refused
from yangbeam.core.elements import Message as Received
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message, of_refused
from yangbeam.runners.launch import main


def raw_records() -> list[tuple[int, RawRecord]]:
    """Everything of a lossy network, each exporter in a partition of its own."""
    records: list[tuple[int, RawRecord]] = []
    for batch in batches_of(mixed(40), cut=50):
        for found in sorted((*batch.messages, *batch.controls), key=_arrival):
            if isinstance(found, Received):
                records.append((_partition(found.exporter), of_message(found)))
            elif isinstance(found, Refused):
                records.append((_partition(found.exporter), of_refused(found)))
    at = 1_795_000_900_000_000
    return [*records, *((number, of_heartbeat(Heartbeat(0, "c", at, {}), 4)) for number in range(4))]


def _arrival(found: Any) -> int:
    return int(getattr(found, "arrival_us", 0))


def _partition(exporter: str) -> int:
    return int(exporter.rpartition(".")[2]) % 4


class Outcome:
    """What `collect` and `ingest` made of the same raw records under some keys."""

    def __init__(self, folder: Path, keys: str, *, apart: bool = False) -> None:
        self._folder, self._keys = folder, keys
        self.reports: list[Any] = []
        self.telemetry = new_topic()
        self.tables = folder / "out" / "tables.duckdb"
        for number in (3, 2, 1, 0) if apart else (None,):
            raw = new_topic()
            fill(raw, [record for record in raw_records() if number in {None, record[0]}])
            self._run("collect", raw)
        self._run("ingest", raw)

    def _run(self, command: str, raw: str) -> None:
        folder = self._folder
        file = folder / "yangbeam.toml"
        file.write_text(f"""
out = "{folder}/out"
[collect]
end = "latest"
[ingest]
end = "latest"
[kafka]
bootstrap = "{with_topics()}"
properties = {{ "group.id" = "{raw}" }}
keys = {self._keys}
topics = {{ raw = "{raw}", telemetry = "{self.telemetry}" }}
""")
        assert main([command, "-c", str(file), "--view", "off"]) == 0
        self.reports.append(orjson.loads((folder / "out" / f"report-{command}.json").read_bytes()))

    def rows(self) -> list[Any]:
        with duckdb.connect(str(self.tables), read_only=True) as tables:
            found = tables.execute('SELECT * FROM "ietf_interfaces__interfaces__interface"')
            names = [column[0] for column in found.description or ()]
            return sorted((tuple(zip(names, row, strict=True)) for row in found.fetchall()), key=str)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return Outcome(tmp_path_factory.mktemp("whole"), "{}")


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return Outcome(tmp_path_factory.mktemp("split"), "{ split = true }")


def test_rows_are_the_same_whole_or_split(whole: Outcome, split: Outcome) -> None:
    assert whole.rows() == split.rows()
    assert len(whole.rows()) > 100


@pytest.mark.parametrize("keys", ["{}", pytest.param("{ split = true }", marks=pytest.mark.nightly)])
def test_losses_are_the_same_when_one_exporter_was_collected_after_another(
    whole: Outcome, tmp_path: Path, keys: str
) -> None:
    apart = Outcome(tmp_path, keys, apart=True)
    of_apart, of_whole = (
        sorted(outcome.reports[-1]["loss"]["notification"], key=orjson.dumps) for outcome in (apart, whole)
    )
    assert of_apart == of_whole


def test_losses_are_the_same_whole_or_split(whole: Outcome, split: Outcome) -> None:
    of_whole, of_split = (
        sorted(outcome.reports[1]["loss"]["notification"], key=orjson.dumps) for outcome in (whole, split)
    )
    assert of_whole == of_split
    assert of_whole


def test_both_balance_and_messages_count_once(whole: Outcome, split: Outcome) -> None:
    assert all(report["balanced"] for outcome in (whole, split) for report in outcome.reports)
    assert whole.reports[0]["messages"] == split.reports[0]["messages"]
    assert split.reports[1]["messages"]["received"] > whole.reports[1]["messages"]["received"]


def test_keys_say_what_records_carry(whole: Outcome, split: Outcome) -> None:
    count = whole.reports[0]["messages"]["delivered"]
    of_whole = {message.key() or b"" for message in consumed(bootstrap(), whole.telemetry, count)}
    assert any(b" | /ietf-interfaces:interfaces/interface[name='" in key for key in of_whole)
    count = split.reports[1]["messages"]["received"]
    of_split = {message.key() or b"" for message in consumed(bootstrap(), split.telemetry, count)}
    assert not any(b" | " in key for key in of_split)
    assert any(key.endswith(b"/interface[name='Loopback0']") for key in of_split)
    assert any(key.count(b"\n") == 1 for key in of_split)


def test_each_subject_has_its_topic_and_all_of_them_are_read_together(whole: Outcome, tmp_path: Path) -> None:
    raw = new_topic()
    fill(raw, raw_records())
    file = tmp_path / "yangbeam.toml"
    file.write_text(f"""
out = "{tmp_path}/out"
[collect]
end = "latest"
[ingest]
end = "latest"
[kafka]
bootstrap = "{with_topics(f"{raw}-all", f"{raw}-about")}"
properties = {{ "group.id" = "{raw}" }}
keys = {{ topics = "subject", topic_prefix = "{raw}" }}
topics = {{ raw = "{raw}", telemetry = "{raw}-all", subscriptions = "{raw}-about" }}
""")
    assert main(["collect", "-c", str(file), "--view", "off"]) == 0
    collected = orjson.loads((tmp_path / "out" / "report-collect.json").read_bytes())
    delivered = collected["messages"]["delivered"]
    about = consumed(bootstrap(), f"{raw}-about", 1)
    assert all((message.key() or b"").count(b"\n") == 1 for message in about)
    subject = f"{raw}-if-interfaces-interface"
    of_subject = consumed(bootstrap(), subject, delivered // 2)
    assert all(b"\n/ietf-interfaces:interfaces/interface[name='" in (message.key() or b"") for message in of_subject)
    assert main(["ingest", "-c", str(file), "--view", "off"]) == 0
    ingested = orjson.loads((tmp_path / "out" / "report-ingest.json").read_bytes())
    assert ingested["balanced"]
    assert ingested["messages"]["received"] == delivered
    assert ingested["loss"] == whole.reports[1]["loss"]
