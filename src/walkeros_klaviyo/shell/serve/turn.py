"""Who waits while a large body is parsed? Its sender, not the others.

Parsing a few megabytes blocks for tens of milliseconds. So large bodies are parsed one at a time,
and after each, other requests get three times as long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

from attrs import Factory, define

from .body import GZIP

T = TypeVar("T")
LARGE: Final = 100_000
"""Bytes from which a body counts as large, as does any body compressed with gzip."""
LONG: Final = 0.003
"""Seconds of parsing after which others get their time."""
REST: Final = 3.0


@define(eq=False)
class Turn:
    """Takes turns at parsing large bodies."""

    _lock: asyncio.Lock = Factory(asyncio.Lock)

    async def do(self, raw: bytes, act: Callable[[], T]) -> T:
        """Call `act` for this body: at once if it is small, else in its turn."""
        if len(raw) < LARGE and raw[:2] != GZIP:
            return act()
        async with self._lock:
            begun = time.perf_counter()
            done = act()
            took = time.perf_counter() - begun
            if took > LONG:
                await asyncio.sleep(took * REST)
            return done
