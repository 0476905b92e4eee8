"""How the configuration of keys reaches the stages."""

from pathlib import Path

import pytest

from yangbeam.core.message_key.records import KeySettings
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.config.errors import InvalidConfigurationError
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.ingest import ingest_stages


def loaded(folder: Path, text: str) -> Config:
    path = folder / "c.toml"
    path.write_text(text)
    return load(path)


def settings(config: Config) -> KeySettings:
    keys = stages_of(config).keys
    assert keys is not None
    return keys.settings


def test_keys_are_those_of_the_draft_with_kafka_or_without(tmp_path: Path) -> None:
    wanted = KeySettings(key="message-key", subscriptions="yangbeam-subscriptions")
    assert settings(loaded(tmp_path, "")) == settings(loaded(tmp_path, "[kafka]\n")) == wanted


def test_every_setting_reaches_the_encoder(tmp_path: Path) -> None:
    keys = 'key = "exporter"\ntopics = "subject"\ntopic_prefix = "net.ops"\ntopic_type = true\nsplit = true'
    text = f'[kafka.topics]\nsubscriptions = "about"\n[kafka.keys]\n{keys}\n'
    assert settings(loaded(tmp_path, text)) == KeySettings(
        key="exporter", per_subject=True, prefix="net.ops", of_type=True, subscriptions="about", split=True
    )


@pytest.mark.parametrize(("written", "checked"), [("false", True), ("true", False)])
def test_holes_in_a_compacted_topic_are_no_losses(tmp_path: Path, written: str, *, checked: bool) -> None:
    config = loaded(tmp_path, f"[kafka.keys]\ncompacted = {written}\n")
    assert ingest_stages(config).unwrapper.checks_offsets is checked


def test_a_prefix_of_topics_that_are_not_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigurationError, match="topics that are not written"):
        loaded(tmp_path, '[kafka.keys]\ntopic_prefix = "net"\n')
