"""Nothing is printed around the consoles and the log: they alone know how foreign text is shown."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("core", "io", "pipeline", "registry", "runners", "simulator", "transforms")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]

AROUND = re.compile(
    r"(?<![\w.])(?<!> )print\(|typer\.echo\(|sys\.(stdout|stderr)(\.buffer)?\.write\(|(?<![\w.])Console\("
)
MAY = {
    "pipeline/cli/console.py": "the consoles of commands",
    "pipeline/logs.py": "the log",
    "pipeline/receive/worker.py": "lines of the log, of a process of its own",
    "io/udp_receiver.py": "the last words of a process of its own",
    "pipeline/cli/reference.py": "docs/cli.md, of our own words",
    "pipeline/causes_reference.py": "the table of causes, of our own words",
    "pipeline/config/reference.py": "docs/configuration.md, of our own words",
    "pipeline/cli/app.py": "the version",
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_who_may_prints_by_himself(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in MAY:
        assert [line for line in path.read_text().splitlines() if AROUND.search(line)] == []


def test_the_list_of_who_may_is_true() -> None:
    assert [name for name in MAY if not AROUND.search((ROOT / name).read_text())] == []
