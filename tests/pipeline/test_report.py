"""The report: its exact structure, what balances, and how it reads."""

import re
import threading
from typing import Any

import orjson
import pytest

from tests.pipeline.snapshots import COLLECTOR, COUNTS, loss, snapshot, total
from yangbeam.core.cause_table import CAUSES
from yangbeam.core.elements import LedgerTotals, LossBatch
from yangbeam.core.ledger import OTHERS
from yangbeam.core.totals import line_of, unbalanced
from yangbeam.pipeline.view import status as status_module
from yangbeam.pipeline.view.balance import Shape, lines
from yangbeam.pipeline.view.console import TextConsole
from yangbeam.pipeline.view.report import build
from yangbeam.pipeline.view.report_view import summary
from yangbeam.pipeline.view.status import Status

SINKS = ("files", "tables")
SHAPE = Shape(sinks=SINKS)


def shown(renderable: Any) -> str:
    console = TextConsole(width=160)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def cause(name: str, messages: int, what: str) -> dict[str, Any]:
    """An entry of the report without module and path, by the table of causes."""
    row = CAUSES.get(name)
    cure = row.cure[0].lower() + row.cure[1:].rstrip(".") if row is not None else ""
    fault = row.fault if row is not None else "collector"
    return {
        "cause": name,
        "fault": fault,
        "module": "",
        "path": "",
        "messages": messages,
        "what": what,
        "cure": cure,
    } | {"modules": []}


def test_the_report_has_exactly_the_promised_structure() -> None:
    events = (
        loss(5, 9),
        loss(20, 20, counter="notification", subscription_ids=(7, 8)),
        loss(30, 31, state="open"),
        loss(40, 41, state="withdrawn"),
        loss(50, 51, counter="patch"),
        loss(60, 70, cause="discontinuity", count=0),
    )
    assert build(snapshot(loss=events), SHAPE) == {
        "datagrams": {
            "received": 20,
            "unsupported_version": 0,
            "unsupported_media_type": 0,
            "private_media_type": 0,
            "unsupported_option": 0,
            "too_many_new_exporters": 0,
            "malformed": 1,
            "trailing_octets": 2,
            "option_order": 0,
            "empty_payload": 0,
            "incomplete": 3,
            "kernel_drops": 4,
        },
        "messages": {
            "received": 10,
            "decoded": 9,
            "bound": 8,
            "validated": 6,
            "delivered": 6,
            "dead_lettered": 3,
            "duplicates": 1,
            "pending": 0,
            "in_flight": 0,
        },
        "dead_letters": {"invalid-contents": 2, "malformed": 1, "out-of-range": 1},
        "causes": [
            cause("invalid-contents", 2, "the contents break the schema at the path of the dead letter"),
            cause(
                "malformed",
                1,
                "the lengths or options of a datagram, or the array of an HTTPS-notif body, contradict each other",
            ),
            cause("out-of-range", 1, "out-of-range"),
        ],
        "pruned": {
            "messages": 0,
            "normalised": 0,
            "nodes": 0,
            "set_aside": [],
            "habits": {},
            "habits_by_vendor": {},
            "originals": 0,
        },
        "missing": [{"exporter": "192.0.2.1", "messages": 6, "transport": 5, "notification": 1}],
        "loss": {
            "transport": [
                {
                    "exporter": "192.0.2.1",
                    "publisher_id": 1,
                    "subscription": 7,
                    "scope": "publisher",
                    "first": 5,
                    "last": 9,
                    "count": 5,
                }
            ],
            "notification": [
                {
                    "exporter": "192.0.2.1",
                    "publisher_id": 1,
                    "subscription": None,
                    "scope": "publisher",
                    "first": 20,
                    "last": 20,
                    "count": 1,
                }
            ],
        },
        "discontinuities": [
            {
                "exporter": "192.0.2.1",
                "publisher_id": 1,
                "subscription": 7,
                "scope": "publisher",
                "counter": "transport",
                "last_seen": 60,
                "next_seen": 70,
            }
        ],
        "tables": {"interfaces": 12, "sensors": 3},
        "records": {"replaced": {}, "unwritten": {}},
        "open_edges": [],
        "balanced": True,
        "outside": [],
        "quirks": [],
    }


