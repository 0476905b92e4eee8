import pytest

from yangbeam.core.elements import MessageBatch
from yangbeam.core.errors import ConfigurationError
from yangbeam.transforms.handoff import END_OF_STREAM, TOKEN_OCTETS, Handoff, handoff_of


def batch(ordinal: int) -> MessageBatch:
    return MessageBatch(messages=[], ordinal=ordinal)


def test_a_token_is_eight_octets_and_is_swapped_for_its_batch() -> None:
    handoff = Handoff([])
    tokens = [handoff.put(batch(number)) for number in range(3)]
    assert {len(token) for token in tokens} == {TOKEN_OCTETS}
    assert [handoff.take(token) for token in tokens] == [batch(0), batch(1), batch(2)]
    assert handoff.in_flight() == 0


def test_a_token_taken_again_gives_the_same_batch_and_no_second_credit() -> None:
    seen: list[MessageBatch] = []
    handoff = Handoff([], credits_=1, seen=seen.append)
    assert handoff.free.acquire(blocking=False)
    token = handoff.put(batch(7))
    assert [handoff.take(token), handoff.take(token)] == [batch(7), batch(7)]
    assert seen == [batch(7)]
    assert [handoff.free.acquire(blocking=False) for _ in range(2)] == [True, False]


def test_a_token_from_before_the_last_one_is_a_defect() -> None:
    handoff = Handoff([])
    first, second = handoff.put(batch(1)), handoff.put(batch(2))
    handoff.take(first)
    handoff.take(second)
    with pytest.raises(RuntimeError, match="stands for no batch"):
        handoff.take(first)


def test_a_tick_has_no_batch_and_returns_no_credit() -> None:
    handoff = Handoff([], credits_=0)
    assert handoff.take(handoff.put(None)) is None
    assert not handoff.free.acquire(blocking=False)


def test_the_end_of_stream_is_noted() -> None:
    handoff = Handoff([])
    assert handoff.take(END_OF_STREAM) is None
    assert handoff.ended.is_set()


def test_a_handle_is_known_while_its_handoff_is_open() -> None:
    handoff = Handoff([])
    with handoff:
        assert handoff_of(handoff.handle) is handoff
    with pytest.raises(ConfigurationError, match="another process"):
        handoff_of(handoff.handle)
