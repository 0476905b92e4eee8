"""The command line with a database that never answers: run as a script, with the command's arguments."""

import sys
import threading
from typing import Any

from yangbeam.pipeline.logs import on_standard_error
from yangbeam.runners.launch import main


def _never(*_: Any) -> Any:
    sys.stdout.write("hangs\n")  # the test waits for it
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    with on_standard_error():  # as the command does, before Beam is loaded
        from yangbeam.io import duckdb_tables
        from yangbeam.runners import hard_stop
    hard_stop.CLOSE_S = 0.5  # type: ignore[misc]
    duckdb_tables._arrow = _never
    sys.exit(main())
