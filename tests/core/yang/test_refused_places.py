"""A refusal names its path and rule for what the tree cannot judge: must, mandatory nodes, bits that stand twice."""

from collections.abc import Iterator

import pytest

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.io.yang_directories import write_set

ACME = """module acme-u { yang-version 1.1; namespace "urn:acme:u"; prefix u; revision 2026-01-01;
  container top { config false;
    leaf m { must ". > 5"; type uint8; }
    leaf b { type bits { bit a; } }
    list p { key n; leaf n { type string; } leaf q { type string; mandatory true; }
      container in { presence here; leaf r { type string; mandatory true; } leaf s { type string; } } }
    choice how { mandatory true; leaf x { type string; } leaf y { type string; } } } }"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    chosen = make_schema_set({"acme-u": ACME})
    with Schema(chosen, write_set(chosen, tmp_path_factory.mktemp("acme"))) as schema:
        yield schema


@pytest.mark.parametrize(
    ("members", "path", "rule"),
    [
        (b'"m":3,"x":""', "/acme-u:top/m", 'Must condition ". > 5" not satisfied.'),
        (
            b'"x":"","b":"a a"',
            "/acme-u:top/b",
            "leaf /acme-u:top/b: 'a a' has a bit that stands twice (RFC 7950 section 9.7.2)",
        ),
        (
            b'"x":"","p":[{"n":"y","q":"z"},{"n":"\'"}]',
            '/acme-u:top/p[n="\'"]/q',
            'Mandatory node "q" instance does not exist.',
        ),
        (
            b'"x":"","p":[{"n":"y","q":"z","in":{"s":""}}]',
            "/acme-u:top/p[n='y']/in/r",
            'Mandatory node "r" instance does not exist.',
        ),
        (b'"m":7', "/acme-u:top/how", 'Mandatory choice "how" data do not exist.'),
    ],
)
def test_a_refusal_of_the_full_profile_names_path_and_rule(acme: Schema, members: bytes, path: str, rule: str) -> None:
    with pytest.raises(InvalidInstanceError) as caught:
        acme.validate_contents(b'{"acme-u:top":{%s}}' % members, "full")
    assert (caught.value.reason, caught.value.path, caught.value.rule) == ("invalid-contents", path, rule)
    assert caught.value.detail.startswith(f"{path}: ")
