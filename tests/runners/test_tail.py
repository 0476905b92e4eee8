"""`yangbeam tail`: records of every style are read back and judged."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Message, Producer

from tests.io.kafka.clusters import bootstrap, fill, new_topic
from tests.pipeline.snapshots import loss
from tests.runners.test_collect_run import SENT, Site, raw_records
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import LossBatch
from yangbeam.core.framing import read_frame
from yangbeam.pipeline.assembly import registry_of
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.edges import loss_records
from yangbeam.runners.launch import main

VALID = SENT - 1
Said = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = Site(tmp_path_factory.mktemp("tail"))
    fill(made.raw, raw_records())
    made.collect()
    return made


@pytest.fixture
def tail(site: Site, capsysbinary: pytest.CaptureFixture[bytes]) -> Said:
    def run(*options: str) -> tuple[int, list[dict[str, Any]], str]:
        capsysbinary.readouterr()
        code = main(["tail", "-c", str(site.file), "--json", *options])
        said = capsysbinary.readouterr()
        return code, [orjson.loads(line) for line in said.out.splitlines()], said.err.decode()

    return run


def styled(schema_id: int, guid: bytes, value: bytes) -> list[tuple[str, bytes, bytes, list[tuple[str, bytes]]]]:
    """One telemetry message as each writer in the field has it: (framing, key, value, headers)."""
    json = ("content-type", b"application/yang-data+json")
    typo = ("content-type", b"application/yang.data+json")
    return [
        ("header-int32", b"any key", value, [("schema-id", schema_id.to_bytes(4, "big")), json]),
        ("header-ascii", b'"192.0.2.10"', value, [typo, ("schema-id", b"%d" % schema_id)]),
        ("prefix", b"", b"\x00" + schema_id.to_bytes(4, "big") + value, []),
        ("header-guid", b"k", value, [("__value_schema_id", b"\x01" + guid)]),
    ]


def produced(topic: str, records: list[tuple[bytes, bytes, list[tuple[str, bytes]]]]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap(), "log_level": "0"})
    for key, value, headers in records:
        producer.produce(topic, value, key, 0, headers=list(headers))
    assert producer.flush(PATIENCE_S) == 0


def first_of(site: Site) -> tuple[int, bytes]:
    message: Message = site.published(VALID)[0]
    frame = read_frame(message.value() or b"", message.headers() or [])
    assert frame.schema_id is not None
    return frame.schema_id, frame.payload


def test_records_of_all_four_styles_are_read_back_and_pass(site: Site, tail: Said) -> None:
    schema_id, value = first_of(site)
    styles = styled(schema_id, registry_of(load(site.file)).guid(schema_id), value)
    topic = new_topic()
    produced(topic, [(key, octets, headers) for _, key, octets, headers in styles])
    code, lines, said = tail("--topic", topic, "--start", "earliest", "--message")
    assert code == 0
    assert [(line["framing"], line["verdict"]) for line in lines] == [(framing, "pass") for framing, *_ in styles]
    assert {line["schema-id"] for line in lines} == {schema_id}
    assert [line["message"] for line in lines] == [orjson.loads(value)] * 4
    assert "read 4: 4 pass, 0 fail, 0 unvalidated" in said


def test_what_is_wrong_is_told_at_the_level_where_it_is(site: Site, tail: Said) -> None:
    schema_id, value = first_of(site)
    head = b"\x00" + schema_id.to_bytes(4, "big")
    topic = new_topic()
    faults = [
        head + value.replace(b'"oper-status":"up"', b'"oper-status":"sideways"'),
        head + value.replace(b'"datastore-contents"', b'"datastore-nonsense"'),
        head + value.replace(b'"event-time":"2026', b'"event-time":"anno 2026'),
        head + value.replace(b'"session-protocol":"yang-push"', b'"session-protocol":"smoke-signal"'),
        head + value.replace(b'"data-collection-manifest"', b'"data-collection-nonsense"'),
        head + value.replace(b"ietf-yp-notification:envelope", b"nothing"),
        head + b'{"something":"else"}',
        b"\x00\x00\x00\x27\x0f" + value,
        value,
    ]
    assert value not in {fault[5:] for fault in faults[:7]}
    produced(topic, [(b"k", fault, []) for fault in faults])
    _, lines, said = tail("--topic", topic)
    assert [line["verdict"] for line in lines] == ["fail"] * 8 + ["unvalidated"]
    words = [
        "/oper-status",
        "ietf-yang-push:push-update/datastore-nonsense",
        "ietf-yp-notification:envelope/event-time",
        "ietf-telemetry-message:message/telemetry-message-metadata/session-protocol",
        "ietf-telemetry-message:message/data-collection-nonsense",
        "no-wrapper",
        "not-a-telemetry-message",
        "9999",
        "no schema id",
    ]
    for line, word in zip(lines, words, strict=True):
        assert word in line["why"], line
    assert "0 pass, 8 fail, 1 unvalidated" in said


def test_losses_are_judged_by_their_schema_too(site: Site, tail: Said) -> None:
    id_of = partial(registry_of(load(site.file)).own, "yangbeam-loss")
    (record,) = loss_records("prefix", None, id_of, LossBatch(events=[loss(5, 9, identity="e1")]))
    topic = new_topic()
    faulty = record.value.replace(b'"confirmed"', b'"perhaps"')
    produced(topic, [(b"k", value, []) for value in (record.value, faulty, record.value[:-1])])
    _, lines, _ = tail("--topic", topic, "--message")
    assert [line["verdict"] for line in lines] == ["pass", "fail", "fail"]
    assert "perhaps" in lines[1]["why"]
    assert {line["schema-id"] for line in lines} == {id_of()}


def test_the_last_ones_or_those_from_an_offset_are_shown(site: Site, tail: Said) -> None:
    _, everything, _ = tail("--start", "earliest")
    assert len(everything) == VALID
    partition = everything[0]["partition"]
    _, lines, _ = tail("-n", "3")
    assert [line["identity"] for line in lines if line["partition"] == partition] == [
        line["identity"] for line in everything if line["partition"] == partition
    ][-3:]
    _, lines, _ = tail("--offset", f"{partition}:2", "--most", "2")
    assert [(line["partition"], line["offset"]) for line in lines] == [(partition, 2), (partition, 3)]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--exporter", "192.0.2.10"], VALID),
        (["--exporter", "192.0.2.11"], 0),
        (["--node", "example-router", "--subscription", "6666", "--verdict", "pass"], VALID),
        (["--subscription", "7"], 0),
        (["--node", "other"], 0),
        (["--verdict", "fail"], 0),
        (["--key", "example-router\n6666"], VALID),
    ],
)
def test_filters_show_what_they_name_and_count_the_rest(tail: Said, options: list[str], count: int) -> None:
    code, lines, said = tail("--start", "earliest", *options)
    assert (code, len(lines)) == (0, count)
    assert f"read {VALID}: {VALID} pass" in said


def test_following_goes_on_behind_the_end(tail: Said) -> None:
    _, lines, _ = tail("--start", "earliest", "--follow", "--most", str(VALID))
    assert len(lines) == VALID


def test_people_get_one_line_a_record(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tail", "-c", str(site.file), "--start", "earliest", "--most", "1"]) == 0
    line = capsys.readouterr().out
    assert site.telemetry in line
    assert "example-router  push-update  subscription 6666  sequence" in line
    assert line.rstrip().endswith("(prefix)  pass")


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--offset", "first"], "PARTITION:OFFSET"), (["--offset", "99:0"], "no partition 99")],
)
def test_a_place_that_is_none_is_a_configuration_error(tail: Said, options: list[str], word: str) -> None:
    code, _, said = tail(*options)
    assert code == 2
    assert word in said


def test_without_kafka_it_is_a_configuration_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bare.toml").write_text('out = "out"\n')
    assert main(["tail", "-c", str(tmp_path / "bare.toml")]) == 2
    assert "write [kafka]" in capsys.readouterr().err
