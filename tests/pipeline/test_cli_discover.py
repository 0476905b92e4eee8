"""`discover`: what a simulated router is found to have, and what is said of one that cannot be asked."""

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.pipeline.commands import run
from tests.registry.discovery.nodes import THINGS
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.simulator.netconf.equipment import equipment
from yangbeam.simulator.netconf.faults import NetconfFaults
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, NetconfOptions, NetconfServers

ADDRESS = "127.0.1.1"


@pytest.fixture
def faults() -> NetconfFaults:
    return NetconfFaults(missing=0.5, seed=1)


@pytest.fixture
def servers(faults: NetconfFaults) -> Iterator[NetconfServers]:
    options = NetconfOptions(faults=faults)
    with NetconfServers({ADDRESS: equipment(THINGS, "c4d9e3f1")}, options) as running:
        yield running


@pytest.fixture
def configuration(tmp_path: Path, servers: NetconfServers) -> Path:
    (tmp_path / "hosts").write_text(servers.known_hosts())
    (tmp_path / "password").write_text(PASSWORD)
    path = tmp_path / "yangbeam.toml"
    path.write_text(
        f"""
[[schemas.nodes]]
exporter = "127.0.1.0/24"
port = {servers.port}
username = "{USERNAME}"
password = {{ file = "password" }}
known_hosts = "hosts"
"""
    )
    return path


def test_a_node_is_asked_and_told(configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("discover", ADDRESS, "--config", str(configuration), "--json") == ExitCode.OK
    sys.stdout.flush()
    found = orjson.loads(capfdbinary.readouterr().out)
    assert (found["library"], found["content_id"], found["implemented"]) == ("rfc8525", "c4d9e3f1", 4)
    assert found["modules"].keys() == {"things", "types", "augmenting", "unrelated"}
    assert found["texts"] + len(found["refused"]) == 4
    assert found["refused"]
    assert all("no schema" in why for why in found["refused"].values())
    assert found["transports"] == {"udp-notif": ["encode-json", "encode-xml"]}
    assert found["minimum_period_cs"] == 100


def test_what_is_found_is_kept_and_shown_to_a_person(
    configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("discover", ADDRESS, "-c", str(configuration)) == ExitCode.OK
    sys.stdout.flush()
    shown = capfdbinary.readouterr()
    assert b"content_id: c4d9e3f1" in shown.out
    assert b"refused" in shown.err
    assert list((configuration.parent / "yangbeam-out" / "modules").rglob("*.yang"))


def test_who_is_not_configured_is_not_asked(configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("discover", "192.0.2.1", "-c", str(configuration)) == ExitCode.USAGE
    assert b"[[schemas.nodes]]" in capfdbinary.readouterr().err


def test_a_node_that_cannot_be_reached_is_the_environment_s(
    configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("discover", "127.0.1.9", "-c", str(configuration)) == ExitCode.ENVIRONMENT
    assert b"cannot reach 127.0.1.9" in b" ".join(capfdbinary.readouterr().err.split())


@pytest.mark.parametrize("faults", [NetconfFaults(missing=1)])
def test_a_node_that_gives_nothing_ends_with_an_exit_code_and_the_reason(
    configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("discover", ADDRESS, "-c", str(configuration)) == ExitCode.FAILED
    told = b" ".join(capfdbinary.readouterr().err.split())
    assert b"gave none of its 4 modules: " in told
    assert b"no schema" in told


@pytest.mark.parametrize("faults", [NetconfFaults(undated=1)])
def test_what_was_taken_as_it_was_is_told_in_a_line(
    configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("discover", ADDRESS, "-c", str(configuration), "--json") == ExitCode.OK
    sys.stdout.flush()
    found = orjson.loads(capfdbinary.readouterr().out)
    assert (found["texts"], found["refused"], len(found["quirks"])) == (4, {}, 4)
    assert "the text of things@2026-01-01 names no revision: it is taken for that one" in found["quirks"]
