"""DetectLoss: the same losses as the plain detector, on both local runners, however the input is cut."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing import test_stream
from apache_beam.testing.util import assert_that

from tests.builders import ARRIVAL_US, batch, notification, started
from yangbeam.core.elements import (
    EndOfInput,
    Heartbeat,
    LedgerDelta,
    LossBatch,
    LossEvent,
    Notification,
    NotificationBatch,
    Terms,
)
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import STARTED, TERMINATED, facts_of
from yangbeam.transforms.coders import BatchCoder
from yangbeam.transforms.detect_loss import DetectLoss

SECOND = 1_000_000


def numbered(number: int, port: int = 50000) -> Notification:
    of = {"message_id": number, "arrival_us": ARRIVAL_US + number * SECOND, "port": port}
    return notification(of=of, sequence_number=number)


def batches(numbers: Iterable[int], cut: int) -> list[NotificationBatch]:
    messages = [numbered(number) for number in numbers]
    pieces = [messages[start : start + cut] for start in range(0, len(messages), cut)]
    made = [batch(*piece, ordinal=ordinal, source="test") for ordinal, piece in enumerate(pieces)]
    end = EndOfInput(0, ARRIVAL_US + 3600 * SECOND)
    return [*made, batch(ordinal=len(made), source="test", controls=[end])]


LOSSY = [number for number in range(200) if number not in {5, 6, 7, 90, 150}]


def plain(made: list[NotificationBatch]) -> list[LossEvent]:
    detector = Detector()
    return [
        event
        for one in made
        for event in detector.observe(facts_of(one).facts, facts_of(one).controls, Tallies("loss"))
    ]


def check(expected: list[LossEvent]) -> Any:
    def checked(found: list[LossBatch]) -> None:
        assert [event for one in sorted(found, key=lambda one: one.ordinal) for event in one.events] == expected

    return checked


def check_ledger(found: list[LedgerDelta]) -> None:
    lost: dict[str, int] = {}
    for delta in found:
        for tally in delta.tallies:
            for name, count in tally.counts.items():
                lost[name] = lost.get(name, 0) + count
    assert lost == {"lost:transport": 5, "lost:notification": 5, "events": 12, "learned": 4}
    assert sum(delta.end for delta in found) == 1


@pytest.mark.parametrize("cut", [1, 7, 500])
def test_on_fn_api_runner_events_and_ledger_are_those_of_the_plain_detector(cut: int) -> None:
    made = batches(LOSSY, cut)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        found = pipeline | beam.Create(made, reshuffle=False) | DetectLoss()
        assert_that(found.out, check(plain(made)), label="events")
        assert_that(found.ledger, check_ledger, label="ledger")


def test_on_the_live_runner_events_and_ledger_are_those_of_the_plain_detector() -> None:
    made = batches(LOSSY, 20)
    stream = test_stream.TestStream(coder=BatchCoder(NotificationBatch))
    for one in made:
        stream = stream.add_elements([one])
    options = PipelineOptions([])
    options.view_as(StandardOptions).streaming = True
    with beam.Pipeline(runner="BundleBasedDirectRunner", options=options) as pipeline:
        found = pipeline | stream.advance_watermark_to_infinity() | DetectLoss()
        assert_that(found.out, check(plain(made)), label="events")
        assert_that(found.ledger, check_ledger, label="ledger")


def test_the_events_are_the_same_wherever_batches_are_cut() -> None:
    whole = plain(batches(LOSSY, 500))
    assert [(event.first, event.last) for event in whole if event.state == "confirmed"].count((5, 7)) == 2
    assert all(plain(batches(LOSSY, cut)) == whole for cut in (1, 2, 3, 50))


def quiet(at: int) -> list[NotificationBatch]:
    """A subscription of 60 s that sends twice, is called incomplete once, and then falls silent; cut after ``at`` s."""
    sent = {0: started(of={"message_id": 0, "arrival_us": ARRIVAL_US}, sequence_number=0)}
    for number in (1, 2):
        of = {"message_id": number, "arrival_us": ARRIVAL_US + number * 60 * SECOND}
        sent[number * 60] = notification(of=of, sequence_number=number, incomplete=number == 2)
    pieces: list[NotificationBatch] = []
    for seconds in (range(at), range(at, 400)):
        notifications, controls = [], []
        for second in seconds:
            if second in sent:
                notifications.append(sent[second])
            controls.append(Heartbeat(len(notifications), "c1", ARRIVAL_US + second * SECOND, {}))
        pieces.append(batch(*notifications, controls=controls, source="c1", ordinal=len(pieces)))
    end = EndOfInput(0, ARRIVAL_US + 400 * SECOND)
    return [*pieces, batch(ordinal=len(pieces), source="c1", controls=[end])]


@pytest.mark.parametrize("at", [100, 61])
def test_a_subscription_that_falls_silent_and_an_incomplete_update_are_told(at: int) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        found = pipeline | beam.Create(quiet(at), reshuffle=False) | DetectLoss()
        assert_that(found.out, told_in_order, label="events")


def told_in_order(found: list[LossBatch]) -> None:
    events = [event for one in sorted(found, key=lambda one: one.ordinal) for event in one.events]
    assert [(event.counter, event.state, event.cause) for event in events] == [
        ("contents", "confirmed", "publisher"),
        ("freshness", "open", "silent"),
        ("freshness", "confirmed", "silent"),
        ("freshness", "confirmed", "silent"),  # to the end of input
    ]


def test_what_a_notification_says_of_its_subscription_is_among_its_facts() -> None:
    ended = notification(kind="subscription-terminated", reason="no-such-subscription")
    on_change = started(terms=Terms(on_change=True, sync_on_start=True))
    first, second, third, last = facts_of(batch(started(), on_change, ended, notification())).facts
    assert (first.kind, first.period_us, first.syncs) == (STARTED, 60 * SECOND, False)
    assert (second.period_us, second.syncs) == (0, True)
    assert (third.kind, third.reason) == (TERMINATED, "no-such-subscription")
    assert (last.period_us, last.reason, last.evidence) == (0, "", ())


def test_a_window_shorter_than_reassembly_is_refused_when_the_graph_is_built() -> None:
    with pytest.raises(ConfigurationError, match="10000000"):
        DetectLoss(window_us=1)


def test_an_unknown_scope_is_refused() -> None:
    detector = Detector(override=lambda _exporter, _counter: "router")
    with pytest.raises(ConfigurationError, match="publisher"):
        detector.observe(facts_of(batch(numbered(1), numbered(2))).facts, [], Tallies("loss"))
