"""What holds for both ways of the direct runner."""

import os
import signal
from collections.abc import Callable
from typing import Any

import apache_beam as beam
import pytest

from tests.runners.graph import LANDED, BrokenReader, EndlessReader, FixedReader, Flaky, Land, counting, keyed, landing
from yangbeam.core.elements import EndOfInput, MessageBatch
from yangbeam.runners.direct import run
from yangbeam.transforms.handoff import Handoff

pytestmark = pytest.mark.parametrize("live", [False, True], ids=["bounded", "bridge"])


def test_a_keyed_stateful_graph_gives_the_same_through_both_drivers(live: bool) -> None:
    name = landing()
    run(counting(name), Handoff([FixedReader("a", [3, 0, 5]), FixedReader("b", [2])]), live=live)
    assert sorted(LANDED[name]) == [("a", 0, 3), ("a", 2, 5), ("b", 0, 2), ("end", 10, 100)]
    assert LANDED[name][-1][0] == "end"


def test_a_message_of_sixteen_megabytes_passes(live: bool) -> None:
    name = landing()
    run(counting(name), Handoff([FixedReader("a", [1, 1], octets=16 << 20)]), live=live)
    assert LANDED[name][-1] == ("end", 2, 32 << 20)


def test_batches_that_reach_no_sink_do_not_stall_the_run(live: bool) -> None:
    name = landing()

    def build(pipeline: beam.Pipeline, source: beam.PTransform) -> None:
        _ = pipeline | source | beam.Filter(ends_input) | beam.Map(keyed) | beam.ParDo(Land(name))

    run(build, Handoff([FixedReader("a", [1] * 40)], credits_=2), live=live)
    assert len(LANDED[name]) == 1


def ends_input(batch: MessageBatch) -> bool:
    return any(isinstance(control, EndOfInput) for control in batch.controls)


def test_each_batch_enters_in_the_order_of_its_reader_and_the_end_comes_last_and_once(live: bool) -> None:
    seen: list[MessageBatch] = []
    readers = [FixedReader("a", [1] * 5), FixedReader("b", [1] * 9)]
    run(counting(landing()), Handoff(readers, seen=seen.append), live=live)
    assert [batch.ordinal for batch in seen if batch.source == "a"] == list(range(5))
    assert [batch.ordinal for batch in seen if batch.source == "b"] == list(range(9))
    assert [ends_input(batch) for batch in seen] == [False] * 14 + [True]


def test_a_reader_that_fails_fails_the_run_with_its_error(live: bool) -> None:
    with pytest.raises(ConnectionResetError, match="the source is gone"):
        run(counting(landing()), Handoff([BrokenReader("a", [1]), FixedReader("b", [1])]), live=live)


def test_a_stage_that_fails_for_good_fails_the_run_with_its_error(live: bool) -> None:
    name = landing()

    def build(pipeline: beam.Pipeline, source: beam.PTransform) -> None:
        _ = pipeline | source | beam.ParDo(Flaky(name, failures=1000))

    with pytest.raises(OSError, match="transient"):
        run(build, Handoff([FixedReader("a", [1] * 20)]), live=live)


def test_an_empty_run_still_ends_its_input(live: bool) -> None:
    name = landing()
    run(counting(name), Handoff([]), live=live)
    assert LANDED[name] == [("end", 0, 0)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_order(live: bool, number: signal.Signals) -> None:
    name = landing()
    before = signal.getsignal(number)
    run(counting(name), Handoff([EndlessReader()], seen=after(3, lambda: os.kill(os.getpid(), number))), live=live)
    kind, total, _ = LANDED[name][-1]
    assert kind == "end"
    assert total == len(LANDED[name]) - 1 >= 3
    assert signal.getsignal(number) is before


def after(calls: int, act: Callable[[], None], result: Any = None) -> Any:
    """Returns a function that acts at its nth call and returns ``result`` from then on."""
    left = [calls]

    def called(*_: object) -> Any:
        left[0] -= 1
        if left[0] == 0:
            act()
        return result if left[0] <= 0 else None

    return called
