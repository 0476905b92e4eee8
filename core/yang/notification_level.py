"""Judges a notification around its contents: the notification's own leaves, by the schema tree.

Contents, filters and values are anydata here; each is judged by itself. Nodes that drafts add by augmentation change
their names from revision to revision. Judged by the publisher's own modules they must fit; judged by a bundled set
(``lenient``) a misfit of theirs is named as a quirk, since only the set can be at fault. What RFC 8639 and 8641
themselves define is never excused.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.notification.leaf_names import CURRENT, Fact
from yangbeam.core.notification.wrappers import ENVELOPE
from yangbeam.core.yang.locate import Finding, misfits, missing_module, why_unknown
from yangbeam.core.yang.tree import Node, Tree, YangType

MAX_KNOWN: Final = 4096
"""Leaf values remembered as fitting, some 200 octets each; when there are more, all are forgotten."""

SHORT: Final = 64
"""Octets of a leaf's JSON text worth remembering: a time has some 30; longer ones are containers, new every time."""

_SURELY_UINT32: Final = 9
"""Digits that are no more than 32 bits hold, whatever they are; JSON has no zero before them."""
_PUSH_UPDATE: Final = "ietf-yang-push:push-update"
_ONE_DIGIT: Final = bytes.maketrans(b"123456789", b"000000000")
_QUANTIFIER: Final = re.compile(r"\{[0-9, ]*\}")


def judge_notification(tree: Tree, name: str, body: Any, *, lenient: bool = False) -> tuple[str, ...]:
    """Judges one notification, or structure such as the envelope.

    Args:
        tree: The schema.
        name: ``module:name`` as it stands in the message.
        body: Its parsed members.
        lenient: A set that is not the publisher's own judges.

    Returns:
        Quirks: what was excused, ``augmentation:PATH: RULE``.

    Raises:
        InvalidInstanceError: ``invalid-notification`` or ``unknown-notification``, with path and rule.
    """
    node = tree.notifications.get(name) or _structure(tree, name)
    if node is None:
        rule = f"the schema has no notification {name}"
        raise InvalidInstanceError("unknown-notification", rule, path=f"/{name}", rule=rule)
    if not isinstance(body, dict):
        raise _refused(next(misfits(node, body, f"/{name}", tree)))
    quirks = []
    for (path, rule), excusable in _findings(node, body, f"/{name}", tree):
        if not (lenient and excusable):
            raise _refused((path, rule), missing_module(path, tree))
        quirks.append(f"augmentation:{path}: {rule}")
    return tuple(quirks)


