"""The compiled judge against libyang: what one accepts the other must accept."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.core.yang.compiled.edit_cases import Edits
from tests.core.yang.compiled.instances import Instances, case
from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.notification.target import parse_target
from yangbeam.core.yang.annotations import refuse_odd_annotations
from yangbeam.core.yang.compiled.edits import EditJudge
from yangbeam.core.yang.compiled.judge import CompiledJudge
from yangbeam.core.yang.edits import Place
from yangbeam.core.yang.json_object import read_object
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.unique_keys import refuse_duplicate_keys

FRESH_POOLS = 20_000
"""Cases after which leaf values are drawn anew."""


@dataclass(slots=True)
class Outcome:
    """Counts of a run.

    Attributes:
        cases: By what was done to them.
        accepted: By both.
        cautious: Accepted by libyang alone, by what was done: they only cost time.
        wrong: Texts that the compiled judge accepts and libyang refuses: there must be none.
        examples: Some cautious texts that were valid as made.
    """

    cases: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    cautious: Counter[str] = field(default_factory=Counter)
    wrong: list[bytes] = field(default_factory=list)
    examples: list[bytes] = field(default_factory=list)

    def count(self, what: str, text: bytes, *, fast: bool, slow: bool) -> None:
        """Counts the verdicts of the compiled judge (``fast``) and of libyang (``slow``) on one text."""
        self.cases[what] += 1
        if fast and slow:
            self.accepted[what] += 1
        elif fast:
            self.wrong.append(text)
        elif slow:
            self.cautious[what] += 1
            if what == "valid" and len(self.examples) < 50:
                self.examples.append(text)

    def add(self, other: "Outcome") -> None:
        """Adds the counts of another run."""
        self.cases += other.cases
        self.accepted += other.accepted
        self.cautious += other.cautious
        self.wrong += other.wrong

    def __str__(self) -> str:
        """The figures in one line."""
        cases, accepted, cautious = self.cases.total(), self.accepted.total(), self.cautious.total()
        return (
            f"{cases} cases: {accepted} accepted by both, {cases - accepted - cautious} refused by both, {cautious}"
            f" left to libyang that accepts them ({self.cautious['valid']} of {self.cases['valid']} valid as made),"
            f" {len(self.wrong)} disagreements"
        )


def libyang_accepts(schema: Schema, text: bytes) -> bool:
    """The verdict of libyang with the checks around it, as ``Schema`` gives it without the compiled judge."""
    try:
        document = read_object(text)
        refuse_odd_annotations(text, document)
        if schema._context.refusal(text, "structural") or not schema._top.issuperset(document):
            return False
        refuse_duplicate_keys(document, schema._keys)
    except InvalidInstanceError:
        return False
    return True


PER_TARGET = 10
"""Values of one target: it is met once by libyang, and again by the compiled judge."""


def compare_edits(schema: Schema, cases: int, seed: int) -> Outcome:
    """Judges that many values of edits by both engines, each target first by libyang, as ``Engine`` does."""
    chance, outcome = random.Random(seed), Outcome()
    judge = EditJudge(CompiledJudge(schema.tree))
    made = Edits(schema.tree, chance)
    while outcome.cases.total() < cases:
        target, node, keys = made.target()
        for _ in range(PER_TARGET):
            what, value = made.value(node, keys)
            fast, places = judge.accepts(target, value), edit_accepted(schema, target, value)
            outcome.count(what, value, fast=fast, slow=places is not None)
            if places is not None:
                judge.learn(target, places)
    return outcome


def edit_accepted(schema: Schema, target: str, value: bytes) -> Sequence[Place] | None:
    """The places of an edit that libyang accepts; None: it refuses it."""
    try:
        return schema.validate_edit(parse_target(target), "merge", value)
    except (InvalidInstanceError, NotificationError):
        return None


def compare(schema: Schema, cases: int, seed: int, under: tuple[str, ...] = ()) -> Outcome:
    """Judges that many cases by both engines."""
    chance, outcome = random.Random(seed), Outcome()
    judge = CompiledJudge(schema.tree)
    judge.meet(under or schema.tree.data)
    made = Instances(schema.tree, chance, under)
    for number in range(1, cases + 1):
        what, text = case(made, chance)
        outcome.count(what, text, fast=judge.accepts(text), slow=libyang_accepts(schema, text))
        if number % FRESH_POOLS == 0:
            made.pools.__init__(chance)  # type: ignore[misc] # drawn anew
    return outcome
