"""What keeps a reader by one JSON Schema from reading what was written by another: rules keyword by keyword.

Of some keywords only equality is known: a difference is told, and does not fit; what is no keyword of JSON Schema says
nothing of values. Open and closed content are told apart, and the branches of a oneOf taken for disjoint, as in
Confluent's registry.
"""

from collections.abc import Iterator
from typing import Any, Final

from yangbeam.registry.formats import json_content, json_values
from yangbeam.registry.formats.json_refs import References, equal

_UNIONS: Final = ("oneOf", "anyOf")
_ONLY_EQUAL: Final = frozenset(
    (
        *("pattern", "uniqueItems", "minContains", "maxContains", "unevaluatedProperties", "unevaluatedItems"),
        *("$ref", "$dynamicRef", "$recursiveRef", "disallow", "extends", "divisibleBy"),
    )
)
_RULES: Final = (
    json_values.types,
    json_values.values,
    json_values.bounds,
    json_values.multiples,
    json_values.required,
    json_values.dependencies,
)
_CONTENTS: Final = (
    json_content.properties,
    json_content.items,
    json_content.names,
    json_content.dependents,
    json_content.contained,
)
MAX_DEPTH: Final = 200
"""Levels of nesting that are compared: no schema of people has more."""
MAX_PAIRS: Final = 20_000
"""Pairs of schemas that are compared: combinations within combinations are many."""


def changes(reader: References, writer: References) -> Iterator[str]:
    """Yields what the reader's schema refuses of what the writer's allows."""
    yield from _Comparison(reader, writer).between(reader.root, writer.root, "#", 0)


class _Comparison:
    """Compares pairs of schemas, each once.

    What fits is remembered until a pair fails that it was found within: there it may have fitted only because a schema
    that refers to itself was taken to fit. Pairs are known by their places in memory: what is made here is kept.
    """

    def __init__(self, reader: References, writer: References, budget: Iterator[int] | None = None) -> None:
        self._reader = reader
        self._writer = writer
        self._fits: dict[tuple[int, int], None] = {}
        self._made: list[Any] = []
        self._budget = iter(range(MAX_PAIRS)) if budget is None else budget

    def between(self, reader: Any, writer: Any, path: str, depth: int) -> list[str]:
        """Returns what a reader refuses of what a writer allows; empty: nothing."""
        reader, writer = self._reader.target(reader), self._writer.target(writer)
        pair = (id(reader), id(writer))
        if reader in (True, {}) or writer is False or pair in self._fits:
            return []
        if reader is False or depth > MAX_DEPTH or next(self._budget, None) is None:
            return [f"{path}: nothing is allowed any more" if reader is False else f"{path}: too large to compare"]
        known = len(self._fits)
        self._fits[pair] = None
        found = self._compared(reader, {} if writer is True else writer, path, depth)
        if found:
            for later in list(self._fits)[known:]:
                del self._fits[later]
        return found

    def _compared(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> list[str]:
        found = list(self._rules(json_values.meant(reader, writer), writer, path, depth))
        if found and self._is_fitted_in_parts(reader, writer, path, depth):
            return []
        return found

    def _rules(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        for rule in _RULES:
            yield from rule(reader, writer, path)
        for name in sorted(_ONLY_EQUAL & reader.keys()):
            if not equal(reader[name], writer.get(name)) and not (name == "uniqueItems" and reader[name] is False):
                yield f"{path}: {name} is changed, which is not known to fit"
        for content in _CONTENTS:
            for mine, theirs, what, place in content(reader, writer, path):
                for said in self.between(mine, theirs, place, depth + 1):
                    yield f"{what}: {said}" if what else said
        yield from self._conditions(reader, writer, path, depth)
        yield from self._combined(reader, writer, path, depth)

    def _conditions(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        """What follows from a condition is compared where the condition is the same."""
        if "if" not in reader or not {"then", "else"} & reader.keys():
            return
        if "if" not in writer or not equal(reader["if"], writer["if"]):
            yield f"{path}: if is changed, which is not known to fit"
            return
        for name in ("then", "else"):
            yield from self.between(reader.get(name, True), writer.get(name, True), f"{path}/{name}", depth + 1)

    def _combined(self, reader: dict[str, Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        for number, part in enumerate(reader.get("allOf", ())):
            yield from self.between(part, writer, f"{path}/allOf/{number}", depth + 1)
        for name in _UNIONS:
            if name in reader:
                yield from self._of_union(name, reader[name], writer, path, depth)
        if "not" in reader:
            yield from self._excluded(reader["not"], writer.get("not"), path, depth)

    def _of_union(self, name: str, branches: list[Any], writer: dict[str, Any], path: str, depth: int) -> Iterator[str]:
        """A branch must take each alternative that the writer has."""
        if name == "oneOf" and len(writer.get("anyOf", ())) > 1 and "oneOf" not in writer:
            yield f"{path}/oneOf: was anyOf, whose branches may overlap"
            return
        alternatives = next((writer[union] for union in _UNIONS if union in writer), None)
        for place, alternative in enumerate(self._kinds(writer) if alternatives is None else alternatives):
            wanted = (self.between(branch, alternative, f"{path}/{name}", depth + 1) for branch in branches)
            if all(wanted):
                what = "what was allowed" if alternatives is None else f"what branch {place} allowed"
                yield f"{path}/{name}: no branch takes {what}"

    def _kinds(self, writer: dict[str, Any]) -> list[dict[str, Any]]:
        """A schema of several types as one of each."""
        kinds = writer.get("type")
        found = [writer | {"type": kind} for kind in kinds] if isinstance(kinds, list) else [dict(writer)]
        self._made += found
        return found

    def _excluded(self, mine: Any, theirs: Any, path: str, depth: int) -> Iterator[str]:
        """What the reader excludes, the writer must have excluded: here the writer's schema reads the reader's."""
        if theirs is None:
            yield f"{path}/not: something is excluded that was allowed"
            return
        turned = _Comparison(self._writer, self._reader, self._budget)
        if turned.between(theirs, mine, f"{path}/not", depth + 1):
            yield f"{path}/not: more is excluded than before"

    def _is_fitted_in_parts(self, reader: Any, writer: dict[str, Any], path: str, depth: int) -> bool:
        """Whether a reader takes each alternative of the writer's union, or one of the parts that all hold."""
        for name in _UNIONS:
            branches = () if name == "anyOf" and "oneOf" in reader else writer.get(name)
            if branches and not any(self.between(reader, branch, path, depth + 1) for branch in branches):
                return True
        return any(not self.between(reader, part, path, depth + 1) for part in writer.get("allOf", ()))
