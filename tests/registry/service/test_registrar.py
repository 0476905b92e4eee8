"""Rules of registering that no route shows by itself: submodules, references, groups, normalising, races."""

import threading
from pathlib import Path

import pytest

from tests.registry.service.lines import AVRO_INT, AVRO_TEXT, MODULE, USES
from yangbeam.core.registered import AVRO, YANG, Body, Metadata, Reference
from yangbeam.registry import registrar as rules
from yangbeam.registry.formats.known import FORMATS
from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.settings import Config
from yangbeam.registry.store import SchemaStore

OWNER = 'module o { yang-version 1.1; namespace "u:o"; prefix o; include p; leaf a { type t; } }'
PART = "submodule p { yang-version 1.1; belongs-to o { prefix o; } typedef t { type int8; } }"
NEEDY = "submodule p { yang-version 1.1; belongs-to o { prefix o; } import m { prefix m; } typedef t { type int8; } }"


@pytest.fixture
def registrar(tmp_path: Path) -> Registrar:
    return Registrar(SchemaStore(tmp_path / "r"), FORMATS)


def yang(text: str, *needs: str) -> Body:
    return Body(text, YANG, tuple(Reference(name, name, 1) for name in needs))


def refused(code: Code, registrar: Registrar, subject: str, body: Body) -> str:
    with pytest.raises(RefusedError) as caught:
        registrar.register(subject, body)
    assert caught.value.code is code
    return caught.value.detail


def test_a_submodule_is_registered_before_its_module(registrar: Registrar) -> None:
    assert 'needs "m"' in refused(Code.INVALID_SCHEMA, registrar, "p", yang(NEEDY))
    assert "expected" in refused(Code.INVALID_SCHEMA, registrar, "p", yang("submodule p { belongs-to o; leaf }"))
    registrar.register("p", yang(PART))
    assert "p" in refused(Code.INVALID_SCHEMA, registrar, "o", yang(OWNER))
    assert registrar.register("o", yang(OWNER, "p")).version == 1


def test_references_mean_their_own_context_unless_they_say_another(registrar: Registrar) -> None:
    registrar.register(":.lab:m", yang(MODULE))
    refused(Code.INVALID_SCHEMA, registrar, "n", yang(USES, "m"))
    inside = registrar.register(":.lab:n", yang(USES, "m"))
    across = registrar.register("n", Body(USES, YANG, (Reference("m", ":.lab:m", 1),)))
    assert inside.id == across.id
    assert registrar.store.body(inside.id).references == (Reference("m", ":.lab:m", 1),)


def test_a_reference_to_what_is_deleted_is_none_but_those_before_hold(registrar: Registrar) -> None:
    registrar.register("m", yang(MODULE))
    kept = registrar.register("n", yang(USES, "m"))
    registrar.store.soft_delete("m", 1)
    refused(Code.INVALID_SCHEMA, registrar, "k", yang(USES, "m"))
    assert [need.name for need, _ in registrar.parsed(registrar.body(kept.id)).needs] == ["m"]


def test_only_versions_of_one_group_are_compared(registrar: Registrar) -> None:
    def of(text: str, major: str) -> Body:
        return Body(text, AVRO, metadata=Metadata(properties={"major": major}))

    registrar.settings.set_config("s", Config("BACKWARD", compatibility_group="major"))
    registrar.register("s", of(AVRO_INT, "1"))
    refused(Code.INCOMPATIBLE, registrar, "s", of(AVRO_TEXT, "1"))
    assert registrar.register("s", of(AVRO_TEXT, "2")).version == 2


def test_a_subject_that_normalises_keeps_one_form(registrar: Registrar) -> None:
    registrar.settings.set_config("m", Config("NONE", normalize=True))
    first = registrar.register("m", yang(MODULE))
    again = registrar.register("m", yang(MODULE.replace("leaf a", "/* remark */ leaf a")))
    assert (again.id, again.is_new) == (first.id, False)


def test_line_ends_of_other_systems_mean_nothing(registrar: Registrar) -> None:
    text = MODULE.replace("; ", ";\n")
    assert registrar.register("m", yang(text)).id == registrar.register("m", yang(text.replace("\n", "\r\n"))).id


def test_a_schema_that_is_too_large_is_refused(registrar: Registrar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_TEXT", 100)
    assert "100" in refused(Code.TOO_LARGE, registrar, "m", yang(MODULE + " " * 100))


def test_two_that_register_at_once_come_one_after_the_other(registrar: Registrar, tmp_path: Path) -> None:
    """Both fit what is there, and one does not fit the other: only one is taken."""
    registrar.settings.set_config("s", Config("FULL"))
    other = Registrar(SchemaStore(tmp_path / "r"), FORMATS)
    barrier = threading.Barrier(2)
    outcomes: list[object] = []

    def register(where: Registrar, text: str) -> None:
        barrier.wait()
        try:
            outcomes.append(where.register("s", Body(text)).version)
        except RefusedError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=register, args=pair) for pair in ((registrar, AVRO_INT), (other, AVRO_TEXT))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1", "Code.INCOMPATIBLE"]


def test_a_feature_that_a_module_does_not_define_is_kept_and_does_no_harm(registrar: Registrar) -> None:
    body = Body(MODULE, YANG, metadata=Metadata({"features": ("nowhere",)}))
    assert registrar.body(registrar.register("m", body).id).features() == ("nowhere",)


def test_every_detail_that_libyang_has_is_told(registrar: Registrar) -> None:
    broken = 'module x { namespace "u:x"; prefix x; leaf a { type nothing; } }'
    assert "nothing" in refused(Code.INVALID_SCHEMA, registrar, "x", yang(broken))
    assert "module statement" in refused(Code.INVALID_SCHEMA, registrar, "x", yang("leaf a;"))


@pytest.mark.parametrize("text", ['"int"', '{"type":"int"}', '{ "type" : "int" }'])
def test_a_schema_that_an_earlier_release_kept_as_it_was_written_keeps_its_id(registrar: Registrar, text: str) -> None:
    kept = registrar.store.put(Body('{"type":"int"}'))
    registrar.store.add_version("s", kept)
    found = registrar.register("s", Body(text))
    assert (found.id, found.version, found.is_new) == (kept, 1, False)
    assert registrar.lookup("s", Body(text)).id == kept


def test_what_a_schema_needs_is_not_read_where_nothing_is_compared(
    registrar: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    registrar.register("m", yang(MODULE))
    registrar.register("n", yang(USES, "m"))
    registrar.settings.set_config("again", Config("NONE"))
    registrar.register("again", yang(MODULE), trusted=True)
    monkeypatch.delattr(SchemaStore, "body_of")
    assert registrar.register("first", yang(USES, "m"), trusted=True).is_new
    assert registrar.register("again", yang(USES, "m"), trusted=True).version == 2
