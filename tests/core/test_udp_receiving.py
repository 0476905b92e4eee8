import pytest

from yangbeam.core import udp_receiving
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.udp_receiving import Door, Listen, UdpSettings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])
def test_an_open_address_without_an_allow_list_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="without an allow list"):
        UdpSettings(listen=(Listen(host, 4739),))
    assert UdpSettings(listen=(Listen(host, 4739),), allow=("192.0.2.0/24",)).allow == ("192.0.2.0/24",)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_loopback_address_needs_no_allow_list(host: str) -> None:
    assert UdpSettings(listen=(Listen(host),)).listen == (Listen(host),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"allow": ("192.0.2.1/24",)},
        {"allow": ("everyone",)},
        {"listen": (Listen("router.example"),)},
        {"processes": 0},
        {"shards": 0},
        {"ring_bytes": 0},
        {"batch_bytes": 0},
        {"linger_ms": -1},
        {"heartbeat_ms": 0},
    ],
)
def test_a_setting_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        UdpSettings(**wrong)  # type: ignore[arg-type]


def test_a_door_without_a_list_is_open() -> None:
    assert Door(()).exporter("198.51.100.7") == "198.51.100.7"


def test_a_door_lets_in_who_is_listed_in_any_form_of_the_address() -> None:
    door = Door(("192.0.2.0/24", "2001:db8::/32"))
    hosts = ["192.0.2.9", "::ffff:192.0.2.9", "192.0.3.1", "2001:db8::5", "2001:db9::5", "::ffff:192.0.3.1"]
    assert [door.exporter(host) for host in hosts] == ["192.0.2.9", "192.0.2.9", "", "2001:db8::5", "", ""]
    assert door.exporter("fe80::1%eth0") == ""


def test_a_flood_of_addresses_does_not_grow_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp_receiving, "PEERS", 8)
    door = Door(())
    for number in range(100):
        assert door.exporter(f"192.0.2.{number}") == f"192.0.2.{number}"
    assert len(door._known) <= 8
