"""Does leaving out what is unchanged never change what Klaviyo's profiles end as?

Against the sandbox's own profiles, which merge or move; with the states on the disk, and restarts
between. People have any mixture of identifiers, addresses change and change back, some are shared;
a visitor whom nothing names but a device logs in, or out, and somebody else does.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from tests.store.make import NOW, fast_folder, open_store

from walkeros_klaviyo import Call, Transform, parse_config, pipeline, settle
from walkeros_klaviyo.core.klaviyo.calls import IMPORT_PROFILES
from walkeros_klaviyo.kept import KeptStates
from walkeros_klaviyo.sandbox.people import Meeting, People
from walkeros_klaviyo.shell.store.letter import Origin

TRAITS = {"map": {"title": "user.title", "organization": "user.company"}}
KNOWN_BY = {"phoneNumber": "user.phone", "kx": "user.kx", "anonymousId": "user.device"}
EVERYWHERE = {"settings": {**KNOWN_BY, "identify": TRAITS}}
BY_A_RULE = {
    "settings": KNOWN_BY,
    "mapping": {
        "user": {"login": {"silent": True, "settings": {"identify": TRAITS}}},
        "order": {"complete": {"settings": {"identify": TRAITS}}},
    },
}
ON_LISTS = {
    "settings": {**KNOWN_BY, "identify": TRAITS},
    "mapping": {"user": {"login": {"silent": True, "settings": {"lists": ["Y6nRLr"]}}}},
}
Json = dict[str, Any]


def stream(luck: random.Random) -> list[Json]:
    """Two to fourteen events of a few people, who share and change what they are known by."""
    few, devices = luck.randint(1, 3), luck.choice((0, 0.5, 0.9))
    events = []
    for number in range(luck.randint(2, 14)):
        user: Json = {"title": luck.choice("xy")}
        is_visitor = devices and luck.random() < 0.3
        for name, share, text in (
            ("id", 0.0 if is_visitor else 0.6, "u{}"),
            ("email", 0.0 if is_visitor else 0.6, "m{}@example.com"),
            ("phone", 0.3, "+49151234567{}9"),
            ("kx", 0.15, "k{}"),
            ("device", devices, "d{}"),
        ):
            if luck.random() < share:
                user[name] = text.format(luck.randrange(few))
        if luck.random() < 0.3:
            user["company"] = luck.choice("xy")
        # Out of order, but by less than a day: what is older is left out on purpose.
        shift = luck.choice((0, 0, 0, -3_600_000))
        events.append(
            {
                "name": luck.choice(("order complete", "page view", "user login")),
                "timestamp": NOW + number * 1_000 + shift,
                "id": f"e{number}",
                "user": user,
            }
        )
    return events


def profiles(calls: list[Call], meeting: Meeting) -> list[list[tuple[str, Any]]]:
    """What the sandbox's profiles say after these calls."""
    people = People(meeting)
    for at, call in enumerate(calls):
        resource = call.body["data"]
        if call.name == IMPORT_PROFILES:
            people.upsert(resource["attributes"]["profiles"]["data"][0], at)
        elif call.metric is None:
            people.upsert(resource, at)
        else:
            people.of_event(resource["attributes"]["profile"]["data"], at)
    return sorted(
        sorted((name, repr(value)) for name, value in one.attributes.items())
        for one in people.profiles.values()
    )


def sent(transform: Transform, events: list[Json], luck: random.Random, path: Path) -> list[Call]:
    """The calls that go, with a store that is closed and opened again now and then."""
    calls: list[Call] = []
    store = open_store(path)
    for number, event in enumerate(events):
        planned = transform.plan(event)
        plan, changes = settle(planned, store.prior(planned.state_keys), NOW)
        store.accept(Origin(number, event["id"], b""), plan, changes)
        calls += plan.calls
        if luck.random() < 0.1:
            store.commit()
            store.close()
            store = open_store(path)
    store.close()
    return calls


@pytest.mark.parametrize(
    "config", [EVERYWHERE, BY_A_RULE, ON_LISTS], ids=["everywhere", "by a rule", "on lists"]
)
def test_profiles_end_as_if_every_upsert_were_sent(config: Json) -> None:
    """Merging and moving, 300 streams each; and something is saved by it."""
    luck, transform, saved = random.Random(12), pipeline(parse_config(config)), 0
    with fast_folder() as folder:
        for number in range(300):
            events = stream(luck)
            every = [call for event in events for call in transform.plan(event).calls]
            some = sent(transform, events, luck, folder / f"{number}.db")
            saved += len(every) - len(some)
            for meeting in ("merge", "move"):
                assert profiles(some, meeting) == profiles(every, meeting), events
    assert saved > 30


def broken_off(
    transform: Transform, events: list[Json], luck: random.Random
) -> tuple[list[Call], list[Call]]:
    """The calls that go where whoever sends them may die between two, and the event is given up.

    Beside them all that were planned up to there.
    """
    content: dict[str, bytes] = {}
    some, every = list[Call](), list[Call]()
    for event in events:
        states = KeptStates(content.get, content.__setitem__)
        planned = transform.plan(event)
        plan, changes = settle(planned, states.under(planned.state_keys), NOW)
        states.doubt(changes)
        done = len(plan.calls) if luck.random() < 0.7 else luck.randint(0, len(plan.calls))
        some += plan.calls[:done]
        if done < len(plan.calls):
            every += planned.calls[: planned.calls.index(plan.calls[done])]
            continue
        every += planned.calls
        if luck.random() < 0.9:  # else it dies last of all
            states.keep(changes)
    return some, every


@pytest.mark.parametrize(
    "config", [EVERYWHERE, BY_A_RULE, ON_LISTS], ids=["everywhere", "by a rule", "on lists"]
)
def test_profiles_end_alike_where_states_are_kept_elsewhere_and_senders_die(config: Json) -> None:
    """In doubt before the calls, kept after them: whatever arrived, nothing is left out for it."""
    luck, transform, saved = random.Random(13), pipeline(parse_config(config)), 0
    for _ in range(1_000):
        events = stream(luck)
        some, every = broken_off(transform, events, luck)
        saved += len(every) - len(some)
        for meeting in ("merge", "move"):
            assert profiles(some, meeting) == profiles(every, meeting), events
    assert saved > 100
