"""Which directories of YANG modules serve an exporter, and what of them makes the schema of a subscription."""

import logging
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.augmenting import closure
from yangbeam.core.yang.collection import Collection, Offer
from yangbeam.core.yang.missing import all_missing
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.core.yang.selection import select
from yangbeam.io.yang_directories import bundled, read_modules

NOTIFICATION_MODULES: Final = (
    "ietf-subscribed-notifications",
    "ietf-yang-push",
    "ietf-distributed-notif",
    "ietf-yp-observation",
    "ietf-yang-push-revision",
    "ietf-yp-notification",
    "ietf-udp-notif-transport",
    "ietf-https-notif-transport",
)
"""What every schema can read beside the contents: the notifications of RFC 8639/8641 and what drafts add to them."""

_DEFAULT: Final = 1
_RELEASE: Final = 2
_OWN: Final = 1_000
"""Ranks of directories: for anybody, for a release; in between the prefixes, by length; for a content-id."""

MAX_SETS: Final = 1_024
"""Sets that are remembered: thousands of exporters ask for a few, and each costs its modules' text."""

MAX_COLLECTIONS: Final = 256
"""Combinations of directories that serve somebody: they share their modules."""

_log: Final = logging.getLogger(__name__)
_NAMESPACE: Final = re.compile(r"""\bnamespace\s+["']?([^"';\s]+)""")


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of YANG modules and whom it serves.

    Attributes:
        path: Its place; empty: the modules that come with the packages.
        exporter: Prefix of the exporters it serves; None: any.
        content_id: Content-id of the YANG library it holds (RFC 8525); None: any.
        features: Enabled features as ``module:feature``; None: all.
        release: What runs on the exporters it serves, like ``vendor/platform/release``; None: anything.
    """

    path: str = ""
    exporter: str | None = None
    content_id: str | None = None
    features: tuple[str, ...] | None = None
    release: str | None = None

    def serves(self, exporter: str) -> int:
        """Returns how narrowly it serves an exporter: the prefix length plus one, 1 for any, 0 for not at all."""
        if self.exporter is None:
            return 1
        network = ip_network(self.exporter)
        address = ip_address(exporter)
        return network.prefixlen + 1 if address.version == network.version and address in network else 0


class Shelf:
    """The modules of one directory; those that packages bring, if it has no path.

    Attributes:
        directory: Which.
        unread: File → why it counts as not there.
    """

    def __init__(self, directory: Directory) -> None:
        """Reads the directory.

        Raises:
            SchemaError: It cannot be read.
        """
        self.directory = directory
        self.unread: dict[str, str] = {}
        self._texts = read_modules(Path(directory.path), self.unread) if directory.path else bundled()

    @property
    def where(self) -> str:
        """What it is, for messages."""
        return self.directory.path or "the bundled modules"

    @cached_property
    def offer(self) -> Offer:
        """Its modules."""
        modules = []
        for file, text in self._texts.items():
            try:
                modules.append(read_module_text(text))
            except SchemaError as error:
                self.unread[file] = error.detail
        for file, why in self.unread.items():
            _log.warning("%s/%s counts as not there: %s", self.where, file, why)
        return Offer(self.where, modules, is_ours=not self.directory.path)

    @cached_property
    def newest(self) -> dict[str, str]:
        """Module name to the text of its newest revision here."""
        return {name: revisions[max(revisions)].text for name, revisions in self.offer.by_name.items()}

    @cached_property
    def names(self) -> dict[str, str]:
        """Namespace to module name: of several the first, unless it imports another of them, which it then adds to."""
        found: dict[str, str] = {}
        for name, text in sorted(self.newest.items()):
            namespace = _NAMESPACE.search(text)
            if namespace is not None:
                first = self.offer.find(found.setdefault(namespace.group(1), name))
                if first is not None and any(wanted.name == name for wanted in first.imports):
                    found[namespace.group(1)] = name
        return found

    def features(self, module: ModuleText) -> tuple[str, ...] | None:
        """The features of a module that are enabled; None: all."""
        chosen = self.directory.features
        if chosen is None:
            return None
        return tuple(name for owner, _, name in (each.partition(":") for each in chosen) if owner == module.name)


class Library:
    """All directories of a run, asked in order of how well they serve.

    Args:
        directories: As the operator wrote them.
        use_bundled: Ask the modules that come with the packages last.
        releases: (prefix, release) of exporters; the longest prefix wins.
    """

    def __init__(
        self,
        directories: tuple[Directory, ...],
        *,
        use_bundled: bool,
        releases: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._made: OrderedDict[tuple[object, ...], SchemaSet] = OrderedDict()
        self._collections: OrderedDict[tuple[int, ...], Collection] = OrderedDict()
        self._releases = [(Directory(exporter=prefix), release) for prefix, release in releases]
        self._shelves = [Shelf(directory) for directory in directories]
        self._bundled = Shelf(Directory())
        self._use_bundled = use_bundled

    @cached_property
    def _notifications(self) -> dict[str, ModuleText]:
        texts = self._bundled.newest
        return {name: read_module_text(texts[name]) for name in closure(texts, NOTIFICATION_MODULES)}

    def notifications(self) -> dict[str, str]:
        """Returns the texts by name of the notification modules and what they import, as they come with us."""
        return {name: module.text for name, module in self._notifications.items()}

    def is_meant_for(self, exporter: str, content_id: str | None) -> bool:
        """Whether a directory was written for this exporter, its release or content-id: more than a default."""
        return any(self._rank(shelf.directory, exporter, content_id) > _DEFAULT for shelf in self._shelves)

    def offers(self, exporter: str, content_id: str | None) -> list[Offer]:
        """Returns the directories that serve an exporter, the most specific first; the bundled modules are none."""
        return [shelf.offer for shelf in self._serving(exporter, content_id) if not shelf.offer.is_ours]

    def schema_set(self, exporter: str, content_id: str | None, wanted: frozenset[str]) -> SchemaSet:
        """Returns the set of all directories that serve together; made once for all that are served the same.

        Args:
            exporter: Source address of the messages.
            content_id: The YANG library's, when the publisher named one.
            wanted: Names, ``name@revision``, or namespaces.

        Raises:
            SchemaError: ``module-missing``: no directory has what is wanted, or imported; ``schema-missing``: none
                serves.
        """
        shelves = list(self._serving(exporter, content_id))
        if not shelves:
            raise SchemaError("schema-missing", f"no directory of YANG modules serves {exporter}: configure one")
        served = tuple(id(shelf) for shelf in shelves)
        made = self._made.get((served, wanted))
        if made is None:
            made = self._made[served, wanted] = self._select(shelves, self._collection(served, shelves), wanted)
            if len(self._made) > MAX_SETS:
                self._made.popitem(last=False)
        return made

    def _collection(self, served: tuple[int, ...], shelves: list[Shelf]) -> Collection:
        found = self._collections.get(served)
        if found is None:
            found = self._collections[served] = Collection([shelf.offer for shelf in shelves], self._notifications)
            if len(self._collections) > MAX_COLLECTIONS:
                self._collections.popitem(last=False)
        return found

    def _select(self, shelves: list[Shelf], collection: Collection, wanted: frozenset[str]) -> SchemaSet:
        asked = _all_asked(shelves, collection, wanted)
        by_offer = {id(shelf.offer): shelf for shelf in shelves}

        def features(module: ModuleText) -> tuple[str, ...] | None:
            offer = collection.offer_of(module)
            shelf = by_offer.get(id(offer)) if offer is not None else None
            return shelf.features(module) if shelf is not None else None

        return select(collection, asked, roots=NOTIFICATION_MODULES, features=features)

    def _serving(self, exporter: str, content_id: str | None) -> Iterator[Shelf]:
        """Yields the content-id's own directory, the narrowest prefix, the release's, defaults, the bundled modules."""
        ranked = sorted(self._shelves, key=lambda shelf: -self._rank(shelf.directory, exporter, content_id))
        yield from (shelf for shelf in ranked if self._rank(shelf.directory, exporter, content_id))
        if self._use_bundled:
            yield self._bundled

    def _rank(self, directory: Directory, exporter: str, content_id: str | None) -> int:
        """Returns how well a directory serves; 0: not at all."""
        if directory.content_id is not None:
            return _OWN if directory.content_id == content_id else 0
        if directory.release is not None:
            return _RELEASE if directory.release == self._release(exporter) else 0
        narrow = directory.serves(exporter)
        return _RELEASE + narrow if narrow > _DEFAULT else narrow

    def _release(self, exporter: str) -> str | None:
        served = [(where.serves(exporter), release) for where, release in self._releases]
        length, release = max(served, default=(0, ""))
        return release if length else None


def _all_asked(shelves: list[Shelf], collection: Collection, wanted: frozenset[str]) -> list[ModuleText]:
    """Returns the wanted modules.

    Raises:
        SchemaError: ``module-missing``: names all that are, those that are there and lack an import included.
    """
    asked: list[ModuleText] = []
    missing: list[SchemaError] = []
    for name in sorted(wanted):
        try:
            asked.append(_asked(shelves, collection, name))
        except SchemaError as error:
            missing.append(error.anew())  # without the frames, one of which holds this list
    if not missing:
        return asked
    try:
        select(collection, asked)
    except SchemaError as error:
        words = "module {} is in no directory that serves this exporter: add its .yang file"
        missing += [
            error.anew(),
            *(SchemaError("module-missing", words.format(name), module=name) for name in error.also),
        ]
    raise all_missing([error for error in missing if error.reason == "module-missing"])


def _asked(shelves: list[Shelf], collection: Collection, wanted: str) -> ModuleText:
    """Returns a wanted module, by name, ``name@revision`` or namespace."""
    known = next((shelf.names[wanted] for shelf in shelves if wanted in shelf.names), wanted)
    name, _, revision = known.partition("@")
    module = collection.find(name, revision)
    if module is not None:
        return module
    where = shelves[0].where
    revisions = next((found for shelf in shelves if (found := shelf.offer.by_name.get(name))), None)
    if not revisions:
        raise SchemaError(
            "module-missing",
            f"module {name} is not in {where}: add its .yang file, or a directory that has it for this exporter",
            module=name,
        )
    raise SchemaError(
        "module-missing",
        f"{where} has {name} of {', '.join(sorted(revisions))}, the publisher uses {revision}: add that file",
        module=f"{name}@{revision}",
    )
