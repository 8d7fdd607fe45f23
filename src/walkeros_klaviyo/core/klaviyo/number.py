"""How is a number written as a string? As JavaScript, where the event comes from, would."""

from __future__ import annotations

from typing import Final

_EXACT: Final = 2**53
"""Up to here floats represent every whole number exactly."""


def read_number(raw: float) -> str:
    """A finite number as a string.

    >>> read_number(25555), read_number(4.0)
    ('25555', '4')
    """
    return str(raw) if isinstance(raw, int) else _number_text(raw)


def _number_text(number: float) -> str:
    """A number as JavaScript writes it: no `.0`, exponents only from 1e21 and below 1e-6.

    >>> _number_text(1e16), _number_text(0.00001), _number_text(1e-7), _number_text(-0.0)
    ('10000000000000000', '0.00001', '1e-7', '0')
    >>> _number_text(-37723444785066752.0)
    '-37723444785066750'
    """
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    text = repr(number)
    if number.is_integer() and abs(number) < 1e21:
        from decimal import Decimal  # JavaScript pads the shortest digits with zeros

        return str(int(Decimal(text)))
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    power = int(exponent)
    if -7 < power < 0:
        digits = mantissa.replace(".", "").lstrip("-")
        return ("-" if number < 0 else "") + "0." + "0" * (-power - 1) + digits
    return f"{mantissa}e{power:+}"
