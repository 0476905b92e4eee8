"""`check --connect`: each thing outside in one line, all problems at once, and none waits for ever."""

import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer

from tests.costly import doubling
from tests.io.kafka.clusters import bootstrap, new_topic
from tests.pipeline.commands import run
from tests.registry.discovery.nodes import THINGS
from tests.waiting import PATIENCE_S
from yangbeam.core.errors import ConfigurationError, Fault
from yangbeam.core.topic_plan import LARGEST, Found, Wanted
from yangbeam.core.yang.costs import CostLimits
from yangbeam.pipeline.checking import brokers, clock, folders, identities, modules, nodes, ports, stores
from yangbeam.pipeline.checking.finding import Finding, failed, ok, problem
from yangbeam.pipeline.checking.table import CHECKS, Look, exit_code, look
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.registry.guard.guard import Guard
from yangbeam.registry.store import SchemaStore
from yangbeam.simulator.netconf.equipment import equipment
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, NetconfOptions, NetconfServers


@pytest.fixture(autouse=True)
def _guards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Guards of a test's own, which end with it."""
    made: list[Guard] = []

    def guard_of(limits: CostLimits) -> Guard:
        made[:] = made or [Guard(limits)]
        return made[0]

    monkeypatch.setattr(modules, "guard_of", guard_of)
    yield
    for each in made:
        each.close()


def configured(folder: Path, text: str) -> Config:
    path = folder / "yangbeam.toml"
    path.write_text(text)
    return load(path)


def lines(check: Look, config: Config) -> list[str]:
    return [str(each) for each in check(config)]


def test_a_folder_that_cannot_be_written_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "blocked").touch()
    config = configured(tmp_path, '[tables]\npath = "blocked/t.duckdb"\n')
    assert lines(folders.writable, config) == [
        f"folders: ok: status.report can be written: {tmp_path}/yangbeam-out",
        (
            f"folders: tables.path cannot be written: {tmp_path}/blocked is a file, not a folder; grant the right, or "
            "place it elsewhere [environment]"
        ),
    ]
    assert not (tmp_path / "yangbeam-out").exists()


def test_a_folder_of_every_setting_that_is_used_is_tried(tmp_path: Path) -> None:
    (tmp_path / "hosts").touch()
    config = configured(
        tmp_path,
        'files = { enabled = true, directory = "f" }\n'
        '[dead_letters]\npath = "d/x"\n[registry]\nkind = "http"\nurl = "http://127.0.0.1:9"\ncache = "c"\n'
        '[discovery]\ncache = "n"\n[[schemas.nodes]]\nexporter = "127.0.0.9"\n[kafka]\n[receive]\nspool = "s"\n'
        '[tables]\npath = "t/x"\n',
    )
    settings = [each.what.split(" ")[0] for each in folders.writable(config)]
    assert settings == [
        *("status.report", "files.directory", "tables.path", "dead_letters.path", "registry.cache"),
        *("discovery.cache", "receive.spool"),
    ]


@pytest.mark.parametrize(("kind", "letter"), [("udp", "u"), ("tcp", "t")])
def test_a_port_that_somebody_has_is_named_with_how_to_find_who(kind: str, letter: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 0))
        if kind == "tcp":
            other.listen()
        port = other.getsockname()[1]
        source = f'[[sources]]\nkind = "udp-notif"\nport = {port if kind == "udp" else 0}\n'
        config = configured(tmp_path, f"{source}[status]\nmetrics_port = {port}\n" if kind == "tcp" else source)
        setting = "sources[0].port" if kind == "udp" else "status.metrics_port"
        assert lines(ports.free, config) == [
            (
                f"ports: {kind} port {port} of 127.0.0.1 ({setting}) is not free: Address already in use; see who has "
                f"it with `ss -{letter}lnp sport = :{port}`, or choose another [environment]"
            )
        ]
    assert lines(ports.free, config) == [f"ports: ok: {kind} port {port} of 127.0.0.1 ({setting}) is free"]


def test_the_registrys_port_is_tried_where_its_section_is_written(tmp_path: Path) -> None:
    source = '[[sources]]\nkind = "udp-notif"\nport = 0\n'
    assert lines(ports.free, configured(tmp_path, source)) == []
    found = lines(ports.free, configured(tmp_path, f"{source}[registry_server]\nport = 1\n"))
    assert len(found) == 1
    assert "(registry_server.port)" in found[0]


