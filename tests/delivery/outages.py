"""What becomes of three days without Klaviyo?

    python -m tests.delivery.outages
    python -m tests.delivery.outages --hours 24 --profiles 300 --kind 503 --mode bulk

A simulated clock; nothing waits for real time. Thousands of profiles' news and events are handed
over, Klaviyo takes some, and then for three days there is only one kind of answer. Every hour the
process ends, and a new sender is given what is pending, with the charges that are on the disk;
imports under way, pauses and what else it knew are gone. For each kind and mode a line is printed:
what was delivered, how many died, how many requests were sent in the outage, the most in an hour,
and after how many seconds all was delivered once it was over, of how many that may be.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from itertools import pairwise, product
from math import ceil, inf, log2

from attrs import define, evolve, field, frozen
from tests.delivery.world import DONE, OK, PAGE, Request, World, event, most_within, upsert

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.delivery.batch import AUTO_BACKLOG, BULK, Mode
from walkeros_klaviyo.delivery.breaker import LONGEST
from walkeros_klaviyo.delivery.messages import Answer, Item

HOUR = 3_600.0
FIRST_RESTART = 1_500.0
"""So that an outage of whole hours does not end when a process does."""
GOOD = 5.0
"""Seconds before the outage,"""
LATE = 4.9
"""and after which most of the items come."""
RETRY_AFTER = 30.0
TIME_OUT = 30.0
WINDOWS: dict[Mode, int] = {"single": 512, "bulk": 12_000, "auto": 12_000}
"""Items in the sender's hands at once, as the shell does it."""
MODES: tuple[Mode, ...] = ("single", "bulk", "auto")

Trouble = Callable[[random.Random], Answer]
ONES: dict[str, Answer] = {
    "503": Answer(503),
    "page": evolve(PAGE, status=400),
    "reset": Answer(None, fault="reset"),
    "timeout": Answer(None, fault="timeout"),
    "429": Answer(429, {"retry-after": f"{RETRY_AFTER:g}"}),
}
KINDS: dict[str, Trouble] = {
    **{name: lambda luck, answer=answer: answer for name, answer in ONES.items()},  # type: ignore[misc]
    "mixed": lambda luck: luck.choice(tuple(ONES.values())),
}

HELD = {"429": RETRY_AFTER, "timeout": TIME_OUT, "mixed": max(RETRY_AFTER, TIME_OUT)}
"""Seconds for which the last probe of an outage may hold its endpoint."""


@frozen
class Report:
    """What was seen of one outage."""

    delivered: int
    dead: int
    waiting: int
    """Items that were pending when it was over."""
    during: int
    """Requests in the outage, questions about imports included."""
    most: int
    """And in its busiest hour."""
    seconds: float
    """From its end until all was delivered."""
    allowed: float
    overrun: tuple[str, ...]
    """Endpoints whose windows were overrun afterwards."""
    untaken: int
    """Items that count as delivered though Klaviyo never took them."""

    def is_good(self, items: int) -> bool:
        """Did all that was promised hold?"""
        everything = self.delivered == items and self.dead == self.untaken == 0
        return everything and self.seconds <= self.allowed and not self.overrun


@define
class Klaviyo:
    """Answers that are bad from some moment on to another."""

    trouble: Trouble
    since: float
    until: float
    taken: set[int] = field(factory=set, init=False)
    pause: float = field(default=0.0, init=False)

    def take(self, request: Request) -> Answer:
        """A request to an endpoint of ours."""
        return self._answer(request, OK)

    def tell(self, request: Request) -> Answer:
        """A question about an import."""
        return self._answer(request, DONE)

    def latency(self, luck: random.Random) -> float:
        """Of the answer that was just given."""
        return self.pause

    def _answer(self, request: Request, good: Answer) -> Answer:
        if not self.since <= request.at < self.until:
            self.pause = 0.03 + 0.04 * request.luck.random()
            self.taken.update(item.id for item in request.items)
            return good
        answer = self.trouble(request.luck)
        self.pause = TIME_OUT if answer.fault == "timeout" else 0.05
        return answer


@define
class Disk:
    """What a process leaves to the next one, and what is known of all of them."""

    waiting: dict[int, Item]
    delivered: dict[int, float] = field(factory=dict)
    dead: dict[int, float] = field(factory=dict)
    sent: list[float] = field(factory=list)

    def keep(self, world: World) -> None:
        """All that a process did."""
        for at, number in world.settled:
            del self.waiting[number]
            (self.dead if number in world.dead else self.delivered)[number] = at
        for number, charges in world.charged.items():
            if number in self.waiting:
                self.waiting[number] = evolve(self.waiting[number], charges=charges)
        self.sent += sorted(at for at, _ in (*world.posts, *world.asks))


