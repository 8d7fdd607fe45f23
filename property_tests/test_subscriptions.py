"""Is nobody subscribed against their word, and everybody once?

Against the sandbox's own record of what was said, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo import Config, ConfigError, Plan, parse_config, pipeline, route, scan
from walkeros_klaviyo.core.klaviyo.calls import SUBSCRIBE, UNSUBSCRIBE
from walkeros_klaviyo.sandbox import accept, work
from walkeros_klaviyo.sandbox.consent import standing
from walkeros_klaviyo.sandbox.people import People

Json = dict[str, Any]
NOW = 1_795_518_160_712
LATER = NOW / 1_000 + 60
SHOP = parse_config(
    {
        "settings": {"phoneNumber": "user.phone", "identify": {"map": {"title": "user.title"}}},
        "mapping": {
            "news": {
                "signup": {
                    "name": "Signed Up",
                    "consent": {"marketing": True},
                    "settings": {
                        "subscribe": {
                            "channels": {"email": "data.email", "sms": "data.sms"},
                            "list": ["data.list", {"value": "Y6nRLr"}],
                            "source": "Shop",
                        }
                    },
                },
                "leave": {"silent": True, "settings": {"unsubscribe": True}},
                "quit": {"silent": True, "settings": {"unsubscribe": {"list": "data.list"}}},
            }
        },
    }
)
PEOPLE = [
    {"id": "u1", "email": "ada@example.com"},
    {"id": "u2", "email": "ADA@example.com", "phone": "+4915112345678"},
    {"email": "bo@example.com", "title": "Dr"},
    {"id": "u1", "phone": "+4915112345678"},
]
TRUTHS = st.sampled_from([True, False, None, "true", "no", 1, 0, "perhaps", [True], {}])


def event(action: str, time: int, user: Json, **data: Any) -> Json:
    return {
        "name": f"news {action}",
        "id": f"e{time}",
        "timestamp": NOW + time,
        "user": user,
        "data": data,
        "consent": {"marketing": True},
    }


def shop_of(one: Any) -> object:
    return one["data"]["shop"]


def words(plans: Iterable[Plan]) -> list[tuple[str, str]]:
    """Each address and what is said of it, in order; Klaviyo would take every one."""
    found = []
    for plan in plans:
        for call in plan.calls:
            if call.topics:
                if call.name == SUBSCRIBE:
                    assert not list(accept.subscriptions(call.body, LATER))
                else:
                    assert not list(accept.unsubscriptions(call.body))
                (channel,) = call.profile["subscriptions"]
                said = call.profile["subscriptions"][channel]["marketing"]["consent"]
                field = "email" if channel == "email" else "phone_number"
                found.append((call.profile[field].lower(), said))
    return found


@given(
    consent=st.none()
    | st.dictionaries(st.sampled_from(["marketing", "analytics"]), st.booleans(), max_size=2),
    granted=st.dictionaries(
        st.sampled_from(["marketing", "analytics"]), st.sampled_from([True, False, None, "yes"])
    ),
    destination=st.none() | st.just({"analytics": True}),
    subscribe=st.sampled_from([True, {"channels": ["sms", "email"]}, {"list": "Y6nRLr"}]),
    silent=st.booleans(),
)
def test_nobody_is_subscribed_without_the_consent_that_the_rule_asks_for(
    consent: Json | None, granted: Json, destination: Json | None, subscribe: Any, silent: bool
) -> None:
    rule = {"consent": consent, "silent": silent, "settings": {"subscribe": subscribe}}
    raw = {"consent": destination, "mapping": {"news": {"*": rule}}}
    try:
        config: Config = parse_config(raw)
    except ConfigError as error:
        assert True not in (consent or {}).values()
        assert [one.path for one in error.faults] == ["mapping.news.*.settings.subscribe"]
        return
    assert consent and True in consent.values()
    plan = pipeline(config).plan({**event("signup", 0, PEOPLE[0]), "consent": granted})
    is_granted = any(asked and granted.get(name) is True for name, asked in consent.items())
    assert is_granted or not words([plan])


@given(user=st.sampled_from(PEOPLE), times=st.lists(st.integers(0, 9), min_size=2))
def test_repeating_a_subscription_never_subscribes_twice(user: Json, times: list[int]) -> None:
    events = [event("signup", time, user, email=True, sms=True) for time in times]
    said = words(plan for plan, _ in scan(pipeline(SHOP), events))
    assert len(said) == len(set(said))


DAY = 86_400_000
STREAMS = st.lists(
    st.tuples(
        st.sampled_from(["signup", "leave", "quit"]),
        st.sampled_from([0, 1, 2, 3, DAY, DAY + 1, DAY + 2, 3 * DAY]),
        st.sampled_from(PEOPLE[:3]),
        st.sampled_from(["Y6nRLr", "ABC123"]),
    ),
    min_size=1,
)


@given(stream=STREAMS)
def test_a_no_to_everything_is_told_and_only_a_later_yes_takes_it_back(stream: list[Any]) -> None:
    """At Klaviyo's, whatever comes in which order, and whatever lists were left meanwhile."""
    events = [event(action, at, user, email=True, list=one) for action, at, user, one in stream]
    people = People()
    no_at: dict[str, int] = {}
    yes_at: dict[str, int] = {}
    for one, (plan, _) in zip(stream, scan(pipeline(SHOP), events), strict=True):
        action, at, user, _ = one
        email = user["email"].lower()
        deliver(people, plan)
        if action == "leave" and yes_at.get(email, 0) - at <= DAY:
            no_at[email] = max(no_at.get(email, 0), at)
            assert not is_subscribed(people, email)
        elif action == "signup":
            yes_at[email] = max(yes_at.get(email, 0), at)
            if (email, "SUBSCRIBED") in words([plan]):
                assert no_at.pop(email, -1) < at


