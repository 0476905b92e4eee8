"""Decides what a cached state cell weighs: the octets in it.

Beam's worker weighs a cell anew whenever it is read, cleared or written, by walking all that its list refers to; each
walk begins with a list of every loaded module and takes 0.25 ms or more. A batch writes a dozen cells: weighing them
cost more than writing them. Cells of ours are lists of octet strings; anything else is weighed as before.

Importing this module in a worker puts it in place; ``runners/flink_options.py`` names it as a plugin of Beam's.
"""

import logging
from typing import Any, Final

import apache_beam
from apache_beam.runners.worker import statecache

TESTED: Final = frozenset({"2.77.0"})
"""Beam releases in which the name below is known to mean what it is taken for."""
_LIST: Final = 56
_ITEM: Final = 41
"""Octets of Python's own around a list, and around each octet string in it."""

_LOG = logging.getLogger(__name__)
_walked: Final = statecache.get_deep_size


def weight(*values: Any) -> int:
    """Stands for ``get_deep_size``: octets of memory that values take."""
    return sum(_weight(value) for value in values)


def _weight(value: Any) -> int:
    if type(value) is list and all(type(item) is bytes for item in value):
        return _LIST + sum(map(len, value)) + _ITEM * len(value)
    walked: int = _walked(value)
    return walked


def install(version: str = apache_beam.__version__) -> bool:
    """Puts ``weight`` in place; with a release of Beam that is not in TESTED all is right, and slower."""
    if version not in TESTED:
        _LOG.warning("apache_beam %s is not known to yangbeam: state cells are weighed slowly", version)
        return False
    statecache.get_deep_size = weight
    return True


install()
