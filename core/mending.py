"""The second look at a notification that was refused: its contents, edits, own members and envelope, node by node.

The quick look takes out what no schema has, by names alone; the full one also spells the habits of vendors anew and, if
asked, sets aside what is wrong. Either makes a new payload, which is judged as any other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from yangbeam.core.checking import check_around
from yangbeam.core.elements import Notification
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.leaf_names import HISTORY, Fact
from yangbeam.core.notification.patch import patch_in
from yangbeam.core.notification.slices import contents_of, edits_of, with_contents
from yangbeam.core.notification.target import Step, parse_target
from yangbeam.core.notification.wrappers import ENVELOPE
from yangbeam.core.policy import Policy
from yangbeam.core.yang.edits import WITH_VALUE
from yangbeam.core.yang.json_object import read_object
from yangbeam.core.yang.mending.around import Around, around
from yangbeam.core.yang.mending.findings import HABIT, Finding, Way, path_of, unknown
from yangbeam.core.yang.mending.habits import respelt
from yangbeam.core.yang.mending.places import Place, Places
from yangbeam.core.yang.mending.quick import IntricateError, Quick, says_something
from yangbeam.core.yang.mending.walk import Means, Walk
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.tree import Node
from yangbeam.core.yang.values import broken_rule

_READ: Final = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))
"""Numbers with a fraction or exponent keep their very text."""
_QUOTE: Final = b'"'
_CONTENTS: Final = tuple(reversed(HISTORY[Fact.CONTENTS]))
_CHANGES: Final = (*reversed(HISTORY[Fact.CHANGES]), *_CONTENTS)

Members = dict[str, Any]
Treat = Callable[[Members, Place, Way | None], Members]
"""Members of an object, where they stand in the schema, and how they were reached, to what they are to be."""


class Mended(NamedTuple):
    """A notification with another payload.

    Attributes:
        notification: It; its path is the one it had.
        findings: What was done.
        is_empty: Nothing is left of what it carried but ancestors and keys.
    """

    notification: Notification
    findings: list[Finding]
    is_empty: bool


Without = tuple[Mended, list[tuple[str, Node]]]
Find = Callable[[Members, str, Places], Around | None]


def quickly(notification: Notification, places: Places, accept: frozenset[str]) -> Mended | None:
    """Takes the quick look at contents and edits; None: there is nothing to do, or it takes a full one.

    Args:
        notification: In JSON.
        places: Of its schema.
        accept: Names of the habits that are understood.
    """
    quick = Quick(places, accept)

    def treat(members: Members, place: Place, way: Way | None) -> Members:
        quick.look(members, place, way)
        return members

    opened = _Opened(notification)
    try:
        opened.treat_data(treat, places, quick.findings)
    except IntricateError:
        return None
    if not quick.findings:
        return None
    mended = opened.mended(quick.findings, places)
    # Of members that repeat the last was read: their quotes are missing.
    left = notification.message.payload.count(_QUOTE) - opened.dropped - quick.quotes
    return mended if mended.notification.message.payload.count(_QUOTE) == left else None


def in_one_pass(notification: Notification, schema: Schema, policy: Policy) -> tuple[bytes, list[Finding]] | None:
    """Judges and mends a push-update at once, where its like were mended before.

    Returns:
        The payload that is valid, and what was done to it; None: that cannot be said of it.

    Raises:
        InvalidInstanceError: The notification around the contents is refused, or ``engines-disagree``.
        NotificationError: The payload is not the one that its path belongs to.
    """
    if notification.kind != "push-update":
        return None
    contents, _ = check_around(notification, schema, policy.choice)
    taken = schema.mending.one_pass.take(contents, policy.accept) if contents is not None else None
    if contents is None or taken is None or not schema.engine.accept(taken.contents, policy.choice):
        return None
    if not taken.findings:
        return notification.message.payload, []
    payload = with_contents(notification, contents, taken.contents)
    return None if payload is None else (payload, taken.findings)


def fully(notification: Notification, means: Means, refused: Mapping[str, Node]) -> Mended:
    """Looks at every node.

    Args:
        notification: In JSON.
        means: What may be done; ``foreign`` is asked of envelope and notification alone.
        refused: Of the envelope and the notification those whose own members were refused: name → schema node.

    Raises:
        NotificationError: The payload is not the one that its path belongs to.
        InvalidInstanceError: A member stands twice: which of them is meant?
    """
    _refuse_repeated(notification)
    walk = Walk(replace(means, foreign=False))
    opened = _Opened(notification)
    for name, node in refused.items():
        opened.treat_own(name, node, means)
        walk.findings += opened.own
    opened.treat_data(walk.members, means.places, walk.findings, means.accept)
    return opened.mended(walk.findings, means.places)


def without(notification: Notification, paths: Iterable[str], places: Places, find: Find = around) -> Without | None:
    """Takes what stands at paths, or around them, out of the contents of a push-update.

    Args:
        notification: In JSON.
        paths: Instance paths, as libyang or ``locate`` has them.
        places: Of its schema.
        find: Finds what is to go: ``around`` the smallest list entry or presence container, ``at`` the very node.

    Returns:
        What is left, and paths and nodes of what is gone; None where nothing stands there that may go.
    """
    opened = _Opened(notification)
    gone = []
    for path in paths:
        found = find(opened.contents(), path, places)
        if found is not None:
            found.remove()
            gone.append((found.path, found.node))
    return (opened.mended([], places), gone) if gone else None


def without_edit(notification: Notification, number: int, places: Places) -> Mended:
    """Takes one edit out of a push-change-update, by its number from 0."""
    opened = _Opened(notification)
    opened.drop_edit(number)
    return opened.mended([], places)


def _refuse_repeated(notification: Notification) -> None:
    """Contents and values of edits are read as the judge reads them, before anything is changed."""
    contents = contents_of(notification)
    if contents is not None and contents.strip(b"{} \t\r\n"):
        read_object(contents)
    for edit in edits_of(notification):
        if edit.value is not None and edit.operation in WITH_VALUE:
            read_object(edit.value)


class _Opened:
    """A payload as a tree that is changed."""

    def __init__(self, notification: Notification) -> None:
        self._notification = notification
        try:
            self._document: Members = _READ.decode(notification.message.payload)
            self._body: Any = self._document
            for name in notification.path:
                self._holder, self._body = self._body, self._body[name]
        except (msgspec.DecodeError, UnicodeError, KeyError, TypeError) as error:
            raise NotificationError("no-notification", f"the payload cannot be read again: {error}") from error
        if not isinstance(self._body, dict):
            raise NotificationError("no-notification", "the notification is no object")
        self.own: list[Finding] = []
        self.dropped = 0
        """Quotes of the edits that were set aside."""

    def treat_own(self, name: str, node: Node, means: Means) -> None:
        """Treats the members of the envelope, or of the notification around its contents."""
        walk = Walk(means)
        place = means.places.of(node)
        if name == ENVELOPE:
            envelope = self._document[ENVELOPE]
            inside = {each: envelope[each] for each in self._notification.path[1:2] if each in envelope}
            rest = {each: value for each, value in envelope.items() if each not in inside}
            self._document[ENVELOPE] = walk.members(rest, place) | inside
        else:
            self._body = walk.members(self._body, place)
            self._holder[self._notification.path[-1]] = self._body
        self.own = walk.findings

    def treat_data(
        self, treat: Treat, places: Places, findings: list[Finding], accept: frozenset[str] = frozenset()
    ) -> None:
        """Treats the contents of a push-update, or each edit of a push-change-update at its target."""
        if self._notification.kind == "push-update":
            name = next((name for name in _CONTENTS if self._body.get(name) is not None), "")
            if name and isinstance(self._body[name], dict):
                self._body[name] = treat(self._body[name], places.top, None)
        elif self._notification.kind == "push-change-update":
            patch = self._patch()
            edits = patch.get("edit", [])
            given = [edits] if isinstance(edits, dict) else edits
            kept = [each for each in given if self._edit(each, treat, places, findings, accept)]
            if len(kept) < len(given):
                patch["edit"] = kept
                before, after = (msgspec.json.encode(edits).count(_QUOTE) for edits in (given, kept))
                self.dropped += before - after

    def drop_edit(self, number: int) -> None:
        """Takes an edit out."""
        patch = self._patch()
        edits = patch.get("edit", [])
        patch["edit"] = [each for at, each in enumerate([edits] if isinstance(edits, dict) else edits) if at != number]

    def contents(self) -> Members:
        """Returns the contents of a push-update; of any other none."""
        found = [self._body[name] for name in _CONTENTS if self._body.get(name) is not None]
        return found[0] if found and isinstance(found[0], dict) and self._notification.kind == "push-update" else {}

    def _patch(self) -> Members:
        changes = next((self._body[name] for name in _CHANGES if self._body.get(name) is not None), None)
        return patch_in(changes or {})

    def _edit(self, edit: Any, treat: Treat, places: Places, findings: list[Finding], accept: frozenset[str]) -> bool:
        """Treats one edit; False: it is to be set aside whole, as its target or all of its value is unknown."""
        if not isinstance(edit, dict):
            return True
        steps = parse_target(edit["target"])
        nodes = _nodes_of(steps, places)
        if isinstance(nodes, Finding):
            findings.append(nodes)
            return False
        if accept:
            edit["target"] = _target(edit["target"], steps, nodes, places, findings, accept)
        value = edit.get("value")
        if edit.get("operation") not in WITH_VALUE or not isinstance(value, dict):
            return True
        edit["value"] = treat(value, _place_of(nodes, places), _way_to(steps[:-1], nodes[:-1]))
        return bool(edit["value"])

    def mended(self, findings: list[Finding], places: Places) -> Mended:
        """Returns the notification with the payload as it is now."""
        payload = msgspec.json.encode(self._document)
        message = msgspec.structs.replace(self._notification.message, payload=payload)
        notification = msgspec.structs.replace(self._notification, message=message)
        return Mended(notification, findings, not self._says_something(places))

    def _says_something(self, places: Places) -> bool:
        match self._notification.kind:
            case "push-update":
                contents = [self._body[name] for name in _CONTENTS if self._body.get(name) is not None]
                return bool(contents) and says_something(contents[0], places.top, places)
            case "push-change-update":
                edits = self._patch().get("edit", [])
                return any(_edit_says(each, places) for each in (edits if isinstance(edits, list) else [edits]))
            case _:
                return True


def _edit_says(edit: Any, places: Places) -> bool:
    if not isinstance(edit, dict) or edit.get("operation") not in WITH_VALUE:
        return True
    nodes = _nodes_of(parse_target(edit["target"]), places)
    place = places.top if isinstance(nodes, Finding) else _place_of(nodes, places)
    return says_something(edit.get("value"), place, places)


def _target(
    target: str,
    steps: Sequence[Step],
    nodes: Sequence[Node],
    places: Places,
    findings: list[Finding],
    accept: frozenset[str],
) -> str:
    """Returns a target whose keys name identities by module, where prefix, name and base leave one."""
    for at, (step, node) in enumerate(zip(steps, nodes, strict=True)):
        for key, text in _values_in(step, node):
            leaf = node.child(key) if node.kind == "list" else node
            if leaf is None or leaf.type is None or leaf.type.base != "identityref":
                continue
            written = next((spell for spell in _SPELLINGS if spell(text) in target), None)
            if written is None or not broken_rule(leaf.type, text, leaf.module):
                continue
            meant = respelt(leaf.type, text, leaf.module, places.prefixes)
            if meant is not None and meant[0] in accept:
                way = _way_to(steps[: at + 1], nodes[: at + 1])
                findings.append(Finding(HABIT, meant[0], path_of(way, key), leaf.path, leaf.module))
                target = target.replace(written(text), written(meant[1]), 1)
    return target


def _values_in(step: Step, node: Node) -> Iterable[tuple[str, str]]:
    """Yields the names and texts of a step's keys; of an entry of a leaf-list its own."""
    if node.kind == "leaf-list":
        return [(node.name, text) for text in (step.value, *step.keys) if text is not None]
    return step.keys.items() if isinstance(step.keys, dict) else zip(node.keys, step.keys, strict=False)


