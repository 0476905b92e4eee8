"""`yangbeam registry`: closed unless it listens on loopback, accounts by reference, ended by a signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.pipeline.commands import run
from tests.waiting import PATIENCE_S
from yangbeam.pipeline.cli import registry as command
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.registry.refusals import RefusedError
from yangbeam.registry.service.auth import Role

ACCOUNTS = """
[registry_server]
host = "0.0.0.0"
port = 0
[[registry_server.accounts]]
name = "writer"
password = { env = "REGISTRY_TEST_PASSWORD" }
role = "write"
[[registry_server.accounts]]
token = { file = "token" }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "yangbeam.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('host = "0.0.0.0"', "can be reached from elsewhere, and there are no accounts"),
        ('host = "registry.example.net"', "can be reached from elsewhere"),
        ('anonymous = "read"', "nobody could register"),
        ('[[registry_server.accounts]]\nname = "a"', "a name with a password, or a token"),
        ('[[registry_server.accounts]]\ntoken = "abc"', "must not stand in this file"),
        ('[[registry_server.accounts]]\nname = "a:b"\npassword = { env = "PATH" }', "no colon"),
        ('[registry_server.tls]\ncertificate_file = "c.pem"\nkey_file = "k.pem"', "there is no file"),
        ('subject_prefix = "a/b"', "subject_prefix"),
    ],
)
def test_what_is_open_or_odd_is_refused_before_anything_starts(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InvalidConfigurationError, match=what):
        load(written(tmp_path, f"[registry_server]\n{text}\n"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_loopback_needs_no_accounts(tmp_path: Path, host: str) -> None:
    assert load(written(tmp_path, f'[registry_server]\nhost = "{host}"\n')).registry_server.accounts == ()


def test_open_to_everybody_only_by_the_operators_own_word(tmp_path: Path) -> None:
    text = '[registry_server]\nhost = "0.0.0.0"\nanonymous = "write"\n'
    assert load(written(tmp_path, text)).registry_server.anonymous == "write"


def test_accounts_are_those_of_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_TEST_PASSWORD", "hush")
    (tmp_path / "token").write_text("tell-nobody\n")
    auth = command._auth(load(written(tmp_path, ACCOUNTS)).registry_server)
    auth.check("Bearer tell-nobody", Role.READ)
    auth.check("Basic d3JpdGVyOmh1c2g=", Role.WRITE)
    for said, needed in (("Bearer tell-nobody", Role.WRITE), ("Bearer hush", Role.READ), (None, Role.READ)):
        with pytest.raises(RefusedError) as caught:
            auth.check(said, needed)
        assert "hush" not in str(caught.value)
    assert not auth.is_open


def test_a_secret_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigurationError, match="REGISTRY_TEST_PASSWORD is not set"):
        load(written(tmp_path, ACCOUNTS))


@pytest.mark.parametrize("listen", ["127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000"])
def test_an_address_that_is_none_is_a_mistake_of_usage(
    listen: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("registry", "--listen", listen, "--path", str(tmp_path / "r")) == ExitCode.USAGE
    assert "--listen" in capsys.readouterr().err


def test_a_port_that_is_taken_is_the_environments_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from yangbeam.registry.service.serve import bind

    taken = bind("127.0.0.1", 0)
    taken.listen()
    with taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        assert run("registry", "--listen", listen, "--path", str(tmp_path / "r")) == ExitCode.ENVIRONMENT
    assert "free it or choose another" in capsys.readouterr().err


def test_it_serves_what_it_was_told_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: list[Any] = []
    (tmp_path / "a.yang").write_text("module a { namespace urn:a; prefix a; }")
    monkeypatch.setattr("yangbeam.registry.service.serve.serve", lambda *given: served.append(given))
    arguments = ("--listen", "[::1]:0", "--path", str(tmp_path / "r.sqlite"), "--yang", str(tmp_path))
    assert run("registry", *arguments) == ExitCode.OK
    ((app, bound, tls),) = served
    assert bound.getsockname()[0] == "::1"
    assert tls is None
    assert app.state.service.registrar.store.path == tmp_path / "r.sqlite"
    assert "at http://[::1]:" in capsys.readouterr().err
    bound.close()


@pytest.mark.integration
def test_a_registry_of_its_own_ends_in_order_when_it_is_told_to(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("yangbeam")), "registry"]
    started = subprocess.Popen(
        [*command, "--listen", "127.0.0.1:0", "--path", str(tmp_path / "r")], stderr=subprocess.PIPE, text=True
    )
    try:
        assert started.stderr is not None
        line = next(line for line in started.stderr if " at http" in line)
        url = line.split()[-1]
        body = {"schema": '"int"'}
        assert httpx.post(f"{url}/subjects/s/versions", json=body, timeout=PATIENCE_S).json()["id"] == 1
        os.kill(started.pid, signal.SIGTERM)
        assert started.wait(PATIENCE_S) == 0
        assert "ended" in started.stderr.read()
    finally:
        if started.poll() is None:
            started.kill()
        started.wait()
        if started.stderr is not None:
            started.stderr.close()
