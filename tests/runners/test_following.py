"""The metrics of a job elsewhere, by its topics."""

from pathlib import Path
from threading import Event

import pytest
from confluent_kafka import Producer

from tests.io.kafka.clusters import bootstrap, new_topic
from tests.pipeline.snapshots import loss, total
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import LedgerTotals, LossBatch
from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.edges import loss_records, total_records
from yangbeam.pipeline.view.following import Followed, followed
from yangbeam.pipeline.view.status import Status
from yangbeam.runners.launch import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "c.toml"
    ledger, losses = new_topic(), new_topic()
    made.write_text(f"""
[kafka]
bootstrap = "{bootstrap()}"
topics = {{ ledger = "{ledger}", loss = "{losses}" }}
""")
    producer = Producer({"bootstrap.servers": bootstrap(), "log_level": "0"})
    totals = [total({"received": 5}), total({"received": 9}, revision=2), total({"received": 7}, exporter="192.0.2.2")]
    for record in total_records(LedgerTotals(totals=totals)):
        producer.produce(ledger, record.value, record.key, 0)
    events = [loss(5, 9, state="open", identity="a"), loss(5, 9, identity="a"), loss(20, 21, identity="b")]
    for record in loss_records("prefix", None, lambda: 7, LossBatch(events=events)):
        producer.produce(losses, record.value, record.key, 0)
    for topic in (ledger, losses):
        producer.produce(topic, b"not ours", b"k", 1)
    assert producer.flush(PATIENCE_S) == 0
    return made


def test_totals_and_losses_come_to_what_the_job_came_to_however_often_they_are_read(file: Path) -> None:
    kafka = load(file).as_collect().kafka
    assert kafka is not None
    status = Status()
    for _ in range(2):
        topics = Followed(kafka, status)
        seen = 0
        while seen < 6 or topics.unreadable < 2:
            seen += topics.step()
        topics.close()
    found = status.snapshot()
    assert {exporter: counts["received"] for exporter, counts in found.exporters.items()} == {
        "192.0.2.1": 9,
        "192.0.2.2": 7,
    }
    assert sorted((event.identity, event.state, event.count) for event in found.loss) == [
        ("a", "confirmed", 5),
        ("b", "confirmed", 2),
    ]


def test_it_ends_when_it_is_told_to(file: Path) -> None:
    over = Event()
    over.set()
    followed(load(file).as_collect(), Status(), over, None)


def test_the_command_serves_and_says_where(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "-c", str(file), "--duration", "0.5"]) == 0
    assert "metrics at http://127.0.0.1:" in capsys.readouterr().err


def test_a_topic_that_is_not_there_is_named(file: Path) -> None:
    file.write_text(file.read_text().replace('loss = "', 'loss = "no-'))
    with pytest.raises(ConfigurationError, match=r"no-topic-.* does not exist"):
        followed(load(file).as_collect(), Status(), Event(), 0.1)