def stories(profiles: int, events: int = 4) -> list[Item]:
    """Each profile's news, and then its events."""
    numbers = iter(range(1, profiles * (events + 1) + 1))
    return [
        upsert(next(numbers), f"p{profile}") if place == 0 else event(next(numbers), f"p{profile}")
        for profile in range(profiles)
        for place in range(events + 1)
    ]


def outage(kind: str, mode: Mode, hours: int, items: list[Item], restarts: bool = True) -> Report:
    """An outage of so many hours, and what came of it."""
    klaviyo = Klaviyo(KINDS[kind], GOOD, GOOD + hours * HOUR)
    disk, over, early = Disk({}), klaviyo.until, items[: len(items) // 10]
    stops = [FIRST_RESTART + hour * HOUR for hour in range(hours)] if restarts else []
    for start, stop in pairwise((0.0, *stops, inf)):
        world = World(
            answers=klaviyo.take,
            jobs=klaviyo.tell,
            give_up=inf,
            mode=mode,
            window=WINDOWS[mode],
            start=start,
            seed=int(start) + 1,
            latency=klaviyo.latency,
        )
        if not start:
            world.feed(*early).run(until=LATE)
            disk.waiting |= {item.id: item for item in items}
            world.feed(*items[len(early) :])
        else:
            world.feed(*disk.waiting.values())
        world.run(until=stop - world.time)
        disk.keep(world)
    left = [number for number, at in (disk.delivered | disk.dead).items() if at >= over]
    during = [at for at in disk.sent if GOOD <= at < over]
    return Report(
        delivered=len(disk.delivered),
        dead=len(disk.dead),
        waiting=len(left),
        during=len(during),
        most=most_within(during, HOUR),
        seconds=max(disk.delivered.values()) - over,
        allowed=allowed(kind, mode, [item for item in items if item.id in left]),
        overrun=tuple(name for name in ENDPOINTS if _is_overrun(name, world, over)),
        untaken=len(disk.delivered.keys() - klaviyo.taken),
    )


def _is_overrun(name: str, world: World, since: float) -> bool:
    times = [at for at in world.times(name) if at >= since]
    limit = ENDPOINTS[name]
    return most_within(times, 1.0) > limit.burst or most_within(times, 60.0) > limit.steady


def allowed(kind: str, mode: Mode, items: list[Item]) -> float:
    """Seconds that it may take afterwards: a probe's pause, what holds it, and the published rate.

    One by one, events go beside others' news. In bulk a profile's go after them, the first requests
    hold one row, and each of the next twice as many; the last of `auto` go one by one.
    """
    paces = []
    for call, bulk in BULK.items():
        count = sum(item.call == call for item in items)
        alone = {"single": count, "bulk": 0, "auto": min(count, AUTO_BACKLOG)}[mode]
        rows = ENDPOINTS[bulk].items
        requests = ceil(count / rows) + log2(min(count, rows)) if count > alone else 0.0
        paces.append(alone / _rate(call) + requests / _rate(bulk))
    return LONGEST + HELD.get(kind, 0.0) + (max(paces) if mode == "single" else sum(paces)) + 1.0


def _rate(name: str) -> float:
    """Requests a second, of which 95% must be reached."""
    return 0.95 * ENDPOINTS[name].steady / 60.0


def main() -> int:
    """Every kind of outage in every mode, and what came of it."""
    parser = argparse.ArgumentParser(description="What becomes of days without Klaviyo?")
    parser.add_argument("--hours", type=int, default=72)
    parser.add_argument("--profiles", type=int, default=1_000, help="each with news and 4 events")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--mode", choices=MODES, action="append")
    given = parser.parse_args()
    items, failed = stories(given.profiles), 0
    for kind, mode in product(given.kind or KINDS, given.mode or MODES):
        began = time.perf_counter()
        report = outage(kind, mode, given.hours, items)
        is_good = report.is_good(len(items))
        failed += not is_good
        print(
            f"{kind:<8}{mode:<7}{report.delivered:>6,} delivered, {report.dead} dead; "
            f"{report.waiting:,} waited; {report.during:>6,} requests, "
            f"{report.most:>4,} in an hour; {report.seconds:5.1f} s of {report.allowed:5.1f} s"
            f"{'' if is_good else '  FAILED'}  ({time.perf_counter() - began:.0f} s)",
            flush=True,
        )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
