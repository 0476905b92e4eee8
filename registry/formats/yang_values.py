"""Whether a leaf still takes and means the values it did (RFC 7950 section 11): what pyang's check leaves out.

Ranges are compared as sets of numbers, units and defaults with those of the types that they come from.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from pyang import error
from pyang.plugins import check_update

from yangbeam.registry.formats.yang_strings import chain, covers

_REQUIRES: Final = "CHK_REQUIRES_INSTANCE"
_BITS: Final = {"int8": 8, "int16": 16, "int32": 32, "int64": 64, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
_PREFIXED: Final = ("identityref",)
"""Types whose defaults begin with a prefix, which each revision may choose anew."""

Numbers = list[tuple[int, int]]


def teach() -> None:
    """Puts the checks into pyang's."""
    error.add_error_code(_REQUIRES, 1, "an instance is required that was not before (RFC 7950: sec. 11, p5)")
    check_update.chk_range = _ranges
    check_update.chk_units = _units
    check_update.chk_default = _default
    check_update.chk_typedef = _typedef(check_update.chk_typedef)
    check_update.chk_leaf_list = _leaf_list(check_update.chk_leaf_list)
    for name in ("leafref", "instance-identifier"):
        check_update.chk_type_func[name] = _reference(check_update.chk_type_func[name])
    for name, keyword in (("enumeration", "enum"), ("bits", "bit")):
        check_update.chk_type_func[name] = _listed(check_update.chk_type_func[name], keyword)


def _ranges(old: Any, new: Any, _old_spec: Any, _new_spec: Any, context: Any) -> None:
    if not covers(_numbers(new), _numbers(old)):
        error.err_add(context.errors, new.pos, check_update.verrcode("CHK_RESTRICTION_CHANGED", new), "range")


def _numbers(statement: Any) -> Numbers:
    """The numbers of a type, a decimal64 in its last digits; a derived type's min and max are those of its base."""
    types = list(chain(statement))
    digits = [found.arg for found in (each.search_one("fraction-digits") for each in types) if found is not None]
    scale = 10 ** int(digits[-1]) if digits else 1
    found = [_all(types[-1].arg.rpartition(":")[2])]
    for each in reversed(types):
        written = each.search_one("range")
        if written is not None:
            found = list(_parts(written.arg, found[0][0], found[-1][1], scale))
    return found


def _all(name: str) -> tuple[int, int]:
    bits = _BITS.get(name, 64)
    return (0, 2**bits - 1) if name.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _parts(expression: str, low: int, high: int, scale: int) -> Iterator[tuple[int, int]]:
    def number(text: str) -> int:
        ends = {"min": low, "max": high}
        return ends[text] if text in ends else int(Decimal(text) * scale)

    for part in expression.split("|"):
        first, _, last = (each.strip() for each in part.partition(".."))
        yield number(first), number(last or first)


def _inherited(node: Any, keyword: str) -> Any:
    """A statement of a leaf or typedef, or of the nearest type that it derives from; None: there is none."""
    found = node.search_one(keyword)
    for each in chain(node.search_one("type")):
        typedef = getattr(each, "i_typedef", None)
        found = found if found is not None or typedef is None else typedef.search_one(keyword)
    return found


def _units(old: Any, new: Any, context: Any) -> None:
    _kept(_inherited(old, "units"), _inherited(new, "units"), new, context)


def _default(old: Any, new: Any, context: Any) -> None:
    _kept(_inherited(old, "default"), _inherited(new, "default"), new, context)


def _kept(before: Any, after: Any, node: Any, context: Any) -> None:
    """What was said may not be unsaid, nor said otherwise."""
    if before is None:
        return
    if after is None:
        check_update.err_def_removed(before, node, context)
    elif _value(before) != _value(after):
        check_update.err_def_changed(before, after, context)


def _value(statement: Any) -> str:
    kind = statement.parent.search_one("type")
    is_prefixed = statement.keyword == "default" and kind is not None and list(chain(kind))[-1].arg in _PREFIXED
    return statement.arg.rpartition(":")[2] if is_prefixed else statement.arg


Check = Callable[[Any, Any, Any], Any]
TypeCheck = Callable[[Any, Any, Any, Any, Any], None]


def _typedef(before: Check) -> Check:
    def check(old: Any, module: Any, context: Any) -> None:
        before(old, module, context)
        new = module.i_typedefs.get(old.arg)
        if new is not None:
            _units(old, new, context)
            _default(old, new, context)

    return check


def _leaf_list(before: Check) -> Check:
    def check(old: Any, new: Any, context: Any) -> None:
        before(old, new, context)
        earlier, later = old.search("default"), new.search("default")
        if earlier and [_value(each) for each in earlier] != [_value(each) for each in later]:
            if later:
                check_update.err_def_changed(earlier[0], later[0], context)
            else:
                check_update.err_def_removed(earlier[0], new, context)
        elif not earlier:
            inherited = _inherited(old, "default")
            _kept(inherited, _inherited(new, "default"), new, context)

    return check


def _reference(before: TypeCheck) -> TypeCheck:
    def check(old: Any, new: Any, old_spec: Any, new_spec: Any, context: Any) -> None:
        before(old, new, old_spec, new_spec, context)
        if _requires(new) and not _requires(old):
            error.err_add(context.errors, new.pos, _REQUIRES, ())

    return check


def _requires(statement: Any) -> bool:
    found = (each.search_one("require-instance") for each in chain(statement))
    return next((each.arg == "true" for each in found if each is not None), True)


def _listed(before: TypeCheck, keyword: str) -> TypeCheck:
    """A value that depends on a further feature is gone where that is not supported."""

    def check(old: Any, new: Any, old_spec: Any, new_spec: Any, context: Any) -> None:
        before(old, new, old_spec, new_spec, context)
        earlier = {each.arg: each for each in _values(old, keyword)}
        for later in _values(new, keyword):
            if later.arg in earlier:
                check_update.chk_status(earlier[later.arg], later, context)
                held = {each.arg for each in earlier[later.arg].search("if-feature")}
                for added in (each for each in later.search("if-feature") if each.arg not in held):
                    check_update.err_def_added2(added, later, context)

    return check


def _values(statement: Any, keyword: str) -> list[Any]:
    return next((found for each in chain(statement) if (found := each.search(keyword))), [])
