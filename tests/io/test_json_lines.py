"""Batches of records to lines of a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that

from yangbeam.core.elements import EndOfInput, TelemetryBatch, TelemetryRecord
from yangbeam.core.outside import Kind
from yangbeam.io import json_lines
from yangbeam.io.json_lines import FileError, WriteJsonLines, close_below
from yangbeam.transforms.outsides import OUTSIDES

RECORD = TelemetryRecord(1, b"k", b'{"a":1}', "192.0.2.1", 0, 6666, 1, 1)


def values(batch: Any) -> Iterator[bytes]:
    for record in batch.records:
        yield record.value


def test_each_record_is_a_line_and_counted_as_delivered_after_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "out" / "telemetry.jsonl"

    def counted(deltas: list[Any]) -> None:
        assert [delta.tallies[0].counts for delta in deltas] == [{"delivered:files": 2}]
        assert deltas[0].end

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        batch = TelemetryBatch(records=[RECORD, RECORD], controls=[EndOfInput(2, 1)])
        ledger = pipeline | beam.Create([batch]) | WriteJsonLines(path, values, "files")
        assert_that(ledger.ledger, counted)
    close_below(str(tmp_path))
    assert path.read_bytes() == b'{"a":1}\n{"a":1}\n'


def test_a_later_run_appends(tmp_path: Path) -> None:
    for _ in range(2):
        with beam.Pipeline(runner="FnApiRunner") as pipeline:
            _ = pipeline | beam.Create([TelemetryBatch(records=[RECORD])]) | WriteJsonLines(tmp_path / "t", values)
        close_below(str(tmp_path))
    assert len((tmp_path / "t").read_bytes().splitlines()) == 2


def test_a_place_that_cannot_be_written_fails_the_run_and_says_where(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(Exception, match="cannot write"), beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = pipeline | beam.Create([TelemetryBatch(records=[RECORD])]) | WriteJsonLines(blocked / "t", values)
    assert issubclass(FileError, Exception)


def test_a_disk_that_takes_nothing_and_takes_it_again_is_noticed(tmp_path: Path) -> None:
    OUTSIDES.clear()
    path = tmp_path / "folder" / "t"
    (tmp_path / "folder").write_text("")
    with pytest.raises(FileError):
        json_lines._OPEN.write(str(path), b"{}\n")
    (known,) = OUTSIDES.all()
    assert (known.kind, known.address, known.is_away) == (Kind.DISK, str(path), True)
    (tmp_path / "folder").unlink()
    json_lines._OPEN.write(str(path), b"{}\n")
    (known,) = OUTSIDES.all()
    assert (known.state, known.outages) == ("reached", 1)
    close_below(str(tmp_path))
    OUTSIDES.clear()
