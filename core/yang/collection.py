"""All YANG modules that serve an exporter, by source: which text a name means, and what may change what."""

from collections.abc import Iterable, Mapping, Sequence

from yangbeam.core.yang.augmenting import Changes, changes
from yangbeam.core.yang.module_text import ModuleText

Key = tuple[str, str]
"""(name, revision)."""


class Offer:
    """The modules of one source: a directory, a node, or what comes with the packages.

    Args:
        where: What it is, for messages.
        modules: Its modules and submodules.
        implemented: Module → the revision that the source implements; None: of each the newest.
        is_ours: It comes with the packages: it changes no module but its own.
    """

    def __init__(
        self,
        where: str,
        modules: Iterable[ModuleText],
        implemented: Mapping[str, str] | None = None,
        *,
        is_ours: bool = False,
    ) -> None:
        self.where = where
        self.is_ours = is_ours
        self.by_name: dict[str, dict[str, ModuleText]] = {}
        for module in modules:
            self.by_name.setdefault(module.name, {})[module.revision] = module
        self._implemented = implemented
        self._importers: dict[str, list[ModuleText]] | None = None
        self._changes: dict[Key, Changes] = {}

    def find(self, name: str, revision: str = "") -> ModuleText | None:
        """Returns a module of a revision; of none: the implemented one, else the newest."""
        revisions = self.by_name.get(name)
        if not revisions:
            return None
        if revision:
            return revisions.get(revision)
        return revisions.get((self._implemented or {}).get(name, "")) or revisions[max(revisions)]

    def importers(self, name: str) -> Sequence[ModuleText]:
        """Returns what may change a module, as it imports it: of each name the module that holds here."""
        if self._importers is None:
            self._importers = {}
            for other in self.by_name:
                module = self.find(other)
                if module is not None and self._holds(module):
                    for needed in {reference.name for reference in module.imports}:
                        self._importers.setdefault(needed, []).append(module)
        return self._importers.get(name, ())

    def _holds(self, module: ModuleText) -> bool:
        """Whether its augments and deviations are in force (RFC 7950 section 5.6.5)."""
        return self._implemented is None or (module.belongs_to or module.name) in self._implemented

    def changes(self, module: ModuleText) -> Changes:
        """Returns what one of its modules changes; read once."""
        key = (module.name, module.revision)
        found = self._changes.get(key)
        if found is None:
            found = self._changes[key] = changes(module.text)
        return found


class Collection:
    """All sources that serve an exporter, the most specific first.

    Args:
        offers: The sources.
        ours: What the notifications need, as it comes with us; by name.
        lends: Contents may import ours, too: a folder need not hold the modules that everybody knows. A node says
            itself of which revision its own are.
    """

    def __init__(self, offers: Sequence[Offer], ours: Mapping[str, ModuleText], *, lends: bool = True) -> None:
        last = [Offer("yangbeam's own modules", ours.values(), is_ours=True)] if lends else []
        self.offers = (*offers, *last)
        self.ours = ours

    def find(self, name: str, revision: str = "") -> ModuleText | None:
        """Returns a module from the first source that has it, of that revision if one is given."""
        return next((found for offer in self.offers if (found := offer.find(name, revision)) is not None), None)

    def offer_of(self, module: ModuleText) -> Offer | None:
        """Returns where a module comes from."""
        return next(
            (offer for offer in self.offers if offer.by_name.get(module.name, {}).get(module.revision) is module), None
        )
