"""The same graphs on Prism, Beam's own local runner: sources, state and sinks mean the same there.

Prism has no savepoints and restores nothing: what is tested is that the graphs do not lean on one runner. Built by
``./dev prism``; skipped, and counted, where it is not.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.portable_runner import PortableRunner

from tests.integration.collecting import Collecting
from tests.integration.counted import Counted
from tests.integration.listening import Sending
from yangbeam.runners.servers.kafka import KafkaServer
from yangbeam.runners.servers.prism import Prism, prism
from yangbeam.transforms.read_live import close_readers

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(prism() is None, reason="Prism is not built here: ./dev prism"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    with Prism(tmp_path_factory.mktemp("prism")) as server:
        yield server


@contextmanager
def running(server: Prism, build: Callable[[beam.Pipeline], object]) -> Iterator[None]:
    """Runs a graph until the block ends, its Python in threads of this process."""
    options = PipelineOptions([f"--job_endpoint={server.endpoint}", "--environment_type=LOOPBACK", "--streaming"])
    pipeline = beam.Pipeline(PortableRunner(), options)
    build(pipeline)
    result = pipeline.run()
    try:
        yield
    finally:
        result.cancel()


def test_state_sees_every_number_once(server: Prism, kafka: KafkaServer) -> None:
    counted = Counted(kafka)
    with running(server, counted.graph):
        counted.assert_counted()


def test_collect_delivers_every_message_and_its_ledger_balances(
    server: Prism, kafka: KafkaServer, tmp_path: Path
) -> None:
    collecting = Collecting(kafka, tmp_path)
    with running(server, collecting.graph):
        collecting.publish(200)
        collecting.assert_all_accounted()
        collecting.publish(200)
        collecting.assert_all_accounted()
    assert {len(copies) for copies in collecting.arrived().values()} == {1}


def test_a_socket_of_its_own_is_read_once(server: Prism, kafka: KafkaServer, tmp_path: Path) -> None:
    with closing(Sending(kafka, tmp_path)) as sending:
        with running(server, sending.graph):
            sending.assert_received(500)
        close_readers()
