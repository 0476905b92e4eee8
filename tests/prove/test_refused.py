"""The short form of `./dev prove refused`: every stage refuses for each reason, and keeps nothing of it."""

import gc
import itertools
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.core.yang.schemas import loaded, notification_set
from tests.prove.sinks import sinks
from tests.prove.stages import BIND, RECEIVE, refusals, rounds
from yangbeam.core.causes import CAUSES, final_name
from yangbeam.core.udp_notif import ABANDONED, REFUSED
from yangbeam.core.yang.schema import Schema
from yangbeam.io.yang_directories import bundled

SIZE = 20_000


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    with loaded(notification_set(bundled()), tmp_path_factory.mktemp("modules")) as found:
        yield found


def test_every_stage_refuses_for_the_reason_at_hand(schema: Schema) -> None:
    for (stage, reason), letter in itertools.islice(rounds(schema), len(refusals(schema))):
        wanted = "unmappable" if stage == "map" else reason.partition(":")[0]
        assert (letter.stage, letter.reason) == (stage, wanted)


def test_the_receiver_refuses_for_every_reason_that_it_has() -> None:
    assert set(RECEIVE) == {final_name(name) for name in (*REFUSED, *ABANDONED)}
    assert set(BIND) <= set(CAUSES)


def test_what_stages_refuse_leaves_nothing_behind(schema: Schema) -> None:
    messages, every = rounds(schema, SIZE), len(refusals(schema))

    def refuse(times: int) -> None:
        for _ in itertools.islice(messages, times * every):
            pass

    assert grown(refuse) < 10 * SIZE  # of 10 rounds of one reason not even its payloads


def test_what_sinks_and_the_registry_refuse_leaves_nothing_behind(tmp_path: Path) -> None:
    numbers = itertools.count(1)
    with sinks(tmp_path, SIZE) as refused:

        def refuse(times: int) -> None:
            for (_, reason), one in times * list(refused.items()):
                assert one(next(numbers)) == reason

        assert grown(refuse) < 10 * SIZE


def grown(refuse: Callable[[int], None]) -> int:
    """Returns the octets that ten rounds leave, once caches are filled."""
    refuse(1)
    tracemalloc.start()
    try:
        refuse(3)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        refuse(10)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
