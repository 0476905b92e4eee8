"""Routers that publish: the habits of real ones, faults on demand, and the truth about both."""
