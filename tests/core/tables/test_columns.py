import pytest

from yangbeam.core.tables.columns import ColumnType, holds, is_counter, scalar_type
from yangbeam.core.yang.tree import YangType


def union(*members: YangType) -> YangType:
    return YangType("union", members=members)


U8, U16, U64, I8, STRING = (YangType(base) for base in ("uint8", "uint16", "uint64", "int8", "string"))
ENUM = YangType("enumeration", enums=(("a", 1),))


@pytest.mark.parametrize(
    ("yang", "column"),
    [
        (U64, "uint64"),
        (YangType("decimal64", fraction_digits=3), "decimal(19,3)"),
        (YangType("boolean"), "boolean"),
        (YangType("empty"), "boolean"),
        (ENUM, "enum"),
        (YangType("identityref"), "identity"),
        (YangType("bits"), "text"),
        (YangType("binary"), "binary"),
        (YangType("instance-identifier"), "text"),
        (YangType("string", typedef="ietf-yang-types:date-and-time"), "timestamp"),
        (union(U8, U16), "uint16"),
        (union(U16, I8), "int32"),
        (union(U64, I8), "text"),
        (union(U8, STRING), "text"),
        (union(union(U8, U16), U8), "uint16"),
        (union(ENUM, YangType("enumeration", enums=(("b", 1),))), "enum"),
        (union(ENUM, STRING), "text"),
        (union(YangType("empty"), YangType("empty")), "text"),
        (union(YangType("decimal64", fraction_digits=2), YangType("decimal64", fraction_digits=2)), "decimal(19,2)"),
        (union(YangType("decimal64", fraction_digits=2), YangType("decimal64", fraction_digits=3)), "text"),
    ],
)
def test_each_yang_type_has_its_column_type(yang: YangType, column: str) -> None:
    assert str(scalar_type(yang)) == column


def test_counters_are_known_by_their_typedef() -> None:
    assert is_counter(YangType("uint64", typedef="ietf-yang-types:counter64"))
    assert is_counter(YangType("uint64", typedef="openconfig-yang-types:counter64"))
    assert not is_counter(YangType("uint64", typedef="ietf-yang-types:gauge64"))
    assert not is_counter(None)


@pytest.mark.parametrize(
    ("wide", "narrow", "fits"),
    [
        (ColumnType("uint64"), ColumnType("uint8"), True),
        (ColumnType("int64"), ColumnType("uint32"), True),
        (ColumnType("int64"), ColumnType("uint64"), False),
        (ColumnType("text"), ColumnType("enum"), True),
        (ColumnType("enum"), ColumnType("text"), True),
        (ColumnType("text"), ColumnType("uint8"), False),
        (ColumnType("decimal", 2), ColumnType("decimal", 3), False),
        (ColumnType("uint8"), ColumnType("uint8", many=True), False),
        (ColumnType("boolean"), ColumnType("boolean"), True),
    ],
)
def test_a_column_holds_what_loses_nothing_in_it(wide: ColumnType, narrow: ColumnType, *, fits: bool) -> None:
    assert holds(wide, narrow) is fits
