"""The registry over a real socket, used by confluent-kafka's own client and serializers, and by raw requests."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Metadata,
    MetadataProperties,
    MetadataTags,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    ServerConfig,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.registry.service.lines import AVRO_INT, AVRO_LONG, AVRO_TEXT, BREAKS, LATER, MODULE, UNRESOLVED, USES
from tests.waiting import PATIENCE_S
from yangbeam.registry.resolving import make_resolver
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.serve import bind, serving
from yangbeam.registry.store import SchemaStore

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    app = make_app(SchemaStore(folder / "r"), resolver=make_resolver(), omit_tags_for=("python/0.",))
    with serving(app, bind("127.0.0.1", 0)) as url:
        yield url


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with serving(make_app(SchemaStore(tmp_path / "r")), bind("127.0.0.1", 0)) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": url}) as client:
        yield client


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[int, int]:
    with pytest.raises(SchemaRegistryError) as caught:
        call(*arguments, **named)
    return caught.value.http_status_code, caught.value.error_code


def test_schemas_are_registered_looked_up_and_deleted(client: SchemaRegistryClient) -> None:
    schema_id = client.register_schema("s", Schema(AVRO_INT))
    assert client.register_schema("s", Schema(AVRO_INT)) == schema_id
    assert client.get_schema(schema_id).schema_str == AVRO_INT
    assert client.lookup_schema("s", Schema(AVRO_INT)).version == 1
    assert client.register_schema_full_response("s", Schema(AVRO_LONG)).version == 2
    latest = client.get_latest_version("s")
    assert (latest.version, latest.schema.schema_str) == (2, AVRO_LONG)
    assert client.get_version("s", 1).schema_id == schema_id
    assert client.get_schema_by_guid(client.get_version("s", 1).guid).schema_str == AVRO_INT
    assert client.get_versions("s") == [1, 2]
    assert client.get_subjects() == ["s"]
    assert client.get_subjects_by_schema_id(schema_id) == ["s"]
    assert [(each.subject, each.version) for each in client.get_schema_versions(schema_id)] == [("s", 1)]
    assert client.delete_version("s", 1) == 1
    assert client.delete_subject("s") == [2]
    assert client.delete_subject("s", permanent=True) == [1, 2]
    client.clear_caches()
    assert refused(client.get_latest_version, "s") == (404, 40401)


def test_what_is_refused_reaches_the_client_as_such(client: SchemaRegistryClient) -> None:
    client.register_schema("s", Schema(AVRO_INT))
    assert refused(client.register_schema, "s", Schema(AVRO_TEXT)) == (409, 409)
    assert refused(client.register_schema, "t", Schema("nothing")) == (422, 42201)
    assert refused(client.get_schema, 4711) == (404, 40403)
    assert refused(client.get_version, "s", 9) == (404, 40402)
    assert refused(client.lookup_schema, "s", Schema(AVRO_TEXT)) == (404, 40403)
    assert refused(client.delete_subject, "s", permanent=True) == (404, 40405)
    client.delete_subject("s")
    assert refused(client.delete_subject, "s") == (404, 40404)


def test_modules_with_references_tags_and_properties_survive_the_client(client: SchemaRegistryClient) -> None:
    metadata = Metadata(
        tags=MetadataTags({"features": ["a", "b"]}),
        properties=MetadataProperties({"revision": "2026-01-01"}),
        sensitive=None,
    )
    first = client.register_schema("m", Schema(MODULE, "YANG", metadata=metadata))
    needs = [SchemaReference("m", "m", 1)]
    second = client.register_schema("n", Schema(USES, "YANG", needs))
    found = client.get_schema(first)
    assert (found.schema_type, found.schema_str) == ("YANG", MODULE)
    assert found.metadata is not None
    assert found.metadata.tags == MetadataTags({"features": ["a", "b"]})
    assert client.get_version("n", 1).schema.references == needs
    assert client.get_referenced_by("m", 1) == [second]
    assert client.get_latest_with_metadata("m", {"revision": "2026-01-01"}).schema_id == first
    assert refused(client.register_schema, "u", Schema(UNRESOLVED, "YANG")) == (422, 42201)
    with pytest.raises(SchemaRegistryError, match='Module "n" needs "nowhere"'):
        client.register_schema("u", Schema(UNRESOLVED, "YANG"))


def test_a_client_that_fails_on_tags_is_not_shown_them(everything: str) -> None:
    body = {"schema": MODULE, "schemaType": "YANG", "metadata": {"tags": {"features": ["x"]}, "properties": {"p": "1"}}}
    schema_id = httpx.post(f"{everything}/subjects/tagged/versions", json=body).json()["id"]
    path = f"{everything}/schemas/ids/{schema_id}"
    old = httpx.get(path, headers={"Confluent-Client-Version": "python/0.9"}).json()
    new = httpx.get(path, headers={"Confluent-Client-Version": "python/2.16.1"}).json()
    assert old["metadata"] == {"properties": {"p": "1"}}
    assert new["metadata"] == {"properties": {"p": "1"}, "tags": {"features": ["x"]}}


def test_compatibility_is_configured_and_asked_for(client: SchemaRegistryClient) -> None:
    client.register_schema("m", Schema(MODULE, "YANG"))
    assert client.get_compatibility() == "BACKWARD"
    assert client.test_compatibility("m", Schema(LATER, "YANG"))
    assert not client.test_compatibility("m", Schema(BREAKS, "YANG"))
    assert not client.test_compatibility_all_versions("m", Schema(BREAKS, "YANG"))
    client.set_compatibility("m", "NONE")
    assert client.get_compatibility("m") == "NONE"
    assert client.get_config("m").compatibility_level == "NONE"
    assert client.test_compatibility("m", Schema(BREAKS, "YANG"))
    client.set_config("m", ServerConfig(compatibility=ConfigCompatibilityLevel.FULL))
    client.delete_config("m")
    assert refused(client.get_compatibility, "m") == (404, 40408)


def test_modes_contexts_and_types_are_those_of_the_client(client: SchemaRegistryClient) -> None:
    assert client.get_schema_types() == ["AVRO", "JSON", "YANG"]
    assert client.get_global_mode() == "READWRITE"
    client.update_mode("s", "READONLY")
    assert client.get_mode("s") == "READONLY"
    assert refused(client.register_schema, "s", Schema(AVRO_INT)) == (422, 42205)
    client.delete_mode("s")
    client.register_schema(":.lab:s", Schema(AVRO_INT))
    assert client.get_contexts() == [".", ".lab"]
    assert client.get_subjects(subject_prefix=":.lab:") == [":.lab:s"]
    client.register_schema("a/b c", Schema(AVRO_INT))
    assert client.get_versions("a/b c") == [1]


def test_avro_goes_through_the_clients_serializer_and_back(client: SchemaRegistryClient) -> None:
    fields = [{"name": "name", "type": "string"}, {"name": "octets", "type": "long"}]
    schema = json.dumps({"type": "record", "name": "counter", "fields": fields})
    place = SerializationContext("traffic", MessageField.VALUE)
    value = {"name": "eth0", "octets": 2**40}
    written = AvroSerializer(client, schema)(value, place)
    assert written is not None
    assert written[:5] == b"\0" + (1).to_bytes(4, "big")
    assert AvroDeserializer(client)(written, place) == value
    assert client.get_subjects() == ["traffic-value"]


def test_json_goes_through_the_clients_serializer_and_back(client: SchemaRegistryClient) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Counter",
        "type": "object",
        "properties": {"octets": {"type": "integer"}},
        "required": ["octets"],
    }
    place = SerializationContext("traffic", MessageField.VALUE)
    serializer = JSONSerializer(json.dumps(schema), client)
    written = serializer({"octets": 7}, place)
    assert JSONDeserializer(None, schema_registry_client=client)(written, place) == {"octets": 7}
    with pytest.raises(Exception, match="octets"):
        serializer({}, place)


def test_a_set_that_was_resolved_is_found_by_the_client(everything: str) -> None:
    asked = {"exporter": "192.0.2.10", "modules": ["ietf-interfaces"], "subscription-id": 42}
    answer = httpx.post(f"{everything}/resolve", json=asked, timeout=PATIENCE_S).json()
    with SchemaRegistryClient({"url": everything}) as client:
        root = client.get_schema(answer["id"])
        assert root.schema_type == "YANG"
        names = [need.name for need in root.references or ()]
        assert names == sorted(names)
        assert "ietf-yang-push-telemetry-message" in names
        assert client.get_version(answer["subject"], answer["version"]).schema_id == answer["id"]


def raw(url: str, request: bytes) -> bytes:
    """Sends octets as they are, and reads to the end."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65_536):
            received += part
    return received


def test_raw_requests_are_answered_as_curl_shows_them(url: str) -> None:
    body = json.dumps({"schema": AVRO_INT}).encode()
    head = b"POST /subjects/a%2Fb/versions HTTP/1.1\r\nHost: r\r\nConnection: close\r\n"
    answer = raw(url, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"content-type: application/vnd.schemaregistry.v1+json" in answer.lower()
    listed = raw(url, b"GET /subjects HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n")
    assert listed.endswith(b'["a/b"]')


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /subjects/%ff/versions HTTP/1.1",
        b"GET /subjects/%00 HTTP/1.1",
        b"GET //../etc HTTP/1.1",
        b"BREW / HTTP/1.1",
    ],
)
def test_odd_requests_are_refused_and_the_registry_goes_on(url: str, request_line: bytes) -> None:
    answer = raw(url, request_line + b"\r\nHost: r\r\nConnection: close\r\n\r\n")
    assert b" 4" in answer.split(b"\r\n")[0]
    assert httpx.get(f"{url}/_health").json() == {"status": "up"}
