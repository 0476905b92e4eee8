"""The demo of production: routers to `receive` to Kafka to `collect` on Flink to Kafka to `ingest` to tables.

On the servers of ``./dev up all``. In the middle of it a TaskManager is killed. It holds when every message of the raw
topic is in the telemetry topic or accounted for by the ledger, and what was published is in the tables once.
"""

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # not in its __all__
from rich.console import Console
from rich.table import Table

from yangbeam.core.errors import YangbeamError
from yangbeam.core.totals import count_of
from yangbeam.pipeline.cli.console import fail, messages, output
from yangbeam.pipeline.collect import collect_graph
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.launching import FlinkStart
from yangbeam.pipeline.logs import quiet_process
from yangbeam.runners.demo import login
from yangbeam.runners.demo_topics import PATIENCE_S, Topics
from yangbeam.runners.flink import launch
from yangbeam.runners.flink_rest import Flink
from yangbeam.runners.servers.__main__ import flink as development_flink
from yangbeam.runners.servers.__main__ import kafka as development_kafka
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.kafka import LARGEST_RECORD, KafkaServer
from yangbeam.runners.servers.processes import ServerError, free_ports, wait_until
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.send import run_routers
from yangbeam.simulator.truth import read_truth

SECONDS: Final = 30.0
SHARDS: Final = 4
TRUTH: Final = "truth.jsonl"
DATA: Final = "ietf_interfaces__interfaces__interface"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        lines: (what, wanted, found); equal when the demo holds.
        facts: What else is worth a line.
    """

    lines: list[tuple[str, int, int]]
    facts: list[tuple[str, str]]

    @property
    def holds(self) -> bool:
        """Whether every line is equal."""
        return all(wanted == found for _, wanted, found in self.lines)


def demo(out: Path, seconds: float = SECONDS) -> Outcome:
    """Runs the demo into a folder of its own and returns what came of it.

    Raises:
        ServerError: The servers are not up.
        YangbeamError: One of the three jobs failed.
    """
    kafka, cluster = _servers()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    out = out.absolute()
    (port,), (netconf_port,) = free_ports(1, socket.SOCK_DGRAM), free_ports(1)
    network = _network(out, port, netconf_port, seconds)
    path = _configured(out, kafka, cluster, port, login(out, [network]))
    config = load(path)
    _make_topics(kafka, config)
    topics = Topics(kafka.properties(), config)
    with _receiving(path, out), _collecting(config, cluster) as (rest, job):
        routers = run_routers(network)
        _until_midway(topics, rest, job)
        _say("killing a TaskManager")
        cluster.task_managers[0].kill()
        cluster.start_task_manager(0)
        routers.wait_until_sent()
        _until(lambda: rest.checkpoints(job).restored > 0, "the job was not restored", topics)
        sent = sum(record.sent for record in read_truth(out / TRUTH))
        _until(lambda: topics.is_settled(sent), "not everything that was sent has been accounted for", topics)
        routers.stop()
        restored = rest.checkpoints(job)
        rest.stop(job, cluster.savepoints)
    topics.read()  # what the job still wrote while it was stopped
    _say("ingesting what was published")
    _run("ingest", "--config", str(path), "--view", "off")
    return _outcome(topics, config, restored.restored, restored.octets)


def _until(ready: Callable[[], bool], what: str, topics: Topics | None = None) -> None:
    """Waits as long as anything moves: how fast the machine is decides nothing."""
    wait_until(ready, PATIENCE_S, what, progress=topics.seen if topics else lambda: None)


def _until_midway(topics: Topics, rest: Flink, job: str) -> None:
    """Waits until a checkpoint holds some of the traffic, and more of it is under way."""
    _until(topics.is_under_way, "nothing is published", topics)
    before = rest.checkpoints(job).completed
    _until(lambda: rest.checkpoints(job).completed > before, "no checkpoint is completed", topics)
    _until(topics.is_under_way, "nothing is under way", topics)


def _servers() -> tuple[KafkaServer, FlinkCluster]:
    kafka, cluster = development_kafka(), development_flink()
    if not (all(process.alive() for process in kafka.processes) and cluster.slots()):
        raise ServerError("servers", "Kafka or Flink is not up; run ./dev up all")
    return kafka, cluster


def _network(out: Path, port: int, netconf_port: int, seconds: float) -> SimulateOptions:
    return SimulateOptions(
        target=f"127.0.0.1:{port}",
        duration_s=seconds,
        seed=7,
        netconf_port=netconf_port,
        netconf_key=out / "host-key",
        routers=4,
        habits=("standard", "six-wind", "cisco-xr", "huawei-ne"),
        rate=100,
        interfaces=4,
        loss=0.01,
        duplicate=0.01,
        invalid=0.005,
        truth=out / TRUTH,
    )


def _configured(out: Path, kafka: KafkaServer, cluster: FlinkCluster, port: int, nodes: dict[str, Any]) -> Path:
    """Writes the one configuration of all three jobs; topics of its own, so that demos do not meet."""
    run = uuid.uuid4().hex[:8]
    topics = ("raw", "telemetry", "loss", "ledger", "dead_letters")
    path = out / "yangbeam.toml"
    path.write_text(
        "\n".join(
            [
                f'out = "{out}"',
                "[[sources]]",
                f'kind = "udp-notif"\nhost = "127.0.0.1"\nport = {port}',
                "[[schemas.nodes]]",
                *(f"{key} = {_toml(value)}" for key, value in nodes.items()),
                "[kafka]",
                f'bootstrap = "{kafka.bootstrap()}"',
                "[kafka.topics]",
                *(f'{kind} = "demo-{run}-{kind.replace("_", "-")}"' for kind in topics),
                "[dead_letters]",
                'kind = "kafka"',
                "[receive]",
                f"shards = {SHARDS}",
                "[collect]",
                'start = "earliest"\ngroups = 2',
                "[ingest]",
                'start = "earliest"\nend = "latest"',
                "[flink]",
                f'url = "{cluster.url}"\nparallelism = 2\ncheckpoint_interval_s = 2.0',
            ]
        )
    )
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str | Path) else str(value).lower()


def _make_topics(kafka: KafkaServer, config: Config) -> None:
    assert config.kafka is not None  # noqa: S101 # we have written it
    names = config.kafka.topics
    ours = [(names.raw, SHARDS), *((name, 1) for name in (names.telemetry, names.loss, names.ledger))]
    ours += [(name, 1) for name in (names.dead_letters, f"{names.loss}-ingest", f"{names.ledger}-ingest")]
    admin = AdminClient({**kafka.properties()})
    size = {"max.message.bytes": str(LARGEST_RECORD)}
    made = admin.create_topics([NewTopic(name, count, replication_factor=1, config=size) for name, count in ours])
    for future in made.values():
        future.result(PATIENCE_S)


@contextlib.contextmanager
def _receiving(path: Path, out: Path) -> Iterator[None]:
    log = out / "receive.log"
    with log.open("wb") as file:
        process = subprocess.Popen(_command("receive", "--config", str(path)), stderr=file, stdout=file)  # noqa: S603
    try:
        _until(lambda: "listening" in log.read_text() or process.poll() is not None, "receive is silent")
        if process.poll() is not None:
            raise ServerError("receive", f"receive ended:\n{log.read_text()}")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


@contextlib.contextmanager
def _collecting(config: Config, cluster: FlinkCluster) -> Iterator[tuple[Flink, str]]:
    rest = Flink(cluster.url)
    _say(launch(config.flink, collect_graph(config), FlinkStart()))
    job = next(job.id for job in rest.jobs() if job.name.startswith(config.flink.name) and job.state == "RUNNING")
    try:
        _until(lambda: rest.is_running(job), "the job does not run")
        _until(lambda: rest.checkpoints(job).completed > 0, "the job has no checkpoint")
        yield rest, job
    finally:
        rest.cancel(job)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "yangbeam.runners.launch", *arguments]


def _run(*arguments: str) -> None:
    ran = subprocess.run(_command(*arguments), capture_output=True, text=True, check=False)  # noqa: S603 # our own
    if ran.returncode:
        raise ServerError(arguments[0], f"{arguments[0]} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")


def _outcome(topics: Topics, config: Config, restored: int, octets: int) -> Outcome:
    counts = topics.counts()
    line = topics.line()
    written = topics.published()
    ingested = orjson.loads(config.as_ingest().status.report.read_bytes())["messages"]
    with duckdb.connect(str(config.tables.path), read_only=True) as tables:
        rows = tables.execute(f"SELECT count(*), count(DISTINCT node) FROM {DATA}").fetchone() or (0, 0)  # noqa: S608
    lines = [
        ("messages in the raw topic, and what the ledger received", topics.raw_messages(), line.received),
        ("received, and accounted for by the ledger", line.received, line.accounted),
        ("delivered by the ledger, and different messages in the telemetry topic", line.delivered, len(written)),
        ("exporters whose ledger does not balance", 0, len(topics.unbalanced())),
        ("published with every copy, and received by ingest", sum(written.values()), ingested["received"]),
        ("different messages, and written to tables by ingest", len(written), ingested["delivered"]),
        ("routers, and nodes in the tables", 4, rows[1]),
    ]
    facts = [
        ("copies written again after the restore", str(sum(written.values()) - len(written))),
        ("duplicates that the network made", str(line.duplicates)),
        ("dead letters", str(count_of(counts, "dead"))),
        ("numbers that the network lost (message ids)", str(counts.get("lost:transport", 0))),
        ("rows of interfaces", f"{rows[0]:,}"),
        ("times restored; size of the last checkpoint", f"{restored}; {octets:,} octets"),
    ]
    return Outcome(lines, facts)


def _say(what: str) -> None:
    messages().print(what)


def show(outcome: Outcome, console: Console) -> None:
    """Prints what was wanted beside what was found."""
    table = Table(
        "", "wanted", "found", title="production: receive → Kafka → collect on Flink → Kafka → ingest → tables"
    )
    for what, wanted, found in outcome.lines:
        style = "" if wanted == found else "red"
        table.add_row(what, f"{wanted:,}", f"{found:,}", style=style)
    for what, told in outcome.facts:
        table.add_row(what, "", told, style="dim")
    console.print(table)
    console.print("The demo holds." if outcome.holds else "The demo does not hold.", style="bold")


def main(arguments: list[str] | None = None) -> int:
    """``./dev demo --production [SECONDS]``; returns 0 only if the demo holds."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        outcome = demo(Path("demo-out"), float(given[0]) if given else SECONDS)
    except YangbeamError as error:
        fail(str(error))
        return 3
    show(outcome, output())
    return 0 if outcome.holds else 1


if __name__ == "__main__":
    quiet_process(debug=False)
    sys.exit(main())
