"""Real router traffic through the whole graph, from capture to report, under both policies.

The golden reports pin how many messages are validated, delivered and dead, by reason. Vendor modules are not among the
bundled ones, so that most contents cannot be validated; what can be is, and lands in its table.
"""

import json
from pathlib import Path

import orjson
import pytest

from tests.shared_data import shared
from yangbeam.runners.launch import main

GOLDEN = Path(__file__).parents[1] / "golden" / "captures"
CAPTURES = {
    "huawei-ne40e": ("ipf-zbl1243-r-daisy-21-yangpush-20241102-1030", 924, 539),
    "cisco-xr": ("n7-sa1_yang-push", 40, 4),
    "six-wind": ("6wind-vsr-yang-push-20250304-0811-receiver-json", 73, 62),
    "huawei-ma5800t": ("huawei-MA5800T-X17-yang-push-20250306-1330-receiver", 486, 109),
}


def reported(name: str, out: Path, *options: str) -> dict[str, object]:
    capture = shared(f"captures/{CAPTURES[name][0]}/capture.pcap")
    code = main(["run", "--capture", str(capture), "--out", str(out), "--view", "off", *options])
    assert code == 0
    report: dict[str, object] = orjson.loads((out / "report.json").read_bytes())
    return report


@pytest.mark.parametrize("policy", ["reject", "pass-and-mark"])
@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_comes_to_its_golden_report(name: str, policy: str, tmp_path: Path) -> None:
    report = reported(name, tmp_path, "--policy", policy)
    assert {outside["state"] for outside in report.pop("outside")} == {"reached"}  # type: ignore[attr-defined]
    assert report == json.loads((GOLDEN / f"{name}.{policy}.json").read_text())


@pytest.mark.parametrize("name", CAPTURES)
def test_every_datagram_and_message_is_received_and_no_loss_is_reported(name: str, tmp_path: Path) -> None:
    _, datagrams, messages = CAPTURES[name]
    report = reported(name, tmp_path)
    assert report["datagrams"]["received"] == datagrams  # type: ignore[index]
    assert report["messages"]["decoded"] == messages  # type: ignore[index]
    assert report["loss"] == {"transport": [], "notification": []}
    assert report["balanced"] is True


def test_several_captures_in_one_run_add_up(tmp_path: Path) -> None:
    files = [str(shared(f"captures/{CAPTURES[name][0]}/capture.pcap")) for name in ("cisco-xr", "six-wind")]
    assert main(["run", "--capture", *files, "--out", str(tmp_path), "--view", "off"]) == 0
    report = orjson.loads((tmp_path / "report.json").read_bytes())
    assert report["messages"]["decoded"] == 66


def test_what_is_delivered_and_what_is_dead_make_up_the_capture(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[validation]\nunknown = "reject"\naccept = []\n')
    reported("huawei-ma5800t", tmp_path, "--config", str(tmp_path / "c.toml"))
    delivered = (tmp_path / "telemetry.jsonl").read_bytes().splitlines()
    dead = (tmp_path / "dead-letters.jsonl").read_bytes().splitlines()
    assert (len(delivered), len(dead)) == (6, 103)
    letters = [orjson.loads(line) for line in dead]
    assert {letter["reason"] for letter in letters} == {"invalid-contents", "module-missing"}
    assert all(letter["path"] and letter["schema_id"] for letter in letters)


def test_messages_whose_augmentations_nobody_has_reach_the_tables_without_them(tmp_path: Path) -> None:
    report = reported("huawei-ma5800t", tmp_path)
    assert report["messages"]["validated"] == 109  # type: ignore[index]
    assert report["pruned"]["messages"] == 103  # type: ignore[index]
    assert report["tables"] == {"ietf_interfaces__interfaces_state__interface": 708}


def test_a_folder_of_captures_is_scored_capture_by_capture(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["corpus", str(shared("cases/capture-frames-silent"))]) == 0
    assert capfdbinary.readouterr().out.decode().splitlines() == [
        "c.pcap: 2 messages, 2 decoded, 2 bound, 2 validated, 0 pruned, 2 delivered, 0 dead",
        "old-block.pcapng: 1 messages, 1 decoded, 1 bound, 1 validated, 0 pruned, 1 delivered, 0 dead",
        "2 captures: 3 messages, 3 decoded, 3 bound, 3 validated, 0 pruned, 3 delivered, 0 dead",
    ]
