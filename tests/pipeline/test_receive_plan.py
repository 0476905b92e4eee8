"""From a configuration to what receive does: sources, limits, the topic, and what is refused before anything starts."""

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.pipeline.commands import run
from tests.pipeline.configurations import Write, only
from yangbeam.core.errors import ConfigurationError
from yangbeam.io.kafka.consumer import KafkaAwayError
from yangbeam.io.kafka.raw_producer import ROOM
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.receive import plan as plan_module
from yangbeam.pipeline.receive.parent import ReceivePlan
from yangbeam.pipeline.receive.plan import check_raw_topic, check_until_answered, plan_of

HTTPS = """
    [[sources]]
    kind = "https-notif"
    certificate_file = "receiver.pem"
    key_file = "receiver.key"
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    for name in ("receiver.pem", "receiver.key", "authority.pem"):
        (tmp_path / name).touch()


class Cluster:
    """Notes what was asked of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, unchecked: str = "") -> None:
        self.created: list[dict[str, Any]] = []
        self.checked: list[dict[str, Any]] = []

        def check(topic: str, properties: dict[str, str], **asked: Any) -> str:
            self.checked.append({"topic": topic, **properties, **asked})
            return unchecked

        monkeypatch.setattr(plan_module, "check_topic", check)
        monkeypatch.setattr(
            plan_module, "create_topic", lambda topic, _, **asked: self.created.append({"topic": topic, **asked})
        )


def plan(path: Path, said: list[str] | None = None) -> ReceivePlan:
    config = load(path)
    made = plan_of(config)
    check_raw_topic(config, (said if said is not None else []).append)
    return made


def test_every_live_source_is_received_with_its_own_settings(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(monkeypatch)
    made = plan(
        written(
            f"""
            collector = "edge"
            [kafka]
            bootstrap = "broker:9092"
            properties = {{ "linger.ms" = 5 }}
            [receive]
            shards = 5
            spool_bytes = 1048576
            [[sources]]
            port = 10003
            receivers = 2
            kind = "udp-notif"
            {HTTPS}
            host = "0.0.0.0"
            allow = ["192.0.2.0/24"]
            client_ca_file = "authority.pem"
            publisher = "certificate"
            path = "/yang"
            receivers = 3
            """
        )
    )
    (udp,), (https,) = made.udp, made.https
    assert (udp.processes, udp.shards, udp.collector_id, udp.listen[0].port) == (2, 5, "edge-0", 10003)
    assert (https.processes, https.shards, https.collector_id, https.path) == (3, 5, "edge-1", "/yang")
    assert (https.allow, https.identify, https.listen.host) == (("192.0.2.0/24",), True, "0.0.0.0")
    assert https.client_ca_file == str(tmp_path / "authority.pem")
    assert made.kafka.properties["linger.ms"] == "5"
    assert made.spool == tmp_path / "yangbeam-out" / "spool"
    assert made.spool_bytes == 1 << 20
    assert cluster.created == []
    (checked,) = cluster.checked
    assert (checked["topic"], checked["bootstrap.servers"]) == ("yangbeam-raw", "broker:9092")
    assert (checked["partitions"], checked["record_bytes"]) == (5, made.kafka.record_bytes)


def test_the_topic_must_take_the_largest_of_what_any_source_makes(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    Cluster(monkeypatch)
    https = f"[kafka]\n{HTTPS}\nmax_body_bytes = 2000\n"
    udp = "[[sources]]\nkind = 'udp-notif'\nreassembly = { max_message_bytes = 100_000 }"
    assert plan(written(https + udp)).kafka.record_bytes == 100_000 + ROOM
    assert plan(written(https)).kafka.record_bytes == 2000 + ROOM


def test_a_topic_is_created_where_that_is_asked_for_with_what_it_needs(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(monkeypatch)
    made = plan(written("[kafka]\n[receive]\ncreate_topic = true\nreplication = 1\nretention_h = 2"))
    (created,) = cluster.created
    assert (created["topic"], created["partitions"], created["replication"]) == ("yangbeam-raw", 16, 1)
    assert created["settings"]["max.message.bytes"] == str(made.kafka.record_bytes)
    assert created["settings"]["retention.ms"] == "7200000"


def test_what_could_not_be_checked_is_said(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Cluster(monkeypatch, "no limits told")
    said: list[str] = []
    plan(written("[kafka]"), said)
    assert said == ["no limits told"]


def test_captures_are_not_received(written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cluster(monkeypatch)
    (tmp_path / "a.pcap").touch()
    with pytest.raises(ConfigurationError, match="captures"):
        plan(written('[kafka]\n[[sources]]\nkind = "capture"\nfiles = ["a.pcap"]'))


def test_receive_without_kafka_says_what_to_add(written: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("receive", "--config", str(written(""))) == 2
    assert "add a [kafka] section" in capsys.readouterr().err.replace("\n", " ")


def test_while_the_cluster_is_away_the_topic_is_asked_for_again_and_what_is_wrong_then_ends_nothing(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([KafkaAwayError("kafka-unreachable", "away"), KafkaAwayError("kafka-unreachable", "away"), None])
    asked: list[str] = []

    def check(topic: str, *_: Any, **__: Any) -> str:
        asked.append(topic)
        answer = next(answers)
        if answer is not None:
            raise answer
        raise ConfigurationError("no-topic", "there is no such topic")

    monkeypatch.setattr(plan_module, "check_topic", check)
    monkeypatch.setattr(plan_module, "AGAIN_S", 0.0)
    said: list[str] = []
    check_until_answered(load(written("[kafka]")), said.append, Event())
    assert len(asked) == 3
    assert said == ["there is no such topic [no-topic; configuration]; records wait on disk"]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('host = "0.0.0.0"', "sources[0].allow"),
        ('host = "collector.example"', "sources[0].host"),
        ('publisher = "certificate"', "sources[0].publisher"),
        ('path = "yang"', "sources[0].path"),
        ("max_body_bytes = 1", "sources[0].max_body_bytes"),
        ('client_ca_file = "nowhere.pem"', "sources[0].client_ca_file"),
    ],
)
def test_an_https_source_that_cannot_work_is_told_where(written: Write, more: str, key: str) -> None:
    assert only(written(HTTPS + more)).key == key


def test_an_https_source_needs_a_certificate(written: Write) -> None:
    found = only(written('[[sources]]\nkind = "https-notif"\nkey_file = "receiver.key"'))
    assert found.key == "sources[0].certificate_file"


def test_one_port_may_serve_both_transports_but_not_one_twice(written: Write) -> None:
    both = f"[[sources]]\nkind = 'udp-notif'\nport = 8443\n{HTTPS}"
    assert len(load(written(both)).sources) == 2
    assert "bound twice" in only(written(HTTPS * 2)).what
