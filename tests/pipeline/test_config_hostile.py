"""Whatever is written, the answer is a configuration or words."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pipeline.configurations import Write, only, problems
from yangbeam.core.errors import Fault
from yangbeam.pipeline.config import file as config_module
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.config.file import Config, load

HOSTILE = {
    "no TOML": ("sources = [", "is not TOML"),
    "a duplicate key": ("[beam]\nshards = 1\nshards = 2\n", "is not TOML"),
    "no UTF-8": (b'out = "\xff"\n', "is not UTF-8"),
    "a NUL": (b'out = "a\x00b"\n', "is not TOML"),
    "deep nesting": ("a = " + "[" * 100_000 + "]" * 100_000, "nested too deeply"),
    "deep tables": ("a" + ".a" * 2_000 + " = 1\n", ""),
    "huge": (b"#" * 2_000_000, "larger than"),
    "not a number": ("[loss]\nwindow_s = nan\n", ""),
    "infinity": ("[status]\nrefresh_s = inf\n", ""),
    "2^70": (f"[beam]\nshards = {2**70}\n", ""),
    "a date": ("[beam]\nshards = 2026-11-20\n", "found a date"),
    "a section that is a string": ('beam = "x"\n', "found a string"),
    "a section that is an array": ("[[beam]]\nshards = 1\n", "found a list"),
    "sources that are a table": ('[sources]\nkind = "udp-notif"\n', "found a table"),
    "no sources": ("sources = []\n", "no source"),
    "a string for a list": ('[[sources]]\nkind="udp-notif"\nallow="10.0.0.0/8"\n', "found the string"),
    "a number for a boolean": ("[files]\nenabled = 1\n", "found the number 1"),
    "a boolean for a number": ("[beam]\nshards = true\n", "found the boolean true"),
    "a path with a NUL": ('out = "a\\u0000b"\n[[schemas.directories]]\npath = "\\u0000"\n', ""),
    "a topic that Kafka refuses": ('[kafka.topics]\nloss = "a b"\n', 'found the string "a b"'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words(written: Write, name: str) -> None:
    text, what = HOSTILE[name]
    found = problems(written(text))
    assert any(what in problem.what for problem in found), found
    assert all(problem.instead and "\n" not in str(problem) and len(str(problem)) < 2_000 for problem in found)


def test_a_syntax_error_is_placed(written: Write) -> None:
    assert only(written("a = 1\nb = \n")).line == 2
    assert only(written(b'a = 1\nb = "\xff"\n')).line == 2


@pytest.mark.parametrize("name", ["nothing.toml", "."])
def test_a_file_that_cannot_be_read_is_the_environments_fault(tmp_path: Path, name: str) -> None:
    found = only(tmp_path / name)
    assert found.fault is Fault.ENVIRONMENT


_NAMES = st.sampled_from([*Config.model_fields, "kind", "host", "port", "files", "path", "exporter", "x"])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=2)
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(_NAMES, _TREES, max_size=4))
def test_whatever_is_written_gives_a_configuration_or_its_problems(tree: dict[str, Any]) -> None:
    settings: dict[tuple[str | int, ...], Any] = {(name,): value for name, value in tree.items()}
    try:
        load(None, settings)
    except InvalidConfigurationError as error:
        found = error.problems
    else:
        return
    assert found
    assert all(problem.what and problem.instead for problem in found)


def test_the_limit_of_a_file_is_above_what_many_sources_need() -> None:
    assert len('[[sources]]\nkind = "udp-notif"\nhost = "192.0.2.255"\nallow = ["192.0.2.0/24"]\n') * 1000 < (
        config_module.MAX_BYTES
    )
