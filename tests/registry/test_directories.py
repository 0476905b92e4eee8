"""Which directory serves an exporter, and which of its modules make a schema."""

from pathlib import Path

import pytest

from tests.core.yang.schemas import GOLDEN
from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.missing import MOST
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.directories import NOTIFICATION_MODULES, Directory, Library

EXPORTER = "192.0.2.10"


def module(name: str, revision: str, body: str = "leaf size { type uint8; }") -> str:
    return f"""module {name} {{
  yang-version 1.1;
  namespace "urn:example:{name}";
  prefix x;
  revision {revision};
  {body}
}}
"""


def write(folder: Path, *texts: tuple[str, str]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts:
        (folder / f"{name}.yang").write_text(text)
    return str(folder)


def things(folder: Path, *revisions: str) -> str:
    """A folder with revisions of one module."""
    return write(folder, *((f"things@{revision}", module("things", revision)) for revision in revisions))


def revisions(found: SchemaSet) -> dict[str, str]:
    return {each.name: each.revision for each in found.modules}


@pytest.mark.parametrize(
    ("prefix", "exporter", "narrowness"),
    [
        (None, EXPORTER, 1),
        ("0.0.0.0/0", EXPORTER, 1),
        ("192.0.2.0/24", EXPORTER, 25),
        ("192.0.2.10/32", EXPORTER, 33),
        ("198.51.100.0/24", EXPORTER, 0),
        ("::/0", EXPORTER, 0),
        ("2001:db8::/32", "2001:db8::1", 33),
    ],
)
def test_the_narrower_a_prefix_the_better_it_serves(prefix: str | None, exporter: str, narrowness: int) -> None:
    assert Directory(exporter=prefix).serves(exporter) == narrowness


def test_a_schema_has_the_wanted_module_and_all_notifications(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2026-01-01")),), use_bundled=False)
    found = revisions(library.schema_set(EXPORTER, None, frozenset({"things"})))
    assert found["things"] == "2026-01-01"
    assert found.keys() >= set(NOTIFICATION_MODULES)


def test_without_modules_the_schema_is_that_of_the_notifications() -> None:
    found = revisions(Library((), use_bundled=True).schema_set(EXPORTER, None, frozenset()))
    assert found.keys() >= set(NOTIFICATION_MODULES)
    assert "ietf-interfaces" in found  # RFC 8639 imports it


def test_the_newest_revision_is_taken_unless_another_is_asked_for(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2024-01-01", "2026-01-01")),), use_bundled=False)
    newest = library.schema_set(EXPORTER, None, frozenset({"things"}))
    older = library.schema_set(EXPORTER, None, frozenset({"things@2024-01-01"}))
    assert (revisions(newest)["things"], revisions(older)["things"]) == ("2026-01-01", "2024-01-01")
    assert newest.digest != older.digest


def test_a_module_is_found_by_its_namespace_as_xml_names_it(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2026-01-01")),), use_bundled=False)
    asked = library.schema_set(EXPORTER, None, frozenset({"urn:example:things"}))
    assert asked.digest == library.schema_set(EXPORTER, None, frozenset({"things"})).digest


@pytest.mark.parametrize(("original", "twin"), [("a", "b"), ("b", "a")])
def test_of_two_modules_of_one_namespace_the_one_is_meant_that_the_other_adds_to(
    tmp_path: Path, original: str, twin: str
) -> None:
    text = module(original, "2026-01-01").replace(f"urn:example:{original}", "urn:one")
    adds = f'module {twin} {{ namespace "urn:one"; prefix t; import {original} {{ prefix o; }} container c; }}'
    folder = write(tmp_path, (original, text), (twin, adds))
    library = Library((Directory(folder),), use_bundled=False)
    asked = library.schema_set(EXPORTER, None, frozenset({"urn:one"}))
    assert asked.digest == library.schema_set(EXPORTER, None, frozenset({original})).digest


def test_a_revision_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    folder = things(tmp_path, "2024-01-01", "2026-01-01")
    library = Library((Directory(folder),), use_bundled=False)
    with pytest.raises(SchemaError, match="2024-01-01, 2026-01-01, the publisher uses 2025-01-01") as caught:
        library.schema_set(EXPORTER, None, frozenset({"things@2025-01-01"}))
    assert (caught.value.reason, folder in caught.value.detail) == ("module-missing", True)


def test_a_module_that_nobody_has_is_named_with_the_best_serving_directory(tmp_path: Path) -> None:
    narrow = Directory(things(tmp_path / "narrow", "2026-01-01"), exporter="192.0.2.10/32")
    library = Library((Directory(things(tmp_path / "any", "2026-01-01")), narrow), use_bundled=True)
    with pytest.raises(SchemaError, match=r"module nothing is not in .*/narrow:"):
        library.schema_set(EXPORTER, None, frozenset({"nothing"}))


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2026-01-01")),), use_bundled=True)
    with pytest.raises(SchemaError) as told:
        library.schema_set(EXPORTER, None, frozenset({"things", "a", "b@2026-01-01", "c"}))
    assert told.value.absent == {"a", "b", "c"}


def test_an_exporter_that_no_directory_serves_is_told_so(tmp_path: Path) -> None:
    other = Directory(things(tmp_path, "2026-01-01"), exporter="198.51.100.0/24")
    with pytest.raises(SchemaError, match=r"no directory of YANG modules serves 192\.0\.2\.10"):
        Library((other,), use_bundled=False).schema_set(EXPORTER, None, frozenset({"things"}))


def test_the_narrowest_prefix_goes_before_the_wider_and_these_before_the_bundled(tmp_path: Path) -> None:
    library = Library(
        (
            Directory(things(tmp_path / "any", "2024-01-01")),
            Directory(things(tmp_path / "net", "2025-01-01"), exporter="192.0.2.0/24"),
            Directory(things(tmp_path / "host", "2026-01-01"), exporter="192.0.2.10/32"),
        ),
        use_bundled=True,
    )
    wanted = frozenset({"things"})
    found = {
        exporter: revisions(library.schema_set(exporter, None, wanted))["things"]
        for exporter in (EXPORTER, "192.0.2.11", "203.0.113.1")
    }
    assert found == {EXPORTER: "2026-01-01", "192.0.2.11": "2025-01-01", "203.0.113.1": "2024-01-01"}


def test_a_content_id_goes_before_every_prefix_and_serves_nobody_else(tmp_path: Path) -> None:
    library = Library(
        (
            Directory(things(tmp_path / "host", "2026-01-01"), exporter="192.0.2.10/32"),
            Directory(things(tmp_path / "library", "2025-01-01"), content_id="c4d9"),
        ),
        use_bundled=False,
    )
    wanted = frozenset({"things"})
    assert revisions(library.schema_set(EXPORTER, "c4d9", wanted))["things"] == "2025-01-01"
    assert revisions(library.schema_set(EXPORTER, "other", wanted))["things"] == "2026-01-01"
    assert revisions(library.schema_set("203.0.113.1", "c4d9", wanted))["things"] == "2025-01-01"
    with pytest.raises(SchemaError, match=r"serves 203\.0\.113\.1"):
        library.schema_set("203.0.113.1", None, wanted)


def test_what_a_directory_lacks_is_looked_for_in_the_next(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2026-01-01")),), use_bundled=True)
    assert "iana-if-type" in revisions(library.schema_set(EXPORTER, None, frozenset({"iana-if-type"})))


def test_chosen_features_are_on_and_all_others_of_the_directory_off() -> None:
    path = str(GOLDEN / "modules")
    wanted = frozenset({"example-plant"})
    every = Library((Directory(path),), use_bundled=False).schema_set(EXPORTER, None, wanted)
    chosen = Directory(path, features=("example-plant:heating",))
    one = Library((chosen,), use_bundled=False).schema_set(EXPORTER, None, wanted)
    assert tuple(one.features["example-plant"]) == ("heating",)
    assert one.digest != every.digest


def test_a_folder_that_is_not_there_is_refused_when_the_library_is_opened(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no directory"):
        Library((Directory(str(tmp_path / "nowhere")),), use_bundled=True)


def test_a_release_has_a_folder_that_serves_whom_no_prefix_does_before_the_default(tmp_path: Path) -> None:
    folders = {name: things(tmp_path / name, f"2026-01-0{day}") for day, name in enumerate(("any", "xr", "one"), 1)}
    library = Library(
        (
            Directory(folders["any"]),
            Directory(folders["xr"], release="vendor/xr/7.9"),
            Directory(folders["one"], exporter="192.0.2.99/32"),
        ),
        use_bundled=False,
        releases=(("192.0.2.0/24", "vendor/xr/7.9"), ("192.0.2.128/25", "vendor/xr/7.10")),
    )
    wanted = frozenset({"things"})
    served = {
        exporter: revisions(library.schema_set(exporter, None, wanted))["things"]
        for exporter in (EXPORTER, "192.0.2.99", "192.0.2.200", "198.51.100.1")
    }
    assert served == {
        EXPORTER: "2026-01-02",
        "192.0.2.99": "2026-01-03",
        "192.0.2.200": "2026-01-01",
        "198.51.100.1": "2026-01-01",
    }
    assert [library.is_meant_for(exporter, None) for exporter in served] == [True, True, False, False]


def test_a_folder_of_a_content_id_is_meant_for_it_alone(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2026-01-01"), content_id="c4d9"),), use_bundled=False)
    assert library.is_meant_for(EXPORTER, "c4d9")
    assert not library.is_meant_for(EXPORTER, None)


def test_exporters_that_want_the_same_share_one_set(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2026-01-01")),), use_bundled=False)
    wanted = frozenset({"things"})
    first = library.schema_set(EXPORTER, None, wanted)
    assert library.schema_set("192.0.2.11", None, wanted) is first
    assert library.schema_set(EXPORTER, None, frozenset({"things@2026-01-01"})) == first


def test_all_modules_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    lacking = module("things", "2026-01-01").replace("prefix x;", "prefix x; import lender { prefix l; }")
    folder = write(tmp_path, ("things", lacking.replace("type uint8", "type l:size")))
    library = Library((Directory(folder),), use_bundled=False)
    with pytest.raises(SchemaError, match="also missing: b, lender") as caught:
        library.schema_set(EXPORTER, None, frozenset({"b", "things", "a"}))
    assert (caught.value.module, caught.value.also) == ("a", ("b", "lender"))


def test_a_thousand_missing_modules_are_a_bounded_error(tmp_path: Path) -> None:
    library = Library((Directory(things(tmp_path, "2026-01-01")),), use_bundled=False)
    with pytest.raises(SchemaError, match=r"also missing: m0001, .*, m0007 and 992 more") as caught:
        library.schema_set(EXPORTER, None, frozenset(f"m{number:04}" for number in range(1_000)))
    assert (caught.value.module, len(caught.value.also)) == ("m0000", MOST - 1)
