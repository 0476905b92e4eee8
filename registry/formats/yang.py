"""YANG modules as schemas: libyang says what is one, RFC 7950 section 11 what may follow it."""

from collections.abc import Iterator
from typing import Final

from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.registered import YANG, Body
from yangbeam.core.registered_set import LENT
from yangbeam.core.wrapped_module import CONFORMANCE
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.schema_set import SchemaSet, schema_set_of
from yangbeam.registry.formats.features import defined_features
from yangbeam.registry.formats.judges import HERE, Judge
from yangbeam.registry.formats.parsed import Parsed
from yangbeam.registry.refusals import invalid_schema

_NOT_NEEDED: Final = frozenset(("yang", "ietf-yang-metadata"))
"""Modules that every reader has: schema sets are closed without them (``core.yang.schema_set``)."""


class Yang:
    """The schema type ``YANG``.

    Args:
        judge: Who compiles and compares.
    """

    def __init__(self, judge: Judge = HERE) -> None:
        self.judge = judge

    def canonical(self, schema: Parsed, *, normalise: bool) -> str:
        """See ``Format``. Normalised: comments dropped, statements in canonical order (RFC 7950 section 14)."""
        text = schema.body.text.replace("\r\n", "\n")
        try:
            module = read_module_text(text)
            if module.belongs_to:
                self.judge.check_syntax(text, module.file_name)
            _check_needs(module, schema)
            if not module.belongs_to:
                self.judge.compiles(_set_of(module, schema))
            return self.judge.normalised(text, module.file_name) if normalise else text
        except SchemaPendingError:
            raise
        except SchemaError as error:
            raise invalid_schema(YANG, error.detail) from None

    def whole(self, schema: Parsed) -> str:
        """See ``Format``. A module imports others; it does not hold them."""
        return schema.body.text

    def misfits(self, reader: Parsed, writer: Parsed, *, backwards: bool) -> tuple[str, ...]:
        """See ``Format``. Judges the module, or the whole set, by pyang's update check."""
        return self.judge.update(reader, writer, backwards=backwards).errors


def _modules(schema: Parsed) -> Iterator[tuple[ModuleText, Body]]:
    """Yields what a schema needs, as far as it is YANG."""
    for _, body in schema.needs:
        try:
            yield read_module_text(body.text), body
        except SchemaError:
            continue


def _set_of(module: ModuleText, schema: Parsed) -> SchemaSet:
    """Returns a module among those that it needs, as what libyang is to compile."""
    needed = {found.file_name: (found, body) for found, body in _modules(schema)}
    needed[module.file_name] = (module, schema.body)
    newest: dict[str, str] = {}
    for found, body in needed.values():
        if not found.belongs_to and (body.property(CONFORMANCE) != LENT or found is module):
            newest[found.name] = max(newest.get(found.name, ""), found.revision)
    newest[module.name] = module.revision
    features = {}
    for found, body in needed.values():
        on = body.features()
        if on is not None and newest.get(found.name) == found.revision:
            parts = [other.text for other, _ in needed.values() if other.belongs_to == found.name]
            defined = {name for text in (found.text, *parts) for name in defined_features(text)}
            features[found.name] = tuple(name for name in on if name in defined)  # libyang refuses one that is not
    modules = tuple(found for _, (found, _) in sorted(needed.items()))
    return schema_set_of(modules, tuple(sorted(newest.items())), features)


def _check_needs(module: ModuleText, schema: Parsed) -> None:
    """Refuses what is needed and not registered; libyang would take its own copies, which no other reader has."""
    others = [found for found, _ in _modules(schema)]
    there = {found.name for found in others} | _NOT_NEEDED
    for each in (*others, module):
        for need in (*each.imports, *each.includes):
            if need.name not in there:
                kind = "Submodule" if each.belongs_to else "Module"
                what = f'{kind} "{each.name}" needs "{need.name}": register it, and name it among the references'
                raise SchemaError("module-missing", what)
