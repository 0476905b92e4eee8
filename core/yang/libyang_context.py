"""Opens and closes one libyang context over a schema set, and parses instances with it.

The only file that calls libyang's parser. A context belongs to the thread that made it: shared between threads it is
slower than one thread alone, because of the lock on its dictionary.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.libyang import ffi, lib, text_of
from yangbeam.core.yang.schema_set import SchemaSet

_OPTIONS = (
    lib.LY_CTX_DISABLE_SEARCHDIR_CWD
    | lib.LY_CTX_NO_YANGLIBRARY
    | lib.LY_CTX_EXPLICIT_COMPILE  # one compilation at the end, not one per module
    | lib.LY_CTX_REF_IMPLEMENTED  # OpenConfig: defaults that are identities of modules only imported
    | lib.LY_CTX_SET_PRIV_PARSED  # typedef names
)
_STEPWISE = _OPTIONS & ~lib.LY_CTX_EXPLICIT_COMPILE
_PROFILES: dict[str, tuple[int, int]] = {
    "structural": (lib.LYD_PARSE_STRICT | lib.LYD_PARSE_ONLY, 0),
    "full": (lib.LYD_PARSE_STRICT, lib.LYD_VALIDATE_PRESENT),
}
# Module globals: each look-up in the binding costs as much as parsing a leaf.
_parse, _free, _JSON, _NULL = lib.lyd_parse_data_mem, lib.lyd_free_all, lib.LYD_JSON, ffi.NULL


NO_REASON: Final = "libyang gives no reason"
_PARSED: Final = re.compile(r'Parsing (?:sub)?module "([^"]+)" failed')
"""Of modules that need each other the innermost comes first."""
_LOCATION: Final = re.compile(r'(Data|Schema) location "(.*?)"(?:, |\.?$)', re.DOTALL)
"""How libyang 2.1 says where: of what is missing it has the schema's path alone."""
_MISSING: Final = re.compile(r'Mandatory (?:node|choice) "([^"]+)"')
"""What libyang 3 says of it: its place is the parent's."""


class Refusal(NamedTuple):
    """Why libyang refuses an instance."""

    words: str
    path: str
    """Instance path, as far as libyang names it."""
    schema_path: str = ""
    """Schema path, where it names this alone: of a node that is missing."""


_STARVED: Final = ("Memory allocation failed", "out of memory", NO_REASON)
"""What libyang says where it was refused memory, even for its own words."""


def is_starved(words: str) -> bool:
    """Says whether libyang was refused memory, by what it said."""
    return any(each in words for each in _STARVED)


class RefusedModuleError(SchemaError):
    """libyang refuses a module; ``path`` is where, in its words (``statements.find_refused``)."""

    def __init__(self, what: str, words: str, path: str) -> None:
        super().__init__("schema-invalid", f"{what}: {words}")
        self.words = words
        self.path = path


def _where_in_schema(error: Any) -> str:
    """Returns the schema's path or the line of a text that libyang refuses, as 2.1 writes it."""
    line = int(lib.error_line(error))
    return (
        text_of(lib.error_path(error)) or text_of(lib.error_schema_path(error)) or (f"Line number {line}" * (line > 0))
    )


