"""Which libyang runs: where two releases judge a module differently, both verdicts are right."""

from typing import Final

from yangbeam.core.yang.libyang import versions

TAKES_REPLACED_CONFIG: Final = not versions()[0].startswith("2")
"""libyang 3 takes a deviation that replaces a ``config`` that is not there; 2.1 refuses it."""
