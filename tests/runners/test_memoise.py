"""The names of Beam that are replaced, and that nothing changes but the time they take."""

import logging
from typing import Any
from unittest import mock

import apache_beam as beam
import pytest
from apache_beam.runners.direct import transform_evaluator
from apache_beam.transforms import core, userstate

from tests.runners.graph import Alarm, Count, FixedReader, Flaky, counting, landing
from yangbeam.runners.direct import run_live
from yangbeam.runners.memoise import TESTED, memoised_reflection
from yangbeam.transforms.handoff import Handoff


def test_the_installed_beam_is_one_whose_internals_were_tested() -> None:
    assert beam.__version__ in TESTED


@pytest.mark.parametrize(
    "dofn", [Count(), Alarm(1.0), Flaky("x", 0), beam.Map(str).dofn], ids=["Count", "Alarm", "Flaky", "Map"]
)
def test_what_is_kept_equals_what_beam_finds(dofn: beam.DoFn) -> None:
    specs, stateful = userstate.get_dofn_specs(dofn), userstate.is_stateful_dofn(dofn)
    arguments = core.get_function_arguments(dofn, "process")
    with memoised_reflection():
        for _ in range(2):
            assert userstate.get_dofn_specs(dofn) == specs == transform_evaluator.get_dofn_specs(dofn)
            assert userstate.is_stateful_dofn(dofn) == stateful == transform_evaluator.is_stateful_dofn(dofn)
            assert core.get_function_arguments(dofn, "process") == arguments


def test_bound_and_unbound_forms_of_a_function_are_told_apart() -> None:
    with memoised_reflection():
        bound = core.get_function_args_defaults(Count().process)[0]
        assert core.get_function_args_defaults(Count.process)[0] == ["self", *bound]


def test_a_dofn_that_brings_its_own_method_is_inspected_itself() -> None:
    stateful = beam.FlatMap(Count().process).dofn
    assert userstate.is_stateful_dofn(stateful)
    with memoised_reflection():
        assert not userstate.is_stateful_dofn(beam.FlatMap(str).dofn)
        assert userstate.is_stateful_dofn(stateful)


def test_a_clone_is_fresh_and_does_not_follow_later_changes_of_another() -> None:
    with memoised_reflection():
        dofn = Alarm(1.0)
        first: Any = transform_evaluator.pickler.roundtrip(dofn)
        first._after_s = 2.0
        second: Any = transform_evaluator.pickler.roundtrip(dofn)
    assert (dofn._after_s, first._after_s, second._after_s) == (1.0, 2.0, 1.0)


def inspections(batches: int) -> int:
    """Returns how often Beam inspected a DoFn in a live run of so many batches."""
    with mock.patch.object(userstate, "get_dofn_specs", wraps=userstate.get_dofn_specs) as inspect:
        run_live(counting(landing()), Handoff([FixedReader("a", [1] * batches)]))
    return inspect.call_count


def test_the_inspections_of_a_run_do_not_grow_with_its_batches() -> None:
    assert inspections(30) == inspections(3)


def test_an_unknown_beam_is_left_alone_and_said_so(caplog: pytest.LogCaptureFixture) -> None:
    before = userstate.get_dofn_specs
    with caplog.at_level(logging.WARNING), memoised_reflection("9.9.9"):
        assert userstate.get_dofn_specs is before
    assert "9.9.9" in caplog.text


def test_the_names_are_put_back_after_a_run_that_fails() -> None:
    before = (userstate.get_dofn_specs, transform_evaluator.pickler, core.get_function_args_defaults)
    with pytest.raises(OSError, match="x"), memoised_reflection():
        raise OSError("x")
    assert before == (userstate.get_dofn_specs, transform_evaluator.pickler, core.get_function_args_defaults)