class LibyangContext:
    """A loaded context.

    Args:
        schema_set: What to load.
        directory: Holds exactly the set's texts (``io.yang_directories.write_set``).
        at: Told of each module before it is compiled; given, each is compiled on its own, which takes longer.

    Raises:
        SchemaError: ``schema-invalid``: libyang refuses a module; the detail is in its words.
    """

    def __init__(self, schema_set: SchemaSet, directory: str | Path, at: Callable[[str], object] | None = None) -> None:
        created = ffi.new("struct ly_ctx **")
        if lib.ly_ctx_new(str(directory).encode(), _STEPWISE if at else _OPTIONS, created) != lib.LY_SUCCESS:
            raise SchemaError("schema-invalid", f"libyang finds no directory {directory}")
        self._raw: Any = ffi.gc(created[0], lib.ly_ctx_destroy)
        self._root = ffi.new("struct lyd_node **")
        try:
            self._fill(schema_set, at or (lambda _: None))
        except SchemaError:
            self.close()
            raise

    def _fill(self, schema_set: SchemaSet, at: Callable[[str], object]) -> None:
        for name, revision in schema_set.implemented:
            at(f"{name}@{revision}" if revision else name)
            self._load(name, revision, schema_set.features.get(name))
        self._compile()

    def add(self, modules: Iterable[tuple[str, str, tuple[str, ...] | None] | str]) -> None:
        """Implements further modules; refused, the context is as it was.

        Args:
            modules: Name, revision and features of one whose file is there; or the text of one without features and
                submodules, which takes no file.

        Raises:
            RefusedModuleError: libyang refuses one.
        """
        for module in modules:
            if isinstance(module, str):
                self._parse_text(module)
            else:
                self._load(*module)
        self._compile()

    def _parse_text(self, text: str) -> None:
        if lib.lys_parse_mem(self._raw, text.encode(), lib.LYS_IN_YANG, ffi.new("struct lys_module **")):
            raise self._refused("a module does not load")

    def _compile(self) -> None:
        if lib.ly_ctx_compile(self._raw) != lib.LY_SUCCESS:
            raise self._refused("the schema set does not compile")

    def _refused(self, what: str) -> RefusedModuleError:
        error = lib.ly_err_first(self._raw)
        path = _where_in_schema(error) if error else ""
        words = self._errors()
        parsed = _PARSED.search(words) if path.startswith("Line") else None
        return RefusedModuleError(what, words, f"/{parsed.group(1)}: {path}" if parsed else path)

    @property
    def raw(self) -> Any:
        """``struct ly_ctx *``.

        Raises:
            SchemaError: ``schema-closed``.
        """
        if self._raw is None:
            raise SchemaError("schema-closed", "this schema was closed; take it from the cache again")
        return self._raw

    def close(self) -> None:
        """Frees the context at once; closing twice is harmless."""
        if self._raw is not None:
            ffi.release(self._raw)
            self._raw = None

    def _load(self, name: str, revision: str, features: tuple[str, ...] | None) -> None:
        chosen = ("*",) if features is None else features
        texts = [ffi.new("char[]", feature.encode()) for feature in chosen]
        wanted = ffi.new("char *[]", [*texts, ffi.NULL])
        when = revision.encode() if revision else ffi.NULL
        if not lib.ly_ctx_load_module(self._raw, name.encode(), when, wanted):
            raise self._refused(f"module {name}@{revision} does not load")

    def _errors(self) -> str:
        """Takes what libyang said, oldest first, and clears it."""
        said = []
        error = lib.ly_err_first(self._raw)
        while error:
            said.append(text_of(error.msg))
            error = error.next
        lib.ly_err_clean(self._raw, ffi.NULL)
        return "; ".join(said) or NO_REASON

    def _place(self) -> dict[str, str]:
        """Returns where libyang's first word stands, by kind of path; 2.1 puts that into a sentence, or knows none."""
        error = lib.ly_err_first(self._raw)
        told = text_of(lib.error_path(error)) if error else ""
        found = dict(_LOCATION.findall(told)) or {"Data": told if told[:1] == "/" else ""}
        path = found.get("Data", "")
        schema_path = found.get("Schema", "") or (text_of(lib.error_schema_path(error)) if error and not path else "")
        missing = _MISSING.match(text_of(error.msg)) if path else None
        return {"path": f"{path}/{missing[1]}" if missing else path, "schema_path": schema_path}

    def refusal(self, text: bytes, profile: str) -> Refusal | None:
        """Parses JSON data and frees it: None when it is accepted.

        Args:
            text: A JSON object without trailing garbage (libyang would not notice) and not empty.
            profile: ``structural`` (RFC 7950 types, names, keys) or ``full`` (also mandatory, must, when, leafref).
        """
        try:
            parsing, validation = _PROFILES[profile]
        except KeyError:
            raise ValueError(f"profile is one of {', '.join(_PROFILES)}, not {profile!r}") from None
        root = self._root
        status = _parse(self._raw or self.raw, text, _JSON, parsing, validation, root)
        tree = root[0]
        if tree:
            _free(tree)
            root[0] = _NULL
        if not status:
            return None
        place = self._place()  # the words clear what was said
        return Refusal(self._errors(), **place)
