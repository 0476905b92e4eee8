"""Decides how often the direct runner inspects and pickles a DoFn: once per class, and once per graph.

For every bundle and transform it inspects the DoFn's signatures anew (four fifths of a small bundle's time) and clones
the DoFn through a pickle. The findings depend on the class alone and the graph does not change while it runs, so both
are kept. They are Beam's internals: only releases that were measured and tested are touched.
"""

import logging
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest import mock
from weakref import WeakKeyDictionary

import apache_beam
from apache_beam.internal import pickler
from apache_beam.runners.direct import transform_evaluator
from apache_beam.transforms import core, userstate

TESTED: Final = frozenset({"2.77.0"})
"""Beam releases in which the names below are known to mean what they are taken for."""

_LOG = logging.getLogger(__name__)

Inspect = Callable[[Any], Any]


@contextmanager
def memoised_reflection(version: str = apache_beam.__version__) -> Iterator[None]:
    """Keeps what the direct runner finds out about DoFns, while the context is open.

    With a release of Beam that is not in TESTED it changes nothing: the run is right, and several times slower.
    """
    if version not in TESTED:
        _LOG.warning(
            "apache_beam %s is not known to yangbeam (%s are): live runs are right, but several times slower",
            version,
            ", ".join(sorted(TESTED)),
        )
        yield
        return
    with ExitStack() as patches:
        for module, name, replacement in _replacements():
            patches.enter_context(mock.patch.object(module, name, replacement))
        yield


def _replacements() -> list[tuple[types.ModuleType, str, Any]]:
    """Returns (module, name, replacement): the runner imported two of the names for itself."""
    specs = _per_class(userstate.get_dofn_specs)
    stateful = _per_class(userstate.is_stateful_dofn)
    return [
        (userstate, "get_dofn_specs", specs),
        (userstate, "is_stateful_dofn", stateful),
        (userstate, "validate_stateful_dofn", _per_class(userstate.validate_stateful_dofn)),
        (transform_evaluator, "get_dofn_specs", specs),
        (transform_evaluator, "is_stateful_dofn", stateful),
        (transform_evaluator, "pickler", _Cloner()),
        (core, "get_function_args_defaults", _per_function(core.get_function_args_defaults)),
    ]


def _per_class(inspect: Inspect) -> Inspect:
    """Keeps what ``inspect`` returns for a DoFn, by its class; errors are not kept."""
    found: WeakKeyDictionary[type, Any] = WeakKeyDictionary()

    def inspected(dofn: Any) -> Any:
        if any(isinstance(value, types.MethodType) for value in vars(dofn).values()):
            return inspect(dofn)  # it brings a method of its own: its class does not tell
        cls = type(dofn)
        if cls not in found:
            found[cls] = inspect(dofn)
        return found[cls]

    return inspected


def _per_function(inspect: Inspect) -> Inspect:
    """Keeps the arguments and defaults of a function or bound method, by the function."""
    found: WeakKeyDictionary[types.FunctionType, tuple[list[str], list[Any]]] = WeakKeyDictionary()
    unbound: WeakKeyDictionary[types.FunctionType, tuple[list[str], list[Any]]] = WeakKeyDictionary()

    def inspected(function: Any) -> tuple[list[str], list[Any]]:
        if isinstance(function, types.MethodType) and isinstance(function.__func__, types.FunctionType):
            kept, key = found, function.__func__
        elif isinstance(function, types.FunctionType):
            kept, key = unbound, function
        else:
            return inspect(function)
        if key not in kept:
            kept[key] = inspect(function)
        arguments, defaults = kept[key]
        return list(arguments), list(defaults)

    return inspected


class _Cloner:
    """Stands for Beam's pickler in the runner: pickles a DoFn of the graph once, and unpickles it for each bundle."""

    def __init__(self) -> None:
        # The DoFn is kept beside its bytes: its identity must not pass to another one.
        self._pickled: dict[int, tuple[Any, bytes]] = {}

    def roundtrip(self, dofn: Any) -> Any:
        """Returns a fresh clone."""
        kept = self._pickled.get(id(dofn))
        if kept is None:
            kept = self._pickled[id(dofn)] = (dofn, pickler.dumps(dofn, use_zlib=True))
        return pickler.loads(kept[1], use_zlib=True)
