"""Where a secret is found, and client properties that name one: what graphs and settings carry in its place."""

from collections.abc import Iterable
from typing import Protocol


class Concealed(Protocol):
    """A secret in the clear that does not print itself, as pydantic's ``SecretStr``."""

    def get_secret_value(self) -> str:
        """Returns it."""
        ...


class SecretSource(Protocol):
    """Where a secret is found; hashable and picklable, and holds no secret itself."""

    def reveal(self) -> Concealed:
        """Fetches it, in the process that needs it.

        Raises:
            ConfigurationError: It is not there.
        """
        ...


Properties = tuple[tuple[str, str | SecretSource], ...]
"""Properties of a client, by name: their text, or where it is found. Hashable, so that clients are kept by them."""


def clear(source: SecretSource) -> str:
    """Returns a secret in the clear: pass it to the client and nowhere else."""
    return source.reveal().get_secret_value()


def resolved(properties: Iterable[tuple[str, str | SecretSource]]) -> dict[str, str]:
    """Returns properties with their secrets in the clear, in the process that makes the client.

    Raises:
        ConfigurationError: A secret is not there.
    """
    return {name: value if isinstance(value, str) else clear(value) for name, value in properties}
