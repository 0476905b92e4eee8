"""The configuration: defaults that work, every problem at once and in its place, secrets that never show."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.pipeline.configurations import SECRET, Write, only, problems
from yangbeam.core.errors import Fault
from yangbeam.core.framing import FRAMINGS
from yangbeam.core.reassembly import ReassemblyLimits
from yangbeam.core.udp_notif import UdpNotifSettings
from yangbeam.pipeline.config.errors import InvalidConfigurationError, Problem, name_of
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.config.sinks import Kafka
from yangbeam.pipeline.config.sources import Capture, Reassembly, UdpNotif
from yangbeam.pipeline.config.stages import SchemaDirectory
from yangbeam.pipeline.config.types import Secret


def test_an_empty_file_is_a_configuration_that_works(written: Write, tmp_path: Path) -> None:
    config = load(written(""))
    assert config.sources == (UdpNotif(),)
    assert config.kafka is None
    assert config.files.enabled
    assert config.tables.path == tmp_path / "yangbeam-out" / "tables.duckdb"
    assert not config.is_bounded


SECTIONS = ["schemas", "registry", "validation", "loss", "tables", "files", "dead_letters", "status", "beam", "kafka"]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_may_be_empty(written: Write, section: str) -> None:
    load(written(f"[{section}]\n"))


def test_every_default_is_accepted_when_it_is_written_down(written: Write) -> None:
    defaults = Config(kafka=Kafka()).model_dump(mode="json", exclude_none=True)
    load(written(_toml(defaults)))


def _toml(table: dict[str, Any]) -> str:
    return "".join(f"{key} = {_toml_value(value)}\n" for key, value in table.items())


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_toml_value(item)}' for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def test_limits_and_dialect_default_to_those_of_the_codec() -> None:
    assert Reassembly().limits() == ReassemblyLimits()
    assert UdpNotif().dialect.settings() == UdpNotifSettings()


def test_the_framings_are_those_that_can_be_written() -> None:
    choices = Kafka.model_fields["framing"].annotation.__args__  # type: ignore[union-attr]
    assert set(choices) == set(FRAMINGS)


def test_every_setting_is_described() -> None:
    pending: list[type[BaseModel]] = [Config]
    seen = set()
    while pending:
        model = pending.pop()
        seen.add(model)
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            annotations = [field.annotation]
            while annotations:
                annotation = annotations.pop()
                if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    pending += [annotation] if annotation not in seen else []
                else:
                    annotations += getattr(annotation, "__args__", ())
    assert {UdpNotif, Capture, Secret, SchemaDirectory} <= seen


def test_all_problems_are_reported_at_once_with_line_and_cure(written: Write) -> None:
    path = written(
        """[[sources]]
