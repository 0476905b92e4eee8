"""What of the log is shown during a run."""

import logging

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.logs import SMALL_TALK, on_standard_error


def test_warnings_reach_the_present_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with on_standard_error():
        logging.getLogger("yangbeam.test").warning("the disk is nearly full")
    logging.getLogger("yangbeam.test").warning("nobody listens any more")
    assert capsys.readouterr().err == "WARNING yangbeam.test: the disk is nearly full\n"


@pytest.mark.parametrize("beginning", SMALL_TALK)
def test_small_talk_does_not(beginning: str, capsys: pytest.CaptureFixture[str]) -> None:
    with on_standard_error():
        logging.getLogger().warning("%s and more", beginning)
    assert capsys.readouterr().err == ""


def test_a_defect_is_shown_with_its_traceback_and_an_expected_error_is_left_to_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with on_standard_error():
        for error in (ValueError("a defect"), ConfigurationError("port", "taken")):
            try:
                raise error
            except type(error):
                logging.getLogger("beam").exception("failed")
    shown = capsys.readouterr().err
    assert "ValueError: a defect" in shown
    assert "taken" not in shown
