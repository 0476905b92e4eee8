"""One counter: every verdict, and which of two explanations holds."""

import pytest

from yangbeam.core.loss.line import MASK, WINDOW_US, Moment, Verdict
from yangbeam.core.loss.sequence import Sequence, decide, judge

SECOND = 1_000_000


def fed(*numbers: int, sequence: Sequence | None = None, start: int = 0, every_us: int = SECOND) -> Sequence:
    sequence = sequence or Sequence()
    for order, number in enumerate(numbers, start):
        now = order * every_us
        judge(sequence, number & MASK, Moment(now, now, order, 0))
    return sequence


def missing(sequence: Sequence) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in sequence.past + sequence.gaps]


@pytest.mark.parametrize(
    ("before", "number", "verdict"),
    [
        ([], 0, Verdict.FIRST),
        ([], 1, Verdict.FIRST),
        ([], 285906, Verdict.FIRST),
        ([7], 8, Verdict.IN_ORDER),
        ([MASK], 0, Verdict.WRAP),
        ([7], 10, Verdict.GAP),
        ([7], 1007, Verdict.GAP),
        ([7], 1008, Verdict.OUT_OF_WINDOW),
        ([7, 10], 9, Verdict.LATE),
        ([7, 8, 9], 8, Verdict.DUPLICATE),
        ([7, 8], 5_000_000, Verdict.OUT_OF_WINDOW),
        ([7], 6, Verdict.LATE),
    ],
)
def test_the_verdict_on_a_number(before: list[int], number: int, verdict: Verdict) -> None:
    sequence = fed(*before)
    now = len(before) * SECOND
    assert judge(sequence, number, Moment(now, now, len(before), 0))[0] is verdict


@pytest.mark.parametrize(
    ("numbers", "gaps"),
    [
        ([0, 1, 2], []),
        ([MASK - 1, MASK, 0, 1], []),
        ([MASK - 1, 2], [(MASK, 1)]),
        ([5, 9], [(6, 8)]),
        ([5, 9, 7], [(6, 6), (8, 8)]),
        ([5, 9, 6], [(7, 8)]),
        ([5, 9, 8], [(6, 7)]),
        ([5, 7, 6], []),
        ([1, 0, 2, 3], []),
        ([3, 0, 1, 2, 4], []),
        ([3, 0, 4], [(1, 2)]),
        ([0, 1, 2, 1, 3], []),
        ([0, 1, 2, 3, 4, 5, 2, 7, 8], [(6, 6)]),
        ([36, 37, 38, 4_000_000, 39, 40], []),
    ],
)
def test_what_is_missing_after(numbers: list[int], gaps: list[tuple[int, int]]) -> None:
    sequence = fed(*numbers)
    decide(sequence, len(numbers) * SECOND, 0)
    assert missing(sequence) == gaps


def test_after_a_silence_a_step_back_is_a_restart_at_once() -> None:
    sequence = fed(*range(39))
    assert judge(sequence, 0, Moment(90 * SECOND, 90 * SECOND, 39, 0))[0] is Verdict.RESTART
    assert (sequence.epoch, sequence.expected, missing(sequence)) == (1, 1, [])


def test_a_restart_without_a_pause_is_believed_when_the_numbers_go_on() -> None:
    sequence = fed(*range(40), 0, 1, 2, 4, 5, every_us=1000)
    assert (sequence.epoch, sequence.expected, missing(sequence)) == (1, 6, [(3, 3)])


def test_a_restart_elsewhere_is_believed_when_the_numbers_go_on() -> None:
    sequence = fed(*range(40), 3_000_000_000, 3_000_000_001, 3_000_000_002, every_us=1000)
    assert (sequence.epoch, sequence.expected, missing(sequence)) == (1, 3_000_000_003, [])


def test_a_gap_before_a_restart_stays_one() -> None:
    sequence = fed(*range(30), 31, 0, 1, 2, 3, 4, every_us=1000)
    assert missing(sequence) == [(30, 30)]


def test_a_restart_fills_no_gap_of_the_epoch_before() -> None:
    sequence = fed(0, 1, *range(3, 30), 0, 1, 2, 3, 4, 5, every_us=1000)
    assert (sequence.epoch, missing(sequence)) == (1, [(2, 2)])


def test_a_straggler_of_the_epoch_before_opens_no_gap() -> None:
    sequence = fed(*range(38))
    judge(sequence, 0, Moment(90 * SECOND, 90 * SECOND, 38, 0))
    assert judge(sequence, 38, Moment(90 * SECOND, 90 * SECOND, 39, 0))[0] is Verdict.LATE
    assert missing(sequence) == []


def test_a_counter_that_never_moves_opens_no_gap() -> None:
    assert missing(fed(*[0] * 200)) == []


def test_an_idle_counter_is_small_enough_to_keep_millions() -> None:
    import msgspec

    sequence = fed(*range(4_000_000_000, 4_000_000_010), every_us=1_795_168_810_000)
    assert len(msgspec.msgpack.encode(sequence)) <= 60


def test_a_window_is_long_enough_for_reassembly() -> None:
    assert WINDOW_US >= 20 * SECOND
