"""Input that ends without a batch ends the run in order: every reader, every kind of element, every branch."""

from functools import partial
from pathlib import Path

import pytest

from tests.runners.graph import LANDED, landing
from tests.runners.test_collect_run import Site
from tests.runners.test_ingest_run import Chain
from tests.runners.whole_graph import KINDS, BatchReader, registry, sinks, stages
from yangbeam.core.elements import MessageBatch, TopicBatch
from yangbeam.core.ingest.unwrapping import Unwrapper
from yangbeam.core.pending import Limits
from yangbeam.core.policy import Policy
from yangbeam.core.totals import by_exporter, latest, unbalanced
from yangbeam.io.duckdb_tables import close_tables
from yangbeam.pipeline.graph import build
from yangbeam.pipeline.ingest_graph import IngestStages, build_ingest
from yangbeam.runners.direct import run
from yangbeam.transforms.handoff import Handoff


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("element", [MessageBatch, TopicBatch])
@pytest.mark.parametrize("readers", [1, 2])
def test_readers_that_give_nothing_end_the_graph(tmp_path: Path, element: type, readers: int, *, live: bool) -> None:
    places = {kind: landing() for kind in KINDS}
    tables = tmp_path / "tables.duckdb"
    schemas = registry(tmp_path)
    configured = stages(schemas, Policy(), Limits())
    unwrapper = Unwrapper(schemas.id_of_guid, schemas.schema)
    ends = sinks(places, tables)
    graph = (
        partial(build, stages=configured, sinks=ends)
        if element is MessageBatch
        else partial(build_ingest, ingest=IngestStages(configured, unwrapper), sinks=ends)
    )
    handoff = Handoff([BatchReader([]) for _ in range(readers)], element=element)
    run(graph, handoff, live=live)
    close_tables(tables)
    landed = {kind: LANDED.pop(place) for kind, place in places.items()}
    assert handoff.ended.is_set()
    assert [letter for batch in landed["dead_letters"] for letter in batch.letters] == []
    assert unbalanced(by_exporter(latest(*landed["totals"])), ()) == []


def test_ingest_of_a_topic_without_records_ends_well(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    code, report = chain.ingest()
    assert (code, report["balanced"], report["messages"]["received"]) == (0, True, 0)


def test_collect_of_a_topic_without_records_ends_well(tmp_path: Path) -> None:
    site = Site(tmp_path)
    code, report = site.collect()
    assert (code, report["balanced"], report["messages"]["received"]) == (0, True, 0)
