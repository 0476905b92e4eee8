"""The whole graph on Beam's local runners: messages per CPU-second, latency from socket to sink, and memory over time.

Run: ``./dev bench graph`` (two minutes), or ``python benchmarks/graph.py --soak 600`` for the long memory run.
One-interface push-updates (22 leaves), validated by libyang, contents too. CPU is
that of the whole process, all threads, Beam's and DuckDB's included; live runs add the receiver process.
"""

import yangbeam.transforms  # noqa: F401 # first: keeps the small talk of Beam out of the log

# isort: split
import argparse
import resource
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from apache_beam.options.pipeline_options import PipelineOptions

from yangbeam.core.elements import EndOfInput, Message, MessageBatch
from yangbeam.core.reader import END, Poll
from yangbeam.io.duckdb_tables import close_tables
from yangbeam.io.json_lines import WriteJsonLines, close_below
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.edges import readers_of, sinks_of, telemetry_lines
from yangbeam.pipeline.graph import Sinks, build
from yangbeam.pipeline.view.status import STATUS
from yangbeam.pipeline.view.status_sink import status_sinks
from yangbeam.runners.direct import run
from yangbeam.runners.memory import batches_carried
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.send import start
from yangbeam.transforms.handoff import Handoff

BATCH = 2000
_JSON = "application/yang-data+json"


def payload(number: int, interfaces: int = 1) -> bytes:
    """Returns an envelope push-update of interfaces with 22 leaves each; of one some 1,000 octets in all."""
    statistics: dict[str, Any] = {"discontinuity-time": "2026-11-01T00:00:00Z"}
    statistics |= {name: str(4712128852136459333 + number + at) for at, name in enumerate(_COUNTERS64)}
    statistics |= {name: (number + at) % 1000 for at, name in enumerate(_COUNTERS32)}
    entries = [_interface(at, statistics) for at in range(interfaces)]
    contents = {"ietf-interfaces:interfaces": {"interface": entries}}
    update = {
        "id": 1011,
        "ietf-distributed-notif:message-publisher-id": 1,
        "ietf-yp-observation:timestamp": _time(number),
        "ietf-yp-observation:point-in-time": "current-accounting",
        "datastore-contents": contents,
    }
    body = {"ietf-yang-push:push-update": update}
    head = {"event-time": _time(number), "hostname": "router-1", "sequence-number": number, "contents": body}
    return orjson.dumps({"ietf-yp-notification:envelope": head})


def _interface(at: int, statistics: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"eth{at}",
        "type": "iana-if-type:ethernetCsmacd",
        "admin-status": "up",
        "oper-status": "up",
        "last-change": "2026-11-01T00:00:00Z",
        "if-index": at + 1,
        "phys-address": "00:00:5e:00:53:01",
        "speed": "10000000000",
        "statistics": statistics,
    }


_COUNTERS64 = tuple(
    f"{way}-{what}" for way in ("in", "out") for what in ("octets", "unicast-pkts", "broadcast-pkts", "multicast-pkts")
)
_COUNTERS32 = ("in-discards", "in-errors", "in-unknown-protos", "out-discards", "out-errors")


def _time(number: int) -> str:
    seconds, micros = divmod(number * 100, 1_000_000)
    return f"2026-11-20T10:{seconds // 60 % 60:02}:{seconds % 60:02}.{micros:06}Z"


class Memory:
    """A Reader over messages that were made before the clock starts."""

    def __init__(self, count: int, interfaces: int = 1) -> None:
        """Makes ``count`` messages of one exporter and one subscription."""
        at = 1_795_168_810_000_000
        self.batches = []
        for ordinal, first in enumerate(range(0, count, BATCH)):
            messages = [
                Message("192.0.2.10", 50000, 1, number, at + number * 50, _JSON, payload(number, interfaces))
                for number in range(first, min(first + BATCH, count))
            ]
            self.batches.append(MessageBatch(messages=messages, ordinal=ordinal, source="memory"))
        self.batches.append(MessageBatch(messages=[], controls=[EndOfInput(0, at + count * 50)], source="memory"))

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        """Returns the next batch."""
        del max_bytes, max_wait_s
        return self.batches.pop(0) if self.batches else END

    def position(self) -> int:
        """Returns nothing of interest."""
        return 0

    def close(self) -> None:
        """Has nothing to close."""


def config_of(out: Path, **settings: Any) -> Config:
    return load(None, {("out",): str(out)} | {tuple(name.split("__")): value for name, value in settings.items()})


def cpu_s(*, children: bool = False) -> float:
    who = [resource.RUSAGE_SELF] + ([resource.RUSAGE_CHILDREN] if children else [])
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))


def bounded(
    count: int,
    *,
    tables: bool,
    kafka: str | None = None,
    validate: bool = True,
    interfaces: int = 1,
    engine: str = "auto",
) -> float:
    """Returns messages per CPU-second of a bounded run."""
    with tempfile.TemporaryDirectory() as folder:
        settings: dict[str, Any] = {"tables__enabled": tables, "validation__enabled": validate}
        settings["validation__engine"] = engine
        if kafka is not None:
            settings |= {"kafka__bootstrap": kafka, "files__enabled": False}
        config = config_of(Path(folder), **settings)
        readers = [Memory(count, interfaces)]
        graph = partial(build, stages=stages_of(config), sinks=sinks_of(config, status_sinks()))
        STATUS.clear()
        before = cpu_s()
        with batches_carried():
            run(graph, Handoff(readers), live=False, options=PipelineOptions([]))
        spent = cpu_s() - before
        counts = STATUS.snapshot().counts
        assert counts.get("validated" if validate else "marked:unvalidated") == count, counts
        close_tables(Path(config.tables.path))
        close_below(folder)
    return count / spent


