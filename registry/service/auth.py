"""Who may read and who may write: accounts by name and password, or by token, compared in constant time."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pydantic import SecretStr

from yangbeam.registry.refusals import Code, RefusedError

_EMPTY: Final = "Basic Og=="
"""No user and no password, as some clients send them."""


class Role(IntEnum):
    """What somebody may do; each includes those before it."""

    NOTHING = 0
    READ = 1
    WRITE = 2


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is known.

    Attributes:
        secret: Password or token.
        role: What may be done.
        name: User name of basic authentication; empty: a bearer token.
    """

    secret: SecretStr
    role: Role
    name: str = ""


class Auth:
    """Knows everybody.

    Args:
        accounts: Who is known; none: everybody may do everything, which is for loopback only.
        anonymous: What may be done by who does not say who they are.
    """

    def __init__(self, accounts: Iterable[Account] = (), anonymous: Role = Role.NOTHING) -> None:
        known = tuple(accounts)
        # Digests are of one length, so that not even the length of a secret shows in the time that comparing takes.
        self._basic = [
            (_digest(f"{each.name}:{each.secret.get_secret_value()}"), each.role) for each in known if each.name
        ]
        self._bearer = [(_digest(each.secret.get_secret_value()), each.role) for each in known if not each.name]
        self._anonymous = anonymous if known else Role.WRITE

    @property
    def is_open(self) -> bool:
        """Everybody may write."""
        return self._anonymous is Role.WRITE

    def check(self, authorization: str | None, needed: Role) -> None:
        """Lets a request pass.

        Args:
            authorization: Its header; None: it has none.
            needed: What the route takes.

        Raises:
            RefusedError: 40101, 40301. What was sent is not repeated.
        """
        role = self._anonymous if self._is_nobody(authorization) else self._role(str(authorization))
        if role >= needed:
            return
        if authorization is None or role is Role.NOTHING:
            raise RefusedError(Code.UNAUTHORIZED, "Unauthorized: send a known user and password, or a known token")
        raise RefusedError(Code.FORBIDDEN, "Forbidden: this account may read, not write")

    def _is_nobody(self, authorization: str | None) -> bool:
        """Whether a request says nobody's name, as some clients do in so many words; without accounts all are alike."""
        return authorization in (None, _EMPTY) or not (self._basic or self._bearer)

    def _role(self, authorization: str) -> Role:
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return _found(self._bearer, credentials.strip())
        if scheme.lower() == "basic":
            try:
                return _found(self._basic, base64.b64decode(credentials.strip(), validate=True).decode())
            except (binascii.Error, UnicodeDecodeError):
                return Role.NOTHING
        return Role.NOTHING


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _found(known: list[tuple[bytes, Role]], said: str) -> Role:
    """Compares with everybody, whoever it is, so that the time tells nothing."""
    digest = _digest(said)
    found = Role.NOTHING
    for other, role in known:
        if hmac.compare_digest(digest, other):
            found = max(found, role)
    return found
