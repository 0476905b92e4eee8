"""From a schema id to the modules it stands for: the schema's references, followed to their ends."""

from dataclasses import replace
from typing import Final

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import Body, RegistryReader
from yangbeam.core.wrapped_module import CONFORMANCE, unwrapped
from yangbeam.core.yang.left_out import LeftOut, read_left_out
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set

MAX_MODULES: Final = 10_000
"""Schemas followed from one id: real nodes have some 1,500 modules."""
LENT: Final = "import"
"""Value of the property ``conformance`` of a module that only lends types and groupings."""


LEFT_OUT: Final = "left-out"
"""Tag of a root: what the set is read without, as ``str(LeftOut)``."""


def read_set(reader: RegistryReader, schema_id: int) -> SchemaSet:
    """Returns the schema set that is registered under an id.

    Raises:
        SchemaError: ``schema-unknown``, ``not-yang``, ``module-missing``: it is not there, is no YANG, or not whole.
        SchemaPendingError: The registry is out of reach.
    """
    root = reader.body(schema_id)
    modules = [(read_module_text(body.text), body) for body in _closure(reader, root, schema_id)]
    texts = {module.file_name: module.text for module, _ in modules}
    features = {module.name: on for module, body in modules if (on := body.features()) is not None}
    whole = [module for module, body in modules if _is_implemented(module, body)]
    lent = {module.name for module, _ in modules} - {module.name for module in whole}
    newest: dict[str, str] = {}
    for module in whole:
        newest[module.name] = max(newest.get(module.name, ""), module.revision)
    # The root's own includes and imports may not reach what augments it: every module that was referenced is a root.
    found = make_schema_set(texts, list(newest.items()), features=features, imported_only=lent)
    return replace(found, left_out=left_out_of(root))


def left_out_of(root: Body) -> tuple[LeftOut, ...]:
    """Returns what the set of a root is read without."""
    tags = root.metadata.tags if root.metadata else None
    return tuple(read_left_out(each) for each in (tags or {}).get(LEFT_OUT, ()))


def _is_implemented(module: ModuleText, body: Body) -> bool:
    return not module.belongs_to and body.property(CONFORMANCE) != LENT


def _closure(reader: RegistryReader, root: Body, schema_id: int) -> list[Body]:
    """Follows references; each (subject, version) once."""
    found = {("", schema_id): unwrapped(root)}
    waiting = list(root.references)
    while waiting:
        need = waiting.pop()
        key = (need.subject, need.version)
        if key in found:
            continue
        if len(found) >= MAX_MODULES:
            raise SchemaError("schema-too-large", f"schema {schema_id} refers to more than {MAX_MODULES:,} others")
        body = reader.body_of(*key)
        found[key] = unwrapped(body)
        waiting += body.references
    return list(found.values())
