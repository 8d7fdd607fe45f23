"""How is a row of numbers drawn? As bars, each with its words, for every width of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .html import Html, tag

_WIDE: Final = 10
"""Of a bar's place; a bar takes eight of it."""
_HIGH: Final = 40


def bars(name: str, title: str, about: str, values: Sequence[tuple[float, str]]) -> Html:
    """A picture with a title and a description; `name` is its own on the page.

    >>> bars("r", "T", "A", [(1.0, "one"), (0.0, "none")]).count("<rect")
    1
    """
    best, wide = max(value for value, _ in values), len(values) * _WIDE
    drawn = (
        tag("rect", tag("title", told), width=_WIDE - 2, **_place(at, value / best))
        for at, (value, told) in enumerate(values)
        if value > 0
    )
    return tag(
        "svg",
        tag("title", title, id=name),
        tag("desc", about, id=f"{name}-about"),
        tag("line", x1=0, y1=_HIGH, x2=wide, y2=_HIGH),
        *drawn,
        role="img",
        aria_labelledby=f"{name} {name}-about",
        viewBox=f"0 0 {wide} {_HIGH}",
        preserveAspectRatio="none",
    )


def ends(first: str, last: str) -> Html:
    """What stands below a picture."""
    return tag("div", tag("span", first), tag("span", last), class_="ends")


def _place(at: int, part: float) -> dict[str, object]:
    high = max(part * (_HIGH - 1), 1.0)
    return {"x": at * _WIDE + 1, "y": f"{_HIGH - high:.1f}", "height": f"{high:.1f}"}
