"""The locks are complete, so they are installed without resolving: by any pip, whatever was published since."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.version import Version

from tests.house.locks import (
    PYTHONS,
    Lock,
    environment,
    lines_of,
    lock_of,
    of_build,
    of_project,
    open_ends,
    superfluous,
)
from tests.house.test_layout import ROOT

LOCKS = {"dev.txt": [*of_project("dev"), *of_build()], "run.txt": of_project(), "build.txt": of_build()}
"""Each with what it must install."""


def _lock(name: str, python: str) -> Lock:
    return lock_of(ROOT / "requirements" / name, environment(python))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_of_every_locked_package_is_met_by_a_locked_version(name: str, python: str) -> None:
    assert open_ends(LOCKS[name], _lock(name, python), environment(python)) == []


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_locked_that_nobody_requires(name: str, python: str) -> None:
    assert superfluous(LOCKS[name], _lock(name, python), environment(python)) == set()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", ["run.txt", "build.txt"])
def test_what_runs_and_what_builds_is_what_was_tested(name: str, python: str) -> None:
    assert _lock(name, python).items() <= _lock("dev.txt", python).items()


def test_the_metadata_that_is_asked_is_of_what_is_locked() -> None:
    lock = lock_of(ROOT / "requirements" / "dev.txt", default_environment())  # type: ignore[arg-type]
    assert {name: Version(version(name)) for name in lock} == lock


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_every_locked_package_has_its_hashes(path: Path) -> None:
    entries = re.findall(r"^[^ #\n].*?(?=^[^ #\n]|\Z)", path.read_text(), re.MULTILINE | re.DOTALL)
    assert len(entries) == len(list(lines_of(path)))
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_an_extra_that_asks_for_more_than_is_locked_is_noticed() -> None:
    """As pytest-cov's coverage[toml]>=7.10.6 would be, with a coverage before that."""
    lock = dict(_lock("dev.txt", "3.11"))
    lock["coverage"] = Version("7.10.5")
    found = open_ends(of_project("dev"), lock, environment("3.11"))
    assert [line for line in found if line.startswith("pytest-cov requires coverage[toml]>=")] != []


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("a", ["b requires c>=2; locked is 1"]),
        ("a[more]", ['a requires d; extra == "more"; locked is none', "b requires c>=2; locked is 1"]),
        ("e", ["e is locked and not installed: what it requires is not known"]),
        ("b[even]", ["b requires c>=2; locked is 1", 'b requires c>=3; extra == "even"; locked is 1']),
        ("f", []),
    ],
)
def test_requirements_are_followed_through_extras_and_markers(root: str, said: list[str]) -> None:
    metadata = {
        "a": ["b", 'd; extra == "more"'],
        "b": ["c>=2", 'c>=3; extra == "even"'],
        "c": [],
        "f": ['d; python_version < "3.11"', 'd; sys_platform == "win32"'],
    }
    lock = {name: Version("1") for name in ("a", "b", "c", "e", "f")}
    assert open_ends([Requirement(root)], lock, environment("3.11"), metadata.get) == said


def test_what_only_another_python_needs_is_followed_too() -> None:
    metadata = {"a": ['b; python_version >= "3.13"']}
    lock = {"a": Version("1")}
    assert open_ends([Requirement("a")], lock, environment("3.11"), metadata.get) == []
    assert open_ends([Requirement("a")], lock, environment("3.13"), metadata.get) != []
