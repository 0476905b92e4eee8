"""What is submitted to Flink, without a cluster: the jar, its graph, its options."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.config.flink import Flink as FlinkConfig
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.pipeline.launching import FlinkStart, Job, no_flink
from yangbeam.runners.flink import chosen_of, launch
from yangbeam.runners.flink_options import DEFAULTS, options_of
from yangbeam.runners.flink_rest import Flink, FlinkError
from yangbeam.runners.launch import main
from yangbeam.runners.servers.flink_job_server import job_server_at, merge
from yangbeam.runners.servers.processes import ServerError


@pytest.fixture
def job_server(tmp_path: Path) -> Path:
    """A jar that says what a job server's says of itself."""
    jar = tmp_path / "job-server.jar"
    with zipfile.ZipFile(jar, "w") as content:
        content.writestr("org/apache/beam/sdk/sdk.properties", "# licence\nversion=2.77.0\n")
    return jar


@pytest.fixture
def config(tmp_path: Path, job_server: Path) -> Path:
    path = tmp_path / "yangbeam.toml"
    path.write_text(f"""
[kafka]
bootstrap = "broker.example:9092"
[flink]
job_server = "{job_server}"
parallelism = 4
checkpoint_interval_s = 2.5
worker = "/opt/yangbeam/bin/yangbeam-worker"
""")
    return path


@pytest.fixture
def written(config: Path, tmp_path: Path) -> dict[str, Any]:
    """The JSON files of the executable jar of ``collect``."""
    jar = tmp_path / "collect.jar"
    assert main(["collect", "--config", str(config), "--runner", "flink", "--jar", str(jar)]) == 0
    with zipfile.ZipFile(jar) as content:
        return {Path(name).name: json.loads(content.read(name)) for name in content.namelist() if name.endswith("json")}


def test_the_jar_holds_the_graph_its_options_and_its_name(written: dict[str, Any]) -> None:
    assert set(written) == {"pipeline.json", "pipeline-options.json", "pipeline-manifest.json"}
    options = written["pipeline-options.json"]
    assert options["beam:option:job_name:v1"] == "yangbeam-collect"
    assert options["beam:option:checkpointing_interval:v1"] == "2500"
    assert options["beam:option:max_parallelism:v1"] == "128"


def test_every_number_travels_as_text_because_the_worker_takes_no_fractions(written: dict[str, Any]) -> None:
    assert not [value for value in written["pipeline-options.json"].values() if type(value) in {int, float}]


def test_the_worker_is_a_process_of_the_task_manager(written: dict[str, Any]) -> None:
    environments = written["pipeline.json"]["components"]["environments"].values()
    assert {environment["urn"] for environment in environments} == {"beam:env:process:v1"}
    assert not any(environment.get("dependencies") for environment in environments), "nothing is staged"


def test_every_transform_of_the_job_has_a_label_of_its_own(written: dict[str, Any]) -> None:
    transforms = written["pipeline.json"]["components"]["transforms"].values()
    names = [transform["uniqueName"] for transform in transforms if transform["uniqueName"]]
    assert len(names) == len(set(names))
    made_up = [name for name in names if re.search(r"\.py:|lambda|^(ParDo|Map|FlatMap)\(", name)]
    assert made_up == [], "a label that Beam made up changes with the code, or with Beam's"


def test_beams_own_options_lie_over_ours(config: Path, tmp_path: Path) -> None:
    jar = tmp_path / "collect.jar"
    arguments = ["collect", "--config", str(config), "--runner", "flink", "--jar", str(jar)]
    assert main([*arguments, "--", "--max_parallelism=64"]) == 0
    with zipfile.ZipFile(jar) as content:
        options = json.loads(content.read("BEAM-PIPELINE/pipeline/pipeline-options.json"))
    assert options["beam:option:max_parallelism:v1"] == "64"


def test_options_of_flink_without_flink_are_a_usage_error(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "--config", str(config), "--savepoint", "file:/none"]) == 2
    assert "--runner flink" in capsys.readouterr().err


def test_a_configuration_sets_what_it_says_and_the_rest_keeps_its_default() -> None:
    options = options_of(chosen_of(FlinkConfig(bundle_ms=20, worker_cache_mb=0)))
    assert (options["max_bundle_time_mills"], options["max_cache_memory_usage_mb"]) == (20, 0)
    assert options["finish_bundle_before_checkpointing"] is DEFAULTS["finish_bundle_before_checkpointing"] is True
    assert options["operator_chaining"] is False


