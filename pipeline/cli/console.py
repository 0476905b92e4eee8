"""How the commands speak: results on standard output, everything else on standard error, errors with their cure."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console

from yangbeam.core.errors import YangbeamError
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.exit_codes import OF_FAULT

_BY_BEAM: Final = re.compile(r" \[while running '[^']*'\]")
"""What Beam adds to the last argument of every error: a place in the graph, of no use to an operator."""


def output() -> Console:
    """Returns the console of results."""
    return Console(highlight=False)


def messages() -> Console:
    """Returns the console of everything else."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def reporting() -> Iterator[None]:
    """Turns an expected error into words on standard error, and its fault into the exit code."""
    try:
        yield
    except InvalidConfigurationError as error:
        messages().print(str(error), style="red", markup=False)
        raise typer.Exit(OF_FAULT[error.fault]) from None
    except YangbeamError as error:
        messages().print(f"Error: {_BY_BEAM.sub('', str(error))}", style="red", markup=False)
        raise typer.Exit(OF_FAULT[error.fault]) from None
    except BrokenPipeError:
        # The reader (head, say) has seen enough. Python would complain once more when it flushes at exit.
        sys.stdout = None  # as the interpreter itself does when there is no output
        raise typer.Exit(0) from None
