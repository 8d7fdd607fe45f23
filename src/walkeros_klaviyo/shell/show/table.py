"""How is a table printed? Untrusted text in it is shown, never obeyed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any, Final, Literal

from attrs import frozen
from rich import box
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from walkeros_klaviyo.core.shown import visible

from .screen import for_styles


class _Console(Console):
    """A console that does not exit on a broken pipe and ignores markup in text."""

    def render_str(self, text: str, **given: Any) -> Text:
        """A line with control characters visible."""
        return super().render_str(visible(text), **given)

    def on_broken_pipe(self) -> None:
        """The reader has left (see `process.heard`)."""
        raise BrokenPipeError


def reading_width() -> int | None:
    """The width for wrapping prose: the terminal's or COLUMNS; None elsewhere."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, before: str) -> list[str]:
    """Prose after a prefix, wrapped between words; later lines are indented."""
    width = reading_width()
    if width is None:
        return [f"{before}{text}"]
    indent = " " * (len(before) - len(before.lstrip()) + 2 * bool(before.strip()))
    return wrap(
        text,
        max(width, 40),
        initial_indent=before,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def console(stderr: bool = False, width: int = 120) -> Console:
    """A console that wraps only where necessary and colours only on a terminal.

    `width` applies where there is no terminal, unless COLUMNS is set.
    """
    file = for_styles(sys.stderr if stderr else sys.stdout)
    found = _Console(stderr=stderr, file=file, highlight=False, markup=False)
    if not found.is_terminal:
        found.width = reading_width() or width
    return found


@frozen
class Parts:
    """A cell of several parts that are kept whole; as many as fit go on each line."""

    parts: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        line = ""
        for at, part in enumerate(map(visible, self.parts), 1):
            comma = at < len(self.parts)
            if line and len(line) + len(_COMMA) + len(part) + comma > options.max_width:
                yield Text(f"{line},")
                line = ""
            line += f"{_COMMA if line else ''}{part}"
        yield Text(line)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        sizes = [len(visible(one)) for one in self.parts] or [0]
        longest = sum(sizes) + len(_COMMA) * (len(sizes) - 1)
        return Measurement(max(sizes) + 1, longest).with_maximum(options.max_width)


_COMMA: Final = ", "


class _Table(Table):
    """A table whose cells are untrusted, so never markup or control characters."""

    def add_row(self, *cells: Any, **style: Any) -> None:
        """Add a row; its strings are shown literally."""
        shown = (cell if isinstance(cell, Parts) else Text(visible(cell)) for cell in cells)
        super().add_row(*shown, **style)


WHOLE: Final = ("reason", "what", "code", "call", "events", "status")
"""Columns of codes and counts, which people copy, so they are never broken."""


def plain_table(title: str, *columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table in our style; columns in `right` are right-aligned numbers."""
    table = _Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        min_width=len(title),
    )
    for column in columns:
        is_whole = column in WHOLE or column in right
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(column, justify=justify, no_wrap=is_whole)
    return table


def table_of(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()
) -> Table | None:
    """A table of these rows, with readable numbers; None if there are no rows."""
    table = plain_table(title, *columns, right=right)
    for row in rows:
        table.add_row(*map(_cell, row))
    return table if table.row_count else None


def _cell(cell: object) -> Any:
    if isinstance(cell, Parts):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def show(*parts: Table | str | None) -> None:
    """Print the parts that are not None on stdout."""
    out = console()
    for part in parts:
        if part is not None:
            out.print(part)
