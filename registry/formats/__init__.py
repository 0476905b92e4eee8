"""Kinds of schema: what is one, and what may follow what."""
