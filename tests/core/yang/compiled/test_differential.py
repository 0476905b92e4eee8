"""What the compiled judge accepts, libyang accepts: cases made and mutated for each schema set, seeds fixed."""

from pathlib import Path

import pytest

from tests.core.yang.compiled.differential import compare
from tests.core.yang.compiled.sets import OWN, SETS
from tests.core.yang.schemas import loaded

CASES = 20_000


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_accepted_that_libyang_refuses_and_most_of_what_is_valid_is(name: str, tmp_path: Path) -> None:
    with loaded(SETS[name](), tmp_path) as schema:
        found = compare(schema, CASES, seed=20_261_121)
    assert found.wrong == []
    assert found.cases.total() == CASES
    assert found.accepted["valid"] > 0.5 * found.cases["valid"], str(found)
    assert sum(found.accepted.values()) < CASES, "the mutations must break something"


def test_the_projects_own_sets_need_nothing_beside_it() -> None:
    assert set(OWN) <= set(SETS)
