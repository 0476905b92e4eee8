"""Which modules stand, by a compiler that is played: bad ones are found with few attempts, and the time has an end."""

from collections.abc import Iterable, Mapping, Sequence

import pytest

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.left_out import MAX_NAMED, LeftOut, named, read_left_out
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.salvage import FRESH_AFTER, Key, Refused, salvaged
from yangbeam.core.yang.schema_set import Leeway, SchemaSet, make_schema_set


class Played:
    """Refuses what has a bad module, two that fight each other, or a bad text; counts attempts."""

    def __init__(self, bad: Iterable[str] = (), attempts: int = 10_000, fight: frozenset[str] = frozenset()) -> None:
        self.bad = frozenset(bad)
        self.fight = fight
        self.most = 10_000
        self.left = attempts
        self.begun: list[int] = []
        self.largest = 0
        self.standing: set[str] = set()

    def begin(self, schema_set: SchemaSet) -> Refused | None:
        names = [name for name, _ in schema_set.implemented]
        self.begun.append(len(names))
        self.standing = set()
        if any("broken" in module.text for module in schema_set.modules):
            return Refused("A text is broken.", "/notices:nothing")
        return Refused("There are too many.") if len(names) > self.most else self._refused(names)

    def add(self, texts: Mapping[str, str], modules: Sequence[tuple[Key, tuple[str, ...] | None]]) -> Refused | None:
        names = [name for (name, _), _ in modules]
        assert texts.keys() >= {f"{name}.yang" for name in names}
        self.left -= 1
        self.largest = max(self.largest, len(names))
        return self._refused(names)

    def is_over(self) -> bool:
        return self.left <= 0

    def _refused(self, names: Sequence[str]) -> Refused | None:
        wrong = sorted(self.bad.intersection(names))
        if wrong:
            return Refused(f"{wrong[0]} is bad.")
        if self.fight and self.fight <= {*names, *self.standing}:
            return Refused("Two fight each other.")
        self.standing.update(names)
        return None


def folder(count: int) -> SchemaSet:
    texts = {"base": 'module base { namespace "urn:base"; prefix b; }'}
    for number in range(count):
        name = f"m{number:04}"
        texts[name] = f'module {name} {{ namespace "urn:{name}"; prefix m; import base {{ prefix b; }} container c; }}'
    return make_schema_set(texts).with_leeway(Leeway(contents=("base",)))


def standing(found: SchemaSet) -> set[str]:
    return {name for name, _ in found.implemented}


def test_a_few_bad_ones_of_many_cost_their_number_times_a_logarithm() -> None:
    trial = Played(bad=("m0123", "m0377", "m0599"))
    found = salvaged(folder(600), trial)
    assert len(standing(found)) == 598
    assert [str(each) for each in found.left_out] == [f"{name}: {name} is bad." for name in sorted(trial.bad)]
    assert 10_000 - trial.left <= 3 * 2 * 10 + 10  # down to one and up again


def test_many_bad_ones_cost_one_or_two_attempts_each() -> None:
    bad = {f"m{number:04}" for number in range(500) if number % 5}
    trial = Played(bad=bad)
    found = salvaged(folder(500), trial)
    assert standing(found) == {"base", *(f"m{number:04}" for number in range(0, 500, 5))}
    assert 10_000 - trial.left <= 2 * len(bad)


def test_what_was_not_tried_in_time_is_left_out_and_says_so() -> None:
    found = salvaged(folder(100), Played(bad=("m0000",), attempts=3))
    assert standing(found) == {"base"}
    assert {each.words for each in found.left_out} == {"not tried: what was tried before took all the time there is"}
    assert len(found.left_out) == 100


def test_what_stood_before_the_time_was_over_stands() -> None:
    trial = Played(bad=[f"m{number:04}" for number in range(100, 200)], attempts=60)
    found = salvaged(folder(200), trial)
    assert {"m0000", "m0049"} <= standing(found)


def test_others_are_tried_beside_few_and_all_are_compiled_in_the_end() -> None:
    bad = [f"m{number:04}" for number in range(1, 400, 2)]
    trial = Played(bad=bad)
    found = salvaged(folder(400), trial)
    assert len(standing(found)) == 201
    assert trial.begun[-1] == 201
    assert len(trial.begun) <= 3 + 200 // FRESH_AFTER + 2


