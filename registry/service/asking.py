"""What a request asks, read from it once: names with %2F in them, contexts, flags, numbers, a body of JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import msgspec

from yangbeam.core.undecodable import UNDECODABLE
from yangbeam.registry.appending import LATEST
from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.store import MAX_ID
from yangbeam.registry.subjects import DEFAULT, GLOBAL, qualified, scope_of

_Kind = TypeVar("_Kind")
_TRUE: Final = frozenset(("true", "1", "yes", ""))
_IN_CONTEXT: Final = re.compile(r"^/contexts/([^/]+)(/.+)$")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        params: Parts of the path, decoded.
        query: Its parameters.
        body: Octets as they came.
        context: What subjects that name none are in.
        client: Name and version that the client gives of itself.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    context: str = DEFAULT
    client: str = ""

    @property
    def subject(self) -> str:
        """The subject of the path, with its context."""
        return qualified(self.context, self.params["subject"])

    @property
    def scope(self) -> str:
        """The scope of the path's settings: a subject, a context (``:.name:``), or all (empty)."""
        named = self.params.get("subject", "")
        if named in ("", GLOBAL):
            return scope_of(self.context)
        if named.startswith(":.") and named.endswith(":") and named.count(":") == 2:
            return scope_of(named[1:-1])
        return qualified(self.context, named)

    @property
    def version(self) -> int:
        """The version of the path; LATEST for ``latest`` and -1.

        Raises:
            RefusedError: 42202.
        """
        written = self.params["version"]
        if written in ("latest", "-1"):
            return LATEST
        if not written.isascii() or not written.isdigit() or len(written) > 10 or not 0 < int(written) <= MAX_ID:
            said = f"The specified version '{written[:40]}' is not a valid version id."
            raise RefusedError(
                Code.INVALID_VERSION, said + ' Allowed values are between [1, 2^31-1] and the string "latest"'
            )
        return int(written)

    @property
    def schema_id(self) -> int:
        """The id of the path.

        Raises:
            RefusedError: 404: it is no number, so that there is no such route.
        """
        written = self.params["id"]
        if not written.isascii() or not written.isdigit() or len(written) > 10:
            raise RefusedError(Code.NO_ROUTE, "HTTP 404 Not Found")
        return int(written)

    def flag(self, name: str) -> bool:
        """A parameter that is true or false, in any spelling; false when absent."""
        written = self.query.get(name)
        return written is not None and written.strip().lower() in _TRUE

    def number(self, name: str, default: int) -> int:
        """A parameter that is a number.

        Raises:
            RefusedError: 42290.
        """
        written = self.query.get(name)
        try:
            return default if written is None else int(written)
        except ValueError:
            raise RefusedError(Code.INVALID_REQUEST, f"{name}={written!r:.60} is no number") from None

    def page(self, found: list[Any]) -> list[Any]:
        """The part of a list that ``offset`` and ``limit`` ask for; a limit below zero is none."""
        offset, limit = max(0, self.number("offset", 0)), self.number("limit", -1)
        return found[offset:] if limit < 0 else found[offset : offset + limit]

    def read(self, kind: type[_Kind]) -> _Kind:
        """Reads the body.

        Raises:
            RefusedError: 42290: it is no JSON, or not of that form.
        """
        try:
            return msgspec.json.decode(self.body or b"null", type=kind)
        except UNDECODABLE as error:
            raise RefusedError(Code.INVALID_REQUEST, f"The request's body is not as documented: {error}") from None


def split_context(path: str) -> tuple[str, str]:
    """Parts a raw path from the context it begins with.

    >>> split_context("/contexts/:.lab:/subjects"), split_context("/subjects/a%2Fb")
    (('.lab', '/subjects'), ('.', '/subjects/a%2Fb'))
    """
    found = _IN_CONTEXT.match(path)
    if not found:
        return DEFAULT, path
    name = unquote(found.group(1)).strip(":")
    return (name if name.startswith(".") else f".{name}"), found.group(2)
