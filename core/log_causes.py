"""Which lines of a talkative library are worth showing: one for each cause and minute, with how many it stands for."""

import re
from dataclasses import dataclass, field
from typing import Final

EVERY_S: Final = 60.0
"""Between two lines of one cause."""
MOST_CAUSES: Final = 256
"""Causes remembered; the one that was shown longest ago is forgotten first."""
MAX_LINE: Final = 400
"""Characters of a line."""

_THREAD: Final = re.compile(r"^(?:\[[^\]]*\]:? *)+")
"""Where librdkafka's line came from: ``[thrd:127.0.0.1:9/bootstrap]:``."""
_VARIABLE: Final = re.compile(r"\(.*\)|\b\d+(?:\.\d+)?(?=\s*(?:ms\b|s\b|in-flight|in-queue|requests?\b|out of))")
"""What differs between lines of one cause: times, counts, what is in brackets."""


@dataclass(slots=True)
class _Cause:
    shown_s: float
    held: int = 0


@dataclass(slots=True)
class LogCauses:
    """What was shown lately."""

    _causes: dict[str, _Cause] = field(default_factory=dict)

    def line(self, facility: str, text: str, now_s: float) -> str | None:
        """Returns the line to show, or None where its cause was shown within EVERY_S.

        Args:
            facility: librdkafka's word for what the line is about: ``FAIL``, ``TERMINATE``.
            text: The line.
            now_s: Seconds, monotonic.
        """
        said = " ".join(_THREAD.sub("", text).split())[:MAX_LINE]
        key = f"{facility}:{_VARIABLE.sub('', said)}"
        known = self._causes.get(key)
        if known is not None and now_s - known.shown_s < EVERY_S:
            known.held += 1
            return None
        held = known.held if known is not None else 0
        self._causes.pop(key, None)
        self._causes[key] = _Cause(now_s)
        if len(self._causes) > MOST_CAUSES:
            del self._causes[next(iter(self._causes))]
        return f"{said} (and {held:,} more like it since)" if held else said
