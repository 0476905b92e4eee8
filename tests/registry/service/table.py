"""Each route and each error code of the registry with what proves it: the table that the tests run line by line."""

from tests.registry.service import (
    table_confluent,
    table_confluent_places,
    table_confluent_settings,
    table_deleting,
    table_schemas,
    table_settings,
    table_subjects,
)

CASES = (
    *table_schemas.CASES,
    *table_subjects.CASES,
    *table_deleting.CASES,
    *table_settings.CASES,
    *table_confluent.CASES,
    *table_confluent_places.CASES,
    *table_confluent_settings.CASES,
)
