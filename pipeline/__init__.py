"""Configuration in, graph out, and the command line."""

from yangbeam.core.small_talk import hush

hush()
