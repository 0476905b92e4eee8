"""One line of a check: what was found, and if it is a problem whose it is and what to do."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.failure import failure_of

State = Literal["ok", "problem", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found of one thing.

    Attributes:
        check: Name of the check.
        state: ``unknown``: it cannot be found out from here, which is nobody's fault.
        what: What was found.
        cure: What to do; empty where ``what`` says it, or there is nothing to do.
        fault: Whose a problem is.
    """

    check: str
    state: State
    what: str
    cure: str = ""
    fault: Fault | None = None

    def __str__(self) -> str:
        if self.state != "problem":
            return f"{self.check}: {'ok' if self.state == 'ok' else 'not known'}: {self.what}"
        cure = f"; {self.cure}" if self.cure else ""
        return f"{self.check}: {self.what}{cure} [{self.fault}]"

    def as_json(self) -> dict[str, Any]:
        """Returns it as an object, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}


def ok(check: str, what: str) -> Finding:
    """Returns that a thing is as it should be."""
    return Finding(check, "ok", what)


def unknown(check: str, what: str) -> Finding:
    """Returns that a thing cannot be found out."""
    return Finding(check, "unknown", what)


def problem(check: str, what: str, cure: str, fault: Fault = Fault.ENVIRONMENT) -> Finding:
    """Returns that a thing is wrong."""
    return Finding(check, "problem", what, cure, fault)


def failed(check: str, error: BaseException) -> Finding:
    """Returns an error as a problem; of ours, its detail says the cure."""
    failure = failure_of(error)
    what = failure.error.detail if isinstance(failure.error, YangbeamError) else failure.text
    return Finding(check, "problem", what, "", failure.fault)