def test_nodes_that_were_set_aside_are_told_with_whose_fault_and_cure() -> None:
    place = "/ietf-interfaces:interfaces/interface/acme:x"
    counts = {
        "pruned": 3,
        "normalised": 2,
        f"aside:module-missing|configuration|acme|{place}": 5,
        "aside:unknown-node|configuration||": 1,
        "habit:identity-by-prefix": 4,
        "habit:identity-by-prefix|huawei": 3,
        "habit:list-entry-as-object|cisco": 2,
        "originals": 2,
    }
    report = build(snapshot(counts), SHAPE)
    assert report["dead_letters"] == {}
    assert report["pruned"] == {
        "messages": 3,
        "normalised": 2,
        "nodes": 6,
        "set_aside": [
            {
                "cause": "module-missing",
                "fault": "configuration",
                "module": "acme",
                "path": place,
                "nodes": 5,
                "what": "module acme is not there",
                "cure": "add it to --yang DIR",
            },
            {
                "cause": "unknown-node",
                "fault": "configuration",
                "module": "",
                "path": "",
                "nodes": 1,
                "what": "the module of the path of the dead letter is there, and has no such node",
                "cure": "compare the router's release with the modules at hand, and replace the older ones",
            },
        ],
        "habits": {"identity-by-prefix": 7, "list-entry-as-object": 2},
        "habits_by_vendor": {
            "identity-by-prefix": {"unknown": 4, "huawei": 3},
            "list-entry-as-object": {"cisco": 2},
        },
        "originals": 2,
    }
    text = " ".join(shown(summary(report, [], {})).split())
    assert "Pruned messages: 3 · nodes set aside: 6 · originals kept: 2" in text
    assert f"{place}: module acme is not there · 5 · yours: add it to --yang DIR [module-missing]" in text
    assert "Spelt as RFC 7951 has it: identity-by-prefix 7 (huawei 3), list-entry-as-object 2 (cisco 2)" in text


def test_discontinuities_are_listed_beside_the_losses() -> None:
    found = snapshot(loss=(loss(60, 70, cause="discontinuity", count=0),))
    text = shown(summary(build(found, SHAPE), [], {}))
    assert "Loss: none" in text
    assert "Discontinuities: 1 jumps that nothing shows to be losses" in text
    assert re.search(r"transport\W+192.0.2.1\W+publisher\W+60\W+70", text)


def test_a_run_without_anything_balances_and_reports_zeros() -> None:
    report = build(Status().snapshot(), SHAPE)
    assert report["balanced"]
    assert set(report["messages"].values()) == {0}
    assert set(report["datagrams"].values()) == {0}
    assert orjson.dumps(report)


def test_what_waits_for_a_broker_that_is_away_is_in_flight_and_not_balanced() -> None:
    status = Status()
    status.follow_readers(lambda: 12)
    waiting = build(status.snapshot(), SHAPE)
    assert (waiting["messages"]["received"], waiting["messages"]["in_flight"], waiting["balanced"]) == (12, 12, False)
    (line,) = lines(status.snapshot(), ["files"])
    assert str(line) == "files: 12 received = 0 delivered + 0 dead-lettered + 0 duplicates + 0 pending + 12 in flight"
    assert "Not all is accounted for yet" in shown(summary(waiting, [line], {}))


def test_what_was_in_flight_when_the_run_ended_in_order_is_missing() -> None:
    status = Status()
    status.follow_readers(lambda: 12)
    status.record_end()
    report = build(status.snapshot(), Shape(sinks=("files",)))
    assert (report["messages"]["in_flight"], report["balanced"]) == (0, False)
    assert report["open_edges"] == [{"edge": "reader → decode", "where": "", "in": 12, "out": 0}]
    assert [line.missing for line in lines(status.snapshot(), ["files"])] == [12]


