"""Why a message ends as a dead letter: the final name of each cause, whoever wrote it."""

from typing import Final

from yangbeam.core.cause_table import CAUSES as CAUSES  # noqa: PLC0414 # handed on, with the names
from yangbeam.core.cause_table import UNKNOWN
from yangbeam.core.udp_notif import ABANDONED, REFUSED

OLD_NAMES: Final[dict[str, str]] = {
    **{name: name.replace("_", "-") for name in (*REFUSED, *ABANDONED) if "_" in name},
    "refused_by_kafka": "record-refused",
    "capture_cut": "capture-cut",
    "capture_damaged": "capture-damaged",
    "poison-record": "not-a-raw-record",
    "raw-records-gone": "raw-records-deleted",
    "schema-not-to-be-had": "schema-timeout",
    "bad-filter": "invalid-filter",
    "bad-identity": "invalid-identity",
    "bad-schema-id": "invalid-schema-id",
    "bad-target": "invalid-target",
    "bad-time": "invalid-time",
    "container-as-array": "not-a-container",
    "unknown-media-type": "unsupported-media-type",
    "no-schema": "no-schema-id",
    "registry-garbage": "registry-answer-invalid",
    "discovery-broken": "discovery-failed",
}
"""Names that earlier releases wrote, and those of the receiver's counters, as records of the raw topic hold them."""


def final_name(reason: str) -> str:
    """Returns the cause's name in the table, whoever wrote the reason; ``UNKNOWN`` for what is not in it.

    >>> final_name("schema-not-to-be-had"), final_name("of a later release")
    ('schema-timeout', 'unknown-cause')
    """
    name = OLD_NAMES.get(reason, reason)
    return name if name in CAUSES else UNKNOWN


def in_words(template: str, *, module: str = "", path: str = "") -> str:
    """Returns a meaning or a cure with the facts at hand in their places, and words where there are none.

    Args:
        template: Of a cause.
        module: Name of the module; of several the names with commas between them, a last ``+N`` stands for N more.
        path: Of the node.

    >>> in_words("{module} {be} not there.", module="acme-b"), in_words("{module} {be} not there.")
    ('module acme-b is not there.', 'A module is not there.')
    >>> in_words("{module} {be} not there.", module="acme-b,acme-c,+3")
    'modules acme-b, acme-c and 3 more are not there.'
    """
    unnamed = "A module" if template.startswith("{module}") else "the module"
    *names, last = (f"{name[1:]} more" if name.startswith("+") else name for name in module.split(","))
    return template.format(
        module=f"modules {', '.join(names)} and {last}" if names else f"module {last}" if last else unnamed,
        path=path or "the path of the dead letter",
        be="are" if names else "is",
        it="them" if names else "it",
    )
