"""The registry inside a run: same content, same id; what fails once fails without being tried again."""

import pickle
import threading
from pathlib import Path
from unittest import mock

import pytest

from tests.registry.test_directories import module, things, write
from tests.waiting import until
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.yang.costs import CostLimits
from yangbeam.registry import embedded, local
from yangbeam.registry.directories import Directory, Library
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.registry.guard.guard import guard_of
from yangbeam.registry.guard.workshop import Workshop
from yangbeam.registry.quirks import QUIRKS

EXPORTER = "192.0.2.10"
THINGS = frozenset({"things"})
LIMITS = CostLimits(cpu_s=19)


@pytest.fixture
def registry(tmp_path: Path) -> EmbeddedRegistry:
    return EmbeddedRegistry(tmp_path / "registry.sqlite", (Directory(things(tmp_path / "yang", "2026-01-01")),))


def test_equal_content_has_one_id_whoever_asks(registry: EmbeddedRegistry) -> None:
    ids = {registry.resolve(exporter, None, THINGS) for exporter in (EXPORTER, "192.0.2.11", "2001:db8::1")}
    assert len(ids) == 1
    assert registry.resolve(EXPORTER, None, frozenset()) not in ids


def test_the_schema_of_an_id_reads_the_contents_it_was_resolved_for(registry: EmbeddedRegistry) -> None:
    schema = registry.schema(registry.resolve(EXPORTER, None, THINGS))
    schema.validate_contents(b'{"things:size":1}')
    assert registry.schema(registry.resolve(EXPORTER, None, THINGS)) is schema


def test_an_unknown_id_is_refused(registry: EmbeddedRegistry) -> None:
    with pytest.raises(SchemaError, match="4711 is not registered"):
        registry.schema(4711)