kind = "udp-notif"
hosst = "127.0.0.1"
port = "abc"
[validation]
invalid = "pass"
[loss]
window_s = -1
[kafka]
bootstrap_servers = "broker:9092"
properties = { acks = "1", "linger.ms" = [] }
"""
    )
    found = {problem.key: problem for problem in problems(path)}
    assert {key: problem.line for key, problem in found.items()} == {
        "sources[0].hosst": 3,
        "sources[0].port": 4,
        "validation.invalid": 6,
        "loss.window_s": 8,
        "kafka.bootstrap_servers": 10,
        "kafka.properties.acks": 11,
        "kafka.properties.linger.ms": 11,
    }
    assert 'did you mean "host"?' in found["sources[0].hosst"].instead
    assert found["sources[0].port"].what == 'found the string "abc"'
    assert found["validation.invalid"].instead == 'write "prune", "reject" or "pass-and-mark"'
    assert 'did you mean "bootstrap"?' in found["kafka.bootstrap_servers"].instead
    assert found["loss.window_s"].instead == "write more than 0"
    assert all(problem.fault is Fault.CONFIGURATION for problem in found.values())


def test_the_message_names_file_line_key_and_fault(written: Write) -> None:
    path = written("[beam]\nshards = 0\n")
    with pytest.raises(InvalidConfigurationError) as caught:
        load(path)
    assert str(caught.value) == (
        f"1 problem in the configuration\n{path}:2: beam.shards: 0 is out of range; write at least 1 [configuration]"
    )
    assert caught.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])
def test_an_address_open_to_strangers_needs_an_allow_list(written: Write, host: str) -> None:
    found = only(written(f'[[sources]]\nkind = "udp-notif"\nhost = "{host}"\n'))
    assert found.key == "sources[0].allow"
    assert "open to strangers" in found.what


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_none(written: Write, host: str) -> None:
    load(written(f'[[sources]]\nkind = "udp-notif"\nhost = "{host}"\n'))


def test_the_missing_allow_list_is_reported_beside_other_problems(written: Write) -> None:
    keys = [found.key for found in problems(written('[[sources]]\nkind="udp-notif"\nhost="::"\nport=-1\n'))]
    assert keys == ["sources[0].allow", "sources[0].port"]


def test_prefixes_are_networks_and_tell_what_to_write(written: Write) -> None:
    text = '[[sources]]\nkind = "udp-notif"\nhost = "::"\nallow = ["10.0.0.1/8", "10.0.0.1", "router1", 7]\n'
    found = problems(written(text))
    assert [problem.key for problem in found] == [f"sources[0].allow[{index}]" for index in (0, 2, 3)]
    assert found[0].instead == 'write "10.0.0.0/8"'
    good = load(written('[[sources]]\nkind="udp-notif"\nhost="::"\nallow=["10.0.0.1", "2001:db8::/32"]\n'))
    assert isinstance(good.sources[0], UdpNotif)
    assert good.sources[0].allow == (ip_network("10.0.0.1/32"), ip_network("2001:db8::/32"))


def test_a_source_without_a_kind_or_with_a_wrong_one_is_told_the_kinds(written: Write) -> None:
    found = problems(written('[[sources]]\nport = 1\n[[sources]]\nkind = "udp"\n'))
    assert [problem.key for problem in found] == ["sources[0]", "sources[1]"]
    assert found[1].what == '"udp" is no kind'
    expected = 'write kind = "udp-notif" or kind = "https-notif" or kind = "capture" or kind = "kafka"'
    assert all(problem.instead == expected for problem in found)


def test_captures_and_sockets_do_not_go_together(written: Write, tmp_path: Path) -> None:
    (tmp_path / "a.pcap").touch()
    text = '[[sources]]\nkind = "capture"\nfiles = ["a.pcap"]\n[[sources]]\nkind = "udp-notif"\n'
    assert only(written(text)).key == "sources"


def test_one_port_is_not_bound_twice(written: Write) -> None:
    text = '[[sources]]\nkind = "udp-notif"\n' * 2
    assert "bound twice" in only(written(text)).what


def test_paths_start_at_the_folder_of_the_file(written: Write, tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "a.pcap").touch()
    config = load(written('out = "../results"\n[[sources]]\nkind = "capture"\nfiles = ["captures/a.pcap"]\n'))
    assert isinstance(config.sources[0], Capture)
    assert config.sources[0].files == (tmp_path / "captures" / "a.pcap",)
    assert config.registry.path == tmp_path.parent / "results" / "registry.sqlite"
    assert config.is_bounded


def test_what_is_read_must_exist(written: Write, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = problems(
        written(
            '[[sources]]\nkind = "capture"\nfiles = ["nothing.pcap",\n"."]\n'
            '[[schemas.directories]]\npath = "file"\n[[schemas.directories]]\npath = "nowhere"\n'
        )
    )
    assert [(problem.key, problem.line) for problem in found] == [
        ("sources[0].files[0]", 3),
        ("sources[0].files[1]", 4),
        ("schemas.directories[0].path", 6),
        ("schemas.directories[1].path", 8),
    ]
    assert all(problem.fault is Fault.ENVIRONMENT for problem in found)


def test_a_folder_of_modules_serves_everybody_unless_it_says_whom(written: Write, tmp_path: Path) -> None:
    (tmp_path / "a.yang").touch()
    text = f'path = "{tmp_path}"\n'
    directories = load(
        written(
            f'[[schemas.directories]]\n{text}[[schemas.directories]]\n{text}exporter = "192.0.2.0/24"\n'
            f'[[schemas.directories]]\n{text}content_id = "abc"\n'
        )
    ).schemas.directories
    assert [directory.serves_everybody for directory in directories] == [True, False, False]
    both = f'[[schemas.directories]]\n{text}exporter = "192.0.2.0/24"\ncontent_id = "abc"\n'
    assert only(written(both)).what == "exporter and content_id exclude each other"
    both = f'[[schemas.directories]]\n{text}exporter = "192.0.2.0/24"\ndefault = true\n'
    assert only(written(both)).what == "exporter and default exclude each other"


def test_features_name_their_modules(written: Write, tmp_path: Path) -> None:
    (tmp_path / "a.yang").touch()
    text = f'[[schemas.directories]]\npath = "{tmp_path}"\nfeatures = ["if-mib"]\n'
    assert only(written(text)).key == "schemas.directories[0].features"


@pytest.mark.parametrize(("scope", "stored"), [("node", "node"), ("socket+publisher", "publisher+socket")])
def test_scopes_of_counters_are_stored_in_one_order(written: Write, scope: str, stored: str) -> None:
    config = load(written(f'[[loss.scopes]]\nexporter = "192.0.2.1"\ntransport = "{scope}"\n'))
    assert config.loss.scopes[0].transport == stored
    assert config.loss.scopes[0].notification is None


@pytest.mark.parametrize("scope", ["", "router", "node+node", "node,socket"])
def test_scopes_that_are_none_are_refused(written: Write, scope: str) -> None:
    text = f'[[loss.scopes]]\nexporter = "192.0.2.1"\nnotification = "{scope}"\n'
    assert only(written(text)).key == "loss.scopes[0].notification"


def test_the_loss_window_covers_the_longest_reassembly(written: Write) -> None:
    text = '[[sources]]\nkind = "udp-notif"\nreassembly.timeout_s = 20\n[loss]\nwindow_s = 19.5\n'
    found = only(written(text))
    assert (found.key, found.line) == ("loss.window_s", 5)
    assert found.instead == "write 20 or more"


def test_topics_are_different(written: Write) -> None:
    found = only(written('[kafka.topics]\nloss = "yangbeam-telemetry"\n'))
    assert found.key == "kafka.topics.loss"


def test_kafka_takes_the_place_of_files_unless_both_are_wanted(written: Write) -> None:
    assert not load(written("[kafka]\n")).files.enabled
    assert load(written("[kafka]\n[files]\n")).files.enabled


def test_dead_letters_go_to_kafka_only_where_there_is_one(written: Write) -> None:
    assert only(written('[dead_letters]\nkind = "kafka"\n')).key == "dead_letters.kind"
    load(written('[dead_letters]\nkind = "kafka"\n[kafka]\n'))


@pytest.mark.parametrize(
    ("name", "value"), [("acks", '"1"'), ("acks", "0"), ("enable.idempotence", "false"), ("request.required.acks", "1")]
)
def test_properties_that_would_lose_records_are_refused(written: Write, name: str, value: str) -> None:
    assert "lost" in only(written(f'[kafka.properties]\n"{name}" = {value}\n')).what


def test_properties_reach_the_client_as_it_reads_them(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", SECRET)
    (tmp_path / "key").write_text(f"{SECRET}\n")
    kafka = load(
        written(
            """[kafka]
