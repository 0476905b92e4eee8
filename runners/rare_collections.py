"""A plugin of Beam's: a worker that imports it looks for garbage rarely; ``runners/flink_options.py`` names it."""

from typing import Final

from yangbeam.runners.memory import collect_rarely

ENDED: Final = collect_rarely()
"""Set, it ends the looks at everything."""
