"""Records on disk: in order, within what the disk takes, across crashes and damage."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yangbeam.core.outside import Kind
from yangbeam.core.spool import Spooled
from yangbeam.io.spool_files import SpoolError, SpoolLog
from yangbeam.transforms.outsides import OUTSIDES


def record(number: int, size: int = 10) -> Spooled:
    return Spooled(number % 3, b"k", number.to_bytes(4) + bytes(size), [("h", b"v")], number)


def numbers(log: SpoolLog, max_bytes: int = 1 << 30) -> list[int]:
    return [each.timestamp_ms for each in log.read(max_bytes)]


def test_what_is_appended_is_read_in_order_and_committed_space_returns(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path, segment_bytes=500)
    for number in range(100):
        log.append(record(number))
        log.flush()
    assert len(list(tmp_path.glob("*.spool"))) > 5
    assert log.octets == sum(each.stat().st_size for each in tmp_path.glob("*.spool"))
    assert numbers(log) == list(range(100))
    log.commit()
    assert log.is_empty
    assert log.octets == 0
    assert list(tmp_path.glob("*.spool")) == []


def test_a_read_is_bounded_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path)
    for number in range(10):
        log.append(record(number, 1000))
    assert numbers(log, 1) == [0]
    assert numbers(log, 2500) == [1, 2, 3]
    assert not log.is_read
    assert numbers(log) == [4, 5, 6, 7, 8, 9]
    assert log.is_read


def test_what_was_not_committed_is_read_again(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path)
    for number in range(5):
        log.append(record(number))
    assert numbers(log, 1) == [0]
    log.commit()
    assert numbers(log, 1) == [1]
    log.rewind()
    assert numbers(log) == [1, 2, 3, 4]


def test_a_crash_costs_nothing_that_was_flushed(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path, segment_bytes=300)
    for number in range(50):
        log.append(record(number))
    log.flush()
    taken = numbers(log, 200)
    log.commit()
    after = SpoolLog(tmp_path)  # the first one is left as a crash leaves it: not closed
    after.append(record(99))
    assert numbers(after) == [*range(len(taken), 50), 99]


def test_half_an_entry_at_the_end_costs_itself_alone(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path)
    log.append(record(0))
    log.flush()
    log.append(record(1))
    log.flush()
    (segment,) = tmp_path.glob("*.spool")
    os.truncate(segment, segment.stat().st_size - 3)
    after = SpoolLog(tmp_path)
    after.append(record(2))
    assert numbers(after) == [0, 2]
    assert after.damaged == 1


def test_damage_in_the_middle_costs_no_segment_behind_it(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path, segment_bytes=1)
    for number in range(3):
        log.append(record(number))
        log.flush()
    first, second, _ = sorted(tmp_path.glob("*.spool"))
    first.write_bytes(b"nonsense" * 10)
    second.write_bytes(second.read_bytes()[:-1] + b"?")
    after = SpoolLog(tmp_path)
    assert numbers(after) == [2]
    assert after.damaged >= 2
    after.commit()
    assert after.is_empty


def test_a_disk_that_is_full_loses_what_it_did_not_take_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OUTSIDES.clear()
    log = SpoolLog(tmp_path)
    log.append(record(0))
    log.flush()
    before = log.octets
    real = os.write

    def half(descriptor: int, octets: bytes) -> int:
        monkeypatch.setattr(os, "write", full)
        return real(descriptor, octets[: len(octets) // 2])

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    log.append(record(1))
    log.append(record(2))
    assert not log.sync()
    assert (log.lost, log.octets) == (2, before)
    (known,) = OUTSIDES.all()
    assert (known.kind, known.is_away, known.why) == (Kind.DISK, True, "No space left on device")
    monkeypatch.setattr(os, "write", real)
    log.append(record(3))
    assert log.sync()
    assert [one.state for one in OUTSIDES.all()] == ["reached"]
    assert numbers(log) == [0, 3]
    assert log.damaged == 0


def test_an_empty_spool_that_was_used_before_is_used_again_after_a_restart(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path)
    for number in range(3):
        log.append(record(number, 5000))
    assert len(numbers(log)) == 3
    log.commit()
    log.close()
    again = SpoolLog(tmp_path)
    again.append(record(7))
    again.close()
    assert numbers(SpoolLog(tmp_path)) == [7]


def test_a_record_larger_than_what_is_read_at_once_comes_whole(tmp_path: Path) -> None:
    log = SpoolLog(tmp_path)
    log.append(record(1, 3 << 20))
    log.append(record(2))
    (large, small) = log.read(1 << 30)
    assert len(large.value) == (3 << 20) + 4
    assert small.timestamp_ms == 2


def test_a_folder_that_cannot_be_used_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="file"):
        SpoolLog(tmp_path / "file")


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["append", "large", "flush", "read", "commit", "rewind", "restart"]), max_size=40),
    st.integers(1, 400),
)
def test_any_sequence_of_uses_gives_every_record_in_order_at_least_once(uses: list[str], segment_bytes: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = SpoolLog(folder, segment_bytes)
        appended = taken = committed = 0
        for use in uses:
            if use in {"append", "large"}:
                log.append(record(appended, 10 if use == "append" else 300))
                appended += 1
            elif use == "flush":
                log.flush()
            elif use == "read":
                got = numbers(log, 150)
                assert got == list(range(taken, taken + len(got)))
                assert got or taken == appended
                taken += len(got)
            elif use == "commit":
                log.commit()
                committed = taken
            elif use == "rewind":
                log.rewind()
                taken = committed
            else:
                log.flush()
                log = SpoolLog(folder, segment_bytes)
                taken = committed
        assert numbers(log) == list(range(taken, appended))
        log.commit()
        assert log.is_empty
        assert log.octets == 0


def test_what_cannot_be_read_now_is_neither_damaged_nor_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = SpoolLog(tmp_path)
    for number in range(10):
        log.append(record(number))
    log.close()
    again = SpoolLog(tmp_path)
    with monkeypatch.context() as patch:

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        patch.setattr(Path, "open", refuse)
        assert numbers(again) == []
        assert not again.is_read
        again.commit()
    assert numbers(again) == list(range(10))
    again.commit()
    assert (again.is_read, again.is_empty, again.damaged) == (True, True, 0)
