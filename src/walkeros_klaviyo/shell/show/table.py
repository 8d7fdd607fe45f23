"""How is a table printed? Text that others wrote stands in it, and is shown, never obeyed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from walkeros_klaviyo.core.shown import visible

from .screen import for_styles


class _Console(Console):
    """A console that leaves it to us what a reader's leaving means, and obeys no text."""

    def render_str(self, text: str, **given: Any) -> Text:
        """A line, with every control visible."""
        return super().render_str(visible(text), **given)

    def on_broken_pipe(self) -> None:
        """The reader had enough (`signals.heard`)."""
        raise BrokenPipeError


def console(stderr: bool = False, width: int = 120) -> Console:
    """A console that wraps nothing it need not, and colours only on a terminal.

    `width` is that of what is no terminal.
    """
    file = for_styles(sys.stderr if stderr else sys.stdout)
    found = _Console(stderr=stderr, file=file, highlight=False, markup=False)
    if not found.is_terminal:
        found.width = width
    return found


class _Table(Table):
    """A table whose cells are words of events, and so never markup, nor controls."""

    def add_row(self, *cells: Any, **style: Any) -> None:
        """A row; its texts are shown as they are."""
        super().add_row(*(Text(visible(cell)) for cell in cells), **style)


def plain_table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table in our style; the columns in `right` hold numbers."""
    table = _Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        min_width=len(title),
    )
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    return table


def table_of(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()
) -> Table | None:
    """A table of these rows, numbers as a person reads them; None where there are none."""
    table = plain_table(title, *columns, right=right)
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    return table if table.row_count else None


def show(*parts: Table | str | None) -> None:
    """Print them on stdout, those that there are."""
    out = console()
    for part in parts:
        if part is not None:
            out.print(part)
