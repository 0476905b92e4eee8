"""Which directory of YANG modules serves an exporter, and which of its modules make the schema of a subscription."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.augmenting import closure
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set
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
"""Sets of one directory that are remembered: thousands of exporters ask for a few, and each costs its modules' text."""

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
    """The modules of one directory, newest revision first asked, and under them those that packages bring."""

    def __init__(self, directory: Directory) -> None:
        """Reads the directory.

        Raises:
            SchemaError: It cannot be read, or a file in it is no YANG.
        """
        self.directory = directory
        self._made: dict[frozenset[str], SchemaSet] = {}
        self._texts = read_modules(Path(directory.path)) if directory.path else bundled()

    @cached_property
    def _by_revision(self) -> dict[str, dict[str, ModuleText]]:
        found: dict[str, dict[str, ModuleText]] = {}
        for text in self._texts.values():
            module = read_module_text(text)
            found.setdefault(module.name, {})[module.revision] = module
        return found

    @cached_property
    def newest(self) -> dict[str, str]:
        """Module name to the text of its newest revision here."""
        return {name: revisions[max(revisions)].text for name, revisions in self._by_revision.items()}

    @cached_property
    def _names(self) -> dict[str, str]:
        found = {}
        for name, text in self.newest.items():
            namespace = _NAMESPACE.search(text)
            if namespace is not None:
                found[namespace.group(1)] = name
        return found

    def schema_set(self, wanted: frozenset[str], notifications: Mapping[str, str]) -> SchemaSet:
        """Returns the set that reads the wanted modules and all notifications; made once for all that want the same.

        Args:
            wanted: Names, ``name@revision``, or namespaces.
            notifications: Texts by name to take the notification modules and their imports from where this directory
                has none; always the same ones.

        Raises:
            SchemaError: ``schema-missing``: a wanted module, or one it imports, is not here.
        """
        made = self._made.get(wanted)
        if made is None:
            made = self._made[wanted] = self._make(wanted, notifications)
            if len(self._made) > MAX_SETS:
                self._made.pop(next(iter(self._made)), None)
        return made

    def _make(self, wanted: frozenset[str], notifications: Mapping[str, str]) -> SchemaSet:
        asked = dict(self._asked(name) for name in sorted(wanted))  # of several missing ones always the same is named
        texts = dict(notifications) | self.newest | asked
        names = closure(texts, (*asked, *NOTIFICATION_MODULES))
        return make_schema_set({name: texts[name] for name in names}, features=self._features())

    def _asked(self, wanted: str) -> tuple[str, str]:
        name, _, revision = self._names.get(wanted, wanted).partition("@")
        revisions = self._by_revision.get(name)
        where = self.directory.path or "the bundled modules"
        if not revisions:
            raise SchemaError(
                "module-missing",
                f"module {name} is not in {where}: add its .yang file, or a directory that has it for this exporter",
                module=name,
            )
        module = revisions.get(revision) if revision else revisions[max(revisions)]
        if module is None:
            raise SchemaError(
                "module-missing",
                f"{where} has {name} of {', '.join(sorted(revisions))}, the publisher uses {revision}: add that file",
                module=f"{name}@{revision}",
            )
        return name, module.text

    def _features(self) -> dict[str, list[str]] | None:
        if self.directory.features is None:
            return None
        chosen: dict[str, list[str]] = {name: [] for name in self.newest}
        for feature in self.directory.features:
            module, _, name = feature.partition(":")
            chosen.setdefault(module, []).append(name)
        return chosen


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
        self._releases = [(Directory(exporter=prefix), release) for prefix, release in releases]
        self._shelves = [Shelf(directory) for directory in directories]
        self._bundled = Shelf(Directory())
        self._use_bundled = use_bundled

    @cached_property
    def _notifications(self) -> dict[str, str]:
        texts = self._bundled.newest
        return {name: texts[name] for name in closure(texts, NOTIFICATION_MODULES)}

    def notifications(self) -> dict[str, str]:
        """Returns the texts by name of the notification modules and what they import, as they come with us."""
        return self._notifications

    def is_meant_for(self, exporter: str, content_id: str | None) -> bool:
        """Whether a directory was written for this exporter, its release or content-id: more than a default."""
        return any(self._rank(shelf.directory, exporter, content_id) > _DEFAULT for shelf in self._shelves)

    def schema_set(self, exporter: str, content_id: str | None, wanted: frozenset[str]) -> SchemaSet:
        """Returns the set of the directory that serves best and has all that is wanted.

        Raises:
            SchemaError: None has; the error is the best-serving directory's.
        """
        first: SchemaError | None = None
        for shelf in self._serving(exporter, content_id):
            try:
                return shelf.schema_set(wanted, self._notifications)
            except SchemaError as error:
                first = first or error
        raise first or SchemaError("schema-missing", f"no directory of YANG modules serves {exporter}: configure one")

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
