"""The key of a Kafka record: node, subscription and the XPaths of what it carries (section 3.1 of the draft).

Three fields, one line feed between them. A notification about the subscription itself, and a message whose XPaths
cannot be known (its filter was never seen, or is none that names nodes), has the first two.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from yangbeam.core.message_key.instances import InstanceReader
from yangbeam.core.notification.target import parse_target
from yangbeam.core.yang.canonical import Canonical, canonical
from yangbeam.core.yang.edits import resolve
from yangbeam.core.yang.literals import literal
from yangbeam.core.yang.tree import Node, Tree

_TARGETS: Final = 65_536
"""XPaths of edit targets remembered by one schema: those of an on-change subscription come again and again."""
_LONGEST: Final = 1_024
"""Characters of a target that is worth it."""


def key_of(node: str, subscription_id: int | None, xpaths: Iterable[str] | None = None) -> bytes:
    r"""Returns the key; without ``xpaths`` that of a notification about the subscription.

    >>> key_of("router", 7, ["/b:b", "/a:a", "/b:b"])
    b'router\n7\n/a:a | /b:b'
    """
    head = f"{node}\n{'' if subscription_id is None else subscription_id}"
    if xpaths is None:
        return head.encode()
    return f"{head}\n{' | '.join(sorted(set(xpaths)))}".encode()  # code points sort as UTF-8 does


def xpaths_of(readers: Sequence[InstanceReader], document: bytes) -> list[str]:
    """Returns the XPaths of what contents carry of a filter's branches.

    A filter of one branch with nothing open has one XPath, whatever the contents.

    Raises:
        msgspec.DecodeError: The document is not of the schema's shape.
    """
    if len(readers) == 1 and readers[0].template.is_closed:
        return [readers[0].template.text]
    return [xpath for reader in readers for xpath in reader.read(document)]


class EditTargets:
    """What the edits of a yang-patch point at, as XPaths in the spelling of the templates.

    Args:
        tree: The schema.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._canonical: dict[str, Canonical] = {}
        self._remembered = lru_cache(_TARGETS)(self._of)

    def of(self, target: str) -> tuple[str, str]:
        """Returns (XPath, path in the schema) of a target; raises as ``_of``. Only short ones are remembered."""
        return self._remembered(target) if len(target) <= _LONGEST else self._of(target)

    def _of(self, target: str) -> tuple[str, str]:
        """Returns (XPath, path in the schema); ``/`` for the datastore itself.

        Raises:
            NotificationError: It is no target.
            InvalidInstanceError: It names what the schema does not have.
        """
        places, _ = resolve(self._tree, parse_target(target))
        text, module = "", ""
        for place in places:
            node = place.node
            text += f"/{node.name}" if node.module == module else f"/{node.module}:{node.name}"
            module = node.module
            text += "".join(f"[{key}={self._compared(node.child(key), value)}]" for key, value in place.keys.items())
            if node.kind == "leaf-list" and place.value is not None:
                text += f"[.={self._compared(node, place.value)}]"
        return (text, places[-1].node.path) if places else ("/", "/")

    def _compared(self, leaf: Node | None, value: object) -> str:
        if leaf is None:  # a key is a leaf; RFC 7950 section 7.8.2
            return literal(str(value))
        if leaf.path not in self._canonical:
            self._canonical[leaf.path] = canonical(leaf, self._tree)
        return literal(self._canonical[leaf.path](value))
