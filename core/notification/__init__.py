"""Notifications of network nodes: any wrapper, any encoding, one normal form."""
