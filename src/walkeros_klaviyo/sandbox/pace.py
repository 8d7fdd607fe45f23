"""How much of its rate limits has each key used?

Each key and call has two windows (`windows`); answers say what is left of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from .routes import Route
from .windows import Turn, Used, spent, turn

Judge: TypeAlias = Callable[[Used, int, int, float], Turn]
"""Decides whether a request may pass, by its endpoint's windows."""
Headers: TypeAlias = tuple[tuple[str, str], ...]


class Pace:
    """The usage of each key and call."""

    def __init__(self, judge: Judge = turn) -> None:
        self._judge = judge
        self._used: dict[tuple[str, str], Used] = {}

    def take(self, key: str, route: Route, now: float) -> Turn:
        """Count one more request of this key (its fingerprint)."""
        place = (key, route.call)
        result = self._judge(self._used.get(place, Used()), route.burst, route.steady, now)
        self._used[place] = result.used
        return result

    def spent(self, now: float) -> dict[tuple[str, str], tuple[int, int]]:
        """Requests in this second and this minute, by (key, call)."""
        return {place: spent(used, now) for place, used in list(self._used.items())}


def told(result: Turn, route: Route) -> Headers:
    """The `RateLimit-*` headers of an answer.

    >>> from walkeros_klaviyo.sandbox.routes import ROUTES
    >>> told(Pace().take("", ROUTES[0], 60.0), ROUTES[0])[1]
    ('ratelimit-remaining', '3499')
    """
    return (
        ("ratelimit-limit", f"{route.steady}, {route.burst};w=1, {route.steady};w=60"),
        ("ratelimit-remaining", str(result.remaining)),
        ("ratelimit-reset", str(result.reset)),
    )
