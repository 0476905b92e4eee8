"""What an exception means to an operator, whatever it was wrapped in."""

import errno

import pytest

from yangbeam.core.errors import ConfigurationError, Fault, YangbeamError
from yangbeam.core.failure import failure_of, unwrapped


def copied(original: Exception, copy: Exception) -> Exception:
    """Returns a copy that is raised as Beam raises its own."""
    try:
        try:
            raise original  # noqa: TRY301 # as a stage does
        except Exception:  # noqa: BLE001 # as Beam does
            copy._tagged_with_step = True  # type: ignore[attr-defined]
            raise copy  # noqa: B904
    except Exception as raised:  # noqa: BLE001 # as Beam does
        return raised


def test_an_error_of_ours_is_its_own_words() -> None:
    failure = failure_of(ConfigurationError("port", "10003 is taken; choose another"))
    assert failure.text == "10003 is taken; choose another [port; configuration]"
    assert failure.fault is Fault.CONFIGURATION


def test_beams_copy_gives_way_to_what_it_copied() -> None:
    original = YangbeamError("file-write", "the disk is full")
    original.fault = Fault.ENVIRONMENT  # an attribute that a copy forgets
    copy = YangbeamError("file-write [while running 'WriteFiles/Append']", "the disk is full")
    assert failure_of(copied(original, copy)).text == "the disk is full [file-write; environment]"


def test_what_beam_could_not_copy_is_found_too() -> None:
    original = YangbeamError("gone", "records were deleted")
    copy = RuntimeError("YangbeamError: records were deleted [while running 'Read']")
    assert unwrapped(copied(original, copy)) is original


def test_a_copy_without_its_original_loses_at_least_beams_words() -> None:
    copy = YangbeamError("file-write [while running 'Write']", "the disk is full")
    copy._tagged_with_step = True  # type: ignore[attr-defined]
    assert failure_of(copy).text == "the disk is full [file-write; device]"


def test_an_error_of_the_system_is_the_environments() -> None:
    failure = failure_of(PermissionError(errno.EACCES, "Permission denied", "/var/out/report.json"))
    assert failure.text == (
        "/var/out/report.json: Permission denied; see that the place is there and has room and rights "
        "[system; environment]"
    )
    assert failure_of(OSError(errno.ENOSPC, "No space left on device")).fault is Fault.ENVIRONMENT


def test_memory_that_is_short_is_no_defect() -> None:
    assert failure_of(MemoryError()).fault is Fault.ENVIRONMENT


@pytest.mark.parametrize("error", [TypeError("a is no b"), KeyError("x"), OSError("without a number"), ValueError()])
def test_anything_else_is_a_defect_of_ours_with_the_way_to_its_traceback(error: Exception) -> None:
    failure = failure_of(error)
    assert failure.fault is Fault.COLLECTOR
    assert failure.text.startswith(type(error).__name__)
    assert failure.text.endswith(
        "this is a defect of yangbeam: run it again with --debug and report the traceback [defect; collector]"
    )


def test_a_defect_names_the_innermost_line_of_ours() -> None:
    with pytest.raises(AttributeError) as caught:
        failure_of(5)  # type: ignore[arg-type]
    assert ", raised in core/failure.py line " in failure_of(caught.value).text