class Fitting:
    """Leaves that were judged and fit: ids and names of a subscription come again, and times in the same shape.

    Where no pattern of a leaf's type tells one digit from another (date-and-time), a text fits that differs from one
    that fit in its digits alone: its shape, every digit as 0, is remembered. Escapes have digits that are none.

    Args:
        tree: The schema.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: set[tuple[str, str, bytes]] = set()
        self._shapes: set[tuple[str, str, bytes]] = set()
        self._shaped: dict[tuple[str, str], bool] = {}
        self._exact: set[tuple[str, bytes]] = set()
        self._tells_exact: bool | None = None

    def fresh(self, name: str, members: Mapping[str, bytes]) -> dict[str, bytes]:
        """Returns the members that have yet to be judged; ``members`` as JSON text."""
        known, shapes = self._known, self._shapes
        return {
            member: text
            for member, text in members.items()
            if (name, member, text) not in known and (name, member, text.translate(_ONE_DIGIT)) not in shapes
        }

    def add(self, name: str, members: Mapping[str, bytes]) -> None:
        """Remembers the short members that fit; forgets all when there are too many."""
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        for member, text in members.items():
            if len(text) > SHORT:
                continue
            if len(self._shapes) < MAX_KNOWN and self._tells_shape(name, member, text):
                self._shapes.add((name, member, text.translate(_ONE_DIGIT)))
            else:
                self._known.add((name, member, text))

    def _tells_shape(self, name: str, member: str, text: bytes) -> bool:
        """Says whether every text of this one's shape fits, as it does: a number of nine digits is below 2**32."""
        if text.isdigit():
            return len(text) <= _SURELY_UINT32 and self._is_any_uint32(name, member)
        return b"\\" not in text and self._by_shape(name, member)

    def has_exact(self, observed_at: str, point: str, event_time: str) -> bool:
        """Says whether a push-update of the five current members fits, its times in shapes that fitted before."""
        return (point, f"{observed_at} {event_time}".encode().translate(_ONE_DIGIT)) in self._exact

    def add_exact(self, observed_at: str, point: str, event_time: str) -> None:
        """Remembers the shape of one that fitted: ids of 32 bits fit as well then, unless the schema narrows them."""
        if self._tells_exact is None:
            by_shape = self._by_shape(_PUSH_UPDATE, CURRENT[Fact.OBSERVED_AT])
            by_shape = by_shape and (self._by_shape(ENVELOPE, "event-time") or ENVELOPE not in self._tree.data)
            self._tells_exact = by_shape and all(
                self._is_any_uint32(_PUSH_UPDATE, CURRENT[fact]) for fact in (Fact.ID, Fact.PUBLISHER)
            )
        times = f"{observed_at} {event_time}"
        if self._tells_exact and len(times) <= 2 * SHORT and len(self._exact) < MAX_KNOWN:
            self._exact.add((point, times.encode().translate(_ONE_DIGIT)))

    def _is_any_uint32(self, name: str, member: str) -> bool:
        node = self._tree.notifications.get(name) or _structure(self._tree, name)
        leaf = node.child(member) if node is not None else None
        return leaf is not None and leaf.type is not None and leaf.type.base == "uint32" and not leaf.type.ranges

    def _by_shape(self, name: str, member: str) -> bool:
        found = self._shaped.get((name, member))
        if found is None:
            node = self._tree.notifications.get(name) or _structure(self._tree, name)
            leaf = node.child(member) if node is not None else None
            found = leaf is not None and leaf.type is not None and _is_blind_to_digits(leaf.type)
            if len(self._shaped) < MAX_KNOWN:
                self._shaped[name, member] = found
        return found


def _is_blind_to_digits(kind: YangType) -> bool:
    r"""Says whether a string type has patterns, and these take any digit where they take one.

    Without a literal digit an expression can name digits only all together: as a class, or within a wider range.

    >>> _is_blind_to_digits(YangType("string", patterns=((r"\d{4}-\d{2}", False),)))
    True
    >>> _is_blind_to_digits(YangType("string", patterns=(("[0-9]+", False),)))
    False
    """
    rest = "".join(_QUANTIFIER.sub("", expression) for expression, _ in kind.patterns)
    return kind.base == "string" and bool(rest) and set(rest).isdisjoint("0123456789")


def _refused(finding: Finding, module: str = "") -> InvalidInstanceError:
    path, rule = finding
    reason = "module-missing" if module else "invalid-notification"
    return InvalidInstanceError(reason, f"{path}: {rule}", path=path, rule=rule, module=module)


def has_structure(tree: Tree, name: str) -> bool:
    """Says whether a schema defines a structure (RFC 8791), by ``module:name``."""
    return _structure(tree, name) is not None


def _structure(tree: Tree, name: str) -> Node | None:
    node = tree.data.get(name)
    return node if node is not None and node.kind == "structure" else None


def _findings(node: Node, body: Mapping[str, Any], path: str, tree: Tree) -> Iterator[tuple[Finding, bool]]:
    """Yields every misfit, and whether it is one of an augmentation or of an identity that others define."""
    for name, value in body.items():
        child = node.child(name)
        where = f"{path}/{name}"
        if child is None:
            augmented = ":" in name and name.partition(":")[0] != node.module
            yield (where, why_unknown(name, tree, node)), augmented
            continue
        foreign = child.module != node.module
        identity = child.type is not None and child.type.base == "identityref" and isinstance(value, str)
        for finding in misfits(child, value, where, tree):
            yield finding, foreign or identity
