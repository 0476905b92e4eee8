import signal
import threading

import pytest

from yangbeam.runners.direct import stopped_by_signals
from yangbeam.transforms.handoff import Handoff


def test_the_first_signal_asks_for_the_end_and_the_second_takes_it() -> None:
    handoff = Handoff([])
    with stopped_by_signals(handoff):
        signal.raise_signal(signal.SIGTERM)
        assert handoff.stopping.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_run_that_was_asked_to_end_by_its_duration_takes_its_first_signal_in_order() -> None:
    handoff = Handoff([])
    handoff.stop()
    with stopped_by_signals(handoff):
        signal.raise_signal(signal.SIGINT)
    assert handoff.stopping.is_set()


def test_outside_the_main_thread_no_handler_is_set() -> None:
    before = signal.getsignal(signal.SIGINT)
    during: list[object] = []

    def enter() -> None:
        with stopped_by_signals(Handoff([])):
            during.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert during == [before]
