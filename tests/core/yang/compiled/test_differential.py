"""What the compiled judge accepts, libyang accepts: cases made and mutated for each schema set, seeds fixed."""

import base64
from pathlib import Path

import orjson
import pytest

from tests.core.yang.compiled.differential import Outcome, compare, compare_edits, libyang_accepts
from tests.core.yang.compiled.sets import OWN, SETS, corners
from tests.core.yang.schemas import loaded
from yangbeam.core.yang.compiled.judge import CompiledJudge

CASES, EDITS = 5_000, 1_000
TIMES = [1, pytest.param(40, marks=pytest.mark.nightly), pytest.param(200, marks=pytest.mark.once)]
"""How many such runs, each with a seed of its own."""


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("name", SETS)
def test_nothing_is_accepted_that_libyang_refuses_and_most_of_what_is_valid_is(
    name: str, times: int, tmp_path: Path
) -> None:
    found = Outcome()
    for number in range(times):
        with loaded(SETS[name](), tmp_path) as schema:
            found.add(compare(schema, CASES, seed=20_261_121 + number))
    assert found.wrong == []
    assert found.cases.total() == CASES * times
    assert found.accepted["valid"] > 0.5 * found.cases["valid"], str(found)
    assert found.accepted.total() < CASES * times, "the mutations must break something"


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("name", SETS)
def test_no_value_of_an_edit_is_accepted_that_libyang_refuses_and_most_of_what_is_valid_is(
    name: str, times: int, tmp_path: Path
) -> None:
    found = Outcome()
    for number in range(times):
        with loaded(SETS[name](), tmp_path) as schema:
            found.add(compare_edits(schema, EDITS, seed=20_261_127 + number))
    assert found.wrong == []
    assert found.cases.total() == EDITS * times
    assert found.accepted["valid"] > 0.4 * found.cases["valid"], str(found)
    assert found.accepted["mutated"] > 0, str(found)
    assert found.accepted.total() < EDITS * times, "the mutations must break something"


@pytest.mark.parametrize("octets", range(12))
def test_binary_values_of_every_length_are_judged_alike(octets: int, tmp_path: Path) -> None:
    with loaded(corners(), tmp_path) as schema:
        judge = CompiledJudge(schema.tree)
        judge.meet(schema.tree.data)
        for leaf, lengths in (("raw-some", {0, 2, 3, 4, 5}), ("raw-one", {1}), ("raw-many", {3, *range(7, 12)})):
            value = base64.b64encode(bytes(octets)).decode()
            text = orjson.dumps({"corners:top": {"texts": {leaf: value}}})
            assert judge.accepts(text) == libyang_accepts(schema, text) == (octets in lengths), (leaf, octets)


def test_the_projects_own_sets_need_nothing_beside_it() -> None:
    assert set(OWN) <= set(SETS)
