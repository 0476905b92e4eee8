"""What RFC 7950 section 11 allows: pairs made for one rule each, and revisions that were published."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.shared_data import shared
from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import Body, Metadata, Reference
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.registry.compatibility import misfits
from yangbeam.registry.formats.known import FORMATS
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.formats.yang_update import check_syntax, normalised, update


def module(body: str, date: str, head: str = "") -> str:
    return f'module m {{ yang-version 1.1; namespace "urn:m"; prefix m; {head} revision {date}; {body} }}'


PAIRS = {
    "nothing but the date": (
        "leaf a { type string; }",
        "leaf a { type string; }",
        "",
    ),
    "a leaf is added": (
        "leaf a { type string; }",
        "leaf a { type string; } leaf b { type int8; }",
        "",
    ),
    "an enum is added": (
        "leaf a { type enumeration { enum x; } }",
        "leaf a { type enumeration { enum x; enum y; } }",
        "",
    ),
    "a range is widened": (
        "leaf a { type int8 { range 1..5; } }",
        "leaf a { type int8 { range 1..9; } }",
        "",
    ),
    "mandatory is dropped": (
        "leaf a { type string; mandatory true; }",
        "leaf a { type string; }",
        "",
    ),
    "a status ages": (
        "leaf a { type string; }",
        "leaf a { type string; status deprecated; }",
        "",
    ),
    "a default is added": (
        "leaf a { type int8; }",
        'leaf a { type int8; default "1"; }',
        "",
    ),
    "a mandatory leaf is added to state": (
        "container c { config false; leaf a { type string; } }",
        "container c { config false; leaf a { type string; } leaf b { type int8; mandatory true; } }",
        "the mandatory node b",
    ),
    "a list of state that must have entries is added": (
        "container c { config false; }",
        "container c { config false; list l { min-elements 1; leaf a { type int8; } } }",
        "the mandatory node l",
    ),
    "a container of state is added that holds a mandatory leaf": (
        "container c { config false; }",
        "container c { config false; container d { leaf b { type int8; mandatory true; } } }",
        "the mandatory node d",
    ),
    "a container of state with presence is added": (
        "container c { config false; }",
        "container c { config false; container d { presence p; leaf b { type int8; mandatory true; } } }",
        "",
    ),
    "a list of state is added whose entries have a mandatory leaf": (
        "container c { config false; }",
        "container c { config false; list l { leaf b { type int8; mandatory true; } } }",
        "",
    ),
    "units are added": (
        "leaf a { type int8; }",
        "leaf a { type int8; units seconds; }",
        "",
    ),
    "a leaf is removed": (
        "leaf a { type string; }",
        "leaf b { type string; }",
        "the leaf 'a'",
    ),
    "a type is changed": (
        "leaf a { type uint32; }",
        "leaf a { type uint64; }",
        "base type",
    ),
    "an enum is removed": (
        "leaf a { type enumeration { enum x; enum y; } }",
        "leaf a { type enumeration { enum x; } }",
        "enum 'y'",
    ),
    "an enum moves": (
        "leaf a { type enumeration { enum x; enum y; } }",
        "leaf a { type enumeration { enum y; enum x; } }",
        "value for enum",
    ),
    "a range is narrowed": (
        "leaf a { type int8 { range 1..9; } }",
        "leaf a { type int8 { range 1..5; } }",
        "restricted",
    ),
    "a mandatory leaf is added": (
        "leaf a { type string; }",
        "leaf a { type string; } leaf b { type int8; mandatory true; }",
        "mandatory",
    ),
    "units are changed": (
        "leaf a { type int8; units seconds; }",
        "leaf a { type int8; units minutes; }",
        "units",
    ),
    "a default is changed": (
        'leaf a { type int8; default "1"; }',
        'leaf a { type int8; default "2"; }',
        "default",
    ),
    "a leaf becomes a list": (
        "leaf a { type string; }",
        "leaf-list a { type string; }",
        "leaf-list",
    ),
    "config becomes state": (
        "leaf a { type string; }",
        "leaf a { type string; config false; }",
        "config false",
    ),
    "a must is added": (
        "leaf a { type string; }",
        "leaf a { type string; must '. = 1'; }",
        "must",
    ),
    "a key is changed": (
        "list l { key a; leaf a { type string; } leaf b { type string; } }",
        "list l { key b; leaf a { type string; } leaf b { type string; } }",
        "key",
    ),
    "a feature is demanded": (
        "feature f; leaf a { type string; }",
        "feature f; leaf a { if-feature f; type string; }",
        "if-feature",
    ),
    "an identity is removed": (
        "identity i;",
        "identity j;",
        "identity 'i'",
    ),
    "a typedef is narrowed": (
        "typedef t { type string { length 0..9; } } leaf a { type t; }",
        "typedef t { type string { length 0..5; } } leaf a { type t; }",
        "",
    ),
    "a status grows young": (
        "leaf a { type string; status obsolete; }",
        "leaf a { type string; }",
        "status",
    ),
    "a length is widened": (
        "leaf a { type string { length 1..5; } }",
        "leaf a { type string { length 0..9; } }",
        "",
    ),
    "a length is added": (
        "leaf a { type string; }",
        "leaf a { type string { length 0..9; } }",
        "",
    ),
    "a pattern is dropped": (
        "leaf a { type string { pattern 'a'; } }",
        "leaf a { type string; }",
        "",
    ),
    "a pattern is added": (
        "leaf a { type string; }",
        "leaf a { type string { pattern 'a'; } }",
        "",
    ),
    "a pattern is changed: undecided": (
        "leaf a { type string { pattern 'a'; } }",
        "leaf a { type string { pattern 'b'; } }",
        "",
    ),
    "octets are restricted": (
        "leaf a { type binary; }",
        "leaf a { type binary { length 4; } }",
        "",
    ),
}


def alone(body: str, date: str) -> Parsed:
    return Parsed(Body(module(body, date), "YANG"))


@pytest.mark.parametrize(("old", "new", "what"), PAIRS.values(), ids=PAIRS)
def test_each_rule_has_its_verdict(old: str, new: str, what: str) -> None:
    found = update(alone(new, "2026-02-01"), alone(old, "2026-01-01"))
    assert bool(found.errors) == bool(what), found
    assert what in " ".join(found.errors)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("string", "string { length 0..9; }", "the length is more constrained"),
        ("string { length 1..9; }", "string { length '1..5 | 7..max'; }", "the length is more constrained"),
        ("string { length 1..5; }", "string { length '0..3 | 4..9'; }", ""),
        ("string { length 1..5; }", "string", ""),
        ("string", "string { pattern 'a'; }", "the pattern 'a' may be"),
        ("string { pattern 'a'; }", "string { pattern 'b'; }", "the pattern 'b' may be"),
        ("string { pattern 'a'; }", "string { pattern 'a' { modifier invert-match; } }", "the pattern 'a' may be"),
        ("string { pattern 'a'; }", "string", ""),
        ("binary", "binary { length 4; }", "the length is more constrained"),
    ],
)
def test_tightened_strings_are_warnings_as_their_types_may_have_been_so_all_along(
    old: str, new: str, what: str
) -> None:
    def used(kind: str, date: str) -> Parsed:
        kind += "" if kind.endswith("}") else ";"
        return alone(f"typedef t {{ type {kind} }} leaf a {{ type t; }}", date)

    found = update(used(new, "2026-02-01"), used(old, "2026-01-01"))
    assert found.errors == ()
    assert bool(found.warnings) == bool(what)
    assert what in " ".join(found.warnings)


PUBLISHED = (
    ("iana-if-type", "2014-05-08", "2023-01-26", ""),
    ("ietf-inet-types", "2013-07-15", "2025-12-22", ""),
    ("ietf-yang-types", "2013-07-15", "2025-12-22", ""),
    ("ietf-interfaces", "2014-05-08", "2018-02-20", "mandatory node admin-status"),
    ("ietf-yang-push", "2019-05-21", "2019-09-09", ""),
    ("ietf-subscribed-notif-receivers", "2022-11-03", "2024-02-01", ""),
    ("ietf-yang-semver", "2024-07-02", "2025-08-12", ""),
    ("ietf-yp-notification", "2025-12-24", "2026-05-11", ""),
    ("ietf-notification", "2023-01-16", "2023-02-14", "mandatory node sysName"),
    ("ietf-notification", "2023-02-14", "2023-03-01", "namespace MUST NOT be changed"),
    ("ietf-distributed-notif", "2023-03-06", "2023-09-17", "message-observation-domain-ids"),
    ("ietf-platform-manifest", "2025-02-21", "2026-06-27", "platform-details"),
    ("ietf-udp-client", "2023-05-08", "2024-06-27", "dtls13"),
    ("ietf-yp-observation", "2024-06-08", "2024-12-17", "value for enum 'state-changed'"),
    ("ietf-yang-push-revision", "2025-04-05", "2025-08-29", "revision-label-unsupported"),
    ("ietf-udp-notif", "2021-10-18", "2022-05-25", "grouping 'target-receiver'"),
)  # fmt: skip


@cache
def collection(root: Path) -> dict[str, dict[str, ModuleText]]:
    found: dict[str, dict[str, ModuleText]] = {}
    for file in sorted(root.rglob("*.yang")):
        text = read_module_text(file.read_text())
        found.setdefault(text.name, {}).setdefault(text.revision, text)
    return found


def with_needs(root: ModuleText, modules: dict[str, dict[str, ModuleText]]) -> Parsed:
    def needs(of: ModuleText, seen: set[str]) -> Iterator[ModuleText]:
        for need in (*of.imports, *of.includes):
            if need.name in modules and need.name not in seen:
                seen.add(need.name)
                revisions = modules[need.name]
                found = revisions[need.revision or max(revisions)]
                yield from needs(found, seen)
                yield found

    found = [(Reference(each.name, each.name, 1), Body(each.text, "YANG")) for each in needs(root, set())]
    names = tuple(Reference(need.name, need.name, 1) for need in (*root.imports, *root.includes))
    return Parsed(Body(root.text, "YANG", names), tuple(found), root.file_name)


@pytest.mark.parametrize(("name", "old", "new", "what"), PUBLISHED)
def test_published_revisions_have_their_verdicts(name: str, old: str, new: str, what: str) -> None:
    modules = collection(shared("yang"))
    found = update(with_needs(modules[name][new], modules), with_needs(modules[name][old], modules))
    assert bool(found.errors) == bool(what), found
    assert what in " ".join(found.errors)


def test_forward_is_the_same_check_the_other_way_and_the_date_does_not_matter() -> None:
    more = alone("leaf a { type string; } leaf b { type int8; }", "2026-02-01")
    less = alone("leaf a { type string; }", "2026-01-01")
    assert misfits(FORMATS, more, [less], "BACKWARD") == ()
    (found,) = misfits(FORMATS, more, [less], "FORWARD")
    assert "the leaf 'b'" in found
    assert misfits(FORMATS, more, [less], "FULL") == (found,)
    same = alone("leaf a { type string; }", "2026-02-01")
    assert misfits(FORMATS, same, [less], "FULL_TRANSITIVE") == ()


def test_transitive_levels_look_at_all_that_went_before() -> None:
    first = alone("leaf a { type string; }", "2026-01-01")
    second = alone("leaf b { type string; }", "2026-02-01")
    third = alone("leaf b { type string; } leaf c { type string; }", "2026-03-01")
    assert misfits(FORMATS, third, [first, second], "BACKWARD") == ()
    assert "the leaf 'a'" in misfits(FORMATS, third, [first, second], "BACKWARD_TRANSITIVE")[0]
    assert misfits(FORMATS, second, [first], "NONE") == ()


def test_a_revision_that_is_not_newer_is_refused() -> None:
    (found,) = update(
        alone("leaf a { type int8; }", "2026-01-01"), alone("leaf b { type int8; }", "2026-01-01")
    ).errors[:1]
    assert "is not newer" in found


def test_another_name_is_another_module() -> None:
    other = Parsed(Body('module o { namespace "urn:o"; prefix o; }', "YANG"))
    assert "the module's name is changed from m to o" in update(other, alone("", "2026-01-01")).errors[0]


USES = 'module u { namespace "urn:u"; prefix u; import m { prefix m; } leaf x { type m:t; } }'


def needing(typedef: str, date: str, *others: tuple[str, str], features: tuple[str, ...] | None = None) -> Parsed:
    metadata = Metadata({"features": features}) if features is not None else None
    needs = [(Reference("m", "m", 1), Body(module(typedef, date), "YANG", metadata=metadata))]
    needs += [(Reference(name, name, 1), Body(text, "YANG")) for name, text in others]
    references = tuple(need for need, _ in needs)
    return Parsed(Body(USES, "YANG", references), tuple(needs))


def test_what_a_module_needs_is_judged_with_it() -> None:
    old = needing("typedef t { type int8 { range 0..9; } }", "2026-01-01")
    new = needing("typedef t { type int8 { range 0..5; } }", "2026-02-01")
    assert "the range has been illegally restricted" in update(new, old).errors[0]
    assert "u:1" in update(new, old).errors[0]  # where it is used
    assert update(old, old).errors == ()
    unused = needing("typedef t { type int8 { range 0..9; } } leaf gone { type string; }", "2026-01-01")
    assert update(old, unused).errors == ()  # what the module does not use is the other module's business


def test_a_feature_that_is_withdrawn_does_not_fit() -> None:
    text = "feature f; feature g; typedef t { type string; }"
    adds = ("adds", 'module adds { namespace "urn:a"; prefix a; import m { prefix m; } }')
    old = needing(text, "2026-01-01", adds, features=("f", "g"))
    new = needing(text, "2026-01-01", adds, features=("g",))
    assert update(new, old).errors == ("the feature f of the module m is no longer supported",)
    assert update(old, new).errors == ()

    def by_itself(*features: str) -> Parsed:
        return Parsed(Body(module(text, "2026-01-01"), "YANG", metadata=Metadata({"features": features})))

    assert update(by_itself("g"), by_itself("f", "g")).errors == (
        "the feature f of the module m is no longer supported",
    )


def test_of_a_set_every_module_is_judged_and_submodules_with_their_modules() -> None:
    def whole(leaf: str, part: str, date: str) -> Parsed:
        owner = f"""module o {{ yang-version 1.1; namespace "urn:o"; prefix o; include p; revision {date};
          leaf {leaf} {{ type int8; }} }}"""
        inner = f"submodule p {{ yang-version 1.1; belongs-to o {{ prefix o; }} leaf {part} {{ type int8; }} }}"
        return needing("typedef t { type string; }", "2026-01-01", ("p", inner), ("o", owner))

    old = whole("a", "b", "2026-01-01")
    assert "the leaf 'b'" in update(whole("a", "c", "2026-02-01"), old).errors[0]
    assert "the leaf 'a'" in update(whole("c", "b", "2026-02-01"), old).errors[0]
    part = "submodule p { yang-version 1.1; belongs-to o { prefix o; } leaf b { type int8; } }"
    alone_before, alone_after = Parsed(Body(part, "YANG")), Parsed(Body(part.replace("leaf b", "leaf c"), "YANG"))
    found = update(alone_after, alone_before)
    assert (found.errors, found.warnings) == ((), ("the submodule p is judged with its module o",))


def test_a_module_of_a_set_that_is_withdrawn_does_not_fit() -> None:
    adds = 'module adds { namespace "urn:a"; prefix a; import m { prefix m; } leaf more { type string; } }'
    text = "typedef t { type string; }"
    whole, less = needing(text, "2026-01-01", ("adds", adds)), needing(text, "2026-01-01")
    assert update(less, whole).errors == ("the module adds is withdrawn from the set",)
    assert update(whole, less).errors == ()


def test_new_deviations_are_told_and_undecided_expressions_too() -> None:
    deviates = (
        'module d { namespace "urn:d"; prefix d; import m { prefix m; } deviation /m:x { deviate not-supported; } }'
    )
    text = "typedef t { type string; }"
    found = update(needing(text, "2026-01-01", ("d", deviates)), needing(text, "2026-01-01"))
    assert found.errors == ()
    assert found.warnings == ("the module d is new in the set and may deviate others",)
    old, new = (
        alone("leaf a { type string; must '1'; }", "2026-01-01"),
        alone("leaf a { type string; must '2'; }", "2026-02-01"),
    )
    assert update(new, old).errors == ()
    assert "may be more constrained" in update(new, old).warnings[0]


def test_what_pyang_cannot_read_has_no_verdict_and_does_not_fit() -> None:
    found = update(alone("leaf a { type nothing; }", "2026-02-01"), alone("leaf a { type string; }", "2026-01-01"))
    assert "pyang cannot compare m" in found.errors[0]


def test_modules_that_are_too_deep_for_pyang_have_no_verdict() -> None:
    def deep(leaf: str) -> str:
        return "container c { " * 900 + f"leaf {leaf} {{ type string; }} " + "}" * 900

    found = update(alone(deep("b"), "2026-02-01"), alone(deep("a"), "2026-01-01"))
    assert found.errors == ("pyang fails on m: RecursionError",)
    deeper = deep("a").replace("container c { ", "container c { " * 3).replace("}", "}}}")
    with pytest.raises(SchemaError, match="nested too deeply"):
        normalised(module(deeper, "2026-01-01"), "m.yang")


def test_structures_are_compared_too() -> None:
    head = "import ietf-yang-structure-ext { prefix sx; }"
    ext = 'module ietf-yang-structure-ext { namespace "urn:sx"; prefix sx; extension structure { argument name; } }'
    need = ((Reference("sx", "sx", 1), Body(ext, "YANG")),)

    def of(leaf: str, date: str) -> Parsed:
        text = module(f"sx:structure s {{ leaf {leaf} {{ type string; }} }}", date, head)
        return Parsed(Body(text, "YANG"), need)

    assert "the leaf 'a'" in update(of("b", "2026-02-01"), of("a", "2026-01-01")).errors[0]


def test_a_normalised_module_has_no_comments_and_one_order() -> None:
    one = 'module m { prefix m; namespace "urn:m"; /* why */ leaf a { description "d"; type string; } }'
    other = 'module m {\n  namespace "urn:m";\n  prefix m;\n  leaf a { type string; // what\n description "d"; } }'
    assert normalised(one, "m.yang") == normalised(other, "m.yang")
    assert "why" not in normalised(one, "m.yang")


@pytest.mark.parametrize("text", ["", "leaf a;", "module m {", "module m { leaf a { type } }"])
def test_what_is_no_yang_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        check_syntax(text, "m.yang")


TYPES = 'module types { namespace "urn:t"; prefix t; typedef name { type string; } }'
NEEDS_TYPES = module("leaf a { type t:name; }", "2026-01-01", "import types { prefix t; }")


def test_a_module_that_was_taken_without_its_import_is_followed_by_the_same_with_it() -> None:
    bare = Parsed(Body(NEEDS_TYPES, "YANG"))
    reference = Reference("types", "types", 1)
    whole = Parsed(Body(NEEDS_TYPES, "YANG", (reference,)), ((reference, Body(TYPES, "YANG")),))
    assert update(whole, bare).errors == ()


def test_an_earlier_version_that_nothing_can_read_is_named_with_the_cure() -> None:
    bare = Parsed(Body(NEEDS_TYPES, "YANG"))
    (found,) = update(alone("leaf a { type string; }", "2026-02-01"), bare).errors
    assert "types" in found
    assert found.endswith("the earlier version is at fault: delete it, or set the subject's level to NONE")
