"""The table of causes is whole: what may become a dead letter stands in it, and each row is raised somewhere."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.test_layout import SOURCES
from yangbeam.core.cause_table import CAUSES, UNKNOWN
from yangbeam.core.causes import OLD_NAMES, final_name, in_words
from yangbeam.core.errors import SchemaError, YangbeamError
from yangbeam.core.policy import INVALID, JUDGED, UNVALIDATED
from yangbeam.core.states import STATES
from yangbeam.core.subscription import State
from yangbeam.core.yang.modules import __file__ as own_modules

TREES = {path: ast.parse(path.read_text()) for path in SOURCES}
NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")

NEVER_LETTERS = {
    "ConfigurationError",
    "CannotReadLibyangError",
    "FilterError",
    "FileError",
    "KafkaAwayError",
    "KafkaRefusedError",
} | {
    *("KafkaFatalError", "KafkaUnavailableError", "TopicGoneError", "TablesError", "StoreError", "ServeError"),
    *("ReceiverDiedError", "ReceiveEndedError", "HttpsServerDiedError", "StreamCutError", "FlinkError", "ServerError"),
    *("ResultsMissingError", "UnwritableError", "StuckError"),
}
"""Families of errors that end a command, or that nobody hands on: none of them costs a single message."""
ENDS_A_COMMAND = {"not-a-capture", "unencodable"}
"""Reasons of the other families that end a command, too."""
GIVEN_UP = {"refuse", "_abandon", "_give_up"}
"""Functions whose argument is the reason of an error, or of a refusal, that they make."""


def _bases() -> dict[str, str]:
    classes = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {node.name: base.id for node in classes for base in node.bases if isinstance(base, ast.Name)}


BASES = _bases()


def _family(name: str) -> list[str]:
    """The class and its bases, nearest first."""
    found = [name]
    while found[-1] in BASES:
        found.append(BASES[found[-1]])
    return found


def _may_be_a_letter(name: str) -> bool:
    family = _family(name)
    return "YangbeamError" in family and not NEVER_LETTERS.intersection(family)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _literals(path: Path, node: ast.AST | None) -> Iterator[str]:
    """Texts that an expression may be: itself, one of two, or a constant of its module."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(path, node.body)
        yield from _literals(path, node.orelse)
    elif isinstance(node, ast.Name):
        for statement in ast.walk(TREES[path]):
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                if any(isinstance(target, ast.Name) and target.id == node.id for target in targets):
                    yield from _literals(path, statement.value) if not isinstance(statement.value, ast.Name) else ()


def _raised() -> dict[str, set[str]]:
    """Reason → the classes of error it is given to ("": a function that makes one)."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and _may_be_a_letter(node.name):
                calls = [each for each in ast.walk(node) if isinstance(each, ast.Call) and _called(each) == "__init__"]
                for call in calls:
                    found |= {reason: {node.name} for reason in _literals(path, call.args[0])}
            if isinstance(node, ast.Call):
                for reason, maker in _given(path, node):
                    if NAME.fullmatch(reason) and reason not in ENDS_A_COMMAND:
                        found[reason].add(maker)
    return found


def _given(path: Path, node: ast.Call) -> Iterator[tuple[str, str]]:
    called = _called(node)
    named = next((keyword.value for keyword in node.keywords if keyword.arg == "reason"), None)
    if "YangbeamError" in _family(called):
        if _may_be_a_letter(called):
            first = node.args[0] if node.args else named
            yield from ((reason, called) for reason in _literals(path, first))
    elif called in GIVEN_UP:
        arguments = [argument for argument in [*node.args[:2], named] if argument is not None]
        yield from ((reason, "") for argument in arguments for reason in _literals(path, argument))
    elif (
        called == "Finding" and path.parent.name == "mending"
    ):  # of what is set aside; a message of nothing else dies of it
        yield from ((reason, "") for reason in _literals(path, node.args[1]))
    elif (
        called == "_died"
        or (called == "get" and ast.unparse(node.func) == "_CAUSES.get")  # io/netconf.py
        or (called == "Finding" and path.parent.name == "mending")  # of what is set aside: all of a message, perhaps
    ):
        yield from ((reason, "") for reason in _literals(path, node.args[1]))


def _in_tables() -> set[str]:
    """Reasons that stand in tables of their own: the verdicts on a first octet, and what a refusal counts as."""
    found = set()
    for path, tree in TREES.items():
        for node in ast.walk(tree) if "cause" not in path.name else ():
            if isinstance(node, ast.Tuple | ast.Dict):
                values = node.elts if isinstance(node, ast.Tuple) else node.values
                found |= {
                    each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
    return found


RAISED = _raised()


def test_every_reason_that_may_become_a_dead_letter_is_a_cause_of_the_table() -> None:
    assert {reason for reason in RAISED if final_name(reason) == UNKNOWN} == set()


def test_every_cause_is_raised_somewhere() -> None:
    written = {final_name(reason) for reason in RAISED} | {final_name(reason) for reason in _in_tables()}
    assert set(CAUSES) - written == set()


@pytest.mark.parametrize("name", CAUSES)
def test_an_error_has_the_fault_of_its_cause(name: str) -> None:
    assert YangbeamError(name, "").fault is CAUSES[name].fault
    assert SchemaError(name, "").fault is CAUSES[name].fault


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_is_plain(name: str) -> None:
    cause = CAUSES[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    for text in (cause.meaning, cause.cure):
        said = in_words(text)
        assert said[0].isupper()
        assert said.endswith(".")
        assert "{" not in said
        assert len(said) <= 200, said
    assert ". " not in cause.meaning.replace("section 2.5.", ""), "one sentence"


def test_earlier_names_lead_to_a_cause() -> None:
    assert set(OLD_NAMES.values()) <= set(CAUSES)
    assert not set(OLD_NAMES) & set(CAUSES)


def test_the_states_are_those_of_the_code_and_of_the_loss_module() -> None:
    assert set(STATES["of a subscription"]) == {state.value for state in State}
    assert set(STATES["of contents, in `yangbeam-verdict`"]) == JUDGED | {INVALID, UNVALIDATED}
    text = (Path(own_modules).parent / "yangbeam-loss.yang").read_text()
    body = text[text.index("leaf state {") : text.index("leaf first {")]
    assert set(STATES["of a loss event"]) == set(re.findall(r"enum (\S+) \{", body))
