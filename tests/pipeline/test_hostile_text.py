"""No command lets a control character of a router's through, and none fails on a name that is markup."""

import io
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from tests.core.notification.samples import HEADERS
from tests.hostile_text import HOSTILE, harmful
from tests.pipeline.commands import capture, run
from tests.pipeline.snapshots import COUNTS, loss, total
from yangbeam.core.elements import LedgerTotals, LossBatch, MediaType, TopicRecord
from yangbeam.core.errors import YangbeamError
from yangbeam.core.ingest.verdicts import Verdict
from yangbeam.core.loss.reconcile import Missing, Reconciled
from yangbeam.core.loss.sent_records import Compared
from yangbeam.core.totals import lines_of
from yangbeam.pipeline.cli import discover, reconcile, sent
from yangbeam.pipeline.cli.console import print_json, print_line
from yangbeam.pipeline.config.errors import Problem
from yangbeam.pipeline.launching import Job
from yangbeam.pipeline.tail import json_of, line_of
from yangbeam.pipeline.view.balance import Shape
from yangbeam.pipeline.view.console import TextConsole
from yangbeam.pipeline.view.live_view import Rates, picture, plain_line
from yangbeam.pipeline.view.report import build
from yangbeam.pipeline.view.report_view import summary
from yangbeam.pipeline.view.status import Status

names = st.sampled_from(HOSTILE) | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
whole = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # commands without a file leave their registry where they run


def drawn(*things: Any, terminal: bool = False) -> str:
    out = io.StringIO()
    console = TextConsole(file=out, width=200, force_terminal=terminal, color_system=None)
    for each in things:
        console.print(each)
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_string_is_text_wherever_it_stands(name: str) -> None:
    table = Table(name, title=name, caption=name)
    table.add_row(name)
    text = drawn(name, table, Text(name), Text.assemble((name, "bold")))
    assert not harmful(text)
    assert drawn(name).count("\n") == 1
    assert "[/bold]" in drawn("[/bold]")


def test_styles_of_ours_still_act() -> None:
    out = io.StringIO()
    TextConsole(file=out, force_terminal=True, color_system="standard").print("x\x1b[2J", style="red")
    assert out.getvalue() == "\x1b[31mx\\x1b[2J\x1b[0m\n"


def hostile_payload(name: str) -> bytes:
    """A push-update whose every free text is hostile: node, module, leaf, value, subscription's filter."""
    document = orjson.loads(orjson.dumps(HEADERS["H3"]))
    notification = document["ietf-notification:notification"]
    notification["ietf-notification:sysName"] = name
    notification["ietf-yang-push:push-update"]["datastore-contents"] = {f"{name}:x": {f"{name}:y": name, name: name}}
    return orjson.dumps(document)


def started(name: str) -> bytes:
    return orjson.dumps(
        {
            "ietf-notification:notification": {
                "eventTime": "2026-11-20T10:00:00Z",
                "ietf-notification:sysName": name,
                "ietf-subscribed-notifications:subscription-started": {
                    "id": 7,
                    "ietf-yang-push:datastore": "ietf-datastores:operational",
                    "ietf-yang-push:datastore-xpath-filter": name,
                    "ietf-yang-push-revision:module-version": [{"module-name": name, "revision": name}],
                },
            }
        }
    )


COMMANDS = [
    ["decode"],
    ["explain"],
    ["explain", "--json"],
    ["explain", "--schemas"],
    ["explain", "--schemas", "--json"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@whole
@given(name=names)
def test_what_captures_hold_is_text(
    command: list[str], name: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    payloads = [(MediaType.JSON, started(name)), *[(MediaType.JSON, hostile_payload(name))] * 3]
    file = capture(tmp_path / "a.pcap", *payloads, (MediaType.JSON, name.encode()))
    capfdbinary.readouterr()
    assert run(command[0], str(file), *command[1:]) == 0
    sys.stdout.flush()
    said = capfdbinary.readouterr()
    assert not harmful(said.out.decode() + said.err.decode())
    assert not any(line.startswith(b"ERROR all is lost") for line in said.out.splitlines())


@whole
@given(name=names)
def test_what_a_run_has_come_to_is_text(name: str) -> None:
    status = Status()
    counts = COUNTS | {f"dead:{name}": 1, f"delivered:{name}": 1}
    status.record_totals(LedgerTotals(totals=[total(counts, exporter=name)], collectors={name: {name: 1}}))
    status.record_loss(LossBatch(events=[loss(5, 9, exporter=name, node=name, scope=name)]))
    snapshot = status.snapshot()
    report = build(snapshot, Shape(sinks=(name,)))
    view = picture(snapshot, Rates(), 1), plain_line(snapshot, Rates(), 1)
    text = drawn(*view, summary(report, lines_of(snapshot.counts, name), {"files": name}))
    assert not harmful(text)
    assert not any(line.startswith("ERROR all is lost") for line in text.splitlines())


@whole
@given(name=names)
def test_what_nodes_and_topics_say_is_text(name: str) -> None:
    missing = Missing(name, "transport", 1, (7,), 5, 0, name)
    reconciled = Reconciled([missing], [], [], [])
    assert not harmful(drawn(sent._table(name, [Compared(7, 1, 1, 1, 1)]), reconcile._table(reconciled)))


@whole
@given(name=names)
def test_what_a_node_gave_is_text(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    discover.show({"node": name, "on_change": [name], "refused": {name: name}})
    said = capfd.readouterr()
    assert not harmful(said.out + said.err)
    assert (said.out + said.err).count("\n") == 3


@whole
@given(name=names, payload=st.binary(max_size=40))
def test_what_a_topic_holds_is_text(name: str, payload: bytes, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found = Verdict(TopicRecord("t", 0, 5, 0, name.encode(), payload), "fail", f"{name} is no leaf")
    capfdbinary.readouterr()
    print_line(line_of(found))
    print_json(json_of(found, with_message=True))
    print_line(payload.decode(errors="backslashreplace"))
    sys.stdout.flush()
    said = capfdbinary.readouterr().out
    assert not harmful(said.decode())
    assert said.count(b"\n") == 3
    assert orjson.loads(said.splitlines()[1])["why"] == f"{name} is no leaf"


@whole
@given(name=names)
def test_an_error_and_a_problem_are_one_line(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def broken(_: Job) -> None:
        raise YangbeamError("node-said", f"{name} said {name}")

    capfd.readouterr()
    assert run("run", "--out", str(tmp_path), "--view", "off", live=broken) == 1
    said = capfd.readouterr().err
    assert not harmful(said)
    assert said.count("\n") == 1
    assert "\n" not in str(Problem(name, 1, name, name, name))
