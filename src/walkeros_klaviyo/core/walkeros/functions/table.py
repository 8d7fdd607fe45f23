"""Which `$fn:` functions are there? To add one, add a row here."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final, Literal

from attrs import frozen

from .lists import complete, filled, first, flatten, get, join, last, only, unique, where
from .numbers import cents, multiply, number, positive, round_to, subtract, total
from .texts import iso_to_ms, lower, query, split, text, trim, upper, url


@frozen
class Function:
    """A row of the table: the name in a file, the function, and its kind of argument."""

    name: str
    fn: Callable[..., Any]
    takes: Literal["", "text", "decimals", "path", "test"] = ""
    is_of_each: bool = False
    """Whether a list is taken item by item."""

    @property
    def spelling(self) -> str:
        """How a file spells it, with its argument in parentheses.

        >>> FUNCTIONS["split"].spelling
        '$fn:split(text)'
        """
        inside = {"test": "path=text|text"}.get(self.takes, self.takes)
        return f"$fn:{self.name}({inside})" if inside else f"$fn:{self.name}"

    @property
    def sentence(self) -> str:
        """What it does: the first line of the function's docstring."""
        return (self.fn.__doc__ or "").partition("\n")[0]


FUNCTIONS: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            Function("text", text, is_of_each=True),
            Function("number", number, is_of_each=True),
            Function("cents", cents, is_of_each=True),
            Function("lower", lower, is_of_each=True),
            Function("upper", upper, is_of_each=True),
            Function("trim", trim, is_of_each=True),
            Function("round", round_to, "decimals", is_of_each=True),
            Function("query", query, "text", is_of_each=True),
            Function("url", url, is_of_each=True),
            Function("iso_to_ms", iso_to_ms, is_of_each=True),
            Function("split", split, "text", is_of_each=True),
            Function("join", join, "text"),
            Function("flatten", flatten),
            Function("unique", unique),
            Function("first", first),
            Function("last", last),
            Function("only", only),
            Function("where", where, "test"),
            Function("complete", complete),
            Function("filled", filled),
            Function("sum", total),
            Function("subtract", subtract),
            Function("multiply", multiply),
            Function("positive", positive, is_of_each=True),
            Function("get", get, "path"),
        )
    }
)
"""By name in a file."""