def test_a_cluster_out_of_reach_is_the_environments_fault(job_server: Path) -> None:
    config = FlinkConfig(url="http://127.0.0.1:9", job_server=job_server)
    with pytest.raises(FlinkError, match="no Flink answers"):
        launch(config, lambda _: None, FlinkStart())


def test_a_file_that_is_no_job_server_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jar").write_bytes(b"no zip")
    with pytest.raises(ServerError, match=r"x\.jar"):
        job_server_at(tmp_path / "x.jar")


def test_a_job_server_says_whether_its_checkpoints_grow(job_server: Path, tmp_path: Path) -> None:
    assert job_server_at(job_server).keeps_checkpoints_flat
    older = tmp_path / "older.jar"
    with zipfile.ZipFile(older, "w") as content:
        content.writestr("org/apache/beam/sdk/sdk.properties", "version=2.62.0")
    assert not job_server_at(older).keeps_checkpoints_flat
    assert "grow" in str(job_server_at(older))


def test_merged_jars_keep_the_first_of_equal_names_and_every_service(tmp_path: Path) -> None:
    for number in (1, 2):
        with zipfile.ZipFile(tmp_path / f"{number}.jar", "w") as part:
            part.writestr("a/Same.class", f"{number}")
            part.writestr(f"a/Own{number}.class", "own")
            part.writestr("META-INF/services/a.Service", f"a.Own{number}")
            part.writestr(f"META-INF/{number}.RSA", "signature")
    merge([tmp_path / "1.jar", tmp_path / "2.jar"], tmp_path / "all.jar")
    with zipfile.ZipFile(tmp_path / "all.jar") as merged:
        assert merged.read("a/Same.class") == b"1"
        assert merged.read("META-INF/services/a.Service").split() == [b"a.Own1", b"a.Own2"]
        assert {"a/Own1.class", "a/Own2.class"} < set(merged.namelist())
        assert not [name for name in merged.namelist() if name.endswith(".RSA")]


def test_a_command_line_without_flink_says_so(config: Path) -> None:
    from yangbeam.pipeline.config.file import load

    with pytest.raises(ConfigurationError, match="without Flink"):
        no_flink(Job(load(config)), FlinkStart())


def test_an_answer_of_many_pages_is_told_by_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    def refuse(*_: object, **__: object) -> httpx.Response:
        trace = "java.lang.A: outer\n\tat x\nCaused by: java.lang.B: the savepoint is gone\n\tat y"
        return httpx.Response(500, json={"errors": ["Internal server error.", trace]})

    monkeypatch.setattr(httpx, "request", refuse)
    with pytest.raises(FlinkError, match=r"java\.lang\.B: the savepoint is gone"):
        Flink("http://127.0.0.1:9").jobs()


def test_workers_on_other_machines_need_one_registry(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jar = tmp_path / "collect.jar"
    arguments = ["collect", "--config", str(config), "--runner", "flink", "--jar", str(jar)]
    assert main(arguments) == 0
    assert jar.stat().st_mode & 0o077 == 0, "who runs it alone needs it"
    assert "each machine counts schema ids of its own" in " ".join(capsys.readouterr().err.split())
    written = config.read_text()
    config.write_text(written.replace("[flink]", '[flink]\nurl = "http://flink.example:8081"'))
    jar.unlink()
    assert main(arguments) == ExitCode.USAGE
    assert 'the cluster is at flink.example: write [registry] kind = "http"' in capsys.readouterr().err.replace(
        "\n", " "
    )
    assert not jar.exists()
    config.write_text(config.read_text() + '[registry]\nkind = "http"\nurl = "https://registry.example:8081"\n')
    assert main(arguments) == 0
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--duration", "5"], ["--view", "off"], ["--json"]])
@pytest.mark.parametrize("command", ["collect", "run"])
def test_what_a_job_elsewhere_cannot_do_is_refused(
    config: Path, command: str, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--config", str(config), "--runner", "flink", *option]) == ExitCode.USAGE
    assert "are of runs on this machine" in " ".join(capsys.readouterr().err.split())
