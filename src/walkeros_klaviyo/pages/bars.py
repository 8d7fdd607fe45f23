"""How is a row of numbers drawn? As labelled bars that suit any width of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .html import Html, tag

_WIDE: Final = 10
"""The width of a bar's slot, of which the bar takes eight."""
_HIGH: Final = 40


def bars(name: str, title: str, about: str, values: Sequence[tuple[float, str]]) -> Html:
    """A bar chart with a title and a description; `name` must be unique on the page.

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
    """The labels below a chart."""
    return tag("div", tag("span", first), tag("span", last), class_="ends")


def _place(at: int, part: float) -> dict[str, object]:
    high = max(part * (_HIGH - 1), 1.0)
    return {"x": at * _WIDE + 1, "y": f"{_HIGH - high:.1f}", "height": f"{high:.1f}"}
