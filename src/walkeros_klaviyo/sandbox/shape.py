"""How is a body's shape described and checked?

A judge takes a value and the pointer to it, and returns the issues. Judges combine: `fields` for
objects with known fields (an unknown one "is not a valid field"), `many` for lists, `also` for a
rule about a whole object whose shape is valid. A valid value allocates nothing but its pointers.
Source: JSON:API for the pointers; Klaviyo's endpoint descriptions for what is nullable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .issue import Issue, token
from .scalar import Check, kind, one_of, string

Issues: TypeAlias = Sequence[Issue]
Judge: TypeAlias = Callable[[Any, str], Issues]

FINE: Issues = ()


def leaf(check: Check) -> Judge:
    """A judge from a check of `scalar`.

    >>> leaf(string)("x", "/data"), leaf(string)(1, "/data")[0].detail
    ((), 'must be a string, not a number.')
    """

    def judge(value: Any, at: str) -> Issues:
        wrong = check(value)
        return FINE if wrong is None else (Issue(wrong, at),)

    return judge


def fields(required: Mapping[str, Judge], nullable: Mapping[str, Judge] | None = None) -> Judge:
    """An object with these fields and no others; nullable ones may be null or missing.

    >>> judge = fields({"type": leaf(string)})
    >>> [issue.pointer for issue in judge({"typ": 1}, "/data")]
    ['/data/typ', '/data/type']
    """
    optional = dict(nullable or {})

    def judge(value: Any, at: str) -> Issues:
        if not isinstance(value, dict):
            return (Issue(f"must be an object, not {kind(value)}.", at),)
        found: list[Issue] = []
        for name, item in value.items():
            inner = optional.get(name)
            if inner is not None:
                if item is not None:
                    found += inner(item, f"{at}/{name}")
            elif name in required:
                found += required[name](item, f"{at}/{name}")
            else:
                found.append(Issue(f"'{name[:80]}' is not a valid field.", f"{at}/{token(name)}"))
        for name in required:
            if name not in value:
                found.append(Issue("is required.", f"{at}/{name}", "required"))
        return found or FINE

    return judge


def many(item: Judge, most: int | None = None, least: int = 0) -> Judge:
    """A list of such items, with a minimum and a maximum length."""

    def judge(value: Any, at: str) -> Issues:
        if not isinstance(value, list):
            return (Issue(f"must be a list, not {kind(value)}.", at),)
        if len(value) < least:
            return (Issue(f"must hold at least {least}.", at),)
        if most is not None and len(value) > most:
            return (Issue(f"must hold at most {most}, not {len(value)}.", at),)
        found: list[Issue] = []
        for index, element in enumerate(value):
            found += item(element, f"{at}/{index}")
        return found or FINE

    return judge


def also(judge: Judge, rule: Judge) -> Judge:
    """Apply `rule` only if `judge` finds no issue."""

    def both(value: Any, at: str) -> Issues:
        return judge(value, at) or rule(value, at)

    return both


def data(judge: Judge) -> Judge:
    """JSON:API's envelope."""
    return fields({"data": judge})


def resource(
    kind_of: str,
    attributes: Judge,
    nullable: Mapping[str, Judge] | None = None,
) -> Judge:
    """A JSON:API resource object of one type."""
    return fields({"type": leaf(one_of(kind_of)), "attributes": attributes}, nullable)


def reference(kind_of: str) -> Judge:
    """A JSON:API resource identifier: type and id."""
    return fields({"type": leaf(one_of(kind_of)), "id": leaf(string)})
