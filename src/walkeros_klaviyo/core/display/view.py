"""What is displayed of a value? A tree of lines, as plain data, whatever draws it.

A view includes personal data, since displaying is deliberate; a repr, which may be logged, never.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from attrs import evolve, frozen

Style = Literal["", "bold", "dim", "red", "yellow", "green", "cyan"]
Words = tuple[str, Style]
Cell = tuple[Words, ...]

LONGEST: Final = 100
"""The most characters shown of a value."""
MOST: Final = 40
"""The most lines shown below one line."""


@frozen
class View:
    """A line of cells, and the lines below it.

    >>> View((cell("send"), cell("order complete", "dim")), (View((cell("2 calls"),)),))
    View(cells=((('send', ''),), (('order complete', 'dim'),)),
         below=(View(cells=((('2 calls', ''),),), below=(), is_folded=False),), is_folded=False)
    """

    cells: tuple[Cell, ...]
    below: tuple[View, ...] = ()
    is_folded: bool = False
    """Whether the lines below are folded away at first, where that is possible."""


def cell(text: str, style: Style = "") -> Cell:
    """A cell in one style."""
    return ((text, style),)


def line(*cells: str | Cell) -> View:
    """A line with nothing below it."""
    return View(tuple(cell(one) if isinstance(one, str) else one for one in cells))


def field(name: str, value: object) -> Cell:
    """A field of a call and its value.

    >>> field("value", 12.5)
    (('value', 'cyan'), (' = 12.5', ''))
    """
    return ((name, "cyan"), (f" = {short(value)}", ""))


def short(value: object, most: int = LONGEST) -> str:
    """A value's repr, cut if long.

    >>> short("abcdefgh", 6)
    "'abcd…"
    """
    return clipped(repr(value), most)


def clipped(text: str, most: int = LONGEST) -> str:
    """A string, cut if long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def listed(words: Iterable[str], most: int = 4, longest: int = 60) -> str:
    """The first few of several words, each cut if long, and how many more there are.

    >>> listed(["a", "b", "c"], most=2), listed([])
    ('a, b, 1 more', 'none')
    """
    every = tuple(words)
    more = [f"{len(every) - most:,} more"] if len(every) > most else []
    return ", ".join([*(clipped(one, longest) for one in every[:most]), *more]) or "none"


def pruned(view: View, most: int = MOST) -> View:
    """The view with only the first lines below each line, and a line that counts the others.

    >>> [one.cells[0] for one in pruned(View((), tuple(map(line, "abc"))), 2).below]
    [(('a', ''),), (('… and 2 more', 'dim'),)]
    """
    kept = view.below if len(view.below) <= most else view.below[: most - 1]
    below = tuple(pruned(one, most) for one in kept)
    if len(kept) < len(view.below):
        below += (line(cell(f"… and {len(view.below) - len(kept):,} more", "dim")),)
    return evolve(view, below=below)
