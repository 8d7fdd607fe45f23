"""Do subscriptions, lists and patches reach Klaviyo, through the real SDK, and once each?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import fetch, inside, sandbox, write_config

Json = dict[str, Any]
NOW = 1_795_518_160_712
CONFIG: Json = {
    "settings": {
        "phoneNumber": "user.phone",
        "identify": {"map": {"firstName": "user.name"}},
    },
    "mapping": {
        "news": {
            "signup": {
                "name": "Signed Up",
                "consent": {"marketing": True},
                "settings": {
                    "subscribe": {
                        "channels": ["email", "sms"],
                        "list": "Y6nRLr",
                        "source": "Footer",
                    },
                    "patch": {"append": {"topics": "data.topic"}, "unset": ["visitor"]},
                },
            },
            "leave": {"silent": True, "settings": {"unsubscribe": {"channels": ["email"]}}},
        },
        "club": {"join": {"name": "Joined", "settings": {"lists": ["CLUB01", "data.list"]}}},
    },
}


def event(name: str, number: int, person: int, **data: Any) -> Json:
    return {
        "name": name,
        "id": f"e{number}",
        "timestamp": NOW + number,
        "user": {
            "id": f"u{person}",
            "email": f"p{person}@example.com",
            "phone": f"+491511234{person:04}",
            "name": f"P{person}",
        },
        "data": data,
        "consent": {"marketing": True},
    }


def run(url: str, events: list[Json], *more: str, config: Json = CONFIG) -> Any:
    Path("events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    write_config(Path("shop.json"), config)
    words = ("--config", "shop.json", "--host", url, "--limits", "off", *more)
    return inside("run", "events.jsonl", *words)


def rows(url: str, what: str) -> list[Json]:
    return [json.loads(line) for line in fetch(f"{url}/sandbox/{what}.jsonl").splitlines()]


def calls(url: str) -> list[tuple[str, int]]:
    """Each request that was asked, and how many profiles were in it."""
    found = []
    for one in rows(url, "requests"):
        if not one["body"]:
            continue
        attributes = one["body"]["data"]["attributes"]
        found.append((one["call"], len(attributes.get("profiles", {"data": [1]})["data"])))
    return found


@pytest.mark.parametrize("mode", ["single", "bulk"])
def test_everybody_is_subscribed_once_with_many_in_one_job(mode: str) -> None:
    events = [event("news signup", number, number % 150, topic="Tents") for number in range(300)]
    events += [event("news leave", 400 + person, person) for person in range(120)]
    events += [event("news signup", 7, 3)]  # older than the word of who left since
    with sandbox("--limits", "off") as url:
        done = run(url, events, "--mode", mode)
        assert done.code == 0, done.said
        people = {one["attributes"]["external_id"]: one for one in rows(url, "profiles")}
        asked = calls(url)
    assert len(people) == 150
    for person in range(150):
        found = people[f"u{person}"]["subscriptions"]
        email, sms = found["email"]["marketing"], found["sms"]["marketing"]
        assert email["consent"] == ("UNSUBSCRIBED" if person < 120 else "SUBSCRIBED")
        assert (sms["consent"], sms["told"], sms["source"]) == ("SUBSCRIBED", 1, "Footer")
    assert people["u149"]["attributes"]["properties"]["topics"] == ["Tents"]
    subscribed = [count for call, count in asked if call == "profiles.bulk_subscribe_profiles"]
    left = [count for call, count in asked if call == "profiles.bulk_unsubscribe_profiles"]
    assert (sum(subscribed), sum(left)) == (300, 120)
    assert max(left) <= 100
    assert "420 changes of subscriptions and lists sent" in done.out, done.out


def test_lists_are_told_once_and_by_one_import_for_many() -> None:
    events = [event("club join", number, number % 40, list="ABC123") for number in range(80)]
    with sandbox("--limits", "off") as url:
        done = run(url, events)
        assert done.code == 0, done.said
        people = rows(url, "profiles")
        asked = [one["body"]["data"] for one in rows(url, "requests") if one["body"]]
        listed = [one["attributes"] for one in asked if "relationships" in one]
    assert len(people) == 40
    assert all(sorted(one["lists"]) == ["ABC123", "CLUB01"] for one in people), people[0]
    assert sum(len(one["profiles"]["data"]) for one in listed) == 80
    assert len(listed) < 10


def test_a_number_that_klaviyo_refuses_costs_no_email_and_is_told_anew_once_mended() -> None:
    events = [event("news signup", 1, 1)]
    with sandbox("--limits", "off", "--refuse", "sms") as url:
        done = run(url, events)
        assert done.code == 1, done.said
        (person,) = rows(url, "profiles")
        dead = json.loads(inside("store", "dead", "--json").out.splitlines()[0])
    assert list(person["subscriptions"]) == ["email"]
    assert (dead["call"], dead["metric"]) == ("profiles.bulk_subscribe_profiles", "(subscription)")
    assert "sms" in dead["message"]


def test_a_forgotten_person_may_be_subscribed_again() -> None:
    with sandbox("--limits", "off") as url:
        run(url, [event("news signup", 1, 1)])
        gone = inside("store", "forget", "--external-id", "u1", "--json")
        assert gone.code == 0, gone.said
        Path("events.jsonl").unlink()
        run(url, [event("news signup", 2, 1), event("news signup", 3, 1)])
        (person,) = rows(url, "profiles")
    assert person["subscriptions"]["email"]["marketing"]["told"] == 2
