"""Verdicts of RFC 7950 section 11 are kept beside every version, whoever registered it, and enforced only on demand."""

import logging
from pathlib import Path
from unittest import mock

import pytest
from starlette.testclient import TestClient

from tests.registry.service.lines import BREAKS, LATER, MODULE
from tests.waiting import until
from yangbeam.core.registered import YANG, Body
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.registry.formats import yang_update
from yangbeam.registry.formats.known import FORMATS
from yangbeam.registry.local import LocalRegistry
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.service.app import make_app
from yangbeam.registry.store import SchemaStore
from yangbeam.registry.verdicts import judge, verdict


@pytest.fixture
def registrar(tmp_path: Path) -> Registrar:
    return Registrar(SchemaStore(tmp_path / "r"), FORMATS)


def register(registrar: Registrar, *modules: str) -> None:
    """As the pipeline does: whole sets, nothing enforced."""
    for text in modules:
        LocalRegistry(registrar).register_set(make_schema_set({"m": text}), "192.0.2.1-1")


def test_what_a_run_registered_is_judged_and_told_of(registrar: Registrar, caplog: pytest.LogCaptureFixture) -> None:
    register(registrar, MODULE, LATER, BREAKS)
    assert ("m", 2) in registrar.store.unjudged()
    with caplog.at_level(logging.WARNING):
        found = judge(registrar, 100)
    judged = {(each.subject, each.version): each.is_compatible for each in found}
    assert judged[("m", 2)]
    assert not judged[("m", 3)]
    assert not judged[("192.0.2.1-1", 3)]  # the set that it is in
    assert "m version 3 breaks RFC 7950 section 11 against version 2" in caplog.text
    assert registrar.store.unjudged() == []


def test_a_verdict_is_found_once_and_kept(registrar: Registrar, monkeypatch: pytest.MonkeyPatch) -> None:
    register(registrar, MODULE, BREAKS)
    version = registrar.version("m", 2)
    first = verdict(registrar, version)
    monkeypatch.setattr(yang_update, "update", lambda *_, **__: 1 / 0)
    assert first is not None
    assert verdict(registrar, version) == first
    assert "the leaf 'a'" in first.errors[0]


def test_nodes_that_are_upgraded_alike_cost_one_comparison(registrar: Registrar) -> None:
    for text in (MODULE, BREAKS):
        for node in range(20):
            LocalRegistry(registrar).register_set(make_schema_set({"m": text}), f"192.0.2.{node}-1")
    with mock.patch.object(yang_update, "update", side_effect=yang_update.update) as compared:
        found = judge(registrar, 100)
    assert len(found) == 21  # the module, and the root of each node
    assert not any(each.is_compatible for each in found)
    assert compared.call_count == 2


def test_a_deleted_version_is_compared_with_only_when_there_is_no_other(registrar: Registrar) -> None:
    register(registrar, MODULE, BREAKS, BREAKS.replace("03-01", "04-01"))
    registrar.store.soft_delete("m", 2)
    found = verdict(registrar, registrar.version("m", 3))
    assert found is not None
    assert (found.previous, found.is_compatible) == (1, False)


def test_a_version_that_is_gone_is_not_judged(registrar: Registrar) -> None:
    register(registrar, MODULE, LATER)
    registrar.store.erase("m", 1)
    assert verdict(registrar, registrar.version("m", 2)) is None
    assert [each.subject for each in judge(registrar, 10)] == ["192.0.2.1-1"]


def test_schemas_of_other_kinds_have_none(registrar: Registrar) -> None:
    registrar.register("s", Body('"int"'))
    registrar.register("s", Body('"long"'))
    assert registrar.store.unjudged() == []
    assert verdict(registrar, registrar.version("s", 2)) is None


def test_what_pyang_cannot_read_is_a_verdict_too(registrar: Registrar) -> None:
    registrar.register("x", Body("module", YANG), trusted=True)
    registrar.store.set("x", "config", b'{"compatibility":"NONE"}')
    registrar.register("x", Body("module x", YANG), trusted=True)
    (found,) = judge(registrar)
    assert not found.is_compatible
    assert "opens with" in found.errors[0]


def test_the_service_judges_what_other_processes_register(tmp_path: Path) -> None:
    other = Registrar(SchemaStore(tmp_path / "r"), FORMATS)
    with TestClient(make_app(SchemaStore(tmp_path / "r"))) as client:
        register(other, MODULE, BREAKS)
        counted = 'yangbeam_registry_verdicts_total{verdict="incompatible"} 2.0'
        until(lambda: counted in client.get("/metrics").text, "the verdicts are not counted")
        assert other.store.unjudged() == []
