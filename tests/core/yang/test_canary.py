import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.house.test_layout import ROOT
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
    assert caught.value.detail.startswith(f"libyang {libyang.versions()[1]} is not read as it is: type.lengths of ")
    assert "/name reads as ((0, 0),), is ((1, 9), (12, 12)); " in caught.value.detail
    assert caught.value.detail.endswith("install yangbeam again on this machine")


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


def test_the_version_that_runs_is_the_one_it_was_built_for() -> None:
    runs, built_for = libyang.versions()
    assert runs == built_for
    assert built_for[0] in "23"


def test_another_version_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "versions", lambda: ("3.13.1", "3.12.2"))
    monkeypatch.setattr(canary, "read_canary", lambda: pytest.fail("it was read"))
    with pytest.raises(
        CannotReadLibyangError, match=r"libyang 3\.13\.1 runs, and yangbeam was built for 3\.12\.2: inst"
    ):
        canary.require_readable_libyang.__wrapped__()


def test_a_library_that_does_not_say_its_version_is_asked_the_canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "versions", lambda: ("", "2, soversion 2.29.2"))
    canary.require_readable_libyang.__wrapped__()


BY_OTHER_HEADERS = """
import importlib.util, sys
import yangbeam.core.yang
spec = importlib.util.spec_from_file_location("yangbeam.core.yang._libyang", "core/yang/_libyang.abi3.so")
sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[spec.name])
from yangbeam.core.errors import CannotReadLibyangError
from yangbeam.core.yang.canary import require_readable_libyang
try:
    require_readable_libyang()
except CannotReadLibyangError as error:
    print(error.reason, "runs" if " runs, " in error.detail else "differs")
"""


BUILD = """
import importlib.util, shutil
spec = importlib.util.spec_from_file_location("setup_of_yangbeam", "setup.py")
setup = importlib.util.module_from_spec(spec)
spec.loader.exec_module(setup)
shutil.copy(setup.builder().compile(tmpdir="built"), "core/yang/_libyang.abi3.so")
"""


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("file", "after", "place", "added", "said"),
    [
        ("tree_schema.h", "struct lysc_type_num {", "struct lysc_range *range", "void *added; ", "differs"),
        ("tree_schema.h", "struct lysc_ident {", "struct lysc_ident **derived", "void *added; ", "differs"),
        (
            "version.h",
            "#ifndef",
            "#endif /* LY_VERSION_H_ */",
            '\n#undef LY_VERSION\n#define LY_VERSION "2.30.0"\n',
            "runs",
        ),
    ],
)
def test_an_extension_that_was_built_by_other_headers_reads_nothing(
    file: str, after: str, place: str, added: str, said: str, tmp_path: Path
) -> None:
    """As another release of the same soname may have: a member more in a structure, so that what follows has moved."""
    headers = tmp_path / "include" / "libyang"
    shutil.copytree("/usr/include/libyang", headers)
    text = (headers / file).read_text()
    at = text.index(place, text.index(after))
    (headers / file).write_text(text[:at] + added + text[at:])
    for name in ("setup.py", "core/yang/libyang.h"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    flags = {"CFLAGS": f"-I{tmp_path}/include"}
    subprocess.run([sys.executable, "-c", BUILD], cwd=tmp_path, env=os.environ | flags, check=True, capture_output=True)
    ran = subprocess.run(
        [sys.executable, "-c", BY_OTHER_HEADERS], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"libyang-unreadable {said}\n"