@pytest.mark.parametrize("sink", SINKS)
def test_a_message_that_one_sink_lost_unbalances_the_run_and_is_named(sink: str) -> None:
    counts = COUNTS | {f"delivered:{sink}": COUNTS[f"delivered:{sink}"] - 1}
    found = snapshot(counts)
    assert not build(found, SHAPE)["balanced"]
    (line,) = unbalanced(found.exporters, SINKS)
    assert (line.exporter, line.sink, line.missing) == ("192.0.2.1", sink, 1)
    assert f"192.0.2.1 to {sink}: 10 received ≠ " in str(line)


def test_a_sink_that_got_nothing_at_all_is_missed() -> None:
    assert not build(snapshot(), Shape(sinks=(*SINKS, "kafka")))["balanced"]


def test_what_one_exporter_lost_is_not_made_up_by_another() -> None:
    status = Status()
    totals = [
        total({"received": 2, "delivered:files": 1}),
        total({"received": 1, "delivered:files": 2}, exporter="192.0.2.2"),
    ]
    status.record_totals(LedgerTotals(totals=totals))
    assert [line.missing for line in unbalanced(status.snapshot().exporters, ["files"])] == [1, -1]


def test_what_is_passed_on_unvalidated_is_accounted_for_at_the_tables() -> None:
    through = {
        "received": 3,
        "decoded": 3,
        "bound": 3,
        "validated": 1,
        "marked:unvalidated": 2,
        "encoded": 3,
        "mapped": 1,
    }
    counts = through | {"delivered:files": 3, "delivered:tables": 1, "not-mapped:tables": 2}
    assert build(snapshot(counts), SHAPE)["balanced"]
    assert "2 left out as not valid" in str(line_of(counts, "tables"))


def test_held_messages_are_pending_until_they_are_released() -> None:
    through = {"received": 3, "decoded": 3, "bound": 1, "validated": 1, "encoded": 1}
    counts = through | {"delivered:files": 1, "pending": 2}
    report = build(snapshot(counts), Shape(sinks=("files",)))
    assert report["balanced"]
    assert report["messages"]["pending"] == 2


