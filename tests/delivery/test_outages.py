"""Does an outage of days cost nothing but time?

`python -m tests.delivery.outages` looks at three days of each kind; here it is an hour of each;
`-m whole` adds some hours of each, three days of one, and a day in bulk.
"""

from __future__ import annotations

from itertools import product
from math import inf

import pytest
from tests.delivery.outages import HOUR, KINDS, MODES, Report, outage, stories
from tests.delivery.world import OK, Request, World, event

from walkeros_klaviyo.delivery.batch import Mode
from walkeros_klaviyo.delivery.breaker import LONGEST
from walkeros_klaviyo.delivery.messages import Answer, Item

MANY = stories(1_000)
FEWER = stories(400)
BUSIEST = 900
"""Requests in an hour of an outage at most: two endpoints that are probed, and every restart, at
which a second of requests goes before the first answer."""


def check(report: Report, items: list[Item]) -> None:
    """What must hold of every outage."""
    assert (report.delivered, report.dead, report.untaken) == (len(items), 0, 0)
    assert report.waiting > 0.8 * len(items), "the outage came too late"
    assert report.most <= BUSIEST
    assert report.seconds <= report.allowed
    assert report.overrun == ()


@pytest.mark.parametrize(
    ("hours", "items"),
    [(1, FEWER), pytest.param(3, MANY, marks=pytest.mark.whole)],
    ids=["1", "3"],
)
@pytest.mark.parametrize(("kind", "mode"), [*product(KINDS, MODES)])
def test_an_outage_with_restarts_kills_nothing_and_ends_when_it_ends(
    kind: str, mode: Mode, hours: int, items: list[Item]
) -> None:
    """All is delivered at the published rate as soon as a probe gets through; few requests do."""
    check(outage(kind, mode, hours, items), items)


@pytest.mark.whole
def test_three_days_of_it_are_no_worse() -> None:
    """A new process every hour, and 2,000 items that wait."""
    check(outage("503", "auto", 72, FEWER), FEWER)


@pytest.mark.parametrize("kind", ["503", "page", "reset", "429"])
@pytest.mark.parametrize("mode", MODES)
def test_who_failed_while_nobody_got_through_waits_no_longer(kind: str, mode: Mode) -> None:
    """Where few wait, each of them has failed often: its own pauses end with the outage."""
    report = outage(kind, mode, 2, stories(40))
    assert (report.delivered, report.dead) == (200, 0)
    assert report.waiting > 100
    assert report.seconds <= report.allowed


@pytest.mark.parametrize("mode", ["single", pytest.param("bulk", marks=pytest.mark.whole)])
def test_a_day_of_503_with_3000_waiting_kills_nothing(mode: Mode) -> None:
    """In one process, which holds them all from the first second to the last."""
    over = 24 * HOUR

    def answers(request: Request) -> Answer:
        return Answer(503) if request.at < over else OK

    world = World(answers=answers, mode=mode, give_up=inf, window=3_000, start=0.0)
    world.feed(*map(event, range(1, 3_001))).run()
    assert world.dead == {}
    assert len(world.delivered) == 3_000
    during = [at for at in world.times() + world.times("events.bulk_create_events") if at < over]
    assert len(during) < 24 * BUSIEST
    took = {"single": 3_000 / 58.3 / 0.95, "bulk": (3 + 10) / 2.5 / 0.95}[mode]
    assert world.settled[-1][0] - over <= LONGEST + took + 1.0
