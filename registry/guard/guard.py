"""Has foreign YANG judged in processes of their own, which are ended where it costs more than it may.

What the guard has found cheap may be compiled by whoever needs it: a libyang context cannot leave its process. The
processes are kept for the next job; of a job that costs too much the last words are the module it was at.
"""

import select
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.yang.costs import TOO_COSTLY, CostLimits, too_costly
from yangbeam.core.yang.schema_set import Leeway, SchemaSet
from yangbeam.io.temporary_folders import sweep
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.formats.yang_update import Update
from yangbeam.registry.guard.frames import BASE, HEAD, Job, Salvaged, Told, framed, read_exactly

PROCESSES: Final = 2
"""Jobs at the same time: a set that costs much holds up no other one alone."""
MAX_WAITING: Final = 32
"""Jobs under way and waiting at most; who asks beyond that is to ask again."""
REMEMBERED: Final = 4_096
"""Verdicts on sets that are remembered, by digest; the oldest go first."""
SALVAGED: Final = 64
"""Sets that were salvaged and are remembered, with their texts."""
ATTEMPTS: Final = 4
"""To salvage a set of which some costs too much: with all, one by one, without the first, with none."""
SALVAGE_CPU_S: Final = 40.0
"""Of all attempts on one set; what was not tried by then is left out."""
NAMING_CPU_S: Final = 5
"""Of finding out which module of a set it is that costs too much: the one that is being compiled after so long."""
VERDICT_CPU_S: Final = 120
"""Of comparing two whole sets beside the requests: pyang takes half a minute for a large one."""


@lru_cache(4)
def guard_of(limits: CostLimits) -> "Guard":
    """Returns the one guard of this process with such limits."""
    return Guard(limits, PROCESSES)


