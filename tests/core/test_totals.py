"""Absolute totals: sums, revisions, replays, balance in words, and their state's bytes."""

from pathlib import Path

import pytest

from yangbeam.core import totals as module
from yangbeam.core.elements import Heartbeat, LedgerDelta, LedgerTotal, LedgerTotals, Tally
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.totals import Totals, by_exporter, collected, latest, line_of, lines_of, sums, unbalanced

MINUTE = 60_000_000
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "state" / "0.1.0" / "TotalsState.hex"


def delta(
    counts: dict[str, int],
    *,
    bucket: int = 0,
    beats: list[Heartbeat] | None = None,
    end: bool = False,
    exporter: str = "192.0.2.7",
) -> LedgerDelta:
    tally = Tally(exporter, 1, 7, bucket * MINUTE, counts)
    return LedgerDelta(shard=3, stage="decode", tallies=[tally], collectors=beats or [], end=end)


def beat(datagrams: int, collector: str = "c1") -> Heartbeat:
    return Heartbeat(0, collector, 0, {"datagrams": datagrams})


def test_a_heartbeat_tells_what_was_touched_and_the_end_tells_everything() -> None:
    totals = Totals()
    assert totals.add(delta({"received": 1})).totals == []
    assert [one.bucket_us for one in totals.add(delta({"received": 1}, beats=[beat(1)])).totals] == [0]
    second = totals.add(delta({"received": 2}, bucket=1, beats=[beat(2)]))
    assert [(one.shard, one.bucket_us, one.revision, one.counts) for one in second.totals] == [
        (3, MINUTE, 2, {"received": 2})
    ]
    assert len(totals.add(delta({"received": 4}, end=True)).totals) == 2


def test_a_replay_counts_nothing_twice() -> None:
    totals = Totals()
    made = [totals.add(delta({"received": 1, "pending": sign}, beats=[beat(1)])) for sign in (1, -1, 1, -1)]
    replayed = [made[0], made[3], made[1], made[3], made[2]]
    assert sums(latest(*replayed)) == {"received": 4, "pending": 0}


def test_what_a_killed_job_told_last_yields_to_what_the_restored_job_tells_in_the_end() -> None:
    totals = Totals()
    totals.add(delta({"received": 1}))
    kept = totals.snapshot()
    for _ in range(5):
        told = totals.add(delta({"received": 1}, beats=[beat(1)]))
    restored = Totals.restore(kept)
    after = restored.add(delta({"received": 9}, beats=[beat(1)]))  # the same five and four more, in one batch
    assert sums(latest(told, after)) == sums(latest(after, told)) == {"received": 10}


def test_what_was_not_told_before_a_restore_is_told_after_it() -> None:
    totals = Totals()
    told = totals.add(delta({"received": 1}, beats=[beat(1)]))
    totals.add(delta({"received": 5}))
    restored = Totals.restore(totals.snapshot())
    after = restored.add(delta({}, bucket=1, beats=[beat(2)]))
    assert sums(latest(after, told)) == {"received": 6}


def test_collectors_counters_are_the_highest_seen() -> None:
    totals = Totals()
    made = [totals.add(delta({}, beats=[beat(count), beat(1, "c2")])) for count in (5, 9, 7)]
    assert collected(*reversed(made)) == {"c1": {"datagrams": 9}, "c2": {"datagrams": 1}}


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"received": 6, "delivered:kafka": 2, "dead:empty": 1, "duplicates": 1, "pending": 2}, []),
        ({"received": 3, "delivered:kafka": 2, "dead-at:kafka:too-large": 1, "dead-at:files:other": 9}, []),
        ({"received": 3, "delivered:kafka": 2}, ["3 received ≠ 2 delivered"]),
        ({"received": 2, "delivered:kafka": 3}, ["2 received ≠ 3 delivered"]),
        ({"received": 3, "delivered:kafka": 2, "not-mapped:kafka": 1}, []),
    ],
)
def test_what_is_received_must_be_accounted_for(counts: dict[str, int], words: list[str]) -> None:
    found = unbalanced(by_exporter(Totals().add(delta(counts, end=True)).totals), ["kafka"])
    assert len(found) == len(words)
    for line, part in zip(found, words, strict=True):
        assert part in str(line)
        assert str(line).startswith("192.0.2.7 to kafka: ")


def test_balance_is_checked_for_each_sink() -> None:
    totals = Totals().add(delta({"received": 2, "delivered:kafka": 2}, end=True)).totals
    found = unbalanced(by_exporter(totals), ["kafka", "tables"])
    assert [(line.sink, line.missing) for line in found] == [("tables", 2)]
    assert str(line_of(sums(totals), "kafka")).startswith("kafka: 2 received = 2 delivered")


