"""Which instances of a template a message carries: their XPaths, read in one typed pass that skips all else.

The reader of a template is made once: nested structs that name only the way to the target and the keys on it, so that
the members beside it cost no objects.
"""

from typing import Any, Final

import msgspec

from yangbeam.core.message_key.template import KeyTemplate, TemplateStep
from yangbeam.core.yang.literals import literal

UNSET: Final = msgspec.UNSET


class InstanceReader:
    """Reads the instances of one template out of contents.

    Args:
        template: The template.
        way: Names of the members that lead from the top of the document to the contents.
    """

    def __init__(self, template: KeyTemplate, way: tuple[str, ...] = ()) -> None:
        self.template = template
        above, last = (None, *template.steps), len(template.steps) - 1
        self._steps = [_Step(step, above[at], is_last=at == last) for at, step in enumerate(template.steps)]
        self._way = len(way)
        shape = _holder(self._steps, 0)
        for name in reversed(way):
            shape = msgspec.defstruct("_Way", [("below", shape)], rename={"below": name}, gc=False)
        self._decoder = msgspec.json.Decoder(shape)

    def read(self, document: bytes) -> list[str]:
        """Returns the XPaths of the instances, in the order of the document.

        Raises:
            msgspec.DecodeError: The document is not of the schema's shape.
        """
        found: Any = self._decoder.decode(document)
        for _ in range(self._way):
            found = found.below
        xpaths: list[str] = []
        self._walk(0, found, "", xpaths)
        return xpaths

    def _walk(self, at: int, holder: Any, path: str, xpaths: list[str]) -> None:
        step = self._steps[at]
        path += step.text
        if step.is_key:
            xpaths.append(path)
            return
        value = holder.q
        if value is UNSET:
            value = holder.p if step.has_plain else UNSET
            if value is UNSET:
                return
        if step.kind == "list":
            for entry in value:
                keys = step.keys_of(entry)
                if keys is not None:
                    self._on(at, entry, path + keys, xpaths)
        elif step.kind == "leaf-list":
            xpaths += [f"{path}[.={literal(text)}]" for text in map(step.canonical[0], value) if step.fits(text)]
        else:
            self._on(at, value, path, xpaths)

    def _on(self, at: int, value: Any, path: str, xpaths: list[str]) -> None:
        if self._steps[at].is_last:
            xpaths.append(path)
        else:
            self._walk(at + 1, value, path, xpaths)


class _Step:
    """A step as the reader takes it.

    Attributes:
        kind: Of its node.
        text: ``/name`` or ``/module:name``.
        pinned: As TemplateStep's.
        canonical: What renders each key, or the leaf-list's own value.
        is_key: It is a key of the list above: always there, and read with it.
        is_last: It is the target.
        has_plain: It may stand without its module's name.
    """

    def __init__(self, step: TemplateStep, above: TemplateStep | None, *, is_last: bool) -> None:
        node = step.node
        self.node = node
        self.kind = node.kind
        self.text = step.text
        self.pinned = step.pinned
        self.canonical = step.canonical
        self.has_plain = above is not None and node.module == above.node.module
        self.is_key = above is not None and self.has_plain and node.name in above.node.keys
        self.is_last = is_last
        self._fields = [(f"k{number}", f"l{number}") for number in range(len(node.keys))]
        opened = [f"[{key}=" for key in node.keys]
        self._reads = tuple(zip(opened, self._fields, self.canonical, self.pinned, strict=False))

    def keys_of(self, entry: Any) -> str | None:
        """Returns the predicates of an entry; None when a pinned key has another value, or a key is missing."""
        text = ""
        for opened, (plain, qualified), render, pinned in self._reads:
            value = getattr(entry, plain)
            if value is UNSET:
                value = getattr(entry, qualified)
                if value is UNSET:
                    return None
            value = render(value)
            if pinned is not None and pinned != value:
                return None
            text += f"{opened}{literal(value)}]"
        return text

    def fits(self, text: str) -> bool:
        """Says whether a leaf-list's value is the pinned one, if any is."""
        return self.pinned[0] in {None, text}

    def key_fields(self) -> list[tuple[str, str]]:
        """Returns (field, member name) of the keys in both spellings of RFC 7951 section 4."""
        spelt = (
            (plain, key, f"{self.node.module}:{key}")
            for (plain, _), key in zip(self._fields, self.node.keys, strict=True)
        )
        return [pair for plain, key, name in spelt for pair in ((plain, key), (f"l{plain[1:]}", name))]


def _holder(steps: list[_Step], at: int) -> Any:
    """Returns the struct of what holds step ``at``: the value of the step before, or the contents."""
    above = steps[at - 1] if at else None
    members: list[tuple[str, str, Any]] = []
    if above is not None and above.kind == "list":
        members += [(field, name, Any) for field, name in above.key_fields()]
    if at < len(steps) and not steps[at].is_key:
        node, below = steps[at].node, _value(steps, at)
        members.append(("q", f"{node.module}:{node.name}", below))
        if steps[at].has_plain:
            members.append(("p", node.name, below))
    return msgspec.defstruct(
        "_Holder",
        [(field, kind | msgspec.UnsetType if kind is not Any else Any, UNSET) for field, _, kind in members],
        rename={field: name for field, name, _ in members},
        gc=False,
    )


def _value(steps: list[_Step], at: int) -> Any:
    kind = steps[at].kind
    if kind == "leaf-list":
        return list[Any]
    if kind not in {"list", "container"}:
        return msgspec.Raw
    below = _holder(steps, at + 1)
    return list[below] if kind == "list" else below  # type: ignore[valid-type] # a type made at run time
