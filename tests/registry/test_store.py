"""Registered schemas in one SQLite file."""

import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import Body, Metadata, Reference
from yangbeam.registry.store import SchemaStore, StoreError


def put(store: SchemaStore, text: str) -> int:
    """Registers a text under a subject of its own."""
    with store.writing():
        schema_id = store.put(Body(text))
        if not store.versions(text):
            store.add_version(text, schema_id)
    return schema_id


def test_equal_content_has_one_id_and_other_content_another(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "registry.sqlite")
    assert [put(store, "A"), put(store, "B"), put(store, "A")] == [1, 2, 1]


def test_a_file_keeps_its_identity_and_no_two_files_share_one(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "one.sqlite")
    first = store.identity()
    assert store.identity() == SchemaStore(tmp_path / "one.sqlite").identity() == first
    assert len(bytes.fromhex(first)) == 8
    assert SchemaStore(tmp_path / "other.sqlite").identity() != first


def test_content_is_text_and_kind_and_references_and_metadata(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "registry.sqlite")
    different = [
        Body("A"),
        Body("B"),
        Body("A", "YANG"),
        Body("A", references=(Reference("n", "s", 1),)),
        Body("A", references=(Reference("n", "s", 2),)),
        Body("A", metadata=Metadata({"features": ()})),
        Body("A", metadata=Metadata(properties={"revision": "2026-01-01"})),
    ]
    assert [store.put(body) for body in different] == [1, 2, 3, 4, 5, 6, 7]
    assert store.put(Body("A", metadata=Metadata({}, {}))) == 1


def test_ids_outlive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "below" / "registry.sqlite"
    first = SchemaStore(path)
    put(first, "A")
    first.close()
    again = SchemaStore(path)
    assert put(again, "A") == 1
    assert again.body(1) == Body("A")


def test_an_id_is_never_given_to_another_content(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "registry.sqlite")
    assert put(store, "A") == 1
    store.erase("A", 1)
    with pytest.raises(SchemaError, match="schema id 1 is not registered"):
        store.body(1)
    assert put(store, "B") == 2
    assert put(store, "A") == 1
    assert store.body(1).text == "A"


def test_an_id_may_be_chosen_unless_it_is_taken(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "registry.sqlite")
    assert store.put(Body("A"), 100) == 100
    assert store.put(Body("B")) == 101
    with pytest.raises(SchemaError, match="the id 100 is another schema's"):
        store.put(Body("C"), 100)
    with pytest.raises(SchemaError, match="has the id 100, not 7"):
        store.put(Body("A"), 7)


def _fail_midway(store: SchemaStore) -> None:
    with store.writing():
        put(store, "A")
        raise sqlite3.ProgrammingError


def test_what_fails_midway_leaves_nothing(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "registry.sqlite")
    with pytest.raises(sqlite3.ProgrammingError):
        _fail_midway(store)
    assert store.all_versions() == []
    assert put(store, "B") == 1


def test_an_unknown_id_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="schema id 7 is not registered"):
        SchemaStore(tmp_path / "r").body(7)


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    SchemaStore(tmp_path / "r").close()
    with closing(sqlite3.connect(tmp_path / "r")) as file, file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="a later version of yangbeam made"):
        SchemaStore(tmp_path / "r")


def test_a_file_that_is_no_database_is_an_error_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"something else entirely, and long enough to be read as a header" * 20)
    with pytest.raises(StoreError, match="cannot use"):
        SchemaStore(tmp_path / "r")


def _registered(path: Path) -> list[int]:
    store = SchemaStore(path)
    return [put(store, str(number)) for number in range(20)]


def test_processes_that_register_at_once_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        answers = list(pool.map(_registered, [tmp_path / "r"] * 3))
    assert answers[0] == answers[1] == answers[2]
    assert len(set(answers[0])) == 20


def test_when_a_version_was_registered_is_kept_and_unknown_of_files_that_were_made_before(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    put(SchemaStore(path, clock=lambda: 1_795_000_000.25), "A")
    assert SchemaStore(path).versions("A")[0].made_ms == 1_795_000_000_250
    with closing(sqlite3.connect(path)) as before:
        before.execute("ALTER TABLE version DROP COLUMN made_ms")
    store = SchemaStore(path, clock=lambda: 1_795_000_001)
    put(store, "B")
    assert [store.versions(each)[0].made_ms for each in "AB"] == [None, 1_795_000_001_000]


def test_a_content_may_have_a_further_id_that_is_asked_for(tmp_path: Path) -> None:
    store = SchemaStore(tmp_path / "registry.sqlite")
    assert put(store, "A") == 1
    assert [store.put(Body("A"), 7, copies=True), store.put(Body("A"), 7, copies=True), store.put(Body("A"))] == [
        7,
        7,
        1,
    ]
    with pytest.raises(SchemaError, match="schema-id-taken"):
        store.put(Body("B"), 7, copies=True)
