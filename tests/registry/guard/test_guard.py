"""Foreign YANG is compiled elsewhere, within limits: what costs more is refused with its module, others are not."""

import itertools
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.costly import doubling, enums, leaves, set_of, unions
from tests.waiting import until
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.registered import YANG, Body
from yangbeam.core.yang.costs import CostLimits
from yangbeam.core.yang.schema_set import Leeway, SchemaSet
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.guard import guard as module
from yangbeam.registry.guard.guard import Guard

SMALL = CostLimits(cpu_s=1, memory_bytes=192 << 20, nodes=1_000)
ROOT = Path(__file__).resolve().parents[3]
GOOD = "module good { namespace urn:good; prefix g; revision 2026-01-01; leaf a { type int8; } }"


@pytest.fixture
def guard() -> Iterator[Guard]:
    made = Guard(SMALL, processes=2)
    yield made
    made.close()


def refusal(ask: Callable[[], object]) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        ask()
    return caught.value


BASE = "module base { namespace urn:base; prefix b; container top; }"


def with_leeway(*texts: str) -> SchemaSet:
    return set_of(BASE, *texts).with_leeway(Leeway(contents=("base",)))


def augmenting(text: str) -> str:
    """A costly module as one that changes another: nothing needs it."""
    return text.replace("revision 2026", "import base { prefix b; } revision 2026", 1)


def test_a_module_that_costs_too_much_is_left_out_where_nothing_needs_it(guard: Guard) -> None:
    good = "module good { namespace urn:good; prefix g; import base { prefix b; } container c; }"
    bad = "module bad { namespace urn:bad; prefix x; import base { prefix b; } leaf l { type nobody; } }"
    found = guard.salvaged(with_leeway(good, augmenting(doubling(23)), bad))
    assert {name for name, _ in found.implemented} >= {"base", "good"}
    assert {each.module for each in found.left_out} == {"doubling@2026-01-01", "bad"}
    assert next(each.words for each in found.left_out if each.line == 0) == "compiling it costs too much"
    assert guard.salvaged(with_leeway(good, augmenting(doubling(23)), bad)) is found, "found out once"


def test_what_the_contents_need_may_not_cost_too_much_either(guard: Guard) -> None:
    costly = set_of(doubling(23)).with_leeway(Leeway(contents=("doubling",)))
    error = refusal(lambda: guard.salvaged(costly))
    assert error.reason == "schema-too-costly"


@pytest.mark.parametrize(
    ("texts", "why", "named"),
    [
        ((doubling(23),), "", "doubling@2026-01-01"),
        ((GOOD, doubling(23), leaves(3)), "", "doubling@2026-01-01"),
        ((enums(100_000),), "seconds of CPU", "enums@2026-01-01"),
        ((unions(26),), "", "unions@2026-01-01"),
        ((leaves(1_001),), "1,002 nodes", ""),
    ],
    ids=["doubling", "one of several", "enums", "unions", "nodes"],
)
def test_what_costs_too_much_is_refused_with_its_module(
    guard: Guard, texts: tuple[str, ...], why: str, named: str
) -> None:
    error = refusal(lambda: guard.compiles(set_of(*texts)))
    assert (error.reason, error.fault) == ("schema-too-costly", "device")
    assert why in error.detail
    assert named in error.detail
    assert refusal(lambda: guard.compiles(set_of(*texts))) is not error
    guard.compiles(set_of(GOOD))


def test_what_is_cheap_passes_and_what_is_wrong_is_told_in_libyangs_words(guard: Guard) -> None:
    guard.compiles(set_of(GOOD, leaves(900)))
    error = refusal(lambda: guard.compiles(set_of(GOOD.replace("int8", "nothing"))))
    assert error.reason == "schema-invalid"
    assert '"nothing" not found' in error.detail


def test_one_content_is_judged_once_and_one_process_judges_many(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    popen = module.subprocess.Popen

    def counted(*arguments: object, **options: object) -> object:
        started.append(popen(*arguments, **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(module.subprocess, "Popen", counted)
    ours = bytearray(b"x" * (128 << 20))  # what this process has is not the other's
    for count in range(1, 6):
        guard.compiles(set_of(leaves(count)))
    assert len(started) == 1
    started[0].kill()
    started[0].wait()
    guard.compiles(set_of(leaves(6)))
    assert len(started) == 2
    started[1].kill()
    started[1].wait()
    guard.compiles(set_of(leaves(6)))
    assert len(started) == 2
    assert len(ours) > SMALL.memory_bytes // 2


def test_while_one_set_costs_much_another_is_judged() -> None:
    guard = Guard(CostLimits(cpu_s=60), processes=2)
    with ThreadPoolExecutor(1) as pool:
        costly = pool.submit(guard.compiles, set_of(doubling(23)))
        guard.compiles(set_of(GOOD))
        assert not costly.done()
        guard.close()
        assert isinstance(costly.exception(), SchemaPendingError)


def test_a_closed_guard_and_one_with_too_much_to_do_are_to_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 0)
    guard = Guard(SMALL)
    assert isinstance(refusal(lambda: guard.compiles(set_of(GOOD))), SchemaPendingError)
    monkeypatch.undo()
    guard.close()
    assert isinstance(refusal(lambda: guard.compiles(set_of(GOOD))), SchemaPendingError)


def test_pyang_is_asked_within_limits_too(guard: Guard) -> None:
    old, new = (Parsed(Body(text, YANG)) for text in (GOOD, GOOD.replace("int8", "int16").replace("01-01", "01-02")))
    assert guard.update(new, old).errors
    assert not guard.update(old, old, patient=True).errors
    assert guard.normalised("// c\n" + GOOD, "good@2026-01-01.yang").startswith("module good {")
    guard.check_syntax(GOOD, "good")
    assert refusal(lambda: guard.check_syntax("module {", "good")).reason == "not-yang"
    many = leaves(200_000)
    assert refusal(lambda: guard.check_syntax(many, "leaves@2026-01-01.yang")).reason == "schema-too-costly"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder, of this test and the processes that it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_process_that_is_ended_within_a_job_leaves_no_folder(temporary: Path) -> None:
    guard = Guard(SMALL)
    refusal(lambda: guard.compiles(set_of(doubling(23))))
    guard.close()
    assert list(temporary.iterdir()) == []


def test_what_is_left_where_everybody_was_killed_is_gone_with_the_next_job(temporary: Path) -> None:
    job = "Guard(SMALL).compiles(set_of(doubling(23)))"
    command = f"from tests.registry.guard.test_guard import SMALL, Guard, doubling, set_of; {job}"
    parent = subprocess.Popen([sys.executable, "-c", command], cwd=ROOT)
    until(lambda: list(temporary.iterdir()), "the process compiles nothing")
    parent.kill()
    parent.wait()
    guard = Guard(SMALL)

    numbers = itertools.count(1)

    def is_swept() -> bool:  # by a next job; the process of the guard that was killed ends by its own limits
        guard.compiles(set_of(leaves(next(numbers))))
        return not list(temporary.iterdir())

    until(is_swept, "what was left is not swept")
    guard.close()


def test_threads_share_a_guard(guard: Guard) -> None:
    sets = [set_of(leaves(count)) for count in range(1, 9)]
    done: list[SchemaSet] = []

    def judge(one: SchemaSet) -> None:
        guard.compiles(one)
        done.append(one)

    threads = [threading.Thread(target=judge, args=(one,)) for one in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(sets)
