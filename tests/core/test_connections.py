"""Who may have one more connection: those who have few, however many others have."""

import pytest

from yangbeam.core.connections import LEAST_SHARE, has_room

PEER, OTHER = "192.0.2.66", "192.0.2.1"


@pytest.mark.parametrize(
    ("own", "others", "most", "may"),
    [
        (0, 0, 1000, True),
        (249, 0, 1000, True),
        (250, 0, 1000, False),
        (249, 251, 1000, False),  # half are taken
        (61, 450, 1000, True),
        (62, 450, 1000, False),
        (0, 999, 1000, True),
        (0, 1000, 1000, False),
        (LEAST_SHARE - 1, 0, 10, True),
        (LEAST_SHARE, 0, 10, False),
        (1, 0, 2, True),
        (2, 0, 2, False),
    ],
)
def test_each_peer_has_a_share(own: int, others: int, most: int, *, may: bool) -> None:
    peers = [PEER] * own + [OTHER] * others
    assert has_room(peers, PEER, most) is may


def test_one_peer_never_takes_the_places_of_all() -> None:
    for most in range(LEAST_SHARE * 2, 2000, 7):
        peers: list[str] = []
        while has_room(peers, PEER, most):
            peers.append(PEER)
        assert len(peers) <= max(most // 4, LEAST_SHARE)
        assert has_room(peers, OTHER, most)
