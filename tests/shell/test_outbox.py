"""What waits, what became of it, and what is known?"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo import ProfileState, parse_config, pipeline, settle
from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.outbox import MemoryOutbox, Origin, repeat_of

NOW = 1_795_518_160_712
CONFIG = {
    "settings": {"identify": {"map": {"firstName": "user.first"}}},
    "mapping": {"user": {"login": {"silent": True}}, "debug": {"*": {"ignore": True}}},
}
TRANSFORM = pipeline(parse_config(CONFIG))


def accept(outbox: MemoryOutbox, number: int = 1, **changes: Any) -> None:
    """Plan an event of Ada's and record it."""
    event = {
        "name": "order complete",
        "timestamp": NOW,
        "id": f"e{number}",
        "user": {"id": "u1", "first": "Ada"},
        **changes,
    }
    plan = TRANSFORM.plan(event)
    settled, state = settle(plan, outbox.prior(plan.key) if plan.key else None)
    outbox.accept(Origin(number, f"e{number}", b"{}"), settled, state)


def test_calls_are_taken_once_and_in_order() -> None:
    """The upsert before its event, lines in their order."""
    outbox = MemoryOutbox()
    accept(outbox, 1)
    accept(outbox, 2, user={"id": "u2", "first": "Bob"})
    first, rest = outbox.take(3), outbox.take(100)
    assert [item.id for item in first + rest] == [1, 2, 3, 4]
    assert [item.lane for item in first + rest] == ["external_id:u1"] * 2 + ["external_id:u2"] * 2
    assert (outbox.take(5), outbox.take(-5), outbox.backlog) == ((), (), 0)
    assert (outbox.open, outbox.settled) == (4, 0)


def test_the_same_news_is_told_once() -> None:
    """The second event of the profile goes without an upsert."""
    outbox = MemoryOutbox()
    accept(outbox, 1)
    accept(outbox, 2)
    assert [item.call for item in outbox.take(9)] == [
        "profiles.create_or_update_profile",
        "events.create_event",
        "events.create_event",
    ]


def test_an_event_is_delivered_with_its_last_call() -> None:
    """Its upsert alone does not count as the event."""
    outbox = MemoryOutbox()
    accept(outbox)
    outbox.take(9)
    outbox.delivered((1,))
    assert (outbox.counts.delivered, outbox.counts.upserts, outbox.counts.pending) == (0, 1, 1)
    outbox.delivered((2,))
    assert (outbox.counts.delivered, outbox.counts.pending, outbox.settled) == (1, 0, 2)
    assert dict(outbox.metrics["order complete"]) == {"accepted": 1, "delivered": 1}


def test_a_silent_rules_upsert_is_the_event() -> None:
    """It has no other call."""
    outbox = MemoryOutbox()
    accept(outbox, name="user login")
    accept(outbox, 2, name="user login")
    outbox.take(9)
    outbox.delivered((1,))
    counts = outbox.counts
    assert (counts.accepted, counts.delivered, dict(counts.not_sent)) == (2, 1, {"unchanged": 1})


def test_a_dead_upsert_takes_its_state_back() -> None:
    """So that the next event tells Klaviyo again."""
    outbox = MemoryOutbox()
    accept(outbox)
    outbox.dead(Dead(1, 400, "invalid", "no"))
    assert outbox.prior("external_id:u1") is None
    assert (outbox.counts.dead, outbox.counts.dead_upserts) == (0, 1)


def test_a_dead_upsert_that_is_overtaken_leaves_the_newer_state() -> None:
    """Klaviyo was told something newer since."""
    outbox = MemoryOutbox()
    accept(outbox, 1)
    accept(outbox, 2, user={"id": "u1", "first": "Augusta"})
    known = outbox.prior("external_id:u1")
    outbox.dead(Dead(1, 400, "invalid", "no"))
    assert outbox.prior("external_id:u1") == known


def test_a_dead_event_leaves_the_profiles_state() -> None:
    """It says nothing about the upsert."""
    outbox = MemoryOutbox()
    accept(outbox)
    outbox.delivered((1,))
    outbox.dead(Dead(2, 400, "invalid", "no", "/data"))
    assert isinstance(outbox.prior("external_id:u1"), ProfileState)
    (letter,) = outbox.letters
    assert (letter.status, letter.code, letter.detail, letter.pointer, letter.metric) == (
        400, "invalid", "no", "/data", "order complete",
    )  # fmt: skip
    assert (outbox.counts.dead, letter.origin.line) == (1, 1)


def test_a_refused_event_is_dead_and_its_upsert_goes() -> None:
    """Only the call with an error is withheld."""
    outbox = MemoryOutbox()
    accept(outbox, timestamp=1_700_000_000)
    assert [item.call for item in outbox.take(9)] == ["profiles.create_or_update_profile"]
    assert (outbox.counts.dead, outbox.counts.pending) == (1, 0)
    assert (outbox.letters[0].status, outbox.letters[0].code) == (None, "time.looks-like-seconds")


def test_an_ignored_event_is_counted_and_nothing_more() -> None:
    """One of those that are accepted and not sent."""
    outbox = MemoryOutbox()
    accept(outbox, name="debug x")
    accept(outbox, 2, user={})
    assert dict(outbox.counts.not_sent) == {"ignored": 1, "unidentified": 1}
    assert (outbox.backlog, outbox.counts.pending) == (0, 0)


def test_a_condition_that_raises_keeps_the_event_as_a_dead_letter() -> None:
    """It has no calls, and is not lost."""
    config = {"mapping": {"order": {"complete": {"condition": lambda value, event: 1 / 0}}}}
    plan = pipeline(parse_config(config)).plan(
        {"name": "order complete", "timestamp": NOW, "user": {"id": "u1"}}
    )
    outbox = MemoryOutbox()
    outbox.accept(Origin(4, None, b"{}"), plan, None)
    assert (outbox.counts.dead, outbox.letters[0].code) == (1, "condition.raised")
    assert (outbox.letters[0].call, outbox.letters[0].metric) == (None, None)


def test_twins_share_what_klaviyo_tells_them_by() -> None:
    """Metric and unique id, nothing else; a separator keeps `a`+`bc` from `ab`+`c`."""

    def shared(name: str, own: str) -> str | None:
        event = {"name": name, "timestamp": NOW, "id": own, "user": {"id": "u1"}}
        return repeat_of(TRANSFORM.plan(event).calls[-1])

    assert shared("a b", "c") == shared("a b", "c") != shared("a b", "d") != shared("a bc", "d")
    assert shared("a b", "x") != shared("a bx", "")