def test_what_is_known_to_cost_too_much_is_not_tried() -> None:
    trial = Played()
    found = salvaged(folder(10), trial, largest=1, costly=frozenset({"m0004"}))
    assert (trial.largest, standing(found) & {"m0004"}) == (1, set())
    assert [str(each) for each in found.left_out] == ["m0004: compiling it costs too much"]


def test_what_is_left_out_may_be_imported_and_is_not_in_force() -> None:
    texts = {
        "base": 'module base { namespace "urn:base"; prefix b; }',
        "bad": 'module bad { namespace "urn:bad"; prefix x; import base { prefix b; } container c; }',
        "user": 'module user { namespace "urn:user"; prefix u; import bad { prefix x; } container c; }',
    }
    given = make_schema_set(texts).with_leeway(Leeway(contents=("base",)))
    found = salvaged(given, Played(bad=("bad",)))
    assert standing(found) == {"base", "user"}
    assert {module.name for module in found.modules} == {"base", "user", "bad"}


def test_what_the_contents_need_is_refused_in_the_compiler_s_words() -> None:
    with pytest.raises(SchemaError, match="base is bad") as caught:
        salvaged(folder(3), Played(bad=("base",)))
    assert caught.value.reason == "schema-invalid"


def test_a_set_without_leeway_stands_as_a_whole_or_not_at_all() -> None:
    whole = make_schema_set({"base": 'module base { namespace "urn:base"; prefix b; }'})
    assert salvaged(whole, Played()) is whole
    with pytest.raises(SchemaError, match="base is bad"):
        salvaged(whole, Played(bad=("base",)))


def test_of_two_that_fight_each_other_one_stands_though_they_were_never_tried_together() -> None:
    bad = [f"m{number:04}" for number in range(1, 300, 2)]
    trial = Played(bad=bad, fight=frozenset({"m0000", "m0298"}))
    found = salvaged(folder(300), trial)
    assert len(standing(found)) == 150
    assert "m0000" in standing(found)
    assert next(str(each) for each in found.left_out if each.module == "m0298") == "m0298: Two fight each other."


def test_what_compiles_step_by_step_but_not_as_a_whole_leaves_what_is_needed() -> None:
    trial = Played()
    trial.most = 3
    found = salvaged(folder(5), trial)
    assert standing(found) == {"base"}
    assert {each.words for each in found.left_out} == {"There are too many."}


def test_a_notification_s_module_that_does_not_compile_is_read_by_ours() -> None:
    ours = 'module notices { namespace "urn:notices"; prefix n; notification n; }'
    texts = {
        "base": 'module base { namespace "urn:base"; prefix b; }',
        "notices": 'module notices { namespace "urn:notices"; prefix n; revision 2024-01-01; container broken; }',
    }
    leeway = Leeway(contents=("base",), notifications=("notices",), ours=(read_module_text(ours),))
    found = salvaged(make_schema_set(texts).with_leeway(leeway), Played())
    assert [module.text for module in found.modules if module.name == "notices"] == [ours]
    assert [str(each) for each in found.left_out] == [
        "notices@2024-01-01: A text is broken. (/notices:nothing); yangbeam's own text stands in its place"
    ]


def test_a_quirk_is_read_as_it_was_written() -> None:
    for each in (
        LeftOut("m@2024-01-01", 3, "augment /a:b: c", "Not found: nothing."),
        LeftOut("m", 0, "", "It is bad: so."),
        LeftOut("", 0, "", "nothing of a quirk"),
    ):
        assert read_left_out(str(each)).words.endswith(each.words[-8:])
    assert read_left_out("m line 3, augment /a:b: Not found.") == LeftOut("m", 3, "augment /a:b", "Not found.")


def test_so_many_quirks_are_named_and_the_others_counted() -> None:
    many = tuple(LeftOut(f"m{number}", 0, "", "bad") for number in range(MAX_NAMED + 10))
    assert named(many[:MAX_NAMED]) == many[:MAX_NAMED]
    assert named((*many, *many))[-1] == LeftOut("and", 0, "", "11 more")
    assert len(named(many)) == MAX_NAMED
