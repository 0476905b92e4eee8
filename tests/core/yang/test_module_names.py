"""A module's name and revision become the name of a file: what would be a path, or too long, is no module."""

from pathlib import Path

import pytest

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.io.yang_directories import write_set

BODY = "{{ namespace urn:a; prefix a; revision {}; }}"


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a/b", "a\x00b", "..", "a" * 201, "1a", "\xe4"])
def test_a_name_that_is_no_identifier_is_refused(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "inner"
    with pytest.raises(SchemaError, match="is no module name") as caught:
        write_set(make_schema_set({name: f'module "{name}" {BODY.format("2026-01-01")}'}), folder)
    assert caught.value.reason == "not-yang"
    assert list(tmp_path.rglob("*.yang")) == []


@pytest.mark.parametrize("revision", ["../../../evil", "2026/01/01", "a\x00", "1" * 33])
def test_a_revision_that_is_none_is_refused(revision: str) -> None:
    with pytest.raises(SchemaError, match="is no revision") as caught:
        read_module_text(f"module a {BODY.format(repr(revision))}")
    assert caught.value.reason == "not-yang"


@pytest.mark.parametrize("name", ["a", "_x", "ietf-interfaces", "Cisco-IOS-XR-um-if.v1", "a" * 200])
def test_a_longest_name_has_a_file(name: str, tmp_path: Path) -> None:
    written = write_set(make_schema_set({name: f"module {name} {BODY.format('2026-01-01')}"}), tmp_path)
    assert [file.name for file in written.iterdir()] == [f"{name}@2026-01-01.yang"]
