"""What is news, and what was told before?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import example, given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, mappings, rules, settings
from property_tests.generated.pairs import aimed, streams
from property_tests.generated.values import Raw, reordered, traits

from walkeros_klaviyo import (
    Call,
    Plan,
    ProfileState,
    parse_config,
    pipeline,
    remembered,
    scan,
    settle,
)
from walkeros_klaviyo.core.klaviyo.state import MAX_LINKED, States, fingerprint, meet, tell
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws.ended import profiles_after
from walkeros_klaviyo.verify.laws.sameness import alone, plan_text, text_of, upserts
from walkeros_klaviyo.verify.strategies.events import events
from walkeros_klaviyo.verify.strategies.json_values import Json, json_values, mostly
from walkeros_klaviyo.verify.strategies.shop_values import odd_timestamps, timestamps

DAY = 24 * 3_600 * 1_000
YEAR = 365 * DAY
Keys = tuple[str, ...]
NOW = 1_795_518_160_712
IDENTIFYING = configs(settings=settings(identify=traits()))
SILENT = configs(
    settings=settings(identify=traits()),
    mapping=mappings(rules(silent=st.just(True), settings=st.just({}))),
)
MOMENTS = st.one_of(st.none(), timestamps(), st.integers(0, 10**14))


def known_as(plan: Plan, told: str, time: float | None = None) -> dict[str, ProfileState]:
    """The states of a plan's person, who was told of once, on the device that is in their hands."""
    everyone = (*plan.keys, *plan.devices) if plan.keys else ()
    return dict.fromkeys(everyone, ProfileState(told, everyone, everyone, time))


def timeless(states: Any) -> dict[str, ProfileState]:
    """The states without their times."""
    return {key: evolve(state, time=None) for key, state in states.items()}


# one plan


@given(aimed(IDENTIFYING), MOMENTS)
def test_settling_a_plan_is_the_transform(pair: tuple[Raw, Event], now: float | None) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    plan = transform.plan(event)
    told = settle(plan)[1]
    for prior in ({}, told, known_as(plan, "of someone", 0.0)):
        assert settle(transform.plan(event), prior, now) == transform(event, prior, now)


@given(aimed(IDENTIFYING), MOMENTS)
def test_the_same_event_twice_upserts_once(pair: tuple[Raw, Event], now: float | None) -> None:
    """And changes no state the second time."""
    config, event = pair
    transform = pipeline(parse_config(config))
    plan, changes = transform(event, {}, now)
    assert upserts(plan) == upserts(transform.plan(event))
    again, after = transform(event, changes, now)
    assert upserts(again) == [] and after == {}
    assert [call for call in plan.calls if call not in upserts(plan)] == list(again.calls)


@given(aimed(IDENTIFYING), MOMENTS)
def test_settling_again_upserts_nothing(pair: tuple[Raw, Event], now: float | None) -> None:
    config, event = pair
    plan, changes = pipeline(parse_config(config))(event, {}, now)
    again, after = settle(plan, changes)
    assert upserts(again) == []
    assert after == {}
    third, last = settle(again, changes)
    assert (third, last) == (again, after)


LATE = {"name": "page view", "timestamp": 2_000_000_000_000, "id": "e1", "user": {"id": "u1"}}


@example(({}, LATE), 0)
@given(st.one_of(aimed(IDENTIFYING), aimed(SILENT)), st.none())
def test_settling_twice_is_settling_once(pair: tuple[Raw, Event], now: float | None) -> None:
    config, event = pair
    plan, states = pipeline(parse_config(config))(event, {}, now)
    once, changes = settle(plan, states, now)
    assert settle(once, remembered(states, [(once, changes)]), now) == (once, {})


