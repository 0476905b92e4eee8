"""What holds for every filter and all contents: only expected errors, nothing lost by splitting, two readers agree."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schema_trees import container, leaf, leaf_list, list_, tree
from yangbeam.core.message_key.instances import InstanceReader
from yangbeam.core.message_key.pruning import Cutter
from yangbeam.core.message_key.subtree import xpath_of_subtree
from yangbeam.core.message_key.template import templates_of
from yangbeam.core.message_key.xpath import FilterError, branches_of, steps_of

SCHEMA = tree(
    "m",
    container(
        "top",
        leaf("alone", "string"),
        list_(
            "outer",
            "k",
            leaf("k", "string"),
            leaf("v", "uint8"),
            leaf_list("many", "string"),
            list_("inner", "a b", leaf("a", "uint8"), leaf("b", "string"), leaf("v", "string")),
            list_("loose", "", leaf("v", "string")),
            container("held", leaf("v", "string", module="n"), module="n"),
        ),
    ),
)
FILTERS = (
    "/m:top",
    "/m:top/alone",
    "/m:top/outer",
    "/m:top/outer[k='x']",
    "/m:top/outer/v",
    "/m:top/outer/k",
    "/m:top/outer/many",
    "/m:top/outer/many[.='y']",
    "/m:top/outer/inner",
    "/m:top/outer[k='x']/inner[b='y']/v",
    "/m:top/outer/loose/v",
    "/m:top/outer/n:held/v",
)

_TEXT = st.sampled_from(["x", "y", "z'", 'q"', "a/b", ""])


def _some(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


_INNER = st.builds(
    lambda a, b, v: _some({"a": a, "b": b, "v": v}), st.integers(0, 3), _TEXT, st.none() | _TEXT
)  # fmt: skip
_OUTER = st.builds(
    lambda k, v, many, inner, loose, held: _some(
        {"k": k, "v": v, "many": many, "inner": inner, "loose": loose, "n:held": held}
    ),
    _TEXT,
    st.none() | st.integers(0, 255),
    st.none() | st.lists(_TEXT, min_size=1, max_size=3, unique=True),
    st.none() | st.lists(_INNER, min_size=1, max_size=3, unique_by=lambda each: (each["a"], each["b"])),
    st.none() | st.lists(st.fixed_dictionaries({"v": _TEXT}), min_size=1, max_size=3),
    st.none() | st.fixed_dictionaries({"v": _TEXT}),
)
_CONTENTS = st.builds(
    lambda alone, outer: {"m:top": _some({"alone": alone, "outer": outer})},
    st.none() | _TEXT,
    st.none() | st.lists(_OUTER, min_size=1, max_size=3, unique_by=lambda each: each["k"]),
)


def facts(value: Any, path: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    """Every leaf value by where it stands, entries by their keys: what a document says, however it is cut."""
    if isinstance(value, dict):
        return {fact for name, below in value.items() for fact in facts(below, (*path, name))}
    if isinstance(value, list):
        return {fact for entry in value for fact in facts(entry, (*path, _identity(entry)))}
    return {(*path, value)}


def _identity(entry: Any) -> Any:
    return tuple(entry.get(key) for key in ("k", "a", "b")) if isinstance(entry, dict) else entry


@given(st.sampled_from(FILTERS), _CONTENTS)
def test_splitting_loses_nothing_and_finds_what_the_key_says(xpath: str, contents: dict[str, Any]) -> None:
    (template,) = templates_of(xpath, SCHEMA, {})
    document = orjson.dumps(contents)
    cutter = Cutter([template])
    parts = list(cutter.instances(document))
    assert {xpath for xpath, _ in parts} == set(InstanceReader(template).read(document))
    said = set().union(*(facts(orjson.loads(part)) for _, part in parts), facts(orjson.loads(cutter.rest(document))))
    assert said == facts(contents)


@given(st.sampled_from(FILTERS), _CONTENTS)
def test_what_is_taken_together_is_what_is_taken_apart(xpath: str, contents: dict[str, Any]) -> None:
    cutter = Cutter(templates_of(xpath, SCHEMA, {}))
    document = orjson.dumps(contents)
    parts = list(cutter.instances(document))
    xpaths, together = cutter.only(document)
    assert xpaths == [xpath for xpath, _ in parts]
    assert facts(orjson.loads(together)) == set().union(*(facts(orjson.loads(part)) for _, part in parts))


_CHARACTERS = st.text(alphabet="/[]()'\"|=.: *abm1 and\\\n", max_size=60)


@given(_CHARACTERS | st.text(max_size=30))
@settings(max_examples=300)
def test_only_filter_errors_leave_the_filters_parser(text: str) -> None:
    try:
        for branch in branches_of(text):
            steps_of(branch)
        templates_of(text, SCHEMA, {"m": "a"})
    except FilterError:
        pass


@given(
    st.binary(max_size=60)
    | st.text(alphabet="<>/abm: ='\"xmlns", max_size=60).map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | _TEXT,
        lambda below: (
            st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["m:top", "b", ""]), below, max_size=3)
        ),
        max_leaves=12,
    ).map(orjson.dumps)
)
@settings(max_examples=300)
def test_only_filter_errors_leave_the_reader_of_subtrees(subtree: bytes) -> None:
    with suppress(FilterError):
        xpath_of_subtree(subtree, {"urn:m": "m"})


@pytest.mark.parametrize("xpath", ["/x[(])", "/x]a[", "/m:top[", "/m:top['"])
def test_brackets_that_do_not_match_are_told(xpath: str) -> None:
    with pytest.raises(FilterError):
        steps_of(branches_of(xpath)[0])
