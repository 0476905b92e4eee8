"""Merging deltas changes no sum, whatever is merged and whenever it is told."""

from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core import ledger_merging
from yangbeam.core.elements import Heartbeat, LedgerDelta, Tally
from yangbeam.core.ledger_merging import Merging

TALLIES = st.builds(
    Tally,
    st.sampled_from(["192.0.2.10", "192.0.2.11"]),
    st.sampled_from([None, 1]),
    st.sampled_from([None, 1, 6666]),
    st.sampled_from([0, 60_000_000]),
    st.dictionaries(st.sampled_from(["received", "pending", "dead:empty"]), st.integers(-5, 5), min_size=1),
)
DELTAS = st.builds(
    lambda shard, tallies, beats, end: LedgerDelta(
        shard=shard, source="s", ordinal=0, stage="bind", tallies=tallies, collectors=beats, end=end
    ),
    st.integers(0, 2),
    st.lists(TALLIES, max_size=5),
    st.sampled_from([[], [], [Heartbeat(0, "c1", 1, {"datagrams": 1})]]),
    st.sampled_from([False, False, False, True]),
)


def summed(deltas: list[LedgerDelta]) -> dict[tuple[object, ...], int]:
    found: dict[tuple[object, ...], int] = {}
    for delta in deltas:
        for tally in delta.tallies:
            for name, count in tally.counts.items():
                key = (delta.shard, tally.exporter, tally.publisher_id, tally.subscription_id, tally.bucket_us, name)
                found[key] = found.get(key, 0) + count
    return found


def merged(deltas: list[LedgerDelta]) -> list[LedgerDelta]:
    merging = Merging()
    told = [each for each in map(merging.add, deltas) if each is not None]
    return [*told, *merging.rest()]


@given(st.lists(DELTAS, max_size=12))
def test_the_sums_and_the_heartbeats_are_those_of_the_deltas(deltas: list[LedgerDelta]) -> None:
    before = summed(deltas)
    told = merged(deltas)
    assert summed(told) == before == summed(deltas), "what is merged is not changed itself"
    assert [beat for each in told for beat in each.collectors] == [beat for each in deltas for beat in each.collectors]
    assert {each.shard for each in told if each.end} == {each.shard for each in deltas if each.end}


@given(st.lists(DELTAS, max_size=12))
def test_a_heartbeat_and_the_end_of_input_are_told_at_once_and_with_all_that_came_before(
    deltas: list[LedgerDelta],
) -> None:
    merging = Merging()
    for at, delta in enumerate(deltas):
        told = merging.add(delta)
        assert (told is not None) == bool(delta.end or delta.collectors), at
        assert told is None or (told.shard, told.end, told.collectors) == (delta.shard, delta.end, delta.collectors)


@given(st.lists(DELTAS, max_size=12))
def test_of_a_shard_nothing_is_told_twice_and_no_line_twice_in_one_delta(deltas: list[LedgerDelta]) -> None:
    merging = Merging()
    for delta in deltas:
        merging.add(delta)
    rest = merging.rest()
    assert len({each.shard for each in rest}) == len(rest)
    assert merging.rest() == []
    for each in rest:
        keys = [(one.exporter, one.publisher_id, one.subscription_id, one.bucket_us) for one in each.tallies]
        assert len(set(keys)) == len(keys)


def test_what_is_held_is_bounded() -> None:
    merging = Merging()
    lines = [Tally(f"{number}", 1, 1, 0, {"received": 1}) for number in range(ledger_merging.MOST_LINES + 1)]
    told = merging.add(LedgerDelta(shard=0, source="s", ordinal=7, stage="decode", tallies=lines))
    assert told is not None
    assert (told.ordinal, len(told.tallies), merging.rest()) == (7, len(lines), [])
