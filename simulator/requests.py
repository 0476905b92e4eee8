"""The HTTPS connections of simulated routers: each router its own address, each source port its own connection.

Promise: at least once. A receiver that is not there yet, or asks to come again (503), is asked again for a while; one
that refuses a message is taken at its word. Source: draft-ietf-netconf-https-notif-15.
"""

import ssl
import time
from typing import Final

import httpx

from yangbeam.core.errors import ConfigurationError
from yangbeam.simulator.options import SimulateOptions

TRIES: Final = 20
PAUSE_S: Final = 0.25
"""Between two tries."""
TIMEOUT_S: Final = 30.0


class RouterRequests:
    """Opens a router's connection when it is first used, and keeps it.

    Args:
        options: Target, source addresses and certificates.

    Raises:
        ConfigurationError: The certificates cannot be used.
    """

    def __init__(self, options: SimulateOptions) -> None:
        address, port = options.destination
        host = f"[{address}]" if address.version == 6 else str(address)
        self._url = f"https://{host}:{port}{options.path}/relay-notification"
        self._options = options
        self._is_local = address.is_loopback
        self._headers = {"content-type": options.media_type.value}
        self._context = _context(options)
        self._open: dict[tuple[int, int], httpx.Client] = {}

    def post(self, router: int, number: int, payload: bytes) -> tuple[str, int] | None:
        """Sends one message; returns address and port it came from, None when the receiver refused it.

        Raises:
            ConfigurationError: The receiver cannot be reached, or does not take anything.
        """
        client = self._client(router, number)
        why = ""
        for _ in range(TRIES):
            try:
                answer = client.post(self._url, content=payload, headers=self._headers)
            except httpx.TransportError as error:
                why = str(error)
            else:
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return _source(answer) if answer.is_success else None
                why = answer.text.strip()
            time.sleep(PAUSE_S)
        raise ConfigurationError("target", f"{self._url} does not take notifications: {why}")

    def _client(self, router: int, number: int) -> httpx.Client:
        key = (router, number)
        if key not in self._open:
            source = self._options.exporter(router) if self._is_local else None
            transport = httpx.HTTPTransport(verify=self._context, local_address=source)
            self._open[key] = httpx.Client(transport=transport, timeout=TIMEOUT_S)
        return self._open[key]

    def close(self) -> None:
        """Closes all connections; safe to call twice."""
        for client in self._open.values():
            client.close()
        self._open.clear()


def _context(options: SimulateOptions) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.certificate is not None:
            context.load_cert_chain(options.certificate, options.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "tls", f"the certificates cannot be used: {error}; check ca_file, certificate, key"
        ) from error
    return context


def _source(answer: httpx.Response) -> tuple[str, int]:
    address, port = answer.extensions["network_stream"].get_extra_info("client_addr")[:2]
    return str(address), int(port)
