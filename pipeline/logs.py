"""What reaches standard error beside a command's own words: warnings and errors of the log, one line each.

No traceback, unless ``--debug`` asked for it; no warning of a library to its programmers; nothing that native code
prints when the process ends.
"""

import atexit
import faulthandler
import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from yangbeam.core.errors import YangbeamError
from yangbeam.core.failure import failure_of, unwrapped
from yangbeam.core.log_line import DEBUG_CHOSEN, ERROR, JSON_CHOSEN, WARNING, log_line
from yangbeam.core.shown_text import shown_lines
from yangbeam.core.small_talk import is_small_talk

BEAM: Final = "apache_beam"
"""Logger that tells of bundles, attempts and tasks, with tracebacks in its words; what ended the run is said by the
command at its end, once and unwrapped."""

_NATIVE: Final = {"GRPC_VERBOSITY": "NONE", "GLOG_minloglevel": "3", "ABSL_MIN_LOG_LEVEL": "3"}
"""Environment that keeps gRPC and absl from writing to standard error by themselves."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was asked for on the command line, or by the environment.

    Attributes:
        as_json: JSON lines instead of words.
        debug: Tracebacks as well.
    """

    as_json: bool = False
    debug: bool = False


def chosen() -> Chosen:
    """Returns how this process logs; processes that it starts inherit it."""
    return Chosen(os.environ.get(JSON_CHOSEN) == "json", bool(os.environ.get(DEBUG_CHOSEN)))


def choose(wanted: Chosen) -> None:
    """Says how this process and those that it starts log."""
    for name, value in ((JSON_CHOSEN, "json" if wanted.as_json else ""), (DEBUG_CHOSEN, "1" if wanted.debug else "")):
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)


def traceback_of(error: BaseException) -> str:
    """Returns the whole traceback, for whoever asked for it; its lines are ours, what stands in them may be foreign."""
    return shown_lines("".join(traceback.format_exception(error)))


class _StandardError(logging.Handler):
    """Writes to what standard error is now: the live view puts something else in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        how = chosen()
        error = record.exc_info[1] if record.exc_info else None
        message = record.getMessage()
        if error is not None and not how.debug:
            message = f"{message.splitlines()[0] if message else ''}: {failure_of(error).text}"
        told = traceback_of(error) if error is not None and how.debug else ""
        level = ERROR if record.levelno >= logging.ERROR else WARNING
        _write(log_line(record.created, level, record.name, message, as_json=how.as_json, traceback=told))


def _write(line: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(line + "\n")


def is_of_use(record: logging.LogRecord) -> bool:
    """Tells whether a record is for the operator.

    An error that ends the run is not: the command prints it at its end, in words.
    """
    if chosen().debug:
        return True
    if record.name.startswith(BEAM) or is_small_talk(record):
        return False
    error = record.exc_info[1] if record.exc_info else None
    return error is None or not isinstance(unwrapped(error), YangbeamError)


@contextmanager
def on_standard_error() -> Iterator[None]:
    """Shows warnings and errors on standard error until it is left; within another one it changes nothing."""
    root = logging.getLogger()
    if any(isinstance(handler, _StandardError) for handler in root.handlers):
        yield
        return
    handler = _StandardError(logging.WARNING)
    handler.addFilter(is_of_use)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def quiet_process(*, debug: bool) -> None:
    """Keeps what libraries print by themselves off standard error, for the life of this process.

    Call it first. Of Python: warnings, and what threads and finalizers raise, which goes to the log. Of native code:
    what gRPC and absl say, and what bindings list as leaked once Python has ended.

    Args:
        debug: They may say it all.
    """
    threading.excepthook = _of_thread
    if debug:
        return
    sys.unraisablehook = lambda _: None
    for name, value in _NATIVE.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    atexit.register(_close_standard_error)  # registered first, so that it runs last


def _of_thread(failed: Any) -> None:
    if failed.exc_value is not None and failed.exc_type is not SystemExit:
        name = failed.thread.name if failed.thread is not None else "thread"
        logging.getLogger("yangbeam").error("%s ended", name, exc_info=failed.exc_value)


def _close_standard_error() -> None:
    faulthandler.disable()
    try:
        sys.stderr.flush()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
    except (OSError, ValueError, AttributeError):
        return  # it is closed already
