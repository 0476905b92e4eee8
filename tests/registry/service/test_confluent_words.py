"""What Confluent's registry says, word for word as far as clients and suites read it, and scenarios of its tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.registry.service.lines import (
    AVRO_INT,
    AVRO_LONG,
    AVRO_TEXT,
    BREAKS,
    GONE,
    INT,
    MODULE,
    PAIR,
    case,
    post,
    yang,
)
from tests.registry.service.table_confluent import BAD_DEFAULT, IMPORT, OPEN
from tests.registry.service.worlds import Ask, send, world
from yangbeam.core.registered import YANG, Body
from yangbeam.registry.registrar import Registrar

VERSION_0 = (
    "The specified version '0' is not a valid version id. "
    'Allowed values are between [1, 2^31-1] and the string "latest"'
)
LEVELS = (
    "Invalid compatibility level. Valid values are "
    "none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive"
)

WORDS = (
    case("", "an unknown subject", Ask("GET", "/subjects/s/versions"), "Subject 's' not found."),
    case("", "an unknown version", Ask("GET", "/subjects/s/versions/7"), "Version 7 not found.", INT),
    case(
        "",
        "a version of an unknown subject",
        Ask("POST", "/compatibility/subjects/s/versions/7", {"schema": AVRO_INT}),
        "Version 7 not found.",
    ),
    case("", "an unknown schema", Ask("POST", "/subjects/s", {"schema": AVRO_TEXT}), "Schema not found", INT),
    case("", "an unknown id", Ask("GET", "/schemas/ids/7"), "Schema 7 not found"),
    case("", "an id that is none", Ask("GET", "/schemas/ids/x"), "HTTP 404 Not Found"),
    case("", "a path that is none", Ask("GET", "/nowhere"), "HTTP 404 Not Found"),
    case("", "a method that is none", Ask("PATCH", "/subjects"), "HTTP 405 Method Not Allowed"),
    case(
        "",
        "a type that is not accepted",
        Ask("GET", "/subjects", headers={"accept": "text/*"}),
        "HTTP 406 Not Acceptable",
    ),
    case(
        "",
        "a type that is not taken",
        Ask("PUT", "/config", content=b"{}", headers={"content-type": "text/html"}),
        "HTTP 415 Unsupported Media Type",
    ),
    case("", "an empty schema", Ask("POST", "/subjects/s/versions", {}), "Empty schema"),
    case("", "a version that is none", Ask("GET", "/subjects/s/versions/0"), VERSION_0, INT),
    case("", "a level that is none", Ask("PUT", "/config", {"compatibility": "x"}), LEVELS),
    case(
        "",
        "twice deleted",
        Ask("DELETE", "/subjects/s"),
        "Subject 's' was soft deleted.Set permanent=true to delete permanently",
        *GONE,
    ),
    case(
        "",
        "deleted for good at once",
        Ask("DELETE", "/subjects/s?permanent=true"),
        "Subject 's' was not deleted first before being permanently deleted",
        INT,
    ),
    case(
        "",
        "a version twice deleted",
        Ask("DELETE", "/subjects/s/versions/1"),
        "Subject 's' Version 1 was soft deleted.Set permanent=true to delete permanently",
        INT,
        post("s", AVRO_LONG),
        Ask("DELETE", "/subjects/s/versions/1"),
    ),
    case(
        "",
        "a version deleted for good at once",
        Ask("DELETE", "/subjects/s/versions/1?permanent=true"),
        "Subject 's' Version 1 was not deleted first before being permanently deleted",
        INT,
    ),
    case(
        "",
        "what others need",
        Ask("DELETE", "/subjects/m/versions/1"),
        "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=m,version=1}.",
        *PAIR,
    ),
    case(
        "",
        "no level of its own",
        Ask("GET", "/config/s"),
        "Subject 's' does not have subject-level compatibility configured",
    ),
    case("", "no mode of its own", Ask("GET", "/mode/s"), "Subject 's' does not have subject-level mode configured"),
    case("", "an id when not importing", post("s", AVRO_INT, id=7), "Subject s in context . is not in import mode"),
    case(
        "",
        "no id when importing",
        post(":.lab:s", AVRO_INT),
        "Subject :.lab:s in context .lab is not in read-write mode",
        IMPORT,
    ),
    case(
        "",
        "when only reading",
        INT,
        "Subject s in context . is in read-only mode",
        Ask("PUT", "/mode", {"mode": "READONLY"}),
    ),
    case(
        "",
        "an id that is taken",
        post("t", AVRO_TEXT, id=7),
        "Overwrite new schema with id 7 in context . is not permitted.",
        IMPORT,
        post("s", AVRO_INT, id=7),
    ),
    case(
        "",
        "a reference that nobody has",
        post("s", AVRO_INT, references=[{"name": "x", "subject": "x", "version": 1}]),
        'No schema reference found for subject "x" and version 1',
    ),
)


@pytest.mark.parametrize("line", WORDS, ids=lambda line: line.name)
def test_a_refusal_is_said_in_confluents_words(line: Any, tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        for before in line.before:
            assert send(client, before).status_code < 300
        assert send(client, line.ask).json()["message"] == line.gives


def test_an_incompatible_schema_is_told_with_the_earlier_one(tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        send(client, INT)
        said = send(client, post("s", AVRO_TEXT)).json()["message"]
    assert said.startswith('Schema being registered is incompatible with an earlier schema for subject "s", details: [')
    assert "{oldSchemaVersion: 1}, {oldSchema: '\"int\"'}" in said
    assert "compatibility: 'BACKWARD'" in said


def test_the_earlier_schema_is_told_in_part_when_it_is_long(tmp_path: Path) -> None:
    long = MODULE.replace("leaf a", "leaf z { type string; description '" + "x" * 9_000 + "'; } leaf a")
    with world("plain", tmp_path) as client:
        send(client, yang(long))
        assert len(send(client, yang(BREAKS)).json()["message"]) < 4_000


def test_whoever_wants_words_hears_that_a_schema_is_none(tmp_path: Path) -> None:
    path = "/compatibility/subjects/s/versions?verbose=true&normalize=true"
    with world("plain", tmp_path) as client:
        found = send(client, Ask("POST", path, {"schema": BAD_DEFAULT})).json()
    assert found["is_compatible"] is False
    assert "Invalid schema" in found["messages"][0]


def test_versions_by_number_follow_each_other(tmp_path: Path) -> None:
    def registered(version: int | None, **properties: str) -> tuple[int, int]:
        more = {"metadata": {"properties": properties}} if properties else {}
        found = send(client, post("s", AVRO_INT, version=version, **more)).json()
        return found["id"], found["version"]

    with world("plain", tmp_path) as client:
        assert registered(None) == (1, 1)
        assert registered(-1) == (1, 1)
        assert registered(2) == (2, 2)
        assert registered(-1) == (2, 2)
        assert registered(None) == (1, 1)
        send(client, Ask("DELETE", "/subjects/s/versions/1"))
        assert registered(None) == (2, 2)
        assert registered(3) == (3, 3)
        assert send(client, post("s", AVRO_INT, version=3)).json()["error_code"] == 42201
        assert registered(4) == (4, 4)
        assert registered(None, **{"confluent:version": "-1"}) == (5, 5)
        assert registered(None, **{"confluent:version": "2"}) == (2, 2)
        assert registered(None, **{"confluent:version": "0"}) == (6, 6)
        assert registered(None, key="value") == (7, 7)
        assert registered(-1) == (8, 8)
        assert client.get("/subjects/s/versions/8").json()["metadata"]["properties"] == {
            "confluent:version": "8",
            "key": "value",
        }


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/x",
        "/%2e%2e/x",
        "/subjects/%ff",
        "/subjects/a/b/c",
        "/contexts/x",
        "/contexts//subjects",
        "/%zz",
        "/metrics/x",
        "//",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_every_path_answers_in_json(method: str, path: str, tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        response = client.request(method, path)
    assert response.headers["content-type"] == "application/vnd.schemaregistry.v1+json"
    assert response.status_code < 500
    assert response.status_code in (200, 204) or set(response.json()) == {"error_code", "message"}


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("application/json;q=0.5, application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry.v1+json"),
        ("application/json; q=0.9, application/vnd.schemaregistry+json; q=.2", "application/json"),
        ("text/html, application/json", "application/json"),
        ("application/json;q=0, */*", "application/vnd.schemaregistry.v1+json"),
        ("application/json;q=much", "application/json"),
    ],
)
def test_the_answer_is_of_the_type_that_is_wanted_most(accept: str, given: str, tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        assert client.get("/subjects", headers={"accept": accept}).headers["content-type"] == given


NEEDY = 'module n { namespace "u:n"; prefix n; import ietf-yang-types { prefix y; } leaf c { type y:counter32; } }'
TYPES = """module ietf-yang-types { namespace "urn:ietf:params:xml:ns:yang:ietf-yang-types"; prefix yang;
  revision 2013-07-15; typedef counter32 { type uint32; } }"""


def test_a_module_taken_without_its_import_is_registered_again_with_it(tmp_path: Path) -> None:
    """As files of 0.1.0 hold them: libyang's own copy of the types stood for the reference."""
    with world("plain", tmp_path) as client:
        registrar: Registrar = client.app.state.service.registrar  # type: ignore[attr-defined]
        registrar.register("n", Body(NEEDY, YANG), trusted=True)
        assert send(client, yang(TYPES, "ietf-yang-types")).status_code == 200
        need = [{"name": "ietf-yang-types", "subject": "ietf-yang-types", "version": 1}]
        found = send(client, yang(NEEDY, "n", references=need))
        assert (found.status_code, found.json().get("version")) == (200, 2), found.text


