"""The code that registers a set in this process registers it over HTTP, too, and comes to the same ids."""

from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from tests.registry.service.test_register import ADDS, BASE, PART, texts
from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import AVRO, JSON, YANG, Body, Registered
from yangbeam.core.registered_set import read_set
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.registry.envelope import enveloped
from yangbeam.registry.formats.known import FORMATS
from yangbeam.registry.local import LocalRegistry
from yangbeam.registry.register import register_set
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.service.app import make_app
from yangbeam.registry.store import SchemaStore


class OverHttp:
    """The least that a client of any registry of this API must do."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def register(self, subject: str, body: Body) -> Registered:
        content = msgspec.json.encode(body)
        answer = self._client.post(f"/subjects/{subject}/versions", content=content)
        if answer.status_code != 200:
            raise SchemaError("refused", answer.text)
        found = self._client.post(f"/subjects/{subject}", content=content).json()
        assert found["id"] == answer.json()["id"]
        return Registered(subject, found["id"], found["version"])

    def compatibility(self, subject: str) -> str | None:
        answer = self._client.get(f"/config/{subject}")
        return answer.json()["compatibilityLevel"] if answer.status_code == 200 else None

    def set_compatibility(self, subject: str, level: str) -> None:
        self._client.put(f"/config/{subject}", json={"compatibility": level}).raise_for_status()

    def body(self, schema_id: int) -> Body:
        return msgspec.json.decode(self._client.get(f"/schemas/ids/{schema_id}").content, type=Body)

    def body_of(self, subject: str, version: int) -> Body:
        answer = self._client.get(f"/subjects/{subject}/versions/{version}?deleted=true")
        return msgspec.json.decode(answer.content, type=Body)


@pytest.mark.parametrize("kind", [YANG, JSON, AVRO])
def test_a_set_is_registered_and_read_over_http(kind: str, tmp_path: Path) -> None:
    whole = enveloped(make_schema_set(texts(BASE, PART, ADDS), features={"base": ["extra"]}))
    remote = OverHttp(TestClient(make_app(SchemaStore(tmp_path / "r"))))
    found = register_set(remote, whole, "192.0.2.1-7", kind=kind)
    assert register_set(remote, whole, "192.0.2.1-7", kind=kind).root == found.root
    again = read_set(remote, found.root.id)
    assert (again.modules, again.implemented) == (whole.modules, whole.implemented)
    assert again.features["base"] == ("extra",)
    assert remote.compatibility("base") == "NONE"


def test_over_http_and_in_process_the_ids_are_the_same(tmp_path: Path) -> None:
    whole = enveloped(make_schema_set(texts(BASE, PART, ADDS)))
    remote = OverHttp(TestClient(make_app(SchemaStore(tmp_path / "r"))))
    over_http = register_set(remote, whole, "192.0.2.1-7")
    same_file = LocalRegistry(Registrar(SchemaStore(tmp_path / "r"), FORMATS))
    assert same_file.register_set(whole, "192.0.2.2-7").root.id == over_http.root.id
    assert [module.id for module in over_http.modules] == list(range(1, over_http.root.id))
