"""How does a stream of events flow? Each settled against what the ones before it left."""

from __future__ import annotations

from itertools import count, islice
from typing import Any

import pytest
from attrs import evolve
from tests.core.make import NOW, event_with

from walkeros_klaviyo import (
    STAGES,
    Identity,
    Plan,
    ProfileState,
    parse_config,
    pipeline,
    remembered,
    scan,
)

IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
TRANSFORM = pipeline(parse_config(IDENTIFY))


def of(who: str, first: str = "x", **changes: Any) -> dict[str, Any]:
    """Someone's event."""
    return event_with(user={"id": who, "first": first}, **changes)


DAY: list[Any] = [
    of("u1", "Ada"),
    of("u2", "Bob"),
    of("u1", "Ada"),
    "no event",
    of("u2", "Rob"),
    event_with(user={}),
    of("u1", "Ada"),
    of("u2", "Bob"),
    of("u2", "Bob"),
]


def test_each_profile_has_a_state_of_its_own() -> None:
    """Interleaved users do not upsert on every event."""
    plans = [plan for plan, _ in scan(TRANSFORM, DAY)]
    assert [len(plan.calls) for plan in plans] == [2, 2, 1, 0, 2, 0, 1, 2, 1]
    assert [plan.outcome for plan in plans] == [
        "send",
        "send",
        "send",
        "invalid",
        "send",
        "unidentified",
        "send",
        "send",
        "send",
    ]


@pytest.mark.parametrize("cut", range(len(DAY) + 1))
def test_scanning_in_two_parts_is_scanning_at_once(cut: int) -> None:
    """scan(a + b) is scan(a), then scan(b) from what is remembered."""
    whole = list(scan(TRANSFORM, DAY))
    first = list(scan(TRANSFORM, DAY[:cut]))
    states = remembered({}, first)
    second = list(scan(TRANSFORM, DAY[cut:], states))
    assert first + second == whole
    assert remembered(states, second) == remembered({}, whole)


def test_states_are_read_and_never_written() -> None:
    """A store decides itself when a state moves."""
    states = remembered({}, scan(TRANSFORM, [of("u1", "Ada")]))
    before = dict(states)
    steps = list(scan(TRANSFORM, [of("u1", "Ada"), of("u1", "Eve"), of("u3")], states))
    assert [len(plan.calls) for plan, _ in steps] == [1, 2, 2]
    assert states == before
    after = remembered(states, steps)
    assert states == before
    assert sorted(after) == ["external_id:u1", "external_id:u3"]
    assert after["external_id:u1"] != before["external_id:u1"]


def test_what_was_learned_is_newer_than_what_was_known() -> None:
    known = remembered({}, scan(TRANSFORM, [of("u1", "Ada")]))
    steps = scan(TRANSFORM, [of("u1", "Eve"), of("u1", "Ada"), of("u1", "Ada")], known)
    assert [len(plan.calls) for plan, _ in steps] == [2, 2, 1]


def test_nobodys_event_touches_no_state() -> None:
    """Without a key there is none: a state stored under the name of nothing must not be met."""
    states = {"None": ProfileState("f"), "": ProfileState("f")}
    steps = list(scan(TRANSFORM, [event_with(user={}), 7], states))
    assert [dict(changes) for _, changes in steps] == [{}, {}]
    assert remembered({}, steps) == {}


def test_an_event_without_an_upsert_keeps_the_state() -> None:
    plain = pipeline(parse_config({}))
    states = remembered({}, scan(TRANSFORM, [of("u1")]))
    (step,) = scan(plain, [of("u1")], states)
    assert dict(step[1]) == {}
    assert remembered(states, [step]) == states


def test_a_person_is_known_by_whichever_identifier_comes() -> None:
    """The states of a stream stand under all of a person's keys, before a cut and after it."""
    both = event_with(user={"id": "u1", "email": "ada@x.io", "first": "x"})
    by_email = event_with(user={"email": "ADA@x.io", "first": "x"})
    assert [len(plan.upserts) for plan, _ in scan(TRANSFORM, [both, by_email, of("u1")])] == [
        1,
        0,
        0,
    ]
    states = remembered({}, scan(TRANSFORM, [both]))
    assert [len(plan.upserts) for plan, _ in scan(TRANSFORM, [by_email, of("u1")], states)] == [
        0,
        0,
    ]


def test_the_clock_is_passed_on() -> None:
    late = of("u1", timestamp=NOW * 2)
    assert [plan.outcome for plan, _ in scan(TRANSFORM, [late, event_with()], now=NOW)] == [
        "refused",
        "send",
    ]
    assert [plan.outcome for plan, _ in scan(TRANSFORM, [late])] == ["send"]


def test_the_clock_is_passed_on_for_whoever_has_no_key() -> None:
    """A device has none."""
    stages = evolve(STAGES, identity=lambda rule, event: (Identity({"anonymous_id": "x"}), ()))
    keyless = pipeline(parse_config({}), stages)
    late = of("u1", timestamp=NOW * 2)
    assert [plan.outcome for plan, _ in scan(keyless, [late], now=NOW)] == ["refused"]
    assert [plan.outcome for plan, _ in scan(keyless, [late])] == ["send"]


def test_what_is_remembered_is_what_changed_last() -> None:
    """Key by key; a step that changes nothing leaves all as it was, whatever its plan's keys."""
    f, g, h = map(ProfileState, "fgh")
    steps = [
        (Plan("send", keys=("k",)), {}),
        (Plan("send"), {"k": f, "l": f}),
        (Plan("send"), {"l": g}),
    ]
    assert remembered({}, steps) == {"k": f, "l": g}
    assert remembered({"m": h, "k": h}, steps) == {"m": h, "k": f, "l": g}
    assert remembered({"k": h}, steps[:1]) == {"k": h}


def test_a_stream_may_be_endless() -> None:
    """One event in, one step out."""
    endless = scan(TRANSFORM, (of("u1", id=str(n)) for n in count()))
    assert [plan.calls[-1].attributes["unique_id"] for plan, _ in islice(endless, 3)] == [
        "0",
        "1",
        "2",
    ]


def test_nothing_in_is_nothing_out() -> None:
    assert list(scan(TRANSFORM, [])) == []
    assert remembered({"k": ProfileState("f")}, []) == {"k": ProfileState("f")}
