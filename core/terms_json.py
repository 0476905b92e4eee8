"""The terms of a subscription as a JSON object by name, for those who speak HTTP; what is not said is left out."""

from typing import Any, Final

import msgspec

from yangbeam.core.elements import Terms

_FIELDS: Final = [(field.name, field.type, field.default) for field in msgspec.structs.fields(Terms)]
_Named: Final = msgspec.defstruct("Terms", _FIELDS, rename="kebab", omit_defaults=True)


def terms_document(terms: Terms) -> dict[str, Any]:
    """Returns the object: the members of ``Terms`` with dashes, a subtree filter in base64."""
    found: dict[str, Any] = msgspec.to_builtins(_Named(**msgspec.structs.asdict(terms)))
    return found


def terms_of(text: bytes) -> Terms:
    """Returns the terms of such an object; members that this release does not know are passed over.

    Raises:
        msgspec.DecodeError: It is none.
    """
    return Terms(**msgspec.structs.asdict(msgspec.json.decode(text, type=_Named)))
