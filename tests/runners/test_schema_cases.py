"""Cases from the field of modules that fight each other or are not whole: what their messages come to."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.builders import payload
from tests.libyang_release import TAKES_REPLACED_CONFIG
from tests.shared_data import shared
from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core.elements import MediaType
from yangbeam.core.udp_notif import segments_of
from yangbeam.runners.launch import main


def run(case: str, out: Path) -> dict[str, Any]:
    folder = shared(f"cases/{case}")
    modules = ["--yang", str(folder / "yang")]
    assert main(["run", "--capture", str(folder / "c.pcap"), *modules, "--out", str(out), "--view", "off"]) == 0
    report: dict[str, Any] = orjson.loads((out / "report.json").read_bytes())
    assert report["balanced"] is True
    return report


@pytest.mark.parametrize(
    ("case", "delivered", "dead", "quirks"),
    [
        (
            "deviation-elsewhere",
            3,
            {"module-missing": 1},
            []
            if TAKES_REPLACED_CONFIG
            else [
                (
                    "acme-sn-deviations@2024-01-01",
                    2,
                    "deviation /sn:subscriptions/sn:subscription/sn:stop-time",
                    'Invalid deviation replacing "config" property',
                )
            ],
        ),
        ("directory-not-closed", 3, {"module-missing": 1}, []),
        (
            "when-cycle-elsewhere",
            3,
            {"module-missing": 1},
            [("acme-cycle@2024-01-01", 7, "augment /a:a", "When condition cyclic dependency")],
        ),
        ("annotation-modules", 3, {}, []),
        ("bom-in-module", 2, {}, []),
    ],
)
def test_modules_that_are_not_whole_cost_no_message_that_does_not_need_them(
    tmp_path: Path, case: str, delivered: int, dead: dict[str, int], quirks: list[tuple[str, int, str, str]]
) -> None:
    report = run(case, tmp_path)
    assert (report["messages"]["delivered"], report["dead_letters"]) == (delivered, dead)
    told = [(each["module"], each["line"], each["statement"]) for each in report["quirks"]]
    assert told[: len(quirks)] == [each[:3] for each in quirks]
    assert all(words in each["words"] for (*_, words), each in zip(quirks, report["quirks"], strict=False))


def test_the_report_names_all_modules_that_are_missing_and_one_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = {f"acme-{name}:x": {"y": 1} for name in ("b", "a", "c")}
    (datagram,) = segments_of(payload(1, contents), media_type=MediaType.JSON, publisher_id=1, message_id=1)
    (tmp_path / "c.pcap").write_bytes(pcap([(1_795_168_800_000_000, ethernet(ipv4(udp(datagram))))]))
    out = tmp_path / "out"
    assert main(["run", "--capture", str(tmp_path / "c.pcap"), "--out", str(out), "--view", "off"]) == 0
    (cause,) = orjson.loads((out / "report.json").read_bytes())["causes"]
    assert (cause["cause"], cause["modules"]) == ("module-missing", ["acme-a", "acme-b", "acme-c"])
    said = "modules acme-a, acme-b and acme-c are not there · 1 · yours: add them to --yang DIR [module-missing]"
    assert said in capsys.readouterr().out
    letter = orjson.loads((out / "dead-letters.jsonl").read_bytes())
    assert (letter["module"], letter["also"]) == ("acme-a", ["acme-b", "acme-c"])
    assert letter["cure"] == "Add them to --yang DIR."
    assert "also missing: acme-b, acme-c" in letter["detail"]
