"""Confluent's rule sets: which are ones, and how those of a configuration and of a schema come together.

They are kept and given back, never acted on: whoever reads and writes messages runs them.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from yangbeam.registry.refusals import Code, RefusedError

RuleSet = dict[str, Any]

_UPGRADES: Final = frozenset(("UPGRADE", "DOWNGRADE", "UPDOWN"))
_PASSAGES: Final = frozenset(("WRITE", "READ", "WRITEREAD"))
_MODES: Final = {"migrationRules": _UPGRADES, "domainRules": _PASSAGES, "encodingRules": _PASSAGES}
"""Lists of rules, and the modes that rules in them may have."""


class _Rule(msgspec.Struct):
    name: str
    mode: str
    type: str


def checked(rules: RuleSet | None) -> RuleSet | None:
    """Returns a rule set.

    Raises:
        RefusedError: 42210: a rule lacks its name, mode or type, has a mode of other lists, or a name that another has.
    """
    for wrong in _wrong(rules or {}):
        raise RefusedError(Code.INVALID_RULES, f"Invalid rule set: {wrong}")
    return rules


def _wrong(rules: RuleSet) -> Iterator[str]:
    for kind, modes in _MODES.items():
        try:
            found = msgspec.convert(rules.get(kind) or [], list[_Rule])
        except msgspec.ValidationError as error:
            yield f"{kind}: {error}"
            continue
        names = [rule.name for rule in found]
        for rule in found:
            if not rule.name or names.count(rule.name) > 1:
                yield f"{kind}: rule name {rule.name[:60]!r} is empty, or used twice"
            if rule.mode not in modes:
                yield f"{kind}: the mode of {rule.name[:60]!r} is {rule.mode[:60]!r}, not of {', '.join(sorted(modes))}"


def merged(lower: RuleSet | None, upper: RuleSet | None) -> RuleSet | None:
    """Returns rules over rules: list by list and name by name, the upper one's rule holds.

    >>> merged({"domainRules": [{"name": "a"}]}, {"domainRules": [{"name": "b"}]})
    {'domainRules': [{'name': 'a'}, {'name': 'b'}]}
    """
    if not lower or not upper:
        return lower or upper
    found = lower | upper
    for kind in _MODES.keys() & lower.keys() & upper.keys():
        each = [rule for rules in (lower, upper) for rule in rules[kind] or ()]
        found[kind] = list({rule["name"]: rule for rule in each}.values())
    return found
