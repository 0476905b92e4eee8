"""Each benchmark still fits the code that it measures: it can be imported, and says how it is run."""

import ast
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


def test_every_benchmark_imports_what_there_is() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(NAMES)}"], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr


def test_every_benchmark_says_how_it_is_run() -> None:
    for name in NAMES:
        words = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text())) or ""
        assert f"./dev bench {name}" in words or f"python benchmarks/{name}.py" in words, name
