"""Which records a message becomes: the key, the topic and the document of each.

| message | key | topic, when there is one per subject |
|---|---|---|
| push-update | node, subscription, XPaths of the instances it carries | of the filter's branch |
| push-change-update | node, subscription, XPaths of its edits' targets | of the branch that the target is in |
| subscription-started, … | node, subscription | one for all of them |
| other notifications | node, subscription | of the notification |

A subscription whose filter was not seen, or names no nodes, has no XPaths: its messages go by node and subscription
alone, to the one topic.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple

import msgspec

from yangbeam.core.elements import Notification, Subscription, Terms, Validated
from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.message_key.instances import InstanceReader
from yangbeam.core.message_key.keys import EditTargets, key_of, xpaths_of
from yangbeam.core.message_key.pruning import Cutter, entries_of, members_at, put
from yangbeam.core.message_key.subtree import xpath_of_subtree
from yangbeam.core.message_key.template import KeyTemplate, templates_of
from yangbeam.core.message_key.topic_names import TopicNames
from yangbeam.core.message_key.xpath import FilterError
from yangbeam.core.notification.kinds import KIND_OF
from yangbeam.core.notification.leaf_names import HISTORY, Fact
from yangbeam.core.notification.patch import NAMES as PATCHES
from yangbeam.core.remembering import remembered
from yangbeam.core.yang.tree import Tree

_SUBSCRIPTIONS: Final = 4_096
"""Filters of one schema whose templates are kept."""


@dataclass(frozen=True, slots=True)
class KeySettings:
    """How records are keyed and spread over topics.

    Attributes:
        key: ``message-key``: of the draft; ``exporter``: its address; ``none``.
        per_subject: A topic for each selected schema node, instead of one for all.
        prefix: The operator's, of those topics; empty for none.
        of_type: Such a topic ends in how the subscription is triggered: ``-stats``, ``-state-change``, ``-state``.
        subscriptions: Topic of notifications about subscriptions, when there is one per subject.
        split: One record for each instance, each edit: what a compacted topic needs.
    """

    key: Literal["message-key", "exporter", "none"] = "message-key"
    per_subject: bool = False
    prefix: str = ""
    of_type: bool = False
    subscriptions: str = ""
    split: bool = False


class Part(NamedTuple):
    """One record of a message.

    Attributes:
        key: Empty for none.
        topic: Empty for the topic that all share.
        json: The document; of a message that is not split its own.
    """

    key: bytes
    topic: str
    json: bytes


class _Branch(NamedTuple):
    """The branches of a filter that select one schema node."""

    path: str
    topic: str
    cutter: Cutter


class _Filter(NamedTuple):
    """What a subscription selects."""

    branches: tuple[_Branch, ...]
    readers: Callable[[tuple[str, ...]], tuple[InstanceReader, ...]]
    """By the way from the top of the document to the contents."""


class _Piece(NamedTuple):
    """Instances or edits of one record: what the contents, or the list of edits, would be with them alone."""

    topic: str
    xpaths: list[str]
    value: bytes


class RecordMaker:
    """Makes the records of messages of one schema.

    Args:
        tree: It.
        prefixes: Its modules' names to their YANG prefixes.
        settings: How.
    """

    def __init__(self, tree: Tree, prefixes: Mapping[str, str], settings: KeySettings) -> None:
        self._tree = tree
        self._prefixes = prefixes
        self._settings = settings
        self._topics = TopicNames(tree, prefixes, settings.prefix) if settings.per_subject else None
        self._targets = EditTargets(tree)
        self._filter_of = remembered(_SUBSCRIPTIONS)(self._filter)

    def parts(self, validated: Validated, known: Subscription | None, node: str) -> Sequence[Part]:
        """Returns the records of a message, in order: never none.

        Args:
            validated: The message.
            known: Its subscription.
            node: Name of its node.
        """
        settings, notification = self._settings, validated.bound.notification
        if settings.key != "message-key" and not settings.split and not settings.per_subject:
            return (plain_part(validated, node, settings),)
        if notification.kind not in _ABOUT_DATA:
            return (plain_part(validated, node, settings, self._topic_of_kind(notification.kind)),)
        try:
            selected = self._filter_of(*_selection(known.terms)) if known is not None and known.terms else None
            make = self._of_contents if notification.kind == "push-update" else self._of_edits
            made = make(validated, selected, node)
        except (FilterError, NotificationError, InvalidInstanceError, msgspec.DecodeError, UnicodeError, KeyError):
            made = ()  # nothing tells its XPaths: no reason to lose it
        return made or (plain_part(validated, node, settings),)

    def _key(self, node: str, notification: Notification, xpaths: Iterable[str]) -> bytes:
        return _key(node, notification, self._settings, xpaths)

    def _topic_of_kind(self, kind: str) -> str:
        if self._topics is None:
            return ""
        return self._settings.subscriptions if kind in KIND_OF else self._topics.of(f"/{kind}")

    def _filter(self, xpath: str | None, subtree: bytes | None, level: str) -> _Filter:
        if xpath is None:
            if subtree is None:
                raise FilterError("the subscription has no filter")
            xpath = xpath_of_subtree(subtree, self._tree.namespaces)
        templates = templates_of(xpath, self._tree, self._prefixes)
        alike: dict[str, list[KeyTemplate]] = {}
        for template in templates:
            alike.setdefault(template.path, []).append(template)
        branches = tuple(_Branch(path, self._topic(path, level), Cutter(each)) for path, each in alike.items())
        return _Filter(branches, lru_cache(64)(lambda way: tuple(InstanceReader(each, way) for each in templates)))

    def _topic(self, path: str, level: str) -> str:
        if self._topics is None:
            return ""
        return self._topics.of(path, level if self._settings.of_type else "")

    def _of_contents(self, validated: Validated, selected: _Filter | None, node: str) -> Sequence[Part]:
        if selected is None:
            return ()
        notification, document = validated.bound.notification, validated.json
        if self._settings.split or (self._settings.per_subject and len(selected.branches) > 1):
            way = _way(document, notification.path, _CONTENTS)
            made = self._cut(validated, node, way, list(self._pieces(document, way, selected)))
            if made:
                return made
        try:
            xpaths = xpaths_of(selected.readers((*notification.path, _CONTENTS[0])), document)
        except msgspec.DecodeError:  # perhaps under the qualified name
            xpaths = xpaths_of(selected.readers(_way(document, notification.path, _CONTENTS)), document)
        return (Part(self._key(node, notification, xpaths), selected.branches[0].topic, document),)

    def _pieces(self, document: bytes, way: tuple[str, ...], selected: _Filter) -> Iterator[_Piece]:
        contents = rest = bytes(members_at(document, way[:-1])[way[-1]])
        for branch in selected.branches:
            if self._settings.split:
                for xpath, value in branch.cutter.instances(contents):
                    yield _Piece(branch.topic, [xpath], value)
            else:
                xpaths, value = branch.cutter.only(contents)
                if xpaths:
                    yield _Piece(branch.topic, xpaths, value)
            rest = branch.cutter.rest(rest)
        left = members_at(rest, ())
        if left:  # what the filter should not have let through
            yield _Piece(selected.branches[0].topic, [f"/{name}" for name in left], rest)

    def _of_edits(self, validated: Validated, selected: _Filter | None, node: str) -> Sequence[Part]:
        """Parts a patch edit by edit: then a record's index is that of its edit, which rows are told apart by."""
        way = _way(validated.json, validated.bound.notification.path, _CHANGES)
        way = (*way, *_way(validated.json, way, PATCHES)[-1:], "edit")
        pieces: list[_Piece] = []
        for edit in entries_of(bytes(members_at(validated.json, way[:-1])["edit"])):
            xpath, path = self._targets.of(_TARGET.decode(edit).target)
            pieces.append(_Piece(_topic_at(path, selected), [xpath], b"[%b]" % edit))
        if pieces and not self._settings.split and len({piece.topic for piece in pieces}) == 1:
            pieces = [_Piece(pieces[0].topic, [xpath for piece in pieces for xpath in piece.xpaths], b"")]
        return self._cut(validated, node, way, pieces)

    def _cut(self, validated: Validated, node: str, way: tuple[str, ...], pieces: list[_Piece]) -> Sequence[Part]:
        """Makes a record of each piece; one alone takes the message as it is."""
        notification, document = validated.bound.notification, validated.json
        is_whole = len(pieces) == 1
        return [
            Part(
                self._key(node, notification, piece.xpaths),
                piece.topic,
                document if is_whole else put(document, way, piece.value),
            )
            for piece in pieces
        ]


