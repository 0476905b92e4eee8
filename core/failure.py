"""What an exception means to an operator: one line with cause, place, whose fault and cure, whatever wrapped it.

Beam makes a copy of what a stage raised, with a place in its graph added to the first argument, and a copy forgets what
is not an argument; or it makes a RuntimeError of it. The original is what the copy was made in the handling of.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb
from typing import Final, NamedTuple

from yangbeam.core.errors import Fault, YangbeamError

DEFECT: Final = "defect"
"""Reason of what none of our errors explains."""


_BY_BEAM: Final = re.compile(r" \[while running '[^']*'\]")
"""What a copy has that lost its original: a place in the graph, of no use to an operator."""


class Failure(NamedTuple):
    """A failure in words.

    Attributes:
        text: The one line; foreign text in it is not escaped yet (``core.shown_text``).
        fault: Whose it is.
        error: What it was made of, unwrapped.
    """

    text: str
    fault: Fault
    error: BaseException


def failure_of(error: BaseException) -> Failure:
    """Returns what an exception means: one of ours, the system's, or a defect of yangbeam."""
    original = unwrapped(error)
    if isinstance(original, YangbeamError):
        return Failure(_BY_BEAM.sub("", str(original)), original.fault, original)
    if isinstance(original, OSError) and original.errno is not None:
        return Failure(_of_system(original), Fault.ENVIRONMENT, original)
    if isinstance(original, MemoryError):
        said = "there is no memory left; give the process more, or lower the limits of [beam] and of the sources"
        return Failure(f"{said} [no-memory; {Fault.ENVIRONMENT}]", Fault.ENVIRONMENT, original)
    return Failure(_of_defect(original), Fault.COLLECTOR, original)


def unwrapped(error: BaseException) -> BaseException:
    """Returns what was raised, without the copies that Beam made of it."""
    return next(each for each in _chain(error) if not _is_copy(each))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yields an exception and what each was raised in the handling of, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__context__


def _is_copy(error: BaseException) -> bool:
    """Whether Beam made it (``apache_beam.runners.common``, ``_reraise_augmented``), and what it copied is known."""
    return getattr(error, "_tagged_with_step", False) and error.__context__ is not None


def _of_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename is not None else ""
    return f"{where}{error.strerror}; see that the place is there and has room and rights [system; {Fault.ENVIRONMENT}]"


def _of_defect(error: BaseException) -> str:
    said = str(error)
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return (
        f"{what}, raised {_place(error)}; this is a defect of yangbeam: run it again with --debug and report the "
        f"traceback [{DEFECT}; {Fault.COLLECTOR}]"
    )


def _place(error: BaseException) -> str:
    """Returns where it was raised: the innermost line of ours, else the innermost one."""
    frames = extract_tb(error.__traceback__)
    if not frames:
        return "nowhere"
    ours = [frame for frame in frames if _is_ours(frame.filename)]
    frame = (ours or frames)[-1]
    path = Path(frame.filename)
    return f"in {path.parent.name}/{path.name} line {frame.lineno}"


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _FOLDERS


_ROOT: Final = Path(__file__).resolve().parent.parent
_FOLDERS: Final = ("core", "io", "pipeline", "registry", "runners", "simulator", "transforms")
