"""`yangbeam collect` on this machine: what stands in the raw topic comes out validated, once, and is gone on from."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Message

from tests.builders import ARRIVAL_US, message, payload
from tests.io.kafka.clusters import bootstrap, fill, new_topic, with_topics
from tests.io.kafka.test_write_kafka import consumed
from yangbeam.core.dead_letter import from_record
from yangbeam.core.elements import Heartbeat, Refused
from yangbeam.core.framing import read_frame
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message, of_refused
from yangbeam.runners.launch import main

SENT = 40
INVALID_AT = 7
INVALID = {"ietf-interfaces:interfaces": {"interface": [{"name": "eth0", "mtu": 1500}]}}


def raw_records(first: int = 0, count: int = SENT) -> list[tuple[int, RawRecord]]:
    """Messages of one exporter in partition 1, with all that may stand between them."""
    records = []
    for number in range(first, first + count):
        body = payload(number, INVALID if number == INVALID_AT else None)
        body = body.replace(b"10:00:10.00Z", b"10:%02d:10.00Z" % number)
        at = ARRIVAL_US + number * 1_000_000
        records.append((1, of_message(message(body, message_id=number, arrival_us=at))))
    at = ARRIVAL_US + (first + count) * 1_000_000
    return [
        *records,
        (1, RawRecord(b"192.0.2.66", b"poison", [], at // 1000)),
        (1, of_refused(Refused(0, "malformed", "short", "192.0.2.10", 50000, at, b"\x20", 1, None))),
        (1, of_heartbeat(Heartbeat(0, "c", at, {"datagrams": count + 1}), 4)),
    ]


class Site:
    """A configuration, and the topics that its runs fill."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.telemetry, self.letters, self.loss = new_topic(), new_topic(), new_topic(), new_topic()
        self.file = folder / "yangbeam.toml"
        self.file.write_text(f"""
out = "{folder}/out"
[collect]
end = "latest"
[kafka]
bootstrap = "{with_topics(f"{self.loss}-ingest")}"
properties = {{ "group.id" = "{self.raw}" }}
[kafka.topics]
raw = "{self.raw}"
telemetry = "{self.telemetry}"
dead_letters = "{self.letters}"
loss = "{self.loss}"
""")
        self.folder = folder

    def collect(self) -> tuple[int, dict[str, Any]]:
        code = main(["collect", "-c", str(self.file), "--view", "off"])
        return code, orjson.loads((self.folder / "out" / "report-collect.json").read_bytes())

    def published(self, count: int) -> list[Message]:
        return consumed(bootstrap(), self.telemetry, count)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_each_valid_message_is_published_once_under_its_place_in_the_raw_topic(site: Site) -> None:
    fill(site.raw, raw_records())
    code, report = site.collect()
    assert code == 0
    assert report["balanced"]
    published = site.published(SENT - 1)
    identities = [dict(each.headers() or [])["yangbeam-raw"].decode() for each in published]
    assert sorted(identities) == sorted(f"1/{number}/0" for number in range(SENT) if number != INVALID_AT)
    frame = read_frame(published[0].value() or b"", published[0].headers() or [])
    assert frame.framing == "prefix"
    assert "ietf-telemetry-message:message" in orjson.loads(frame.payload)


def test_poison_what_was_refused_and_what_is_invalid_are_dead_letters(site: Site) -> None:
    fill(site.raw, raw_records())
    site.collect()
    letters = [
        from_record(each.headers() or (), each.value() or b"") for each in consumed(bootstrap(), site.letters, 3)
    ]
    assert sorted((letter["reason"], letter["exporter"]) for letter in letters) == [
        ("malformed", "192.0.2.10"),
        ("not-a-raw-record", "192.0.2.66"),
        ("unknown-node", "192.0.2.10"),
    ]


def test_a_second_run_goes_on_where_the_first_one_ended(site: Site) -> None:
    fill(site.raw, raw_records())
    site.collect()
    fill(site.raw, raw_records(SENT, 5))
    code, report = site.collect()
    assert (code, report["balanced"]) == (0, True)
    published = site.published(SENT - 1 + 5)
    assert len({dict(each.headers() or [])["yangbeam-raw"] for each in published}) == len(published) == SENT - 1 + 5


def test_without_kafka_it_is_a_configuration_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bare.toml").write_text('out = "out"\n')
    assert main(["collect", "-c", str(tmp_path / "bare.toml")]) == 2
    assert "write [kafka]" in capsys.readouterr().err
