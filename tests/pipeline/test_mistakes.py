"""The mistakes that operators make in a configuration, each with the words that they read about it."""

from pathlib import Path

import pytest

from tests.pipeline.configurations import Write, problems
from yangbeam.io.kafka.properties import COMMON, refusal
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.config.ports import Taken, taken_by, twice_on_one_machine

ADDRESS = 'kind = "udp-notif"\nhost = '
SOURCE = f'[[sources]]\n{ADDRESS}"127.0.0.1"\n'

MISTAKES = [
    (
        '[kafka]\nbootstrap = "kafka-1"\n',
        '2: kafka.bootstrap: "kafka-1" names no port; write it like "kafka-1:9092" [configuration]',
    ),
    (
        '[kafka]\nbootstrap = "kafka-1:9092, kafka-2:"\n',
        '2: kafka.bootstrap: "kafka-2:" names no port; write it like "kafka-2:9092" [configuration]',
    ),
    (
        '[kafka]\nbootstrap = "2001:db8::1"\n',
        '2: kafka.bootstrap: "2001:db8::1" names no port; write it like "[2001:db8::1]:9092" [configuration]',
    ),
    (
        '[kafka]\nbootstrap = "kafka-1:9092,"\n',
        '2: kafka.bootstrap: a name is missing beside a comma; write it like "kafka-1:9092" [configuration]',
    ),
    (
        '[kafka.properties]\n"lingr.ms" = 5\n',
        (
            '2: kafka.properties.lingr.ms: librdkafka has no property "lingr.ms"; did you mean "linger.ms"? '
            "[configuration]"
        ),
    ),
    (
        '[kafka.properties]\n"flush.interval" = 5\n',
        (
            '2: kafka.properties.flush.interval: librdkafka has no property "flush.interval"; see CONFIGURATION.md of '
            "librdkafka for the names [configuration]"
        ),
    ),
    (
        '[kafka.properties]\n"compression.type" = "lzz"\n',
        (
            '2: kafka.properties.compression.type: librdkafka says: Invalid value "lzz" for configuration property '
            '"compression.codec"; see CONFIGURATION.md of librdkafka for what it takes [configuration]'
        ),
    ),
    (
        '[kafka.properties]\nerror_cb = "x"\n',
        '2: kafka.properties.error_cb: "error_cb" is no setting for a file; remove it [configuration]',
    ),
    (
        '[[schemas.directories]]\npath = "empty"\n',
        (
            "2: schemas.directories[0].path: there is no .yang file in {folder}/empty; put the modules there, or name "
            "the folder that has them [environment]"
        ),
    ),
    (
        '[[schemas.directories]]\npath = "yang"\n',
        (
            "2: schemas.directories[0].path: there is no .yang file in {folder}/yang, and folders below it are not "
            'searched; name the folder that has them: "{folder}/yang/ietf" or "{folder}/yang/vendor/nokia" '
            "[environment]"
        ),
    ),
    (
        '[[schemas.directories]]\npath = "many"\n',
        (
            "2: schemas.directories[0].path: there is no .yang file in {folder}/many, and folders below it are not "
            'searched; name the folder that has them: "{folder}/many/0" or "{folder}/many/1" or "{folder}/many/2" and '
            "others [environment]"
        ),
    ),
    (
        SOURCE * 2,
        (
            "4: sources[1].port: 127.0.0.1 udp port 10003 is bound twice, by sources[0].port as well; use receivers = "
            "2 for two receivers on one port [configuration]"
        ),
    ),
    (
        f'{SOURCE}port = 5\n[[sources]]\n{ADDRESS}"0.0.0.0"\nport = 5\nallow = ["192.0.2.1"]\n',
        (
            "8: sources[1].port: 127.0.0.1 udp port 5 is bound twice, by sources[0].port as well; use receivers = "
            "2 for two receivers on one port [configuration]"
        ),
    ),
    (
        (
            'out = "o"\n[status]\nmetrics_port = 8443\n[[sources]]\nkind = "https-notif"\nport = 8443\n'
            'certificate_file = "yangbeam.toml"\nkey_file = "yangbeam.toml"\n'
        ),
        (
            "3: status.metrics_port: 127.0.0.1 tcp port 8443 is bound twice, by sources[0].port as well; choose "
            "another port [configuration]"
        ),
    ),
]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("empty", "yang/ietf", "yang/vendor/nokia", *(f"many/{number}" for number in range(5))):
        (tmp_path / name).mkdir(parents=True)
    for name in ("yang/ietf/a.yang", "yang/vendor/nokia/b.yang", *(f"many/{number}/a.yang" for number in range(5))):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=range(len(MISTAKES)))
def test_each_mistake_is_told_with_its_place_whose_it_is_and_what_to_write(
    text: str, said: str, written: Write, folders: Path
) -> None:
    path = written(text)
    assert [str(problem) for problem in problems(path)] == [f"{path}:{said.format(folder=folders)}"]


@pytest.mark.parametrize(
    "bootstrap",
    [
        "kafka:9092",
        "a:1,b:2",
        " a:1 , b:2 ",
        "[2001:db8::1]:9092",
        "SASL_SSL://kafka-1.example.org:9093",
        "127.0.0.1:9",
    ],
)
def test_brokers_with_ports_are_taken(bootstrap: str, written: Write) -> None:
    load(written(f'[kafka]\nbootstrap = "{bootstrap}"\n'))


def test_librdkafka_knows_every_name_that_is_proposed() -> None:
    unknown = [name for name in COMMON if "no property" in (refusal(name, "1") or ("",))[0]]
    assert unknown == []


def test_the_value_of_a_secret_is_not_asked_about(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIDDEN", "hunter2")
    path = written('[kafka.properties]\n"sasl.pasword" = { env = "HIDDEN" }\n')
    (found,) = problems(path)
    assert found.what == 'librdkafka has no property "sasl.pasword"'
    assert found.instead == 'did you mean "sasl.password"?'


def test_what_different_commands_take_is_told_where_they_would_share_a_machine(written: Write) -> None:
    config = load(written("[receive]\nmetrics_port = 9464\n[collect]\nmetrics_port = 9464\n"))
    pairs = twice_on_one_machine(taken_by(config))
    assert [(one.setting, other.setting) for one, other in pairs] == [("receive.metrics_port", "collect.metrics_port")]


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("0.0.0.0", "192.0.2.1", True),
        ("::", "192.0.2.1", True),
        ("::", "2001:db8::1", True),
        ("0.0.0.0", "::1", False),
        ("127.0.0.1", "127.0.0.2", False),
    ],
)
def test_addresses_meet_where_one_means_the_other_too(one: str, other: str, meets: bool) -> None:
    assert Taken("run", "a", "udp", one, 5).meets(Taken("run", "b", "udp", other, 5)) is meets
    assert not Taken("run", "a", "udp", one, 5).meets(Taken("run", "b", "tcp", other, 5))
    assert not Taken("run", "a", "udp", one, 5).meets(Taken("run", "b", "udp", other, 6))
