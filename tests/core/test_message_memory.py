"""Which messages came before, of publishers that use an id once, and of those that use it again and again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import ARRIVAL_US, message
from yangbeam.core import message_memory
from yangbeam.core.message_memory import DUPLICATE_WINDOW_US, MessageMemory
from yangbeam.core.subscription_state import Subscriptions


def duplicates(payloads: str, memory: MessageMemory | None = None) -> str:
    """Which of these payloads of one id, a microsecond apart, are duplicates (d), reuse the id (r), or neither (-)."""
    memory = MessageMemory() if memory is None else memory
    told = [
        memory.is_duplicate(message(payload.encode(), arrival_us=ARRIVAL_US + at))
        for at, payload in enumerate(payloads)
    ]
    return "".join("d" if duplicate else "r" if reused else "-" for duplicate, reused in told)


@pytest.mark.parametrize(
    ("payloads", "told"),
    [
        ("AA", "-d"),
        ("AB", "-r"),
        ("AABB", "-drd"),
        ("ABAB", "-rdd"),
        ("ABCABC", "-rrddd"),
        ("ABBACCAB", "-rddrddd"),
    ],
)
def test_every_payload_of_an_id_is_remembered(payloads: str, told: str) -> None:
    assert duplicates(payloads) == told


def test_it_is_remembered_in_state_too() -> None:
    state = Subscriptions()
    assert duplicates("ABC", state.memory) == "-rr"
    changed = state.changes()
    for restored in (Subscriptions.restore(None, [changed]), Subscriptions.restore(state.snapshot(), [])):
        assert duplicates("BACD", restored.memory) == "dddr"


def test_a_repeat_after_the_window_is_none_though_others_came_between() -> None:
    memory = MessageMemory()
    seen = [
        memory.is_duplicate(message(payload, arrival_us=ARRIVAL_US + at))[0]
        for at, payload in ((0, b"A"), (1, b"B"), (DUPLICATE_WINDOW_US + 1, b"A"), (DUPLICATE_WINDOW_US + 1, b"B"))
    ]
    assert seen == [False, False, False, True]


def test_one_id_with_ever_new_payloads_fills_no_more_than_many_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_memory, "MAX_REMEMBERED", 100)
    memory = MessageMemory()
    for number in range(1000):
        memory.is_duplicate(message(str(number).encode()))
        assert len(memory) <= 100
    assert len(memory.everything()) <= 100
    assert memory.is_duplicate(message(b"960")) == (True, False)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from([b"A", b"B", b"C"]),
            st.sampled_from([0, 1, DUPLICATE_WINDOW_US // 3, DUPLICATE_WINDOW_US // 2, DUPLICATE_WINDOW_US + 1]),
        ),
        max_size=40,
    )
)
def test_it_says_what_a_list_of_all_messages_would(steps: list[tuple[int, bytes, int]]) -> None:
    memory = MessageMemory()
    everything: list[tuple[int, bytes, int]] = []
    now = ARRIVAL_US
    for number, payload, pause in steps:
        now += pause
        lately = [(one, octets) for one, octets, at in everything if at >= now - DUPLICATE_WINDOW_US]
        told = memory.is_duplicate(message(payload, message_id=number, arrival_us=now))
        assert told[0] == ((number, payload) in lately)
        assert told[1] <= (not told[0] and number in [one for one, _ in lately])
        everything.append((number, payload, now))
