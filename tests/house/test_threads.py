"""A thread that a test leaves behind is named; one that ends, and daemons, are not."""

import threading

import pytest

from tests import threads


def test_a_thread_that_does_not_end_is_named_with_what_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "END_S", 0.01)
    before, over = set(threading.enumerate()), threading.Event()

    def work() -> None:
        over.wait()

    stays, rests = threading.Thread(target=work, name="stays"), threading.Thread(target=work, daemon=True)
    for each in (stays, rests):
        each.start()
    (left,) = threads.left_behind(before)
    over.set()
    assert left.startswith("stays, which runs tests.house.test_threads.test_a_thread")
    stays.join()
    assert threads.left_behind(before) == []
