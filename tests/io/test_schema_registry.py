"""The client of a registry, against ours and against servers that lie, stall and break off."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.certificates import Authority
from tests.waiting import PATIENCE_S
from yangbeam.core.errors import ConfigurationError, Fault, SchemaError, SchemaPendingError
from yangbeam.core.registered import AVRO, YANG, Body, Metadata
from yangbeam.core.registry_answers import RegistryDeniedError, RegistryRefusedError
from yangbeam.io.schema_registry import RegistryAddress, SchemaRegistry
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.auth import Account, Auth, Role
from yangbeam.registry.service.serve import Tls, bind, serving
from yangbeam.registry.store import SchemaStore

MODULE = 'module m { namespace "u:m"; prefix m; revision 2026-01-01; leaf a { type string; } }'


class Known:
    """A secret that a test knows."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> SecretStr:
        return SecretStr(self._value)


@contextmanager
def saying(*answers: bytes, hangs: threading.Event | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these octets to one connection after the other, not before ``hangs`` is set."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_S)

        def serve() -> None:
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    asked.append(connection.recv(65_536))
                    if hangs is not None:
                        hangs.wait(PATIENCE_S)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        thread.join(PATIENCE_S)


def http(status: int, body: bytes = b"", more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n%b\r\n" % (status, len(body), more)
    return head + body


def client(url: str, **facts: Any) -> SchemaRegistry:
    address = RegistryAddress(url, **({"attempts": 1, "timeout_s": PATIENCE_S} | facts))
    _CLIENTS.append(SchemaRegistry(address, sleep=lambda _: None))
    return _CLIENTS[-1]


_CLIENTS: list[SchemaRegistry] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _CLIENTS:
        _CLIENTS.pop().close()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with serving(make_app(SchemaStore(tmp_path / "r")), bind("127.0.0.1", 0)) as url:
        yield url


def test_what_is_registered_is_read_back_by_id_version_and_guid(url: str) -> None:
    registry = client(url)
    body = Body(MODULE, YANG, metadata=Metadata({"features": ("x",)}, {"revision": "2026-01-01"}))
    found = registry.register("a/b m", body)
    assert (found.subject, found.version) == ("a/b m", 1)
    assert registry.body(found.id).text == registry.body_of("a/b m", 1).text
    again, guid = registry.root(found.id)
    assert again.features() == ("x",)
    assert registry.id_of_guid(str(guid)) == found.id
    assert registry.compatibility("a/b m") is None
    registry.set_compatibility("a/b m", "NONE")
    assert registry.compatibility("a/b m") == "NONE"
    assert registry.register("a/b m", body).id == found.id


def test_what_is_unknown_or_refused_says_so_in_the_registry_s_words(url: str) -> None:
    registry = client(url)
    with pytest.raises(SchemaError, match=r"40403.*schema-unknown"):
        registry.body(4711)
    with pytest.raises(SchemaError, match="schema-unknown"):
        registry.body_of("nothing", 1)
    with pytest.raises(RegistryRefusedError, match="42201") as refused:
        registry.register("m", Body("module m {", YANG))
    assert (refused.value.status, refused.value.fault) == (422, Fault.DEVICE)
    registry.register("n", Body('{"type":"int"}', AVRO))
    with pytest.raises(RegistryRefusedError, match="registry-incompatible"):
        registry.register("n", Body('{"type":"string"}', AVRO))
    with pytest.raises(SchemaError, match="no resolver"):
        registry.resolve("192.0.2.1", None, frozenset({"m"}))


def test_credentials_are_shown_and_never_told(tmp_path: Path) -> None:
    auth = Auth([Account(SecretStr("hush"), Role.WRITE, "me"), Account(SecretStr("token-hush"), Role.READ, "")])
    with serving(make_app(SchemaStore(tmp_path / "r"), auth=auth), bind("127.0.0.1", 0)) as url:
        assert client(url, username="me", password=Known("hush")).register("m", Body(MODULE, YANG)).id == 1
        assert client(url, token=Known("token-hush")).body(1).text == MODULE
        for wrong in ({"username": "me", "password": Known("wrong-hush")}, {"token": Known("wrong-hush")}, {}):
            with pytest.raises(RegistryDeniedError, match="correct the credentials") as denied:
                client(url, **wrong).body(1)
            assert "hush" not in str(denied.value)
        with pytest.raises(RegistryDeniedError, match="403"):
            client(url, token=Known("token-hush")).register("m", Body(MODULE, YANG))


def test_a_registry_is_believed_by_its_certificate_and_shown_ours(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("registry", address="127.0.0.1")
    mine, my_key = authority.issue("client")
    app = make_app(SchemaStore(tmp_path / "r"))
    ours = {"ca_file": str(authority.certificate), "certificate_file": str(mine), "key_file": str(my_key)}
    with serving(app, bind("127.0.0.1", 0), Tls(certificate, key, None, authority.certificate)) as url:
        assert client(url, **ours).register("m", Body(MODULE, YANG)).id == 1
        with pytest.raises(SchemaPendingError, match="certificate"):
            client(url).body(1)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        client("https://127.0.0.1:9", ca_file=str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("answer", "kind", "word"),
    [
        (http(500, b"oops"), SchemaPendingError, "500: oops"),
        (http(503, b'{"error_code":50301,"message":"starting"}'), SchemaPendingError, "starting"),
        (http(429), SchemaPendingError, "429"),
        (http(200, b"<html>"), SchemaPendingError, "is the address that of a schema registry"),
        (http(200, b'{"schema":7}'), SchemaPendingError, "something else than was asked for"),
        (http(200, b"no gzip", b"content-encoding: gzip\r\n"), SchemaPendingError, "DecodingError"),
        (http(200, b"\xff\xfe"), SchemaPendingError, "something else"),
        (http(302, b"", b"location: http://192.0.2.1/\r\n"), RegistryDeniedError, "302"),
        (http(404, b"no such page"), RegistryDeniedError, "is the address that of a schema registry"),
        (http(409, b"[]"), RegistryRefusedError, "registry-incompatible"),
        (http(418, b"null"), RegistryDeniedError, "418"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", SchemaPendingError, "out of reach"),
        (b"", SchemaPendingError, "out of reach"),
        (http(200, b"x" * 10)[:-5], SchemaPendingError, "out of reach"),
    ],
)
def test_whatever_a_registry_answers_is_an_error_that_names_it(
    answer: bytes, kind: type[SchemaError], word: str
) -> None:
    with saying(answer) as (url, _):
        with pytest.raises(kind, match=word) as told:
            client(url).body(1)
        assert type(told.value) is kind
        assert url in str(told.value)


def test_one_that_hangs_is_given_up_in_time() -> None:
    given_up = threading.Event()
    with saying(http(200), hangs=given_up) as (url, _):
        with pytest.raises(SchemaPendingError, match="ReadTimeout"):
            client(url, timeout_s=0.5).body(1)
        given_up.set()


def test_what_passes_is_tried_again_with_growing_pauses() -> None:
    pauses: list[float] = []
    answers = (http(503), b"", http(200, b'{"schema":"s","schemaType":"YANG"}'))
    with saying(*answers) as (url, asked):
        address = RegistryAddress(url, attempts=3, pause_s=1.0, timeout_s=PATIENCE_S)
        with closing(SchemaRegistry(address, pauses.append)) as registry:
            assert registry.body(1).text == "s"
    assert len(asked) == 3
    assert 0.5 <= pauses[0] <= 1.0 <= pauses[1] <= 2.0


@pytest.mark.parametrize(
    ("answer", "identity"),
    [
        (http(200, b'{"id":"5f0e9a1c2b3d4e6f","scope":{}}'), "5f0e9a1c2b3d4e6f"),
        (http(200, b'{"id":"","scope":{"path":[],"clusters":{"kafka-cluster":"x"}}}'), ""),
        (http(404, b'{"error_code":404,"message":"HTTP 404 Not Found"}'), ""),
    ],
)
def test_only_a_registry_of_our_kind_has_an_identity(answer: bytes, identity: str) -> None:
    with saying(answer) as (url, _):
        assert client(url).identity() == identity


def test_what_is_refused_is_not_tried_again() -> None:
    with saying(http(422, b'{"error_code":42201,"message":"no"}')) as (url, asked):
        with pytest.raises(RegistryRefusedError):
            client(url, attempts=5).register("m", Body(MODULE, YANG))
        assert len(asked) == 1


def test_one_that_answers_with_an_id_alone_is_asked_for_the_version() -> None:
    answers = (http(200, b'{"id":7}'), http(200, b'{"id":7,"version":3,"schema":"s"}'))
    with saying(*answers) as (url, asked):
        found = client(url).register("m", Body(MODULE, YANG))
    assert (found.id, found.version) == (7, 3)
    assert [line.split(b" ")[1] for line in asked] == [b"/subjects/m/versions", b"/subjects/m"]
    assert b'"references"' not in asked[0]