def plain(count: int) -> float:
    """Returns messages per CPU-second of a bare loop: parse, judge the contents, wrap, write a line; no Beam."""
    with tempfile.TemporaryDirectory() as folder:
        schemas = stages_of(config_of(Path(folder))).schemas
        schema = schemas.schema(schemas.resolve("192.0.2.10", None, frozenset({"ietf-interfaces"})))
        batches = Memory(count).batches[:-1]
        before = cpu_s()
        with (Path(folder) / "lines").open("wb") as lines:
            for message in (message for batch in batches for message in batch.messages):
                envelope = orjson.loads(message.payload)["ietf-yp-notification:envelope"]
                contents = envelope["contents"]["ietf-yang-push:push-update"]["datastore-contents"]
                schema.judge(orjson.dumps(contents), contents)
                lines.write(b'{"exporter":"%s","payload":%s}\n' % (message.exporter.encode(), message.payload))
        return count / (cpu_s() - before)


class Latencies:
    """Lines of a batch, and how old each message is when its line is written."""

    def __call__(self, batch: Any) -> Iterator[bytes]:
        """Yields the lines, then notes the ages."""
        yield from telemetry_lines(batch)
        now = time.time()
        _LATENCIES.extend(now - record.arrival_us / 1e6 for record in batch.records)


_LATENCIES: deque[float] = deque(maxlen=100_000)


def live(rate: int, seconds: float, *, tables: bool = False) -> dict[str, float]:
    """Returns latency percentiles in milliseconds, loss and CPU of a live run at ``rate`` messages a second."""
    with tempfile.TemporaryDirectory() as folder:
        config = config_of(
            Path(folder), tables__enabled=tables, sources=[{"kind": "udp-notif", "port": 0}], files__enabled=False
        )
        readers = readers_of(config)
        host, port = readers[0].addresses[0]  # type: ignore[attr-defined] # an UdpReader
        sinks = sinks_of(config, status_sinks())
        measured = WriteJsonLines(Path(folder) / "telemetry.jsonl", Latencies(), "files")
        ends = Sinks({"Files": measured}, sinks.tables, sinks.loss, sinks.dead_letters, sinks.totals)
        handoff = Handoff(readers)
        options = SimulateOptions(
            target=f"{host}:{port}", routers=1, habits=("standard",), rate=rate, duration_s=seconds, fast=True,
            subscriptions=1, segment_size=9000,
        )  # fmt: skip
        _LATENCIES.clear()
        STATUS.clear()

        def traffic() -> None:
            process = start(options)
            process.join()
            time.sleep(1)
            handoff.stop()

        threading.Thread(target=traffic, daemon=True).start()
        before = cpu_s()
        with batches_carried():
            run(partial(build, stages=stages_of(config), sinks=ends), handoff, live=True, options=PipelineOptions([]))
        spent = cpu_s() - before
        for reader in readers:
            reader.close()
        close_tables(Path(config.tables.path))
        close_below(folder)
        snapshot = STATUS.snapshot()
        counters, delivered = snapshot.datagrams(), snapshot.counts.get("delivered:files", 0)
    late = sorted(_LATENCIES)
    at = {name: late[int(len(late) * share)] * 1000 for name, share in (("p50", 0.5), ("p99", 0.99))}
    drops = counters.get("kernel_drops", 0) + counters.get("ring_drops", 0)
    return at | {"messages": delivered, "dropped": drops, "per_cpu_s": delivered / spent}


def soak(seconds: float) -> None:
    """Prints resident memory each ten seconds of a live run at 5,000 messages a second."""

    def watch() -> None:
        while True:
            status = Path("/proc/self/status").read_text(encoding="ascii")
            resident = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
            print(f"{time.strftime('%H:%M:%S')} {int(resident) // 1024} MB", flush=True)
            time.sleep(10)

    threading.Thread(target=watch, daemon=True).start()
    print(live(5000, seconds, tables=True))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--soak", type=float, default=0.0)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    if chosen.soak:
        soak(chosen.soak)
        return
    bounded(20_000, tables=False)  # warm: imports, schema, coders
    print(f"payload: {len(payload(1))} octets, batches of {BATCH}")
    print(f"a bare loop, libyang:          {plain(50_000):,.0f} messages/CPU-s")
    print(f"bounded, files, no validation: {bounded(chosen.count, tables=False, validate=False):,.0f} messages/CPU-s")
    print(f"bounded, files:                {bounded(chosen.count, tables=False):,.0f} messages/CPU-s")
    print(f"bounded, files and DuckDB:     {bounded(chosen.count, tables=True):,.0f} messages/CPU-s")
    for rate in (2000, 15_000):
        print(f"live at {rate}/s: {live(rate, 20)}")


if __name__ == "__main__":
    # By its module name: Beam would pickle what stands in __main__ by value, and the latencies would go into a copy.
    import graph

    graph.main()
