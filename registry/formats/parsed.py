"""What a kind of schema must be able to say of its schemas."""

from dataclasses import dataclass
from typing import Protocol

from yangbeam.core.registered import Body, Reference


@dataclass(frozen=True, slots=True)
class Parsed:
    """A schema with all that it needs.

    Attributes:
        body: The schema.
        needs: What it needs, directly or through others, each once, what is needed before what needs it.
        label: How it is called in findings.
        any_names: Names are not judged.
    """

    body: Body
    needs: tuple[tuple[Reference, Body], ...] = ()
    label: str = ""
    any_names: bool = False


class Format(Protocol):
    """One kind of schema. Stateless, and safe for threads."""

    def canonical(self, schema: Parsed, *, normalise: bool) -> str:
        """Returns the text that is kept.

        Args:
            schema: As it was sent.
            normalise: Also drop differences of writing that mean nothing.

        Raises:
            RefusedError: 42201: it is no schema of this kind, in the words of what judged it.
        """
        ...

    def whole(self, schema: Parsed) -> str:
        """Returns a registered schema's text with what it needs put in, where the kind can; else the text."""
        ...

    def misfits(self, reader: Parsed, writer: Parsed, *, backwards: bool) -> tuple[str, ...]:
        """Says what keeps a reader by one schema from reading what was written by another; empty: nothing does.

        Args:
            reader: The one that reads.
            writer: The one that wrote.
            backwards: The reader's is the earlier schema.
        """
        ...
