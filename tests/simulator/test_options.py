from pathlib import Path

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.simulator.options import SimulateOptions, help_of


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"target": "192.0.2.1:10003"}, "loopback"),
        ({"target": "[2001:db8::1]:10003"}, "loopback"),
        ({"target": "127.0.0.1"}, "ADDRESS:PORT"),
        ({"target": "127.0.0.1:70000"}, "ADDRESS:PORT"),
        ({"target": "localhost:10003"}, "IP address"),
        ({"target": "[::1]:10003"}, "routers"),
        ({"routers": 0}, "routers"),
        ({"habits": ()}, "habits"),
        ({"habits": "six-wind"}, "habits"),
        ({"habits": ("nobody",)}, "nobody"),
        ({"encoding": "protobuf"}, "json"),
        ({"wrapper": "X2"}, "XML"),
        ({"loss": 1.5}, "loss"),
        ({"loss": 0.6, "reorder": 0.6}, "together"),
        ({"rate": 0}, "messages"),
        ({"rate": -1, "messages": 5}, "rate"),
        ({"segment_size": 20}, "segment_size"),
        ({"first_number": 2**32}, "first_number"),
        ({"first_address": "::1"}, "IPv4"),
        ({"fast": True, "loss": 0.1}, "fast"),
        ({"fast": True, "truth": Path("truth.jsonl")}, "fast"),
    ],
)
def test_what_cannot_be_simulated_is_refused_before_anything_is_sent(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        SimulateOptions(**wrong)  # type: ignore[arg-type]


def test_sending_beyond_loopback_must_be_allowed() -> None:
    options = SimulateOptions(target="192.0.2.1:10003", allow_remote=True)
    assert (str(options.destination[0]), options.destination[1]) == ("192.0.2.1", 10003)


def test_routers_take_habits_in_turn_and_addresses_in_a_row() -> None:
    options = SimulateOptions(routers=4)
    assert [options.habit(index).name for index in range(4)] == ["six-wind", "cisco-xr", "huawei-ne", "six-wind"]
    assert [options.exporter(index) for index in (0, 3)] == ["127.0.1.1", "127.0.1.4"]


def test_every_option_is_described() -> None:
    assert all(help_of(name).endswith(".") for name in SimulateOptions.__slots__)
    assert "spared" in help_of("incomplete")
    assert help_of("nothing") == ""