_SPELLINGS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    partial(quote, safe=""),
    lambda text: quote(text, safe="").replace("%3A", "%3a"),
)
"""How the text of a key may stand in a target (RFC 8040 section 3.5.3 encodes by percent)."""


def _place_of(nodes: Sequence[Node], places: Places) -> Place:
    """Where the value of an edit stands: beside its target's node, which it holds (RFC 8072 section 2.5)."""
    return places.beside(nodes[-1], nodes[-2] if len(nodes) > 1 else None) if nodes else places.top


def _way_to(steps: Sequence[Step], nodes: Sequence[Node]) -> Way | None:
    way: Way | None = None
    for step, node in zip(steps, nodes, strict=True):
        keys = step.keys if isinstance(step.keys, dict) else dict(zip(node.keys, step.keys, strict=False))
        way = Way(way, f"{step.module}:{step.name}" if step.module else step.name, node, keys or None)
    return way


def _nodes_of(steps: Sequence[Step], places: Places) -> Finding | list[Node]:
    """Returns the nodes of a target's steps, or the finding of the first step that the schema does not have."""
    nodes: list[Node] = []
    module, children = "", places.tree.data
    for at, step in enumerate(steps):
        node = children.get(f"{step.module or module}:{step.name}")
        if node is None:
            return unknown(f"{step.module or module}:{step.name}", _way_to(steps[:at], nodes), places.tree, places.gaps)
        nodes.append(node)
        module, children = node.module, node.children
    return nodes
