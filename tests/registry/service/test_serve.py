"""Serving: TLS with and without clients' certificates, addresses that are taken, several processes on one file."""

import json
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.certificates import Authority
from tests.waiting import PATIENCE_S
from yangbeam.registry.service import serve
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.auth import Account, Auth, Role
from yangbeam.registry.service.serve import ServeError, Tls, bind, serving
from yangbeam.registry.store import SchemaStore


def app(folder: Path, **options: Any) -> Any:
    return make_app(SchemaStore(folder / "r"), **options)


def test_over_tls_the_certificate_is_ours_and_accounts_are_asked_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("registry", address="127.0.0.1")
    auth = Auth([Account(SecretStr("secret"), Role.WRITE, "me")])
    with serving(app(tmp_path, auth=auth), bind("127.0.0.1", 0), Tls(certificate, key)) as url:
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(authority.certificate))
        assert httpx.get(f"{url}/subjects", verify=trusting, auth=("me", "secret")).json() == []
        denied = httpx.get(f"{url}/subjects", verify=trusting, auth=("me", "Secret"))
        assert denied.status_code == 401
        assert "Basic" in denied.headers["www-authenticate"]
        assert "ecret" not in denied.text
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(f"{url}/subjects")


def test_clients_must_show_a_certificate_where_an_authority_is_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("registry", address="127.0.0.1")
    mine = authority.issue("client")
    with serving(app(tmp_path), bind("127.0.0.1", 0), Tls(certificate, key, None, authority.certificate)) as url:
        trusting = ssl.create_default_context(cafile=str(authority.certificate))
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/subjects", verify=trusting)
        trusting.load_cert_chain(*mine)
        assert httpx.get(f"{url}/subjects", verify=trusting).json() == []


def test_a_certificate_that_cannot_be_used_is_told_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("no certificate")
    with pytest.raises(ServeError, match="certificate or its key cannot be used"):
        serving(app(tmp_path), bind("127.0.0.1", 0), Tls(tmp_path / "c", tmp_path / "c")).__enter__()


def test_an_address_that_is_taken_is_told_with_its_cure() -> None:
    taken = bind("127.0.0.1", 0)
    taken.listen()
    with taken, pytest.raises(ServeError, match="free it or choose another"):
        bind("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ServeError, match=r"cannot listen on 192\.0\.2\.1"):
        bind("192.0.2.1", 0)


def test_two_servers_of_one_file_give_the_same_ids_at_the_same_time(tmp_path: Path) -> None:
    def register(place: tuple[str, int]) -> tuple[int, int, int]:
        url, number = place
        schema = f'{{"type":"record","name":"r{number % 10}","fields":[]}}'
        found = client.post(f"{url}/subjects/s{number % 10}/versions", json={"schema": schema}).json()
        return number % 10, found["id"], found["version"]

    first, second = serving(app(tmp_path), bind("127.0.0.1", 0)), serving(app(tmp_path), bind("127.0.0.1", 0))
    with httpx.Client(timeout=PATIENCE_S) as client, first as one, second as other, ThreadPoolExecutor(8) as pool:
        found = set(pool.map(register, [(url, number) for number in range(40) for url in (one, other)]))
    assert len(found) == 10
    assert len({schema_id for _, schema_id, _ in found}) == 10
    assert {version for _, _, version in found} == {1}


def test_a_request_without_end_is_cut_at_its_limit(tmp_path: Path) -> None:
    def endless() -> Any:
        for _ in range(1000):
            yield b"x" * 10_000

    with serving(app(tmp_path, max_body=100_000), bind("127.0.0.1", 0)) as url:
        answer = httpx.post(f"{url}/subjects/s/versions", content=endless())
        assert (answer.status_code, answer.json()["error_code"]) == (422, 42209)
        assert httpx.get(f"{url}/_health").status_code == 200


def test_a_request_that_does_not_arrive_is_ended_with_its_cause(tmp_path: Path) -> None:
    with serving(app(tmp_path, max_body_s=0.2), bind("127.0.0.1", 0)) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as slow:
            slow.sendall(b"POST /subjects/s/versions HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{")
            assert b"50002" in slow.recv(4096) + slow.recv(4096)
        assert httpx.get(f"{url}/subjects").json() == []


def test_a_head_that_does_not_arrive_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "HEAD_S", 0.2)
    with serving(app(tmp_path), bind("127.0.0.1", 0)) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as slow:
            slow.sendall(b"GET /subjects HTTP/1.1\r\nx: ")
            assert slow.recv(1) == b""
        assert httpx.get(f"{url}/subjects").json() == []


def test_no_peer_takes_all_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "MAX_CONNECTIONS", 40)
    with serving(app(tmp_path), bind("127.0.0.1", 0)) as url:
        host, port = url.removeprefix("http://").split(":")
        silent = [socket.create_connection((host, int(port)), timeout=PATIENCE_S) for _ in range(20)]
        assert silent[-1].recv(1) == b""  # beyond its share
        with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.9"), base_url=url) as other:
            assert other.get("/subjects").json() == []
        for each in silent:
            each.close()


@pytest.mark.parametrize(
    "octets",
    [b"GARBAGE\r\n\r\n", b"GET /subjects HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: r\r\nContent-Length: x\r\n\r\n"],
)
def test_what_is_no_http_is_answered_in_json(octets: bytes, tmp_path: Path) -> None:
    with serving(app(tmp_path), bind("127.0.0.1", 0)) as url, socket.create_connection(address_of(url)) as client:
        client.settimeout(PATIENCE_S)
        client.sendall(octets)
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/vnd.schemaregistry.v1+json" in head
    assert json.loads(body)["error_code"] == 400


def address_of(url: str) -> tuple[str, int]:
    host, _, port = url.rpartition("/")[2].rpartition(":")
    return host, int(port)
