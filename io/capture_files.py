"""Reads capture files as if their datagrams arrived now: the capture's clock is the arrival clock."""

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import BinaryIO

from yangbeam.core.collector import MAX_RECORDS, Collector
from yangbeam.core.elements import MessageBatch
from yangbeam.core.errors import ConfigurationError, Fault
from yangbeam.core.expanding import CompressionError, expanded
from yangbeam.core.packets import PacketDecoder
from yangbeam.core.pcap import CaptureError, CaptureParser
from yangbeam.core.reader import END, Poll
from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.udp_notif import UdpNotifSettings

CHUNK = 256 * 1024
"""Octets read at a time: some hundred datagrams, a quarter of the usual batch."""
SECOND_US = 1_000_000
QUIET_HEARTBEATS = 60
"""Heartbeats in a row without traffic; a longer silence (a gap between files, say) is then stepped over in one."""
KEPT_TAIL = 65_536
"""Octets of a cut or damaged place that are kept for its dead letter."""


class CaptureReader:
    """A Reader (core.reader) over capture files, in the order given; bounded, and the same for each run.

    Heartbeats stand at each second of capture time, monotone even where a file's clock steps back. A file that is cut
    short or damaged gives everything before that place, then a ``Refused`` with reason ``capture_cut`` or
    ``capture_damaged``; the next file follows. Delivery: each datagram exactly once per run.

    Not thread-safe; ``poll`` never waits, files being always ready.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        ports: frozenset[int] | None = None,
        shards: int = 1,
        source: str = "capture",
        collector_id: str = "capture",
        settings: UdpNotifSettings | None = None,
        limits: ReassemblyLimits | None = None,
    ) -> None:
        """Looks at every file, reads none.

        Args:
            files: Capture files, pcap or pcapng, as they are or compressed by gzip or Zstandard.
            ports: Destination ports to take; None takes all traffic between user ports (core.packets).
            shards: Number of shards of the run.
            source: Name of the batches' source.
            collector_id: Collector of the heartbeats.
            settings: Of the codec.
            limits: Of reassembly.

        Raises:
            ConfigurationError: A file is not there, or not readable.
            CaptureError: ``not-a-capture``: a file does not begin as a capture does.
        """
        if isinstance(files, str | Path) or not files:
            raise ConfigurationError("capture", "needs a list of capture files, at least one")
        self._sizes = [_look_at(path) for path in files]
        self._files = [*files]
        self._shards = shards
        self._collector = Collector(collector_id, shards=shards, source=source, settings=settings, limits=limits)
        self._packets = PacketDecoder(self._collector.counters, ports)
        self._turns = cycle(range(shards))
        self._started = False
        self._clock_us = 0
        self._newest_us = 0
        self._position = 0
        self._is_stopping = self._ended = False
        self._work: Iterator[None] = self._read_all()

    @property
    def counters(self) -> dict[str, int]:
        """Counters so far: ``datagrams``, COUNTERS of core.udp_notif, PACKET_COUNTERS, ``capture_cut``…."""
        return dict(self._collector.counters)

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:  # noqa: ARG002 – of the protocol
        """Returns the next batch, read until one is full or the files end; then ``END``."""
        while not self._ended and not self._is_full(max_bytes):
            if self._is_stopping:
                self._collector.end(max(self._clock_us, self._newest_us))
                self._ended = True
            else:
                self._ended = next(self._work, True) is True
        for shard in islice(self._turns, self._shards):
            batch = self._collector.take(shard, max_bytes)
            if batch is not None:
                return batch
        return END

    def received(self) -> int:
        """Returns how many messages came of the datagrams so far, whole or refused."""
        return self._collector.given

    def stop(self) -> None:
        """Reads no further; ``poll`` gives what was read, then ``END``."""
        self._is_stopping = True

    def position(self) -> int:
        """Returns the octets read of the files as they lie, of ``size()``."""
        return self._position

    def size(self) -> int:
        """Returns the octets of all files as they were at the start."""
        return sum(self._sizes)

    def close(self) -> None:
        """Stops reading and closes the file; what was read can still be polled."""
        self._work = iter(())
        self._ended = True

    def _is_full(self, max_bytes: int) -> bool:
        collector = self._collector
        return any(
            collector.octets(shard) >= max_bytes or collector.records(shard) >= MAX_RECORDS
            for shard in range(self._shards)
        )

    def _read_all(self) -> Iterator[None]:
        """Reads all files to the end of input, a chunk a step."""
        for path in self._files:
            yield from self._read_file(path)
        self._collector.end(max(self._clock_us, self._newest_us))

    def _read_file(self, path: Path) -> Iterator[None]:
        parser, size = CaptureParser(), path.stat().st_size
        before = self._position
        with path.open("rb") as file:
            try:
                for chunk in expanded(_portions(file), size):
                    self._feed(parser, chunk)
                    self._position = before + file.tell()
                    yield
                self._end_file(path, parser)
            except (CaptureError, CompressionError) as error:
                self._refuse(error, path, parser)
        self._position = before + size
        yield

    def _feed(self, parser: CaptureParser, chunk: bytes) -> None:
        for frame in parser.feed(chunk):
            self._advance(frame.time_us)
            datagram = self._packets.decode(frame)
            if datagram is not None:
                at, exporter, port, collector, collector_port, payload = datagram
                self._collector.datagram(payload, exporter, port, collector, collector_port, at)

    def _advance(self, now_us: int) -> None:
        """Writes the heartbeats that are due before what was captured at ``now_us``."""
        self._newest_us = max(self._newest_us, now_us)
        if not self._started:
            self._started, self._clock_us = True, now_us
            self._collector.heartbeat(now_us)
        due = (now_us - self._clock_us) // SECOND_US
        for number in range(min(due, QUIET_HEARTBEATS)):
            last = number == QUIET_HEARTBEATS - 1
            self._clock_us += (due - number if last else 1) * SECOND_US
            self._collector.heartbeat(self._clock_us)

    def _end_file(self, path: Path, parser: CaptureParser) -> None:
        """Reports a file whose last packet is not whole; an empty file is one without its header."""
        if parser.end() or not parser.position:
            size = len(parser.end())
            detail = f"the last packet is cut short after {size} octets; everything before was read"
            if not parser.position and not size:
                detail = "the file is empty; record it again"
            self._refuse(CaptureError("capture_cut", detail), path, parser)

    def _refuse(self, error: CaptureError | CompressionError, path: Path, parser: CaptureParser) -> None:
        self._collector.refuse(
            error.reason,
            f"{path}: {error.detail}",
            parser.end()[:KEPT_TAIL],
            arrival_us=self._clock_us,
            fault=Fault.ENVIRONMENT,
        )


def _portions(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK), b"")


def _look_at(path: Path) -> int:
    """Returns the size of a file that begins as a capture, as far as it goes."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            head = next(expanded(_portions(file), size), b"")[:4]
        list(CaptureParser().feed(head))
    except OSError as error:
        raise ConfigurationError("capture", f"{path}: {error.strerror}; give readable files") from error
    except (CaptureError, CompressionError) as error:
        reason = "not-a-capture" if isinstance(error, CompressionError) else error.reason
        raise CaptureError(reason, f"{path}: {error.detail}") from error
    return size
