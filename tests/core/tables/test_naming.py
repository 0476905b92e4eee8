from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.tables.naming import LIMIT, distinct, joined, shortened, snake

IDENTIFIER = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,80}", fullmatch=True)


def test_yang_identifiers_become_lower_case_sql_ones() -> None:
    assert [snake(name) for name in ("in-octets", "sysName", "x.25", "UPDATE", "_a", "IPv4Addr")] == [
        "in_octets", "sys_name", "x_25", "update", "_a", "ipv4_addr",
    ]  # fmt: skip
    assert joined(["ietf-interfaces", "interfaces"]) == "ietf_interfaces__interfaces"


def test_a_long_name_is_cut_and_told_apart_by_its_path() -> None:
    one, other = shortened("x" * 64, "/a:x"), shortened("x" * 64, "/b:x")
    assert one != other
    assert len(one) == len(other) == LIMIT
    assert shortened("x" * 63, "/a:x") == "x" * 63


def test_the_least_augmented_path_keeps_a_contested_name_whatever_the_order() -> None:
    wanted = [("mtu", "/a:l/b:mtu"), ("mtu", "/a:l/mtu"), ("ts", "/a:l/ts")]
    forward = distinct(wanted, ["ts"])
    assert forward[1] == "mtu"
    assert forward[0].startswith("mtu_")
    assert forward[2].startswith("ts_")
    assert distinct(wanted[::-1], ["ts"]) == forward[::-1]


@given(st.lists(IDENTIFIER, max_size=30, unique=True))
def test_names_are_unique_and_within_the_limit(identifiers: list[str]) -> None:
    names = distinct([(snake(identifier), f"/m:{identifier}") for identifier in identifiers], limit=40)
    assert len(set(names)) == len(identifiers)
    assert all(len(name) <= 40 for name in names)
