"""How a stage waits for a schema: it lets the input go on, or, where the input ends anyway, it waits in place."""

from dataclasses import dataclass
from typing import Final, Protocol


class Patience(Protocol):
    """The elapsed time that waiting is measured by."""

    def now(self) -> float:
        """Returns seconds on a clock of its own, never going back."""
        ...

    def pause(self) -> bool:
        """Lets a moment pass in place; False where the input must not wait: what is due is decided at once."""
        ...


@dataclass(slots=True)
class Impatient:
    """A clock that a caller sets, and no waiting in place."""

    at: float = 0.0

    def now(self) -> float:
        """Returns the time that was set."""
        return self.at

    def pause(self) -> bool:
        """Refuses."""
        return False


IMPATIENT: Final = Impatient()
