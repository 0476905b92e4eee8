"""Which tests run when: ``push`` before each push, ``nightly`` each night, ``once`` before a release, for a proof.

A test belongs to ``push`` unless a marker says otherwise. A run has one tier, ``--tier``, ``push`` where none is named.
"""

import pytest

TIERS = ("push", "nightly", "once")


def tier_of(item: pytest.Item) -> str:
    """Returns the tier that the item's nearest marker names."""
    return next((mark.name for mark in item.iter_markers() if mark.name in TIERS), "push")


def add_option(parser: pytest.Parser) -> None:
    """Adds ``--tier``."""
    parser.addoption("--tier", choices=TIERS, default="push", help="which tests: push (the default), nightly or once")


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests of the run's tier, and reports the others as deselected."""
    wanted = config.getoption("tier")
    others = [item for item in items if tier_of(item) != wanted]
    if others:
        items[:] = [item for item in items if tier_of(item) == wanted]
        config.hook.pytest_deselected(items=others)
