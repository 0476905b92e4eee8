"""RFC 7950 section 11 as a table: each change by itself, in a module and in a submodule of it."""

import pytest

from tests.registry.formats.section_11 import CHANGES
from yangbeam.core.registered import Body, Reference
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.formats.yang_update import update


def alone(body: str, date: str, prefix: str = "m") -> Parsed:
    head = f'yang-version 1.1; namespace "urn:m"; prefix {prefix}; revision {date};'
    return Parsed(Body(f"module m {{ {head} {body} }}", "YANG"))


def split(body: str, part: str, date: str) -> Parsed:
    reference = Reference("s", "s", 1)
    head = f'yang-version 1.1; namespace "urn:m"; prefix m; include s; revision {date};'
    inner = f"submodule s {{ yang-version 1.1; belongs-to m {{ prefix m; }} revision {date}; {part} }}"
    return Parsed(Body(f"module m {{ {head} {body} }}", "YANG", (reference,)), ((reference, Body(inner, "YANG")),))


@pytest.mark.parametrize(("before", "after", "is_allowed"), CHANGES.values(), ids=CHANGES)
def test_each_change_is_allowed_or_not(before: str, after: str, is_allowed: bool) -> None:
    found = update(alone(after, "2026-02-01"), alone(before, "2026-01-01"))
    assert (not found.errors) == is_allowed, found
    assert not any("pyang" in each for each in found.errors), found


PARTS = {name: change for name, change in CHANGES.items() if name != "reorder top"}
"""A module may be split into submodules anew, so that the order of their nodes is not the module's."""


@pytest.mark.parametrize(("before", "after", "is_allowed"), PARTS.values(), ids=PARTS)
def test_each_change_of_a_submodule_is_judged_alike(before: str, after: str, is_allowed: bool) -> None:
    found = update(split("", after, "2026-02-01"), split("", before, "2026-01-01"))
    assert (not found.errors) == is_allowed, found


EVERYTHING = (
    "feature f; identity i; extension e; typedef t { type int8; } grouping g { leaf x { type t; } } rpc r; "
    "notification n { leaf y { type t; } } leaf a { type t; } container c { uses g; }"
)


def test_a_module_may_be_split_into_submodules_and_joined_again() -> None:
    whole, parts = alone(EVERYTHING, "2026-01-01"), split("", EVERYTHING, "2026-02-01")
    assert update(parts, whole).errors == ()
    assert update(alone(EVERYTHING, "2026-03-01"), parts).errors == ()


@pytest.mark.parametrize("name", ["feature 'f'", "identity 'i'", "extension 'e'", "typedef 't'", "grouping 'g'"])
def test_what_a_submodule_defined_may_not_go_with_it(name: str) -> None:
    found = update(alone("", "2026-02-01"), split("", EVERYTHING, "2026-01-01"))
    assert name in " ".join(found.errors)


def test_a_prefix_may_be_changed_with_all_its_uses() -> None:
    text = (
        "identity b; identity i { base b; } leaf a { type identityref { base P:b; } default P:i; } "
        "leaf c { type P:t; } typedef t { type int8; }"
    )
    before, after = text.replace("P:", "m:"), text.replace("P:", "q:")
    assert update(alone(after, "2026-02-01", "q"), alone(before, "2026-01-01")).errors == ()


def test_nodes_that_other_modules_add_have_no_order() -> None:
    def whole(*names: str) -> Parsed:
        adds = [
            f'module {name} {{ namespace "urn:{name}"; prefix a; import m {{ prefix m; }} '
            f"augment /m:c {{ leaf {name}-leaf {{ type string; }} }} }}"
            for name in names
        ]
        base = alone("container c { leaf a { type string; } }", "2026-01-01").body
        needs = [(Reference("m", "m", 1), base)]
        needs += [(Reference(name, name, 1), Body(text, "YANG")) for name, text in zip(names, adds, strict=True)]
        root = 'module u { namespace "urn:u"; prefix u; import m { prefix m; } leaf x { type string; } }'
        return Parsed(Body(root, "YANG", tuple(need for need, _ in needs)), tuple(needs))

    assert update(whole("y", "x"), whole("x", "y")).errors == ()


def test_a_range_of_a_derived_type_is_within_that_of_its_base() -> None:
    typedef = "typedef t { type int8 { range 1..9; } }"
    before = alone(f"{typedef} leaf a {{ type t {{ range min..5; }} }}", "2026-01-01")
    assert update(alone(f"{typedef} leaf a {{ type t {{ range 1..max; }} }}", "2026-02-01"), before).errors == ()
    found = update(alone(f"{typedef} leaf a {{ type t {{ range 2..max; }} }}", "2026-02-01"), before).errors
    assert "the range has been illegally restricted" in found[0]


def test_the_order_is_told_by_the_first_pair_that_differs() -> None:
    (found,) = update(
        alone("container c { leaf a { type int8; } leaf z { type int8; } leaf b { type int8; } }", "2026-02-01"),
        alone("container c { leaf a { type int8; } leaf b { type int8; } leaf z { type int8; } }", "2026-01-01"),
    ).errors
    assert found.endswith("b and z have changed places (RFC 7950: sec. 11, p7)")
