"""The house rules that no linter holds."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("core", "io", "pipeline", "registry", "runners", "simulator", "transforms")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
MAX_LINES = 400


def test_every_folder_with_modules_is_mapped_into_the_package() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        mapped = set(tomllib.load(file)["tool"]["setuptools"]["packages"])
    assert mapped == {"yangbeam." + ".".join(path.parent.relative_to(ROOT).parts) for path in SOURCES}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_more_than_one_thing(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_no_committed_file_names_a_place_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    texts = [ROOT / name for name in listed if not name.endswith((".pcap", ".bin", ".cbor"))]
    found = [
        path
        for path in texts
        if path.is_file() and re.search(rb"/(home|Users)/[a-z]+/|https?://[^ )]*/(simple|maven2?)/", path.read_bytes())
    ]
    assert found == []


def test_the_script_explains_itself() -> None:
    text = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    for command in ("setup", "demo", "test", "lint", "bench"):
        assert f"./dev {command}" in text
