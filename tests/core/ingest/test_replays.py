"""Replays are known by their identity, whatever order they come in."""

from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.ingest.replays import BLOCK, BLOCKS, Replays

IDENTITIES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3 * BLOCK), st.integers(0, 2)), max_size=80)


@given(IDENTITIES)
def test_an_identity_is_a_replay_exactly_when_it_came_before(identities: list[tuple[int, int, int]]) -> None:
    replays, before = Replays(), set()
    for identity in identities:
        assert replays.seen(identity) == (identity in before)
        before.add(identity)


@given(IDENTITIES, st.integers(0, 80), st.integers(0, 80))
def test_a_restore_anywhere_changes_nothing(
    identities: list[tuple[int, int, int]], first_cut: int, second_cut: int
) -> None:
    cuts = sorted((first_cut % (len(identities) + 1), second_cut % (len(identities) + 1)))
    replays, before = Replays(), set()
    snapshot: bytes | None = None
    journal: list[bytes] = []
    for at, identity in enumerate(identities):
        if at == cuts[0]:
            snapshot, journal = replays.snapshot(), []
        if at in cuts:
            journal.append(replays.changes())
            replays = Replays.restore(snapshot, journal)
        assert replays.seen(identity) == (identity in before)
        before.add(identity)


def test_what_is_older_than_the_window_counts_as_new_and_memory_stays_bounded() -> None:
    replays = Replays()
    for block in range(BLOCKS + 5):
        assert not replays.seen((0, block * BLOCK, 0))
    assert not replays.seen((0, 0, 0))
    assert replays.seen((0, 10 * BLOCK, 0))
    assert len(replays.snapshot()) < BLOCKS * 32


def test_indexes_beyond_the_bound_push_out_the_longest_idle_one() -> None:
    replays = Replays()
    for index in range(2000):
        replays.seen((0, 1, index))
    assert replays.seen((0, 1, 1999))
    assert not replays.seen((0, 1, 0))


def test_the_bytes_of_the_state_are_pinned() -> None:
    replays = Replays()
    replays.seen((3, 5, 0))
    assert replays.snapshot().hex() == "92019194030000c40120"
    assert Replays.restore(bytes.fromhex("92019194030000c40120"), []).seen((3, 5, 0))
