"""How does it misbehave?

By luck, one seeded draw a request, so that the same seed and the same order of requests give the
same faults:

    error     500, 502, 503 or 504; nothing recorded
    reset     the connection closes without an answer; recorded or not, by luck
    slow      recorded, answered late
    throttle  429 with Retry-After; nothing recorded
    half      recorded, and the answer is cut off
    lie       recorded, but answered 503
    page      somebody else's web page, with one of many statuses; nothing recorded
    stray     a status that Klaviyo does not give, without JSON:API; nothing recorded

By what a row holds, so that it is the same rows for ever, alone or among others:

    poison    any request with such an event or profile is answered 500; nothing recorded
    conflict  an upsert of such a profile by two or more identifiers is answered 409
    phone     a row with such a phone number is refused for it

By an import's luck: `cancel`, its job ends as cancelled, and none of it is done. By the size of a
request: `bytes`, a longer one is answered 413 by somebody else; `rows`, the connection of one
that holds more is reset.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from attrs import field, frozen

Name: TypeAlias = Literal["error", "reset", "slow", "throttle", "half", "lie", "page", "stray"]
NAMES: Final[tuple[str, ...]] = get_args(Name)
"""What one draw decides."""
CHANCES: Final = ("poison", "conflict", "phone", "cancel")
"""What has a chance of its own."""
BOUNDS: Final = ("bytes", "rows")
"""What goes by the size of a request."""
FOREIGN: Final = frozenset({"page", "stray"})
"""Whatever its status is, such an answer is not Klaviyo's."""
ERRORS: Final = (500, 502, 503, 504)


@frozen
class Fault:
    """What goes wrong with one request."""

    name: str
    status: int = 500
    """Of an `error`."""
    recorded: bool = False
    """Whether the request is worked off all the same."""
    retry_after: int = 1
    pick: float = 0.0
    """Which of many, from 0 to 1: a page, a stray answer."""


def _known(faults: object, attribute: object, rates: Mapping[str, float]) -> None:
    for name in rates:
        if name not in NAMES:
            raise ValueError(f"{name}: not decided by a draw; those are {', '.join(NAMES)}")


@frozen
class Faults:
    """How often each fault happens, 0 to 1, and how large a request may be."""

    rates: Mapping[str, float] = field(factory=dict, validator=_known)
    """Of what one draw decides."""
    poison: float = 0.0
    conflict: float = 0.0
    phone: float = 0.0
    cancel: float = 0.0
    bytes: int | None = None
    rows: int | None = None

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
                # Where in its share the roll fell is luck, too, and costs none.
                return Fault(name, ERRORS[status], recorded, retry_after, roll / rate)
            roll -= rate
        return None
