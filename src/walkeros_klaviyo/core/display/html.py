"""How does a view look in a notebook?

Plain elements with a few inline styles, since sites that show notebooks strip the rest. The colours
are of medium brightness or the page's own, so they are readable on light and dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby
from types import MappingProxyType
from typing import Final

from walkeros_klaviyo.core.shown import visible

from .view import Cell, Style, View

CSS: Final = MappingProxyType(
    {
        "bold": "font-weight:bold",
        "dim": "opacity:.7",
        "red": "color:#d64545",
        "yellow": "color:#9a7200",
        "green": "color:#21863f",
        "cyan": "color:#1480a0",
    }
)
_CELL: Final = "text-align:left;vertical-align:top;padding:0 1em 0 0;overflow-wrap:break-word"
_TABLE: Final = "color:inherit;font-size:inherit;border-collapse:collapse"


def to_html(view: View) -> str:
    """A view as HTML, with everything escaped.

    >>> from .view import line
    >>> to_html(line("<script>"))
    '<div>&lt;script&gt;</div>'
    """
    head = " ".join(map(_cell, view.cells))
    if not view.below:
        return f"<div>{head}</div>"
    inner = "".join(_block(is_row, views) for is_row, views in groupby(view.below, _is_row))
    below = f"<div style='margin-left:1.5em'>{inner}</div>"
    if view.is_folded:
        return f"<details><summary>{head}</summary>{below}</details>"
    return f"<div>{head}</div>{below}"


def _is_row(view: View) -> bool:
    """Is it a table row: a line of several cells with nothing below it?"""
    return len(view.cells) > 1 and not view.below


def _block(is_row: bool, views: Iterable[View]) -> str:
    if not is_row:
        return "".join(map(to_html, views))
    rows = (
        "".join(f"<td style='{_CELL}'>{_cell(one)}</td>" for one in view.cells) for view in views
    )
    return f"<table style='{_TABLE}'>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _cell(cell: Cell) -> str:
    return "".join(_words(text, style) for text, style in cell)


def _words(text: str, style: Style) -> str:
    shown = escape(visible(text))
    return f"<span style='{CSS[style]}'>{shown}</span>" if style else shown
