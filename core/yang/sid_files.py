"""Reads .sid files (RFC 9595): what the numbers in CBOR stand for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from yangbeam.core.errors import SchemaError


@dataclass(frozen=True, slots=True)
class SidNames:
    """Names of SIDs.

    Attributes:
        nodes: SID → ``module:name`` of a data node, notification or structure.
        identities: SID → ``module:name`` of an identity.
    """

    nodes: Mapping[int, str] = field(default_factory=dict)
    identities: Mapping[int, str] = field(default_factory=dict)


NO_SIDS = SidNames()


def _node_name(identifier: str) -> str:
    """``/m:top/list/n:leaf`` → ``n:leaf``: the last name with the module last said."""
    module, name = "", ""
    for step in identifier.strip("/").split("/"):
        said, _, name = step.rpartition(":")
        module = said or module
    return f"{module}:{name}"


def read_sid_files(texts: Iterable[bytes]) -> SidNames:
    """Reads .sid files as RFC 9595 and its drafts write them.

    Raises:
        SchemaError: ``sid-file``.
    """
    nodes: dict[int, str] = {}
    identities: dict[int, str] = {}
    for text in texts:
        module, items = _content(text)
        for item in items:
            try:
                sid, identifier, space = int(item["sid"]), str(item["identifier"]), item.get("namespace", "data")
            except (KeyError, TypeError, ValueError) as error:
                raise SchemaError(
                    "sid-file", f"an item of a .sid file lacks sid or identifier: {item!r:.200}"
                ) from error
            if space == "data":
                nodes[sid] = _node_name(identifier)
            elif space == "identity":
                identities[sid] = identifier if ":" in identifier else f"{module}:{identifier}"
    return SidNames(nodes, identities)


def _content(text: bytes) -> tuple[str, list[Any]]:
    """Returns module and items."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise SchemaError("sid-file", f"a .sid file is no JSON: {error}") from error
    content = document.get("ietf-sid-file:sid-file", document) if isinstance(document, dict) else {}
    items = content.get("item", content.get("items")) if isinstance(content, dict) else None
    if not isinstance(items, list):
        raise SchemaError("sid-file", "a .sid file has no list of items (RFC 9595 section 3)")
    return str(content.get("module-name", "")), items
