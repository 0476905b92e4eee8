"""How a graph is launched."""

from yangbeam.core.small_talk import hush

hush()
