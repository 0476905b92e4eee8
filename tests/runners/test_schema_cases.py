"""Cases from the field of modules that fight each other or are not whole: what their messages come to."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.shared_data import shared
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
            [
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
