"""The life of a `collect` job on a real cluster: checkpoint, savepoint, next version, and its topics deleted."""

import re
from contextlib import AbstractContextManager
from pathlib import Path

import orjson
import pytest

from tests.integration.collecting import Collecting
from tests.integration.flink_jobs import kill_worker, submitted, workers_of
from tests.waiting import until
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.registry.resolving import make_resolver
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.serve import bind, serving
from yangbeam.registry.store import SchemaStore
from yangbeam.runners.launch import main
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import JobServer
from yangbeam.runners.servers.kafka import KafkaServer
from yangbeam.runners.servers.processes import free_ports

pytestmark = pytest.mark.integration

SOME = 200
"""Messages of each exporter."""

SAID = "state of the next version"
"""What tests.integration.next_version logs; it is not imported here: it would change the state of this process, too."""


def test_a_job_lives_on_in_its_checkpoint_its_savepoint_and_its_next_version(
    flink: FlinkCluster, runner: JobServer, kafka: KafkaServer, tmp_path: Path
) -> None:
    collecting = Collecting(kafka, tmp_path)
    with submitted(flink, runner, tmp_path, collecting.graph, parallelism=1) as job:
        collecting.publish(SOME)
        collecting.until_arrived()
        job.until_checkpoint()
        kept = job.rest.checkpoints(job.job).path

        def kill() -> None:
            for process in (flink.job_manager, *flink.task_managers):
                process.kill()
            for worker in workers:
                until(lambda worker=worker: not Path(f"/proc/{worker}").exists(), "a worker outlives its TaskManager")

        workers = workers_of(flink)
        collecting.while_under_way(kill)
        assert collecting.under_way(), "killed in mid-bundle: what was not written yet nobody but the next job writes"
    flink.start()
    with submitted(flink, runner, tmp_path, collecting.graph, parallelism=2, savepoint=kept) as job:
        collecting.publish(SOME)
        collecting.assert_all_accounted()
        savepoint = job.stop()
    collecting.publish(SOME)
    options = {"beam_plugins": ["tests.integration.next_version"]}
    with submitted(flink, runner, tmp_path, collecting.graph, savepoint=savepoint, options=options):
        collecting.publish(SOME)
        collecting.assert_all_accounted()
        collecting.assert_in_tables_once()
    assert any(SAID in process.log.read_text() for process in flink.task_managers)
    assert max(map(len, collecting.arrived().values())) == 2, "what came behind the checkpoint was written again"


def test_a_registry_that_is_away_stops_nothing_known_and_lets_what_is_new_wait(
    flink: FlinkCluster, runner: JobServer, kafka: KafkaServer, tmp_path: Path
) -> None:
    def registry() -> AbstractContextManager[str]:
        app = make_app(SchemaStore(tmp_path / "registry"), resolver=make_resolver())
        return serving(app, bind("127.0.0.1", port))

    (port,) = free_ports(1)
    http = f'[registry]\nkind = "http"\nurl = "http://127.0.0.1:{port}"\ntimeout_s = 1.0\n'
    collecting = Collecting(kafka, tmp_path, http)
    with submitted(flink, runner, tmp_path, collecting.graph) as job:
        with registry():
            collecting.publish(SOME)
            collecting.assert_all_accounted()
            job.until_checkpoint()
        kill_worker(flink)  # the next one knows what the last one wrote to the disk, and nothing else
        collecting.publish(SOME)
        collecting.assert_all_accounted()
        known = set(collecting.sent)
        collecting.add_partition()
        collecting.publish(SOME)
        collecting.until_arrived(wanted={place for place in collecting.sent if place[0] < collecting.partitions - 1})
        assert {place for place in collecting.arrived() if place not in known and place[0] == 2} == set()
        with registry():
            collecting.assert_all_accounted()
            collecting.assert_in_tables_once()


def test_a_deleted_topic_is_named_and_a_replay_of_the_raw_topic_restores_it(
    flink: FlinkCluster, runner: JobServer, kafka: KafkaServer, tmp_path: Path
) -> None:
    collecting = Collecting(kafka, tmp_path)
    with submitted(flink, runner, tmp_path, collecting.graph) as job:
        collecting.publish(SOME)
        collecting.assert_all_accounted()
        before = set(collecting.sent)
        collecting.delete("telemetry")
        collecting.publish(SOME)
        told = f"{collecting.names['telemetry']}"
        until(lambda: any(told in why for why in job.rest.failures(job.job)), "no failure names the topic")
        collecting.make_anew("telemetry")
        collecting.until_arrived(wanted=set(collecting.sent) - before)
        assert not before & set(collecting.arrived()), "they stood in the topic that was deleted"
        collecting.assert_all_accounted(arrived=set(collecting.sent) - before)
        job.stop()
    assert main(["collect", "--config", str(bounded(collecting)), "--view", "off"]) == 0
    collecting.until_arrived()
    collecting.assert_in_tables_once()
    report = orjson.loads((tmp_path / "replay" / "report-collect.json").read_bytes())
    assert report["balanced"] is True
    assert report["messages"]["received"] == report["messages"]["delivered"] == len(collecting.sent)


def bounded(collecting: Collecting) -> Path:
    """Writes the configuration of a replay: the whole raw topic, once, with the registry that gave the ids."""
    replay = collecting.config.with_name("replay.toml")
    text = collecting.config.read_text().replace("groups = 2", 'groups = 2\nend = "latest"')
    replay.write_text(text.replace('out = "out"', 'out = "replay"') + '[registry]\npath = "out/registry.sqlite"\n')
    return replay


def test_a_deleted_raw_topic_ends_the_job_with_its_name_and_offset(
    flink: FlinkCluster, runner: JobServer, kafka: KafkaServer, tmp_path: Path
) -> None:
    collecting = Collecting(kafka, tmp_path)
    with submitted(flink, runner, tmp_path, collecting.graph) as job:
        collecting.publish(SOME)
        collecting.assert_all_accounted()
        ends = collecting.ends()
        collecting.delete("raw")
        for partition, offset in ends.items():
            told = re.compile(rf"{collecting.raw}.*\[{partition}\] offset {offset}\b", re.DOTALL)
            until(
                lambda told=told: any(map(told.search, job.rest.failures(job.job))), f"no failure names {told.pattern}"
            )
    assert collecting.lines()[0] == [], "what the ledger counted until then balances"
    collecting.assert_in_tables_once()


@pytest.mark.parametrize(
    ("listener", "section", "told"),
    [
        ("SASL", '[kafka.sasl]\nusername = "yangbeam"\npassword = {env = "WRONG_PASSWORD"}', "Authentication"),
        ("EXPIRED", "", "certificate"),
    ],
    ids=["wrong password", "expired certificate"],
)
def test_a_broker_that_may_not_be_talked_to_is_an_error_that_says_why(
    kafka: KafkaServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    listener: str,
    section: str,
    told: str,
) -> None:
    monkeypatch.setenv("WRONG_PASSWORD", "wrong")
    collecting = Collecting(kafka, tmp_path)
    text = collecting.config.read_text().replace(kafka.bootstrap(), kafka.bootstrap(listener))
    tls = f'[kafka.tls]\nenabled = true\nca_file = "{kafka.certificates.authority}"'
    collecting.config.write_text(f"{text}\n{tls}\n{section}\n")
    assert main(["collect", "--config", str(collecting.config), "--view", "off"]) != ExitCode.OK
    assert told in capfd.readouterr().err
