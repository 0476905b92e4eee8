"""Who asks for what takes long hears that it is pending, then the result; a failure is told, and not tried again."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.registry.guard import workshop as module
from yangbeam.registry.guard.workshop import SchemaCompilingError, Workshop


def settled(workshop: Workshop, key: str, job: Callable[[], Any]) -> Any:
    """What comes in the end: the result or the error."""
    while True:
        try:
            return workshop.ask(key, job, "it")
        except SchemaCompilingError:
            continue


def test_a_job_is_pending_until_it_is_done_and_is_done_once() -> None:
    workshop, may_end, done = Workshop(1), threading.Event(), []

    def job() -> int:
        may_end.wait()
        done.append(1)
        return 7

    for _ in range(3):
        with pytest.raises(SchemaPendingError, match="it is being compiled"):
            workshop.ask("a", job, "it")
    may_end.set()
    assert settled(workshop, "a", job) == 7
    assert done == [1]


def test_a_job_that_waits_for_ever_holds_up_no_other() -> None:
    workshop, never = Workshop(2), threading.Event()
    with pytest.raises(SchemaPendingError):
        workshop.ask("stuck", never.wait, "it")
    assert settled(workshop, "b", lambda: "b") == "b"
    never.set()


def test_a_failure_is_told_to_all_and_not_tried_again() -> None:
    workshop, tried = Workshop(), []

    def job() -> None:
        tried.append(1)
        raise SchemaError("schema-too-costly", "no")

    errors = []
    for _ in range(3):
        with pytest.raises(SchemaError, match="no") as caught:
            settled(workshop, "a", job)
        errors.append(caught.value)
    assert tried == [1]
    assert len(set(map(id, errors))) == 3


def test_what_is_pending_itself_is_tried_again() -> None:
    workshop, left = Workshop(), [SchemaPendingError("busy", "later"), SchemaPendingError("busy", "later")]

    def job() -> str:
        if left:
            raise left.pop()
        return "there"

    assert settled(workshop, "a", job) == "there"


def test_a_defect_is_raised_to_who_asks() -> None:
    with pytest.raises(RuntimeError, match="it could not be compiled"):
        settled(Workshop(), "a", lambda: 1 // 0)


def test_what_waits_and_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_QUEUED", 2)
    monkeypatch.setattr(module, "MAX_KEPT", 3)
    workshop, may_end = Workshop(1), threading.Event()
    for key in range(10):
        with pytest.raises(SchemaPendingError):
            workshop.ask(key, may_end.wait, "it")
    assert len(workshop._queue) <= 2
    may_end.set()
    for key in range(10):
        assert settled(workshop, str(key), lambda: True)
    assert len(workshop._done) <= 3
