import pytest

from tests.core.yang.schemas import example_set, example_texts
from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.module_text import read_module_text, structure_names, structures_as_containers
from yangbeam.core.yang.schema_set import make_schema_set


def test_the_closure_holds_imports_and_submodules_in_their_newest_revision() -> None:
    names = [module.file_name for module in example_set().modules]
    assert names == [
        "example-plant@2026-01-01.yang",
        "example-plant-deviations@2026-01-01.yang",
        "example-plant-events@2026-01-01.yang",
        "example-plant-more@2026-01-01.yang",
        "example-types@2026-01-01.yang",
        "ietf-yang-structure-ext@2020-06-17.yang",
    ]


def test_submodules_are_not_implemented_by_themselves() -> None:
    assert "example-plant-events" not in example_set().revisions()


@pytest.mark.parametrize("root", ["example-types@2025-01-01", ("example-types", "2025-01-01")])
def test_a_root_may_ask_for_an_older_revision(root: str | tuple[str, str]) -> None:
    assert make_schema_set(example_texts(), [root]).revisions() == {"example-types": "2025-01-01"}


def test_without_roots_the_newest_of_every_module_is_taken() -> None:
    revisions = make_schema_set(example_texts()).revisions()
    assert revisions["example-types"] == "2026-01-01"
    assert set(revisions) == {
        "example-plant",
        "example-plant-deviations",
        "example-plant-more",
        "example-types",
        "ietf-yang-structure-ext",
    }


def test_modules_that_only_lend_types_are_not_implemented() -> None:
    lent = make_schema_set(example_texts(), ["example-plant"], imported_only=["example-types"])
    assert lent.revisions() == {"example-plant": "2026-01-01"}


def test_equal_content_has_an_equal_digest_whatever_its_order_and_surplus() -> None:
    texts = example_texts()
    reordered = dict(reversed(texts.items()))
    surplus = {"x": "module x { namespace urn:x; prefix x; }"}
    wanted = ["example-plant-more", "example-plant-deviations"]
    digests = {make_schema_set(some, wanted).digest for some in (texts, reordered, texts | surplus)}
    assert len(digests) == 1


def test_another_text_or_feature_has_another_digest() -> None:
    texts = example_texts()
    name = "example-plant-more@2026-01-01.yang"
    changed = texts | {name: texts[name] + "\n// changed\n"}
    digests = {
        make_schema_set(texts, ["example-plant-more"]).digest,
        make_schema_set(changed, ["example-plant-more"]).digest,
        make_schema_set(texts, ["example-plant-more"], features={"example-plant": ()}).digest,
    }
    assert len(digests) == 3


def test_a_missing_import_is_named_with_who_needs_it() -> None:
    texts = {name: text for name, text in example_texts().items() if not name.startswith("example-types")}
    with pytest.raises(SchemaError, match=r"example-plant@2026-01-01 needs example-types") as caught:
        make_schema_set(texts, ["example-plant"])
    assert caught.value.reason == "module-missing"


def test_a_missing_revision_is_named_with_those_there_are() -> None:
    with pytest.raises(SchemaError, match=r"example-types@1999-01-01.*2025-01-01, 2026-01-01"):
        make_schema_set(example_texts(), ["example-types@1999-01-01"])


@pytest.mark.parametrize("text", ["", "{}", "container x { }", "module x"])
def test_a_text_that_opens_with_no_module_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read_module_text(text)
    assert caught.value.reason == "not-yang"


def test_the_head_is_read_whatever_its_comments_and_quotes() -> None:
    read = read_module_text(
        """\ufeff// module comment { "
        module 'x' { namespace "urn:x"; prefix x; /* import no { } */
          import y { prefix y; revision-date 2020-02-02; }
          ext:something "else" { deep { deeper; } }
          description "a \\" { } ; import z { }";
          revision 2020-01-01 { description "x"; }
          revision "2021-01-01";
          container import { }
        }"""
    )
    assert (read.name, read.revision) == ("x", "2021-01-01")
    assert [(wanted.name, wanted.revision) for wanted in read.imports] == [("y", "2020-02-02")]


def test_a_head_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    assert read_module_text("module x { }").imports == ()
    assert read_module_text("module x { import y {").imports[0].name == "y"
    assert read_module_text("module x { ;").name == "x"
    assert read_module_text("module x { revision").revision == ""


def test_structures_become_state_containers_only_where_the_extension_is_imported() -> None:
    text = example_texts()["example-plant-more@2026-01-01.yang"]
    assert "container letter { config false;" in structures_as_containers(text)
    assert structure_names(text) == ("letter",)
    plain = example_texts()["example-plant@2026-01-01.yang"]
    assert structures_as_containers(plain) == plain
    assert structure_names(plain) == ()
