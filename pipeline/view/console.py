"""A console on which a string is text and nothing else: no markup, no control character, no line of its own making.

What is drawn is drawn by rich's own objects (``Text``, ``Table``, a ``style``); whatever string stands in them may be a
router's. So nobody who prints has to know which string is foreign.
"""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from yangbeam.core.shown_text import shown, shown_lines


class TextConsole(Console):
    """As rich's, but for strings, which are shown by ``core.shown_text``; nor does it cut or wrap what is piped."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Returns a string as text; what rich would read in it (markup, emoji codes) stays as it is."""
        style, justify, overflow = how.get("style", ""), how.get("justify"), how.get("overflow")
        return Text(shown(text), style=style, justify=justify, overflow=overflow)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Draws; the last gate, for strings within a ``Text``."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(shown_lines(segment.text), segment.style)