bootstrap = "one:1,two:2"
tls = { enabled = true, verify = false, key_password = { file = "key" } }
sasl = { username = "me", password = { env = "KAFKA_PASSWORD" } }
[kafka.properties]
acks = "all"
"linger.ms" = 5
"log.connection.close" = false
"ssl.keystore.password" = { file = "key" }
"""
        )
    ).kafka
    assert kafka is not None
    assert kafka.client_properties() == {
        "bootstrap.servers": "one:1,two:2",
        "security.protocol": "SASL_SSL",
        "ssl.key.password": SECRET,
        "enable.ssl.certificate.verification": "false",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "me",
        "sasl.password": SECRET,
        "linger.ms": "5",
        "log.connection.close": "false",
        "acks": "all",
        "ssl.keystore.password": SECRET,
    }
    assert Kafka().client_properties() == {"bootstrap.servers": "localhost:9092", "security.protocol": "PLAINTEXT"}


def test_certificates_are_verified_unless_told_otherwise() -> None:
    kafka = Kafka.model_validate({"tls": {"enabled": True}})
    assert kafka.tls.verify
    assert "enable.ssl.certificate.verification" not in kafka.client_properties()


def test_options_lie_over_the_file_and_their_problems_name_them(written: Write) -> None:
    path = written('[validation]\ninvalid = "nonsense"\nprofile = "full"\n')
    settings = {("validation", "invalid"): "pass-and-mark", ("beam", "shards"): 2}
    config = load(path, settings)
    assert (config.validation.invalid, config.validation.profile, config.beam.shards) == ("pass-and-mark", "full", 2)
    with pytest.raises(InvalidConfigurationError) as caught:
        load(path, {("validation", "invalid"): "reject", ("sources",): []}, {("sources",): "--capture"})
    assert str(caught.value.problems[0]).startswith("command line: --capture: no source;")


def test_options_over_a_broken_section_leave_its_problem(written: Write) -> None:
    assert [found.key for found in problems_with(written("validation = 3\n"))] == ["validation"]


def problems_with(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidConfigurationError) as caught:
        load(path, {("validation", "invalid"): "reject"})
    return caught.value.problems


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().beam.shards = 3  # type: ignore[misc]


def test_names_of_settings_read_like_python() -> None:
    assert name_of(("schemas", "directories", 2, "path")) == "schemas.directories[2].path"


def test_processes_from_one_file_share_neither_port_nor_report(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("""
[kafka]
bootstrap = "broker:9092"
[status]
metrics_port = 9001
report = "r/report.json"
[collect]
metrics_port = 9002
[ingest]
metrics_port = 9003
""")
    found = load(path)
    seen = [each.status for each in (found, found.as_collect(), found.as_ingest())]
    assert [each.metrics_port for each in seen] == [9001, 9002, 9003]
    assert [each.report.name for each in seen] == ["report.json", "report-collect.json", "report-ingest.json"]
    assert load(None, {("kafka", "bootstrap"): "b:1"}).as_ingest().status.metrics_port is None
