"""`collect` on a real Flink cluster over a real broker, one thing broken after the other while traffic flows.

One job lives through most of it, as in production. After each break: every message of the raw topic is in the telemetry
topic at least once and the same in every copy, and in the tables exactly once; the ledger balances, and state has seen
neither gaps nor repeats.
"""

import time
from collections.abc import Iterator

import pytest

from tests.integration.collecting import Collecting
from tests.integration.flink_jobs import Running, kill_worker, submitted
from tests.integration.topics import leader_beside_the_controller, leaders
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer
from yangbeam.runners.servers.kafka import KafkaServer

pytestmark = pytest.mark.integration

SOME = 200
"""Messages of each exporter."""
AWAY_S = 20.0


@pytest.fixture(scope="module")
def collecting(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collecting]:
    job = Collecting(kafka, tmp_path_factory.mktemp("collect"))
    yield job
    job.close()


@pytest.fixture(scope="module")
def running(
    flink: FlinkCluster, runner: JobServer, collecting: Collecting, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("job")
    with submitted(flink, runner, folder, collecting.graph) as job:
        collecting.publish(SOME)
        collecting.assert_all_accounted()
        job.until_checkpoint()
        yield job


def test_what_is_written_raw_arrives_once_and_the_ledger_balances(running: Running, collecting: Collecting) -> None:
    collecting.publish(SOME)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()
    assert {len(copies) for copies in collecting.arrived().values()} == {1}


def test_nothing_is_lost_when_a_task_manager_is_killed(running: Running, collecting: Collecting) -> None:
    restored = running.rest.checkpoints(running.job).restored
    collecting.while_under_way(running.cluster.task_managers[0].kill)
    running.cluster.wait_for_slots(1)
    running.cluster.start_task_manager(0)
    running.until_restored(restored + 1)
    collecting.publish(SOME)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()


def test_nothing_is_lost_when_a_python_worker_is_killed(running: Running, collecting: Collecting) -> None:
    restored = running.rest.checkpoints(running.job).restored
    collecting.while_under_way(lambda: kill_worker(running.cluster))
    running.until_restored(restored + 1)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()


def test_nothing_is_lost_while_the_broker_is_away(running: Running, collecting: Collecting) -> None:
    collecting.publish(SOME)
    collecting.kafka.stop()
    time.sleep(AWAY_S)  # what is tested is a time without a broker
    collecting.kafka.start()
    collecting.publish(SOME)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()


def test_nothing_is_lost_when_the_broker_is_killed(running: Running, collecting: Collecting) -> None:
    collecting.publish(SOME)  # acknowledged, and read while the brokers are killed
    for process in collecting.kafka.processes:
        process.kill()
    collecting.kafka.start()
    collecting.publish(SOME)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()


def test_nothing_is_lost_when_the_leader_of_a_partition_is_away(running: Running, collecting: Collecting) -> None:
    kafka = collecting.kafka
    leader = leader_beside_the_controller(kafka, collecting.raw)
    led = [partition for partition, node in leaders(kafka, collecting.raw).items() if node == leader]
    assert led
    collecting.publish(SOME)
    kafka.processes[leader - 1].kill()
    collecting.publish(SOME)
    now = leaders(kafka, collecting.raw)
    assert {now[partition] for partition in led}.isdisjoint({leader, -1}), "another node leads what it led"
    collecting.assert_all_accounted()
    collecting.kafka.start()
    collecting.publish(SOME)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()


def test_a_raw_partition_that_is_added_is_read_from_its_beginning(running: Running, collecting: Collecting) -> None:
    collecting.add_partition()
    collecting.publish(SOME)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()


def test_poison_in_the_raw_topic_ends_as_dead_letters_and_stops_nothing(
    running: Running, collecting: Collecting
) -> None:
    collecting.publish(SOME)
    collecting.publish_poison(3)
    collecting.publish(SOME)
    collecting.assert_all_accounted()
    collecting.assert_in_tables_once()
    collecting.until_letters(lambda letters: sum(letter["reason"] == "not-a-raw-record" for letter in letters) >= 3)


def test_checkpoints_stay_as_large_as_they_are_while_nothing_comes(
    running: Running, collecting: Collecting, runner: JobServer, notes: list[str]
) -> None:
    collecting.assert_all_accounted()
    sizes, times_s = [], []
    for _ in range(6):
        running.until_checkpoint(2)
        sizes.append(running.rest.checkpoints(running.job).octets)
        times_s.append(time.monotonic())
    notes.append(f"checkpoints of an idle collect, every second one, in octets: {sizes}")
    grown = sizes[-1] - sizes[0]
    if runner.keeps_checkpoints_flat:
        assert grown / (2 * (len(sizes) - 1)) < 2_000, f"octets: {sizes}"
    else:  # before 2.76 each return of a source leaves 1.5 KB, and two sources return ten times in a second
        assert grown / (times_s[-1] - times_s[0]) < 100_000, f"octets: {sizes}, at {times_s} s"
