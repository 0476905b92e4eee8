"""What Prometheus scrapes of a run."""

import httpx
import pytest

from tests.pipeline.snapshots import COUNTS, loss, total
from yangbeam.core.elements import LearnedScope, LedgerTotals, LossBatch
from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.view import run_metrics
from yangbeam.pipeline.view.metrics_server import served
from yangbeam.pipeline.view.run_metrics import RunMetrics
from yangbeam.pipeline.view.status import Status
from yangbeam.transforms.acknowledged import ACKNOWLEDGED

LEARNED = LearnedScope("192.0.2.1", "transport", "settled", "publisher", 1, 5, ["node was ruled out"])


def scraped(status: Status) -> set[str]:
    with served(0, RunMetrics(status.snapshot), "status.metrics_port") as port:
        return set(httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines())


@pytest.fixture
def status() -> Status:
    made = Status()
    made.record_totals(LedgerTotals(totals=[total(COUNTS | {"pending": 3})], collectors={"c1": {"datagrams": 20}}))
    events = [loss(5, 9), loss(20, 20, state="open"), loss(0, 0, counter="freshness", state="open", cause="silent")]
    made.record_loss(LossBatch(events=events, learned=[LEARNED]))
    return made


def test_the_ledger_is_told_as_it_names_things(status: Status) -> None:
    lines = scraped(status)
    assert 'yangbeam_ledger_total{what="received"} 10.0' in lines
    assert 'yangbeam_ledger_total{what="delivered:files"} 6.0' in lines
    assert 'yangbeam_ledger_total{what="dead:invalid-contents"} 2.0' in lines
    assert 'yangbeam_ledger_now{what="pending"} 3.0' in lines
    assert 'yangbeam_received_total{exporter="192.0.2.1"} 10.0' in lines
    assert 'yangbeam_receiver_total{receiver="c1",what="datagrams"} 20.0' in lines


def test_records_that_did_not_go_out_as_they_were_are_told_those_of_the_ledger_too(status: Status) -> None:
    status.record_totals(LedgerTotals(totals=[total({"replaced:loss-kafka": 2}, exporter="")]))
    ACKNOWLEDGED.add("unwritten:ledger-kafka", 1)
    lines = scraped(status)
    ACKNOWLEDGED.clear()
    assert 'yangbeam_ledger_total{what="replaced:loss-kafka"} 2.0' in lines
    assert 'yangbeam_ledger_total{what="unwritten:ledger-kafka"} 1.0' in lines


def test_losses_are_told_by_their_newest_state(status: Status) -> None:
    status.record_loss(LossBatch(events=[loss(20, 20, state="withdrawn")]))
    lines = scraped(status)
    where = 'counter="transport",exporter="192.0.2.1"'
    assert f'yangbeam_lost_messages{{{where},state="confirmed"}} 5.0' in lines
    assert not any(line.startswith("yangbeam_lost_messages{" + where + ',state="open"') for line in lines)
    silent = 'cause="silent",counter="freshness",exporter="192.0.2.1",state="open"'
    assert f"yangbeam_loss_events{{{silent}}} 1.0" in lines


def test_discontinuities_are_counted_by_their_cause(status: Status) -> None:
    status.record_loss(LossBatch(events=[loss(60, 70, cause="discontinuity", count=0)]))
    labels = 'cause="discontinuity",counter="transport",exporter="192.0.2.1",state="confirmed"'
    assert f"yangbeam_loss_events{{{labels}}} 1.0" in scraped(status)


def test_how_an_exporter_counts_is_told(status: Status) -> None:
    told = 'counter="transport",exporter="192.0.2.1",scope="publisher",state="settled"'
    assert f"yangbeam_scope{{{told}}} 1.0" in scraped(status)
    status.record_loss(
        LossBatch(events=[], learned=[LearnedScope("192.0.2.1", "transport", "untrackable", "", 0, 9, [])])
    )
    assert not any("settled" in line for line in scraped(status))


def test_many_exporters_share_a_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_metrics, "MOST_EXPORTERS", 1)
    status = Status()
    totals = [total({"received": count}, exporter=f"192.0.2.{count}") for count in (5, 7, 2)]
    status.record_totals(LedgerTotals(totals=totals))
    lines = scraped(status)
    assert 'yangbeam_received_total{exporter="192.0.2.7"} 7.0' in lines
    assert 'yangbeam_received_total{exporter="others"} 7.0' in lines


def test_a_port_that_is_taken_is_named_with_its_setting(status: Status) -> None:
    metrics = RunMetrics(status.snapshot)
    with (
        served(0, metrics, "here") as port,
        pytest.raises(ConfigurationError, match="set there"),
        served(port, metrics, "there"),
    ):
        pass


def test_nothing_is_served_unasked(status: Status) -> None:
    with served(None, RunMetrics(status.snapshot), "here") as port:
        assert port is None
