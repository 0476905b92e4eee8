"""Which edges of the graph do not close, and how they say it."""

import pytest

from yangbeam.core.edges import Edge, open_edges, open_readers, open_receivers

EDGE = Edge("bind → validate", ("bound",), ("validated", "marked"))


def test_an_edge_is_open_by_exporter_so_that_differences_do_not_cancel_out() -> None:
    exporters = {
        "192.0.2.1": {"bound": 3, "validated": 1, "marked:invalid": 1},
        "192.0.2.2": {"bound": 1, "validated": 2},
        "192.0.2.3": {"bound": 2, "validated": 1, "marked:unvalidated": 1},
    }
    assert [str(one) for one in open_edges([EDGE], exporters)] == [
        "bind → validate (192.0.2.1): 3 in ≠ 2 out, 1 missing",
        "bind → validate (192.0.2.2): 1 in ≠ 2 out, 1 too many",
    ]


@pytest.mark.parametrize(("given", "arrived", "again", "is_open"), [
    (5, 5, False, False),
    (5, 4, False, True),
    (5, 4, True, True),
    (5, 6, False, True),
    (5, 6, True, False),
])  # fmt: skip
def test_the_line_of_a_collector_and_a_shard_is_named(given: int, arrived: int, again: bool, is_open: bool) -> None:
    exporters = {"": {"given:3:host:1/0": given, "arrived:3:host:1/0": arrived, "given:4:c": 1, "arrived:4:c": 1}}
    found = open_receivers(exporters, again=again)
    assert [(one.edge, one.where) for one in found] == [("receiver → decode", "collector host:1/0, shard 3")] * is_open


def test_what_a_reader_counted_and_nobody_took_is_missed() -> None:
    assert open_readers(None, {"received": 3}) == open_readers(3, {"received": 3}) == []
    assert [str(one) for one in open_readers(4, {"received": 3})] == ["reader → decode: 4 in ≠ 3 out, 1 missing"]
