"""One line of the log: when, how bad, who says it, what. For people, or as JSON; by every process in the same form."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from yangbeam.core.shown_text import shown, shown_json, shown_lines

INFO: Final = "info"
WARNING: Final = "warning"
ERROR: Final = "error"

JSON_CHOSEN: Final = "YANGBEAM_LOG"
"""Environment variable; ``json`` there means JSON lines. The command sets it for the processes that it starts."""
DEBUG_CHOSEN: Final = "YANGBEAM_DEBUG"
"""Environment variable; anything there means that tracebacks are wanted."""


def log_line(now_s: float, level: str, source: str, message: str, *, as_json: bool, traceback: str = "") -> str:
    r"""Returns a record as a line, without its line feed; a traceback follows on lines of its own, or as a member.

    Args:
        now_s: Seconds since the Unix epoch.
        level: ``info``, ``warning`` or ``error``.
        source: Who says it.
        message: What; foreign text may stand in it.
        as_json: One JSON object instead of words.
        traceback: Of what went wrong, for whoever asked for it.

    >>> log_line(0.5, "warning", "kafka", "no broker\n\x1b[2J", as_json=False)
    '1970-01-01T00:00:00.500Z WARNING kafka: no broker\\n\\x1b[2J'
    """
    moment = datetime.fromtimestamp(now_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if as_json:
        record = {"time": moment, "level": level, "source": source, "message": _encodable(message)}
        record |= {"traceback": _encodable(traceback)} if traceback else {}
        return shown_json(msgspec.json.encode(record)).decode()
    line = f"{moment} {level.upper()} {shown(source)}: {shown(message)}"
    return f"{line}\n{shown_lines(traceback.rstrip())}" if traceback else line


def _encodable(text: str) -> str:
    """Returns text without halves of characters, which JSON in UTF-8 cannot have."""
    return text.encode(errors="backslashreplace").decode()
