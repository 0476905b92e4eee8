"""What is kept of nodes' modules: equal contents once, whole or not at all, and never what is damaged."""

import multiprocessing
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S
from yangbeam.core.yang.node_modules import NodeModules
from yangbeam.core.yang.yang_library import LibraryModule, make_library
from yangbeam.io.module_store import ModuleStore, ModuleStoreError, Pointer


def node(name: str = "192.0.2.1", content_id: str = "7", count: int = 3) -> NodeModules:
    modules = [LibraryModule(f"m{number}", "2026-01-01", f"urn:{number}", features=("f",)) for number in range(count)]
    texts = {(module.name, module.revision): f"module {module.name} {{ }} // é" for module in modules}
    library = make_library(content_id, modules, source="rfc8525", tells_augments=True)
    return NodeModules(name, library, texts, {("gone", ""): "it said no"})


def test_what_is_put_is_got(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path / "deep" / "store")
    set_id = store.put(node())
    assert store.get(set_id, "192.0.2.1", "7") == node()
    assert store.get("0" * 64, "", "") is None


def test_equal_content_has_one_id_whoever_sent_it_and_whatever_id_it_gave(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path)
    assert store.put(node()) == store.put(node("192.0.2.2", content_id="8"))
    assert store.put(node(count=2)) != store.put(node())
    assert len(list(tmp_path.glob("texts/*/*.yang"))) == 3
    assert len(list(tmp_path.glob("sets/*.json"))) == 2


def test_a_damaged_text_is_left_out_and_written_anew(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path)
    set_id = store.put(node())
    damaged = next(tmp_path.glob("texts/*/*.yang"))
    damaged.write_text("module evil { }")
    found = store.get(set_id, "", "")
    assert found is not None
    assert len(found.texts) == 2
    assert store.put(node()) == set_id
    assert store.get(set_id, "192.0.2.1", "7") == node()


def test_a_damaged_set_is_not_there(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path)
    set_id = store.put(node())
    path = tmp_path / "sets" / f"{set_id}.json"
    path.write_bytes(path.read_bytes().replace(b"m1", b"m9"))
    assert store.get(set_id, "", "") is None
    assert store.put(node()) == set_id
    assert store.get(set_id, "", "") is not None


def test_a_content_id_points_to_a_set_for_each_exporter(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path)
    pointers = [Pointer("7", "", "aa", "n1"), Pointer("7", "192.0.2.1", "bb", "n2", own_id="8")]
    for pointer in pointers:
        store.point(pointer)
    assert [store.pointed("7", exporter) for exporter in ("", "192.0.2.1")] == pointers
    assert store.pointed("7", "192.0.2.2") is None
    store.point(Pointer("7", "", "cc", "n3"))
    later = store.pointed("7", "")
    assert later is not None
    assert later.set_id == "cc"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"content_id":"7"}', b"\xff"])
def test_a_damaged_pointer_points_nowhere(tmp_path: Path, damage: bytes) -> None:
    store = ModuleStore(tmp_path)
    store.point(Pointer("7", "", "aa", "n1"))
    next(tmp_path.glob("pointers/*")).write_bytes(damage)
    assert store.pointed("7", "") is None


def test_a_pointer_of_a_later_version_points_nowhere(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path)
    store.point(Pointer("7", "", "aa", "n1", format=2))
    assert store.pointed("7", "") is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModuleStoreError, match="choose another folder"):
        ModuleStore(tmp_path / "file").put(node())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ModuleStoreError, match="No space left"):
        ModuleStore(tmp_path).put(node())
    assert not list(tmp_path.rglob(".writing-*"))


def _write_many(path: Path) -> None:
    store = ModuleStore(path)
    for number in range(20):
        set_id = store.put(node(count=1 + number % 5))
        store.point(Pointer("7", "", set_id, "n"))


def test_many_processes_write_the_same_without_harm(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(tmp_path,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE_S)
    assert [writer.exitcode for writer in writers] == [0] * 4
    pointer = ModuleStore(tmp_path).pointed("7", "")
    assert pointer is not None
    assert ModuleStore(tmp_path).get(pointer.set_id, "192.0.2.1", "7") is not None
    assert not list(tmp_path.rglob(".writing-*"))
