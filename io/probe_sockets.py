"""Whether a port is free, and which receive buffer the kernel grants: tried with sockets that are closed at once."""

import socket

SO_RCVBUFFORCE = 33
"""Linux socket(7) option that Python does not name."""


def not_free(protocol: str, host: str, port: int) -> str:
    """Returns why a port cannot be bound; empty: it can.

    Args:
        protocol: ``udp`` or ``tcp``.
        host: An address.
        port: Its number.
    """
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as tried:
        if kind == socket.SOCK_STREAM:  # as servers do: connections that were closed a moment ago are no obstacle
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def granted_buffer(wanted: int) -> int:
    """Returns the octets of receive buffer that the kernel grants a UDP socket of this process."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        for option in (SO_RCVBUFFORCE, socket.SO_RCVBUF):
            try:
                tried.setsockopt(socket.SOL_SOCKET, option, wanted)
            except PermissionError:
                continue
            break
        # The kernel doubles the value for its own overhead, and reports the double (socket(7)).
        return tried.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
