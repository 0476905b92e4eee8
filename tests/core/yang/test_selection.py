"""Which modules a subscription is read by: what it needs, what changes that, and what is left out by itself."""

from collections.abc import Iterable

import pytest

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.collection import Collection, Offer
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.core.yang.selection import select

BASE = 'module base { namespace "urn:b"; prefix b; container top; identity kind; }'


def module(name: str, body: str = "", *imports: str, revision: str = "") -> str:
    written = "".join(f"import {each} {{ prefix {each}; }} " for each in imports)
    dated = f"revision {revision};" if revision else ""
    return f'module {name} {{ yang-version 1.1; namespace "urn:{name}"; prefix {name}; {written}{dated}\n{body} }}'


def offer(*texts: str) -> Offer:
    return Offer("folder", [read_module_text(text) for text in texts])


def chosen(
    offers: Offer | Iterable[Offer], *wanted: str, ours: tuple[str, ...] = (), roots: tuple[str, ...] = ()
) -> SchemaSet:
    own = {text.name: text for text in map(read_module_text, ours)}
    collection = Collection((offers,) if isinstance(offers, Offer) else tuple(offers), own)
    asked: list[ModuleText] = []
    for each in wanted:
        found = collection.find(*each.partition("@")[::2])
        assert found is not None
        asked.append(found)
    return select(collection, asked, roots=roots)


def names(found: SchemaSet) -> set[str]:
    return {each.file_name.removesuffix(".yang") for each in found.modules}


@pytest.mark.parametrize(
    "body",
    [
        'augment "/base:top" { leaf l { type int8; } }',
        "augment '/base:top' { leaf l { type int8; } }",
        'deviation "/base:top" { deviate not-supported; }',
        "identity mine { base base:kind; }",
        "identity mine { base 'base:kind'; }",
        "identity own; identity mine { base m:own; base base:kind; }",
        'identity own; identity mine { base own; description "of } a kind"; base "base:kind"; }',
        "identity mine { if-feature x; base base:kind; } feature x;",
    ],
)
def test_what_changes_the_wanted_module_belongs_to_its_schema(body: str) -> None:
    assert names(chosen(offer(BASE, module("m", body, "base")), "base")) == {"base", "m"}


def test_a_comment_sign_in_a_string_hides_nothing() -> None:
    head = 'module m { namespace "http://acme.example/m"; prefix m; import base { prefix b; }'
    text = f'{head} augment "/b:top" {{ leaf l {{ type int8; }} }} }}'
    assert names(chosen(offer(BASE, text), "base")) == {"base", "m"}


def test_what_defines_annotations_belongs_to_every_schema() -> None:
    origin = (
        'module acme-origin { yang-version 1.1; namespace "urn:o"; prefix o; import ietf-yang-metadata { prefix md; } '
        "md:annotation origin { type string; } }"
    )
    assert names(chosen(offer(BASE, origin), "base")) == {"base", "acme-origin"}


def test_what_changes_only_an_import_is_none_of_the_schema_s_business() -> None:
    user = module("user", "container mine;", "base")
    adds = module("adds", 'augment "/base:top" { leaf l { type int8; } }', "base")
    derives = module("derives", "identity mine { base base:kind; }", "base")
    assert names(chosen(offer(BASE, user, adds, derives), "user")) == {"user", "base", "derives"}, "identities travel"


def test_a_changing_module_without_its_import_is_left_out_by_name_and_line() -> None:
    lacking = module("m", 'augment "/base:top" { leaf l { type nowhere:t; } }', "base", "nowhere")
    found = chosen(offer(BASE, lacking), "base")
    assert names(found) == {"base"}
    assert [str(each) for each in found.left_out] == ["m line 1, import nowhere: nowhere is not there"]


