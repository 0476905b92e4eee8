"""Servers of HTTP over TLS: notifications, and what every such server does with its connections."""
