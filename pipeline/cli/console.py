"""How the commands speak: results on standard output, everything else on standard error, failures in one line."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from rich.console import Console
from typer.exceptions import TyperException

from yangbeam.core.errors import Fault
from yangbeam.core.failure import failure_of
from yangbeam.core.log_line import ERROR, INFO, WARNING, log_line
from yangbeam.core.shown_text import shown, shown_json
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.exit_codes import OF_FAULT, ExitCode
from yangbeam.pipeline.logs import chosen, traceback_of
from yangbeam.pipeline.view.console import TextConsole

_STYLES: Final = {INFO: "", WARNING: "yellow", ERROR: "red"}
_LEVELS: Final[dict[Any, str]] = {style: level for level, style in _STYLES.items()}


class _JsonConsole(TextConsole):
    """Standard error for programs: each line that is printed is a record of the log."""

    def print(self, *objects: Any, style: Any = None, **_: Any) -> None:
        """Prints a line; its style says how bad it is."""
        message = " ".join(map(str, objects))
        line = log_line(time.time(), _LEVELS.get(style, INFO), "yangbeam", message, as_json=True)
        self.file.write(line + "\n")


UNCUT: Final = 100_000
"""Columns of what is no terminal: more than any line has; tables are as wide as what they hold."""


def output() -> Console:
    """Returns the console of results; what is piped is never cut to the width of a terminal."""
    console = TextConsole(highlight=False)
    return console if console.is_terminal else TextConsole(highlight=False, width=UNCUT)


def messages() -> Console:
    """Returns the console of everything else: words, or JSON lines where they were chosen (``--log json``)."""
    if chosen().as_json:
        return _JsonConsole(stderr=True, force_terminal=False)
    return TextConsole(stderr=True, highlight=False, soft_wrap=True)


def say(what: str, level: str = INFO) -> None:
    """Prints one line on standard error."""
    messages().print(what, style=_STYLES[level])


def warn(what: str) -> None:
    """Prints what the operator should look at."""
    say(what if chosen().as_json else f"warning: {what}", WARNING)


def fail(what: str) -> None:
    """Prints what ended the command."""
    say(what if chosen().as_json else f"Error: {what}", ERROR)


def print_json(document: bytes) -> None:
    """Prints a result for programs, on one line or several, without a control character that acts on a terminal."""
    sys.stdout.buffer.write(shown_json(document) + b"\n")


def print_line(text: str) -> None:
    """Prints a result for people, on one line of any length."""
    sys.stdout.buffer.write(shown(text).encode() + b"\n")


@contextmanager
def reporting() -> Iterator[None]:
    """Turns whatever ends a command into words on standard error, and its fault into the exit code."""
    try:
        yield
    except (typer.Exit, KeyboardInterrupt):
        raise
    except BrokenPipeError:
        # The reader (head, say) has seen enough. Python would complain once more when it flushes at exit.
        sys.stdout = None  # as the interpreter itself does when there is no output
        raise typer.Exit(0) from None
    except TyperException as error:
        fail(_usage(error))
        raise typer.Exit(ExitCode.USAGE) from None
    except Exception as error:  # noqa: BLE001 # whatever it is: no traceback reaches who did not ask for it
        raise typer.Exit(_told(error)) from None


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "yangbeam"
    said = error.format_message().rstrip(".").replace(": Value error, ", ": ")  # pydantic's own words
    return f"{said}; see `{command} --help` [usage; {Fault.CONFIGURATION}]"


def _told(error: Exception) -> int:
    failure = failure_of(error)
    if isinstance(failure.error, InvalidConfigurationError):
        head, *problems = str(failure.error).split("\n")
        for line in (head, *problems) if len(problems) > 1 and not chosen().as_json else problems:
            say(line, ERROR)
    else:
        fail(failure.text)
    if chosen().debug:
        sys.stderr.write(traceback_of(error))
    return OF_FAULT[failure.fault]
