"""What the stages ask of the schema registry: which schema something is read by, and that schema itself."""

from typing import Protocol, runtime_checkable

from yangbeam.core.elements import Terms
from yangbeam.core.yang.schema import Schema


class Schemas(Protocol):
    """A handle on the registered schemas; picklable, with a process-wide cache behind it.

    Asking is idempotent: stages keep what they want to know, never that they asked.
    """

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        """Returns the id of the schema that an exporter's contents are read by.

        Args:
            exporter: Source address; selects the directory where no content-id does.
            content_id: The YANG library's content-id, when the publisher named one.
            modules: Names, ``name@revision``, or namespaces, of the modules that the contents or the subscription
                name; empty asks for the schema of the notifications alone (RFC 8639/8641 and their augmentations).

        Raises:
            SchemaError: No directory serves the exporter, or it lacks one of the modules.
        """
        ...

    def schema(self, schema_id: int) -> Schema:
        """Returns a registered schema, loaded for the calling thread.

        Raises:
            SchemaError: The id is not registered.
        """
        ...


@runtime_checkable
class AsksNodes(Protocol):
    """Schemas of somebody who can ask the nodes themselves."""

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        """Returns what a node says of a subscription whose started message was missed.

        Returns:
            Its terms; None when the node has none of that id, or is not to be asked.

        Raises:
            SchemaPendingError: It is being asked; ask again.
            SchemaError: It cannot be asked.
        """
        ...
