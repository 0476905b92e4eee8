"""Restrictions of the reading DoFn."""

from yangbeam.core.topic_offsets import CODEC, closed, forward, offsets_of


def test_a_batch_moves_its_partitions_and_leaves_the_others() -> None:
    assert forward(offsets_of({0: 5, 1: 7}), {1: 9, 2: 1}).next == {0: 5, 1: 9, 2: 1}


def test_closing_parts_what_was_read_from_what_follows() -> None:
    primary, residual = closed(offsets_of({0: 5}))
    assert (primary.is_closed, residual.is_closed) == (True, False)
    assert primary.next == residual.next == {0: 5}


def test_the_bytes_are_pinned() -> None:
    assert CODEC.encode(offsets_of({1: 7, 0: 300})).hex() == "9301929200cd012c920107c2"
    assert CODEC.decode(bytes.fromhex("9301929200cd012c920107c2")) == offsets_of({1: 7, 0: 300})
