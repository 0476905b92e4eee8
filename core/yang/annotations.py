"""Whether metadata annotations (RFC 7952) have a form that libyang 2.1 survives: an object within one crashes it."""

from typing import Any, Final

from yangbeam.core.errors import InvalidInstanceError

_SIGNS: Final = (b'"@', b"\\u0040")
"""One of them is in every text that has a member whose name begins with ``@``."""
_RULE: Final = (
    "RFC 7952 section 5.2: an annotation is an object of scalar values, or an array of such objects and nulls"
)


def refuse_odd_annotations(text: bytes, document: Any) -> None:
    """Looks through a parsed document, where its text may hold annotations at all.

    Raises:
        InvalidInstanceError: ``invalid-contents``, with the path of one that is no object of scalar values.
    """
    if any(sign in text for sign in _SIGNS):
        _look(document, "")


def _look(value: Any, path: str) -> None:
    if isinstance(value, dict):
        for name, below in value.items():
            if name.startswith("@"):
                _annotation(below, f"{path}/{name}")
            else:
                _look(below, f"{path}/{name}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            _look(below, f"{path}[{index + 1}]")


def _annotation(value: Any, path: str) -> None:
    entries = value if isinstance(value, list) else [value]
    for entry in entries:
        if entry is None and isinstance(value, list):
            continue
        if not isinstance(entry, dict) or any(isinstance(each, dict | list) for each in entry.values()):
            detail = f"{path}: metadata in a form that no annotation has"
            raise InvalidInstanceError("invalid-contents", detail, path=path, rule=_RULE)
