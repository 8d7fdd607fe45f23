"""How does it misbehave?

A seeded run of bad luck: one draw a request, so that the same seed and the same order of requests
give the same faults.

    error     500, 502, 503 or 504; nothing recorded
    reset     the connection closes without an answer; recorded or not, by luck
    slow      recorded, answered late
    throttle  429 with Retry-After; nothing recorded
    half      recorded, and the answer is cut off
    lie       recorded, but answered 503
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias, get_args

from attrs import field, frozen

Name: TypeAlias = Literal["error", "reset", "slow", "throttle", "half", "lie"]
NAMES: Final[tuple[str, ...]] = get_args(Name)
ERRORS: Final = (500, 502, 503, 504)


@frozen
class Fault:
    """What goes wrong with one request."""

    name: str
    status: int
    """Of an `error`."""
    recorded: bool
    """Whether the request is worked off all the same."""
    retry_after: int


@frozen
class Faults:
    """How often each fault happens, 0 to 1."""

    rates: Mapping[str, float] = field(factory=dict)

    def draw(self, luck: random.Random) -> Fault | None:
        """The fault of the next request, or None. Takes the same amount of luck either way.

        >>> Faults({"lie": 1.0}).draw(random.Random(1)).recorded
        True
        """
        if not self.rates:
            return None
        roll, status, side = luck.random(), luck.randrange(4), luck.random() < 0.5
        retry_after = luck.randint(1, 2)
        for name, rate in self.rates.items():
            if roll < rate:
                recorded = side if name == "reset" else name in ("slow", "half", "lie")
                return Fault(name, ERRORS[status], recorded, retry_after)
            roll -= rate
        return None


def parse_faults(spec: str) -> Faults:
    """Read a specification; a bad one raises ValueError that says what is wrong.

    >>> dict(parse_faults("error=0.05, reset=0.02").rates)
    {'error': 0.05, 'reset': 0.02}
    >>> parse_faults("eror=0.05")
    Traceback (most recent call last):
    ...
    ValueError: eror: unknown fault; did you mean "error"?
    """
    rates: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in spec.split(","))):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if name not in NAMES:
            near = get_close_matches(name, NAMES, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(NAMES)}"
            raise ValueError(f"{name}: unknown fault; {hint}")
        try:
            rate = float(text) if equals else -1.0
        except ValueError:
            rate = -1.0
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"{name}: give a rate from 0 to 1, such as {name}=0.05")
        if name in rates:
            raise ValueError(f"{name}: given twice")
        rates[name] = rate
    if sum(rates.values()) > 1.0 + 1e-9:
        raise ValueError("the rates add up to more than 1")
    return Faults(rates)
