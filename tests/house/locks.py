"""Reads the locks, and looks whether they are closed: whatever is required by what is in them is in them."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.test_layout import ROOT

Lock = Mapping[str, Version]
"""Canonical name → the locked version."""
Environment = Mapping[str, str]
Requires = Callable[[str], list[str] | None]
"""What a package requires, as its metadata has it; None for one that is not installed here."""

PYTHONS = ("3.11", "3.13")


def environment(python: str) -> dict[str, str]:
    """The markers' variables of this machine under another Python."""
    return {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}  # type: ignore[dict-item]


def lines_of(path: Path) -> Iterator[Requirement]:
    """Yields the requirements of a lock, without their hashes."""
    for line in path.read_text().splitlines():
        if line and line[0] not in " #":
            yield Requirement(line.removesuffix("\\").strip())


def lock_of(path: Path, where: Environment) -> Lock:
    """What a lock installs under an environment."""
    found = {}
    for line in lines_of(path):
        if holds(line, where):
            (pin,) = line.specifier
            assert pin.operator == "==", line
            assert canonicalize_name(line.name) not in found, line
            found[canonicalize_name(line.name)] = Version(pin.version)
    return found


def holds(requirement: Requirement, where: Environment, extra: str = "") -> bool:
    """Whether a requirement counts there, for a package that was asked for with that extra."""
    return requirement.marker is None or requirement.marker.evaluate({**where, "extra": extra})


def installed(name: str) -> list[str] | None:
    """What an installed package requires."""
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return None


def of_project(*extras: str) -> list[Requirement]:
    """What the project itself requires, with some of its extras."""
    project = _pyproject()["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    return [Requirement(text) for text in texts]


def of_build() -> list[Requirement]:
    """What it requires to be built."""
    return [Requirement(text) for text in _pyproject()["build-system"]["requires"]]


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def open_ends(roots: Iterable[Requirement], lock: Lock, where: Environment, ask: Requires = installed) -> list[str]:
    """Says what a lock lacks: a requirement that no locked version meets, or metadata that nobody here has."""
    found, done = [], set()
    waiting = [("yangbeam", root) for root in roots if holds(root, where)]
    while waiting:
        asked_by, wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        version = lock.get(name)
        if version is None or not wanted.specifier.contains(version, prereleases=True):
            found.append(f"{asked_by} requires {wanted}; locked is {version or 'none'}")
            continue
        for extra in {"", *wanted.extras} - {extra for known, extra in done if known == name}:
            done.add((name, extra))
            texts = ask(name)
            if texts is None:
                found.append(f"{name} is locked and not installed: what it requires is not known")
            below = [Requirement(text) for text in texts or ()]
            waiting += [(name, each) for each in below if holds(each, where, extra)]
    return sorted(set(found))


def superfluous(roots: Iterable[Requirement], lock: Lock, where: Environment) -> set[str]:
    """What is locked and required by nothing."""
    needed: set[str] = set()
    waiting = [root for root in roots if holds(root, where)]
    seen = set()
    while waiting:
        wanted = waiting.pop()
        if str(wanted) not in seen:
            seen.add(str(wanted))
            needed.add(canonicalize_name(wanted.name))
            below = [Requirement(text) for text in installed(wanted.name) or ()]
            waiting += [each for each in below if any(holds(each, where, extra) for extra in ("", *wanted.extras))]
    return set(lock) - needed
