"""Who is asked for their YANG, as an operator writes it."""

import pickle
from pathlib import Path

import pytest

from tests.pipeline.configurations import Write
from yangbeam.pipeline.assembly import registry_of
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.nodes import discovery_of

TEXT = """
[[schemas.nodes]]
exporter = "192.0.2.0/24"
username = "telemetry"
password = { env = "NODE_PASSWORD" }
known_hosts = "hosts"
release = "vendor/xr/7.9"
[[schemas.nodes]]
exporter = "192.0.2.7"
address = "198.51.100.7"
port = 22
key = "id"
[[schemas.nodes]]
exporter = "203.0.113.0/24"
netconf = false
[discovery]
share = "never"
modules = "needed"
sessions = 2
requests = 8
limit_s = 60.0
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_PASSWORD", "hunter2-hunter2")
    for name in ("hosts", "id"):
        (tmp_path / name).write_text("")


@pytest.mark.usefixtures("files")
def test_nodes_are_asked_as_written(written: Write, tmp_path: Path) -> None:
    settings = discovery_of(load(written(TEXT)))
    assert settings is not None
    one, other = settings.access("192.0.2.1"), settings.access("192.0.2.7")
    assert one is not None
    assert other is not None
    target = settings.target(one, "192.0.2.1")
    assert (target.host, target.port, target.username, target.password) == (
        "192.0.2.1",
        830,
        "telemetry",
        "hunter2-hunter2",
    )
    assert target.known_hosts == str(tmp_path / "hosts")
    target = settings.target(other, "192.0.2.7")
    assert (target.host, target.port, target.key_file) == ("198.51.100.7", 22, str(tmp_path / "id"))
    assert settings.access("203.0.113.1") is None
    assert (settings.sharing, settings.everything, settings.limits.sessions, settings.limits.depth) == (
        "never",
        False,
        2,
        8,
    )
    assert settings.cache.name == "modules"


@pytest.mark.usefixtures("files")
def test_the_registry_s_handle_travels_and_holds_no_secret(written: Write) -> None:
    handle = registry_of(load(written(TEXT)))
    assert handle.releases == (("192.0.2.0/24", "vendor/xr/7.9"),)
    assert pickle.loads(pickle.dumps(handle)) == handle
    assert hash(pickle.loads(pickle.dumps(handle))) == hash(handle)
    assert b"hunter2" not in pickle.dumps(handle)
    assert "hunter2" not in repr(handle)


def test_without_nodes_nobody_is_asked(written: Write) -> None:
    assert discovery_of(load(written(""))) is None
    assert discovery_of(load(written('[[schemas.nodes]]\nexporter = "192.0.2.0/24"\nnetconf = false\n'))) is None


def test_one_address_is_not_that_of_many_nodes(written: Write) -> None:
    text = '[[schemas.nodes]]\nexporter = "192.0.2.0/24"\naddress = "198.51.100.7"\n'
    with pytest.raises(InvalidConfigurationError, match="has many nodes"):
        load(written(text))


def test_a_password_must_not_stand_in_the_file(written: Write) -> None:
    text = '[[schemas.nodes]]\nexporter = "192.0.2.0/24"\npassword = "hunter2-hunter2"\n'
    with pytest.raises(InvalidConfigurationError, match="a secret must not stand") as caught:
        load(written(text))
    assert "hunter2" not in str(caught.value)
