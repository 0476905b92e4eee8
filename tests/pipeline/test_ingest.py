"""Which topics `ingest` reads."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.config.topics import TelemetrySource
from yangbeam.pipeline.ingest import _topics, chosen

THERE = [
    "net-if-interfaces-interface",
    "net-hw-hardware",
    "net-raw",
    "net-loss",
    "net-loss-ingest",
    "net-ledger-ingest",
    "net-about",
    "other",
    "yangbeam-telemetry",
]
TOPICS = 'topics = { raw = "net-raw", loss = "net-loss", ledger = "net-ledger", subscriptions = "net-about" }'


def config_of(folder: Path, kafka: str = "", topics: Sequence[str] = ()) -> Config:
    file = folder / "c.toml"
    file.write_text(f"""
[ingest]
topics = {list(topics)}
[kafka]
bootstrap = "127.0.0.1:9"
{TOPICS}
{kafka}
""")
    return load(file).as_ingest()


def of(config: Config) -> list[str]:
    (source,) = config.sources
    assert isinstance(source, TelemetrySource)
    assert config.kafka is not None
    return chosen(source, config.kafka, THERE)


def test_one_topic_is_read_without_a_look_at_what_is_there(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    (source,) = config.sources
    assert isinstance(source, TelemetrySource)
    assert _topics(source, config) == ["yangbeam-telemetry"]
    named = config_of(tmp_path, topics=["a", "b"])
    (source,) = named.sources
    assert isinstance(source, TelemetrySource)
    assert _topics(source, named) == ["a", "b"]


def test_with_a_topic_for_each_subject_all_that_begin_with_the_prefix_are_read(tmp_path: Path) -> None:
    subjects = config_of(tmp_path, 'keys = { topics = "subject", topic_prefix = "net" }')
    assert of(subjects) == ["net-about", "net-hw-hardware", "net-if-interfaces-interface", "yangbeam-telemetry"]


def test_a_beginning_means_no_topic_that_holds_something_else(tmp_path: Path) -> None:
    assert of(config_of(tmp_path, topics=["net-*", "extra"])) == [
        "extra",
        "net-about",
        "net-hw-hardware",
        "net-if-interfaces-interface",
    ]


def test_nothing_to_read_is_said_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ingest\.topics"):
        of(config_of(tmp_path, topics=["none-*"]))
