"""Functions of numbers. They calculate in decimals: 3 times 19.99 is 59.97."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .misfit import Misfit, is_number, no_list

_EXACT: Final = 2**53
"""From here on every float is a whole number."""


def number(value: Any) -> Any:
    """A string read strictly as a number; a number stays as it is.

    >>> number(" 12.50 "), number("7"), number("1,299.00").reason
    (12.5, 7, 'is not a plain number such as 1299.00')
    >>> number("1.299").reason
    'may be a thousand, written with a point between the thousands'
    """
    if not isinstance(value, str):
        return value if is_number(value) else Misfit(f"is {kind_of(value)}, not a number")
    written = value.strip()
    if len(written) > 400 or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", written):
        return Misfit("is not a plain number such as 1299.00")
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", written):
        return Misfit("may be a thousand, written with a point between the thousands")
    found = float(written) if "." in written else int(written)
    return found if is_number(found) else Misfit("is too large")


def cents(value: Any) -> Any:
    """An amount in cents converted to whole units.

    >>> cents(1999), cents("1999"), cents(19.99).reason
    (19.99, 19.99, 'holds parts of a cent')
    """
    found = number(value)
    if isinstance(found, Misfit):
        return found
    if found != int(found):
        return Misfit("holds parts of a cent")
    from decimal import Decimal

    return _plain(Decimal(int(found)).scaleb(-2, _context()))


def round_to(value: Any, decimals: int) -> Any:
    """A number rounded to so many decimals; halves are rounded away from zero.

    >>> round_to(2.675, 2), round_to(-0.5, 0), round_to(7, 2)
    (2.68, -1, 7)
    """
    if not is_number(value):
        return Misfit(f"is {kind_of(value)}, not a number")
    if isinstance(value, int) or abs(value) >= _EXACT:
        return value
    from decimal import ROUND_HALF_UP, Decimal

    finest = Decimal(f"1e-{decimals}")
    return _plain(Decimal(repr(value)).quantize(finest, ROUND_HALF_UP, _context()))


def positive(value: Any) -> Any:
    """A number above zero; nothing for any other.

    >>> positive(3), positive(0)
    (3, ABSENT)
    """
    if not is_number(value):
        return Misfit(f"is {kind_of(value)}, not a number")
    return value if value > 0 else ABSENT


def total(value: Any) -> Any:
    """The sum of a list's numbers; nothing where one is missing.

    >>> total([0.1, 0.2]), total([1, 2]), total([1, None])
    (0.3, 3, ABSENT)
    """
    return _worked_out(value, lambda exact, one, other: exact.add(one, other))


def subtract(value: Any) -> Any:
    """The first number of a list minus all the others; nothing where one is missing.

    >>> subtract([79.9, 39.95])
    39.95
    """
    return _worked_out(value, lambda exact, one, other: exact.subtract(one, other))


def multiply(value: Any) -> Any:
    """The product of a list's numbers; nothing where one is missing.

    >>> multiply([19.99, 3])
    59.97
    """
    return _worked_out(value, lambda exact, one, other: exact.multiply(one, other))


@lru_cache(maxsize=1)
def _context() -> Any:
    """A decimal context of our own, made once: the default one is a global that anybody may change.

    Calculations set flags in it, which nobody reads.
    """
    from decimal import Context

    return Context(prec=700, Emax=999_999, Emin=-999_999, traps=[])


def _worked_out(value: Any, work: Callable[[Any, Any, Any], Any]) -> Any:
    """Combine the numbers of a list from left to right, exactly."""
    if not isinstance(value, list):
        return no_list(value)
    if not value or None in value:
        return ABSENT
    wrong = next((item for item in value if not is_number(item)), None)
    if wrong is not None:
        return Misfit(f"an item is {kind_of(wrong)}, not a number")
    from decimal import Decimal

    exact = _context()
    numbers = [Decimal(repr(one) if isinstance(one, float) else one) for one in value]
    found = numbers[0]
    for one in numbers[1:]:
        found = work(exact, found, one)
    return _plain(found)


def _plain(exact: Any) -> Any:
    """A decimal as a JSON number: an integer where it is one."""
    if not exact.is_finite() or exact.adjusted() > 300:
        return Misfit("is too large")
    return int(exact) if exact == exact.to_integral_value() else float(exact)
