"""How does a run go on, stop and end? All of it is a value."""

from __future__ import annotations

from math import inf

import pytest
from attrs import evolve

from walkeros_klaviyo.delivery.course import AGAIN, DRAIN, STUCK, Course
from walkeros_klaviyo.delivery.messages import Answer, Answered, Arrived, Item, Stop, Woke
from walkeros_klaviyo.delivery.sender import Sender, new_sender, step, unheard

KEY = Stop("key", "401")
EVENT = "events.create_event"


def busy() -> Sender:
    """One call is under way."""
    return step(new_sender(limits=False), Arrived((Item(1, EVENT),)), 0.0)[0]


def failing_alone() -> Sender:
    """Another one got through; this one fails and fails."""
    items = (Item(1, EVENT, lanes=("a",)), Item(2, EVENT, lanes=("b",)))
    sender, _ = step(new_sender(limits=False), Arrived(items), 0.0)
    sender, _ = step(sender, Answered(1, Answer(202)), 0.1)
    for request in range(2, 12):
        sender, _ = step(sender, Answered(request, Answer(500)), sender.now + 1.0)
        sender, _ = step(sender, Woke(), sender.now + 600.0)
        if sender.is_stuck:
            return sender
    raise AssertionError("never stuck")


def test_a_run_goes_on_until_nothing_is_left() -> None:
    """Neither before the sender is done, nor while something is to be handed to it."""
    run = Course()
    assert run.accepts and run.sends and run.looks_at == inf
    assert not run.is_over(busy(), is_idle=True, now=1e9)
    assert not run.is_over(new_sender(), is_idle=False, now=1e9)
    assert run.is_over(new_sender(), is_idle=True, now=0.0)


def test_a_stopped_run_waits_a_while_for_what_is_under_way() -> None:
    """Whatever else is left."""
    run = Course().stop(KEY, 100.0)
    assert not run.accepts and not run.sends and run.looks_at == 100.0 + DRAIN
    assert not run.is_over(busy(), is_idle=False, now=100.0 + DRAIN - 0.1)
    assert run.is_over(busy(), is_idle=False, now=100.0 + DRAIN)
    assert run.is_over(new_sender(), is_idle=False, now=100.0)
    assert not run.is_tried_again(1e9)


def test_a_signal_drains_and_a_second_one_does_not_wait() -> None:
    """The first signal is the one that is told."""
    run = Course().interrupt(2, 100.0)
    assert run.looks_at == 100.0 + DRAIN and not run.accepts
    assert not run.is_over(busy(), is_idle=False, now=100.0)
    again = run.interrupt(15, 101.0)
    assert again.interrupted == 2
    assert again.is_over(busy(), is_idle=False, now=101.0)


def test_a_program_goes_on_taking_events_and_tries_again() -> None:
    """Until no more can come: then a stop is the end."""
    run = Course(is_lasting=True).stop(KEY, 100.0)
    assert run.accepts and not run.sends and run.looks_at == 100.0 + AGAIN
    assert not run.is_over(busy(), is_idle=False, now=1e9)
    assert not run.is_tried_again(100.0 + AGAIN - 0.1)
    assert run.is_tried_again(100.0 + AGAIN)
    ended = evolve(run, has_read=True)
    assert not ended.accepts and not ended.is_tried_again(1e9)
    assert ended.is_over(busy(), is_idle=False, now=100.0 + DRAIN)


def test_what_fails_alone_ends_a_run_once_klaviyo_has_long_been_silent() -> None:
    """A run that has just begun has not heard anything yet, and waits as long."""
    sender = failing_alone()
    spoke_at = max(one.spoke_at for one in sender.endpoints.values())
    assert Course().gives_up(sender, spoke_at + STUCK - 0.1) is None
    found = Course().gives_up(sender, spoke_at + STUCK)
    assert found is not None and found.reason == "stuck"
    began = spoke_at + 50.0
    assert Course(began=began).gives_up(sender, began + STUCK - 0.1) is None
    assert Course(began=began).gives_up(sender, began + STUCK + 0.1) is not None
    assert Course().gives_up(busy(), 1e9) is None
    assert Course().gives_up(new_sender(), 1e9) is None


@pytest.mark.parametrize(("now", "is_told"), [(29.9, False), (30.0, True)])
def test_a_host_of_which_nothing_was_ever_heard_is_told(now: float, is_told: bool) -> None:
    """After the patience of the one who asks, from the first request on."""
    assert (unheard(busy(), 30.0, now) is not None) == is_told
    assert unheard(new_sender(), 30.0, now) is None
    answered, _ = step(busy(), Answered(1, Answer(202)), 0.1)
    assert unheard(answered, 30.0, now) is None
