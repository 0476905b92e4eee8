"""What is judged, what becomes of what fails, and the verdicts that come of it."""

from dataclasses import dataclass, field
from typing import Final

from yangbeam.core.vendors import Releases
from yangbeam.core.yang.engine import Choice
from yangbeam.core.yang.mending.habits import HABITS
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames

VALID: Final = "valid"
PRUNED: Final = "pruned"
NORMALISED: Final = "normalised"
INVALID: Final = "invalid"
UNVALIDATED: Final = "unvalidated"
JUDGED: Final = frozenset((VALID, PRUNED, NORMALISED))
"""What its schema accepts, as it is published."""

PRUNE: Final = "prune"
REJECT: Final = "reject"
PASS: Final = "pass-and-mark"  # noqa: S105 # no password


@dataclass(frozen=True, slots=True)
class Policy:
    """What is judged, and what becomes of what fails.

    Attributes:
        validate: Judge at all; False marks everything ``unvalidated``.
        unknown: What becomes of nodes that no schema at hand describes: PRUNE, REJECT or PASS, the last two with their
            message.
        invalid: The same of nodes that contradict their schema.
        accept: Names of the habits of vendors that are understood.
        originals: Which originals of pruned messages are kept: ``all``, ``sample`` or ``none``.
        pass_unbound: Pass messages without a schema on, marked, instead of a dead letter.
        choice: Who judges contents and edits, and how strictly.
        sids: What the operator's .sid files name, for CBOR.
        releases: What runs on exporters, as the operator says; habits are counted by vendor.
    """

    validate: bool = True
    unknown: str = PRUNE
    invalid: str = REJECT
    accept: frozenset[str] = frozenset(HABITS)
    originals: str = "sample"
    pass_unbound: bool = False
    choice: Choice = field(default_factory=Choice)
    sids: SidNames = NO_SIDS
    releases: Releases = ()
