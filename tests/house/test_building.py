"""What is missing to build is said in one line, before anything is downloaded or compiled."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.test_layout import ROOT


@pytest.fixture(name="setup")
def _setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_of_yangbeam", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compiler(folder: Path, says: str = "", fails_with: str = "") -> list[str]:
    """A compiler that says this."""
    path = folder / "cc"
    path.write_text(f"#!/bin/sh\nprintf '%s\\n' '{says}'\nprintf '%s\\n' '{fails_with}' >&2\n")
    path.chmod(0o755)
    return [str(path)]


def test_this_machine_lacks_nothing(setup: ModuleType) -> None:
    assert setup.missing(["cc"]) == ""


@pytest.mark.parametrize(
    ("header", "package"),
    [
        ("Python.h", "python3-dev"),
        ("pcre2.h", "libpcre2-dev"),
        ("libyang/libyang.h", "libyang-dev"),
        ("x.h", "what has it"),
    ],
)
def test_a_missing_header_is_said_with_the_package_that_has_it(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, header: str, package: str
) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"VERSION_CODENAME": "trixie"})
    compiler = _compiler(tmp_path, fails_with=f"<stdin>:2:10: fatal error: {header}: No such file or directory")
    assert setup.missing(compiler) == f"the header {header} is missing: apt-get install {package}"


@pytest.mark.parametrize(
    ("release", "package"), [("bookworm", "libyang2-dev"), ("noble", "libyang2-dev"), ("trixie", "libyang-dev")]
)
def test_libyangs_headers_have_the_name_of_the_release(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, release: str, package: str
) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"VERSION_CODENAME": release})
    assert setup.libyang_package() == package


def test_without_a_compiler_the_package_of_one_is_said(setup: ModuleType, tmp_path: Path) -> None:
    assert setup.missing([str(tmp_path / "cc")]).endswith("apt-get install build-essential")


@pytest.mark.parametrize(("soversion", "fits"), [("2 24", False), ("2 29", True), ("3 9", True), ("4 0", False)])
def test_a_libyang_that_is_not_read_is_refused(setup: ModuleType, tmp_path: Path, soversion: str, fits: bool) -> None:
    said = setup.missing(_compiler(tmp_path, f"soversion {soversion}"))
    assert said == "" if fits else "yangbeam reads libyang 2.1.30 to 3.x" in said


def test_what_else_a_compiler_says_is_cut_to_a_line(setup: ModuleType, tmp_path: Path) -> None:
    said = setup.missing(_compiler(tmp_path, fails_with="error: out of order\\nand more"))
    assert "out of order" in said
    assert "\n" not in said
