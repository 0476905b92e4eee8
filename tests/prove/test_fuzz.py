"""The short form of `./dev prove fuzz`: some hundred inputs for each decoder, and its bound on memory; no time."""

import pytest

from tests.prove.fuzz import fuzz
from tests.prove.targets import TARGETS, guard


@pytest.mark.parametrize("name", TARGETS)
def test_each_decoder_keeps_its_promise_within_its_memory(name: str) -> None:
    found = fuzz(name, 7, most=30 if name == "yang" else 400, timed=False)
    assert found.faults == []
    assert found.accepted > 0
    guard().close()
    guard.cache_clear()


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "udp-notif"])  # its corpus has refused ones
def test_every_seed_is_accepted_at_least_in_part(name: str) -> None:
    target = TARGETS[name]
    assert [seed for seed in target.seeds() if not target.take(seed)] == []
    guard().close()
    guard.cache_clear()
