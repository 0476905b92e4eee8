"""`./dev bench --page` writes what benchmarks printed and nothing else: the page can be taken apart again."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PARTS = Path(__file__).resolve().parents[2] / "benchmarks" / "parts"


@pytest.fixture
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("page", PARTS / "page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_page_holds_the_day_the_machine_and_what_each_benchmark_printed(page: ModuleType) -> None:
    head = "Measured on 2026-11-27 at abc: 2 cores."
    outputs = [f"figure {number}\n| a | table |" for number in range(len(page.SECTIONS))]
    made = page.rendered(head, outputs)
    assert page.outputs_of(made) == (head, outputs)
    assert made.count("\n## ") == len(page.SECTIONS)


def test_a_figure_written_by_hand_is_noticed(page: ModuleType) -> None:
    made = page.rendered("Measured on a day.", ["1"] * len(page.SECTIONS))
    mended = made.replace("## By stage", "Twice as fast as before.\n\n## By stage")
    assert mended != made
    assert page.rendered(*page.outputs_of(mended)) != mended


def test_each_section_names_a_benchmark_that_is_there_and_says_how_to_read_it(page: ModuleType) -> None:
    for section in page.SECTIONS:
        assert (page.BENCHMARKS / f"{section.benchmark}.py").is_file(), section
        assert section.words.strip(), section


def test_the_committed_page_holds_nothing_else(page: ModuleType) -> None:
    committed = (PARTS.parents[1] / "docs" / "performance.md").read_text()
    assert page.rendered(*page.outputs_of(committed)) == committed, "run ./dev bench --page"
