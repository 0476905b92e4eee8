"""Which words of libraries say nothing to act on, and how they are kept out of the log."""

import logging
from typing import Final

SMALL_TALK: Final = ("apitools not found",)
"""Beginnings of such messages. Beam says this one while it is loaded, on machines without Google's cloud libraries."""


def is_small_talk(record: logging.LogRecord) -> bool:
    """Whether a record is of no use to anybody."""
    return record.getMessage().startswith(SMALL_TALK)


def hush() -> None:
    """Keeps small talk out of this process's log; packages that load Beam call it first."""
    logging.getLogger().addFilter(_is_of_use)  # a filter that is there already is not added again


def _is_of_use(record: logging.LogRecord) -> bool:
    return not is_small_talk(record)
