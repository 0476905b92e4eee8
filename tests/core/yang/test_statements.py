"""Where a statement stands, which one libyang means, and a text without it."""

import pytest

from yangbeam.core.yang.statements import find_refused, of_prefix, read_statements, without

TEXT = """module acme {
  prefix a;
  // augment "/x:no" { }
  augment "/x:top" {
    leaf one { type string { pattern "[{}]"; } }
    list many { key 'k'; leaf k { type string; } }
  }
  deviation "/x:top/" + "x:leaf" { deviate not-supported; }
  container own { choice c { case d { leaf deep { type int8; } } } uses g; }
  grouping g { leaf lent { type nothing; } }
}
"""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/acme:{augment='/x:top'}", "augment /x:top"),
        ("/acme:{augment='/x:top'}/acme:one", "leaf one"),
        ("/x:{deviation='/x:top/x:leaf'}", "deviation /x:top/x:leaf"),
        ("/acme:own/c/d/deep", "leaf deep"),
        ('Schema location "/acme:own/deep".', "leaf deep"),
        ("/acme:own/{uses='g'}", "uses g"),
        ("/acme:own/lent", "leaf lent"),
        ("/acme: Line number 6.", "leaf k"),
        ('Schema location "/x:top/acme:one".', "leaf one"),
        ("/other:nothing", None),
        ("", None),
    ],
)
def test_what_libyang_names_is_found(path: str, found: str | None) -> None:
    statement = find_refused(read_statements(TEXT), path)
    assert (None if statement is None else str(statement)) == found


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/m:{augment='/x:top'}/m:two", 2),
        ("/m:{augment='/x:top'}/{uses='p:g'}", 3),
        ("/m:{augment='/x:top'}/m:none", None),
        ("/m:{augment='/x:top'}", None),
    ],
)
def test_of_augments_of_one_target_the_one_is_found_that_has_the_rest_of_the_path(path: str, line: int | None) -> None:
    text = """module m { augment "/x:top" { leaf one { type int8; } }
      augment "/x:top" { leaf two { type enumeration; } }
      augment "/x:top" { uses p:g; } }"""
    found = find_refused(read_statements(text), path)
    assert (None if found is None else found.line) == line


def test_a_text_without_a_statement_keeps_its_lines() -> None:
    body = read_statements(TEXT)
    augment = next(each for each in body.inner if each.keyword == "augment")
    shorter = without(TEXT, [augment])
    assert shorter.count("\n") == TEXT.count("\n")
    assert [str(each) for each in read_statements(shorter).inner] == [
        str(each) for each in body.inner if each is not augment
    ]
    assert (augment.line, augment.last) == (4, 7)


@pytest.mark.parametrize("text", ["", "}", "module", "module a {", 'module a { leaf b { type "', "/* ", "{;{;}"])
def test_a_text_of_any_kind_is_read_to_its_end(text: str) -> None:
    assert read_statements(text).end in (0, len(text))


def test_extensions_of_a_prefix_are_found_unless_something_else_needs_it() -> None:
    only = read_statements('module m { v:x "v:y"; leaf l { v:z { v:q; } description "v:is fine"; } }')
    assert {str(each) for each in of_prefix(only, "v") or ()} == {"v:x v:y", "v:z"}
    assert of_prefix(read_statements("module m { v:x; leaf l { type v:t; } }"), "v") is None
