"""YANG that costs more than it looks."""

from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set


def doubling(times: int, name: str = "doubling") -> str:
    """A module whose groupings double so many times: 1.5 kB for 23 times, which make eight million leaves."""
    steps = "".join(
        f"grouping g{step} {{ container a {{ uses g{step - 1}; }} container b {{ uses g{step - 1}; }} }}\n"
        for step in range(1, times + 1)
    )
    return (
        f"module {name} {{ namespace urn:{name}; prefix d; revision 2026-01-01;\n"
        f"grouping g0 {{ leaf x {{ type int8; }} }}\n"
        f"{steps}container {name} {{ uses g{times}; }} }}"
    )


def leaves(count: int) -> str:
    """A module of one container with so many leaves."""
    many = "".join(f"leaf l{number} {{ type string; }}\n" for number in range(count))
    return f"module leaves {{ namespace urn:leaves; prefix l; revision 2026-01-01; container leaves {{ {many} }} }}"


def enums(count: int) -> str:
    """A module of one leaf with so many enums."""
    many = "".join(f"enum e{number};\n" for number in range(count))
    return (
        "module enums { namespace urn:enums; prefix e; revision 2026-01-01; "
        f"leaf enums {{ type enumeration {{ {many} }} }} }}"
    )


def unions(times: int) -> str:
    """A module of one leaf whose type has its predecessor twice, so many times."""
    steps = "".join(
        f"typedef t{step} {{ type union {{ type t{step - 1}; type t{step - 1}; }} }}\n" for step in range(1, times + 1)
    )
    return (
        "module unions { namespace urn:unions; prefix u; revision 2026-01-01; "
        f"typedef t0 {{ type int8; }}\n{steps} leaf unions {{ type t{times}; }} }}"
    )


def set_of(*texts: str) -> SchemaSet:
    return make_schema_set({str(number): text for number, text in enumerate(texts)})
