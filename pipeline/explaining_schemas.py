"""Which schema each exporter's contents are read by, and what of it the compiled judge leaves to libyang."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec
from rich.console import Console

from yangbeam.core.elements import NotificationBatch
from yangbeam.core.errors import SchemaError
from yangbeam.core.schemas import Schemas
from yangbeam.core.yang.engine import COMPILED_PROFILE, Choice
from yangbeam.core.yang.schema import Schema
from yangbeam.registry.guard.workshop import SchemaCompilingError
from yangbeam.registry.waiting import patiently

COMPILING_S: Final = 120.0
"""Longest wait for a schema that is being compiled."""
MOST_SHOWN: Final = 12
"""Nodes named of one schema; all are in the JSON."""


class ExplainedSchema(msgspec.Struct, frozen=True):
    """What reads the contents of some messages of one exporter."""

    exporter: str
    modules: list[str]
    """That the contents name."""
    messages: int
    schema_id: int | None
    why_none: str
    engine: str
    """``compiled`` (libyang has the last word), ``libyang``."""
    left_to_libyang: dict[str, str]
    """Schema path to the reason; empty where libyang judges everything."""
    left_out: list[str] = []
    """What the schema is read without: module, line, statement, words."""


class SchemaExplainer:
    """Gathers which modules contents name, and looks their schemas up in the end.

    Args:
        schemas: Who knows schemas.
        choice: How contents are judged.
    """

    def __init__(self, schemas: Schemas, choice: Choice) -> None:
        self._schemas = schemas
        self._choice = choice
        self._seen: dict[tuple[str, str | None, frozenset[str]], int] = {}

    def observe(self, batch: NotificationBatch) -> None:
        """Takes one batch."""
        for one in batch.notifications:
            if one.modules:
                key = (one.message.exporter, None, frozenset(one.modules))
                self._seen[key] = self._seen.get(key, 0) + 1

    def explain(self) -> list[ExplainedSchema]:
        """Returns what was found, in the order in which it came."""
        return [self._one(*key, count) for key, count in self._seen.items()]

    def _one(self, exporter: str, content_id: str | None, modules: frozenset[str], count: int) -> ExplainedSchema:
        named = sorted(modules)
        try:
            ask = partial(self._schemas.resolve, exporter, content_id, modules)
            schema_id = patiently(ask, COMPILING_S, SchemaCompilingError)
            schema = self._schemas.schema(schema_id)
        except SchemaError as error:
            return ExplainedSchema(exporter, named, count, None, str(error), "", {})
        is_compiled = (
            self._choice.compiled and self._choice.profile == COMPILED_PROFILE and not schema.engine.is_dismissed
        )
        left = dict(schema.engine.left_to_libyang(_tops(schema, modules))) if is_compiled else {}
        engine = "compiled" if is_compiled else "libyang"
        left_out = [str(each) for each in schema.schema_set.left_out]
        return ExplainedSchema(exporter, named, count, schema_id, "", engine, left, left_out)


def _tops(schema: Schema, modules: frozenset[str]) -> Iterator[str]:
    """Yields the top-level nodes of modules, named by ``name``, ``name@revision`` or namespace."""
    names = {module.partition("@")[0] for module in modules}
    for name, node in schema.tree.data.items():
        if node.module in names or node.namespace in modules:
            yield name


def show(found: list[ExplainedSchema], console: Console) -> None:
    """Prints it for a person."""
    for one in found:
        console.print(f"{one.exporter}  {', '.join(one.modules)}  ({one.messages} messages)", style="bold")
        console.print(f"  {_words(one)}", soft_wrap=True)
        for each in one.left_out:
            console.print(f"    read without {each}", soft_wrap=True)
        shown = list(one.left_to_libyang.items())
        for path, why in shown[:MOST_SHOWN]:
            console.print(f"    {path}: {why}", soft_wrap=True)
        if len(shown) > MOST_SHOWN:
            console.print(f"    and {len(shown) - MOST_SHOWN} more")


def _words(one: ExplainedSchema) -> str:
    if one.schema_id is None:
        return f"no schema: {one.why_none}"
    if one.engine == "libyang":
        return f"schema {one.schema_id}: libyang judges everything"
    left = f"but for {len(one.left_to_libyang)} nodes" if one.left_to_libyang else "in all of its nodes"
    return f"schema {one.schema_id}: the compiled judge accepts, {left}; libyang has the last word"
