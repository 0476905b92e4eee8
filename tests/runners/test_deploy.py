"""What the files of the deployment say, held against what the project does."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from yangbeam.core.errors import YangbeamError
from yangbeam.pipeline.config.file import load
from yangbeam.runners.flink_job import ENTRY_CLASS
from yangbeam.runners.servers.flink_job_server import OFFICIAL

FOLDER = Path(__file__).resolve().parents[2] / "runners" / "deploy"


@pytest.fixture
def manifest() -> tuple[dict[str, Any], dict[str, Any]]:
    """The configuration map and the deployment."""
    first, second = yaml.safe_load_all((FOLDER / "flink-deployment.yaml").read_text())
    return first, second


@pytest.fixture
def configuration(manifest: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path) -> Path:
    """Its configuration file, with its secrets where this machine has them."""
    (tmp_path / "ca.pem").write_text("certificate")
    (tmp_path / "kafka-password").write_text("secret")
    (tmp_path / "registry-password").write_text("secret")
    (tmp_path / "job-server.jar").touch()
    text = manifest[0]["data"]["yangbeam.toml"].replace("KAFKA", "kafka.example")
    for place in ("/etc/yangbeam/secrets", "/opt/yangbeam/job-server.jar"):
        text = text.replace(place, str(tmp_path / place.rpartition("/")[2]) if place.endswith("jar") else str(tmp_path))
    path = tmp_path / "yangbeam.toml"
    path.write_text(text)
    return path


def test_the_configuration_in_the_manifest_is_one(configuration: Path) -> None:
    try:
        config = load(configuration).as_collect()
    except YangbeamError as error:
        pytest.fail(str(error))
    assert config.kafka is not None
    assert config.kafka.client_properties()["sasl.password"] == "secret"


def test_the_manifest_and_its_configuration_agree(
    manifest: tuple[dict[str, Any], dict[str, Any]], configuration: Path
) -> None:
    config = tomllib.loads(configuration.read_text())
    job = manifest[1]["spec"]["job"]
    assert job["parallelism"] == config["flink"]["parallelism"] <= config["flink"]["max_parallelism"]
    assert job["parallelism"] <= config["collect"]["groups"] <= 2 * job["parallelism"]
    assert job["entryClass"] == ENTRY_CLASS
    command = manifest[1]["spec"]["jobManager"]["podTemplate"]["spec"]["initContainers"][0]["command"]
    assert job["jarURI"] == f"local://{command[-1]}"


def test_an_upgrade_takes_a_savepoint_and_never_loses_state(
    manifest: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    job = manifest[1]["spec"]["job"]
    assert (job["upgradeMode"], job["allowNonRestoredState"]) == ("savepoint", False)
    properties = manifest[1]["spec"]["flinkConfiguration"]
    for name in (
        "execution.checkpointing.dir",
        "execution.checkpointing.savepoint-dir",
        "high-availability.storageDir",
    ):
        assert properties[name].startswith("s3://BUCKET/")


def test_image_manifest_and_job_server_are_of_one_version_of_flink(
    manifest: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    flink, beam = re.fullmatch(r".*-flink-(.*)-job-server:(.*)", OFFICIAL).groups()  # type: ignore[union-attr]
    assert manifest[1]["spec"]["flinkVersion"] == "v" + flink.replace(".", "_")
    dockerfile = (FOLDER / "Dockerfile").read_text()
    assert set(re.findall(r"beam-runners-flink-([\d.]+)-job-server", dockerfile)) == {flink}
    assert f"ARG BEAM={beam}" in dockerfile
    assert f"flink:{flink}-java17" in dockerfile


def test_every_file_that_the_image_copies_is_there() -> None:
    root = FOLDER.parents[1]
    dockerfile = (FOLDER / "Dockerfile").read_text()
    for name in re.findall(r"requirements/[\w.-]+\.txt", dockerfile):
        assert (root / name).is_file()
    scripts = tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]
    assert {"yangbeam", "yangbeam-worker"} <= set(scripts)


def test_all_pods_have_one_registry(manifest: tuple[dict[str, Any], dict[str, Any]]) -> None:
    registry = tomllib.loads(manifest[0]["data"]["yangbeam.toml"])["registry"]
    assert registry["kind"] == "http"
    assert registry["password"]["file"].startswith("/etc/yangbeam/secrets/")
