"""From a configuration to the stages: policies, schemas, scopes of counters."""

from pathlib import Path

import pytest

from tests.pipeline.configurations import Write
from yangbeam.core.loss.overrides import learn_all
from yangbeam.core.policy import Policy
from yangbeam.core.yang.costs import CostLimits
from yangbeam.core.yang.engine import Choice
from yangbeam.pipeline.assembly import Scopes, registry_of, stages_of
from yangbeam.pipeline.config.file import load
from yangbeam.registry.directories import Directory


def policy(text: str, written: Write) -> Policy:
    return stages_of(load(written(text))).policy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Policy()),
        ("[validation]\nenabled = false\n", Policy(validate=False)),
        ('[validation]\nprofile = "full"\n', Policy(choice=Choice("full"))),
        ('[validation]\ninvalid = "pass-and-mark"\n', Policy(invalid="pass-and-mark")),
        ('[schemas]\nmissing = "pass-and-mark"\n', Policy(pass_unbound=True)),
    ],
)
def test_a_policy_is_what_is_written(text: str, expected: Policy, written: Write) -> None:
    assert policy(text, written) == expected


@pytest.mark.parametrize("kind", ["", '[registry]\nkind = "http"\nurl = "http://127.0.0.1:9"\n'])
def test_what_compiling_a_schema_may_cost_is_what_is_written(kind: str, written: Write) -> None:
    assert registry_of(load(written(kind))).limits == CostLimits()
    limits = "[schemas.compiling]\ncpu_s = 2\ntime_s = 9.5\nmemory_mib = 256\nnodes = 5000\n"
    assert registry_of(load(written(limits + kind))).limits == CostLimits(2, 9.5, 256 << 20, 5_000)


def test_directories_are_handed_to_the_registry_as_written(written: Write, tmp_path: Path) -> None:
    for name in ("any", "one", "library"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yang").write_text("module a {}")
    text = """
[schemas]
bundled = false
[[schemas.directories]]
path = "any"
default = true
features = ["a:b"]
[[schemas.directories]]
path = "one"
exporter = "192.0.2.0/24"
[[schemas.directories]]
path = "library"
content_id = "c4d9"
[registry]
path = "here/registry.sqlite"
"""
    found = registry_of(load(written(text)))
    assert found.directories == (
        Directory(str(tmp_path / "any"), features=("a:b",)),
        Directory(str(tmp_path / "one"), exporter="192.0.2.0/24"),
        Directory(str(tmp_path / "library"), content_id="c4d9"),
    )
    assert (found.path, found.use_bundled) == (tmp_path / "here" / "registry.sqlite", False)


def test_collector_and_version_are_named(written: Write) -> None:
    found = stages_of(load(written('collector = "north"\n')))
    assert (found.collector, found.version[0].isdigit()) == ("north", True)


def test_loss_detection_can_be_left_out(written: Write) -> None:
    assert stages_of(load(written("[loss]\nenabled = false\n"))).detect_loss is None


def test_scopes_are_learned_unless_they_are_written(written: Write) -> None:
    learning = stages_of(load(written("[loss]\nwindow_s = 30.0\n"))).detect_loss
    assert learning is not None
    assert (learning._stage.window_us, learning._stage.override) == (30_000_000, learn_all)
    told = '[[loss.scopes]]\nexporter = "192.0.2.0/24"\ntransport = "publisher+socket"\n'
    detect = stages_of(load(written(told))).detect_loss
    assert detect is not None
    assert detect._stage.override == Scopes((("192.0.2.0/24", "publisher+socket", None),))


@pytest.mark.parametrize(
    ("exporter", "counter", "scope"),
    [
        ("192.0.2.7", "transport", "node"),
        ("192.0.2.7", "notification", None),
        ("192.0.2.8", "transport", "publisher"),
        ("192.0.2.8", "notification", "subscription"),
        ("198.51.100.1", "transport", None),
        ("2001:db8::1", "transport", "socket"),
        ("192.0.2.7", "patch", None),
    ],
)
def test_the_longest_prefix_says_how_an_exporter_counts(exporter: str, counter: str, scope: str | None) -> None:
    scopes = Scopes(
        (
            ("192.0.2.7/32", "node", None),
            ("192.0.2.0/24", "publisher", "subscription"),
            ("2001:db8::/32", "socket", None),
        )
    )
    assert scopes(exporter, counter) == scope
