"""What a node says it implements, in each way it can say it, and what a liar says."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.errors import Fault
from yangbeam.core.yang import yang_library
from yangbeam.core.yang.yang_library import (
    LibraryError,
    LibraryModule,
    content_id_of_capabilities,
    library_of_capabilities,
    make_library,
)
from yangbeam.core.yang.yang_library_xml import MAX_LIBRARY_BYTES, parse_library

NS = "urn:ietf:params:xml:ns:yang:ietf-yang-library"
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"

RFC8525 = f"""<?xml version="1.0" encoding="UTF-8"?>
<rpc-reply xmlns="{BASE}" message-id="1"><data><yang-library xmlns="{NS}">
 <module-set><name>state</name>
  <module><name>things</name><revision>2026-01-01</revision><namespace>urn:things</namespace>
   <submodule><name>things-part</name><revision>2025-01-01</revision></submodule>
   <feature>b</feature><feature>a</feature><deviation>things-dev</deviation>
   <augmented-by xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library-augmentedby">more</augmented-by></module>
  <module><name>more</name><namespace>urn:more</namespace></module>
  <import-only-module><name>types</name><revision>2020-01-01</revision><namespace>urn:t</namespace></import-only-module>
  <import-only-module><name>types</name><revision>2021-01-01</revision><namespace>urn:t</namespace></import-only-module>
 </module-set>
 <module-set><name>config</name>
  <module><name>only-config</name><revision>2026-01-01</revision><namespace>urn:c</namespace></module></module-set>
 <schema><name>state-schema</name><module-set>state</module-set></schema>
 <schema><name>all</name><module-set>state</module-set><module-set>config</module-set></schema>
 <datastore><name xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">ds:running</name>
  <schema>all</schema></datastore>
 <datastore><name xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">ds:operational</name>
  <schema>state-schema</schema></datastore>
 <content-id>4711</content-id></yang-library></data></rpc-reply>"""

RFC7895 = f"""<data xmlns="{BASE}"><modules-state xmlns="{NS}"><module-set-id>7</module-set-id>
 <module><name>things</name><revision>2026-01-01</revision><namespace>urn:things</namespace><feature>a</feature>
  <deviation><name>things-dev</name><revision>2026-02-02</revision></deviation>
  <conformance-type>implement</conformance-type>
  <submodule><name>things-part</name><revision/></submodule></module>
 <module><name>types</name><revision></revision><namespace>urn:t</namespace>
  <conformance-type>import</conformance-type></module></modules-state></data>"""


def test_the_library_of_rfc_8525_is_that_of_the_operational_datastore() -> None:
    library = parse_library(RFC8525.encode())
    assert library.content_id == "4711"
    assert library.tells_augments
    assert {module.name for module in library.modules} == {"things", "more", "types"}
    assert library.implemented()["things"] == LibraryModule(
        "things",
        "2026-01-01",
        "urn:things",
        submodules=(("things-part", "2025-01-01"),),
        features=("a", "b"),
        deviations=("things-dev",),
        augmented_by=("more",),
    )
    assert [module.revision for module in library.modules if module.import_only] == ["2020-01-01", "2021-01-01"]
    assert set(library.wanted()) == {
        ("things", "2026-01-01"),
        ("things-part", "2025-01-01"),
        ("more", ""),
        ("types", "2020-01-01"),
        ("types", "2021-01-01"),
    }


def test_without_an_operational_datastore_all_module_sets_count() -> None:
    library = parse_library(RFC8525.replace("ds:operational", "ds:startup").encode())
    assert "only-config" in library.implemented()


def test_the_library_of_rfc_7895_tells_the_same() -> None:
    library = parse_library(RFC7895.encode())
    assert (library.content_id, library.source, library.tells_augments) == ("7", "rfc7895", False)
    things = library.implemented()["things"]
    assert (things.features, things.deviations, things.submodules) == (("a",), ("things-dev",), (("things-part", ""),))
    assert [module.name for module in library.modules if module.import_only] == ["types"]


def test_a_module_of_two_sets_is_one_module_with_what_either_says() -> None:
    one = RFC8525.replace("<datastore>", "<!-- ").replace("</datastore>", " -->")
    both = one.replace("<name>only-config</name>", "<name>things</name><feature>z</feature>")
    assert parse_library(both.encode()).implemented()["things"].features == ("a", "b", "z")


def test_the_hello_of_a_node_without_library_tells_its_modules() -> None:
    library = library_of_capabilities(
        (
            "urn:ietf:params:netconf:base:1.0",
            "urn:things?module=things&revision=2026-01-01&features=b,a&deviations=things-dev",
            "urn:more?module=more&amp;revision=2020-02-02",
        )
    )
    assert library.implemented()["things"].features == ("a", "b")
    assert library.implemented()["things"].deviations == ("things-dev",)
    assert library.implemented()["more"].revision == "2020-02-02"
    with pytest.raises(LibraryError, match="names no YANG module"):
        library_of_capabilities(("urn:ietf:params:netconf:base:1.1",))


@pytest.mark.parametrize(
    ("capability", "content_id"),
    [
        ("urn:ietf:params:netconf:capability:yang-library:1.1?revision=2019-01-04&content-id=abc", "abc"),
        ("urn:ietf:params:netconf:capability:yang-library:1.0?revision=2016-06-21&amp;module-set-id=31", "31"),
        ("urn:ietf:params:netconf:capability:yang-library:1.1?revision=2019-01-04", None),
        ("urn:ietf:params:netconf:base:1.1?content-id=no", None),
    ],
)
def test_the_hello_tells_the_content_id(capability: str, content_id: str | None) -> None:
    assert content_id_of_capabilities((capability,)) == content_id


@given(st.randoms(use_true_random=False))
def test_equal_contents_have_one_digest_in_whatever_order_and_whatever_id(rng: random.Random) -> None:
    modules = [LibraryModule(f"m{number}", features=("x", "y")) for number in range(6)]
    shuffled = rng.sample(modules, len(modules))
    assert make_library("a", modules, source="rfc8525").digest == make_library("b", shuffled, source="rfc7895").digest
    assert make_library("a", modules[1:], source="rfc8525").digest != make_library("a", modules, source="hello").digest


@pytest.mark.parametrize(
    ("reply", "reason", "said"),
    [
        (b"", "library-invalid", "no XML"),
        (b"<data/>", "library-missing", "no module"),
        (f'<data><modules-state xmlns="{NS}"/></data>'.encode(), "library-missing", "no module"),
        (b"<data" + b" " * MAX_LIBRARY_BYTES, "library-invalid", "octets"),
        (b'<!DOCTYPE d [<!ENTITY e "x">]><d>&e;</d>', "library-invalid", "DTD"),
    ],
)  # fmt: skip
def test_a_library_that_lies_is_refused(reply: bytes, reason: str, said: str) -> None:
    with pytest.raises(LibraryError, match=said) as caught:
        parse_library(reply)
    assert (caught.value.reason, caught.value.fault) == (reason, Fault.DEVICE)


@pytest.mark.parametrize(
    ("reply", "lost", "said"),
    [
        (RFC7895.replace("<name>types", "<name>../../etc"), {"types"}, "'../../etc'.* no YANG module.* left out"),
        (RFC7895.replace("<name>types", f"<name>{'x' * 300}"), {"types"}, "xxx.* left out"),
        (RFC7895.replace("<feature>a", "<feature>a b"), set(), "'a b' of .*: no identifier, it is left out"),
    ],
)  # fmt: skip
def test_what_of_a_library_cannot_be_used_costs_itself_alone(reply: str, lost: set[str], said: str) -> None:
    whole, found = parse_library(RFC7895.encode()), parse_library(reply.encode())
    assert {module.name for module in whole.modules} - {module.name for module in found.modules} == lost
    assert found.modules
    (quirk,) = found.quirks
    assert re.search(said, quirk)


def test_a_library_of_which_nothing_can_be_used_is_refused() -> None:
    with pytest.raises(LibraryError, match=r"nothing that can be used: .*yesterday") as caught:
        make_library("1", [LibraryModule("a", "yesterday"), LibraryModule("b c")], source="rfc8525")
    assert caught.value.reason == "library-invalid"


def test_of_a_module_in_two_revisions_the_newer_is_implemented_and_the_other_lends() -> None:
    twice = [LibraryModule("m", "2025-01-01"), LibraryModule("m", "2026-01-01"), LibraryModule("n")]
    library = make_library("1", twice, source="hello")
    assert library.implemented()["m"].revision == "2026-01-01"
    assert LibraryModule("m", "2025-01-01", import_only=True) in library.modules
    (quirk,) = library.quirks
    assert "m in two revisions, 2025-01-01 and 2026-01-01" in quirk
    lent = make_library("1", [*twice, LibraryModule("m", "2025-01-01", import_only=True)], source="hello")
    assert lent.modules == library.modules


def test_a_hello_with_two_revisions_is_read() -> None:
    library = library_of_capabilities(
        ["urn:m?module=m&revision=2025-01-01", "urn:m?module=m&revision=2026-01-01", "urn:n?module=n&features=a,b c"]
    )
    assert {name: module.revision for name, module in library.implemented().items()} == {"m": "2026-01-01", "n": ""}
    assert library.implemented()["n"].features == ("a",)
    assert len(library.quirks) == 2


def test_a_content_id_that_is_too_long_is_not_used() -> None:
    library = make_library("x" * 300, [LibraryModule("m")], source="rfc8525")
    assert (library.content_id, len(library.quirks)) == ("", 1)


def test_five_thousand_modules_are_too_many() -> None:
    entry = "<module><name>m{}</name><revision/><conformance-type>implement</conformance-type></module>"
    many = "".join(entry.format(number) for number in range(5000))
    reply = f'<modules-state xmlns="{NS}"><module-set-id>1</module-set-id>{many}</modules-state>'
    with pytest.raises(LibraryError, match="more than 4,096"):
        parse_library(reply.encode())
    assert yang_library.MAX_MODULES == 4096
