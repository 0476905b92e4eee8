"""Routers that publish: the habits of real ones, faults on demand, and the truth about both."""

from yangbeam.simulator.options import SimulateOptions, help_of
from yangbeam.simulator.send import simulate
from yangbeam.simulator.summary import Summary

__all__ = ["SimulateOptions", "Summary", "help_of", "simulate"]
