"""Who waits while a large body is read? Its sender, not the others.

Reading a few megabytes takes tens of milliseconds in which nobody else is answered. So large bodies
are read one at a time, and after each the others have three times as long.
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
"""Bytes; what is packed with gzip may be as large as may be."""
LONG: Final = 0.003
"""Seconds after which the others are let in."""
REST: Final = 3.0


@define(eq=False)
class Turn:
    """Whose turn it is."""

    _lock: asyncio.Lock = Factory(asyncio.Lock)

    async def do(self, raw: bytes, act: Callable[[], T]) -> T:
        """Do what has to be done for this body: at once for a small one, else in its turn."""
        if len(raw) < LARGE and raw[:2] != GZIP:
            return act()
        async with self._lock:
            begun = time.perf_counter()
            done = act()
            took = time.perf_counter() - begun
            if took > LONG:
                await asyncio.sleep(took * REST)
            return done
