"""Which shard an exporter belongs to: stable across processes, runs and Python versions."""

from zlib import crc32


def shard_of(node_group: str, shards: int) -> int:
    """Returns the shard of a node group, in ``[0, shards)``.

    The node group is the exporter's address, or what the operator maps addresses to. CRC-32, not Python's salted
    ``hash``: two processes must agree.

    >>> shard_of("192.0.2.1", 1), shard_of("192.0.2.1", 16)
    (0, 5)
    """
    return crc32(node_group.encode()) % shards
