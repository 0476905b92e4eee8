"""`sent`: a simulated router's count beside a run's results."""

import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import orjson
import pytest
from confluent_kafka import Producer

from tests.core.loss.test_sent_records import loss, total
from tests.io.kafka.clusters import bootstrap, new_topic
from tests.pipeline.commands import run
from tests.registry.discovery.nodes import THINGS
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import LedgerTotals, LossBatch
from yangbeam.core.loss.loss_json import loss_json
from yangbeam.pipeline.edges import loss_records, total_records
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.simulator.netconf.equipment import equipment
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, NetconfOptions, NetconfServers

ADDRESS = "127.0.1.1"
COUNTERS = (
    '<subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><id>6</id><receivers><receiver>'
    "<name>c</name><sent-event-records>100</sent-event-records></receiver></receivers></subscription>"
)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    lines = [msgspec.structs.replace(total(6, 1, 90), exporter=ADDRESS)]
    written = [orjson.dumps({name: getattr(line, name) for name in line.__struct_fields__}) for line in lines]
    (out / "ledger.jsonl").write_bytes(b"\n".join(written))
    (out / "loss.jsonl").write_bytes(loss_json(msgspec.structs.replace(loss((6,)), exporter=ADDRESS)))
    (tmp_path / "password").write_text(PASSWORD)
    return tmp_path / "yangbeam.toml"


def written(configuration: Path, servers: NetconfServers) -> str:
    (configuration.parent / "hosts").write_text(servers.known_hosts())
    configuration.write_text(f"""
out = "out"
[[schemas.nodes]]
exporter = "127.0.1.0/24"
port = {servers.port}
username = "{USERNAME}"
password = {{ file = "password" }}
known_hosts = "hosts"
""")
    return str(configuration)


def test_what_numbers_cannot_show_is_told(configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    node = replace(equipment(THINGS, "c4d9e3f1"), subscriptions=(COUNTERS,))
    with NetconfServers({ADDRESS: node}, NetconfOptions()) as servers:
        path = written(configuration, servers)
        assert run("sent", ADDRESS, "--config", path, "--json") == ExitCode.OK
        sys.stdout.flush()
        assert orjson.loads(capfdbinary.readouterr().out) == [
            {"subscription": 6, "sent": 100, "received": 90, "lost": 2, "unexplained": 8}
        ]
        assert run("sent", ADDRESS, "--config", path) == ExitCode.OK
        sys.stdout.flush()
        assert b"unexplained" in capfdbinary.readouterr().out
        (configuration.parent / "out" / "ledger.jsonl").unlink()
        assert run("sent", ADDRESS, "--config", path) == ExitCode.ENVIRONMENT
        assert run("sent", "192.0.2.99", "--config", path) == ExitCode.USAGE


def test_of_a_run_into_kafka_the_topics_are_read(
    configuration: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    ledger, losses = new_topic(), new_topic()
    producer = Producer({"bootstrap.servers": bootstrap(), "log_level": "0"})
    totals = [msgspec.structs.replace(total(6, 1, count), exporter=ADDRESS, revision=count) for count in (50, 91)]
    for record in total_records(LedgerTotals(totals=totals)):
        producer.produce(ledger, record.value, record.key, 0)
    event = msgspec.structs.replace(loss((6,)), exporter=ADDRESS)
    for record in loss_records("prefix", None, lambda: 7, LossBatch(events=[event])):
        producer.produce(losses, record.value, record.key, 0)
    assert producer.flush(PATIENCE_S) == 0
    node = replace(equipment(THINGS, "c4d9e3f1"), subscriptions=(COUNTERS,))
    with NetconfServers({ADDRESS: node}, NetconfOptions()) as servers:
        path = Path(written(configuration, servers))
        kafka = f'[kafka]\nbootstrap = "{bootstrap()}"\ntopics = {{ ledger = "{ledger}", loss = "{losses}" }}\n'
        path.write_text(path.read_text() + kafka)
        assert run("sent", ADDRESS, "--config", str(path), "--json") == ExitCode.OK
        sys.stdout.flush()
        assert orjson.loads(capfdbinary.readouterr().out) == [
            {"subscription": 6, "sent": 100, "received": 91, "lost": 2, "unexplained": 7}
        ]
        producer.produce(ledger, b"not ours", b"k", 1)
        assert producer.flush(PATIENCE_S) == 0
        assert run("sent", ADDRESS, "--config", str(path)) == ExitCode.ENVIRONMENT
        sys.stderr.flush()
        assert b"holds other records than totals" in capfdbinary.readouterr().err
