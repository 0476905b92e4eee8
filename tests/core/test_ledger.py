"""What one batch counts, by whom and when."""

import pytest

from tests.builders import ARRIVAL_US, EXPORTER
from yangbeam.core.elements import Heartbeat, Tally
from yangbeam.core.ledger import BUCKET_US, Tallies

WHERE = (EXPORTER, 1, 6666)


def tallied(tallies: Tallies) -> list[Tally]:
    return tallies.delta(shard=0, source="", ordinal=0).tallies


def test_counts_of_one_subscription_and_minute_add_up_by_name() -> None:
    tallies = Tallies("decode")
    for name, count in (("received", 1), ("received", 2), ("pending", 1), ("pending", -1)):
        tallies.add(name, *WHERE, ARRIVAL_US, count)
    (tally,) = tallied(tallies)
    assert tally.counts == {"received": 3, "pending": 0}


@pytest.mark.parametrize(
    ("arrival_us", "bucket_us"),
    [(0, 0), (BUCKET_US - 1, 0), (BUCKET_US, BUCKET_US), (-1, -BUCKET_US), (ARRIVAL_US, 1_795_168_800_000_000)],
)
def test_a_bucket_is_the_minute_of_arrival(arrival_us: int, bucket_us: int) -> None:
    tallies = Tallies("decode")
    tallies.add("received", *WHERE, arrival_us)
    assert [tally.bucket_us for tally in tallied(tallies)] == [bucket_us]


def test_exporter_publisher_subscription_and_minute_are_told_apart() -> None:
    tallies = Tallies("decode")
    places = [
        (*WHERE, 0),
        (*WHERE, BUCKET_US),
        (EXPORTER, 1, None, 0),
        (EXPORTER, None, None, 0),
        ("192.0.2.11", 1, 6666, 0),
    ]
    for place in places:
        tallies.add("received", *place)
    found = [(tally.exporter, tally.publisher_id, tally.subscription_id, tally.bucket_us) for tally in tallied(tallies)]
    assert found == places


def test_several_names_are_counted_at_one_place() -> None:
    tallies = Tallies("decode")
    counts = tallies.at(*WHERE, 0)
    counts["received"] = 2
    tallies.add("received", *WHERE, 1)
    assert [tally.counts for tally in tallied(tallies)] == [{"received": 3}]


def test_the_delta_names_stage_place_collectors_and_end() -> None:
    beat = Heartbeat(0, "c1", ARRIVAL_US, {"datagrams": 1})
    tallies = Tallies("decode")
    tallies.collectors.append(beat)
    delta = tallies.delta(shard=3, source="capture", ordinal=9, end=True)
    assert (delta.stage, delta.shard, delta.source, delta.ordinal, delta.end) == ("decode", 3, "capture", 9, True)
    assert (delta.tallies, delta.collectors) == ([], [beat])
