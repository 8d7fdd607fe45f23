"""Which faults does `--faults` ask for?

Names and numbers, as in `error=0.05,bytes=100000`.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Final

from .faults import BOUNDS, CHANCES, NAMES, Faults

_ALL: Final = (*NAMES, *CHANCES, *BOUNDS)


def parse_faults(spec: str) -> Faults:
    """Parse a specification; ValueError says what is wrong with it.

    >>> dict(parse_faults("error=0.05, reset=0.02").rates)
    {'error': 0.05, 'reset': 0.02}
    >>> parse_faults("poison=0.001,bytes=100000").bytes
    100000
    >>> parse_faults("eror=0.05")
    Traceback (most recent call last):
    ...
    ValueError: eror: unknown fault; did you mean "error"?
    """
    given: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in spec.split(","))):
        name, _, text = (piece.strip() for piece in part.partition("="))
        if name not in _ALL:
            near = get_close_matches(name, _ALL, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(_ALL)}"
            raise ValueError(f"{name}: unknown fault; {hint}")
        read: Callable[[str, str], Any] = _bound if name in BOUNDS else _rate
        value = read(name, text)
        if name in given:
            raise ValueError(f"{name}: given twice")
        given[name] = value
    rates = {name: value for name, value in given.items() if name in NAMES}
    if sum(rates.values()) > 1.0 + 1e-9:
        raise ValueError(f"the rates of {', '.join(rates)} add up to more than 1")
    return Faults(rates, **{name: given[name] for name in given if name not in rates})


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"{name}: give a rate from 0 to 1, such as {name}=0.05")
    return rate


def _bound(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        example = {"bytes": 100_000, "rows": 100}[name]
        raise ValueError(f"{name}: give a whole number from 1, such as {name}={example}")
    return int(text)
