from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.yang.schemas import refusal_of
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.notification_level import MAX_KNOWN, _is_blind_to_digits
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.tree import YangType

UPDATE = "ietf-yang-push:push-update"


def refused(schema: Schema, name: str, body: Any, *, lenient: bool = False) -> InvalidInstanceError:
    with pytest.raises(InvalidInstanceError) as caught:
        schema.validate_notification(name, body, lenient=lenient)
    return caught.value


def test_a_notification_is_judged_around_its_anydata(plant: Schema) -> None:
    body = {"severity": "low", "cause": "fibre", "example-plant-more:origin": 1, "details": {"any": ["thing"]}}
    assert plant.validate_notification("example-plant:alarm", body) == ()


def test_a_misfit_is_refused_with_its_path(plant: Schema) -> None:
    error = refused(plant, "example-plant:alarm", {"severity": "middling"})
    assert (error.reason, error.path) == ("invalid-notification", "/example-plant:alarm/severity")


def test_an_unknown_notification_is_refused(plant: Schema) -> None:
    assert refused(plant, "example-plant:party", {}).reason == "unknown-notification"
    assert refused(plant, "example-plant:plant", {}, lenient=True).reason == "unknown-notification"


def test_a_body_that_is_no_object_is_refused_even_leniently(plant: Schema) -> None:
    error = refused(plant, "example-plant:alarm", [], lenient=True)
    assert error.path == "/example-plant:alarm"
    assert "given as an array" in error.rule


@pytest.mark.parametrize(
    "member",
    [
        {"ietf-yang-push-netobs-timestamping:observation-time": "2024-01-01T00:00:00Z"},
        {"ietf-distributed-notif:message-publisher-ids": [1]},
        {"ietf-yp-observation:point-in-time": "current-state"},
    ],
)
def test_old_names_of_augmentations_are_quirks_when_a_bundled_set_judges(
    drafts: Schema, member: dict[str, Any]
) -> None:
    module = next(iter(member)).partition(":")[0]
    missing = module if module == "ietf-yang-push-netobs-timestamping" else ""
    error = refused(drafts, UPDATE, member)
    assert (error.reason, error.module) == ("module-missing" if missing else "invalid-notification", missing)
    (quirk,) = drafts.validate_notification(UPDATE, member, lenient=True)
    assert quirk.startswith(f"augmentation:/{UPDATE}/{next(iter(member))}: ")


def test_a_reason_that_only_a_vendor_knows_is_a_quirk_leniently(drafts: Schema) -> None:
    name = "ietf-subscribed-notifications:subscription-terminated"
    body = {"id": 1, "reason": "receiver-unavailable"}
    assert refused(drafts, name, body).path == f"/{name}/reason"
    assert len(drafts.validate_notification(name, body, lenient=True)) == 1


@pytest.mark.parametrize("member", [{"id": "1"}, {"wheels": 4}, {"ietf-yang-push:wheels": 4}, {"id": -1}])
def test_what_the_rfc_itself_defines_is_never_excused(drafts: Schema, member: dict[str, Any]) -> None:
    assert refused(drafts, UPDATE, member, lenient=True).reason == "invalid-notification"


@settings(max_examples=150)
@given(
    body=st.dictionaries(
        st.sampled_from(["severity", "cause", "details", "example-plant-more:origin", "a:b", "x", "@severity"]),
        st.none() | st.integers() | st.text(max_size=5) | st.lists(st.none()) | st.dictionaries(st.text(), st.none()),
    ),
    lenient=st.booleans(),
)
def test_any_body_is_accepted_or_refused(plant: Schema, body: dict[str, Any], lenient: bool) -> None:
    error = refusal_of(lambda: plant.validate_notification("example-plant:alarm", body, lenient=lenient))
    assert error is None or error.path


def test_a_value_that_fit_before_lends_nothing_to_one_of_another_type(drafts: Schema) -> None:
    assert drafts.validate_members(UPDATE, {"id": b"1"}) == drafts.validate_members(UPDATE, {"id": b"1"}) == ()
    for impostor in (b"true", b'"1"', b"1.5"):
        with pytest.raises(InvalidInstanceError) as caught:
            drafts.validate_members(UPDATE, {"id": impostor})
        assert caught.value.path == f"/{UPDATE}/id"


def test_what_was_excused_is_excused_again_and_not_remembered_as_fitting(drafts: Schema) -> None:
    member = {"ietf-yp-observation:point-in-time": b'"current-state"'}
    quirks = drafts.validate_members(UPDATE, member, lenient=True)
    assert quirks == drafts.validate_members(UPDATE, member, lenient=True)
    assert quirks
    with pytest.raises(InvalidInstanceError):
        drafts.validate_members(UPDATE, member)


