"""No command, worker or benchmark begins with what a library says to nobody."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
FOLDERS = ("core", "io", "pipeline", "registry", "runners", "simulator", "transforms")
LOADS_BEAM = re.compile(r"^\s*(import|from) apache_beam", re.MULTILINE)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_console_script_writes_nothing_to_standard_error_when_it_is_asked_for_help(name: str) -> None:
    script = Path(sys.executable).parent / name
    ran = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_package_that_loads_beam_hushes_it_first(folder: str) -> None:
    loads = any(LOADS_BEAM.search(path.read_text()) for path in (ROOT / folder).rglob("*.py"))
    assert ("hush()" in (ROOT / folder / "__init__.py").read_text()) is loads


def test_loading_beam_by_one_of_our_packages_says_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import yangbeam.transforms.coders"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
