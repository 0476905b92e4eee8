"""No exception is raised twice: each raise adds frames to its traceback, and these keep messages alive for ever.

So no instance may lie where several raises reach it: in a module, a class, a default, a cache, or generated source.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.test_layout import ROOT, SOURCES

_BUILT_IN = {
    name for name, found in vars(builtins).items() if isinstance(found, type) and issubclass(found, BaseException)
}
ONCE = {
    "pipeline/receive/outlet.py": {"self._end"},  # ends the process
    "registry/discovery/asking.py": {"fetched.error"},  # of this one answer
    "registry/discovery/fetching.py": {"self.unexpected"},  # ends the fetching
    "runners/bridge.py": {"item.error"},  # ends the run
    "runners/direct.py": {"bridge.error"},  # ends the run
    "registry/directories.py": {
        "first or SchemaError('schema-missing', f'no directory of YANG modules serves {exporter}: configure one')"
    },  # of this one call
    "io/kafka/raw_topic.py": {"error"},  # the caller has just caught it
}
"""What is kept to be raised, and is raised once in the life of what keeps it."""


def _is_exception(node: ast.AST | None) -> bool:
    """Whether an expression is, or holds, a newly made exception; what stands inside a function does not count."""
    if node is None or isinstance(node, ast.Lambda):
        return False
    if isinstance(node, ast.Call):
        name = _last_name(node.func)
        if name in _BUILT_IN or re.search(r"(Error|Exception)$", name):
            return True
    return any(_is_exception(below) for below in ast.iter_child_nodes(node))


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _lasting(tree: ast.AST) -> Iterator[ast.expr | None]:
    """Yields what is evaluated once and kept: values in modules and classes, and defaults of parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            yield from (held.value for held in node.body if isinstance(held, ast.Assign | ast.AnnAssign))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (*node.args.defaults, *node.args.kw_defaults)


def _cached(tree: ast.AST) -> Iterator[ast.expr | None]:
    """Yields what functions return that remember their answers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any("cache" in ast.unparse(each) for each in node.decorator_list):
            yield from (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return))


def _raised(tree: ast.AST) -> Iterator[str]:
    """Yields what is raised without being made there: no call, no class, no name bound in the same function."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        caught = {node.name for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) and node.name}
        made = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Raise) and node.exc is not None and not _is_new(node.exc, caught | made):
                yield ast.unparse(node.exc)


def _is_new(raised: ast.expr, bound: set[str]) -> bool:
    if isinstance(raised, ast.Call):
        return _last_name(raised.func) != "with_traceback"
    name = _last_name(raised)
    is_class = name.lstrip("_")[:1].isupper() and not name.isupper()
    return is_class or (isinstance(raised, ast.Name) and name in bound)


def _shared(source: str) -> list[str]:
    tree = ast.parse(source)
    values = [value for value in (*_lasting(tree), *_cached(tree)) if value is not None]
    kept = [ast.unparse(value) for value in values if _is_exception(value)]
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    generated = [text for text in texts if re.search(r": raise [a-z_]+\Z", text)]
    return [*kept, *_raised(tree), *generated]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_exception_is_kept_to_be_raised_again(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert [found for found in _shared(path.read_text()) if found not in ONCE.get(name, ())] == []


@pytest.mark.parametrize(
    "source",
    [
        'REFUSED = ValueError("refused")',
        'REFUSED: Final = {"a": my.OwnError("x")}',
        "class A:\n    error = OSError()",
        "def f(error=KeyError()): ...",
        "@lru_cache\ndef f():\n    return SchemaError('a', 'b')",
        "def f(self):\n    raise self.error",
        "def f(known):\n    raise known['a']",
        "def f():\n    raise REFUSED",
        "def f(error):\n    raise error.with_traceback(None)",
        'def f():\n    return "if x: raise refused"',
    ],
)
def test_this_test_finds_what_it_is_for(source: str) -> None:
    assert _shared(source)


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    raise ValueError('x')",
        "def f():\n    raise _Untranslatable",
        "def f():\n    try:\n        g()\n    except OSError as error:\n        raise error from None",
        "def f(held):\n    raise held.anew()",
        "CALLS = {'a': lambda: ValueError('x')}",
    ],
)
def test_this_test_lets_new_exceptions_be(source: str) -> None:
    assert not _shared(source)
