"""Why can a `$fn:` function not take a value?"""

from __future__ import annotations

from math import isfinite
from typing import Any

from attrs import frozen

from walkeros_klaviyo.core.walkeros.event import kind_of


@frozen
class Misfit:
    """Why a function cannot take a value; never quotes the value."""

    reason: str


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and is_finite(value)


def is_finite(value: float) -> bool:
    return isinstance(value, int) or isfinite(value)


def no_text(value: Any) -> Misfit:
    return Misfit(f"is {kind_of(value)}, not a string")


def no_list(value: Any) -> Misfit:
    return Misfit(f"is {kind_of(value)}, not a list")