def test_a_buffer_that_the_kernel_caps_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "granted_buffer", lambda _: 212_992)
    config = configured(tmp_path, '[[sources]]\nkind = "udp-notif"\nreceive_buffer_bytes = 1000000\n')
    assert lines(ports.buffers, config) == [
        (
            "socket buffers: the kernel grants 212,992 of the 1,000,000 octets of sources[0].receive_buffer_bytes; "
            "sysctl -w net.core.rmem_max=1000000, or grant CAP_NET_ADMIN [environment]"
        )
    ]
    monkeypatch.undo()
    small = configured(tmp_path, '[[sources]]\nkind = "udp-notif"\nreceive_buffer_bytes = 65536\n')
    assert "ok: the kernel grants the 65,536 octets" in lines(ports.buffers, small)[0]


def test_brokers_answer_and_topics_that_are_missing_are_all_named(tmp_path: Path) -> None:
    raw = new_topic()
    absent = "".join(f'topics.{use} = "{raw}-{use}"\n' for use in ("telemetry", "loss", "ledger", "dead_letters"))
    config = configured(
        tmp_path, f'[kafka]\nbootstrap = "{bootstrap()}"\ntopics.raw = "{raw}"\n{absent}[receive]\nshards = 4\n'
    )
    found = lines(brokers.topics, config)
    assert found[0] == f"kafka: ok: {bootstrap()} answers"
    assert found[1].startswith(f"kafka: ok: topic {raw}: 4 partitions, ")
    missing = [line for line in found if "does not exist" in line]
    assert missing[0] == (
        f"kafka: topic {raw}-telemetry does not exist; make it with `yangbeam topics create -c FILE` [environment]"
    )
    assert len(missing) == 6


def test_a_topic_that_does_not_fit_is_the_configurations() -> None:
    wanted = Wanted("raw", 16, {LARGEST: "17039360"})
    few, small = brokers._topic(wanted, Found(2, {LARGEST: "1048588"}))
    assert str(few) == "kafka: topic raw has 2 partitions, 16 are wanted: add some [configuration]"
    assert str(small).startswith("kafka: topic raw takes records of 1048588 octets (max.message.bytes), ")
    assert small.fault is Fault.CONFIGURATION
    (untold,) = brokers._topic(wanted, Found(16))
    assert str(untold) == "kafka: ok: topic raw: 16 partitions, its limits are not told"


def test_a_record_of_the_future_shows_that_clocks_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "now_s", lambda: 1_000.0)
    (ahead,) = brokers._skew(1_090_000)
    assert str(ahead) == (
        "kafka: the newest record is dated 90 s ahead of this host's clock; let NTP keep the clocks of all hosts "
        "that write [environment]"
    )
    assert [each.state for each in brokers._skew(1_001_000)] == ["ok"]
    assert list(brokers._skew(None)) == []


def test_brokers_that_are_away_are_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yangbeam.io.kafka.topics.ANSWER_S", 1.0)
    config = configured(tmp_path, '[kafka]\nbootstrap = "127.0.0.1:9"\n')
    (found,) = look(config, 60, {"kafka": brokers.topics})
    assert found.fault is Fault.ENVIRONMENT
    assert found.what.startswith("kafka 127.0.0.1:9 does not answer (")
    assert "kafka.bootstrap" in found.what


class _Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'["YANG","AVRO"]')

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def registry() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_registry_answers_or_is_named_with_the_cure(tmp_path: Path, registry: str) -> None:
    text = '[registry]\nkind = "http"\nattempts = 1\nurl = "{}"\n'
    assert lines(stores.registry, configured(tmp_path, text.format(registry))) == [
        f"registry: ok: {registry} answers; schema types: YANG, AVRO"
    ]
    (away,) = lines(stores.registry, configured(tmp_path, text.format("http://127.0.0.1:9")))
    assert away.startswith("registry: registry http://127.0.0.1:9 is out of reach: ")
    assert away.endswith("; start `yangbeam registry` there, or correct [registry] [environment]")


def test_schema_ids_of_another_registry_are_named_before_the_first_start(tmp_path: Path) -> None:
    topic, own = new_topic(), SchemaStore(tmp_path / "r.sqlite").identity()
    config = configured(
        tmp_path,
        f'[kafka]\nbootstrap = "{bootstrap()}"\n[kafka.topics]\ntelemetry = "{topic}"\n[registry]\npath = "r.sqlite"\n',
    )

    def write(partition: int, headers: list[tuple[str, bytes]]) -> list[str]:
        producer = Producer({"bootstrap.servers": bootstrap()})
        producer.produce(topic, b"{}", partition=partition, headers=headers)
        assert producer.flush(PATIENCE_S) == 0
        return lines(identities.shared, config)

    assert write(0, []) == [f"schema ids: ok: topic {topic} says nothing of another registry"]
    assert write(0, [("yangbeam-registry", own.encode())]) == [
        f"schema ids: ok: the newest in topic {topic} are of registry {own}"
    ]
    assert write(1, [("yangbeam-registry", b"0123456789abcdef")]) == [
        (
            f"schema ids: registry 0123456789abcdef counted schema ids in topic {topic}; the one of this file is {own}"
            '; let all collectors and readers share one: [registry] kind = "http" [configuration]'
        )
    ]