def test_restored_at_every_point_the_totals_are_the_same() -> None:
    deltas = [delta({"received": place}, bucket=place % 7, beats=[beat(place)]) for place in range(40)]
    whole = Totals()
    expected = [whole.add(one) for one in deltas]
    found = []
    snapshot: bytes | None = None
    journal: list[bytes] = []
    for place, one in enumerate(deltas):
        totals = Totals.restore(snapshot, journal)
        found.append(totals.add(one))
        assert latest(*found) == latest(*expected[: place + 1])
        if place % 5 == 4:
            snapshot, journal = totals.snapshot(), []
        else:
            journal = [*journal, totals.changes()]


def test_counts_of_closed_buckets_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SUMS", 20)
    totals = Totals()
    made = [totals.add(delta({"received": 1}, bucket=place)) for place in range(100)]
    made.append(totals.add(delta({"received": 1}, bucket=0, end=True)))
    restored = Totals.restore(totals.snapshot())
    assert sums(latest(*made)) == {"received": 101}
    assert len(restored.add(delta({}, bucket=99, end=True)).totals) <= 21


def test_what_is_kept_of_many_exporters_ends_with_its_time_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW_SUMS", 40)
    totals, made, most = Totals(), list[LedgerTotals](), 0
    for minute in range(100):
        for place in range(10):
            exporter = f"192.0.{minute}.{place}"
            made.append(totals.add(delta({"received": 1}, bucket=minute, exporter=exporter, beats=[beat(minute)])))
        most = max(most, len(totals._sums))
        if minute % 7 == 0:
            totals = Totals.restore(totals.snapshot())
    assert most <= 17 * 10, "a quarter of an hour, and the minutes at its ends"
    made.append(totals.add(delta({"received": 1}, bucket=0, exporter="192.0.0.0", end=True)))
    assert sums(latest(*made)) == {"received": 1001}
    assert by_exporter(latest(*made))["192.0.0.0"] == {"received": 2}


def test_many_exporters_within_a_minute_are_bounded_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SUMS", 20)
    totals, made = Totals(), []
    for place in range(200):
        made.append(totals.add(delta({"received": 1}, exporter=f"192.0.2.{place}")))
        made.append(totals.add(delta({"received": 1}, exporter="192.0.2.0")))
        assert len(totals._sums) <= 21
    made.append(totals.add(delta({}, end=True)))
    assert sums(latest(*made)) == {"received": 400}
    assert by_exporter(latest(*made))["192.0.2.0"] == {"received": 201}


def test_a_collector_that_restarts_goes_on_counting() -> None:
    totals = Totals()
    for clock, count in ((1, 600), (2, 1000), (3, 50), (4, 80), (2, 1000), (5, 90)):
        told = totals.add(delta({}, beats=[Heartbeat(0, "c1", clock, {"datagrams": count})]))
    assert told.collectors == {"c1": {"datagrams": 1090}}
    again = Totals.restore(totals.snapshot())
    told = again.add(delta({}, beats=[Heartbeat(0, "c1", 6, {"datagrams": 10})]))
    assert told.collectors == {"c1": {"datagrams": 1100}}


def sample() -> Totals:
    totals = Totals()
    totals.add(delta({"received": 3, "delivered:kafka": 2, "dead:empty": 1}, beats=[beat(5)]))
    totals.add(delta({"received": 1, "pending": 1}, bucket=1))
    return totals


def test_the_states_bytes_are_read_for_ever() -> None:
    restored = Totals.restore(bytes.fromhex(GOLDEN.read_text()))
    assert restored._sums.keys() == sample()._sums.keys()
    assert restored.add(delta({}, end=True)) == sample().add(delta({}, end=True))


def test_a_newer_state_is_refused() -> None:
    newer = b"\x97" + bytes([module.FORMAT + 1]) + sample().snapshot()[2:]
    with pytest.raises(ConfigurationError, match="newer release"):
        Totals.restore(newer)


def test_readers_may_get_nothing() -> None:
    assert latest() == []
    assert collected(LedgerTotals(totals=[])) == {}
    assert unbalanced({}, ["kafka"]) == []


def test_records_of_split_messages_balance_on_a_line_of_their_own() -> None:
    counts = {"received": 1, "delivered:kafka": 1, "split:kafka": 3, "parts:kafka": 2, "dead-parts:kafka:large": 1}
    assert unbalanced({"e": counts}, ["kafka"]) == []
    assert [str(line) for line in lines_of(counts, "kafka")][1].startswith("kafka (records of split messages): 3")
    (missing,) = unbalanced({"e": counts | {"parts:kafka": 1}}, ["kafka"])
    assert missing.missing == 1


def test_of_equal_revisions_the_later_one_holds_and_a_lower_one_never() -> None:
    def told(revision: int, pending: int) -> LedgerTotals:
        return LedgerTotals(totals=[LedgerTotal(0, "a", None, None, 0, revision, {"pending": pending})], collectors={})

    assert [one.counts for one in latest(told(5, 2), told(5, 0))] == [{"pending": 0}]
    assert [one.counts for one in latest(told(5, 2), told(4, 0))] == [{"pending": 2}]
    assert [one.counts for one in latest(told(5, 2), told(6, 1))] == [{"pending": 1}]
