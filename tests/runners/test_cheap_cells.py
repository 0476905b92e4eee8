"""What a cached cell weighs: the octets in it, and anything else as Beam has it."""

from typing import Any

import pytest
from apache_beam.runners.worker import statecache
from apache_beam.runners.worker.statecache import StateCache

from yangbeam.runners import cheap_cells
from yangbeam.runners.flink_options import DEFAULTS


@pytest.fixture(autouse=True)
def _as_beam_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statecache, "get_deep_size", cheap_cells._walked)


@pytest.mark.parametrize("cell", [[], [b"x"], [b"x" * 50_000], [b"ab" * each for each in range(64)]])
def test_a_cell_of_octets_weighs_what_beam_says(cell: list[bytes]) -> None:
    assert cheap_cells.weight(cell) == pytest.approx(cheap_cells._walked(cell), rel=0.25, abs=64)


@pytest.mark.parametrize("value", [{"a": [1, 2]}, ["text"], (b"x",), 7])
def test_anything_else_is_weighed_by_beam(value: Any) -> None:
    assert cheap_cells.weight(value) == cheap_cells._walked(value)


def test_the_cache_forgets_by_these_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cheap_cells.install()

    def never(*_: Any) -> int:
        raise AssertionError("walked")

    monkeypatch.setattr(cheap_cells, "_walked", never)
    cache = StateCache(1000)
    for key in ("a", "b", "c"):
        cache.put(key, [b"x" * 300])
    assert [cache.peek(key) for key in ("a", "b", "c")] == [None, [b"x" * 300], [b"x" * 300]]


def test_an_unknown_release_of_beam_is_left_as_it_is() -> None:
    assert not cheap_cells.install("99.0.0")
    assert statecache.get_deep_size is cheap_cells._walked


def test_workers_load_it() -> None:
    assert "yangbeam.runners.cheap_cells" in DEFAULTS["beam_plugins"]
