"""Registered schemas in one SQLite file."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from yangbeam.core.errors import SchemaError
from yangbeam.registry.store import SchemaStore, StoreError


def test_equal_content_has_one_id_and_other_content_another(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "registry.sqlite")
    assert [store.register("a", b"A"), store.register("b", b"B"), store.register("a", b"A")] == [1, 2, 1]


def test_ids_outlive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "below" / "registry.sqlite"
    first = SchemaStore(path)
    first.register("a", b"A")
    first.close()
    again = SchemaStore(path)
    assert again.register("a", b"A") == 1
    assert again.body(1) == b"A"


def test_an_unknown_id_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="schema id 7 is not registered"):
        SchemaStore(tmp_path / "r").body(7)


def test_a_file_that_is_no_database_is_an_error_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"something else entirely, and long enough to be read as a header" * 20)
    with pytest.raises(StoreError, match="cannot use"):
        SchemaStore(tmp_path / "r")


def _registered(path: Path) -> list[int]:
    store = SchemaStore(path)
    return [store.register(str(number), b"") for number in range(20)]


def test_processes_that_register_at_once_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        answers = list(pool.map(_registered, [tmp_path / "r"] * 3))
    assert answers[0] == answers[1] == answers[2]
    assert len(set(answers[0])) == 20
