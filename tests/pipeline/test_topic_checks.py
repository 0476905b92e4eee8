"""Which topics a command needs, and what is said of them before anything starts."""

import logging
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.io.kafka.clusters import bootstrap, new_topic
from tests.pipeline.commands import run
from yangbeam.core.errors import ConfigurationError, Fault
from yangbeam.core.topic_plan import Found
from yangbeam.io.kafka.consumer import KafkaAwayError
from yangbeam.pipeline import topic_checks
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.topic_checks import all_topics, check_topics, written_topics
from yangbeam.runners.launch import main

EVERYTHING = Found(64, {"max.message.bytes": str(1 << 30), "cleanup.policy": "compact,delete"})


class Cluster:
    """A cluster that has what a test says; None: it is away."""

    there: dict[str, Found] | None = None

    def __init__(self, properties: dict[str, str]) -> None:
        assert properties["bootstrap.servers"]

    def found(self, names: Iterable[str]) -> dict[str, Found]:
        if self.there is None:
            raise KafkaAwayError("kafka-unreachable", "nobody answers")
        return {name: self.there[name] for name in names if name in self.there}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> type[Cluster]:
    monkeypatch.setattr(topic_checks, "Cluster", Cluster)
    monkeypatch.setattr(Cluster, "there", {})
    return Cluster


def written(tmp_path: Path, more: str = "") -> Config:
    path = tmp_path / "c.toml"
    path.write_text(f'[kafka]\nbootstrap = "broker:9092"\n{more}')
    return load(path)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("run", "yangbeam-telemetry, yangbeam-loss, yangbeam-ledger;"),
        ("collect", "yangbeam-raw, yangbeam-telemetry, yangbeam-loss, yangbeam-ledger, yangbeam-dead-letters;"),
        (
            "ingest",
            "yangbeam-telemetry, yangbeam-loss-ingest, yangbeam-ledger-ingest, yangbeam-dead-letters;",
        ),
    ],
)
def test_every_missing_topic_is_named_at_once(
    tmp_path: Path, cluster: type[Cluster], command: str, missing: str
) -> None:
    config = written(tmp_path)
    chosen = {"run": config, "collect": config.as_collect(), "ingest": config.as_ingest()}[command]
    with pytest.raises(ConfigurationError) as caught:
        check_topics(chosen, command)  # type: ignore[arg-type]
    assert f"missing at broker:9092: {missing}" in str(caught.value)
    assert "yangbeam topics create" in str(caught.value)
    assert caught.value.fault is Fault.CONFIGURATION
    cluster.there = dict.fromkeys(missing.rstrip(";").split(", "), EVERYTHING)
    check_topics(chosen, command)  # type: ignore[arg-type]


def test_what_a_topic_will_not_take_is_a_warning(
    tmp_path: Path, cluster: type[Cluster], caplog: pytest.LogCaptureFixture
) -> None:
    config = written(tmp_path)
    cluster.there = dict.fromkeys(
        ("yangbeam-telemetry", "yangbeam-loss", "yangbeam-ledger"),
        Found(1, {"max.message.bytes": "1000000", "cleanup.policy": "delete"}),
    )
    with caplog.at_level(logging.WARNING):
        check_topics(config)
    assert (
        "topic yangbeam-telemetry takes records of 1000000 octets (max.message.bytes), its producer lets 16777216"
        in (caplog.text)
    )
    assert "partitions" not in caplog.text  # a run is served by any number of them
    assert "topic yangbeam-loss has cleanup.policy=delete, compact is wanted" in caplog.text
    cluster.there = dict.fromkeys(cluster.there, Found(64))
    caplog.clear()
    check_topics(config)
    assert caplog.text == ""  # not everyone is told the settings


def test_a_run_begins_without_its_brokers_and_what_reads_from_them_does_not(
    tmp_path: Path, cluster: type[Cluster]
) -> None:
    cluster.there = None
    config = written(tmp_path)
    check_topics(config)
    for command in ("collect", "ingest"):
        with pytest.raises(KafkaAwayError):
            check_topics(config.as_collect(), command)


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("command", ["run", "collect"])
def test_a_job_for_flink_is_not_submitted_without_its_topics(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    written(tmp_path)
    assert main([command, "-c", str(tmp_path / "c.toml"), "--runner", "flink"]) == 2
    said = capsys.readouterr().err
    assert "missing at broker:9092" in said
    assert "yangbeam-loss, yangbeam-ledger, yangbeam-dead-letters; make them" in said


def test_without_kafka_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("")
    check_topics(load(tmp_path / "c.toml"))


def test_all_topics_are_those_of_the_operations_guide(tmp_path: Path) -> None:
    found = {one.name: one for one in all_topics(written(tmp_path, "[receive]\nshards = 7\nretention_h = 2"))}
    assert {name: (one.partitions, one.settings["cleanup.policy"]) for name, one in found.items()} == {
        "yangbeam-raw": (7, "delete"),
        "yangbeam-telemetry": (7, "delete"),
        "yangbeam-loss": (1, "compact"),
        "yangbeam-ledger": (1, "compact"),
        "yangbeam-loss-ingest": (1, "compact"),
        "yangbeam-ledger-ingest": (1, "compact"),
        "yangbeam-dead-letters": (1, "delete"),
    }
    raw = found["yangbeam-raw"].settings
    assert (raw["retention.ms"], raw["max.message.bytes"]) == ("7200000", str((16 << 20) + (256 << 10)))
    assert found["yangbeam-loss"].settings["max.message.bytes"] == "16777216"


def test_topics_of_subjects_have_one_for_subscriptions_and_may_be_compacted(tmp_path: Path) -> None:
    config = written(tmp_path, '[kafka.keys]\ntopics = "subject"\nsplit = true\ncompacted = true')
    assert config.kafka is not None
    found = {one.name: one.settings["cleanup.policy"] for one in written_topics(config, config.kafka)}
    assert found["yangbeam-subscriptions"] == "delete"
    assert found["yangbeam-telemetry"] == "compact"


def test_the_commands_of_kafkas_own_tool_are_printed_without_asking_anybody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path)
    assert run("topics", "create", "-c", str(tmp_path / "c.toml"), "--print", "--replication", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert lines[2] == (
        "kafka-topics.sh --bootstrap-server broker:9092 --create --if-not-exists --topic yangbeam-loss --partitions 1 "
        "--replication-factor 2 --config cleanup.policy=compact --config max.message.bytes=16777216"
    )


def test_a_cluster_says_what_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = new_topic()
    missing = {use: f"{telemetry}-{use}" for use in ("raw", "loss", "ledger", "dead_letters")}
    topics = "".join(f'\n{use} = "{name}"' for use, name in {"telemetry": telemetry, **missing}.items())
    (tmp_path / "c.toml").write_text(f'[kafka]\nbootstrap = "{bootstrap()}"\n[kafka.topics]{topics}')
    assert run("topics", "check", "-c", str(tmp_path / "c.toml")) == 2
    said = capsys.readouterr().err.replace("\n", " ")
    assert "6 topics are missing" in said
    assert f"{telemetry}," not in said
    assert f"topic {telemetry} has 4 partitions, 16 are wanted" in said


def test_topics_that_cannot_be_asked_for_are_the_environments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yangbeam.io.kafka.topics.ANSWER_S", 0.2)
    (tmp_path / "c.toml").write_text('[kafka]\nbootstrap = "127.0.0.1:9"')
    assert run("topics", "check", "-c", str(tmp_path / "c.toml")) == 3
    assert "kafka 127.0.0.1:9 does not answer" in capsys.readouterr().err.replace("\n", " ")