class Guard:
    """Judges schema sets and texts; to be used by any thread. No process runs before the first job.

    Args:
        limits: What one job may cost.
        processes: Jobs at the same time at most.
    """

    def __init__(self, limits: CostLimits | None = None, processes: int = 1) -> None:
        self.limits = limits or CostLimits()
        self._turns = threading.Semaphore(processes)
        self._lock = threading.Lock()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._busy: set[subprocess.Popen[bytes]] = set()
        self._waiting = 0
        self._is_closed = False
        self._verdicts: OrderedDict[str, SchemaError | None] = OrderedDict()
        self._salvaged: OrderedDict[str, SchemaSet] = OrderedDict()

    def compiles(self, schema_set: SchemaSet) -> None:
        """Judges a set, once for its content; blocks until it is judged.

        Raises:
            SchemaError: ``schema-invalid``, in libyang's words; ``schema-too-costly``, with the module.
            SchemaPendingError: too much waits, or the guard is closed.
        """
        with self._lock:
            is_known, known = schema_set.digest in self._verdicts, self._verdicts.get(schema_set.digest)
        if not is_known:
            known = self._judged(schema_set)
            with self._lock:
                self._verdicts[schema_set.digest] = known
                if len(self._verdicts) > REMEMBERED:
                    self._verdicts.popitem(last=False)
        if known is not None:
            raise known.anew()

    def _judged(self, schema_set: SchemaSet) -> SchemaError | None:
        job = self._job(
            "compile",
            texts=tuple(module.text for module in schema_set.modules),
            implemented=schema_set.implemented,
            features=dict(schema_set.features),
        )
        told, _ = self._work(job)
        if told.reason == TOO_COSTLY:
            _, at = self._work(msgspec.structs.replace(job, stepwise=True, cpu_s=min(NAMING_CPU_S, job.cpu_s)))
            return too_costly(told.detail, at, self.limits)
        return SchemaError(told.reason, told.detail) if told.reason else None

    def salvaged(self, schema_set: SchemaSet) -> SchemaSet:
        """Returns what of a set compiles; see ``core.yang.salvage``. What costs too much, or ends libyang, is left out.

        Raises:
            SchemaError: ``schema-invalid``, ``schema-too-costly``: of what the contents need.
            SchemaPendingError: as ``compiles``.
        """
        with self._lock:
            known = self._salvaged.get(schema_set.digest)
        if known is None:
            known = self._salvage(schema_set)
            with self._lock:
                self._salvaged[schema_set.digest] = known
                if len(self._salvaged) > SALVAGED:
                    self._salvaged.popitem(last=False)
        return known

    def _salvage(self, schema_set: SchemaSet) -> SchemaSet:
        leeway = schema_set.leeway or Leeway()
        job = self._job(
            "salvage",
            texts=tuple(module.text for module in schema_set.modules),
            implemented=schema_set.implemented,
            features=dict(schema_set.features),
            longest_s=SALVAGE_CPU_S,
            leeway=(leeway.contents, leeway.notifications, tuple(text.text for text in leeway.ours)),
        )
        for attempt in range(ATTEMPTS):
            told, at = self._work(job)
            if told.reason != TOO_COSTLY:
                break
            if at in ("", BASE):
                raise too_costly(told.detail, "", self.limits)
            named = frozenset(at.split(","))
            if attempt == ATTEMPTS - 2:  # the last: without all that may be left out
                named = frozenset(name for name, _ in schema_set.implemented)
            is_sure = len(named) == 1 or attempt == ATTEMPTS - 2
            job = msgspec.structs.replace(job, largest=1, costly=job.costly | named if is_sure else job.costly)
        if told.reason:
            raise SchemaError(told.reason, told.detail)
        return msgspec.msgpack.decode(told.result, type=Salvaged).schema_set(schema_set)

    def update(self, new: Parsed, old: Parsed, *, backwards: bool = False, patient: bool = False) -> Update:
        """Compares two schemas; see ``yang_update.update``. Patient: it may take VERDICT_CPU_S."""
        argument = msgspec.msgpack.encode((new, old, backwards))
        job = self._job("update", argument=argument)
        if patient:
            job = msgspec.structs.replace(job, cpu_s=max(VERDICT_CPU_S, job.cpu_s))
        return msgspec.msgpack.decode(self._asked(job, ""), type=Update)

    def check_syntax(self, text: str, name: str) -> None:
        """Parses a text alone; see ``yang_update.check_syntax``."""
        self._asked(self._job("syntax", argument=msgspec.msgpack.encode((text, name))), name)

    def normalised(self, text: str, name: str) -> str:
        """Prints a module in canonical order; see ``yang_update.normalised``."""
        job = self._job("normalised", argument=msgspec.msgpack.encode((text, name)))
        return msgspec.msgpack.decode(self._asked(job, name), type=str)

    def _asked(self, job: Job, name: str) -> bytes:
        told, _ = self._work(job)
        if told.reason == TOO_COSTLY:
            raise too_costly(told.detail, name, self.limits)
        if told.reason:
            raise SchemaError(told.reason, told.detail)
        return told.result

    def _job(self, kind: str, **what: object) -> Job:
        limits = self.limits
        return msgspec.structs.replace(Job(kind, limits.cpu_s, limits.memory_bytes, limits.nodes), **what)

    def _work(self, job: Job) -> tuple[Told, str]:
        """Has a process do a job; returns its last word, and the module that it was at."""
        with self._lock:
            if self._is_closed or self._waiting >= MAX_WAITING:
                raise SchemaPendingError("schema-pending", "too many schemas wait for being compiled: ask again")
            self._waiting += 1
        try:
            with self._turns:
                process = self._taken()
                try:
                    told, at = self._talked(process, job)
                finally:
                    self._left(process)
        finally:
            with self._lock:
                self._waiting -= 1
        return told, at

    def _talked(self, process: subprocess.Popen[bytes], job: Job) -> tuple[Told, str]:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        until = time.monotonic() + max(self.limits.wall_s, 3.0 * job.cpu_s, 4.0 * job.longest_s)
        at = ""
        try:
            process.stdin.write(framed(job))
            process.stdin.flush()
            while True:
                told = _told(process.stdout.fileno(), until)
                if told is None:
                    break
                if told.is_spent:
                    process.kill()
                    process.wait()
                if not told.at:
                    return told, at
                at = told.at
        except OSError:  # it is gone
            pass
        process.kill()
        if self._is_closed:
            raise SchemaPendingError("schema-pending", "the process ends: ask again")
        died = process.wait()
        if died == 1:  # an exception that it did not expect
            raise RuntimeError("the process that compiles schemas failed: run `yangbeam check`, or install it again")
        why = f"{self.limits.wall_s:g} s of time" if time.monotonic() >= until else _DEATHS.get(-died, "memory")
        return Told(reason=TOO_COSTLY, detail=why), at

    def _taken(self) -> subprocess.Popen[bytes]:
        with self._lock:
            process = None
            while self._idle and process is None:
                found = self._idle.pop()
                if found.poll() is None:
                    process = found
                else:
                    _end(found)
            if process is None:
                process = subprocess.Popen(  # this interpreter and a module of ours
                    [sys.executable, "-P", "-m", "yangbeam.registry.guard.process"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # a terminal's interrupt is for whoever started it
                )
            self._busy.add(process)
            return process

    def _left(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._busy.discard(process)
            if process.poll() is None and not self._is_closed:
                self._idle.append(process)
                return
        _end(process)

    def is_busy(self) -> bool:
        """Whether a process is at work."""
        with self._lock:
            return bool(self._busy)

    def close(self) -> None:
        """Ends the processes, whatever they do; who waits for one is to ask again."""
        with self._lock:
            self._is_closed = True
            for process in self._busy:
                process.kill()
            idle, self._idle = self._idle, []
        for process in idle:
            _end(process)


def _told(source: int, until: float) -> Told | None:
    """Returns what a process says; None: it ended, or the time did."""
    left = until - time.monotonic()
    if left <= 0 or not select.select([source], [], [], left)[0]:
        return None
    head = read_exactly(source, HEAD)
    if len(head) < HEAD:
        return None
    octets = read_exactly(source, int.from_bytes(head, "big"))
    try:
        return msgspec.msgpack.decode(octets, type=Told)
    except msgspec.DecodeError:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # what it was not told any more
                pipe.close()
    sweep()  # it may have been ended within a job


_DEATHS: Final[Mapping[int, str]] = {signal.SIGXCPU: "seconds of CPU"}
"""Signal → what was exceeded; a process that dies otherwise was refused memory."""
