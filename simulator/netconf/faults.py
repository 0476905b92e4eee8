"""Decides what is wrong with a simulated NETCONF server; the same seed, the same wrongs."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from yangbeam.core.errors import ConfigurationError

MONITORING: Final = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
CHANCES = ("drops", "silent", "missing", "wrong_revision", "wrong_name", "undated")


class Wrong(StrEnum):
    """What becomes of one request."""

    NOTHING = ""
    DROP = "drop"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetconfFaults:
    """What goes wrong, and how often.

    Attributes:
        latency_s: Seconds that each get-schema takes.
        drops: Chance in [0, 1] that a request ends the session instead of being answered.
        silent: Chance that a request is never answered; at 1 there is no hello either.
        missing: Chance that a module of the library is not to be had.
        wrong_revision: Chance that a module's text is of another revision.
        wrong_name: Chance that the text is another module's.
        undated: Chance that a module's text has no revision statement.
        knows_revisions: It refuses get-schema with a version, if not.
        namespace: Of the element around a text; empty: it is in none. None: there is no element.
        warns: An rpc-error of severity warning stands beside each answer.
        only_warns: It stands alone.
        chunk: Octets of each chunk of an answer; 0: it is one chunk.
        seed: Same seed, same faults.
    """

    latency_s: float = 0.0
    drops: float = 0.0
    silent: float = 0.0
    missing: float = 0.0
    wrong_revision: float = 0.0
    wrong_name: float = 0.0
    undated: float = 0.0
    knows_revisions: bool = True
    namespace: str | None = MONITORING
    warns: bool = False
    only_warns: bool = False
    chunk: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        """Raises ConfigurationError on a chance that is none."""
        for name in CHANCES:
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigurationError("setting", f"{name}: valid is in [0, 1]")
        if self.latency_s < 0:
            raise ConfigurationError("setting", "latency_s: valid is 0 or more")

    def of_request(self, rng: Random) -> Wrong:
        """Draws what becomes of a request."""
        drawn = rng.random()
        if drawn < self.drops:
            return Wrong.DROP
        return Wrong.SILENCE if drawn < self.drops + self.silent else Wrong.NOTHING

    def of_module(self, name: str) -> str:
        """Returns ``missing``, ``wrong_revision``, ``wrong_name``, ``undated`` or nothing: the same for a module."""
        drawn = Random(f"{self.seed}/{name}").random()  # noqa: S311  repeatable, not secret
        for wrong in ("missing", "wrong_revision", "wrong_name", "undated"):
            drawn -= getattr(self, wrong)
            if drawn < 0:
                return wrong
        return ""
