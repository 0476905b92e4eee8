"""No secret is in what is submitted to Flink: it says where each is found, and the workers look there."""

import base64
import binascii
import bz2
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.secret_source import resolved
from yangbeam.pipeline.collect import collect_graph
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.edges import topic_settings
from yangbeam.runners.flink_job import make_jar, proto_of
from yangbeam.runners.flink_options import options_of

SECRETS = ("hunter-sasl", "hunter-key", "hunter-truststore", "hunter-registry")
WRITTEN = """
[kafka]
bootstrap = "broker.example:9092"
[kafka.tls]
enabled = true
key_password = { file = "key-password" }
[kafka.sasl]
username = "a-name-that-may-be-seen"
password = { env = "KAFKA_PASSWORD" }
[kafka.properties]
"ssl.keystore.password" = { file = "truststore-password" }
[registry]
kind = "http"
url = "https://registry.example:8081"
username = "yangbeam"
password = { env = "REGISTRY_PASSWORD" }
[dead_letters]
kind = "kafka"
[tables]
enabled = false
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with a secret of every kind, each in its place."""
    monkeypatch.setenv("KAFKA_PASSWORD", SECRETS[0])
    (tmp_path / "key-password").write_text(SECRETS[1])
    (tmp_path / "truststore-password").write_text(SECRETS[2])
    monkeypatch.setenv("REGISTRY_PASSWORD", SECRETS[3])
    path = tmp_path / "yangbeam.toml"
    path.write_text(WRITTEN)
    return path


def layers(octets: bytes) -> Iterator[bytes]:
    """Yields octets, and what is packed in them: Beam pickles, compresses and writes in base64, JSON once more."""
    yield octets
    for run in re.findall(rb"[A-Za-z0-9+/]{24,}={0,2}", octets):
        with suppress(binascii.Error):
            inner = base64.b64decode(run, validate=True)
            yield from layers(inner)
            for unpack in (zlib.decompress, bz2.decompress):
                with suppress(zlib.error, OSError, ValueError):
                    yield from layers(unpack(inner))


def everything(octets: bytes) -> bytes:
    return b"\n".join(layers(octets))


def test_the_graph_names_where_secrets_are_and_holds_none(config: Path) -> None:
    found = everything(proto_of(options_of({}), collect_graph(load(config))).SerializeToString())
    assert b"a-name-that-may-be-seen" in found, "the search sees what is packed"
    assert b"KAFKA_PASSWORD" in found
    assert b"key-password" in found
    assert [secret for secret in SECRETS if secret.encode() in found] == []


def test_nothing_in_the_jar_is_a_secret(config: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "server.jar", "w"):
        pass
    jar = make_jar(tmp_path / "server.jar", tmp_path / "job.jar", "job", options_of({}), collect_graph(load(config)))
    with zipfile.ZipFile(jar) as content:
        found = everything(b"\n".join(content.read(name) for name in content.namelist()))
    assert b"a-name-that-may-be-seen" in found
    assert [secret for secret in SECRETS if secret.encode() in found] == []


def test_a_worker_fetches_each_secret_where_it_is_then(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = load(config).as_collect()
    settings = topic_settings(job.sources[0], job)  # type: ignore[arg-type] # the raw topic
    assert not any(secret in repr(settings) for secret in SECRETS)
    monkeypatch.setenv("KAFKA_PASSWORD", "a-newer-one")
    found = resolved(settings.properties)
    assert (found["sasl.password"], found["ssl.key.password"]) == ("a-newer-one", SECRETS[1])
    assert job.kafka is not None
    assert found == job.kafka.client_properties()


def test_a_worker_without_the_secret_says_which_it_lacks(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = load(config).as_collect()
    settings = topic_settings(job.sources[0], job)  # type: ignore[arg-type] # the raw topic
    monkeypatch.delenv("KAFKA_PASSWORD")
    with pytest.raises(ConfigurationError, match="environment variable KAFKA_PASSWORD is not set"):
        resolved(settings.properties)
