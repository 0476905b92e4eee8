"""Which pairs of schemas a compatibility level compares, and what it says of a kind that changes."""

from collections.abc import Iterator, Mapping, Sequence

from yangbeam.registry.formats.parsed import Format, Parsed


def misfits(formats: Mapping[str, Format], new: Parsed, olds: Sequence[Parsed], level: str) -> tuple[str, ...]:
    """Says what keeps a schema from following others; empty: nothing does.

    Args:
        formats: Kinds of schema by name.
        new: What is to follow.
        olds: What went before, oldest first.
        level: ``BACKWARD``: readers of the new read what the last wrote; ``FORWARD``: the other way; ``FULL``: both;
            with ``_TRANSITIVE``: against all that went before. ``NONE``: everything fits.
    """
    found = [said for _, each in compared(formats, new, olds, level) for said in each]
    return tuple(dict.fromkeys(found))


def compared(
    formats: Mapping[str, Format], new: Parsed, olds: Sequence[Parsed], level: str
) -> Iterator[tuple[Parsed, list[str]]]:
    """Yields (an earlier schema, what keeps the new one from following it), newest first; see ``misfits``."""
    if level == "NONE":
        return
    direction = level.removesuffix("_TRANSITIVE")
    for old in reversed(olds if level.endswith("_TRANSITIVE") else olds[-1:]):
        yield old, _between(formats, new, old, direction)


def _between(formats: Mapping[str, Format], new: Parsed, old: Parsed, direction: str) -> list[str]:
    if new.body.kind != old.body.kind:
        return [f"{old.label} is of schema type {old.body.kind}, the new one of {new.body.kind}"]
    judge = formats[new.body.kind]
    found: list[str] = []
    if direction in ("BACKWARD", "FULL"):
        found += judge.misfits(new, old, backwards=False)
    if direction in ("FORWARD", "FULL"):
        found += judge.misfits(old, new, backwards=True)
    return found
