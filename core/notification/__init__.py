"""Notifications of RFC 8639/8641 in every wrapper and encoding, to one normal form."""
