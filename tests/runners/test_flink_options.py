"""What a job on Flink is launched with."""

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.runners.flink_options import DEFAULTS, LOSSY, options_of


def test_plugins_that_are_chosen_are_added_to_ours() -> None:
    assert options_of({"beam_plugins": ["mine"]})["beam_plugins"] == [*DEFAULTS["beam_plugins"], "mine"]
    assert options_of()["beam_plugins"] == DEFAULTS["beam_plugins"]


def test_a_timed_buffer_loses_elements_and_is_refused() -> None:
    assert not [each for each in options_of().get("experiments", ()) if each.startswith(LOSSY)]
    assert options_of({"experiments": ["beam_fn_api"]})["experiments"] == ["beam_fn_api"]
    with pytest.raises(ConfigurationError, match="loses some"):
        options_of({"experiments": ["beam_fn_api", f"{LOSSY}=10"]})
