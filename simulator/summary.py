"""What a simulation reports when it is over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was sent.

    Attributes:
        messages: As the routers meant to send them, lost ones included.
        datagrams: Handed to the kernel.
        octets: Of payload, as meant.
        seconds: From the first message to the last.
        kinds: Messages by notification.
        done: Messages by what was done to them.
        truth: The file that tells of each; None when none was asked for.
    """

    messages: int
    datagrams: int
    octets: int
    seconds: float
    kinds: Mapping[str, int] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)
    truth: Path | None = None

    @property
    def rate(self) -> float:
        """Returns datagrams a second."""
        return self.datagrams / self.seconds if self.seconds else 0.0
