"""Speaks to a schema registry of Confluent's API over HTTP: ours, or any other.

Promise: a call that a registry may not have taken is tried again a few times, with pauses; every call is idempotent.
What is raised names the registry and says whether waiting helps.
"""

import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import httpx
import orjson

from yangbeam.core.elements import Terms
from yangbeam.core.errors import ConfigurationError, SchemaPendingError
from yangbeam.core.registered import Body, Registered
from yangbeam.core.registry_answers import (
    TRANSIENT,
    body_of,
    document,
    garbage,
    guid_of,
    guids_id_of,
    identity_of,
    refuse,
    registered_of,
    request_of,
    terms_in,
    unreachable,
)
from yangbeam.core.secret_source import SecretSource, clear

MAX_ANSWER: Final = 64 << 20
"""Octets of one answer: the largest schemas have some millions."""
_TYPE: Final = {"content-type": "application/vnd.schemaregistry.v1+json"}


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """Which registry, and how it is spoken to; hashable and picklable, secrets by reference only.

    Attributes:
        url: Its address, a path before the routes included.
        username: For basic authentication; empty: none.
        password: Its password.
        token: Bearer token instead.
        ca_file: Certificates that sign the registry's; empty: the system's.
        certificate_file: Ours, where it asks for one; with its key in it or in ``key_file``.
        key_file: Its private key.
        timeout_s: For an answer to begin, and between its parts.
        attempts: How often a call is tried in all.
        pause_s: Before the second attempt, doubled for each further one, less up to a half by chance.
    """

    url: str
    username: str = ""
    password: SecretSource | None = None
    token: SecretSource | None = None
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    timeout_s: float = 5.0
    attempts: int = 2
    pause_s: float = 0.1