def test_a_changing_module_whose_import_lacks_one_is_left_out_too() -> None:
    texts = (
        BASE,
        module("m", 'augment "/base:top" { uses lender:g; }', "base", "lender"),
        module("lender", "grouping g { leaf l { type nowhere:t; } }", "nowhere"),
    )
    found = chosen(offer(*texts), "base")
    assert (names(found), [str(each) for each in found.left_out]) == (
        {"base"},
        ["m: lender, which it needs, lacks nowhere"],
    )


def test_a_missing_import_of_a_wanted_module_names_both() -> None:
    with pytest.raises(SchemaError, match="module nowhere, which base imports, is in no directory") as caught:
        chosen(offer(module("base", "leaf l { type nowhere:t; }", "nowhere")), "base")
    assert (caught.value.reason, caught.value.module) == ("module-missing", "nowhere")


def test_all_missing_imports_are_named_and_the_most_needed_first() -> None:
    leaves = "leaf l { type %s:t; } leaf m { type %s:t; }"
    texts = (
        module("base", leaves % ("rare", "user"), "rare", "user"),
        module("user", leaves % ("often", "lender"), "often", "lender"),
        module("lender", "leaf l { type often:t; }", "often"),
    )
    with pytest.raises(SchemaError, match="; also missing: rare") as caught:
        chosen(offer(*texts), "base")
    assert (caught.value.module, caught.value.also) == ("often", ("rare",))


def test_a_missing_import_that_lends_extensions_alone_costs_these() -> None:
    text = module("base", 'container top { vendor:info "base:x"; leaf l { type int8; vendor:hidden; } }', "vendor")
    found = chosen(offer(text), "base")
    assert "vendor" not in next(each.text for each in found.modules)
    assert [str(each) for each in found.left_out] == [
        "base line 1, import vendor: vendor is not there; it lends extensions only (2 statements)"
    ]


def test_imports_by_revision_stand_beside_the_newest() -> None:
    by_date = "import types { prefix o; revision-date 2020-01-01; } import types { prefix n; }"
    text = f'module user {{ yang-version 1.1; namespace "urn:u"; prefix u; {by_date} }}'
    types = [module("types", revision=each) for each in ("2020-01-01", "2024-01-01", "2022-01-01")]
    found = chosen(offer(text, *types), "user")
    assert names(found) == {"user", "types@2020-01-01", "types@2024-01-01"}
    assert found.revisions()["types"] == "2024-01-01"


def test_a_revision_that_nobody_has_is_read_by_another_and_told() -> None:
    text = 'module user { namespace "urn:u"; prefix u;\n import types { prefix o; revision-date 2020-01-01; } }'
    found = chosen(offer(text, module("types", revision="2024-01-01")), "user")
    assert names(found) == {"user", "types@2024-01-01"}
    (left,) = found.left_out
    assert str(left) == (
        "user line 2, revision-date 2020-01-01 of types: nobody has types@2020-01-01; "
        "types@2024-01-01 stands in its place"
    )


def test_all_sources_serve_together_the_most_specific_first() -> None:
    narrow = offer(module("user", "", "types"), module("types", revision="2020-01-01"))
    wide = offer(module("types", revision="2024-01-01"), module("more", 'augment "/user:top";', "user"))
    assert names(chosen((narrow, wide), "user")) == {"user", "types@2020-01-01", "more"}
    assert names(chosen((offer(module("user", "", "types")), wide), "user")) == {"user", "types@2024-01-01", "more"}


NOTICES = module("ietf-yang-push", "notification push-update { leaf id { type int8; } }", revision="2019-09-09")


def test_a_notification_s_module_without_its_imports_is_read_by_ours() -> None:
    theirs = module(
        "ietf-yang-push", "notification push-update { leaf id { type nowhere:t; } }", "nowhere", revision="2024-01-01"
    )
    found = chosen(offer(BASE, theirs), "base", ours=(NOTICES,), roots=("ietf-yang-push",))
    assert names(found) == {"base", "ietf-yang-push@2019-09-09"}
    (left,) = found.left_out
    assert str(left) == (
        "ietf-yang-push@2024-01-01 line 1, import nowhere: "
        "nowhere is not there; yangbeam's own text stands in its place"
    )


