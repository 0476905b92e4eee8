"""docs/causes.md, generated from the tables of causes, states and exit codes."""

import sys
from typing import Final

from yangbeam.core.causes import CAUSES, OLD_NAMES, in_words
from yangbeam.core.states import STATES
from yangbeam.pipeline.exit_codes import MEANING

_HEAD: Final = """# Causes, states and exit codes

Generated from `core/cause_table.py`, `core/states.py` and `pipeline/exit_codes.py` by `./dev docs`. These names are
final: a later release adds some, and changes none.

## Causes of dead letters

`reason` of a dead letter and the counts `dead:CAUSE` of the ledger are names of this table. `fault` says who can mend
it: `device` (the router), `collector` (a defect of yangbeam), `environment` (network, disk, brokers) or
`configuration` (yours). The fault of one dead letter may differ, where more was known.

| cause | fault | what it means | what to do |
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
    codes = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANING.items())
    return (
        f"{_HEAD}{rows}\n### Earlier names\n\nRecords that an earlier release wrote are read with these names, and so "
        f"are the receiver's counters.\n\n| was | is |\n|---|---|\n{old}\n## States\n{states}\n## Exit codes\n\n"
        f"| code | meaning |\n|---|---|\n{codes}"
    )


if __name__ == "__main__":
    sys.stdout.write(causes())
