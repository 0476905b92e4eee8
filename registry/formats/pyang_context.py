"""Loads YANG texts into pyang from memory: its grammar of structures (RFC 8791), its check of updates, its printer.

pyang keeps tables of its own per process, so that threads take turns.
"""

import optparse
import threading
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from pyang import context, error, grammar, repository
from pyang.plugins import check_update, structure

from yangbeam.core.errors import SchemaError
from yangbeam.registry.formats import yang_nodes, yang_strings, yang_values

TURN: Final = threading.Lock()
"""To be held by whoever uses pyang."""
_prepared: Final[list[bool]] = []


class _Memory(repository.Repository):  # type: ignore[misc] # pyang has no types
    """Texts by (name, revision)."""

    def __init__(self, texts: Mapping[tuple[str, str], str]) -> None:
        super().__init__()
        self._texts = texts

    def get_modules_and_revisions(self, _context: Any) -> list[tuple[str, str | None, tuple[str, str]]]:
        return [(name, revision or "unknown", (name, revision)) for name, revision in self._texts]

    def get_module_from_handle(self, handle: tuple[str, str]) -> tuple[str, str, str]:
        return "@".join(filter(None, handle)), "yang", self._texts[handle]


def load(texts: Mapping[tuple[str, str], str]) -> Any:
    """Returns a pyang context over texts; nothing is parsed yet."""
    _prepare()
    found = context.Context(_Memory(texts))
    found.opts = SimpleNamespace(
        check_update_structures=True,
        yang_canonical=True,
        yang_remove_comments=True,
        yang_remove_unused_imports=False,
        yang_line_length=None,
    )
    return found


def _prepare() -> None:
    """Teaches pyang structures and the words of its update check, once."""
    if _prepared:
        return
    if structure.module_name not in grammar.extension_modules:
        structure.pyang_plugin_init()
    check_update.CheckUpdatePlugin().add_opts(optparse.OptionParser())
    yang_strings.teach()
    yang_values.teach()
    yang_nodes.teach()
    _prepared.append(True)


def first_error(found: Any, references: frozenset[str]) -> str:
    """Returns what pyang has against the texts of some references; empty: nothing."""
    for place, tag, arguments in found.errors:
        if place.ref in references and error.is_error(error.err_level(tag)):
            return f"{place}: {error.err_to_str(tag, arguments)}"
    return ""


def parse(text: str, name: str) -> tuple[Any, Any]:
    """Parses one text alone, without what it needs, and returns (context, module).

    Raises:
        SchemaError: ``not-yang``: its syntax is wrong.
    """
    found = load({})
    found.implicit_errors = False
    found.keep_arg_substrings = True
    try:
        module = found.add_module(name, text)
    except RecursionError:
        raise SchemaError("not-yang", f"{name} is nested too deeply") from None
    wrong = first_error(found, frozenset((name,)))
    if module is None or wrong:
        raise SchemaError("not-yang", wrong or f"{name} is no YANG module")
    return found, module
