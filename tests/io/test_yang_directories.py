import codecs
from pathlib import Path

import pytest

from tests.core.yang.schemas import GOLDEN, example_set
from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.node_modules import MAX_MODULE_BYTES
from yangbeam.io.yang_directories import bundled, read_modules, write_set


def test_a_directory_gives_its_yang_files_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "a.yang").write_text("module a {}")
    (tmp_path / "b.txt").write_text("no module")
    (tmp_path / "below").mkdir()
    assert read_modules(tmp_path) == {"a.yang": "module a {}"}
    assert "example-plant@2026-01-01.yang" in read_modules(GOLDEN / "modules")


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no directory"):
        read_modules(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "octets",
    [
        b"module a {}\n",
        b"\xef\xbb\xbfmodule a {}\n",
        "module a {}\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "module a {}\n".encode("utf-16-be"),
        b"module a {}\r\n",
    ],
)
def test_a_module_is_read_in_utf_8_or_16_with_or_without_a_byte_order_mark(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "a.yang").write_bytes(octets)
    assert read_modules(tmp_path) == {"a.yang": "module a {}\n"}


def test_octets_that_are_no_utf_8_cost_their_characters_alone(tmp_path: Path) -> None:
    (tmp_path / "a.YANG").write_bytes(b'module a { contact "Andr\xe9"; }')
    assert read_modules(tmp_path) == {"a.YANG": 'module a { contact "Andr\ufffd"; }'}


def test_a_file_that_cannot_be_read_costs_itself_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.yang").write_text("module a {}")
    (tmp_path / "folder.yang").mkdir()
    (tmp_path / "huge.yang").write_bytes(b" " * (MAX_MODULE_BYTES + 1))
    unread: dict[str, str] = {}
    assert read_modules(tmp_path, unread) == {"a.yang": "module a {}"}
    assert unread == {"folder.yang": "Is a directory", "huge.yang": "it has 4,194,305 octets, more than 4,194,304"}
    with pytest.raises(SchemaError, match="cannot be read"):
        read_modules(tmp_path)


def test_the_bundled_modules_are_those_of_pyang_and_ours() -> None:
    names = set(bundled())
    assert {"ietf-interfaces.yang", "iana-if-type.yang", "ietf-yang-push.yang", "ietf-yp-notification.yang"} <= names


def test_a_set_is_written_once_under_its_digest(tmp_path: Path) -> None:
    schema_set = example_set()
    target = write_set(schema_set, tmp_path / "cache")
    assert target.name == schema_set.digest
    assert {file.name for file in target.iterdir()} == set(schema_set.files())
    before = target.stat().st_mtime_ns
    assert write_set(schema_set, tmp_path / "cache") == target
    assert target.stat().st_mtime_ns == before
    assert [file.name for file in (tmp_path / "cache").iterdir()] == [schema_set.digest]


def test_a_faster_writer_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema_set = example_set()

    def overtaken(_: Path, target: Path) -> None:
        target.mkdir()
        raise OSError(39, "Directory not empty")

    monkeypatch.setattr("yangbeam.io.yang_directories.os.rename", overtaken)
    assert write_set(schema_set, tmp_path).is_dir()


def test_a_cache_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SchemaError, match="cannot write"):
        write_set(example_set(), tmp_path / "file")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("yangbeam.io.yang_directories.os.rename", full)
    with pytest.raises(SchemaError, match="No space"):
        write_set(example_set(), tmp_path / "cache")
