"""What finds the modules of an exporter's schema: the node itself, a directory, whatever is asked behind it."""

from typing import Protocol

from yangbeam.core.elements import Terms
from yangbeam.core.yang.schema_set import SchemaSet


class Resolver(Protocol):
    """Finds schema sets; safe to be asked by many threads, and idempotent: ask again as often as you like."""

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        """Returns the set that an exporter's contents are read by; never waits for a network.

        Args:
            exporter: Source address of the messages, textual.
            content_id: The YANG library's content-id, when the publisher named one (RFC 8525; module-set-id of
                RFC 7895).
            modules: Names, ``name@revision``, or namespaces that the contents or the subscription name; empty asks
                for the notifications alone.

        Returns:
            The set; None when this resolver has nothing to do with the exporter, so that another is to be asked.

        Raises:
            SchemaPendingError: It is being fetched; ask again.
            SchemaError: It is not to be had; the message names the node and the cure.
        """
        ...

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        """Returns what a node says of a subscription whose started message was missed; see ``AsksNodes``."""
        ...
