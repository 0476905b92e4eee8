"""Which kinds of schema this registry knows."""

from collections.abc import Mapping
from typing import Final

from yangbeam.core.registered import AVRO, JSON, YANG
from yangbeam.registry.formats.avro_schema import Avro
from yangbeam.registry.formats.json_schema import JsonSchema
from yangbeam.registry.formats.parsed import Format
from yangbeam.registry.formats.yang import Yang

FORMATS: Final[Mapping[str, Format]] = {AVRO: Avro(), JSON: JsonSchema(), YANG: Yang()}
