import pytest

from tests.runners.graph import LANDED, FixedReader, counting, landing
from yangbeam.runners.direct import run
from yangbeam.transforms.handoff import Handoff

BOTH = pytest.mark.parametrize("live", [False, True], ids=["bounded", "bridge"])


@BOTH
def test_a_keyed_stateful_graph_gives_the_same_through_both_drivers(live: bool) -> None:
    name = landing()
    run(counting(name), Handoff([FixedReader("a", [3, 0, 5]), FixedReader("b", [2])]), live=live)
    assert sorted(LANDED[name]) == [("a", 0, 3), ("a", 2, 5), ("b", 0, 2), ("end", 10, 100)]
    assert LANDED[name][-1][0] == "end"


@BOTH
def test_a_message_of_sixteen_megabytes_passes(live: bool) -> None:
    name = landing()
    run(counting(name), Handoff([FixedReader("a", [1, 1], octets=16 << 20)]), live=live)
    assert LANDED[name][-1] == ("end", 2, 32 << 20)
