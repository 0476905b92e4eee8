"""What a registration takes over from the version before it, and from what is configured: metadata, rules, version.

As in Confluent's API: metadata that are not sent are those of the version before; ``confluent:version`` is kept in
them once somebody registers under a number. A YANG module's metadata are facts about its text: only the same text takes
them over.
"""

from typing import Final

import msgspec

from yangbeam.core.registered import YANG, Body, Metadata
from yangbeam.registry import rule_sets
from yangbeam.registry.settings import Config

VERSION: Final = "confluent:version"
"""Property of the number that a version was registered under."""


def carried(sent: Body, before: Body | None, config: Config, number: int, *, is_numbered: bool) -> Body:
    """Returns what is registered for what was sent.

    Args:
        sent: As it was sent; metadata None: none were sent.
        before: The newest version that is not deleted; None: there is none.
        config: What is configured of the subject.
        number: The version that it will be.
        is_numbered: It was sent with a version.
    """
    found, rules = sent.metadata, sent.rules
    if found is None and before is not None and (sent.kind != YANG or sent.text == before.text):
        found = before.metadata
    if sent.kind != YANG:
        if rules is None and before is not None and before.kind != YANG:
            rules = before.rules
        found = merged(merged(config.default_metadata, found), config.override_metadata)
        rules = rule_sets.merged(rule_sets.merged(config.default_rule_set, rules), config.override_rule_set)
    if is_numbered or _property(found, VERSION):
        found = merged(found, Metadata(properties={VERSION: str(number)}))
    return msgspec.structs.replace(sent, metadata=found, rules=rules).normal()


def merged(lower: Metadata | None, upper: Metadata | None) -> Metadata | None:
    """Returns metadata over metadata: name by name, the upper one's value holds."""
    if lower is None or upper is None:
        return lower or upper
    return Metadata(
        {**(lower.tags or {}), **(upper.tags or {})} or None,
        {**(lower.properties or {}), **(upper.properties or {})} or None,
        tuple(sorted({*(lower.sensitive or ()), *(upper.sensitive or ())})) or None,
    )


def is_meant(sent: Metadata | None, kept: Metadata | None, version: int) -> bool:
    """Whether metadata that were sent mean a version: the same but for the number that it was registered under."""
    asked = _property(sent, VERSION)
    if asked and asked not in (_property(kept, VERSION), str(version)):
        return False
    return _without_version(sent) == _without_version(kept)


def _property(metadata: Metadata | None, name: str) -> str:
    return ((metadata and metadata.properties) or {}).get(name, "")


def _without_version(metadata: Metadata | None) -> Metadata | None:
    if metadata is None:
        return None
    rest = {name: value for name, value in (metadata.properties or {}).items() if name != VERSION}
    return Body("", metadata=msgspec.structs.replace(metadata, properties=rest or None)).normal().metadata
