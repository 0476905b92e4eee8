"""No test decides by time: it waits for a condition, and how long that may take is said once, in tests/waiting.py."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FILES = sorted(path for path in TESTS.rglob("*.py") if path.name not in {"waiting.py", "conftest.py"})
SLICE_S = 1.0
"""A look may take less than that; what takes longer is a limit."""


def timed(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yields line and name of each call that sleeps, or has a deadline or a limit of seconds of its own."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "time.sleep":
            yield call.lineno, "time.sleep"
        for each in call.keywords:
            value = each.value.value if isinstance(each.value, ast.Constant) else None
            if each.arg == "deadline" or (
                each.arg in {"timeout", "deadline_s"} and isinstance(value, int | float) and value >= SLICE_S
            ):
                yield call.lineno, f"{each.arg}={ast.unparse(each.value)}"


def unexplained(text: str) -> list[tuple[int, str]]:
    """Returns those without a comment on their line that says why."""
    lines = text.splitlines()
    return [found for found in timed(ast.parse(text)) if "#" not in lines[found[0] - 1]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_sleeps_or_has_a_deadline_of_its_own(path: Path) -> None:
    assert unexplained(path.read_text()) == [], "wait by tests.waiting.until, limit by PATIENCE_S, or say why"


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("time.sleep(1)", 1),
        ("time.sleep(1)  # the rate of what comes", 0),
        ("settings(deadline=None)", 1),
        ("consume(10, timeout=0.2)", 0),
        ("get(url, timeout=10)", 1),
        ("get(url, timeout=PATIENCE_S)", 0),
    ],
)
def test_what_counts_as_timed(line: str, count: int) -> None:
    assert len(unexplained(line)) == count
