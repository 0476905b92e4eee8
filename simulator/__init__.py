"""Routers that publish over real sockets."""
