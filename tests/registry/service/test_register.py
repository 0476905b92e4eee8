"""A schema set in the registry: modules bottom-up, one root, and back again as a set that reads the message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from tests.builders import started, validated
from yangbeam.core.elements import Subscription
from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import AVRO, JSON, YANG, Body, Registered
from yangbeam.core.registered_set import read_set
from yangbeam.core.telemetry_message import Encoder
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.directories import Library
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.registry.envelope import ROOT, enveloped
from yangbeam.registry.formats.features import defined_features
from yangbeam.registry.formats.known import FORMATS
from yangbeam.registry.local import LocalRegistry
from yangbeam.registry.register import register_set, root_subject
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.resolving import make_resolver
from yangbeam.registry.service.app import make_app
from yangbeam.registry.settings import Config
from yangbeam.registry.store import SchemaStore

BASE = """module base { yang-version 1.1; namespace "u:base"; prefix b; include base-part;
  revision 2026-01-01; feature extra; feature more; typedef size { type uint8; }
  container base { leaf a { if-feature extra; type size; } } }"""
PART = "submodule base-part { yang-version 1.1; belongs-to base { prefix b; } leaf part { type string; } }"
ADDS = """module adds { namespace "u:adds"; prefix a; import base { prefix b; }
  augment /b:base { leaf c { type b:size; } } }"""
OLD = 'module lender { namespace "u:l"; prefix l; revision 2025-01-01; typedef t { type uint8; } }'
NEW = 'module lender { namespace "u:l"; prefix l; revision 2026-01-01; typedef t { type uint16; } leaf l { type t; } }'
ASKS = """module asks { namespace "u:asks"; prefix k; import lender { prefix l; revision-date 2025-01-01; }
  leaf k { type l:t; } }"""


def texts(*modules: str) -> dict[str, str]:
    return {str(number): text for number, text in enumerate(modules)}


@pytest.fixture
def registrar(tmp_path: Path) -> Registrar:
    return Registrar(SchemaStore(tmp_path / "r"), FORMATS)


@pytest.fixture
def local(registrar: Registrar) -> LocalRegistry:
    return LocalRegistry(registrar)


@pytest.fixture
def load(tmp_path: Path) -> Callable[[SchemaSet], Schema]:
    return lambda found: Schema(found, write_set(found, tmp_path / "sets"))


def interfaces() -> SchemaSet:
    return Library((), use_bundled=True).schema_set("192.0.2.1", None, frozenset({"ietf-interfaces", "ietf-ip"}))


def test_modules_stand_under_their_names_with_references_features_and_revisions(
    registrar: Registrar, local: LocalRegistry
) -> None:
    local.register_set(make_schema_set(texts(BASE, PART, ADDS), features={"base": ["extra"]}), "192.0.2.1-7")
    base = registrar.store.body_of("base", 1)
    assert [need.subject for need in base.references] == ["base-part"]
    assert (base.features(), base.property("revision")) == (("extra",), "2026-01-01")
    adds = registrar.store.body_of("adds", 1)
    assert [(need.name, need.version) for need in adds.references] == [("base", 1)]
    assert adds.metadata is None
    root = registrar.store.body_of("192.0.2.1-7", 1)
    assert root.text.startswith(f"module {ROOT} ")
    names = [need.name for need in root.references]
    assert names == sorted(names)
    assert "adds" in names  # nothing imports it
    assert "base" not in names  # reached through it
    assert "ietf-platform-manifest" in names


def test_a_registered_set_comes_back_as_it_was(local: LocalRegistry, load: Callable[[SchemaSet], Schema]) -> None:
    whole = enveloped(make_schema_set(texts(BASE, PART, ADDS), features={"base": ["extra"]}))
    found = local.schema_set(local.register_set(whole, "n-1").root.id)
    assert found.modules == whole.modules
    assert found.implemented == whole.implemented
    assert found.features["base"] == ("extra",)
    with load(found) as schema:
        schema.validate_contents(b'{"base:base":{"a":1,"adds:c":2},"base:part":"x"}')


def test_features_that_are_off_stay_off(local: LocalRegistry, load: Callable[[SchemaSet], Schema]) -> None:
    found = local.schema_set(
        local.register_set(make_schema_set(texts(BASE, PART), features={"base": []}), "n-1").root.id
    )
    with load(found) as schema, pytest.raises(Exception, match="base"):
        schema.validate_contents(b'{"base:base":{"a":1}}')


def test_a_module_in_two_revisions_of_which_one_only_lends(
    local: LocalRegistry, load: Callable[[SchemaSet], Schema]
) -> None:
    whole = enveloped(make_schema_set(texts(OLD, NEW, ASKS)))
    registered = local.register_set(whole, "n-1")
    found = local.schema_set(registered.root.id)
    assert found.implemented == whole.implemented
    with load(found) as schema:
        schema.validate_contents(b'{"asks:k":255,"lender:l":65535}')
        with pytest.raises(Exception, match="256"):
            schema.validate_contents(b'{"asks:k":256}')


def test_registering_twice_changes_nothing_and_equal_content_has_one_id(
    registrar: Registrar, local: LocalRegistry
) -> None:
    found = make_schema_set(texts(BASE, PART, ADDS))
    first = local.register_set(found, "n-1")
    versions = registrar.store.all_versions()
    assert local.register_set(found, "n-1").root.id == first.root.id
    assert registrar.store.all_versions() == versions
    assert local.register_set(found, "n-2").root == Registered("n-2", first.root.id, 1, is_new=True)
    assert LocalRegistry(registrar).register_set(found, "n-3").root.id == first.root.id


def test_all_features_and_the_list_of_all_features_are_the_same(local: LocalRegistry) -> None:
    every = local.register_set(make_schema_set(texts(BASE, PART)), "n-1")
    listed = local.register_set(make_schema_set(texts(BASE, PART), features={"base": ["more", "extra"]}), "n-2")
    assert every.root.id == listed.root.id


def test_subjects_of_the_pipeline_are_set_to_none_and_what_an_operator_set_holds(
    registrar: Registrar, local: LocalRegistry
) -> None:
    breaking = NEW.replace("2026-01-01", "2026-06-01").replace("leaf l ", "leaf other ")
    local.register_set(make_schema_set(texts(NEW)), "n-1")
    assert local.compatibility("lender") == "NONE"
    changed = local.register_set(make_schema_set(texts(breaking)), "n-2").changed
    assert [(each.subject, each.version) for each in changed] == [("lender", 2)]
    registrar.settings.set_config("lender", Config("BACKWARD"))
    again = breaking.replace("2026-06-01", "2026-07-01").replace("leaf other ", "leaf third ")
    before = registrar.store.all_versions()
    with pytest.raises(SchemaError, match=r"the leaf 'other'.*illegally removed"):
        local.register_set(make_schema_set(texts(again)), "n-3")
    assert registrar.store.all_versions() == before  # all or nothing
    assert local.compatibility("lender") == "BACKWARD"


def test_a_set_that_does_not_compile_registers_nothing(registrar: Registrar, local: LocalRegistry) -> None:
    broken = make_schema_set(texts('module x { namespace "u:x"; prefix x; leaf a { type nothing; } }'))
    with pytest.raises(SchemaError, match="nothing") as caught:
        local.register_set(broken, "n-1")
    assert caught.value.reason == "schema-invalid"
    assert registrar.store.all_versions() == []


def test_a_node_whose_types_are_too_old_for_the_extension_gets_the_message_without_it() -> None:
    old = """module ietf-yang-push-revision { namespace "urn:old"; prefix ypr; revision 2023-01-01; }"""
    found = enveloped(make_schema_set(texts(old)))
    assert ROOT in found.revisions()
    assert "ietf-yang-push-telemetry-message" not in found.revisions()


def test_what_an_operator_deleted_is_registered_again(registrar: Registrar, local: LocalRegistry) -> None:
    found = make_schema_set(texts(BASE, PART, ADDS))
    first = local.register_set(found, "n-1")
    for version in registrar.store.all_versions():
        registrar.store.soft_delete(version.subject, version.version)
    again = local.register_set(found, "n-2")
    assert local.schema_set(again.root.id).modules == local.schema_set(first.root.id).modules
    assert registrar.version("base", 2)


def test_a_root_without_a_subscription_is_named_after_what_was_asked() -> None:
    asked = root_subject("2001:db8::1", None, "abc", {"a", "b"})
    assert asked == root_subject("2001:db8::1", None, "abc", ["b", "a"])
    assert asked.startswith("2001:db8::1-asked-")
    assert asked != root_subject("2001:db8::1", None, None, {"a", "b"})


def test_a_feature_is_a_statement_and_no_word_of_a_text() -> None:
    text = """module m { description "feature no { }"; // feature nor;
      feature yes; feature "quoted" { description 'feature x;'; } }"""
    assert list(defined_features(text)) == ["yes", "quoted"]


@pytest.mark.parametrize("kind", [YANG, JSON, AVRO])
def test_a_registry_of_any_kind_takes_a_set_and_gives_it_back(
    kind: str, registrar: Registrar, load: Callable[[SchemaSet], Schema]
) -> None:
    whole = enveloped(make_schema_set(texts(BASE, PART, ADDS), features={"base": ["extra"]}))
    judged = Judged(registrar)
    registered = register_set(judged, whole, "n-1", prefix="lab.", kind=kind)
    assert registered.modules[-1].subject.startswith("lab.")
    found = read_set(LocalRegistry(registrar), registered.root.id)
    assert found.implemented == whole.implemented
    with load(found) as schema:
        schema.validate_contents(b'{"base:base":{"a":1,"adds:c":2}}')


class Judged:
    """A client whose every schema is judged by itself, as over HTTP."""

    def __init__(self, registrar: Registrar) -> None:
        self._local = LocalRegistry(registrar)
        self._registrar = registrar

    def register(self, subject: str, body: Body) -> Registered:
        return self._registrar.register(subject, body)

    def compatibility(self, subject: str) -> str | None:
        return self._local.compatibility(subject)

    def set_compatibility(self, subject: str, level: str) -> None:
        self._local.set_compatibility(subject, level)


def fetched(client: TestClient, schema_id: int) -> SchemaSet:
    """What a stranger makes of an id, with GET alone."""
    found: dict[str, str] = {}
    features: dict[str, Any] = {}
    root = client.get(f"/schemas/ids/{schema_id}").json()
    waiting = [root]
    while waiting:
        schema = waiting.pop()
        found[schema["schema"]] = schema["schema"]
        name = schema["schema"].split()[1]
        tags = schema.get("metadata", {}).get("tags", {})
        if "features" in tags:
            features[name] = tags["features"]
        needs = [f"/subjects/{need['subject']}/versions/{need['version']}" for need in schema.get("references", ())]
        waiting += [client.get(path).json() for path in needs]
    return make_schema_set(found, features=features)


def test_the_id_on_a_message_leads_over_http_to_a_set_that_validates_that_message(
    tmp_path: Path, load: Callable[[SchemaSet], Schema]
) -> None:
    app = make_app(SchemaStore(tmp_path / "r"), resolver=make_resolver())
    contents = b'{"ietf-interfaces:interfaces":{"interface":[{"name":"e0","type":"iana-if-type:ethernetCsmacd"}]}}'
    payload = b'{"ietf-yang-push:push-update":{"id":6666,"datastore-contents":' + contents + b"}}"
    record = Encoder("c", "1", [Subscription("r1", 1, 6666, "active", started().terms)]).encode(validated(payload))
    with TestClient(app) as client:
        asked = {"exporter": "192.0.2.10", "modules": ["ietf-interfaces", "iana-if-type"], "subscription-id": 6666}
        schema_id = client.post("/resolve", json=asked).json()["id"]
        found = fetched(client, schema_id)
    message = orjson.loads(record.value)
    body = message["ietf-telemetry-message:message"]
    with load(found) as schema:
        assert schema.validate_notification("ietf-telemetry-message:message", body) == ()
        ((name, inner),) = body["payload"].items()
        assert schema.validate_notification(name, inner) == ()
        schema.validate_contents(orjson.dumps(inner["datastore-contents"]))
        body["telemetry-message-metadata"]["session-protocol"] = "carrier-pigeon"
        with pytest.raises(Exception, match="session-protocol"):
            schema.validate_notification("ietf-telemetry-message:message", body)
        with pytest.raises(Exception, match="mtu"):
            schema.validate_contents(contents.replace(b'"type"', b'"mtu":1,"type"'))


def test_the_registry_of_a_run_and_the_served_one_are_the_same(tmp_path: Path) -> None:
    embedded = EmbeddedRegistry(tmp_path / "r")
    in_run = embedded.resolve("192.0.2.10", None, frozenset({"ietf-interfaces"}))
    with TestClient(make_app(SchemaStore(tmp_path / "r"), resolver=make_resolver())) as client:
        asked = {"exporter": "192.0.2.10", "modules": ["ietf-interfaces"]}
        served = client.post("/resolve", json=asked).json()
        assert served["id"] == in_run
        assert client.get(f"/schemas/ids/{in_run}/subjects").json() == [served["subject"]]
        assert client.get("/config/ietf-interfaces").json() == {"compatibilityLevel": "NONE"}
        features = client.get("/subjects/ietf-interfaces/versions/1").json()["metadata"]["tags"]["features"]
    assert features == ["arbitrary-names", "if-mib", "pre-provisioning"]


def test_ten_thousand_nodes_of_one_release_cost_a_row_each(local: LocalRegistry, registrar: Registrar) -> None:
    found = interfaces()
    ids = {local.register_set(found, f"192.0.2.{number}-1").root.id for number in range(200)}
    assert len(ids) == 1
    assert registrar.store.greatest_id() == ids.pop()
