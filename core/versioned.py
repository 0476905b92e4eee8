"""Bytes of elements and state: deterministic MessagePack arrays that open with their format version."""

from typing import Final, Generic, TypeVar

import msgspec

from yangbeam.core.elements import FORMAT
from yangbeam.core.errors import ConfigurationError

S = TypeVar("S", bound=msgspec.Struct)

# Dictionaries are written in the order of their keys, or equal values would differ in bytes.
_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")


class _Head(msgspec.Struct, array_like=True):
    """The part of every versioned struct that no release may change."""

    format: int


class Codec(Generic[S]):
    """Encodes one array-like struct class whose first field is ``format``.

    Older formats decode, with the defaults of the fields they lack. A newer one than ``newest`` is refused: reading
    it would silently lose what its release added.

    Args:
        cls: The struct class.
        newest: Highest format this process understands.

    Raises:
        TypeError: ``cls`` is not an array-like struct that opens with ``format``.
    """

    def __init__(self, cls: type[S], newest: int = FORMAT) -> None:
        if not cls.__struct_config__.array_like or cls.__struct_fields__[:1] != ("format",):
            raise TypeError(f"cls must be an array-like struct whose first field is format, got {cls!r}")
        self.cls = cls
        self.newest = newest
        self._decoder = msgspec.msgpack.Decoder(cls)

    def encode(self, value: S) -> bytes:
        """Returns the bytes of ``value``; equal values give equal bytes."""
        return _ENCODER.encode(value)

    def decode(self, encoded: bytes) -> S:
        """Returns the value of ``encoded``.

        Raises:
            ConfigurationError: It was written by a newer release.
            msgspec.ValidationError: It is no ``cls`` at all.
        """
        try:
            value = self._decoder.decode(encoded)
        except msgspec.ValidationError:
            self._refuse_newer(msgspec.msgpack.decode(encoded, type=_Head).format)
            raise
        self._refuse_newer(value.format)  # type: ignore[attr-defined] # the constructor has checked it
        return value

    def _refuse_newer(self, found: int) -> None:
        if found > self.newest:
            raise ConfigurationError(
                "newer-format",
                f"{self.cls.__name__} of format {found} was written by a newer release than this one, which reads "
                f"up to format {self.newest}; run that release, or start without its state",
            )
