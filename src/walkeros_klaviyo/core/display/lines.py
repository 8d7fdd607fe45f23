"""How does a view look in a terminal? A tree, drawn with the console that rich passes in.

Rich is not imported here: only code that prints with it needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.shown import visible

from .view import View

DRAWN: Final = ("├── ", "└── ", "│   ", "    ")
TYPED: Final = ("+-- ", "`-- ", "|   ", "    ")
"""For terminals that support only ASCII."""
NARROWEST: Final = 20
"""The least width of a line, however deep it is nested."""
BETWEEN: Final = "   "
"""The separator of two cells."""


def to_lines(
    view: View, console: Any, options: Any, first: str = "", rest: str = ""
) -> Iterator[Any]:
    """The view's lines as rich Text; long ones are wrapped and indented.

    `first` is the prefix of the view's first line, `rest` that of all others.
    """
    branch, last, through, nothing = TYPED if options.ascii_only else DRAWN
    after = rest + (through if view.below else "")
    width = max(options.max_width - max(len(first), len(after)), NARROWEST)
    for piece in _head(view, console).wrap(console, width, overflow="fold"):
        piece.rstrip()
        whole = _text(console, first)
        whole.append_text(piece)
        yield whole
        first = after
    for at, one in enumerate(view.below, 1):
        is_last = at == len(view.below)
        yield from to_lines(
            one,
            console,
            options,
            rest + (last if is_last else branch),
            rest + (nothing if is_last else through),
        )


def _head(view: View, console: Any) -> Any:
    """The cells as one Text. Untrusted strings are never markup or control characters."""
    text = _text(console, "")
    for at, cell in enumerate(view.cells):
        if at:
            text.append(BETWEEN)
        for words, style in cell:
            text.append(visible(words), style or None)
    return text


def _text(console: Any, words: str) -> Any:
    return console.render_str(words, emoji=False, markup=False, highlight=False)
