"""A soak of production: `receive`, `collect` and `ingest` with a real broker between them."""

from pathlib import Path
from typing import Any, Final

import orjson
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # not in its __all__

from yangbeam.core.totals import line_of
from yangbeam.pipeline.config.file import Config, load
from yangbeam.runners.demo_topics import Topics
from yangbeam.runners.demo_verdict import in_tables
from yangbeam.runners.servers.kafka import KafkaServer
from yangbeam.runners.servers.processes import wait_until
from yangbeam.runners.soak.commands import PATIENCE_S, running
from yangbeam.runners.soak.hostile_traffic import DATAGRAMS
from yangbeam.runners.soak.lateness import p99_ms
from yangbeam.runners.soak.one_process import send
from yangbeam.runners.soak.settings import SHARDS, Asked, free_udp_port, written
from yangbeam.runners.soak.verdict import Verdict
from yangbeam.simulator.truth import read_truth

_DATA: Final = ("push-update", "push-change-update")


def soak(asked: Asked) -> Verdict:
    """Runs it in a folder of its own and returns how it ended.

    Raises:
        ServerError: A server or a command ended before its time, or not everything was accounted for.
    """
    asked.out.mkdir(parents=True)
    with KafkaServer(asked.out / "kafka") as kafka:
        return _on(kafka, asked)


def _on(kafka: KafkaServer, asked: Asked) -> Verdict:
    port = free_udp_port()
    path = written(asked.out, port, kafka.bootstrap())
    config = load(path)
    make_topics(kafka, config)
    topics, ingested = (Topics(kafka.properties(), one) for one in (config, config.as_ingest()))
    verdict = Verdict(asked.seconds)
    view = ("--view", "plain")
    with (
        running("receive", path) as receive,
        running("collect", path, *view) as collect,
        running("ingest", path, *view) as ingest,
    ):
        receive.wait_for("listening")
        verdict.sent = send(asked, port)
        sent = verdict.sent[DATAGRAMS] + sum(one.sent for one in read_truth(asked.out / "truth.jsonl"))
        what = "not everything that was sent is accounted for"
        wait_until(lambda: topics.is_settled(sent), PATIENCE_S, what, progress=topics.seen)
        what = "ingest has not accounted for all that was published"
        wait_until(lambda: _ingested(ingested, topics), PATIENCE_S, what, progress=ingested.seen)
        commands = [receive, collect, ingest]
        codes = [(f"exit code of {each.name}", 0, each.end()) for each in commands]
        verdict.judge_growth(commands)
    assert config.kafka is not None  # noqa: S101 # we have written it
    verdict.p99_ms = p99_ms(kafka.properties(), config.kafka.topics.telemetry)
    wanted = updates(asked.out)
    verdict.lines += [
        *codes,
        ("exporters whose ledger does not balance", 0, len(topics.unbalanced())),
        ("ledgers of ingest that balance", 1, int(_report(config)["balanced"])),
        ("healthy updates in their tables", len(wanted), len(wanted & in_tables(Path(config.tables.path)))),
    ]
    return verdict


def _ingested(ingested: Topics, topics: Topics) -> bool:
    ingested.read()
    return line_of(ingested.counts(), "tables").accounted == sum(topics.published().values())


def _report(config: Config) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(config.as_ingest().status.report.read_bytes())
    return found


def make_topics(kafka: KafkaServer, config: Config) -> None:
    """Makes the topics of a configuration, with the broker's limits."""
    assert config.kafka is not None  # noqa: S101 # we have written it
    names = config.kafka.topics
    wanted = {names.raw: SHARDS, names.telemetry: 1, names.loss: 1, names.ledger: 1, names.dead_letters: 1}
    wanted |= {f"{names.loss}-ingest": 1, f"{names.ledger}-ingest": 1}
    admin = AdminClient({**kafka.properties()})
    dated = {"message.timestamp.type": "LogAppendTime"}
    topics = [
        NewTopic(name, count, 1, config=dated if name == names.telemetry else {}) for name, count in wanted.items()
    ]
    for future in admin.create_topics(topics).values():
        future.result(30)


def updates(out: Path) -> set[tuple[str, int, int]]:
    """Returns node, subscription and time of each healthy update that was sent."""
    truth = read_truth(out / "truth.jsonl")
    return {(one.node, one.subscription_id, one.at_us) for one in truth if not one.injured and one.kind in _DATA}
