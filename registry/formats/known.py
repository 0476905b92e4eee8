"""Which kinds of schema this registry knows."""

from collections.abc import Mapping
from typing import Final

from yangbeam.core.registered import AVRO, JSON, YANG
from yangbeam.registry.formats.avro_schema import Avro
from yangbeam.registry.formats.json_schema import JsonSchema
from yangbeam.registry.formats.judges import HERE, Judge
from yangbeam.registry.formats.parsed import Format
from yangbeam.registry.formats.yang import Yang


def formats(judge: Judge = HERE) -> Mapping[str, Format]:
    """Returns the kinds of schema by name, YANG judged by ``judge``."""
    return {AVRO: Avro(), JSON: JsonSchema(), YANG: Yang(judge)}


def judge_of(known: Mapping[str, Format]) -> Judge:
    """Returns who judges YANG among these kinds."""
    found = known.get(YANG)
    return found.judge if isinstance(found, Yang) else HERE


FORMATS: Final = formats()
