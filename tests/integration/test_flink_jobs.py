"""Source, state and sink on a real cluster that is broken meanwhile: what state saw has neither gaps nor repeats.

The graph is as small as it can be (``counting.py``): what fails here is the runner, the options or the project's use of
them, and not a stage.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.integration.counted import COUNT, Counted
from tests.integration.counting import Check, CheckNext
from tests.integration.flink_jobs import Running, kill_worker, submitted, workers_of
from tests.waiting import until
from yangbeam.runners.flink_rest import Flink, FlinkError
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer
from yangbeam.runners.servers.kafka import KafkaServer

pytestmark = pytest.mark.integration


@pytest.fixture
def counted(kafka: KafkaServer) -> Counted:
    return Counted(kafka)


@pytest.fixture
def running(flink: FlinkCluster, runner: JobServer, counted: Counted, tmp_path: Path) -> Iterator[Running]:
    with submitted(flink, runner, tmp_path, counted.graph) as job:
        counted.until(20)
        job.until_checkpoint()
        yield job


def test_state_survives_the_kill_of_a_task_manager(running: Running, counted: Counted) -> None:
    cluster = running.cluster
    cluster.task_managers[0].kill()
    cluster.wait_for_slots(1)
    cluster.start_task_manager(0)
    running.until_restored()
    counted.assert_complete()


def test_state_survives_the_kill_of_a_python_worker(running: Running, counted: Counted) -> None:
    kill_worker(running.cluster)
    running.until_restored()
    counted.assert_complete()


def test_a_job_resumes_from_its_savepoint_with_more_subtasks_and_a_newer_state(
    flink: FlinkCluster, runner: JobServer, counted: Counted, tmp_path: Path
) -> None:
    with submitted(flink, runner, tmp_path, partial(counted.graph, check=Check), parallelism=1) as job:
        counted.until(100)
        savepoint = job.stop()
        assert job.rest.state(job.job) == "FINISHED"
    until = max(each["number"] for each in counted.told())
    assert until < COUNT - 1
    with submitted(
        flink, runner, tmp_path, partial(counted.graph, check=CheckNext), parallelism=2, savepoint=savepoint
    ):
        counted.assert_complete()
    assert counted.told()[-1]["added"] > 0, "the newer code ran"


def test_a_cancelled_job_frees_its_slots_and_its_workers_end(running: Running) -> None:
    running.rest.cancel(running.job)
    assert running.rest.state(running.job) == "CANCELED"
    until(lambda: not workers_of(running.cluster), "Python workers outlive their job")


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(FlinkError, match="no Flink answers"):
        Flink("http://127.0.0.1:9").jobs()


def test_a_savepoint_that_does_not_exist_is_refused(
    flink: FlinkCluster, runner: JobServer, counted: Counted, tmp_path: Path
) -> None:
    with (
        pytest.raises(FlinkError, match="savepoint"),
        submitted(flink, runner, tmp_path, counted.graph, savepoint=f"{tmp_path}/none"),
    ):
        pass
