"""The written reference and the example are what the code says."""

import tomllib
from pathlib import Path

from yangbeam.pipeline.causes_reference import causes
from yangbeam.pipeline.cli.reference import commands
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.config.reference import configuration

ROOT = Path(__file__).parents[2]


def test_the_reference_of_the_configuration_is_current() -> None:
    command = "python -m yangbeam.pipeline.config.reference > docs/configuration.md"
    assert (ROOT / "docs" / "configuration.md").read_text() == configuration(), f"run {command}"


def test_the_reference_of_the_commands_is_current() -> None:
    command = "python -m yangbeam.pipeline.cli.reference > docs/cli.md"
    assert (ROOT / "docs" / "cli.md").read_text() == commands(), f"run {command}"


def test_the_reference_of_causes_states_and_exit_codes_is_current() -> None:
    command = "python -m yangbeam.pipeline.causes_reference > docs/causes.md"
    assert (ROOT / "docs" / "causes.md").read_text() == causes(), f"run {command}"


def test_every_section_and_setting_stands_in_the_reference() -> None:
    text = configuration()
    for section, field in Config.model_fields.items():
        assert f"[{section}]" in text or f"| `{section}` |" in text, section
        assert field.description
    assert "| `client_secret` | secret | required | Its secret. |" in text
    assert "| `allow` | list of prefix | `[]` |" in text
    assert '| `invalid` | `"prune"` or `"reject"` or `"pass-and-mark"` | `"reject"` |' in text
    assert "| `private_media_types` | list of integer, ≥ 0, ≤ 15 | `[]` |" in text


def test_the_example_is_a_valid_configuration() -> None:
    config = load(ROOT / "examples" / "yangbeam.toml")
    assert config.sources[0].reassembly.max_segments == 256
    assert not config.is_bounded


def test_what_the_example_only_mentions_is_valid_too(tmp_path: Path) -> None:
    """Every commented setting of the example, alone, with the files it names put in place."""
    lines = (ROOT / "examples" / "yangbeam.toml").read_text().splitlines()
    commented = [line.removeprefix("# ") for line in lines if line.startswith(("# [", "# "))]
    settings = [line for line in commented if line.startswith("[") or " = " in line]
    settings = [line for line in settings if "kafka" not in line.lower() or line.startswith(("[", "bootstrap"))]
    text = "\n".join(line for line in settings if not line.startswith("sasl"))
    (tmp_path / "traffic.pcap").touch()
    (tmp_path / "ca.pem").touch()
    (tmp_path / "modules" / "vendor-a").mkdir(parents=True)
    (tmp_path / "modules" / "vendor-a" / "a.yang").touch()
    (tmp_path / "example.toml").write_text(text)
    assert "kafka" in tomllib.loads(text)
    config = load(tmp_path / "example.toml")
    assert config.kafka is not None
    assert config.is_bounded
