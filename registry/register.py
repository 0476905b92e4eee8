"""Under which subjects and references a schema set is registered: modules bottom-up, then a subscription's root."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
import orjson

from yangbeam.core.registered import AVRO, YANG, Body, Metadata, Reference, Registered, RegistryClient
from yangbeam.core.registered_set import LEFT_OUT, LENT
from yangbeam.core.wrapped_module import CONFORMANCE, wrapped
from yangbeam.core.yang.module_text import ModuleText
from yangbeam.core.yang.module_text import Reference as Need
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.envelope import ROOT
from yangbeam.registry.formats.features import defined_features

_KEEPS_NONE: Final = "NONE"


@dataclass(frozen=True, slots=True)
class RegisteredSet:
    """Where a schema set stands in a registry.

    Attributes:
        root: The schema whose references lead to all the modules; its id is the set's.
        modules: Each module, bottom-up.
        body: What was registered as the root.
    """

    root: Registered
    modules: tuple[Registered, ...]
    body: Body

    @property
    def changed(self) -> tuple[Registered, ...]:
        """Modules that this call made a further version of: what RFC 7950 section 11 has a verdict on."""
        return tuple(module for module in self.modules if module.is_new and module.version > 1)


def root_subject(exporter: str, subscription: int | None, content_id: str | None, modules: Iterable[str]) -> str:
    """Returns the subject of a subscription's root: ``NODE-ID``, or named after what was asked when no id is known.

    >>> root_subject("192.0.2.10", 42, None, ())
    '192.0.2.10-42'
    """
    if subscription is not None:
        return f"{exporter}-{subscription}"
    asked = "\0".join((content_id or "", *sorted(modules)))
    return f"{exporter}-asked-{hashlib.sha256(asked.encode()).hexdigest()[:12]}"


def register_set(
    client: RegistryClient,
    schema_set: SchemaSet,
    subject: str,
    *,
    prefix: str = "",
    kind: str = YANG,
    top: str = ROOT,
) -> RegisteredSet:
    """Registers every module of a set, and its root; idempotent, and the same ids for equal content.

    Subjects that have no compatibility level of their own get NONE: a node's modules are what they are, and a verdict
    on them must not stop its data. What an operator has set holds.

    Args:
        client: The registry.
        schema_set: That of a subscription with the modules of the telemetry message (``envelope.enveloped``).
        subject: The root's.
        prefix: Before each module's name, for its subject.
        kind: Schema type; YANG, or what a registry without YANG knows (``core.wrapped_module``).
        top: The module that the set is rooted in.

    Raises:
        SchemaError: The registry refuses a module.
        SchemaPendingError: It is out of reach.
    """
    found: dict[tuple[str, str], Registered] = {}
    needs = _needs(schema_set)
    root = next(key for key in needs if key[0] == top)
    implemented = dict(schema_set.implemented)
    order = list(_bottom_up(needs))
    modules = {(module.name, module.revision): module for module in schema_set.modules}
    for key in order:
        references = _references(needs[key], found)
        body = _body(modules[key], modules, references, schema_set, is_lent=implemented.get(key[0]) != key[1])
        found[key] = _register(client, prefix + key[0], _as(body, kind, key[1]))
    needed = {need for inner in needs.values() for need in inner}
    tops = [key for key in order if key not in needed and key != root and not modules[key].belongs_to]
    body = _body(modules[root], modules, _references([*needs[root], *tops], found), schema_set, is_lent=False)
    body = _quirky(body, schema_set)
    return register_root(
        client, subject, RegisteredSet(Registered(subject, 0), tuple(found.values()), _as(body, kind, "root"))
    )


def _quirky(body: Body, schema_set: SchemaSet) -> Body:
    """Returns the root's schema with what the set is read without."""
    if not schema_set.left_out:
        return body
    metadata = body.metadata or Metadata()
    tags = dict(metadata.tags or {}) | {LEFT_OUT: tuple(str(each) for each in schema_set.left_out)}
    return msgspec.structs.replace(body, metadata=msgspec.structs.replace(metadata, tags=tags)).normal()


def register_root(client: RegistryClient, subject: str, known: RegisteredSet) -> RegisteredSet:
    """Registers the root of a set whose modules are registered; raises as ``register_set``."""
    return RegisteredSet(_register(client, subject, known.body), known.modules, known.body)


def _as(body: Body, kind: str, which: str) -> Body:
    """Returns a module's schema in another type; Avro tells schemas apart by name, so that each gets its own."""
    found = wrapped(body, kind)
    if kind != AVRO or not which:
        return found
    document = orjson.loads(found.text)
    document["name"] += "_" + which.replace("-", "")
    return msgspec.structs.replace(found, text=orjson.dumps(document).decode())


def _register(client: RegistryClient, subject: str, body: Body) -> Registered:
    if client.compatibility(subject) is None:
        client.set_compatibility(subject, _KEEPS_NONE)
    return client.register(subject, body)


def _needs(schema_set: SchemaSet) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Module → the modules of the set that its imports and includes mean."""
    revisions: dict[str, list[str]] = {}
    for module in schema_set.modules:
        revisions.setdefault(module.name, []).append(module.revision)

    def meant(need: Need) -> tuple[str, str]:
        return need.name, need.revision or max(revisions[need.name])

    return {
        (module.name, module.revision): [
            meant(need) for need in (*module.imports, *module.includes) if need.name in revisions
        ]
        for module in schema_set.modules
    }


def _bottom_up(needs: dict[tuple[str, str], list[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    """Yields every module after those that it needs; submodules that include each other in any order."""
    entered: set[tuple[str, str]] = set()
    waiting = [(key, False) for key in sorted(needs, reverse=True)]
    while waiting:
        key, is_left = waiting.pop()
        if is_left:
            yield key
        elif key not in entered:
            entered.add(key)
            waiting.append((key, True))
            waiting += [(need, False) for need in sorted(needs[key], reverse=True)]


def _references(needs: Iterable[tuple[str, str]], found: dict[tuple[str, str], Registered]) -> tuple[Reference, ...]:
    there = {key: found[key] for key in needs if key in found}
    return tuple(sorted(Reference(key[0], at.subject, at.version) for key, at in there.items()))


def _body(
    module: ModuleText,
    modules: dict[tuple[str, str], ModuleText],
    references: tuple[Reference, ...],
    schema_set: SchemaSet,
    *,
    is_lent: bool,
) -> Body:
    properties = {"revision": module.revision} if module.revision else {}
    tags: dict[str, tuple[str, ...]] = {}
    if module.belongs_to:
        return Body(module.text, YANG, references, Metadata(None, properties)).normal()
    if is_lent:
        properties[CONFORMANCE] = LENT
    else:
        parts = [other.text for other in modules.values() if other.belongs_to == module.name]
        defined = {name for text in (module.text, *parts) for name in defined_features(text)}
        enabled = schema_set.features.get(module.name)
        if defined:
            tags["features"] = tuple(sorted(defined if enabled is None else defined.intersection(enabled)))
    return Body(module.text, YANG, references, Metadata(tags, properties)).normal()
