"""Decides which YANG modules a simulated router has, and how its library tells of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from xml.sax.saxutils import escape

from yangbeam.core.yang.augmenting import closure
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.yang_library import LibraryModule, YangLibrary, make_library
from yangbeam.core.yang.yang_library_xml import NAMESPACE
from yangbeam.io.yang_directories import bundled

PUBLISHING: Final = (
    "ietf-subscribed-notifications",
    "ietf-yang-push",
    "ietf-distributed-notif",
    "ietf-yp-observation",
    "ietf-yang-push-revision",
    "ietf-yp-notification",
    "ietf-udp-notif-transport",
    "ietf-yang-library",
)
"""What every publishing router implements beside its data."""

_FEATURE: Final = re.compile(r"""\bfeature\s+["']?([A-Za-z_][\w.-]*)""")
_NAMESPACE: Final = re.compile(r"""\bnamespace\s+["']?([^"';\s]+)""")
_DATASTORES: Final = "urn:ietf:params:xml:ns:yang:ietf-datastores"


@dataclass(frozen=True)
class Equipment:
    """The YANG of one router.

    Attributes:
        library: What it says it implements.
        texts: (name, revision) to text.
        subscriptions: Its subscriptions, as elements of ietf-subscribed-notifications in XML.
        rfc7895: It tells the older library instead of that of RFC 8525.
        in_hello: It tells neither, but names its modules in its hello.
    """

    library: YangLibrary
    texts: Mapping[tuple[str, str], str]
    subscriptions: tuple[str, ...] = ()
    rfc7895: bool = False
    in_hello: bool = False
    _rendered: dict[str, str] = field(default_factory=dict, compare=False)

    def with_content_id(self, content_id: str) -> "Equipment":
        """Returns the same router after its library changed its id."""
        library = YangLibrary(content_id, self.library.modules, self.library.tells_augments, self.library.source)
        return replace(self, library=library, _rendered={})

    def library_xml(self) -> str:
        """Returns the library as RFC 8525 or RFC 7895 has it."""
        if "library" not in self._rendered:
            self._rendered["library"] = (_modules_state if self.rfc7895 else _yang_library)(self.library)
        return self._rendered["library"]


def equipment(texts: Iterable[str], content_id: str, *, rfc7895: bool = False) -> Equipment:
    """Returns a router with these modules, all implemented, all features on.

    Args:
        texts: Modules and their submodules.
        content_id: Of its library.
        rfc7895: It tells the older library.
    """
    modules = [read_module_text(text) for text in texts]
    parts = {module.name: module for module in modules if module.belongs_to}
    told = [_told(module, parts) for module in modules if not module.belongs_to]
    by_key = {(module.name, module.revision): module.text for module in modules}
    return Equipment(make_library(content_id, told, source="rfc8525"), by_key, rfc7895=rfc7895)


def router_texts(data: Iterable[str]) -> list[str]:
    """Returns the texts of a router that publishes some modules: those, what they need, and what publishing needs."""
    newest: dict[str, ModuleText] = {}
    for text in bundled().values():
        module = read_module_text(text)
        if module.name not in newest or module.revision > newest[module.name].revision:
            newest[module.name] = module
    texts = {name: module.text for name, module in newest.items()}
    return [texts[name] for name in sorted(closure(texts, (*data, *PUBLISHING)))]


def _told(module: ModuleText, parts: Mapping[str, ModuleText]) -> LibraryModule:
    namespace = _NAMESPACE.search(module.text)
    included = [parts[reference.name] for reference in module.includes if reference.name in parts]
    features = {name for text in (module, *included) for name in _FEATURE.findall(_uncommented(text.text))}
    return LibraryModule(
        module.name,
        module.revision,
        namespace[1] if namespace else "",
        submodules=tuple(sorted((part.name, part.revision) for part in included)),
        features=tuple(sorted(features)),
    )


def _uncommented(text: str) -> str:
    """The statements alone: descriptions speak of features, too."""
    return re.sub(r'"[^"\\]*(?:\\.[^"\\]*)*"|//[^\n]*|/\*.*?\*/', '""', text, flags=re.DOTALL)


def _yang_library(library: YangLibrary) -> str:
    entries = "".join(_rfc8525_module(module) for module in library.modules)
    return (
        f'<yang-library xmlns="{NAMESPACE}"><module-set><name>all</name>{entries}</module-set>'
        "<schema><name>all</name><module-set>all</module-set></schema>"
        f'<datastore><name xmlns:ds="{_DATASTORES}">ds:operational</name><schema>all</schema></datastore>'
        f"{_leaf('content-id', library.content_id)}</yang-library>"
    )


def _rfc8525_module(module: LibraryModule) -> str:
    element = "import-only-module" if module.import_only else "module"
    inner = "".join((*_common(module), *(_leaf("deviation", name) for name in module.deviations)))
    augmented = "".join(_leaf("augmented-by", name, f"{NAMESPACE}-augmentedby") for name in module.augmented_by)
    return f"<{element}>{inner}{augmented}</{element}>"


def _modules_state(library: YangLibrary) -> str:
    entries = "".join(
        "<module>{}{}{}</module>".format(
            "".join(_common(module)),
            "".join(f"<deviation>{_leaf('name', name)}<revision/></deviation>" for name in module.deviations),
            _leaf("conformance-type", "import" if module.import_only else "implement"),
        )
        for module in library.modules
    )
    return f'<modules-state xmlns="{NAMESPACE}">{_leaf("module-set-id", library.content_id)}{entries}</modules-state>'


def _common(module: LibraryModule) -> Iterator[str]:
    yield _leaf("name", module.name) + _leaf("revision", module.revision) + _leaf("namespace", module.namespace)
    yield from (_leaf("feature", name) for name in module.features)
    for name, revision in module.submodules:
        yield f"<submodule>{_leaf('name', name)}{_leaf('revision', revision)}</submodule>"


def _leaf(name: str, value: str, namespace: str = "") -> str:
    declared = f' xmlns="{namespace}"' if namespace else ""
    return f"<{name}{declared}>{escape(value)}</{name}>"
