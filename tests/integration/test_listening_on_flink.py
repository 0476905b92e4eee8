"""Sockets that a Flink worker opens itself, as elements of a splittable DoFn."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.flink_jobs import submitted
from tests.integration.listening import Sending
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer
from yangbeam.runners.servers.kafka import KafkaServer

pytestmark = pytest.mark.integration


def test_what_a_worker_s_own_socket_takes_reaches_the_topic_once(
    flink: FlinkCluster, runner: JobServer, kafka: KafkaServer, tmp_path: Path
) -> None:
    with closing(Sending(kafka, tmp_path)) as sending, submitted(flink, runner, tmp_path, sending.graph, parallelism=1):
        sending.assert_received(500)
