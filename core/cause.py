"""One cause of dead letters: a row of the table."""

from typing import NamedTuple

from yangbeam.core.fault import Fault


class Cause(NamedTuple):
    """What is known of a cause."""

    fault: Fault
    """Who can mend it, unless the error at hand knows better."""
    meaning: str
    """One sentence: what was found."""
    cure: str
    """What to do. ``{module}`` and ``{path}`` stand for the facts of the message at hand."""
