"""What is said of topics before a run writes to them."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from tests.io.kafka.clusters import bootstrap, new_topic
from tests.waiting import PATIENCE_S
from yangbeam.io.kafka import topic_limits
from yangbeam.io.kafka.topic_limits import warnings_of
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.topic_checks import check_topics


class Cluster:
    """An AdminClient whose topics have limits; None: it does not tell."""

    def __init__(self, properties: dict[str, str]) -> None:
        self.limits: dict[str, int | None] = {"small": 1_000_000, "large": 32 << 20, "secret": None}
        self.is_away = properties["bootstrap.servers"] == "away"

    def list_topics(self, timeout: float) -> Any:
        assert timeout > 0
        if self.is_away:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        return SimpleNamespace(topics=self.limits)

    def describe_configs(self, resources: list[Any], request_timeout: float) -> dict[Any, Future[Any]]:
        assert request_timeout > 0
        return {resource: self._told(self.limits[resource.name]) for resource in resources}

    @staticmethod
    def _told(limit: int | None) -> "Future[Any]":
        told: Future[Any] = Future()
        if limit is None:
            told.set_exception(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)))
        else:
            told.set_result({"max.message.bytes": SimpleNamespace(value=str(limit))})
        return told


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    monkeypatch.setattr(topic_limits, "AdminClient", Cluster)
    return lambda *topics, at="here", **more: warnings_of(topics, {"bootstrap.servers": at, **more})


def test_a_topic_that_takes_less_than_its_producer_lets_through_is_told(warned: Callable[..., list[str]]) -> None:
    (said,) = warned("small", "large", "secret")
    assert said.startswith("topic small takes records of 1000000 octets")
    assert "16777216" in said
    assert warned("small", **{"message.max.bytes": "900000"}) == []


def test_a_topic_that_is_not_there_and_a_broker_that_is_away_are_told(warned: Callable[..., list[str]]) -> None:
    assert "there is no topic new" in warned("new")[0]
    assert "no broker answers yet" in warned("small", at="away")[0]


def test_a_run_says_so_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f"""
dead_letters = {{ kind = "kafka" }}
[kafka]
bootstrap = "{bootstrap()}"
keys = {{ topics = "subject" }}
topics = {{ telemetry = "{new_topic()}", loss = "not-there", subscriptions = "nor-this" }}
""")
    with caplog.at_level(logging.WARNING):
        asking = check_topics(load(path))
        assert asking is not None
        asking.join(PATIENCE_S)
    assert "there is no topic not-there" in caplog.text
    assert "there is no topic nor-this" in caplog.text


def test_without_kafka_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("")
    assert check_topics(load(tmp_path / "c.toml")) is None
