"""Does every promise hold in every state that a small world can reach?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from tests.delivery.model import explore, suite
from tests.delivery.small import Small

from walkeros_klaviyo.delivery import sender as under_test
from walkeros_klaviyo.delivery.messages import Command, Message, Sleep
from walkeros_klaviyo.delivery.sender import Sender, step

Step = Callable[[Sender, Message, float, float], tuple[Sender, tuple[Command, ...]]]


@pytest.mark.parametrize("name", suite())
def test_every_interleaving_keeps_every_promise(name: str) -> None:
    """Nothing lost, nothing doubled, in order, in its windows, and the end always in reach."""
    report = explore(suite()[name])
    print(f"{report.states:,} states, {report.transitions:,} transitions: {name}")
    assert report.broken == []
    assert report.ends > 0
    assert report.states > 500, "the world has shrunk"


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


def sleepy(sender: Sender, message: Message, now: float, luck: float) -> object:
    """Never asks to be woken."""
    sender, commands = step(sender, message, now, luck)
    return sender, tuple(one for one in commands if not isinstance(one, Sleep))


@pytest.mark.parametrize("broken", [forgetful, hasty, disorderly, sleepy])
def test_a_broken_sender_is_found_out(broken: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that cannot fail shows nothing."""
    monkeypatch.setattr(under_test, "step", broken)
    world: Small = evolve(suite()["single, both"], crashes=0)
    assert explore(world).broken
