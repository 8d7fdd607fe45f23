"""Does every promise hold in every state that a small world can reach?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from attrs import evolve
from tests.delivery.model import (
    FOUR,
    LARGE,
    MORE,
    NEWS,
    SHARED,
    THREE,
    Report,
    explore,
    smaller,
    suite,
)
from tests.delivery.small import CANCELLED, Small
from tests.delivery.world import DONE, OK, refusal

from walkeros_klaviyo.delivery import sender as under_test
from walkeros_klaviyo.delivery.messages import (
    Answer,
    Answered,
    Arrived,
    Charged,
    Command,
    Delivered,
    Item,
    Message,
    Resumed,
    Sleep,
)
from walkeros_klaviyo.delivery.sender import Sender, step
from walkeros_klaviyo.delivery.size import Size

Step = Callable[[Sender, Message, float, float], tuple[Sender, tuple[Command, ...]]]


WORLDS = [
    pytest.param(name, marks=[pytest.mark.whole] if name in LARGE else []) for name in suite()
]


@pytest.mark.parametrize("name", WORLDS)
def test_every_interleaving_keeps_every_promise(name: str) -> None:
    """Nothing lost, doubled or condemned, in order, in its windows, the end always in reach."""
    assert explored(name, suite()[name]).states > 500, "the world has shrunk"


@pytest.mark.parametrize("name", smaller())
def test_every_interleaving_of_a_smaller_world_keeps_every_promise(name: str) -> None:
    """What the large ones are about is looked at in them too."""
    assert explored(name, smaller()[name]).states > 50, "the world has shrunk"


def explored(name: str, world: Small) -> Report:
    """What was seen of a world in which all holds."""
    report = explore(world)
    print(f"{report.states:,} states, {report.transitions:,} transitions: {name}")
    assert report.broken == []
    assert report.ends > 0
    return report


def forgetful(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Loses what waits for a retry."""
    sender, commands = step(sender, message, now, luck)
    return evolve(sender, delayed=()), commands


