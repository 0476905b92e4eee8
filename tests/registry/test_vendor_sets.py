"""No message is lost for a module that it does not need: sets as vendors ship them, against an undamaged reference."""

from pathlib import Path

import pytest

from tests.registry.vendor_sets import lost, made


@pytest.mark.parametrize("seed", range(40))
def test_a_message_is_read_whatever_else_a_set_holds(tmp_path: Path, seed: int) -> None:
    assert lost(made(seed), tmp_path) == ""


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(10))
def test_the_same_of_a_thousand_sets(tmp_path: Path, block: int) -> None:
    found = {seed: lost(made(seed), tmp_path) for seed in range(1_000 + 100 * block, 1_100 + 100 * block)}
    assert {seed: why for seed, why in found.items() if why} == {}


def test_the_sets_are_what_they_are_meant_to_be() -> None:
    sets = [made(seed) for seed in range(40)]
    assert made(7) == made(7)
    assert any("acme-mixed.yang" in each.damage for each in sets)
    assert any(len([file for file in each.good if "acme-types@" in file]) > 1 for each in sets)
    assert {len(each.damage) for each in sets} >= {1, 2, 3}
