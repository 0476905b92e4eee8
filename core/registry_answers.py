"""What a schema registry's answer means: a document, a wait, or an error that names the registry and the cure."""

import re
from typing import Any, Final, NoReturn
from uuid import UUID

import msgspec
import orjson

from yangbeam.core.causes import final_name
from yangbeam.core.elements import Terms
from yangbeam.core.errors import Fault, SchemaError, SchemaPendingError
from yangbeam.core.registered import YANG, Body, Registered
from yangbeam.core.terms_json import terms_of
from yangbeam.core.undecodable import UNDECODABLE
from yangbeam.core.yang.missing import MOST

MAX_SAID: Final = 300
"""Characters of a registry's own words that are repeated."""
TRANSIENT: Final = frozenset((408, 425, 429, 500, 502, 503))
"""Statuses that another attempt may not meet; 504 of ``/resolve`` is about a node, not about the registry."""
AWAY: Final = frozenset((429, 502, 503))
"""Statuses of a registry that answers nobody now; others are about the one question."""
_OURS: Final = re.compile(r"[0-9a-f]{16}")
"""Identities of registries of this kind."""


class RegistryDeniedError(SchemaError):
    """The registry does not let us in, or is none."""


class RegistryRefusedError(SchemaError):
    """The registry does not take a schema.

    Attributes:
        status: HTTP status: 409 where it does not fit an earlier version, 422 where it is no valid schema.
        code: The registry's error code.
    """

    fault = Fault.DEVICE

    def __init__(self, reason: str, detail: str, status: int, code: int) -> None:
        super().__init__(reason, detail)
        self.status = status
        self.code = code


def document(registry: str, text: bytes) -> Any:
    """Reads an answer.

    Raises:
        SchemaPendingError: ``registry-answer-invalid``.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise garbage(registry, f"no JSON ({error})") from error


def garbage(registry: str, what: str) -> SchemaPendingError:
    """Returns the error of an answer that no registry gives; something in between may have, for a while."""
    return SchemaPendingError(
        "registry-answer-invalid", f"registry {registry} answered {what}: is the address that of a schema registry?"
    )


def unreachable(registry: str, what: str) -> SchemaPendingError:
    """Returns the error of a registry that does not answer, or only that it cannot."""
    return SchemaPendingError(
        "registry-unreachable", f"registry {registry} is out of reach: {what}; known schemas go on from the cache"
    )


def refuse(registry: str, status: int, text: bytes, what: str) -> NoReturn:
    """Raises what an answer other than success means.

    Args:
        registry: Its address.
        status: HTTP status.
        text: The body.
        what: What was asked, for the error.

    Raises:
        SchemaPendingError: It cannot answer now.
        RegistryDeniedError: Credentials, or a redirection, or a method it has not.
        RegistryRefusedError: It refuses what was sent.
        SchemaError: ``schema-unknown``, or with the reason that ``/resolve`` gave.
    """
    code, said, reason = _said(text)
    words = f"registry {registry}, {what}: {status}" + (f" ({code})" if code else "") + (f": {said}" if said else "")
    if status == 504 and reason:
        raise SchemaPendingError(final_name(reason), words)
    if status in AWAY:
        raise unreachable(registry, words)
    if status in TRANSIENT or status >= 500:
        raise SchemaPendingError("registry-failing", f"{words}; known schemas go on from the cache")
    if status in (401, 403):
        raise RegistryDeniedError("registry-denied", f"{words}; correct the credentials of [registry]")
    if status == 404 and reason:
        raise _named(SchemaError(final_name(reason), words), text)
    if status == 404 and code in (40401, 40402, 40403):
        raise SchemaError("schema-unknown", words)
    if status in (409, 422):
        kind = "registry-incompatible" if status == 409 else "registry-refused"
        raise _named(RegistryRefusedError(final_name(reason) if reason else kind, words, status, code), text)
    raise RegistryDeniedError("registry-unfit", f"{words}; is the address that of a schema registry?")


def _named(error: SchemaError, text: bytes) -> SchemaError:
    """Returns the error with the modules that a body of ``/resolve`` names, as they are missing."""
    found = orjson.loads(text).get("modules") if error.reason == "module-missing" else None
    names = [name[:MAX_SAID] for name in found if isinstance(name, str)] if isinstance(found, list) else []
    if names:
        error.module, error.also = names[0], tuple(names[1:MOST])
    return error


def _said(text: bytes) -> tuple[int, str, str]:
    """Returns code, message and reason, as far as the body is one of a registry."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return 0, text[:MAX_SAID].decode("utf-8", "replace").strip(), ""
    if not isinstance(found, dict):
        return 0, "", ""
    code, said, reason = found.get("error_code"), found.get("message"), found.get("reason")
    return (
        code if isinstance(code, int) else 0,
        said[:MAX_SAID] if isinstance(said, str) else "",
        reason[:60] if isinstance(reason, str) else "",
    )


def request_of(body: Body) -> bytes:
    """Returns a schema as registries take it; members that only some know are left out where they are empty.

    A module without metadata says so: left out, they would be those of the version before.
    """
    whole = msgspec.to_builtins(body)
    if body.kind == YANG:
        whole["metadata"] = whole["metadata"] or {}
    return orjson.dumps({name: value for name, value in whole.items() if value not in (None, [], ())})


def guids_id_of(registry: str, guid: str, text: bytes) -> int:
    """Returns the id of a GUID from the ids that a registry has for it, by context.

    Raises:
        SchemaError: ``schema-unknown``.
        SchemaPendingError: ``registry-answer-invalid``.
    """
    found = _decoded(registry, text, list[_Id])
    if not found:
        raise SchemaError("schema-unknown", f"registry {registry} has no schema of the GUID {guid}")
    number: int = found[0].id
    return number


def identity_of(registry: str, text: bytes) -> str:
    """Returns the identity in what a registry says of itself; empty: it is none of ours.

    Others name their cluster, which a copy that gives the same ids does not share: that tells nothing.

    Raises:
        SchemaPendingError: ``registry-answer-invalid``.
    """
    found: _Identity = _decoded(registry, text, _Identity)
    return found.id if _OURS.fullmatch(found.id) else ""


class _Identity(msgspec.Struct):
    id: str = ""


class _Guid(msgspec.Struct):
    guid: UUID | None = None


def guid_of(registry: str, text: bytes) -> UUID | None:
    """Returns the GUID in the answer about a schema; None: registries of older releases tell none."""
    found: _Guid = _decoded(registry, text, _Guid)
    return found.guid


class _Id(msgspec.Struct):
    id: int
    version: int = 0


def registered_of(registry: str, subject: str, text: bytes) -> Registered:
    """Returns where a schema stands, from the answer to registering or looking up.

    Raises:
        SchemaPendingError: ``registry-answer-invalid``.
    """
    found = _decoded(registry, text, _Id)
    return Registered(subject, found.id, found.version)


def body_of(registry: str, text: bytes) -> Body:
    """Returns the schema of an answer; raises as ``registered_of``."""
    return _decoded(registry, text, Body)


def terms_in(registry: str, text: bytes) -> Terms:
    """Returns the terms of a subscription; raises as ``registered_of``."""
    try:
        return terms_of(text)
    except UNDECODABLE as error:
        raise garbage(registry, f"something else than a subscription ({error})") from error


def _decoded(registry: str, text: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except UNDECODABLE as error:
        raise garbage(registry, f"something else than was asked for ({error})") from error
