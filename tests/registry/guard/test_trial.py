"""What libyang says where it is refused memory is no verdict on a module."""

from pathlib import Path

import pytest

from tests.costly import set_of
from yangbeam.core.yang.libyang_context import NO_REASON, RefusedModuleError
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.guard import trial
from yangbeam.registry.guard.trial import LibyangTrial

BASE = "module base { namespace urn:base; prefix b; container top; }"


@pytest.mark.parametrize("words", [NO_REASON, "Memory allocation failed (lys_compile)."])
def test_a_module_is_not_left_out_for_memory_that_libyang_was_refused(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starved(_set: SchemaSet, _folder: Path) -> None:
        raise RefusedModuleError("base", words, "")

    monkeypatch.setattr(trial, "LibyangContext", starved)
    with LibyangTrial(tmp_path) as tried, pytest.raises(MemoryError):
        tried.begin(set_of(BASE))


def test_what_libyang_says_of_a_module_is_its_verdict(tmp_path: Path) -> None:
    with LibyangTrial(tmp_path) as tried:
        refused = tried.begin(set_of("module bad { namespace urn:bad; prefix x; leaf l { type nobody; } }"))
    assert refused is not None
    assert "nobody" in refused.words