@given(user=st.sampled_from(PEOPLE), email=TRUTHS, sms=TRUTHS)
def test_a_channel_is_subscribed_or_named_or_was_not_meant(
    user: Json, email: Any, sms: Any
) -> None:
    plan = pipeline(SHOP).plan(event("signup", 0, user, email=email, sms=sms))
    asked = [*words([plan])]
    named = " ".join(one.message for one in plan.diagnostics if "subscription" in one.code)
    for channel, field, said in (("email", "email", email), ("sms", "phone", sms)):
        is_meant = said is True or (said in (1, "true") and said is not False)
        is_unclear = said in ("perhaps", [True], {})
        has_address = user.get(field, "").lower() in dict(asked) and field in user
        assert has_address == (is_meant and field in user)
        assert (channel in named) == (is_unclear or (is_meant and field not in user))


@given(user=st.sampled_from(PEOPLE), other=st.sampled_from(["leave", "signup"]))
def test_what_one_account_is_told_says_nothing_of_another(user: Json, other: str) -> None:
    plain = pipeline(SHOP)
    shops = route(shop_of, {"eu": plain, "us": plain})
    events = [
        event("signup", 2, user, email=True, sms=True, shop="eu"),
        event(other, 3, user, email=True, sms=True, shop="us"),
        event("signup", 1, user, email=True, sms=True, shop="us"),
    ]
    eu = [*scan(shops, events[:1])]
    both = [*scan(shops, events)]
    alone = [*scan(shops, events[1:])]
    assert words(plan for plan, _ in both) == words(plan for plan, _ in [*eu, *alone])


def test_history_is_subscribed_with_the_time_of_its_consent_and_starts_no_flow() -> None:
    shop = parse_config(
        {
            "mapping": {
                "news": {
                    "signup": {
                        "silent": True,
                        "consent": {"marketing": True},
                        "settings": {"subscribe": True, "backfill": True},
                    }
                }
            }
        }
    )
    (call,) = pipeline(shop).plan(event("signup", 0, PEOPLE[0])).calls
    assert not list(accept.subscriptions(call.body, LATER))
    assert call.attributes["historical_import"] is True
    consent = call.profile["subscriptions"]["email"]["marketing"]
    assert consent == {"consent": "SUBSCRIBED", "consented_at": "2026-11-24T11:02:40.712Z"}


def test_a_rule_that_lost_its_consent_subscribes_nobody() -> None:
    """Whoever makes a rule of their own must not subscribe by accident either."""
    rule = evolve(SHOP.mapping["news"]["signup"][0], consent=None)
    own = evolve(SHOP, mapping={"news": {"signup": (rule,)}})
    assert not words([pipeline(own).plan(event("signup", 0, PEOPLE[0], email=True))])


