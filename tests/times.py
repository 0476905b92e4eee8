"""What each test file took, set-up and tear-down included: printed below the results, the longest first."""

from collections import Counter

import pytest

SHOWN_S = 1.0
"""Files below it share one line."""


class Times:
    """Adds up the seconds of a run by file; a plugin of pytest."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment] # seconds

    def lines(self) -> list[str]:
        """Returns the table."""
        ranked = self._seconds.most_common()
        shown = [(seconds, file) for file, seconds in ranked if seconds >= SHOWN_S]
        rest = [seconds for _, seconds in ranked if seconds < SHOWN_S]
        shown += [(sum(rest), f"{len(rest)} files of less than {SHOWN_S:.0f} s each")] if rest else []
        return [f"{seconds:8.1f}s  {file}" for seconds, file in shown]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._seconds:
            terminalreporter.section("seconds by file")
            for line in self.lines():
                terminalreporter.write_line(line)
