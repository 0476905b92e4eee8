"""docs/causes.md, generated from the tables of causes, states and exit codes."""

import sys
from typing import Final

from yangbeam.core.causes import CAUSES, OLD_NAMES, in_words
from yangbeam.core.states import STATES
from yangbeam.core.yang.mending.habits import HABITS
from yangbeam.pipeline.exit_codes import MEANING

_HEAD: Final = """# Causes, states and exit codes

Generated from `core/cause_table.py`, `core/states.py`, `core/yang/mending/habits.py` and `pipeline/exit_codes.py` by
`./dev docs`. These names are final: a later release adds some, and changes none.

## Causes of dead letters

`reason` of a dead letter and the counts `dead:CAUSE` of the ledger are names of this table. `fault` says who can mend
it: `device` (the router), `collector` (a defect of yangbeam), `environment` (network, disk, brokers) or
`configuration` (yours). The fault of one dead letter may differ, where more was known.

| cause | fault | what it means | what to do |
|---|---|---|---|
"""

_HABITS: Final = """
## Habits of publishers

What some publishers spell otherwise than RFC 7951 is understood where the schema leaves one meaning, and published as
RFC 7951 has it; the message is marked `normalised`, or `pruned` where nodes were set aside as well, and counted by
habit and vendor (`habit:NAME|VENDOR`, `habits_by_vendor` of the report, `yangbeam_habits`). The vendor is that of the
`release` in [[schemas.nodes]], else whose modules the schema has beside those of standards; `unknown` where neither
says it. What is valid already, a union's value above all, is never spelt anew. `validation.accept` names the habits
that are understood: all of them, unless you say otherwise.

| habit | what is sent | what it becomes | vendor and release where seen |
|---|---|---|---|
"""


def causes() -> str:
    """Returns docs/causes.md."""
    rows = "".join(
        f"| `{name}` | {cause.fault} | {in_words(cause.meaning)} | {in_words(cause.cure)} |\n"
        for name, cause in CAUSES.items()
    )
    old = "".join(f"| `{before}` | `{now}` |\n" for before, now in OLD_NAMES.items())
    states = "".join(
        f"\n### {whose[0].upper()}{whose[1:]}\n\n| state | what it says |\n|---|---|\n"
        + "".join(f"| `{name}` | {meaning} |\n" for name, meaning in named.items())
        for whose, named in STATES.items()
    )
    habits = "".join(
        f"| `{name}` | {habit.what} | {habit.done} | {habit.seen or '–'} |\n" for name, habit in HABITS.items()
    )
    codes = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANING.items())
    return (
        f"{_HEAD}{rows}\n### Earlier names\n\nRecords that an earlier release wrote are read with these names, and so "
        f"are the receiver's counters.\n\n| was | is |\n|---|---|\n{old}\n## States\n{states}{_HABITS}{habits}\n"
        f"## Exit codes\n\n| code | meaning |\n|---|---|\n{codes}"
    )


if __name__ == "__main__":
    sys.stdout.write(causes())
