"""`explain`: what it says of simulated routers is pinned; of captures, what their publishers are known to do."""

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.pipeline.commands import capture, run
from tests.shared_data import shared
from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core.elements import MediaType
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.plan import plan

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"
START_US = 1_795_168_810_000_000
HABITS = ("standard", "six-wind", "cisco-xr", "huawei-ma5800", "huawei-ne")


def simulated(path: Path, habit: str) -> Path:
    options = SimulateOptions(
        routers=1, habits=(habit,), rate=20, duration_s=12, loss=0.03, seed=11, truth=path.with_suffix(".truth")
    )
    frames = [
        (delivery.at_us, ethernet(ipv4(udp(datagram, delivery.record.port))))
        for delivery in plan(options, START_US)
        for datagram in delivery.datagrams
    ]
    path.write_bytes(pcap(frames))
    return path


def explained(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> dict[str, Any]:
    assert run("explain", *arguments, "--json") == ExitCode.OK
    sys.stdout.flush()
    found: dict[str, Any] = orjson.loads(capfdbinary.readouterr().out)
    return found


@pytest.mark.parametrize("habit", HABITS)
def test_what_is_said_of_a_simulated_router_is_pinned(
    habit: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    found = explained(capfdbinary, str(simulated(tmp_path / "a.pcap", habit)))
    pinned = GOLDEN / f"{habit}.json"
    assert found == orjson.loads(pinned.read_bytes())


@pytest.mark.parametrize(
    ("name", "transport", "notification"),
    [
        ("6wind-vsr-yang-push-20250304-0811-receiver-json", "node", "node"),
        ("huawei-MA5800T-X17-yang-push-20250306-1330-receiver", "publisher", "publisher+subscription"),
        ("ipf-zbl1243-r-daisy-21-yangpush-20241102-1030", "subscription", "subscription"),
        ("n7-sa1_yang-push", "node", "node"),
    ],
)
def test_captures_are_explained_as_their_publishers_count(
    name: str, transport: str, notification: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (one,) = explained(capfdbinary, str(shared(f"captures/{name}") / "capture.pcap"))["exporters"]
    assert [counter["scope"].split(" = ")[0] for counter in one["counters"]] == [transport, notification]
    assert [counter["missing"] for counter in one["counters"]] == [0, 0]
    for counter in one["counters"]:
        chosen = next(each for each in counter["alternatives"] if counter["scope"].split(" = ")[0] in each["scopes"])
        assert chosen["missing"] == 0
        assert {scope for each in counter["alternatives"] for scope in each["scopes"]} >= {"node", "subscription"}


def test_the_operators_scope_is_named_as_such(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    config = tmp_path / "yangbeam.toml"
    config.write_text('[[loss.scopes]]\nexporter = "0.0.0.0/0"\ntransport = "socket"\n')
    path = simulated(tmp_path / "a.pcap", "six-wind")
    (one,) = explained(capfdbinary, str(path), "--config", str(config))["exporters"]
    assert (one["counters"][0]["state"], one["counters"][0]["scope"]) == ("set", "socket")
    assert one["counters"][1]["state"] != "set"


def test_for_a_person_every_counter_and_subscription_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", str(simulated(tmp_path / "a.pcap", "huawei-ma5800"))) == ExitCode.OK
    text = capfd.readouterr().out
    for words in ("message id: counts by", "sequence number: counts by", "if it counted by", "every", "missing"):
        assert words in text


def test_what_cannot_be_decoded_is_left_out(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = capture(tmp_path / "a.pcap", (MediaType.JSON, b"{not json"), (MediaType.JSON, b"[]"))
    assert explained(capfdbinary, str(path)) == {"exporters": []}


def test_a_file_that_is_not_there_is_the_operators_fault(tmp_path: Path) -> None:
    assert run("explain", str(tmp_path / "none.pcap")) != ExitCode.OK


def test_what_of_a_schema_is_left_to_libyang_is_told_with_the_reason(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = str(simulated(tmp_path / "a.pcap", "standard"))
    config = tmp_path / "c.toml"
    config.write_text("")
    found = explained(capfdbinary, file, "--config", str(config), "--schemas")["schemas"]
    interfaces = next(one for one in found if one["modules"] == ["ietf-interfaces"])
    assert interfaces["engine"] == "compiled"
    assert interfaces["schema_id"] is not None
    assert interfaces["messages"] > 10
    left = interfaces["left_to_libyang"]
    assert all(path.startswith("/ietf-interfaces:interfaces") and why for path, why in left.items())
    assert run("explain", file, "--config", str(config), "--schemas") == ExitCode.OK
    assert b"libyang has the last word" in capfdbinary.readouterr().out
    config.write_text('[validation]\nengine = "libyang"\n')
    found = explained(capfdbinary, file, "--config", str(config), "--schemas")["schemas"]
    assert {one["engine"] for one in found} == {"libyang"}


def test_what_a_schema_is_read_without_is_told(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    case = shared("cases/when-cycle-elsewhere")
    config = tmp_path / "c.toml"
    config.write_text(f'[[schemas.directories]]\npath = "{case / "yang"}"\n')
    found = explained(capfdbinary, str(case / "c.pcap"), "--config", str(config), "--schemas")["schemas"]
    (left,) = next(one["left_out"] for one in found if one["modules"] == ["acme-a"])
    place = "acme-cycle@2024-01-01 line 7, augment /a:a"
    assert left.startswith(f"{place}: When condition cyclic")
    assert run("explain", str(case / "c.pcap"), "--config", str(config), "--schemas") == ExitCode.OK
    assert f"read without {place}".encode() in capfdbinary.readouterr().out


def test_contents_that_no_schema_reads_are_told_with_the_cure(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = str(simulated(tmp_path / "a.pcap", "standard"))
    config = tmp_path / "c.toml"
    config.write_text("[schemas]\nbundled = false\n")
    found = explained(capfdbinary, file, "--config", str(config), "--schemas")["schemas"]
    assert all(one["schema_id"] is None and one["why_none"] for one in found)
