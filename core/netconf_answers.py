"""What a NETCONF server's answer says, however it is written: its text, its refusal, the capabilities of its hello."""

from typing import Any, Final

from lxml import etree

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.yang_library_xml import parsed_xml


def refusal_in(reply: etree._Element) -> etree._Element | None:
    """Takes the warnings out of an answer, which stand beside what was asked for (RFC 6241 section 4.3).

    Returns:
        The error that refuses; a warning where nothing else came; None: it is an answer.
    """
    errors = reply.findall("{*}rpc-error")
    found = next((each for each in errors if each.findtext("{*}error-severity", "error").strip() != "warning"), None)
    others = sum(1 for _ in reply.iterchildren("{*}*")) - len(errors)
    if found is None and errors and not others and not "".join(_OWN_TEXTS(reply)).strip():
        return errors[0]
    for warning in errors if found is None else ():
        _take_out(reply, warning)
    return found


_OWN_TEXTS: Final[Any] = etree.XPath("text()")


def _take_out(holder: etree._Element, element: etree._Element) -> None:
    """Takes an element out, and leaves the text behind it, which lxml counts to it."""
    before, tail = element.getprevious(), element.tail or ""
    if before is None:
        holder.text = (holder.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    holder.remove(element)


def schema_text(reply: etree._Element) -> str:
    """Returns the module text in the answer to get-schema, whatever namespace its element is of, if it is in one.

    White space around it is the server's: without it, equal modules of two servers are equal.
    """
    holders = reply.findall("{*}data") or [reply]
    pieces = (str(piece) for holder in holders for piece in _TEXTS(holder))
    return "".join(pieces).strip() + "\n"


_TEXTS: Final[Any] = etree.XPath(".//text()[not(ancestor::*[local-name() = 'rpc-error'])]")
"""Of what is no warning beside the answer; comments and processing instructions are none."""


def tidied_hello(text: str, max_bytes: int) -> str:
    """Returns a hello whose capabilities have no blanks around them, nor comments in them.

    ncclient compares them as they are, and would take a server for one of version 1.0 that answers in chunks.
    """
    try:
        hello = parsed_xml(text.encode(), max_bytes, "a hello")
    except SchemaError:
        return text
    for capability in hello.iter("{*}capability"):
        said = "".join(str(piece) for piece in _TEXTS(capability)).strip()
        for inner in list(capability):
            capability.remove(inner)
        capability.text = said
    return etree.tostring(hello, encoding="unicode")
