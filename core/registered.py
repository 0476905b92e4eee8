"""What a schema registry holds: schemas with their references and metadata, in the JSON members of Confluent's API."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

YANG: Final = "YANG"
AVRO: Final = "AVRO"
JSON: Final = "JSON"


class Reference(msgspec.Struct, frozen=True, order=True):
    """What a schema needs of another.

    Attributes:
        name: How the schema calls it: module name (YANG), full name (Avro), URI (JSON).
        subject: Where it is registered.
        version: Which version of that subject, from 1.
    """

    name: str
    subject: str
    version: int


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said of a schema.

    Attributes:
        tags: Name → values; of a YANG module ``features``: those that are enabled.
        properties: Name → value; of a YANG module ``revision``, and ``conformance`` = ``import`` where it only lends
            types and groupings.
        sensitive: Names of properties that are not for everybody.
    """

    tags: Mapping[str, tuple[str, ...]] | None = None
    properties: Mapping[str, str] | None = None
    sensitive: tuple[str, ...] | None = None


class Body(msgspec.Struct, frozen=True, rename={"text": "schema", "kind": "schemaType", "rules": "ruleSet"}):
    """A schema as it is sent to a registry.

    Attributes:
        text: The schema itself.
        kind: ``AVRO``, ``JSON`` or ``YANG``; Avro when not said, as in Confluent's API.
        references: What it needs directly.
        metadata: What is said of it.
        rules: Confluent's rule set; kept, not acted on.
    """

    text: str
    kind: str = AVRO
    references: tuple[Reference, ...] = ()
    metadata: Metadata | None = None
    rules: dict[str, Any] | None = None

    def normal(self) -> "Body":
        """Returns the form in which equal content is equal: empty is absent, tag values and a module's needs sorted."""
        references = tuple(sorted(set(self.references))) if self.kind == YANG else self.references
        return msgspec.structs.replace(
            self, references=references, metadata=_normal(self.metadata), rules=self.rules or None
        )

    def identity(self) -> bytes:
        """The octets that say whether two schemas are the same: text, kind, references, metadata and rules."""
        return msgspec.json.encode(self.normal(), order="deterministic")

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the identity."""
        return hashlib.sha256(self.identity()).hexdigest()

    @property
    def guid(self) -> str:
        """A UUID of the identity: the same in every registry of this kind."""
        return str(UUID(bytes=hashlib.md5(self.identity(), usedforsecurity=False).digest()))

    def features(self) -> tuple[str, ...] | None:
        """Enabled features of a module; None: all that it defines."""
        tags = self.metadata.tags if self.metadata else None
        return None if tags is None or "features" not in tags else tuple(sorted(tags["features"]))

    def property(self, name: str) -> str:
        """A property; empty when it is absent."""
        properties = self.metadata.properties if self.metadata else None
        return (properties or {}).get(name, "")


def _normal(metadata: Metadata | None) -> Metadata | None:
    if metadata is None:
        return None
    tags = {name: tuple(sorted(set(values))) for name, values in (metadata.tags or {}).items()}
    sensitive = tuple(sorted(set(metadata.sensitive or ())))
    found = Metadata(tags or None, dict(metadata.properties or {}) or None, sensitive or None)
    return found if found != Metadata() else None


class Registered(msgspec.Struct, frozen=True):
    """Where a schema stands in a registry.

    Attributes:
        subject: The subject it was registered under.
        id: The same for equal content under every subject of one registry.
        version: Of the subject, from 1; 0 when the registry did not say.
        is_new: This call made the version.
    """

    subject: str
    id: int
    version: int = 0
    is_new: bool = False


class RegistryClient(Protocol):
    """What registering a schema set asks of a registry: the local store, or one behind HTTP. All calls idempotent."""

    def register(self, subject: str, body: Body) -> Registered:
        """Registers a schema under a subject, or finds it there; the version is always said.

        Raises:
            SchemaError: It is refused.
            SchemaPendingError: The registry is out of reach.
        """
        ...

    def compatibility(self, subject: str) -> str | None:
        """Returns the level set for the subject itself; None: it has none of its own."""
        ...

    def set_compatibility(self, subject: str, level: str) -> None:
        """Sets the subject's level: ``NONE``, ``BACKWARD`` and so on."""
        ...


class RegistryReader(Protocol):
    """What reading a schema set asks of a registry."""

    def body(self, schema_id: int) -> Body:
        """Returns the schema of an id.

        Raises:
            SchemaError: ``schema-unknown``.
        """
        ...

    def body_of(self, subject: str, version: int) -> Body:
        """Returns a version of a subject, a soft-deleted one too: references hold.

        Raises:
            SchemaError: ``schema-unknown``.
        """
        ...
