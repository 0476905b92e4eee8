"""The states that records and reports name, each with what it says; the documentation is made from this table."""

from typing import Final

STATES: Final[dict[str, dict[str, str]]] = {
    "of a message, in the ledger": {
        "delivered": "The outside acknowledged it.",
        "dead": "It ended as a dead letter.",
        "duplicates": "It was dropped as a repetition.",
        "pending": "It waits for its schema.",
        "not-mapped": "It was passed on without a verdict, and a sink of rows leaves it out.",
    },
    "of contents, in `yangbeam-verdict`": {
        "valid": "The schema accepts it, as its publisher sent it.",
        "pruned": "The schema accepts what is left: nodes were set aside, and their absence proves nothing.",
        "normalised": "The schema accepts it: what its publisher spelt otherwise than RFC 7951 was spelt anew.",
        "invalid": "The schema refuses it, and the policy passes it on.",
        "unvalidated": "There was no schema, or validation is off, and the policy passes it on.",
    },
    "of a loss event": {
        "open": "Found, and may still be taken back.",
        "confirmed": "For sure.",
        "withdrawn": "It was none, or is over.",
    },
    "of a subscription": {
        "unknown": "Data arrived, and no subscription-started: it was missed, or never sent.",
        "active": "The publisher owes updates.",
        "suspended": "The publisher said that it owes none for now.",
        "completed": "It reached its stop time.",
        "terminated": "The publisher ended it.",
    },
    "of how a counter counts": {
        "settled": "It is known what the numbers belong to.",
        "learning": "Several explanations still fit.",
        "set": "The operator said it.",
        "untrackable": "The numbers do not count, so that no loss can be known from them.",
    },
}
"""By what they are states of; the names are final."""
