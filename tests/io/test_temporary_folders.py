"""Folders that end with their makers, however these end."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from yangbeam.io.temporary_folders import PREFIX, sweep, temporary_folder

MAKER = """
from yangbeam.io.temporary_folders import temporary_folder
with temporary_folder() as folder:
    (folder / "inner").mkdir()
    (folder / "inner" / "file").write_text("x")
    print(folder, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def maker() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", MAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def ended(process: subprocess.Popen[str]) -> None:
    with process:
        process.kill()


def test_a_folder_is_for_its_user_alone_and_is_gone_afterwards(temporary: Path) -> None:
    with temporary_folder() as folder:
        (folder / "file").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(ZeroDivisionError), temporary_folder():
        raise ZeroDivisionError
    assert list(temporary.iterdir()) == []


def test_the_folder_of_a_process_that_was_killed_is_gone_when_the_next_one_is_made(temporary: Path) -> None:
    killed, left = maker()
    ended(killed)
    assert (left / "inner" / "file").exists()
    with temporary_folder() as folder:
        assert list(temporary.iterdir()) == [folder]


def test_a_folder_in_use_stays(temporary: Path) -> None:
    other, theirs = maker()
    with temporary_folder() as ours, temporary_folder():
        sweep()
        assert ours.is_dir()
        assert (theirs / "inner" / "file").exists()
    ended(other)


def test_what_is_no_folder_of_ours_stays(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "file").write_text("x")
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)
    (temporary / f"{PREFIX}file").write_text("x")
    (temporary / "another").mkdir()
    sweep()
    assert (elsewhere / "file").exists()
    assert len(list(temporary.iterdir())) == 3


def test_a_folder_that_a_sweep_took_before_it_was_locked_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made, real = [], tempfile.mkdtemp

    def swept(**options: str) -> str:
        made.append(real(**options))
        if len(made) == 1:
            sweep()
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept)
    with temporary_folder() as folder:
        assert folder.is_dir()
    assert len(made) == 2
