"""A broker that lets in who shows a signed token, and the OAuth 2 server that gives it: `collect` between them."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.integration.collecting import Collecting
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.runners.launch import main
from yangbeam.runners.servers.kafka import KafkaServer

pytestmark = pytest.mark.integration

CLIENT, SECRET, SCOPE, AUDIENCE = "collector", "hunter2-of-the-client", "telemetry", "brokers"
ISSUER = "https://login.example.com"
SOME = 20
VALID_S = 3600
_VALIDATOR = "org.apache.kafka.common.security.oauthbearer"


class TokenServer:
    """Gives tokens for client credentials (RFC 6749 section 4.4), signed with a key of its own."""

    def __init__(self, key: RSAKey) -> None:
        self.key = key
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # http.server's name
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                status, answer = server.answer(self.headers.get("authorization", ""), parse_qs(body))
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/token"

    def answer(self, authorization: str, asked: dict[str, list[str]]) -> tuple[int, bytes]:
        self.asked.append((authorization, asked))
        if authorization != f"Basic {base64.b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}":
            return 401, json.dumps({"error": "invalid_client"}).encode()
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": CLIENT, "aud": AUDIENCE, "scope": SCOPE, "iat": now, "exp": now + VALID_S}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return 200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": VALID_S}).encode()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@pytest.fixture(scope="module")
def broker(key: RSAKey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """One node whose SASL listener takes tokens of that key, besides passwords."""
    folder = tmp_path_factory.mktemp("oauth")
    known = folder / "keys.json"
    known.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    own = "listener.name.sasl.oauthbearer"
    settings = {
        "sasl.enabled.mechanisms": "SCRAM-SHA-512,OAUTHBEARER",
        f"{own}.sasl.jaas.config": f"{_VALIDATOR}.OAuthBearerLoginModule required;",
        f"{own}.sasl.server.callback.handler.class": f"{_VALIDATOR}.OAuthBearerValidatorCallbackHandler",
        f"{own}.sasl.oauthbearer.jwks.endpoint.url": known.as_uri(),
        f"{own}.sasl.oauthbearer.expected.audience": AUDIENCE,
        f"{own}.sasl.oauthbearer.expected.issuer": ISSUER,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={known.as_uri()}")
        with KafkaServer(folder / "kafka", settings=settings) as server:
            yield server


@pytest.fixture
def tokens(key: RSAKey) -> Iterator[TokenServer]:
    server = TokenServer(key)
    yield server
    server.close()


def configured(collecting: Collecting, tokens: TokenServer) -> str:
    """Writes how `collect` reads the topic once, over the listener that wants a token."""
    kafka = collecting.kafka
    text = collecting.config.read_text().replace(kafka.bootstrap(), kafka.bootstrap("SASL"))
    text = text.replace("groups = 2", 'groups = 2\nend = "latest"')
    collecting.config.write_text(f"""{text}
[kafka.tls]
enabled = true
ca_file = "{kafka.certificates.authority}"
[kafka.sasl]
mechanism = "OAUTHBEARER"
[kafka.sasl.oauth]
token_url = "{tokens.url}"
client_id = "{CLIENT}"
client_secret = {{ env = "CLIENT_SECRET" }}
scope = "{SCOPE}"
""")
    return str(collecting.config)


def collect(path: str) -> int:
    return main(["collect", "--config", path, "--view", "off"])


def test_a_collector_with_a_token_reads_and_writes(
    broker: KafkaServer, tokens: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    collecting = Collecting(broker, tmp_path)
    collecting.publish(SOME)
    assert collect(configured(collecting, tokens)) == ExitCode.OK
    collecting.until_arrived()
    collecting.close()
    assert {fields["grant_type"][0] for _, fields in tokens.asked} == {"client_credentials"}
    assert {fields["scope"][0] for _, fields in tokens.asked} == {SCOPE}


def _wrong_secret(_: TokenServer, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("CLIENT_SECRET", "wrong-secret")


def _stranger(tokens: TokenServer, _: pytest.MonkeyPatch) -> None:
    tokens.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@pytest.mark.parametrize(
    ("spoil", "word"), [(_wrong_secret, "invalid_client"), (_stranger, "invalid_token")], ids=["secret", "signature"]
)
def test_who_is_given_no_token_or_one_of_a_stranger_is_told_why_and_shows_no_secret(
    broker: KafkaServer,
    tokens: TokenServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    spoil: Any,
    word: str,
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    collecting = Collecting(broker, tmp_path)
    collecting.publish(SOME)
    spoil(tokens, monkeypatch)
    assert collect(configured(collecting, tokens)) != ExitCode.OK
    said = capfd.readouterr().err
    collecting.close()
    assert word in said
    assert SECRET not in said
    assert "wrong-secret" not in said