def test_a_version_that_cannot_be_compared_names_the_cause_and_the_cure(tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        registrar: Registrar = client.app.state.service.registrar  # type: ignore[attr-defined]
        registrar.register("n", Body(NEEDY, YANG), trusted=True)
        found = send(client, yang('module n { namespace "u:n"; prefix n; leaf c { type uint32; } }', "n")).json()
    assert found["error_code"] == 409
    assert "ietf-yang-types" in found["message"]
    assert "delete it, or set the subject's level to NONE" in found["message"]


def test_the_answers_are_not_to_be_kept_by_what_lies_between(tmp_path: Path) -> None:
    with world("plain", tmp_path) as client:
        assert client.get("/subjects").headers["cache-control"] == "no-cache, no-store, must-revalidate"
        assert client.get("/x").headers["x-xss-protection"] == "1; mode=block"
        send(client, OPEN)


def test_normalised_schemas_are_found_in_any_order_of_references_and_with_all_resolved(tmp_path: Path) -> None:
    inner = [
        {"type": "record", "name": f"S{number}", "namespace": "o", "fields": [{"name": "x", "type": "string"}]}
        for number in (1, 2)
    ]
    needs = [{"name": f"o.S{number}", "subject": f"r{number}", "version": 1} for number in (1, 2)]

    def outer(first: Any, kinds: list[Any], extra: dict[str, int]) -> str:
        fields = [{"name": "f0", "type": first}]
        fields += [{"type": kind, "name": f"f{number}"} for number, kind in enumerate(kinds, 1)]
        return json.dumps({"type": "record", "name": "m", "fields": fields, "extra": extra})

    def asked(text: str, references: list[Any]) -> dict[str, Any]:
        body = {"schema": text, "references": references}
        found: dict[str, Any] = send(client, Ask("POST", "/subjects/s?normalize=true", body)).json()
        return found

    names = ["o.S1", "o.S2"]
    with world("plain", tmp_path) as client:
        for number, schema in enumerate(inner, 1):
            send(client, post(f"r{number}", json.dumps(schema)))
        text = outer({"type": "int"}, names, {"a": 1, "b": 2})
        body = {"schema": text, "references": needs}
        assert send(client, Ask("POST", "/subjects/s/versions?normalize=true", body)).json()["id"] == 3
        assert asked(outer("int", names, {"b": 2, "a": 1}), needs[::-1])["version"] == 1
        assert asked(outer("int", inner, {"b": 2, "a": 1}), [])["version"] == 1
        assert asked(outer("long", inner, {"b": 2, "a": 1}), [])["error_code"] == 40403
