"""`yangbeam ingest`: what `collect` published comes into tables once, whatever was written twice."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from confluent_kafka import Producer

from tests.io.kafka.clusters import bootstrap, copy, fill, new_topic, whole
from tests.io.kafka.test_write_kafka import consumed
from tests.runners.test_collect_run import INVALID_AT, SENT, Site, raw_records
from tests.waiting import PATIENCE_S
from yangbeam.core.dead_letter import from_record
from yangbeam.runners.launch import main

VALID = SENT - 1


class Chain(Site):
    """A site whose runs are `collect`, then `ingest`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        text = self.file.read_text().replace("[kafka]\n", '[ingest]\nend = "latest"\n[kafka]\n')
        self.file.write_text(text)

    def ingest(self) -> tuple[int, dict[str, Any]]:
        code = main(["ingest", "-c", str(self.file), "--view", "off"])
        return code, orjson.loads((self.folder / "out" / "report-ingest.json").read_bytes())

    def count(self) -> int:
        with duckdb.connect(str(self.folder / "out" / "tables.duckdb"), read_only=True) as tables:
            rows = tables.execute('SELECT count(*) FROM "ietf_interfaces__interfaces__interface"').fetchall()
        return int(rows[0][0])


class Collected:
    """What `collect` left once, for as many sites as tests need: the records of its topics, and its folder."""

    def __init__(self, first: Chain) -> None:
        first.collect()
        self._first = first
        self._topics = {name: whole(getattr(first, name)) for name in ("telemetry", "letters", "loss")}

    def at(self, folder: Path) -> Chain:
        """A site of its own where `collect` has run."""
        made = Chain(folder)
        shutil.copytree(self._first.folder / "out", folder / "out")
        for name, records in self._topics.items():
            copy(records, getattr(made, name))
        return made


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    first = Chain(tmp_path_factory.mktemp("collected"))
    fill(first.raw, raw_records())
    return Collected(first)


@pytest.fixture
def chain(collected: Collected, tmp_path: Path) -> Chain:
    return collected.at(tmp_path)


@pytest.fixture(scope="module")
def ingested(collected: Collected, tmp_path_factory: pytest.TempPathFactory) -> tuple[Chain, int, dict[str, Any]]:
    """A site whose `ingest` has run, its exit code and report."""
    made = collected.at(tmp_path_factory.mktemp("ingested"))
    return made, *made.ingest()


def test_every_published_message_is_in_the_tables(ingested: tuple[Chain, int, dict[str, Any]]) -> None:
    chain, code, report = ingested
    assert (code, report["balanced"]) == (0, True), report
    assert report["messages"]["received"] == VALID, report
    assert chain.count() == VALID


def test_how_exporters_count_and_what_is_lost_stand_in_tables_too(
    ingested: tuple[Chain, int, dict[str, Any]],
) -> None:
    chain, _, report = ingested
    with duckdb.connect(str(chain.folder / "out" / "tables.duckdb"), read_only=True) as tables:
        learned = tables.execute("SELECT exporter, counter, state, scope <> '' FROM yangbeam_scopes").fetchall()
        lost = tables.execute(
            "SELECT first, last FROM yangbeam_loss WHERE counter = 'notification' AND state = 'confirmed'"
        ).fetchall()
    assert ("192.0.2.10", "notification", "settled", True) in learned
    assert lost == [(loss["first"], loss["last"]) for loss in report["loss"]["notification"]]


def test_what_was_published_twice_is_in_the_tables_once_and_counted(chain: Chain) -> None:
    again = Producer({"bootstrap.servers": bootstrap(), "log_level": "0"})
    for each in chain.published(VALID)[:10]:
        again.produce(chain.telemetry, each.value(), each.key(), each.partition(), headers=each.headers())
    assert again.flush(PATIENCE_S) == 0
    code, report = chain.ingest()
    assert (code, report["balanced"]) == (0, True), report
    assert chain.count() == VALID


def test_a_second_run_goes_on_where_the_first_one_ended(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    fill(chain.raw, raw_records())
    chain.collect()
    chain.ingest()
    fill(chain.raw, raw_records(SENT, 5))
    chain.collect()
    code, report = chain.ingest()
    assert (code, report["messages"]["received"]) == (0, 5), report
    assert chain.count() == VALID + 5


def test_a_fault_planted_behind_collect_is_refused(chain: Chain) -> None:
    good = chain.published(VALID)[0]
    value = good.value() or b""
    again = Producer({"bootstrap.servers": bootstrap(), "log_level": "0"})
    faults = [
        value.replace(b'"oper-status":"up"', b'"oper-status":"sideways"'),
        value.replace(b'"datastore-contents"', b'"datastore-nonsense"'),
        value[:5] + b'{"something":"else"}',
    ]
    for fault in faults:
        assert fault != value
        again.produce(chain.telemetry, fault, good.key(), good.partition(), headers=[("content-type", b"x")])
    assert again.flush(PATIENCE_S) == 0
    code, report = chain.ingest()
    assert (code, report["balanced"]) == (0, True), report
    assert chain.count() == VALID
    letters = [
        from_record(each.headers() or (), each.value() or b"") for each in consumed(bootstrap(), chain.letters, 6)
    ]
    reasons = sorted(letter["reason"] for letter in letters if letter["transport"] == "kafka")
    assert reasons == ["invalid-contents", "invalid-notification", "not-a-telemetry-message"]


def test_a_loss_behind_collect_is_found_here_alone_and_told_from_dead_letters(
    chain: Chain, capsys: pytest.CaptureFixture[str]
) -> None:
    published = chain.published(VALID)
    thinned = new_topic()
    chain.file.write_text(chain.file.read_text().replace(chain.telemetry, thinned))
    again = Producer({"bootstrap.servers": bootstrap(), "log_level": "0"})
    for at, each in enumerate(published):
        if at not in {20, 21}:
            again.produce(thinned, each.value(), each.key(), each.partition(), headers=each.headers())
    assert again.flush(PATIENCE_S) == 0
    _, report = chain.ingest()
    # One number of the notifications is missing already where collect refused an invalid message.
    found = report["loss"]["notification"]
    missing = sorted(number for each in found for number in range(each["first"], each["last"] + 1))
    assert missing == sorted({INVALID_AT, 21, 22}), report["loss"]
    capsys.readouterr()
    assert main(["reconcile", "-c", str(chain.file), "--json"]) == 0
    found = orjson.loads(capsys.readouterr().out)
    numbers = {
        where: sorted(number for one in missing for number in range(one["number"], one["number"] + one["width"]))
        for where, missing in found.items()
    }
    assert numbers["inside"] == [21, 22]
    assert numbers["dead"] == [INVALID_AT]
    assert numbers["wire"] == []
    assert main(["reconcile", "-c", str(chain.file)]) == 0
    assert "on the wire" in capsys.readouterr().out