def test_files_that_are_there_are_opened(tmp_path: Path) -> None:
    config = configured(tmp_path, "")
    assert lines(stores.registry, config) == [f"registry: ok: {config.registry.path} will be made"]
    assert lines(stores.database, config) == [f"database: ok: {config.tables.path} will be made"]
    config.out.mkdir()
    config.registry.path.write_bytes(b"no database" * 100)
    config.tables.path.write_bytes(b"no database" * 100)
    for name, check in (("registry", stores.registry), ("database", stores.database)):
        (found,) = look(config, 60, {name: check})
        assert (found.state, found.fault) == ("problem", Fault.ENVIRONMENT)
        assert str(config.out) in found.what


MODULES = {
    "good": "leaf x { type string; }",
    "bad": "leaf x { type percent; }",
    "lacks": "import acme-x { prefix x; }",
}


def test_each_module_that_does_not_compile_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "yang").mkdir()
    for name, body in MODULES.items():
        (tmp_path / "yang" / f"{name}.yang").write_text(f"module {name} {{ namespace urn:{name}; prefix p; {body} }}")
    config = configured(tmp_path, '[[schemas.directories]]\npath = "yang"\n')
    found = lines(modules.compile_, config)
    place = tmp_path / "yang"
    assert found[0].startswith(f"modules: {place}: module bad does not compile: the schema set does not compile: ")
    assert found[0].endswith('"percent" not found; correct the module [configuration]')
    assert found[1].startswith(f"modules: {place}: module lacks does not compile: ")
    assert "acme-x" in found[1]
    assert found[2:] == [f"modules: ok: {place}: 1 of 3 modules compile"]
    for name in ("bad", "lacks"):
        (place / f"{name}.yang").unlink()
    assert lines(modules.compile_, config) == [f"modules: ok: {place}: all 1 modules compile"]


def test_a_module_that_costs_too_much_is_named_and_holds_up_no_check(tmp_path: Path) -> None:
    (tmp_path / "yang").mkdir()
    place = tmp_path / "yang"
    for name, times in (("one", 4), ("two", 4), ("huge", 8)):
        (place / f"{name}.yang").write_text(doubling(times, name))
    limit = "[schemas.compiling]\nnodes = 80\n"
    config = configured(tmp_path, f'{limit}[[schemas.directories]]\npath = "yang"\n')
    found = lines(modules.compile_, config)
    assert found[0].startswith(f"modules: {place}: module huge does not compile: ")
    assert "too costly to compile" in found[0]
    assert found[1:] == [f"modules: ok: {place}: 2 of 3 modules compile"]
    (place / "huge.yang").unlink()
    assert lines(modules.compile_, config) == [
        f"modules: ok: {place}: all 2 modules compile, each with what it needs; together they cost too much"
    ]


def test_what_is_no_yang_is_the_configurations(tmp_path: Path) -> None:
    (tmp_path / "a.yang").write_text("no module")
    config = configured(tmp_path, '[[schemas.directories]]\npath = "."\n')
    (found,) = modules.compile_(config)
    assert (found.state, found.fault) == ("problem", Fault.CONFIGURATION)


def test_a_node_opens_a_session_or_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    with NetconfServers({"127.0.1.1": equipment(THINGS, "c4d9e3f1")}, NetconfOptions()) as servers:
        (tmp_path / "hosts").write_text(servers.known_hosts())
        written = "".join(
            f'[[schemas.nodes]]\nexporter = "{exporter}"\nport = {servers.port}\nusername = "{USERNAME}"\n'
            'password = { file = "password" }\nknown_hosts = "hosts"\n'
            for exporter in ("127.0.1.1", "127.0.1.9", "10.0.0.0/8")
        )
        found = lines(nodes.reachable, configured(tmp_path, written))
    assert found[0] == f"nodes: ok: 127.0.1.1 port {servers.port} opens a NETCONF session"
    assert found[1].startswith(f"nodes: cannot reach 127.0.1.9 port {servers.port} by TCP: ")
    assert found[1].endswith("[environment]")
    assert found[2] == (
        "nodes: not known: 10.0.0.0/8 has many addresses: try one of them with `yangbeam discover ADDRESS`"
    )


