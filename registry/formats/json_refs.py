"""What the references of a JSON Schema mean: by pointer, anchor, identifier, or the name of another registered schema.

Each part of a document belongs to a resource: the nearest part around it that has an identifier of its own, else the
document. References in it are relative to that resource (JSON Schema 2020-12 section 8; drafts 4 to 7 alike).
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote, urldefrag, urljoin

MAX_HOPS: Final = 200
"""References that are followed one after another."""
_MODERN: Final = ("2019-09", "2020-12", "draft/next")
"""Drafts in which what stands beside a reference holds, too."""

Names = Iterable[tuple[str, Any]]


def named(uri: str, needs: Names) -> Any:
    """Returns the registered schema that a URI means: of that name, or whose name ends it; None: none does.

    >>> named("https://example.com/a/b.json", [("b.json", 7)]), named("b.json", [("other-b.json", 7)])
    (7, None)
    """
    for name, document in needs:
        if uri == name or uri.endswith("/" + name.removeprefix("./")):
            return document
    return None


class References:
    """The references of one document, and of what it needs.

    Args:
        document: The schema.
        needs: (name, schema) of what it refers to by URI.
    """

    def __init__(self, document: Any, needs: Names = ()) -> None:
        self.root = document
        self._needs = list(needs)
        self._resources: dict[str, Any] = {}
        self._anchors: dict[tuple[str, str], Any] = {}
        self._bases: dict[int, str] = {}
        self._split: dict[int, dict[str, Any]] = {}
        self._is_modern = isinstance(document, dict) and any(
            draft in str(document.get("$schema", "")) for draft in _MODERN
        )
        for name, need in self._needs:
            self._enter(need, name)
        self._enter(document, "")

    def _enter(self, document: Any, base: str) -> None:
        """Notes of each part which resource it belongs to."""
        self._resources[base] = document
        waiting = [(document, base)]
        while waiting:
            part, base = waiting.pop()
            if isinstance(part, list):
                waiting += [(each, base) for each in part]
            if not isinstance(part, dict):
                continue
            own = next((part[name] for name in ("$id", "id") if isinstance(part.get(name), str)), "")
            uri, anchor = urldefrag(own)
            if uri:
                base = urljoin(base, uri)
                self._resources.setdefault(base, part)
            for name in (anchor, part.get("$anchor"), part.get("$dynamicAnchor")):
                if isinstance(name, str) and name:
                    self._anchors.setdefault((base, name), part)
            self._bases[id(part)] = base
            waiting += [(each, base) for each in part.values()]

    def target(self, schema: Any) -> Any:
        """Returns what a schema means: what it refers to; what leads nowhere stays, and is compared as text."""
        for _ in range(MAX_HOPS):
            if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
                break
            if self._is_modern and len(schema) > 1:
                return self._parted(schema)
            found = self._found(schema["$ref"], self._bases.get(id(schema), ""))
            if found is None:
                break
            schema = found
        return schema

    def _parted(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A reference and what stands beside it, as parts that all hold; the same object each time."""
        found = self._split.get(id(schema))
        if found is None:
            reference = {"$ref": schema["$ref"]}
            self._bases[id(reference)] = self._bases.get(id(schema), "")
            rest = {name: value for name, value in schema.items() if name != "$ref"}
            found = self._split[id(schema)] = rest | {"allOf": [reference, *rest.get("allOf", ())]}
            self._bases[id(found)] = self._bases[id(reference)]
        return found

    def _found(self, reference: str, base: str) -> Any:
        uri, fragment = urldefrag(reference)
        whole = urljoin(base, uri) if uri else base
        resource = self._resources.get(whole)
        if resource is None and uri:
            resource = self._resources.get(uri, named(whole, self._needs))
        if not fragment or resource is None:
            return resource
        if not fragment.startswith("/"):
            return self._anchors.get((self._bases.get(id(resource), whole), fragment))
        return _pointed(resource, fragment)


def _pointed(document: Any, pointer: str) -> Any:
    """What a JSON pointer in a fragment leads to (RFC 6901 sections 4 and 6); None: nothing."""
    for part in unquote(pointer).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list):
            document = document[int(name)] if name.isdigit() and int(name) < len(document) else None
        else:
            document = document.get(name) if isinstance(document, dict) else None
    return document


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not.

    >>> equal([1, {"a": True}], [1.0, {"a": True}]), equal(1, True)
    (True, False)
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
