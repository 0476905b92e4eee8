"""Decides when a worker hands on what a stage made: after each element, from the thread that made it.

Beam's worker keeps outputs until the end of the bundle, or 10 MB. Its ``data_buffer_time_limit_ms`` hands them on by a
timer in another thread, which cuts an element that is just being encoded in two (the runner then fails with an
EOFException) and forgets what is written while it hands on: elements are lost without a word, the more the larger they
are. Our elements are batches, so that handing on each costs nothing.

Importing this module in a worker puts it in place; ``runners/flink_options.py`` names it as a plugin of Beam's.
"""

import logging
from typing import Final

import apache_beam
from apache_beam.runners.worker.data_plane import SizeBasedBufferingClosableOutputStream

TESTED: Final = frozenset({"2.77.0"})
"""Beam releases in which the name below is known to mean what it is taken for."""

_LOG = logging.getLogger(__name__)


def hand_on(stream: SizeBasedBufferingClosableOutputStream) -> None:
    """Stands for ``maybe_flush``, which Beam calls behind each element and nowhere else."""
    if stream.size():
        stream.flush()


def install(version: str = apache_beam.__version__) -> bool:
    """Puts ``hand_on`` in place; with a release of Beam that is not in TESTED results are right, and come later."""
    if version not in TESTED:
        _LOG.warning("apache_beam %s is not known to yangbeam: results wait for the end of their bundle", version)
        return False
    SizeBasedBufferingClosableOutputStream.maybe_flush = hand_on  # type: ignore[method-assign, assignment] # as said
    return True


install()