@pytest.mark.parametrize(
    ("now", "kept", "line"),
    [
        (0.0, True, "clock: this host's clock shows 0 s since 1970; set it, and let NTP keep it right [environment]"),
        (1.8e9, True, "clock: ok: this host's clock is synchronised"),
        (1.8e9, None, "clock: not known: whether this host's clock is synchronised: the kernel does not say"),
        (
            1.8e9,
            False,
            (
                "clock: not known: whether this host's clock is synchronised: the kernel says no; in a container the "
                "host may do it"
            ),
        ),
    ],
)
def test_the_clock_is_looked_at(now: float, kept: bool | None, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_s", lambda: now)
    monkeypatch.setattr(clock, "is_synchronised", lambda: kept)
    assert lines(clock.sane, Config()) == [line]


def test_what_does_not_answer_is_a_problem_and_keeps_nobody_waiting() -> None:
    over = threading.Event()

    def silent(_: Config) -> Iterator[Finding]:
        yield ok("silent", "the first")
        over.wait(60)

    def broken(_: Config) -> Iterator[Finding]:
        raise ConfigurationError("setting", "a is not b; write b")
        yield

    found = list(look(Config(), 0.2, {"silent": silent, "broken": broken, "clock": lambda _: [ok("clock", "fine")]}))
    over.set()
    assert [str(each) for each in found] == [
        "silent: ok: the first",
        (
            "silent: does not come to an end within 0.2 s; see why it is slow, or give it more time with --limit "
            "[environment]"
        ),
        "broken: a is not b; write b [configuration]",
        "clock: ok: fine",
    ]


def test_a_defect_of_a_check_is_named_and_costs_no_other() -> None:
    (found,) = look(Config(), 60, {"x": lambda _: (_ for _ in ()).throw(TypeError("a"))})
    assert found.fault is Fault.COLLECTOR
    assert "this is a defect of yangbeam" in str(found)


def test_the_worst_problem_decides_the_exit_code() -> None:
    outside, written = problem("a", "b", "c"), problem("a", "b", "c", Fault.CONFIGURATION)
    assert exit_code([ok("a", "b")]) == ExitCode.OK
    assert exit_code([outside]) == ExitCode.ENVIRONMENT
    assert exit_code([outside, written]) == ExitCode.USAGE
    assert exit_code([failed("a", TypeError("x"))]) == ExitCode.FAILED


def test_all_that_is_found_is_printed_or_told_as_json(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CHECKS:
        monkeypatch.setitem(CHECKS, name, lambda _, name=name: [ok(name, "fine"), problem(name, "\x1b[2J", "do")])
    configured(tmp_path, "")
    file = str(tmp_path / "yangbeam.toml")
    assert run("check", file, "--connect") == ExitCode.ENVIRONMENT
    sys.stdout.flush()
    said = capfdbinary.readouterr().out.decode()
    assert "kafka: ok: fine\nkafka: \\x1b[2J; do [environment]\n" in said
    assert run("check", file, "--connect", "--json") == ExitCode.ENVIRONMENT
    sys.stdout.flush()
    told = orjson.loads(capfdbinary.readouterr().out)
    assert [each["check"] for each in told["checks"]] == [name for name in CHECKS for _ in range(2)]
    assert told["problems"] == told["notes"] == []
    assert told["commands"]["run"]["from"] == ["udp-notif at 127.0.0.1 port 10003"]
    assert run("check", file, "--json") == ExitCode.OK


def test_problems_of_the_file_are_told_as_json_too(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "c.toml").write_text("[beam]\nshards = 0\n")
    assert run("check", str(tmp_path / "c.toml"), "--json", "--connect") == ExitCode.USAGE
    sys.stdout.flush()
    (found,) = orjson.loads(capfdbinary.readouterr().out)["problems"]
    assert found == {
        "place": str(tmp_path / "c.toml"),
        "line": 2,
        "key": "beam.shards",
        "what": "0 is out of range",
        "cure": "write at least 1",
        "fault": "configuration",
    }


def test_what_commands_of_one_file_share_is_noted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.toml").write_text("[receive]\nmetrics_port = 9464\n[collect]\nmetrics_port = 9464\n")
    assert run("check", str(tmp_path / "c.toml")) == ExitCode.OK
    assert (
        "note: receive.metrics_port and collect.metrics_port are both tcp port 9464: receive and collect need a "
        "machine each, or another port\n"
    ) in capfd.readouterr().out
