"""What of the log is shown, and in which form."""

import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import orjson
import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.small_talk import SMALL_TALK
from yangbeam.pipeline.logs import Chosen, choose, chosen, on_standard_error

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = chosen()
    yield
    choose(before)


def test_warnings_reach_the_present_standard_error_with_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    with on_standard_error():
        logging.getLogger("yangbeam.test").warning("the disk is nearly full\nERROR and worse")
    logging.getLogger("yangbeam.test").warning("nobody listens any more")
    said = capsys.readouterr().err
    assert TIME.match(said)
    assert TIME.sub("", said) == "WARNING yangbeam.test: the disk is nearly full\\nERROR and worse\n"


def test_for_programs_each_record_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    choose(Chosen(as_json=True))
    with on_standard_error():
        logging.getLogger("yangbeam.test").error("the disk is full\x9b")
    said = capsys.readouterr().err
    record = orjson.loads(said)
    assert TIME.match(record.pop("time") + " ")
    assert record == {"level": "error", "source": "yangbeam.test", "message": "the disk is full\x9b"}
    assert "\x9b" not in said


@pytest.mark.parametrize("beginning", SMALL_TALK)
def test_small_talk_does_not(beginning: str, capsys: pytest.CaptureFixture[str]) -> None:
    with on_standard_error():
        logging.getLogger().warning("%s and more", beginning)
    assert capsys.readouterr().err == ""


def log_of(error: Exception, logger: str = "yangbeam.test") -> None:
    with on_standard_error():
        try:
            raise error
        except type(error):
            logging.getLogger(logger).exception("failed\n%s", "over and over")


def test_a_defect_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_of(ValueError("a defect"))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ERROR yangbeam.test: failed: ValueError: a defect, raised in pipeline/test_logs.py line" in said


def test_its_traceback_is_shown_to_who_asked(capsys: pytest.CaptureFixture[str]) -> None:
    choose(Chosen(debug=True))
    log_of(ValueError("a defect"))
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_what_ends_the_run_is_left_to_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    log_of(ConfigurationError("port", "taken"))
    log_of(ValueError("within a stage"), "apache_beam.runners.common")
    assert capsys.readouterr().err == ""


def test_within_another_one_nothing_is_said_twice(capsys: pytest.CaptureFixture[str]) -> None:
    with on_standard_error():
        with on_standard_error():
            logging.getLogger("yangbeam.test").warning("once")
        logging.getLogger("yangbeam.test").warning("and still")
    assert capsys.readouterr().err.count("\n") == 2


def process(code: str, *, debug: bool = False) -> str:
    start = f"from yangbeam.pipeline.logs import *\nimport logging, threading\nquiet_process(debug={debug})\n"
    ran = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True, check=True)
    return ran.stderr


LEAKING = """
import os, threading, warnings
import duckdb
kept = duckdb.connect().execute("select 1")
class Finalizer:
    def __del__(self):
        raise ValueError("in a finalizer")
warnings.warn("a library's own", UserWarning)
Finalizer()
"""


def test_what_libraries_print_by_themselves_does_not_reach_a_user() -> None:
    assert process(LEAKING) == ""
    told = process(LEAKING, debug=True)
    assert "UserWarning" in told
    assert "in a finalizer" in told


def test_what_ends_a_thread_is_a_line_of_the_log() -> None:
    said = process(
        """
def work():
    raise ValueError("over")
with on_standard_error():
    thread = threading.Thread(target=work, name="feeder")
    thread.start()
    thread.join()
"""
    )
    assert said.count("\n") == 1
    assert "ERROR yangbeam: feeder ended: ValueError: over" in said


def test_warnings_stay_errors_in_tests() -> None:
    with pytest.raises(UserWarning), on_standard_error():
        warnings.warn("seen", UserWarning, stacklevel=1)
    assert threading.excepthook is not None