@given(aimed(IDENTIFYING))
def test_another_state_upserts_and_is_replaced(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    plan = pipeline(parse_config(config)).plan(event)
    settled, changes = settle(plan, known_as(plan, "of something else"))
    assert settled == plan
    wanted = upserts(plan)
    told = known_as(plan, str(wanted[0].fingerprint), event["timestamp"]) if wanted else {}
    assert timeless(changes) == timeless(told) or not plan.keys


@given(
    aimed(base=events(timestamp=mostly(timestamps(), odd_timestamps()))),
    st.one_of(timestamps(), st.integers(0, 300_000_000_000_000)),
    st.one_of(st.none(), st.integers(-2, 2)),
)
def test_the_future_is_refused_from_a_year_ahead_on(
    pair: tuple[Raw, Event], now: int, edge: int | None
) -> None:
    config, event = pair
    if edge is not None:
        event = {**event, "timestamp": min(now + YEAR + edge, 253_402_300_799_999)}
    plan = pipeline(parse_config(config)).plan(event)
    judged, changes = settle(plan, {}, now)
    calls = [call for call in judged.calls if call.metric is not None]
    for call in calls:
        late = "time.too-late" in [one.code for one in call.refusal]
        sent_at = event["timestamp"] if "policy" not in text_of(config) else None
        if sent_at is not None:
            assert late == (int(sent_at) // 1 > now + YEAR)
        assert not late or judged.outcome == "refused"
        assert not late or "time.too-late" in [one.code for one in judged.diagnostics]
    if not calls:
        assert judged == plan
    sent = evolve(plan, calls=tuple(call for call in judged.calls if not call.refusal))
    assert timeless(changes) == timeless(settle(sent)[1])  # a refused event joins nobody


@given(aimed(SILENT))
def test_a_silent_rule_only_upserts(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    plan, changes = pipeline(parse_config(config))(event)
    again: Plan = pipeline(parse_config(config))(event, changes)[0]
    if plan.rule is not None:
        assert not [call for call in plan.calls if call.metric is not None]
        if plan.outcome in ("send", "unchanged"):
            assert again.outcome == "unchanged" and again.calls == ()
            assert plan_text(settle(plan, changes)[0]) == plan_text(again)


# few people, who share identifiers

SAYS = {"identify": {"map": {"title": "user.title", "firstName": "user.first"}}}
MEETING = pipeline(
    parse_config(
        {
            "settings": {
                "externalId": "user.id",
                "email": "user.email",
                "phoneNumber": "user.phone",
                "kx": "user.kx",
            },
            "mapping": {
                "order": {"complete": {"settings": SAYS}},
                "user": {"login": {"silent": True, "settings": SAYS}},
            },
        }
    )
)
"""By a page view nobody is told of, but people may be joined; a login is told and not recorded."""
HALF = "\ud800"
"""Half of a character, which Klaviyo refuses."""
NAMES = ("order complete", "user login", "page view")
FIELDS = {
    "id": lambda number: f"u{number}",
    "email": lambda number: f"a{number}@example.com",
    "phone": lambda number: f"+1555123456{number}",
    "kx": lambda number: f"k{number}",
}
TOGETHER = [("id", "email"), ("id", "email", "phone"), ("email", "phone")]
VISITORS = [*TOGETHER, ("id", "kx"), ("id", "email", "kx")]


def seen(name: str, title: str = "Dr", time: float = NOW, own: str = "e1", **user: Any) -> Event:
    """An event of someone."""
    return {"name": name, "timestamp": time, "id": own, "user": {**user, "title": title}}


def seen_all(text: str) -> list[Event]:
    """Events by their names and identifiers (`u` an id, `a` an email, `+` a phone, `k` a cookie).

    >>> [one["user"] for one in seen_all("login u1 a0, order! k3")]
    [{'id': 'u1', 'email': 'a0@example.com', 'title': 'Dr'}, {'kx': 'k3', 'title': 'Prof'}]
    """
    kinds = {"u": "id", "a": "email", "+": "phone", "k": "kx"}
    names = {"order": NAMES[0], "login": NAMES[1], "view": NAMES[2]}
    stream = []
    for at, (name, *keys) in enumerate(one.split() for one in text.split(", ")):
        user = {kinds[key[0]]: FIELDS[kinds[key[0]]](key[1:]) for key in keys}
        title = "Prof" if name[-1] == "!" else "Dr"
        stream.append(seen(names[name.rstrip("!")], title, own=f"e{at}", **user))
    return stream


@st.composite
def meetings(
    draw: st.DrawFn,
    times: st.SearchStrategy[int] | None = None,
    people: int = 3,
    fields: list[tuple[str, ...]] = VISITORS,
) -> list[Event]:
    """Two to fourteen events of few people, whose identifiers overlap."""
    times = st.integers(NOW, NOW + DAY) if times is None else times
    numbers = st.integers(0, draw(st.integers(0, people - 1)))
    every = {field: numbers.map(FIELDS[field]) for field in draw(st.sampled_from(fields))}
    if "email" in every:
        every["email"] = every["email"].flatmap(lambda one: st.sampled_from([one, one.title()]))
    names = st.sampled_from(draw(st.sampled_from([NAMES, NAMES[1:], NAMES[:1]])))
    titles = st.sampled_from(draw(st.sampled_from([("Dr",), ("Dr", "Prof")])))
    users = st.fixed_dictionaries({}, optional=every)
    halves = st.sampled_from(["", "", "", "", "", "", "id", "first"])
    stream = []
    for at in range(draw(st.integers(2, 14))):
        event = seen(draw(names), draw(titles), draw(times), f"e{at}", **draw(users))
        half = draw(halves)  # of such an event only the upsert goes, or only the event
        if half == "id":
            event["id"] = HALF
        elif half == "first":
            event["user"]["first"] = HALF
        stream.append(event)
    return stream


def planned(stream: list[Event], transform: Any = MEETING) -> list[tuple[Plan, Plan]]:
    """Of each event what would be sent if nothing were known, and what is."""
    told = scan(transform, stream)
    return [(transform.plan(event), plan) for event, (plan, _) in zip(stream, told, strict=True)]


LEFT_OUT = [
    "view a0, login u1 +0, login a0 +0, login u1 a0",  # of the address there was a profile
    "login a0 +0, view u1, login! u1 +0, login a0, login u1",
    "order! u2 k1, order a2 k1, login u2",
    "login u1 k0, login a0 k0, login u1 a0",  # what only logs in tells nothing of the cookie
    "login! u1 k0, login! k0",
    "login u0 a3, login u3 a3, login u0 a0 +1, login u1 a2 +3, order u2 a3 +3, login u1",  # tangled
]
"""Streams of which once something was left out that was news."""


@pytest.mark.parametrize("merges", [True, False], ids=["merges", "moves"])
@pytest.mark.parametrize("text", LEFT_OUT)
def test_what_was_left_out_once_is_told(merges: bool, text: str) -> None:
    assert ends_alike(seen_all(text), merges)


@pytest.mark.parametrize("merges", [True, False], ids=["merges", "moves"])
@given(meetings())
def test_what_is_left_out_would_change_no_profile(merges: bool, stream: list[Event]) -> None:
    assert ends_alike(stream, merges)


@pytest.mark.parametrize("merges", [True, False], ids=["merges", "moves"])
@given(meetings(), st.lists(st.integers(0, 14), max_size=2))
def test_nor_where_events_come_again(merges: bool, stream: list[Event], cuts: list[int]) -> None:
    """All of a stream, or its beginning."""
    again = [event for cut in (14, *cuts) for event in stream[:cut]]
    assert ends_alike(again, merges)


def ends_alike(stream: list[Event], merges: bool) -> bool:
    """Are profiles at every time what they were if every upsert were sent?"""
    every: list[Call] = []
    sent: list[Call] = []
    for plan, settled in planned(stream):
        every += plan.calls
        sent += settled.calls
        if profiles_after(sent, merges) != profiles_after(every, merges):
            return False
    return True


def anew(keys: Keys, states: States, told: str, time: float | None) -> States:
    """Forgets whom somebody met before."""
    return tell(keys, {}, told, time)


def each(keys: Keys, states: States, told: str, time: float | None) -> States:
    """Takes each identifier for a person."""
    return {key: ProfileState(told, (key,), (key,), time) for key in keys}


def all_one(keys: Keys, states: States, told: str, time: float | None) -> States:
    """Takes whoever ever met for one."""
    after = tell(keys, states, told, time)
    return {key: evolve(state, certain=state.linked) for key, state in after.items()}


def by_the_strongest(keys: Keys, states: States, told: str) -> bool:
    """Asks under one key only."""
    return keys[0] in states and states[keys[0]].fingerprint == told


def by_all(keys: Keys, states: States, told: str) -> bool:
    """Does not ask whether the keys are one person's."""
    return all(key in states and states[key].fingerprint == told for key in keys)


def no_matter(keys: Keys, states: States) -> States:
    """Takes an event for nothing that could join people."""
    return {}


def still_told(keys: Keys, states: States) -> States:
    """Takes what was told for told after people were joined, too."""
    return {
        key: evolve(state, fingerprint=states[key].fingerprint if key in states else "")
        for key, state in meet(keys, states).items()
    }


BROKEN = [
    ("tell", anew, "order u2 +1, login! u2, login +1"),
    ("tell", each, "login a2 +1, order! a2, login +1"),
    ("tell", all_one, "login u0 a1, order u1 a1, login u0"),
    ("is_told", by_the_strongest, "login u1 a1, login! a1, login! u1 a0"),
    ("is_told", by_all, "login! a0, login u1 a1, login! a1, login! u1 a0"),
    ("meet", no_matter, "order u0 k0, order! k0, order u0"),
    ("meet", still_told, "view a0, login +0, view a0 +0, order +0"),
]


@pytest.mark.parametrize(
    ("name", "broken", "text"), BROKEN, ids=[one[1].__name__ for one in BROKEN]
)
def test_what_is_left_out_wrongly_shows_in_the_profiles(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Any, text: str
) -> None:
    """The law is no empty one: streams by which it sees these faults."""
    stream = seen_all(text)
    assert all(ends_alike(stream, merges) for merges in (True, False))
    monkeypatch.setattr(import_module("walkeros_klaviyo.core.settle"), name, broken)
    assert not all(ends_alike(stream, merges) for merges in (True, False))


@frozen
class Bookkeeping:
    """What one event's plans are judged by: all of it as plain as can be."""

    plan: Plan
    settled: Plan
    met: frozenset[str]
    """The keys that ever went to Klaviyo in one call with those of the plan, or with theirs."""
    is_tangled: bool
    """Were there too many of them before?"""
    told: float
    """The time of the newest upsert that named one of the plan's keys."""
    newest: float
    """That of the newest that named one of all those."""


def kept_books(stream: list[Event]) -> Iterator[Bookkeeping]:
    """A second bookkeeping of a stream."""
    groups: list[set[str]] = []
    told: dict[str, float] = {}
    for event, (plan, settled) in zip(stream, planned(stream), strict=True):
        keys = set(plan.keys)
        own_groups = [group for group in groups if group & keys]
        met = keys.union(*own_groups)
        is_tangled = any(len(group) > MAX_LINKED for group in own_groups)
        own, any_of_them = (
            max((told[key] for key in some if key in told), default=float("-inf"))
            for some in (keys, met)
        )
        yield Bookkeeping(plan, settled, frozenset(met), is_tangled, own, any_of_them)
        if any(not call.refusal for call in settled.calls):
            groups = [*(group for group in groups if not group & keys), met]
        if upserts(settled):
            told |= {key: max(event["timestamp"], told.get(key, 0)) for key in keys}


CROWD = seen_all(", ".join(f"order u{at} a0" for at in range(10)))
"""A whole office orders with one address."""
ALONE = seen_all(", ".join(f"order u{at}" for at in range(10)))


@example([*CROWD, *CROWD])
@example([*CROWD, ALONE[0], ALONE[0]])
@example([*CROWD[:8], *ALONE])
@given(meetings(people=6, fields=TOGETHER))
def test_of_too_many_linked_keys_every_upsert_is_sent(stream: list[Event]) -> None:
    for book in kept_books(stream):
        if len(book.met) > MAX_LINKED:
            assert book.settled.upserts == book.plan.upserts
        always = [call for call in book.plan.calls if call.fingerprint is None]
        assert [call for call in book.settled.calls if call.fingerprint is None] == always


def test_up_to_eight_linked_keys_are_one_person() -> None:
    """The bound from both sides: an address, and seven or eight who order with it."""
    for many, upserted in ((MAX_LINKED - 1, 0), (MAX_LINKED, 1)):
        steps = planned([*CROWD[:many], CROWD[many - 1]])
        assert len(upserts(steps[-1][1])) == upserted


DAYS = st.builds(lambda days, edge: NOW + days * DAY + edge, st.integers(0, 4), st.integers(-2, 2))


MET = seen_all("order u1, view u1 a1, view a1 +1, order! u1")
"""What was told of someone must not be forgotten over those whom they meet."""


@example([{**MET[0], "timestamp": NOW + 3 * DAY}, *MET[1:]])
@given(meetings(DAYS, fields=TOGETHER))
def test_an_upsert_is_stale_by_more_than_a_day(stream: list[Event]) -> None:
    """It is left out, with a word of it; one that is a day old or newer is not."""
    for book, event in zip(kept_books(stream), stream, strict=True):
        is_said = "profile.stale" in [one.code for one in book.settled.diagnostics]
        time = event["timestamp"]
        if is_said:
            assert upserts(book.settled) == [] != upserts(book.plan)
            assert book.newest - time > DAY and not book.is_tangled
        elif upserts(book.settled) and not book.is_tangled:
            assert book.told - time <= DAY


@given(
    st.integers(-2 * DAY, 2 * DAY) | st.integers(DAY - 2, DAY + 2),
    st.sampled_from([("id",), ("email",), ("id", "email")]),
    st.sampled_from([("id",), ("email",), ("id", "email", "phone")]),
)
def test_a_late_change_is_left_out_from_a_day_on(
    older: int, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    user = {field: name(1) for field, name in FIELDS.items()}
    told = [
        seen("order complete", title, time, **{field: user[field] for field in fields})
        for time, fields, title in ((NOW, first, "Dr"), (NOW - older, second, "Prof"))
    ]
    plan = list(scan(MEETING, told))[1][0]
    is_late = older > DAY and not set(first).isdisjoint(second)
    assert (upserts(plan) == []) == is_late
    assert ("profile.stale" in [one.code for one in plan.diagnostics]) == is_late
    assert plan.event is not None and plan.outcome == "send"


# scanning


@given(streams(IDENTIFYING, max_size=6), st.integers(0, 6), MOMENTS)
def test_scanning_in_parts_is_scanning_at_once(
    pair: tuple[Raw, list[Event]], cut: int, now: float | None
) -> None:
    config, stream = pair
    check_parts(pipeline(parse_config(config)), stream, cut, now)


@given(meetings(DAYS, people=6), st.integers(0, 14), st.none() | DAYS)
def test_scanning_those_who_meet_in_parts_is_scanning_at_once(
    stream: list[Event], cut: int, now: float | None
) -> None:
    check_parts(MEETING, stream, cut, now)


def check_parts(transform: Any, stream: list[Event], cut: int, now: float | None) -> None:
    """Both steps and what is remembered of them, but for ids that are used in both parts."""
    whole = list(scan(transform, stream, now=now))
    first = list(scan(transform, stream[:cut], now=now))
    states = remembered({}, first)
    second = list(scan(transform, stream[cut:], states, now))
    steps = [(alone(plan), changes) for plan, changes in first + second]
    assert steps == [(alone(plan), changes) for plan, changes in whole]
    assert remembered(states, second) == remembered({}, whole)


@given(meetings(DAYS, people=6), st.none() | DAYS)
def test_settling_looks_only_at_the_plans_keys(stream: list[Event], now: float | None) -> None:
    """So it is enough to ask a store for them; what else it knows changes nothing."""
    states: dict[str, ProfileState] = {}
    for event in stream:
        plan = MEETING.plan(event)
        settled = settle(plan, states, now)
        own = {key: states[key] for key in plan.keys if key in states}
        assert settle(plan, own, now) == settled
        strangers = {
            f"external_id:{key}": ProfileState("f", plan.keys, (*plan.keys, "x"), NOW + YEAR)
            for key in ("u9", *plan.keys)
        }
        assert settle(plan, {**strangers, **own}, now) == settled
        states = remembered(states, [settled])


@given(st.integers(-3 * DAY, 3 * DAY), st.integers(0, 3 * DAY))
def test_now_caps_the_remembered_time(ahead: int, again: int) -> None:
    """A clock that runs ahead must not silence the same person's events for as long."""
    event = seen("order complete", time=NOW + ahead, id="u1")
    for now in (None, NOW):
        changes = MEETING(event, {}, now)[1]
        wanted = NOW + ahead if now is None else min(NOW + ahead, NOW)
        assert [state.time for state in changes.values()] == [wanted]
        later = seen("order complete", "Prof", NOW + again, id="u1")
        plan = MEETING(later, changes, None if now is None else NOW + again)[0]
        assert bool(upserts(plan)) == (wanted - later["timestamp"] <= DAY)
        assert upserts(plan) or now is None


# fingerprints


@given(st.dictionaries(st.text(max_size=3), json_values(), max_size=3), st.data())
def test_a_fingerprint_does_not_depend_on_the_order_of_keys(body: Raw, data: st.DataObject) -> None:
    assert fingerprint(data.draw(reordered(body))) == fingerprint(body)


@example({"a": True}, {"a": 1})
@example({"a": 1.0}, {"a": 1})
@example({"a": [{"b": False}]}, {"a": [{"b": 0}]})
@example({"a": "1"}, {"a": 1})
@example({"a": -0.0}, {"a": 0.0})
@given(
    st.dictionaries(st.sampled_from(["a", "b"]), json_values(), max_size=2),
    st.dictionaries(st.sampled_from(["a", "b"]), json_values(), max_size=2),
)
def test_fingerprints_are_equal_only_for_equal_bodies(one: Json, other: Json) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (text_of(one) == text_of(other))
