"""What processes hold while they run: memory, threads and descriptors of a process and its children, from /proc."""

import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import linear_regression
from typing import Final, Literal, NamedTuple, Self

EVERY_S: Final = 2.0
WARM: Final = 0.4
"""Part of the samples that is left out of a slope: caches fill, schemas are compiled, allocators settle."""
SECONDS: Final = 600
"""A slope is per ten minutes."""
MEBIBYTE: Final = 1 << 20


class Sample(NamedTuple):
    """What a process and its children held at one moment; ``at_s`` is on the monotonic clock."""

    at_s: float
    octets: int
    threads: int
    descriptors: int


class Watched(threading.Thread):
    """Samples a process and its children every two seconds while it is entered.

    Args:
        pid: The process.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(name=f"watching-{pid}", daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.samples: list[Sample] = []

    def run(self) -> None:
        """Samples until it is left."""
        while not self._over.is_set():
            self.samples.append(sample(time.monotonic(), family(self._pid)))
            self._over.wait(EVERY_S)

    def __enter__(self) -> Self:
        """Begins."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends."""
        self._over.set()
        self.join()


class Growth(NamedTuple):
    """How much more was held at the end than after the warm-up."""

    mebibytes_per_10_min: float
    peak_mebibytes: float
    threads: int
    descriptors: int


def growth(samples: Sequence[Sample]) -> Growth:
    """Returns the slope of the memory, and the difference of threads and descriptors, after the warm-up.

    Raises:
        ValueError: There are fewer than four samples after it.

    >>> growth([Sample(at * 60.0, at << 20, 5, 9) for at in range(20)])
    Growth(mebibytes_per_10_min=10.0, peak_mebibytes=19.0, threads=0, descriptors=0)
    """
    warm = [one for one in samples[int(len(samples) * WARM) :] if one.octets]
    if len(warm) < 4:
        raise ValueError(f"{len(samples)} samples say nothing of growth")
    slope = linear_regression([one.at_s for one in warm], [one.octets / MEBIBYTE for one in warm]).slope
    half = len(warm) // 2
    return Growth(
        round(slope * SECONDS, 2),
        round(max(one.octets for one in samples) / MEBIBYTE, 1),
        _rise([one.threads for one in warm], half),
        _rise([one.descriptors for one in warm], half),
    )


def _rise(counts: Sequence[int], half: int) -> int:
    """Returns by how much the most of the later half is above the most of the earlier one."""
    return max(0, max(counts[half:]) - max(counts[:half]))


def sample(at_s: float, pids: Iterable[int | Literal["self"]]) -> Sample:
    """Returns what processes hold together; those that are gone hold nothing."""
    octets = threads = descriptors = 0
    for pid in pids:
        place = Path(f"/proc/{pid}")
        try:
            fields = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines() if ":" in line)
            octets += int(fields["VmRSS"].split()[0]) << 10
            threads += int(fields["Threads"])
            descriptors += len(list((place / "fd").iterdir()))
        except (OSError, KeyError):
            continue
    return Sample(at_s, octets, threads, descriptors)


def family(pid: int) -> list[int]:
    """Returns a process and all that descend from it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found
