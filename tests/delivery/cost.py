"""What does an event cost the pure sender?

    python -m tests.delivery.cost

CPU time for 100,000 events, each with a unique_id of its own, without any waiting: single with 512
in hand, bulk with 1,000 at a time, and bulk and `auto` with 12,000 in hand, as the shell does it.
"""

from __future__ import annotations

import time
from collections import deque

from tests.delivery.world import DONE, event, receipt, upsert

from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.messages import (
    Answered,
    Arrived,
    Ask,
    Delivered,
    Item,
    Message,
    Post,
    Woke,
)
from walkeros_klaviyo.delivery.sender import new_sender, step

COUNT = 100_000


def events(count: int) -> list[Item]:
    """Of 5,000 profiles."""
    return [event(n, f"p{n % 5_000}", f"r{n}") for n in range(count)]


def stories(count: int) -> list[Item]:
    """Each profile's news before its events: one in ten is an upsert."""
    return [
        upsert(n, f"p{n // 10}") if n % 10 == 0 else event(n, f"p{n // 10}", f"r{n}")
        for n in range(count)
    ]


def cost(items: list[Item], mode: Mode, window: int) -> float:
    """Microseconds an item."""
    sender, now = new_sender(limits=False, mode=mode), 0.0
    todo, flying, left = deque(items), deque[Answered](), len(items)
    began = time.process_time()
    while left:
        now += 0.001
        message: Message
        room = min(window - sender.pending, len(todo))
        if room >= min(len(todo), 64) > 0:
            message = Arrived(tuple(todo.popleft() for _ in range(room)))
            sender, commands = step(sender, message, now)
        else:
            sender, commands = step(sender, flying.popleft() if flying else Woke(), now)
        for command in commands:
            if isinstance(command, Post):
                told = receipt(command.call, command.request)
                flying.append(Answered(command.request, told))
            elif isinstance(command, Ask):
                flying.append(Answered(command.request, DONE))
            elif isinstance(command, Delivered):
                left -= len(command.ids)
    return (time.process_time() - began) * 1e6 / len(items)


def main() -> None:
    """Print a line for each way."""
    for name, items, mode, window in (
        ("single", events(COUNT), "single", 512),
        ("single, upserts before", stories(COUNT), "single", 512),
        ("bulk, 1,000 at a time", events(COUNT), "bulk", 1_000),
        ("bulk, 12,000 in hand", events(COUNT), "bulk", 12_000),
        ("bulk, upserts before", stories(COUNT), "bulk", 12_000),
        ("auto, 150 in hand", events(COUNT), "auto", 150),
    ):
        print(f"{cost(items, mode, window):7.2f} µs an item  {name}", flush=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