@pytest.mark.parametrize("target", ["/yp:push-update", "/yp:push-update/yp:id"])
def test_a_notification_that_is_said_to_be_unsupported_is_read_nevertheless(target: str) -> None:
    text = (
        'module dev { namespace "urn:d"; prefix d; import ietf-yang-push { prefix yp; } import base { prefix b; }\n'
        f'deviation "{target}" {{ deviate not-supported; }}\n deviation "/b:top" {{ deviate not-supported; }} }}'
    )
    found = chosen(offer(BASE, text), "base", ours=(NOTICES,), roots=("ietf-yang-push",))
    left = next(each.text for each in found.modules if each.name == "dev")
    assert ("push-update" in left, "/b:top" in left) == (False, True)
    assert [(each.line, each.statement) for each in found.left_out] == [(2, f"deviation {target}")]


def test_a_submodule_that_augments_brings_its_module() -> None:
    part = 'submodule part { belongs-to whole { prefix w; } import base { prefix x; } augment "/x:top" { leaf l; } }'
    whole = 'module whole { namespace "urn:w"; prefix w; include part; }'
    assert names(chosen(offer(BASE, part, whole), "base")) == {"base", "part", "whole"}


def test_a_large_library_costs_its_needed_part() -> None:
    others = [module(f"other-{number}", "container c;", "base") for number in range(600)]
    assert names(chosen(offer(BASE, *others), "base")) == {"base"}


def test_a_notification_needs_a_module_that_somebody_has() -> None:
    with pytest.raises(SchemaError, match="module notices is nowhere"):
        chosen(offer(BASE), "base", roots=("notices",))


def test_a_notification_s_import_by_revision_may_be_ours() -> None:
    types = module("types", revision="2019-01-01")
    notices = (
        'module ietf-yang-push { namespace "urn:yp"; prefix yp; import types { prefix t; revision-date 2019-01-01; } }'
    )
    collection = Collection((offer(BASE),), {m.name: m for m in map(read_module_text, (types, notices))}, lends=False)
    base = collection.find("base")
    assert base is not None
    assert names(select(collection, [base], roots=("ietf-yang-push",))) == {
        "base",
        "ietf-yang-push",
        "types@2019-01-01",
    }


def test_what_is_said_to_change_a_wanted_module_belongs_to_it() -> None:
    collection = Collection((offer(BASE, module("odd", "container c;")),), {})
    base = collection.find("base")
    assert base is not None
    found = select(collection, [base], told=lambda name: ("odd", "nowhere") if name == "base" else ())
    assert names(found) == {"base", "odd"}


def test_what_changes_a_module_means_the_revision_that_is_read_whichever_it_asks_for() -> None:
    asks = "import base { prefix b; revision-date 2020-01-01; }"
    text = f'module m {{ namespace "urn:m"; prefix m;\n {asks} augment "/b:top" {{ leaf l {{ type int8; }} }} }}'
    old, new = (module("base", "container top;", revision=each) for each in ("2020-01-01", "2024-01-01"))
    found = chosen(offer(old, new, text), "base")
    assert names(found) == {"base@2024-01-01", "m"}
    assert [str(each) for each in found.left_out] == [
        "m line 2, revision-date 2020-01-01 of base: what it changes is read by base@2024-01-01"
    ]


def test_what_derives_from_what_lacks_an_import_is_named_as_well() -> None:
    middle = module("middle", "identity mine { base base:kind; base nowhere:x; }", "base", "nowhere")
    last = module("last", "identity yours { base middle:mine; }", "middle")
    found = chosen(offer(BASE, middle, last), "base")
    assert [str(each) for each in found.left_out] == [
        "middle line 1, import nowhere: nowhere is not there",
        "last: middle, which it needs, lacks nowhere",
    ]
