"""Turns libyang's compiled types into YangType: leafrefs followed, unions flattened, identities listed."""

import re
from collections.abc import Callable
from typing import Any

from yangbeam.core.yang.libyang import Raw, array, derived_identities, ffi, lib, patterns, ranges, text_of
from yangbeam.core.yang.tree import YangType

BASES: dict[int, str] = {
    lib.LY_TYPE_BINARY: "binary",
    lib.LY_TYPE_UINT8: "uint8",
    lib.LY_TYPE_UINT16: "uint16",
    lib.LY_TYPE_UINT32: "uint32",
    lib.LY_TYPE_UINT64: "uint64",
    lib.LY_TYPE_STRING: "string",
    lib.LY_TYPE_BITS: "bits",
    lib.LY_TYPE_BOOL: "boolean",
    lib.LY_TYPE_DEC64: "decimal64",
    lib.LY_TYPE_EMPTY: "empty",
    lib.LY_TYPE_ENUM: "enumeration",
    lib.LY_TYPE_IDENT: "identityref",
    lib.LY_TYPE_INST: "instance-identifier",
    lib.LY_TYPE_UNION: "union",
    lib.LY_TYPE_INT8: "int8",
    lib.LY_TYPE_INT16: "int16",
    lib.LY_TYPE_INT32: "int32",
    lib.LY_TYPE_INT64: "int64",
}
BUILT_IN = frozenset(BASES.values()) | {"leafref"}
_PLUGIN = re.compile(r" - ([a-z0-9.-]+), ?version")
_OF_BASES = BUILT_IN | {"integers"}
"""Names of libyang's type plugins that judge by the base type alone."""


def _plugin(raw: Raw) -> str:
    """Name of the plugin that judges a type in ways of its own; empty for those of the base types."""
    identity = text_of(raw.plugin.id)
    named = _PLUGIN.search(identity)
    name = named[1] if named else identity
    return "" if name in _OF_BASES else name


def _number(raw: Raw) -> dict[str, Any]:
    signed = not BASES[raw.basetype].startswith("u")
    return {"ranges": ranges(ffi.cast("struct lysc_type_num *", raw).range, signed=signed)}


def _decimal(raw: Raw) -> dict[str, Any]:
    decimal = ffi.cast("struct lysc_type_dec *", raw)
    return {"fraction_digits": int(decimal.fraction_digits), "ranges": ranges(decimal.range, signed=True)}


def _string(raw: Raw) -> dict[str, Any]:
    string = ffi.cast("struct lysc_type_str *", raw)
    return {
        "lengths": ranges(string.length, signed=False),
        "patterns": patterns(string.patterns),
    }


def _binary(raw: Raw) -> dict[str, Any]:
    return {"lengths": ranges(ffi.cast("struct lysc_type_bin *", raw).length, signed=False)}


def _enumeration(raw: Raw) -> dict[str, Any]:
    items = array(ffi.cast("struct lysc_type_enum *", raw).enums)
    return {"enums": tuple((text_of(item.name), int(item.value)) for item in items)}


def _bits(raw: Raw) -> dict[str, Any]:
    items = array(ffi.cast("struct lysc_type_bits *", raw).bits)
    named = [(text_of(item.name), int(item.position)) for item in items]
    return {"bits": tuple(sorted(named, key=lambda bit: bit[1]))}


def _identityref(raw: Raw) -> dict[str, Any]:
    derived = derived_identities(ffi.cast("struct lysc_type_identityref *", raw).bases)
    # An identity of a module that is only imported is no valid value (libyang and RFC 7950 section 9.10.2 agree).
    named = [(text_of(one.module.name), text_of(one.name)) for one in derived if one.module.implemented]
    return {"identities": tuple(f"{module}:{name}" for module, name in named)}


_DETAILS: dict[str, Callable[[Raw], dict[str, Any]]] = {
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"), _number),
    "decimal64": _decimal,
    "string": _string,
    "binary": _binary,
    "enumeration": _enumeration,
    "bits": _bits,
    "identityref": _identityref,
}


class TypeCompiler:
    """Converts types of one context; equal compiled types are converted once.

    Args:
        modules: Every ``struct lys_module *`` of the context.
    """

    def __init__(self, modules: list[Raw]) -> None:
        self._done: dict[tuple[int, str], YangType] = {}
        self._typedefs: dict[int, str] = {}
        for module in modules:
            self._remember_typedefs(module)

    def _remember_typedefs(self, module: Raw) -> None:
        """Maps compiled types to typedef names; of typedefs that share one compiled type, the innermost stands."""
        for typedef in array(module.parsed.typedefs) if module.parsed else ():
            if typedef.type.compiled:
                address = int(ffi.cast("uintptr_t", typedef.type.compiled))
                name = f"{text_of(module.name)}:{text_of(typedef.name)}"
                if address not in self._typedefs or text_of(typedef.type.name) in BUILT_IN:
                    self._typedefs[address] = name

    def typedef(self, raw: Raw) -> str:
        """Typedef whose compiled type this is; empty when it is restricted further, or built in."""
        return self._typedefs.get(int(ffi.cast("uintptr_t", raw)), "")

    def convert(self, raw: Raw, typedef: str = "") -> YangType:
        """Returns the IR of a ``struct lysc_type *``; ``typedef`` overrides what the type itself tells."""
        key = (int(ffi.cast("uintptr_t", raw)), typedef)
        if key not in self._done:
            self._done[key] = self._convert(raw, typedef or self.typedef(raw))
        return self._done[key]

    def _convert(self, raw: Raw, typedef: str) -> YangType:
        if raw.basetype == lib.LY_TYPE_LEAFREF:
            return self._leafref(raw)
        if raw.basetype == lib.LY_TYPE_UNION:
            members = array(ffi.cast("struct lysc_type_union *", raw).types)
            return YangType("union", typedef, members=tuple(self.convert(member) for member in members))
        base = BASES[raw.basetype]
        details = _DETAILS[base](raw) if base in _DETAILS else {}
        return YangType(base, typedef, **details, plugin=_plugin(raw))

    def _leafref(self, raw: Raw) -> YangType:
        leafref = ffi.cast("struct lysc_type_leafref *", raw)
        target = self.convert(leafref.realtype)
        path = text_of(lib.lyxp_get_expr(leafref.path))
        fields = {name: getattr(target, name) for name in YangType.__dataclass_fields__}
        return YangType(**fields | {"leafref": path})
