"""What stands in predicates: literals with quotes, canonical values of every type."""

from typing import Any

import pytest

from tests.schema_trees import leaf, list_, tree
from yangbeam.core.message_key.instances import InstanceReader
from yangbeam.core.message_key.keys import EditTargets
from yangbeam.core.message_key.template import templates_of
from yangbeam.core.message_key.xpath import FilterError, branches_of, steps_of
from yangbeam.core.yang.literals import literal
from yangbeam.core.yang.tree import YangType


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("a/b", "'a/b'"), ("O'Brien", '"O\'Brien"'), ("a'b\"c", "concat('a',\"'\",'b\"c')"), ("", "''")],
)
def test_a_literal_is_quoted_so_that_xpath_reads_it_back(value: str, wanted: str) -> None:
    assert literal(value) == wanted


@pytest.mark.parametrize(
    ("kind", "json", "wanted"),
    [
        (YangType("uint64"), b'"007"', "7"),
        (YangType("int32"), b"-5", "-5"),
        (YangType("decimal64", fraction_digits=2), b'"-01.50"', "-1.5"),
        (YangType("decimal64", fraction_digits=2), b'"3"', "3.0"),
        (YangType("boolean"), b"true", "true"),
        (YangType("uint64"), b'"many"', "many"),
        (YangType("int64"), b"7", "7"),
        (YangType("decimal64", fraction_digits=2), b'"1e5"', "1e5"),
        (YangType("decimal64", fraction_digits=2), b"2.5", "2.5"),
        (YangType("identityref"), b"5", "5"),
        (YangType("string"), b"{}", "{}"),
        (YangType("empty"), b"[null]", ""),
        (YangType("identityref"), b'"up"', "m:up"),
        (YangType("identityref"), b'"o:up"', "o:up"),
        (YangType("enumeration", enums=(("up", 1),)), b'"up"', "up"),
        (YangType("union", members=(YangType("int8"), YangType("string"))), b"4", "4"),
    ],
)
def test_a_key_is_compared_in_its_canonical_form(kind: YangType, json: bytes, wanted: str) -> None:
    schema = tree("m", list_("l", "k", leaf("k", kind), leaf("v", "string")))
    (template,) = templates_of("/m:l", schema, {})
    assert InstanceReader(template).read(b'{"m:l":[{"v":"x","k":%b}]}' % json) == [f"/m:l[k='{wanted}']"]


def test_an_entry_without_its_key_has_no_xpath() -> None:
    (template,) = templates_of("/l", tree("m", list_("l", "k", leaf("k", "string"))), {})
    assert InstanceReader(template).read(b'{"m:l":[{}]}') == []


@pytest.mark.parametrize(
    ("predicate", "pinned"),
    [
        ("[a='1'][m:b=\"2\"]", {"a": "1", "b": "2"}),
        ("[ a = '1' and b=3 ]", {"a": "1", "b": "3"}),
        ("[.='x|y']", {".": "x|y"}),
        ("[a='1' or b='2']", {}),
        ("[last()]", {}),
        ("[contains(a,']')]", {}),
        ("[a=b]", {}),
    ],
)
def test_only_equalities_with_literals_pin(predicate: str, pinned: dict[str, str]) -> None:
    (branch,) = branches_of(f"/m:x{predicate}/y")
    assert [step.pinned for step in steps_of(branch)] == [pinned, {}]


@pytest.mark.parametrize(
    "xpath", ["", ".", "*", "a//b", "/a[", "/a]", "/a['x", "|/a", "/a/..", "count(/a)", "/" + "a/" * 40_000]
)
def test_what_is_no_path_of_names_is_told(xpath: str) -> None:
    with pytest.raises(FilterError):
        steps_of(branches_of(xpath)[0])


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/m:l=O%27B", ('/m:l[k="O\'B"]', "/m:l")),
        ("/m:l[k='a']/m:n=7", ("/m:l[k='a']/n[i='7']", "/m:l/n")),
        ("/", ("/", "/")),
    ],
)
def test_targets_of_edits_are_spelt_like_templates(target: str, wanted: Any) -> None:
    schema = tree("m", list_("l", "k", leaf("k", "string"), list_("n", "i", leaf("i", "uint8"))))
    assert EditTargets(schema).of(target) == wanted


def test_the_context_node_of_a_filter_is_the_root() -> None:
    assert steps_of("m:x[a='1']/y") == steps_of("/m:x[a='1']/y")
