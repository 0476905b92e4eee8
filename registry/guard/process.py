"""The process that compiles foreign YANG: it gives itself limits, and whoever started it ends it beyond them.

Started as ``python -m``; jobs come on its standard input, and what it says goes to its standard output.
"""

import os
import resource
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.costs import TOO_COSTLY
from yangbeam.core.yang.libyang_context import LibyangContext, is_starved
from yangbeam.core.yang.salvage import salvaged
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.tree import Node
from yangbeam.io.temporary_folders import temporary_folder
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.formats import yang_update
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.guard.frames import BASE, HEAD, Job, Salvaged, Told, framed, read_exactly
from yangbeam.registry.guard.trial import LibyangTrial

STALE: Final = 0.5
"""Of the memory that is allowed: a process that took more is not used again."""


def main() -> None:
    """Works on jobs until the input ends; a job that is beyond its limits ends the process."""
    answers = os.dup(1)
    os.dup2(2, 1)  # nothing that a library prints may get between the frames
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while len(head := read_exactly(0, HEAD)) == HEAD:
        job = msgspec.msgpack.decode(read_exactly(0, int.from_bytes(head, "big")), type=Job)
        _limit(job)
        told = _done(job, lambda told: _send(answers, framed(told)))
        is_spent = told.reason == TOO_COSTLY or _peak() > STALE * job.memory_bytes
        _send(answers, framed(msgspec.structs.replace(told, is_spent=is_spent)))
        if is_spent:
            return


def _peak() -> int:
    """Returns the most octets that this process had; ``getrusage`` would begin with those of who started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def _send(answers: int, octets: bytes) -> None:
    view = memoryview(octets)
    while view:
        view = view[os.write(answers, view) :]


def _limit(job: Job) -> None:
    """Lets the kernel end this process beyond its time, and refuse it memory beyond that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + job.cpu_s + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    resource.setrlimit(resource.RLIMIT_DATA, (job.memory_bytes, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _done(job: Job, tell: Callable[[Told], object]) -> Told:
    try:
        return Told(result=_JOBS[job.kind](job, tell))
    except MemoryError:
        return Told(reason=TOO_COSTLY, detail="memory")
    except RecursionError:
        return Told(reason=TOO_COSTLY, detail="nesting")
    except SchemaError as error:
        if is_starved(error.detail):
            return Told(reason=TOO_COSTLY, detail="memory")
        return Told(reason=error.reason, detail=error.detail)


def _compile(job: Job, tell: Callable[[Told], object]) -> bytes:
    schema_set = job.schema_set()
    with temporary_folder() as folder:
        directory = write_set(schema_set, folder)
        if job.stepwise:
            LibyangContext(schema_set, directory, at=lambda name: tell(Told(at=name))).close()
            return b""
        with Schema(schema_set, directory) as schema:
            tops = (*schema.tree.data.values(), *schema.tree.notifications.values())
            count = sum(_count(node) for node in tops)
    if count > job.nodes:
        raise SchemaError(TOO_COSTLY, f"{count:,} nodes")
    return b""


def _salvage(job: Job, tell: Callable[[Told], object]) -> bytes:
    given = job.schema_set()

    def at(names: Sequence[str]) -> None:
        _limit(job)  # of each attempt
        tell(Told(at=",".join(names) or BASE))

    with (
        temporary_folder() as folder,
        LibyangTrial(folder, at, longest_s=job.longest_s) as trial,
    ):
        found = salvaged(given, trial, largest=job.largest, costly=job.costly)
    return msgspec.msgpack.encode(Salvaged.of(found, given))


def _count(node: Node) -> int:
    return 1 + sum(_count(below) for below in node.children.values())


def _update(job: Job, _: Any) -> bytes:
    new, old, backwards = msgspec.msgpack.decode(job.argument, type=tuple[Parsed, Parsed, bool])
    return msgspec.msgpack.encode(yang_update.update(new, old, backwards=backwards))


def _syntax(job: Job, _: Any) -> bytes:
    yang_update.check_syntax(*msgspec.msgpack.decode(job.argument, type=tuple[str, str]))
    return b""


def _normalised(job: Job, _: Any) -> bytes:
    text = yang_update.normalised(*msgspec.msgpack.decode(job.argument, type=tuple[str, str]))
    return msgspec.msgpack.encode(text)


_JOBS: Final[Mapping[str, Callable[[Job, Any], bytes]]] = {
    "compile": _compile,
    "salvage": _salvage,
    "update": _update,
    "syntax": _syntax,
    "normalised": _normalised,
}

if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        os._exit(3)  # beyond its limit; another exception is a defect, and ends with 1
