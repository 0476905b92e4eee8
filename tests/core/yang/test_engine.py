"""Who judges: the compiled judge first, libyang for the rest and for a sample."""

from collections.abc import Iterator

import pytest

from tests.core.yang.schemas import example_set, loaded
from yangbeam.core.errors import Fault, InvalidInstanceError
from yangbeam.core.notification.patch import Edit
from yangbeam.core.yang import engine as engines
from yangbeam.core.yang.engine import Choice, EnginesDisagreeError
from yangbeam.core.yang.schema import Schema

VALID = b'{"corners:top":{"numbers":{"u8":1}}}'


@pytest.fixture
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    from tests.core.yang.compiled.sets import corners

    with loaded(corners(), tmp_path_factory.mktemp("engine")) as found:
        yield found
    engines._dismissed.clear()


def replace_at(target: str, value: bytes) -> Edit:
    return Edit("1", "replace", target, value)


class Asked:
    """Counts what libyang is asked."""

    def __init__(self, schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = schema._context.refusal

        def refusal(text: bytes, profile: str) -> str:
            self.count += 1
            return real(text, profile)

        monkeypatch.setattr(schema._context, "refusal", refusal)


def test_libyang_is_asked_first_and_then_only_for_the_sample(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(schema, monkeypatch)
    for _ in range(31):
        schema.engine.judge_contents(VALID, Choice(sample=10))
    assert asked.count == 1 + 3


def test_without_a_sample_libyang_is_asked_once(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(schema, monkeypatch)
    for _ in range(20):
        schema.engine.judge_contents(VALID, Choice(sample=0))
    assert asked.count == 1


@pytest.mark.parametrize("choice", [Choice(compiled=False), Choice("full")])
def test_libyang_alone_judges_where_it_is_chosen_and_in_the_full_profile(
    schema: Schema, monkeypatch: pytest.MonkeyPatch, choice: Choice
) -> None:
    asked = Asked(schema, monkeypatch)
    for _ in range(5):
        try:
            schema.engine.judge_contents(VALID, choice)
        except InvalidInstanceError:
            assert choice.profile == "full"
    assert asked.count == 5


def test_what_is_refused_is_refused_in_libyangs_words(schema: Schema) -> None:
    schema.engine.judge_contents(VALID, Choice())
    with pytest.raises(InvalidInstanceError) as caught:
        schema.engine.judge_contents(b'{"corners:top":{"numbers":{"u8":256}}}', Choice())
    assert caught.value.path == "/corners:top/numbers/u8"


def test_a_compiled_judge_that_errs_is_dismissed_and_the_message_is_of_its_own_kind(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = b'{"corners:top":{"numbers":{"u8":256}}}'
    monkeypatch.setattr(schema.engine._compiled, "accepts", lambda text: True)
    schema.engine.judge_contents(wrong, Choice(sample=2))
    with pytest.raises(EnginesDisagreeError, match="please report") as caught:
        schema.engine.judge_contents(wrong, Choice(sample=2))
    assert (caught.value.reason, caught.value.fault) == ("engines-disagree", Fault.COLLECTOR)
    assert schema.engine.is_dismissed
    with pytest.raises(InvalidInstanceError) as plain:
        schema.engine.judge_contents(wrong, Choice(sample=2))
    assert plain.value.reason == "invalid-contents"


def test_edits_at_a_target_that_libyang_accepted_take_the_short_way(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(schema, monkeypatch)
    target = "/corners:top/numbers/u8"
    edits = [replace_at(target, b'{"corners:u8":%d}' % number) for number in range(5)]
    schema.engine.judge_edits(edits, Choice(sample=0))
    assert asked.count == 1
    with pytest.raises(InvalidInstanceError):
        schema.engine.judge_edits([replace_at(target, b'{"corners:u8":256}')], Choice())
    schema.engine.judge_edits([Edit("1", "remove", target)], Choice())


def test_the_entry_of_an_edit_must_be_the_one_that_the_target_names(schema: Schema) -> None:
    target = "/corners:top/by-name=a"
    entry = b'{"corners:by-name":[{"name":"a"}]}'
    for _ in range(3):
        schema.engine.judge_edits([replace_at(target, entry)], Choice())
    for other in (b'{"corners:by-name":[{"name":"b"}]}', b'{"corners:by-name":[{"name":"a"},{"name":"a"}]}'):
        with pytest.raises(InvalidInstanceError):
            schema.engine.judge_edits([replace_at(target, other)], Choice())


def test_a_sampled_edit_is_judged_again(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(schema, monkeypatch)
    edit = replace_at("/corners:top/numbers/u8", b'{"corners:u8":5}')
    schema.engine.judge_edits([edit] * 5, Choice(sample=2))
    assert asked.count == 1 + 2


def test_schemas_of_other_digests_are_not_affected_by_a_dismissal(
    schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engines._dismissed.add(schema.schema_set.digest)
    with loaded(example_set(), tmp_path_factory.mktemp("other")) as other:
        assert not other.engine.is_dismissed


def test_what_cannot_be_compiled_exactly_is_named_with_the_reason(schema: Schema) -> None:
    left = schema.engine.left_to_libyang(schema.tree.data)
    assert left
    assert all(path.startswith("/corners") and why for path, why in left.items())
    assert "/corners:top/numbers/u8" not in left