def plain_part(validated: Validated, node: str, settings: KeySettings, topic: str = "") -> Part:
    """Returns a message as one record that goes by node and subscription, whatever it carries."""
    return Part(_key(node, validated.bound.notification, settings, None), topic, validated.json)


def _key(node: str, notification: Notification, settings: KeySettings, xpaths: Iterable[str] | None) -> bytes:
    if settings.key == "exporter":
        return notification.message.exporter.encode()
    return key_of(node, notification.subscription_id, xpaths) if settings.key == "message-key" else b""


def _selection(terms: Terms) -> tuple[str | None, bytes | None, str]:
    """Returns what the templates of a subscription depend on: its filters, and how it is triggered."""
    return terms.xpath_filter, terms.subtree_filter, _LEVELS[terms.on_change, terms.sync_on_start]


def _way(document: bytes, path: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the path with the first of the names that stands at its end; KeyError when none does."""
    members = members_at(document, path)
    for name in names:
        if name in members and bytes(members[name]) != _NULL:
            return (*path, name)
    raise KeyError(names[0])


def _topic_at(path: str, selected: _Filter | None) -> str:
    """Returns the topic of the branch that a schema path is in, or is above of; else of the first."""
    if selected is None:
        return ""
    for branch in selected.branches:
        if path.startswith(f"{branch.path}/") or f"{branch.path}/".startswith(f"{path}/"):
            return branch.topic
    return selected.branches[0].topic


class _Edit(msgspec.Struct):
    target: str


_TARGET: Final = msgspec.json.Decoder(_Edit)
_NULL: Final = b"null"
_ABOUT_DATA: Final = frozenset({"push-update", "push-change-update"})
_CONTENTS: Final = tuple(reversed(HISTORY[Fact.CONTENTS]))
_CHANGES: Final = (*reversed(HISTORY[Fact.CHANGES]), *_CONTENTS)
_LEVELS: Final = {
    (False, False): "stats",
    (False, True): "stats",
    (True, False): "state-change",
    (True, True): "state",
}
"""What parts topics by trigger: (on-change, sync-on-start) to the draft's word for it."""