class TestStatus:
    """The one place that sinks feed."""

    def test_the_highest_revision_of_a_bucket_wins_however_often_and_late_the_others_come(self) -> None:
        status = Status()
        for revision, count in ((1, 5), (3, 9), (2, 7), (3, 9)):
            status.record_totals(LedgerTotals(totals=[total({"received": count}, revision=revision)]))
        status.record_totals(LedgerTotals(totals=[total({"received": 1}, bucket_us=60_000_000)]))
        assert status.snapshot().counts == {"received": 10}

    def test_collectors_are_added_up_and_never_go_back(self) -> None:
        status = Status()
        for collector, count in (("a", 5), ("b", 2), ("a", 7), ("a", 6)):
            status.record_totals(LedgerTotals(totals=[], collectors={collector: {"datagrams": count}}))
        assert status.snapshot().datagrams() == {"datagrams": 9}

    def test_subscriptions_are_counted_by_what_was_decoded(self) -> None:
        status = Status()
        status.record_totals(LedgerTotals(totals=[total({"decoded": 5}), total({"rows:x": 1}, subscription_id=None)]))
        status.record_totals(LedgerTotals(totals=[total({"decoded": 8}, revision=2)]))
        assert status.snapshot().subscriptions == {("192.0.2.1", 1, 7): 8}

    def test_a_later_event_replaces_the_loss_of_its_identity(self) -> None:
        status = Status()
        status.record_loss(LossBatch(events=[loss(5, 9, state="open"), loss(5, 7, identity="5")]))
        assert [event.last for event in status.snapshot().loss] == [7]

    def test_floods_of_forged_exporters_are_counted_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for bound in ("MAX_EXPORTERS", "MAX_SUBSCRIPTIONS", "MAX_EVENTS", "MAX_BUCKETS"):
            monkeypatch.setattr(status_module, bound, 2)
        status = Status()
        totals = [total({"received": 1, "decoded": 1}, exporter=f"10.0.0.{number}") for number in range(10)]
        status.record_totals(LedgerTotals(totals=totals))
        status.record_loss(LossBatch(events=[loss(number, number) for number in range(5)]))
        taken = status.snapshot()
        assert taken.counts["received"] == 10
        assert taken.exporters[OTHERS]["received"] == 8
        assert taken.subscriptions[OTHERS, None, None] == 8
        assert (len(taken.loss), taken.forgotten_losses) == (2, 3)

    def test_buckets_that_are_past_all_revision_go_and_stay_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(status_module, "FEW_BUCKETS", 30)
        status, minute_us = Status(), 60_000_000
        for minute in range(200):
            for shard in (0, 1):
                totals = [total({"received": 1}, bucket_us=minute * minute_us, shard=shard)]
                status.record_totals(LedgerTotals(totals=totals))
            late = [total({"received": 2}, bucket_us=max(minute - 15, 0) * minute_us, revision=2, shard=0)]
            status.record_totals(LedgerTotals(totals=late))
        assert len(status._buckets) <= 2 * 40
        assert status.snapshot().counts == {"received": 200 + 200 + 185}

    def test_a_revision_of_a_flooded_bucket_still_counts_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(status_module, "MAX_EXPORTERS", 1)
        status = Status()
        for revision in (1, 2, 3):
            totals = [total({"received": revision}, exporter=name, revision=revision) for name in "ab"]
            status.record_totals(LedgerTotals(totals=totals))
        assert status.snapshot().counts == {"received": 6}

    def test_sinks_of_many_threads_lose_no_count(self) -> None:
        status = Status()

        def feed(shard: int) -> None:
            for revision in range(1, 200):
                status.record_totals(
                    LedgerTotals(totals=[total({"received": revision}, shard=shard, revision=revision)])
                )
                status.snapshot()

        threads = [threading.Thread(target=feed, args=(shard,)) for shard in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert status.snapshot().counts == {"received": 4 * 199}

    def test_a_new_run_begins_with_nothing(self) -> None:
        status = Status()
        status.record_totals(LedgerTotals(totals=[total(COUNTS)], collectors={"c": COLLECTOR}))
        status.record_progress(3, 4)
        status.clear()
        assert status.snapshot() == Status().snapshot()


def test_the_summary_shows_counts_loss_balance_and_places() -> None:
    found = snapshot(loss=tuple(loss(number, number + 1) for number in range(30)))
    lines = [line_of(found.counts, sink) for sink in SINKS]
    text = shown(summary(build(found, SHAPE), lines, {"report": "out/report.json"}))
    assert "invalid-contents" in text
    assert "the lengths or options of a datagram" in text
    cure = "· 1 · the router's: show the original to the router's vendor [malformed]"
    assert cure in " ".join(text.split())
    assert "Loss on the wire: 60 messages missing" in text
    assert re.search(r"192.0.2.1 .* 60 .* 60 .* 0 ", text), "one line per exporter, each message once"
    assert "Balanced. files: 10 received = 6 delivered + 3 dead-lettered" in text
    assert "report: out/report.json" in text


def test_the_summary_says_what_does_not_balance_and_that_nothing_was_lost() -> None:
    counts = COUNTS | {"delivered:files": 5}
    text = shown(summary(build(snapshot(counts), SHAPE), [line_of(counts, "files")], {}))
    assert "DOES NOT BALANCE by 1. files: 10 received ≠ 5 delivered" in text
    assert "Loss: none" in text


def test_records_that_did_not_go_out_as_they_were_are_told_by_sink_those_of_the_ledger_too() -> None:
    found = snapshot(
        COUNTS | {"replaced:loss-kafka": 2, "kept:loss-kafka": 3}, acknowledged={"unwritten:ledger-kafka": 1}
    )
    report = build(found, SHAPE)
    assert report["records"] == {"replaced": {"loss-kafka": 2}, "unwritten": {"ledger-kafka": 1}}
    said = shown(summary(report, lines(found, SINKS), {}))
    assert "loss-kafka: 2 records were too large for their topic, and went out as dead letters or cut; raise" in said
    assert "ledger-kafka: 1 records WERE NOT WRITTEN: no topic takes them; raise the topic's max.message.bytes" in said
