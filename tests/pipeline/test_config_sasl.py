"""Who we are to the brokers: every mechanism as librdkafka is told, and what is missing or too much."""

from pathlib import Path

import pytest
from confluent_kafka import Producer

from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.config.file import load

OAUTH = """
mechanism = "OAUTHBEARER"
[kafka.sasl.oauth]
token_url = "https://login.example.com/token"
client_id = "collector"
client_secret = { env = "CLIENT_SECRET" }
scope = "kafka"
extensions = { logicalCluster = "lkc-1", identityPoolId = "pool-2" }
"""


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "hunter2")


def written(folder: Path, sasl: str) -> Path:
    path = folder / "c.toml"
    path.write_text(f"[kafka.tls]\nenabled = true\n[kafka.sasl]\n{sasl}\n")
    return path


def test_a_client_of_an_oauth_server_asks_for_tokens(tmp_path: Path) -> None:
    kafka = load(written(tmp_path, OAUTH)).kafka
    assert kafka is not None
    found = kafka.client_properties()
    assert {name: value for name, value in found.items() if name.startswith(("sasl", "security", "https"))} == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": "https://login.example.com/token",
        "sasl.oauthbearer.client.id": "collector",
        "sasl.oauthbearer.client.secret": "hunter2",
        "sasl.oauthbearer.scope": "kafka",
        "sasl.oauthbearer.extensions": "logicalCluster=lkc-1,identityPoolId=pool-2",
    }
    assert "hunter2" not in repr(kafka)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_librdkafka_takes_every_mechanism_with_a_password(tmp_path: Path, mechanism: str) -> None:
    sasl = f'mechanism = "{mechanism}"\nusername = "me"\npassword = {{ env = "CLIENT_SECRET" }}'
    kafka = load(written(tmp_path, sasl)).kafka
    assert kafka is not None
    Producer(kafka.client_properties() | {"bootstrap.servers": "", "log_level": "0"})
    assert kafka.client_properties()["sasl.username"] == "me"


@pytest.mark.parametrize(
    ("sasl", "place", "what"),
    [
        ('mechanism = "OAUTHBEARER"', "kafka.sasl.oauth", "OAUTHBEARER needs it"),
        ('username = "me"', "kafka.sasl.password", "SCRAM-SHA-512 needs it"),
        (OAUTH.replace("OAUTHBEARER", "PLAIN"), "kafka.sasl.username", "PLAIN needs it"),
        ('username = "me"\n' + OAUTH, "kafka.sasl.username", "OAUTHBEARER does not use it"),
        (OAUTH.replace("https://", "ldap://"), "kafka.sasl.oauth.token_url", ""),
    ],
)
def test_what_is_missing_or_too_much_is_told_with_its_place(tmp_path: Path, sasl: str, place: str, what: str) -> None:
    with pytest.raises(InvalidConfigurationError) as caught:
        load(written(tmp_path, sasl))
    found = [problem for problem in caught.value.problems if problem.key == place]
    assert found, str(caught.value)
    assert what in found[0].what
