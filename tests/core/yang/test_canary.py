from dataclasses import replace

import pytest

from yangbeam.core.errors import CannotReadLibyangError, Fault
from yangbeam.core.yang import canary, compile_types, libyang
from yangbeam.core.yang.tree import Tree


def test_the_library_of_this_machine_is_read_as_it_is() -> None:
    canary.compare(canary.read_canary())


def test_the_error_names_the_library_and_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a member was put before the ranges: other memory is read in their place."""
    monkeypatch.setattr(compile_types, "ranges", lambda pointer, *, signed: ((0, 0),))
    with pytest.raises(CannotReadLibyangError) as caught:
        canary.compare(canary.read_canary())
    assert caught.value.fault is Fault.ENVIRONMENT
    assert caught.value.reason == "libyang-unreadable"
    assert caught.value.detail.startswith(f"{libyang.version()} is not read as it is: type of ")
    assert "lengths=((0, 0),)" in caught.value.detail
    assert caught.value.detail.endswith("install yangbeam again, where this library's headers are")


def test_nodes_that_are_missing_are_noticed() -> None:
    tree = canary.read_canary()
    with pytest.raises(CannotReadLibyangError, match="the nodes of module yangbeam-canary read as none"):
        canary.compare(Tree({}, {}, tree.namespaces, tree.revisions))


@pytest.mark.parametrize("fact", ["kind", "name", "module", "namespace", "presence", "description"])
def test_each_fact_of_a_node_is_compared(fact: str) -> None:
    tree = canary.read_canary()
    ((name, top),) = tree.data.items()
    wrong = replace(top, **{fact: not top.presence if fact == "presence" else "?"})
    with pytest.raises(CannotReadLibyangError, match=rf"{fact} of /yangbeam-canary:top reads as"):
        canary.compare(replace(tree, data={name: wrong}))


def test_the_version_that_runs_and_the_one_it_was_built_for_are_said() -> None:
    assert libyang.version().startswith("libyang ")
    assert "(built for " in libyang.version()
