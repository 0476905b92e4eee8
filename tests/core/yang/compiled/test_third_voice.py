"""A second implementation's word: libyang 4 (oopt-gnpy-libyang) accepts what the compiled judge accepts."""

import random
from pathlib import Path

import oopt_gnpy_libyang as libyang4
import pytest

from tests.core.yang.compiled.instances import Instances, case
from tests.core.yang.compiled.sets import SETS
from yangbeam.core.yang.compiled.judge import CompiledJudge
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.io.yang_directories import write_set

CASES = 4_000
NAMES = ("plant", "ietf-interfaces")
ITS_OWN = b'"ietf-yang-schema-mount:'
"""libyang 4 has this module built in, in another revision."""


def context_of(found: SchemaSet, folder: Path) -> libyang4.Context:
    """The set in libyang 4."""
    options = libyang4.ContextOptions.DisableSearchCwd | libyang4.ContextOptions.NoYangLibrary
    context = libyang4.Context(str(folder), options)
    for name, revision in sorted(found.implemented):
        context.load_module(name, revision or None, list(found.features.get(name) or ["*"]))
    return context


def accepts(context: libyang4.Context, text: bytes) -> bool:
    try:
        context.parse_data(
            text.decode(), libyang4.DataFormat.JSON, libyang4.ParseOptions.ParseOnly | libyang4.ParseOptions.Strict
        )
    except libyang4.Error:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_a_second_implementation_accepts_what_the_compiled_judge_accepts(name: str, tmp_path: Path) -> None:
    found = SETS[name]()
    folder = write_set(found, tmp_path)
    chance = random.Random(4)
    with Schema(found, folder) as schema:
        judge = CompiledJudge(schema.tree)
        judge.meet(schema.tree.data)
        made = Instances(schema.tree, chance)
        accepted = [text for _, text in (case(made, chance) for _ in range(CASES)) if judge.accepts(text)]
    context = context_of(found, folder)
    assert len(accepted) > CASES // 5
    assert [text for text in accepted if ITS_OWN not in text and not accepts(context, text)] == []
