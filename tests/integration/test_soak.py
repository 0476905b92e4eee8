"""The soak in short: half a minute of good and hostile traffic against one process, and against production.

Every good message is delivered, no attack is, and the ledgers balance. Nothing is timed, and no slope is judged: that
is for an hour (`./dev soak --minutes 60`).
"""

from pathlib import Path

import pytest

from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.runners.soak.__main__ import main

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("only", ["run", "production"])
def test_good_messages_arrive_and_ledgers_balance_among_attackers(tmp_path: Path, only: str) -> None:
    arguments = ["--minutes", "0.5", "--only", only, "--out", str(tmp_path / "soak")]
    assert main(arguments) == ExitCode.OK
