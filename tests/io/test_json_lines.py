"""Batches of records to lines of a file."""

import errno
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that

from yangbeam.core.elements import EndOfInput, TelemetryBatch, TelemetryRecord
from yangbeam.core.errors import Fault
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


def full_after(octets: int) -> type[FileIO]:
    """Returns files on a disk that is full after some octets."""

    class Full(FileIO):
        left = octets

        def write(self, lines: Any) -> int:
            if not Full.left:
                raise OSError(errno.ENOSPC, "full")
            taken = super().write(bytes(lines)[: Full.left])
            Full.left -= taken
            return taken

    return Full


def test_a_batch_that_a_full_disk_takes_in_part_leaves_nothing_and_is_written_whole_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t"
    with monkeypatch.context() as full:
        full.setattr(json_lines, "FileIO", full_after(14))
        json_lines._OPEN.write(str(path), b'{"a":1}\n')
        with pytest.raises(FileError, match="No space left on device"):
            json_lines._OPEN.write(str(path), b'{"a":2}\n')
        assert path.read_bytes() == b'{"a":1}\n'
    close_below(str(tmp_path))
    assert json_lines._OPEN.write(str(path), b'{"a":2}\n') == 1
    close_below(str(tmp_path))
    assert path.read_bytes() == b'{"a":1}\n{"a":2}\n'
    OUTSIDES.clear()


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        (b"", b""),
        (b'{"a":1}\n', b'{"a":1}\n'),
        (b'{"a":1}\n{"a', b'{"a":1}\n'),
        (b'{"a', b""),
        (b'{"a":1}\n{"' + b"x" * (2 << 16), b'{"a":1}\n'),
        (b'{"a":1}\n{"' + b"x" * ((1 << 16) - 2), b'{"a":1}\n'),
        (b"# by hand", b"# by hand\n"),
    ],
)
def test_a_part_of_a_line_that_an_earlier_run_left_is_cut_and_what_is_not_ours_is_ended(
    tmp_path: Path, left: bytes, kept: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "t"
    path.write_bytes(left)
    assert json_lines._OPEN.write(str(path), b'{"a":2}\n') == 1
    close_below(str(tmp_path))
    assert path.read_bytes() == kept + b'{"a":2}\n'
    assert [str(len(left) - len(kept)) in line for line in caplog.messages] == [True] * (len(kept) < len(left))


def test_a_folder_that_is_moved_away_is_made_anew_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "out" / "t"
    json_lines._OPEN.write(str(path), b"{}\n")
    (tmp_path / "out").rename(tmp_path / "away")
    assert json_lines._OPEN.write(str(path), b"{}\n{}\n") == 2
    assert json_lines._OPEN.write(str(path), b"{}\n") == 1
    close_below(str(tmp_path))
    assert (tmp_path / "away" / "t").read_bytes() == b"{}\n"
    assert path.read_bytes() == b"{}\n{}\n{}\n"
    (said,) = caplog.messages
    assert str(path) in said


def test_a_folder_that_is_deleted_and_cannot_be_made_is_the_environments_error(tmp_path: Path) -> None:
    path = tmp_path / "out" / "t"
    json_lines._OPEN.write(str(path), b"{}\n")
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")
    with pytest.raises(FileError, match=f"cannot write {path}") as caught:
        json_lines._OPEN.write(str(path), b"{}\n")
    assert caught.value.fault is Fault.ENVIRONMENT
    close_below(str(tmp_path))
    OUTSIDES.clear()


def test_lines_of_a_file_that_is_deleted_while_it_takes_them_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t"

    class Deleted(FileIO):
        is_to_come = True

        def write(self, lines: Any) -> int:
            if Deleted.is_to_come:
                Deleted.is_to_come = False
                path.unlink()
            return super().write(lines)

    monkeypatch.setattr(json_lines, "FileIO", Deleted)
    assert json_lines._OPEN.write(str(path), b"{}\n") == 1
    close_below(str(tmp_path))
    assert path.read_bytes() == b"{}\n"