def deliver(people: People, plan: Plan) -> None:
    for call in plan.calls:
        (resource,) = call.attributes.get("profiles", {"data": [None]})["data"]
        chosen = work._chosen(call.body)
        if call.name == SUBSCRIBE:
            people.subscribe(resource, chosen, None, 0.0)
        elif call.name == UNSUBSCRIBE:
            people.unsubscribe(resource, chosen, 0.0)


def is_subscribed(people: People, email: str) -> bool:
    found = people.find({"attributes": {"email": email}})
    said = standing(() if found is None else found.consents)
    return said.get("email", {}).get("marketing", {}).get("consent") == "SUBSCRIBED"


@pytest.mark.parametrize(
    ("raw", "path", "says"),
    [
        (["email"], "", "expected true, or an object with channels"),
        ({"channels": []}, ".channels", 'expected a list such as ["email"]'),
        ({"channels": ["fax"]}, ".channels", '"fax" is not a channel; there are: email, sms'),
        ({"channel": ["sms"]}, ".channel", "unknown key"),
        ({"source": " "}, ".source", 'expected words such as "Checkout"'),
    ],
)
def test_a_faulty_subscription_is_named(raw: Any, path: str, says: str) -> None:
    rule = {"consent": {"marketing": True}, "settings": {"subscribe": raw}}
    with pytest.raises(ConfigError) as error:
        parse_config({"mapping": {"news": {"signup": rule}}})
    (fault,) = error.value.faults
    assert fault.path == f"mapping.news.signup.settings.subscribe{path}"
    assert says in fault.message


WORDS: Json = {
    "sub": {"silent": True, "consent": {"marketing": True}, "settings": {"subscribe": True}},
    "join": {
        "silent": True,
        "consent": {"marketing": True},
        "settings": {"subscribe": {"list": "AAA111"}},
    },
    "leave": {"silent": True, "settings": {"unsubscribe": {"list": "AAA111"}}},
    "no": {"silent": True, "settings": {"unsubscribe": True}},
    "list": {"silent": True, "settings": {"lists": ["AAA111"]}},
}
SPOKEN = pipeline(parse_config({"mapping": {"x": WORDS}}))


def spoken(words: Iterable[str]) -> list[Json]:
    """The same person says these, one after the other."""
    who = {"user": {"email": "ada@example.com"}, "consent": {"marketing": True}}
    return [
        {"name": f"x {word}", "timestamp": NOW + at * 1_000, "id": f"e{at}", **who}
        for at, word in enumerate(words)
    ]


def once(words: Iterable[str]) -> list[str]:
    """Without leaving a list again that was left: it would end everything, and says nothing new."""
    kept: list[str] = []
    for word in words:
        since = [one for one in kept if one != "no"]
        if word != "leave" or since[-1:] != ["leave"]:
            kept.append(word)
    return kept


def stands(plans: Iterable[Plan]) -> list[Any]:
    """Whether the sandbox's people are subscribed, and on which lists they are."""
    people = People()
    for at, call in enumerate(call for plan in plans for call in plan.calls):
        data = call.body["data"]
        row = data["attributes"]["profiles"]["data"][0]
        related = data.get("relationships", {})
        chosen = related.get("list", {}).get("data", {}).get("id")
        if call.name == SUBSCRIBE:
            people.subscribe(row, chosen, None, at)
        elif call.name == UNSUBSCRIBE:
            people.unsubscribe(row, chosen, at)
        else:
            profile, _ = people.upsert(row, at)
            profile.lists += [one["id"] for one in related["lists"]["data"] if not profile.lists]
    return [
        ({c: s["marketing"]["consent"] for c, s in standing(one.consents).items()}, one.lists)
        for one in people.profiles.values()
    ]


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_people_end_as_if_all_that_they_said_were_told(length: int) -> None:
    """Every order of yes and no, to all and to a list: what is left out would change nothing."""
    saved = 0
    for words in product(WORDS, repeat=length):
        every = [SPOKEN.plan(one) for one in spoken(once(words))]
        some = [plan for plan, _ in scan(SPOKEN, spoken(words))]
        assert stands(some) == stands(every), words
        saved += sum(len(plan.calls) for plan in every) > sum(len(plan.calls) for plan in some)
    assert saved or length == 1
