"""Makes docs/performance.md: every figure comes from one run of one command, and names the benchmark that printed it.

Run: ``./dev bench --page`` (some 10 minutes, on a machine with nothing else to do).
"""

import platform
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

BENCHMARKS: Final = Path(__file__).parents[1]
PAGE: Final = BENCHMARKS.parent / "docs" / "performance.md"
MOST_SECONDS: Final = 900
"""Of one benchmark; beyond it the page is not made."""
_FENCE: Final = "```"


class Section(NamedTuple):
    """One section of the page.

    Attributes:
        title: Its heading.
        words: What a reader needs to read the figures.
        benchmark: Name of the file in ``benchmarks/``.
        arguments: What it is run with.
    """

    title: str
    words: str
    benchmark: str
    arguments: tuple[str, ...] = ()


_LISTED: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["section"]
SECTIONS: Final = tuple(
    Section(each["title"], each["words"].strip(), each["benchmark"], tuple(each.get("arguments", ())))
    for each in _LISTED
)


def main() -> None:
    """Runs every section's benchmark and writes the page."""
    head = machine()
    PAGE.write_text(rendered(head, [printed(section) for section in SECTIONS]), encoding="utf-8")


def rendered(head: str, outputs: Sequence[str]) -> str:
    """Returns the page.

    Args:
        head: What the figures were measured with, one line.
        outputs: What each benchmark printed, in the order of the sections.
    """
    parts = [_INTRODUCTION.format(head=head)]
    parts += [_section(section, output) for section, output in zip(SECTIONS, outputs, strict=True)]
    return "\n".join(parts)


def outputs_of(page: str) -> tuple[str, list[str]]:
    """Returns the head and the outputs that a page was rendered from.

    Raises:
        ValueError: The page does not have the sections' shape.
    """
    blocks = page.split(f"{_FENCE}\n")
    heads = [line for line in page.splitlines() if line.startswith(_MEASURED)]
    if len(heads) != 1 or len(blocks) != 2 * len(SECTIONS) + 1:
        raise ValueError(f"{len(heads)} lines of the machine and {len(blocks)} blocks")
    return heads[0], [block.rstrip("\n") for block in _outputs(blocks)]


def _outputs(blocks: list[str]) -> Iterator[str]:
    for block in blocks[1::2]:
        command, _, output = block.partition("\n")
        if not command.startswith("$ "):
            raise ValueError(f"a block without its command: {command}")
        yield output


def machine() -> str:
    """Returns the day, the commit and the machine."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=BENCHMARKS, check=True, capture_output=True, text=True
    ).stdout.strip()
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")]
    libyang = subprocess.run(["pkg-config", "--modversion", "libyang"], check=True, capture_output=True, text=True)
    return (
        f"{_MEASURED} {time.strftime('%Y-%m-%d')} at {commit}: {len(models)} cores of {models[0]}, Python "
        f"{platform.python_version()}, libyang {libyang.stdout.strip()}, Beam {version('apache-beam')}."
    )


def printed(section: Section) -> str:
    """Returns what a benchmark printed.

    Raises:
        subprocess.SubprocessError: It failed, or did not end within ``MOST_SECONDS``.
    """
    print(f"{section.benchmark} {' '.join(section.arguments)}", file=sys.stderr, flush=True)
    command = [sys.executable, f"{section.benchmark}.py", *section.arguments]
    run = subprocess.run(command, cwd=BENCHMARKS, check=False, stdout=subprocess.PIPE, text=True, timeout=MOST_SECONDS)
    if run.returncode > 1:  # 1: it ran, and a goal of its own was not reached
        raise subprocess.CalledProcessError(run.returncode, command, run.stdout)
    return run.stdout.strip("\n")


def _section(section: Section, output: str) -> str:
    command = " ".join((f"$ python benchmarks/{section.benchmark}.py", *section.arguments))
    return f"## {section.title}\n\n{section.words}\n\n{_FENCE}\n{command}\n{output}\n{_FENCE}\n"


_MEASURED: Final = "Measured on"
_INTRODUCTION: Final = """# What it costs

`./dev bench --page` measures everything on this page in one run and writes it. A figure is messages per CPU-second,
all threads of the process counted, unless another unit stands beside it. Machines differ: compare by the bare loop of
the first section. `benchmarks/` measures more: HTTPS-notif, discovery, the live bridge, `collect` on Flink.

{head}
"""


if __name__ == "__main__":
    main()
