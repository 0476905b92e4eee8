"""Cases from the field, from capture to report and tables: what each comes to."""

from pathlib import Path
from typing import Any

import duckdb
import orjson

from tests.shared_data import shared
from yangbeam.runners.launch import main


def run(case: str, out: Path, *options: str) -> dict[str, Any]:
    folder = shared(f"cases/{case}")
    modules = ["--yang", str(folder / "yang")] if (folder / "yang").is_dir() else []
    arguments = ["run", "--capture", str(folder / "c.pcap"), *modules, "--out", str(out), "--view", "off"]
    assert main([*arguments, *options]) == 0
    report: dict[str, Any] = orjson.loads((out / "report.json").read_bytes())
    assert report["balanced"] is True
    return report


def query(out: Path, text: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(out / "tables.duckdb"), read_only=True) as database:
        return database.execute(text).fetchall()


def test_a_leap_second_costs_no_row(tmp_path: Path) -> None:
    report = run("leap-second", tmp_path)
    assert report["messages"]["delivered"] == 3
    assert report["tables"] == {"acme_t__t__i": 3}
    leap = "epoch_us(TIMESTAMP '2017-01-01') - 1"
    columns = f"i__k, epoch_us(last) = {leap}, epoch_us(ts) = {leap}, _inexact"
    assert query(tmp_path, f"SELECT {columns} FROM acme_t__t__i ORDER BY 1") == [
        ("a", True, False, ["last=2016-12-31T23:59:60Z"]),
        ("b", None, False, None),
        ("c", None, True, ["ts=2016-12-31T23:59:60Z"]),
    ]


def test_an_entry_has_one_key_whatever_the_spelling_of_its_keys(tmp_path: Path) -> None:
    run("key-not-canonical", tmp_path)
    records = [orjson.loads(line) for line in (tmp_path / "telemetry.jsonl").read_bytes().splitlines()]
    updates = [record["key"].splitlines()[2:] for record in records]
    assert [xpath for (xpath,) in filter(None, updates)] == [
        "/acme-k:top/b[f='x y']",
        "/acme-k:top/b[f='x y']",
        "/acme-k:top/d[n='0.0']",
        "/acme-k:top/d[n='0.0']",
    ]
    assert query(tmp_path, "SELECT DISTINCT b__f FROM acme_k__top__b") == [("x y",)]
    assert len(query(tmp_path, "SELECT DISTINCT d__n FROM acme_k__top__d")) == 1


def losses(out: Path) -> list[tuple[Any, ...]]:
    return query(out, "SELECT counter, first, last, state, cause FROM yangbeam_loss ORDER BY counter, first")


def test_a_message_that_arrived_and_could_not_be_read_is_no_loss(tmp_path: Path) -> None:
    report = run("unreadable-is-not-lost", tmp_path)
    assert (report["messages"]["received"], report["messages"]["dead_lettered"]) == (40, 1)
    assert (report["loss"], report["missing"]) == ({"transport": [], "notification": []}, [])
    assert {(state, cause) for _, _, _, state, cause in losses(tmp_path)} <= {("withdrawn", "arrived-unreadable")}


def test_the_header_of_an_incomplete_message_proves_the_message_before_it(tmp_path: Path) -> None:
    report = run("incomplete-proves-number", tmp_path)
    assert losses(tmp_path) == [
        ("transport", 30, 30, "confirmed", ""),
        ("transport", 31, 31, "confirmed", "incomplete"),
    ]
    assert [one["messages"] for one in report["missing"]] == [2]
