"""Who waits while a large body is read?"""

from __future__ import annotations

import asyncio

import pytest

from walkeros_klaviyo.shell.serve import turn
from walkeros_klaviyo.shell.serve.turn import LARGE, Turn

LARGE_BODY = b" " * LARGE


def test_small_ones_are_done_while_large_ones_wait_for_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn, "LONG", -1.0)
    monkeypatch.setattr(turn, "REST", 1e4)  # a microsecond's work rests for ten milliseconds
    done: list[str] = []

    async def all_of_them() -> None:
        turns = Turn()

        async def one(raw: bytes, name: str) -> None:
            await turns.do(raw, lambda: done.append(name))

        names = (("first large", LARGE_BODY), ("second large", b"\x1f\x8b"))
        large = [asyncio.create_task(one(raw, name)) for name, raw in names]
        await asyncio.sleep(0)
        for number in range(3):
            await one(b"{}", f"small {number}")
        await asyncio.gather(*large)

    asyncio.run(all_of_them())
    assert done == ["first large", "small 0", "small 1", "small 2", "second large"]


def test_what_fails_gives_the_turn_on() -> None:
    async def two() -> str:
        turns = Turn()
        with pytest.raises(ZeroDivisionError):
            await turns.do(LARGE_BODY, lambda: 1 // 0)
        return await turns.do(LARGE_BODY, lambda: "done")

    assert asyncio.run(two()) == "done"
