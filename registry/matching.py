"""Which version of a subject a schema means that was sent: the very same, or the same but for how it was sent.

That is: without ``confluent:version``, or with all references resolved in its text (Confluent's look-up of schemas).
"""

from collections.abc import Callable, Iterable, Mapping

from yangbeam.core.registered import YANG, Body
from yangbeam.registry.carrying import is_meant
from yangbeam.registry.formats.parsed import Format, Parsed
from yangbeam.registry.refusals import RefusedError
from yangbeam.registry.store import SchemaStore, Version


def same(
    store: SchemaStore,
    formats: Mapping[str, Format],
    parsed: Callable[[Body, str], Parsed],
    body: Body,
    versions: Iterable[Version],
) -> Version | None:
    """Returns the newest of some versions that a schema means; None: it means none.

    Args:
        store: Where the versions are kept.
        formats: Kinds of schema by name.
        parsed: Finds what a schema needs.
        body: The schema, in canonical form.
        versions: Oldest first.
    """
    known, newest = store.id_of(body), list(reversed(list(versions)))
    exact = next((version for version in newest if version.id == known), None)
    if exact is not None or body.kind == YANG:
        return exact
    for version in newest:
        kept = store.body(version.id)
        is_candidate = kept.kind == body.kind and kept.rules == body.rules
        if is_candidate and is_meant(body.metadata, kept.metadata, version.version):
            if kept.text == body.text and kept.references == body.references:
                return version
            if _is_whole_same(formats[body.kind], parsed, body, kept):
                return version
    return None


def _is_whole_same(judge: Format, parsed: Callable[[Body, str], Parsed], body: Body, kept: Body) -> bool:
    """Whether two schemas are the same once the types of others are written into them."""
    if body.references not in ((), kept.references):
        return False
    try:
        return judge.whole(parsed(body, "")) == judge.whole(parsed(kept, ""))
    except RefusedError:  # taken by an earlier release, which judged less
        return False