def test_values_that_keep_changing_do_not_fill_the_memory(drafts: Schema) -> None:
    for number in range(MAX_KNOWN + 100):
        drafts.validate_members(UPDATE, {"id": b"%d" % number})
    assert len(drafts._fitting._known) <= MAX_KNOWN + 1


TIME = "ietf-yp-observation:timestamp"


def test_a_time_of_a_shape_that_fit_fits(drafts: Schema) -> None:
    drafts.validate_members(UPDATE, {TIME: b'"2026-11-20T10:00:10.25Z"'})
    assert drafts._fitting.fresh(UPDATE, {TIME: b'"2031-01-07T23:59:59.99Z"'}) == {}
    assert drafts._fitting.fresh(UPDATE, {TIME: b'"2031-01-07T23:59:59.999Z"'})


@pytest.mark.parametrize("impostor", [b'"2026-11-20T10:00:10.25"', b'"2026-11-20 10:00:10.25Z"', b"2026", b'"\\u0032"'])
def test_a_time_of_another_shape_is_judged(drafts: Schema, impostor: bytes) -> None:
    drafts.validate_members(UPDATE, {TIME: b'"2026-11-20T10:00:10.25Z"'})
    with pytest.raises(InvalidInstanceError):
        drafts.validate_members(UPDATE, {TIME: impostor})


def test_a_number_fits_by_its_shape_where_no_number_of_that_shape_is_too_large(drafts: Schema) -> None:
    drafts._fitting._shapes.clear()
    for number in (b"123456789", b"1000000000"):
        drafts.validate_members(UPDATE, {"id": number})
    assert drafts._fitting.fresh(UPDATE, {"id": b"999999999"}) == {}
    assert drafts._fitting.fresh(UPDATE, {"id": b"7"})
    assert drafts._fitting.fresh(UPDATE, {"id": b"1000000001"})
    for impostor in (b"-12345678", b"1234567.9", b"12345678e"):
        assert drafts._fitting.fresh(UPDATE, {"id": impostor})
    with pytest.raises(InvalidInstanceError):
        drafts.validate_members(UPDATE, {"id": b"9000000000"})


@pytest.mark.parametrize(
    ("expression", "blind"),
    [(r"\d{4}-\d{2}", True), (r".*", True), ("(0[1-9]|1[0-2])", False), ("[+-9]", False), ("[a-z]{1,63}", True)],
)
def test_only_patterns_without_literal_digits_are_blind_to_them(expression: str, blind: bool) -> None:
    assert _is_blind_to_digits(YangType("string", patterns=((expression, False),))) is blind
    assert not _is_blind_to_digits(YangType("string"))
    assert not _is_blind_to_digits(YangType("uint64", patterns=((expression, False),)))


def test_an_exact_push_update_fits_when_one_with_a_time_of_its_shape_did(drafts: Schema) -> None:
    schema = drafts
    schema._fitting._exact.clear()
    sent = "2026-11-20T10:00:01Z"
    assert not schema.fits_exactly("2026-11-20T10:00:00Z", "current-accounting", sent)
    schema.remember_exact("2026-11-20T10:00:00Z", "current-accounting", sent)
    assert schema.fits_exactly("2031-01-09T23:59:59Z", "current-accounting", "2031-02-09T23:59:59Z")
    assert not schema.fits_exactly("2031-01-09T23:59:59Z", "state-changed", sent)
    assert not schema.fits_exactly("2031-01-09 23:59:59Z", "current-accounting", sent)
    assert not schema.fits_exactly("2031-01-09T23:59:59.5Z", "current-accounting", sent)
    assert not schema.fits_exactly("2031-01-09T23:59:59Z", "current-accounting", "yesterday")


def test_exact_push_updates_are_not_remembered_without_bound_or_by_a_schema_that_lacks_their_leaves(
    drafts: Schema, plant: Schema
) -> None:
    for length in range(MAX_KNOWN + 10):
        drafts.remember_exact("0" * (length % 60) + chr(1000 + length), "current-accounting", "")
    drafts.remember_exact("0" * 200, "current-accounting", "")
    assert len(drafts._fitting._exact) <= MAX_KNOWN
    plant.remember_exact("2026-11-20T10:00:00Z", "current-accounting", "")
    assert not plant.fits_exactly("2026-11-20T10:00:00Z", "current-accounting", "")
