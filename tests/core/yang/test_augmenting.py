"""Which modules belong to a schema although nothing in it imports them."""

import pytest

from tests.core.yang.schemas import example_texts
from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.augmenting import changed_modules, closure

BASE = 'module base { namespace "urn:b"; prefix b; container top; identity kind; }'
AUGMENT = (
    'module aug { namespace "urn:a"; prefix a; import base { prefix x; } augment "/x:top" { leaf l { type int8; } } }'
)


def module(name: str, body: str, imported: str = "base") -> str:
    return f'module {name} {{ namespace "urn:{name}"; prefix m; import {imported} {{ prefix x; }} {body} }}'


@pytest.mark.parametrize(
    "body",
    [
        'augment "/x:top" { leaf l { type int8; } }',
        "augment '/x:top' { leaf l { type int8; } }",
        "augment /x:top { leaf l { type int8; } }",
        'augment\n  "/x:top/x:deeper" { leaf l { type int8; } }',
        'deviation "/x:top" { deviate not-supported; }',
        "identity mine { base x:kind; }",
        'identity mine { description "of a kind"; base "x:kind"; }',
    ],
)
def test_a_module_changes_what_it_augments_deviates_or_derives_from(body: str) -> None:
    assert changed_modules(module("m", body)) == {"base"}


@pytest.mark.parametrize(
    "body",
    [
        "leaf l { type x:number; }",
        "uses x:group;",
        '// augment "/x:top" {}',
        '/* deviation "/x:top" { deviate not-supported; } */',
        'augment "/m:own" { leaf l { type int8; } }',
        'augment "/unknown:top" { leaf l { type int8; } }',
    ],
)
def test_using_a_module_or_speaking_of_it_does_not_change_it(body: str) -> None:
    assert changed_modules(module("m", body)) == frozenset()


def test_the_closure_holds_imports_includes_and_what_changes_them() -> None:
    assert closure(example_texts(), ["example-plant"]) == {
        "example-plant",
        "example-plant-deviations",
        "example-plant-events",
        "example-plant-more",
        "example-types",
        "ietf-yang-structure-ext",
    }


def test_what_changes_a_changing_module_belongs_to_it_too() -> None:
    texts = {
        "base": BASE,
        "aug": AUGMENT,
        "more": module("more", 'augment "/x:leaf" { leaf l { type int8; } }', imported="aug"),
        "other": module("other", "leaf l { type int8; }"),
    }
    assert closure(texts, ["base"]) == {"base", "aug", "more"}


def test_a_changing_module_that_lacks_an_import_is_left_out() -> None:
    lacking = module("m", 'import nowhere { prefix n; } augment "/x:top" { leaf l { type int8; } }')
    assert closure({"base": BASE, "m": lacking}, ["base"]) == {"base"}


def test_a_root_that_is_not_there_is_refused() -> None:
    with pytest.raises(SchemaError, match="module nowhere is in no directory") as caught:
        closure({"base": BASE}, ["nowhere"])
    assert caught.value.reason == "module-missing"


def test_a_missing_import_of_a_root_says_who_imports_it() -> None:
    with pytest.raises(SchemaError, match="module base, which aug imports, is in no directory"):
        closure({"aug": AUGMENT}, ["aug"])


def test_modules_that_import_each_other_end() -> None:
    texts = {name: module(name, 'augment "/x:top" {}', imported=other) for name, other in (("a", "c"), ("c", "a"))}
    assert closure(texts, ["a"]) == {"a", "c"}


def test_a_submodule_that_augments_brings_the_module_it_belongs_to() -> None:
    part = 'submodule part { belongs-to whole { prefix w; } import base { prefix x; } augment "/x:top" { leaf l; } }'
    texts = {"base": BASE, "part": part, "whole": 'module whole { namespace "urn:w"; prefix w; include part; }'}
    assert closure(texts, ["base"]) == {"base", "part", "whole"}
