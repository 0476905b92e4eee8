"""Whether the clock of this host can be right: heartbeats, silences and retention count by it."""

from collections.abc import Iterator
from typing import Final

from yangbeam.io.host_clock import is_synchronised, now_s
from yangbeam.pipeline.checking.finding import Finding, ok, problem, unknown
from yangbeam.pipeline.config.file import Config

NAME: Final = "clock"
EARLIEST_S: Final = 1_767_225_600
"""The beginning of 2026 (UTC): this version is younger."""
LATEST_S: Final = 4_102_444_800
"""The beginning of 2100."""


def sane(_: Config) -> Iterator[Finding]:
    """Looks at the year, and asks the kernel whether something keeps its clock right."""
    now = now_s()
    if not EARLIEST_S <= now < LATEST_S:
        yield problem(NAME, f"this host's clock shows {now:.0f} s since 1970", "set it, and let NTP keep it right")
        return
    kept = is_synchronised()
    if kept:
        yield ok(NAME, "this host's clock is synchronised")
    else:
        what = "the kernel does not say" if kept is None else "the kernel says no; in a container the host may do it"
        yield unknown(NAME, f"whether this host's clock is synchronised: {what}")