def hasty(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Knows no pace."""
    paces = {name: evolve(one, pace=type(one.pace)()) for name, one in sender.endpoints.items()}
    return step(evolve(sender, endpoints=paces), message, now, luck)


def disorderly(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Lets nobody wait for an upsert."""
    return step(evolve(sender, lanes=type(sender.lanes)()), message, now, luck)


def narrow(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Knows a person by one identifier only."""
    if isinstance(message, Arrived):
        message = Arrived(tuple(evolve(item, lanes=item.lanes[:1]) for item in message.items))
    return step(sender, message, now, luck)


def sleepy(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Never asks to be woken."""
    sender, commands = step(sender, message, now, luck)
    return sender, tuple(one for one in commands if not isinstance(one, Sleep))


def hearing(heard: Callable[[Answer], Answer]) -> Step:
    """A sender to which some answers sound like others."""

    def broken(sender: Sender, message: Message, now: float, luck: float) -> object:
        if isinstance(message, Answered):
            message = evolve(message, answer=heard(message.answer))
        return step(sender, message, now, luck)

    return broken  # type: ignore[return-value]


@hearing
def gullible(answer: Answer) -> Answer:
    """Takes a page for a refusal of Klaviyo's."""
    return refusal(400) if answer.status == 400 and answer.body.startswith(b"<html") else answer


@hearing
def contented(answer: Answer) -> Answer:
    """Takes any success for a receipt."""
    return OK if answer.status == 204 else answer


@hearing
def trusting(answer: Answer) -> Answer:
    """Takes a cancelled import for one that is done."""
    return DONE if answer == CANCELLED else answer


@hearing
def stern(answer: Answer) -> Answer:
    """Sees no identifier in a refusal, and so repairs nothing."""
    return evolve(answer, body=answer.body.replace(b"/attributes/phone_number", b""))


def careless(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Drops an import that was cancelled, and who was in it."""
    jobs = sender.jobs
    sender, commands = step(sender, message, now, luck)
    if isinstance(message, Answered) and message.answer == CANCELLED:
        lost = {item.id for job in jobs for item in job.items}
        sender = evolve(
            sender, delayed=tuple(one for one in sender.delayed if one[1].id not in lost)
        )
    return sender, commands


def deaf(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Asks no more for imports that it was asking for when it was stopped."""
    asking = {job.id for job in sender.jobs if job.asking}
    sender, commands = step(sender, message, now, luck)
    if isinstance(message, Resumed):
        jobs = (evolve(one, asking=one.asking or one.id in asking) for one in sender.jobs)
        sender = evolve(sender, jobs=tuple(jobs))
        commands = tuple(one for one in commands if isinstance(one, Sleep))
    return sender, commands


def unkind(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Always believes that others get through."""
    spoken = {
        name: evolve(one, spoke_at=now, is_passing=True) for name, one in sender.endpoints.items()
    }
    return step(evolve(sender, endpoints=spoken), message, now, luck)


def secretive(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Tells nobody what an item has used up."""
    sender, commands = step(sender, message, now, luck)
    return sender, tuple(one for one in commands if not isinstance(one, Charged))


def absent(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Forgets at a restart what an item has used up."""
    if isinstance(message, Arrived):
        message = Arrived(tuple(evolve(item, charges=0) for item in message.items))
    return step(sender, message, now, luck)


def stubborn(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Sends a group as it was, however often that fails."""

    def together(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(evolve(item, most=0) for item in items)

    sender, commands = step(sender, message, now, luck)
    endpoints = {name: evolve(one, size=Size()) for name, one in sender.endpoints.items()}
    queues: dict[str, tuple[Item, ...]] = {}
    for name, queue in sender.queues.items():
        call = name.partition(",")[0]
        queues[call] = tuple(sorted((*queues.get(call, ()), *together(queue)), key=lambda i: i.id))
    delayed = tuple((at, evolve(item, most=0)) for at, item in sender.delayed)
    return evolve(sender, endpoints=endpoints, queues=queues, delayed=delayed), commands


def silent(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Says of nobody what was left out."""
    sender, commands = step(sender, message, now, luck)
    return sender, tuple(
        evolve(one, left_out=()) if isinstance(one, Delivered) else one for one in commands
    )


def eager(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Counts what it sent, whatever comes back."""
    flights = sender.flights
    sender, commands = step(sender, message, now, luck)
    if isinstance(message, Answered) and message.answer.status == 503:
        ids = tuple(item.id for item in flights[message.request].items)
        delayed = tuple(one for one in sender.delayed if one[1].id not in ids)
        return evolve(sender, delayed=delayed), (Delivered(ids), *commands)
    return sender, commands


PLAIN = Small(THREE[:2], crashes=0)
SICK = Small(THREE, crashes=1, faults=0, sick=frozenset({1}))
LONE = Small(THREE[:1], crashes=0, faults=0, sick=frozenset({1}))
CUT = Small(FOUR, "bulk", crashes=0, faults=0, cut="reset")
STOPPED = Small(NEWS, "bulk", faults=0, stops=1, crashes=0)
IMPORTS = Small(NEWS, "bulk", crashes=0, faults=0, undone=1)
REPAIRED = Small(MORE, crashes=0, faults=0, objections=((1, "phone_number"),))


@cache
def is_well(world: Small) -> bool:
    """Does the true sender keep all promises in it?"""
    return explore(world).broken == []


@pytest.mark.parametrize(
    ("broken", "world", "told"),
    [
        (forgetful, PLAIN, "an item is pending or settled"),
        (hasty, PLAIN, "no window is overrun"),
        (disorderly, evolve(PLAIN, items=NEWS), "calls that share an identifier keep their order"),
        (narrow, evolve(PLAIN, items=SHARED), "calls that share an identifier keep their order"),
        (sleepy, PLAIN, "who has something to do, sleeps"),
        (gullible, PLAIN, "nothing dies without a verdict"),
        (contented, PLAIN, "nothing is counted without a receipt"),
        (eager, PLAIN, "nothing is counted without a receipt"),
        (trusting, IMPORTS, "nothing is counted without a receipt"),
        (deaf, STOPPED, "no end is in reach"),
        (careless, IMPORTS, "an item is pending or settled"),
        (stern, REPAIRED, "nothing dies without a verdict"),
        (silent, REPAIRED, "what was left out is told"),
        (unkind, LONE, "nothing dies without a verdict"),
        (secretive, SICK, "what is charged is told"),
        (absent, SICK, "what is charged is told"),
        (stubborn, CUT, "no end is in reach"),
    ],
)
def test_a_broken_sender_is_found_out(
    broken: Step, world: Small, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that cannot fail shows nothing; the same world is well with the true sender."""
    assert is_well(world)
    monkeypatch.setattr(under_test, "step", broken)
    found = explore(world).broken
    assert found
    assert any(told in one for one in found), found