class SchemaRegistry:
    """A registry behind HTTP; implements ``RegistryClient`` and ``RegistryReader``. May be used by several threads.

    Args:
        address: Which.
        sleep: Waits seconds between attempts.

    Raises:
        ConfigurationError: A certificate cannot be read, or a secret is not to be had.
    """

    def __init__(self, address: RegistryAddress, sleep: Callable[[float], None] = time.sleep) -> None:
        self._address = address
        self._sleep = sleep
        self._client = httpx.Client(
            base_url=address.url.rstrip("/") + "/",
            headers=_headers(address),
            auth=_auth(address),
            verify=_tls(address),
            timeout=address.timeout_s,
            follow_redirects=False,
            trust_env=False,
        )

    def register(self, subject: str, body: Body) -> Registered:
        """See ``RegistryClient``. Registries that answer with an id alone are asked for the version."""
        path = f"subjects/{_quoted(subject)}"
        said = registered_of(self.name, subject, self._asked("POST", f"{path}/versions", request_of(body)))
        if said.version:
            return said
        return registered_of(self.name, subject, self._asked("POST", path, request_of(body)))

    def compatibility(self, subject: str) -> str | None:
        """See ``RegistryClient``."""
        answer = self._send("GET", f"config/{_quoted(subject)}")
        if answer.status_code == 404:
            return None
        found = document(self.name, self._judged(answer, f"the level of {subject}"))
        level = found.get("compatibilityLevel") if isinstance(found, dict) else None
        return level if isinstance(level, str) else None

    def set_compatibility(self, subject: str, level: str) -> None:
        """See ``RegistryClient``."""
        self._asked("PUT", f"config/{_quoted(subject)}", orjson.dumps({"compatibility": level}))

    def body(self, schema_id: int) -> Body:
        """See ``RegistryReader``."""
        return body_of(self.name, self._asked("GET", f"schemas/ids/{schema_id}"))

    def root(self, schema_id: int) -> tuple[Body, UUID]:
        """Returns the schema of an id with its GUID; of a registry that tells none, the GUID that ours would give."""
        answer = self._asked("GET", f"schemas/ids/{schema_id}")
        body = body_of(self.name, answer)
        return body, guid_of(self.name, answer) or UUID(body.guid)

    def body_of(self, subject: str, version: int) -> Body:
        """See ``RegistryReader``."""
        return body_of(self.name, self._asked("GET", f"subjects/{_quoted(subject)}/versions/{version}?deleted=true"))

    def id_of_guid(self, guid: str) -> int:
        """Returns the id of the schema of a GUID.

        Raises:
            SchemaError: ``schema-unknown``.
        """
        return guids_id_of(self.name, guid, self._asked("GET", f"schemas/guids/{guid}/ids"))

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        """Has the registry find an exporter's schema, as only ours does.

        Raises:
            SchemaPendingError: It looks for it, or is out of reach: ask again.
            SchemaError: There is none.
        """
        wish = {"exporter": exporter, "content-id": content_id, "modules": sorted(modules)}
        answer = self._send("POST", "resolve", orjson.dumps(wish))
        if answer.status_code == 202:
            raise SchemaPendingError("schema-pending", f"registry {self.name} looks for the schema of {exporter}")
        return registered_of(self.name, "", self._judged(answer, f"the schema of {exporter}")).id

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        """Has the registry ask a node for a subscription, as only ours does; None: nothing is to be had of it.

        Raises:
            SchemaPendingError: It asks, or is out of reach: ask again.
            SchemaError: It does not let us in, or is none.
        """
        wish = {"exporter": exporter, "subscription-id": identifier}
        answer = self._send("POST", "subscription", orjson.dumps(wish))
        if answer.status_code == 202:
            raise SchemaPendingError("subscription-pending", f"registry {self.name} asks {exporter} for {identifier}")
        if answer.status_code == 404:  # no such subscription; or a registry without the route
            return None
        return terms_in(self.name, self._judged(answer, f"subscription {identifier} of {exporter}"))

    def identity(self) -> str:
        """Returns what the registry says of itself that tells it from others; empty: nothing, as some have no word."""
        answer = self._send("GET", "v1/metadata/id")
        if answer.status_code == 404:
            return ""
        return identity_of(self.name, self._judged(answer, "its identity"))

    def types(self) -> list[str]:
        """Returns the schema types that it takes: the cheapest question there is.

        Raises:
            YangbeamError: It does not answer, or does not let us ask.
        """
        found = document(self.name, self._asked("GET", "schemas/types"))
        return [str(each) for each in found] if isinstance(found, list) else []

    @property
    def name(self) -> str:
        """Its address, for errors; never what is secret."""
        return self._address.url

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def _asked(self, method: str, path: str, content: bytes = b"") -> bytes:
        return self._judged(self._send(method, path, content), f"{method} {path.partition('?')[0]}")

    def _judged(self, answer: httpx.Response, what: str) -> bytes:
        if not answer.is_success:
            refuse(self.name, answer.status_code, answer.content, what)
        return answer.content

    def _send(self, method: str, path: str, content: bytes = b"") -> httpx.Response:
        """Sends a request until an answer is worth having; the last transient one is returned as it is."""
        for attempt in range(1, self._address.attempts + 1):
            try:
                answer = self._once(method, path, content)
            except (httpx.RequestError, httpx.InvalidURL) as error:
                if attempt == self._address.attempts:
                    raise unreachable(self.name, f"{type(error).__name__}: {error}") from error
            else:
                if answer.status_code not in TRANSIENT or attempt == self._address.attempts:
                    return answer
            self._sleep(self._address.pause_s * 2 ** (attempt - 1) * random.uniform(0.5, 1))  # noqa: S311 # no secret
        raise unreachable(self.name, "no attempt")

    def _once(self, method: str, path: str, content: bytes) -> httpx.Response:
        with self._client.stream(method, path, content=content, headers=_TYPE if content else None) as answer:
            read = bytearray()
            until = time.monotonic() + 4 * self._address.timeout_s
            for part in answer.iter_bytes():
                read += part
                if len(read) > MAX_ANSWER:
                    raise garbage(self.name, f"more than {MAX_ANSWER >> 20} MiB")
                if time.monotonic() > until:  # a trickle keeps each read alive
                    raise httpx.ReadTimeout("the answer does not end")
        return httpx.Response(answer.status_code, content=bytes(read))


def _quoted(subject: str) -> str:
    return quote(subject, safe="")


def _headers(address: RegistryAddress) -> dict[str, str]:
    found = {"accept": "application/vnd.schemaregistry.v1+json, application/json"}
    if address.token is not None:
        found["authorization"] = f"Bearer {clear(address.token)}"
    return found


def _auth(address: RegistryAddress) -> tuple[str, str] | None:
    if not address.username:
        return None
    return address.username, clear(address.password) if address.password is not None else ""


def _tls(address: RegistryAddress) -> Any:
    if not address.url.startswith("https:"):
        return False
    try:
        context = ssl.create_default_context(cafile=address.ca_file or None)
        if address.certificate_file:
            context.load_cert_chain(address.certificate_file, address.key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError("registry-tls", f"the certificates of [registry] cannot be read: {error}") from error
    return context