def test_a_later_process_finds_the_same_id(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    before = registry.resolve(EXPORTER, None, THINGS)
    monkeypatch.setattr(embedded, "_open", {})
    assert registry.resolve(EXPORTER, None, THINGS) == before
    registry.schema(before).validate_contents(b'{"things:size":1}')


def test_a_handle_that_was_pickled_stands_for_the_same_registry(registry: EmbeddedRegistry) -> None:
    copy = pickle.loads(pickle.dumps(registry))
    assert copy.resolve(EXPORTER, None, THINGS) == registry.resolve(EXPORTER, None, THINGS)


def test_each_thread_has_a_schema_of_its_own(registry: EmbeddedRegistry) -> None:
    schema_id = registry.resolve(EXPORTER, None, THINGS)
    found = [registry.schema(schema_id)]
    thread = threading.Thread(target=lambda: found.append(registry.schema(schema_id)))
    thread.start()
    thread.join()
    assert found[0] is not found[1]


def test_the_directories_are_asked_once_for_what_they_have_and_for_what_they_lack(registry: EmbeddedRegistry) -> None:
    with mock.patch.object(Library, "schema_set", autospec=True, side_effect=Library.schema_set) as asked:
        for _ in range(3):
            registry.resolve(EXPORTER, None, THINGS)
            with pytest.raises(SchemaError, match="module nothing"):
                registry.resolve(EXPORTER, None, frozenset({"nothing"}))
    assert asked.call_count == 2


def test_answers_remembered_are_bounded(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MAX_ANSWERS", 2)
    ids = {registry.resolve(f"192.0.2.{number}", None, THINGS) for number in range(5)}
    assert len(ids) == 1
    assert len(embedded._opened(registry)._answers) == 2


def test_exporters_that_nobody_knew_get_the_id_of_a_set_that_is_there_without_a_subject_or_a_schema_of_their_own(
    registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "MAX_SUBJECTS", 5)
    first = registry.resolve(EXPORTER, None, THINGS)
    loads = mock.Mock(side_effect=embedded.Schema)
    monkeypatch.setattr(embedded, "Schema", loads)
    assert {registry.resolve(f"198.51.100.{number}", None, THINGS) for number in range(100)} == {first}
    roots = {one.subject for one in embedded._opened(registry)._store.all_versions() if "-asked-" in one.subject}
    assert len(roots) == 1 + 5
    monkeypatch.setattr(embedded, "_open", {})
    assert registry.resolve("198.51.100.99", None, THINGS) == first, "as in a later process"
    assert loads.call_count <= 1


def test_schemas_of_others_are_compiled_beside_the_data_once_for_all_their_exporters(tmp_path: Path) -> None:
    folders = (Directory(things(tmp_path / "yang", "2026-01-01")),)
    registry = EmbeddedRegistry(tmp_path / "registry.sqlite", folders, limits=LIMITS)
    first = until(lambda: ready(registry, EXPORTER), "the schema is not compiled")
    with mock.patch.object(Workshop, "ask", side_effect=AssertionError("a set that is there is asked for again")):
        assert {registry.resolve(f"198.51.100.{number}", None, THINGS) for number in range(20)} == {first}
    guard_of(LIMITS).close()
    guard_of.cache_clear()


def test_sets_of_our_modules_are_compiled_at_once_in_a_bounded_number_and_beside_the_data_beyond_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "AT_ONCE", 2)
    registry = EmbeddedRegistry(tmp_path / "registry.sqlite", limits=LIMITS)
    names = [frozenset({name}) for name in ("ietf-interfaces", "ietf-netconf-acm", "ietf-yang-library", "ietf-ip")]
    assert all(registry.resolve(EXPORTER, None, modules) for modules in names[:2])
    for modules in names[2:]:
        with pytest.raises(SchemaPendingError):
            registry.resolve(EXPORTER, None, modules)
        assert until(lambda modules=modules: ready(registry, EXPORTER, modules), "the schema is not compiled")
    assert all(registry.resolve("198.51.100.1", None, modules) for modules in names)
    guard_of(LIMITS).close()
    guard_of.cache_clear()


def ready(registry: EmbeddedRegistry, exporter: str, modules: frozenset[str] = THINGS) -> int | None:
    try:
        return registry.resolve(exporter, None, modules)
    except SchemaPendingError:
        return None


def test_a_set_that_does_not_compile_binds_nothing(tmp_path: Path) -> None:
    broken = module("broken", "2026-01-01", "no-such-statement;")
    folder = write(tmp_path / "yang", ("broken", broken), ("things", module("things", "2026-01-01")))
    registry = EmbeddedRegistry(tmp_path / "registry.sqlite", (Directory(folder),))
    for _ in range(2):
        with pytest.raises(SchemaError, match="no-such-statement") as caught:
            registry.resolve(EXPORTER, None, frozenset({"broken"}))
        assert caught.value.reason == "schema-invalid"
    registry.schema(registry.resolve(EXPORTER, None, THINGS)).validate_contents(b'{"things:size":1}')


def test_a_module_of_ours_is_registered_under_its_own_name_with_what_it_imports(registry: EmbeddedRegistry) -> None:
    schema_id = registry.own("yangbeam-loss")
    assert registry.own("yangbeam-loss") == schema_id
    names = {module.name for module in registry.schema(schema_id).schema_set.modules}
    assert {"yangbeam-loss", "ietf-yang-types"} <= names
    assert "ietf-telemetry-message" not in names
    assert embedded._opened(registry)._store.versions("yangbeam-loss")[-1].id == schema_id


def test_a_module_that_is_not_ours_is_named(registry: EmbeddedRegistry) -> None:
    with pytest.raises(SchemaError, match="no module nobody-s"):
        registry.own("nobody-s")


def test_a_process_after_this_one_judges_no_set_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = module("odd", "2026-01-01", 'deviation "/x:nothing" { deviate not-supported; } leaf size { type uint8; }')
    folder = write(tmp_path / "yang", ("odd", odd))
    handle = EmbeddedRegistry(tmp_path / "registry.sqlite", (Directory(folder),))
    first = embedded._Opened(handle).resolve(EXPORTER, None, frozenset({"odd"}))
    QUIRKS.clear()
    monkeypatch.setattr(embedded.LocalRegistry, "register_set", lambda *_: pytest.fail("it was judged again"))
    again = embedded._Opened(handle)
    assert again.resolve(EXPORTER, None, frozenset({"odd"})) == first
    again.schema(first).validate_contents(b'{"odd:size":1}')
    assert [(schema_id, each.statement) for schema_id, each in QUIRKS.all()] == [(first, "deviation /x:nothing")]
