"""Subscriptions, lists and patches: what each says, and the call that it becomes."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from walkeros_klaviyo import ConfigError, parse_config, pipeline
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.klaviyo.calls import Call, Mapped
from walkeros_klaviyo.core.klaviyo.identity import Identity
from walkeros_klaviyo.core.klaviyo.patch import parse_patch
from walkeros_klaviyo.core.klaviyo.rules import rule_of
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.core.klaviyo.subscribe import change_subscriptions
from walkeros_klaviyo.core.klaviyo.subscribed import (
    is_known,
    is_overruled,
    list_topic,
    owner_of,
    said,
    topics_of,
)
from walkeros_klaviyo.core.klaviyo.subscription import (
    parse_lists,
    parse_subscription,
    parts_of,
)
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.settle import settle
from walkeros_klaviyo.core.walkeros.value.tree import children

Json = dict[str, Any]
NOW = 1_795_518_160_712
ADA = {"id": "u1", "email": "Ada@example.com", "phone": "+4915112345678"}
DAY = 86_400_000.0
FIRST, EVERY = topics_of("email:a@b.de", "L1")


def plan(settings: Json, user: Json = ADA, data: Json | None = None, **rule: Any) -> Plan:
    config = parse_config(
        {
            "settings": {"phoneNumber": "user.phone"},
            "mapping": {"news": {"signup": {"silent": True, **rule, "settings": settings}}},
        }
    )
    event = {"name": "news signup", "timestamp": NOW, "user": user, "data": data or {}}
    return pipeline(config).plan({**event, "consent": {"marketing": True}})


def subscribed(subscribe: Any, **more: Any) -> Plan:
    return plan({"subscribe": subscribe}, consent={"marketing": True}, **more)


def notes(found: Plan) -> list[tuple[str, str, str]]:
    return [(one.code, one.path, one.message) for one in found.diagnostics]


def test_a_subscription_names_the_whole_person_and_its_own_channel() -> None:
    """To the letter, as Bulk Subscribe Profiles has it."""
    said = {"channels": ["sms"], "list": "Y6nRLr", "source": "Shop, at checkout."}
    (call,) = subscribed(said).calls
    assert call == Call(
        "profiles.bulk_subscribe_profiles",
        {
            "data": {
                "type": "profile-subscription-bulk-create-job",
                "attributes": {
                    "profiles": {
                        "data": [
                            {
                                "type": "profile",
                                "attributes": {
                                    "email": "Ada@example.com",
                                    "phone_number": "+4915112345678",
                                    "subscriptions": {
                                        "sms": {"marketing": {"consent": "SUBSCRIBED"}}
                                    },
                                },
                            }
                        ]
                    },
                    "custom_source": "Shop, at checkout.",
                },
                "relationships": {"list": {"data": {"type": "list", "id": "Y6nRLr"}}},
            }
        },
        (),
        "SUBSCRIBED",
        topics_of("phone_number:+4915112345678", "Y6nRLr"),
    )
    assert (call.label, call.metric, call.is_upsert) == ("(subscription)", None, False)
    assert call.identifiers == {"email": "Ada@example.com", "phone_number": "+4915112345678"}


def test_leaving_a_list_is_one_call_for_all_channels_and_leaving_all_is_one_each() -> None:
    """A second call would find them off the list, and unsubscribe them from everything."""
    both = {"channels": ["email", "sms"]}
    (call,) = plan({"unsubscribe": {**both, "list": "Y6nRLr"}}).calls
    assert call.name == "profiles.bulk_unsubscribe_profiles"
    assert call.body["data"]["type"] == "profile-subscription-bulk-delete-job"
    assert list(call.profile["subscriptions"]) == ["email", "sms"]
    assert len(call.topics) == 2
    email, sms = plan({"unsubscribe": both}).calls
    assert email.profile["subscriptions"] == {"email": {"marketing": {"consent": "UNSUBSCRIBED"}}}
    assert "relationships" not in sms.body["data"]
    assert (sms.label, sms.fingerprint) == ("(unsubscription)", "UNSUBSCRIBED")


def test_what_cannot_be_asked_for_is_named() -> None:
    at = "mapping.news.signup.settings.subscribe"
    found = subscribed({"channels": ["email", "sms"]}, user={"email": "a@b.de"})
    message = "sms needs a phone number, and the event has none; it is left out"
    assert notes(found) == [("subscription.no-address", at, message)]
    assert len(found.calls) == 1
    found = subscribed(True, user={"id": "u1"})
    message = "email needs an email address, and the event has none; it is left out"
    assert notes(found) == [("subscription.no-address", at, message)]
    assert (found.calls, found.outcome) == ((), "unchanged")
    found = subscribed({"channels": {"email": "data.yes"}}, data={"yes": [1]})
    message = "email is asked for by a list, not by true; it is left out"
    assert (notes(found), found.calls) == ([("subscription.unclear", at, message)], ())
    found = subscribed({"list": "data.list"}, data={"list": " "})
    message = "the list resolved to a string; nobody is subscribed"
    assert notes(found) == [("subscription.no-list", at, message)]
    assert (
        notes(subscribed({"list": "data.list", "channels": {"sms": False, "email": "data.n"}}))
        == []
    )


@pytest.mark.parametrize(
    ("value", "is_asked"),
    [(True, True), ("Yes ", True), ("on", True), (1, True), ("1", True), ("TRUE", True)]
    + [(one, False) for one in (False, None, "", "no", "off", 0, "0", "false")],
)
def test_a_box_is_ticked_or_not(value: Any, is_asked: bool) -> None:
    found = subscribed({"channels": {"email": "data.box"}}, data={"box": value})
    assert (len(found.calls) == 1, notes(found)) == (is_asked, [])


def test_a_channel_may_be_meant_outright() -> None:
    """Beside one that the event decides."""
    found = subscribed({"channels": {"email": True, "sms": "data.box"}}, data={"box": "no"})
    assert [[*call.profile["subscriptions"]] for call in found.calls] == [["email"]]


def test_a_source_that_is_none_is_left_out() -> None:
    (call,) = subscribed({"source": {"key": "data.source"}}, data={"source": 7}).calls
    assert "custom_source" not in call.attributes
    (call,) = subscribed({"source": {"key": "data.source"}}, data={"source": "Fair"}).calls
    assert call.attributes["custom_source"] == "Fair"


def test_a_rule_may_unsubscribe_from_one_thing_and_subscribe_to_another() -> None:
    """Out of the old list first."""
    both = {"unsubscribe": {"list": "OLD111"}, "subscribe": {"list": "NEW222"}}
    calls = plan(both, consent={"marketing": True}).calls
    lists = [call.body["data"]["relationships"]["list"]["data"]["id"] for call in calls]
    assert lists == ["OLD111", "NEW222"]
    assert [call.fingerprint for call in calls] == ["UNSUBSCRIBED", "SUBSCRIBED"]


@pytest.mark.parametrize("consent", [None, frozenset[str]()])
def test_a_rule_made_by_hand_that_asks_for_no_consent_subscribes_nobody(consent: Any) -> None:
    """No configuration has one."""
    raw = {"consent": {"marketing": True}, "settings": {"subscribe": True, "unsubscribe": True}}
    rule = evolve(rule_of(raw), consent=consent)
    who = Identity({"email": "a@b.de"})
    calls, _ = change_subscriptions(rule, Mapped({}, {}, who, {}, None))
    assert [call.fingerprint for call in calls] == ["UNSUBSCRIBED"]


def test_history_says_when_consent_was_given_and_taking_it_back_says_nothing() -> None:
    """To the letter: a consent without its time would count as given today."""
    old = {"subscribe": {"list": "Y6nRLr"}, "unsubscribe": {"channels": ["sms"]}, "backfill": True}
    gone, come = plan(old, consent={"marketing": True}).calls
    consent = {"consent": "SUBSCRIBED", "consented_at": "2026-11-24T11:02:40.712Z"}
    assert come.profile["subscriptions"] == {"email": {"marketing": consent}}
    assert come.attributes["historical_import"] is True
    assert gone.profile["subscriptions"] == {"sms": {"marketing": {"consent": "UNSUBSCRIBED"}}}
    assert "historical_import" not in gone.attributes


def test_what_cannot_be_written_is_refused_and_not_sent() -> None:
    half = "\ud83d"
    found = subscribed({"source": {"key": "data.x"}}, data={"x": half})
    assert [[one.code for one in call.refusal] for call in found.calls] == [["text.not-unicode"]]
    assert (found.outcome, found.diagnostics) == ("refused", found.calls[0].refusal)
    found = plan({"lists": ["Y6nRLr", "data.x"]}, data={"x": half})
    assert [len(call.refusal) for call in found.calls] == [0, 1]
    assert (found.outcome, found.diagnostics) == ("send", found.calls[1].refusal)


def test_a_function_of_ones_own_sees_the_event_and_a_hole_is_told() -> None:
    """In channels, lists and patches alike."""
    own = {"fn": lambda value, event: event["data"]["is"] and value["data"]["is"]}
    data = {"is": "ABC123", "in": True, "holes": [None]}
    found = plan({"lists": [own], "patch": {"append": {"x": own}}}, data=data)
    upsert, lists = found.calls
    assert lists.body["data"]["relationships"]["lists"]["data"][0]["id"] == "ABC123"
    assert upsert.body["data"]["meta"] == {"patch_properties": {"append": {"x": "ABC123"}}}
    found = subscribed({"channels": {"email": "data.in"}, "list": own}, data=data)
    (call,) = found.calls
    assert call.body["data"]["relationships"]["list"]["data"]["id"] == "ABC123"
    for settings in ({"lists": "data.holes"}, {"patch": {"append": {"x": "data.holes"}}}):
        told = notes(plan(settings, data=data))
        assert told[0][0] == "value.holds-null"
    told = notes(subscribed({"channels": {"email": "data.holes"}}, data=data))
    assert told[0][0] == "value.holds-null"


def places(raw: Any) -> dict[str, str]:
    """Where each part is written."""
    findings = Findings()
    found = parse_subscription(raw, "s", findings)
    assert (findings.faults, findings.warnings) == ([], [])
    assert found is not None
    return {name: node.where for name, node in parts_of(found).items()}


def test_what_a_subscription_may_mean_can_be_looked_at() -> None:
    """Each part with its place; of what is false or not said there is none."""
    email, sms = {"email": "s.channels.email"}, {"sms": "s.channels.sms"}
    assert places(True) == places({}) == {"email": "s.channels"}
    assert places({"channels": {"sms": "data.t", "email": False}}) == sms
    assert places({"channels": {"sms": None, "email": True}}) == email
    assert places({"channels": {"sms": {"value": True}, "email": "data.t"}}) == email | sms
    assert places({"channels": ["sms"], "list": "Y6nRLr", "source": "Shop"}) == {
        "sms": "s.channels",
        "list": "s.list",
        "source": "s.source",
    }
    assert places({"list": "data.list", "source": ["data.at"]}) == {
        "email": "s.channels",
        "list": "s.list",
        "source": "s.source",
    }
    assert parse_subscription(None, "s", Findings()) is parse_subscription(False, "s", Findings())
    assert parse_lists(None, "lists", Findings()) is None is parse_patch(None, "p", Findings())


CHANNELS = 'expected a list such as ["email"], or an object such as {"email": "data.news"}'
NOT_A_CHANNEL = '"fax" is not a channel; there are: email, sms'


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (
            {"subscribe": "email"},
            "subscribe  expected true, or an object with channels, got a string",
        ),
        (
            {"unsubscribe": ["email"]},
            "unsubscribe  expected true, or an object with channels, got a list",
        ),
        (
            {"subscribe": {"channel": []}},
            'subscribe.channel  unknown key; did you mean "channels"?',
        ),
        (
            {"unsubscribe": {"source": "Shop"}},
            "unsubscribe.source  unknown key; known here: channels, list",
        ),
        ({"subscribe": {"channels": "email"}}, f"subscribe.channels  {CHANNELS}"),
        ({"subscribe": {"channels": []}}, f"subscribe.channels  {CHANNELS}"),
        ({"subscribe": {"channels": {}}}, f"subscribe.channels  {CHANNELS}"),
        ({"subscribe": {"channels": ["email", 7]}}, f"subscribe.channels  {CHANNELS}"),
        ({"subscribe": {"channels": ["fax"]}}, f"subscribe.channels  {NOT_A_CHANNEL}"),
        ({"subscribe": {"channels": {"fax": True}}}, f"subscribe.channels  {NOT_A_CHANNEL}"),
        (
            {"subscribe": {"channels": {"sms": 7}}},
            "subscribe.channels.sms  expected a path, an object or a list, got a number",
        ),
        (
            {"subscribe": {"list": 7}},
            "subscribe.list  expected a path, an object or a list, got a number",
        ),
        ({"subscribe": {"source": " "}}, 'subscribe.source  expected words such as "Checkout"'),
        (
            {"subscribe": {"source": 7}},
            "subscribe.source  expected a path, an object or a list, got a number",
        ),
    ],
)
def test_a_faulty_subscription_is_told_how_to_write_it(settings: Json, fault: str) -> None:
    rule = {"consent": {"marketing": True}, "settings": settings}
    with pytest.raises(ConfigError) as error:
        parse_config({"mapping": {"news": {"signup": rule}}})
    assert list(map(str, error.value.faults)) == [f"mapping.news.signup.settings.{fault}"]


def test_what_extends_a_shipped_rule_is_named_where_it_was_written() -> None:
    """Its subscriptions, lists and patches."""
    settings = {
        "subscribe": {"channels": {"email": "data.o"}},
        "lists": "data.o",
        "patch": {"append": {"x": "data.o"}},
    }
    rule = {"extend": {"consent": {"marketing": True}, "settings": settings}}
    raw = {"settings": {"preset": "ecommerce"}, "mapping": {"cart": {"add": rule}}}
    event = {"name": "cart add", "timestamp": NOW, "user": ADA, "data": {"o": {}}}
    found = pipeline(parse_config(raw)).plan({**event, "consent": {"marketing": True}})
    at = "mapping.cart.add.extend.settings"
    told = {one.code: one.path for one in found.diagnostics}
    assert told["subscription.unclear"] == f"{at}.subscribe"
    assert told["lists.none"] == f"{at}.lists"
    assert told["profile.wrong-type"] == f"{at}.patch.append.x"


@pytest.mark.parametrize(
    ("settings", "path", "says"),
    [
        ({"lists": []}, "lists", 'expected ids of lists, such as ["Y6nRLr"]'),
        (
            {"patch": {}},
            "patch",
            "expected an object with append, unappend or unset, got an object",
        ),
        (
            {"patch": ["x"]},
            "patch",
            "expected an object with append, unappend or unset, got a list",
        ),
        ({"patch": {"append": "x"}}, "patch.append", "expected an object of values"),
        ({"patch": {"unset": []}}, "patch.unset", 'expected names of properties, such as ["cart"]'),
        ({"patch": {"unset": "x"}}, "patch.unset", "expected names of properties"),
        ({"patch": {"unset": [1]}}, "patch.unset", "expected names of properties"),
        ({"patch": {"remove": ["x"]}}, "patch.remove", "unknown key"),
    ],
)
def test_faulty_lists_and_patches_are_named(settings: Json, path: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config({"settings": settings})
    (fault,) = error.value.faults
    assert fault.path == f"settings.{path}" and fault.message.startswith(says)


def test_a_patch_goes_with_the_upsert_and_is_told_with_it() -> None:
    patch = {
        "append": {"sizes": "data.size", "bad": "data.bad"},
        "unappend": {"tags": "data.tags"},
        "unset": ["cart"],
    }
    found = plan({"patch": patch}, data={"size": 42, "tags": ["a", True], "bad": [{}]})
    (call,) = found.calls
    assert call.body["data"]["meta"] == {
        "patch_properties": {
            "append": {"sizes": 42},
            "unappend": {"tags": ["a", True]},
            "unset": ["cart"],
        }
    }
    at = "mapping.news.signup.settings.patch.append.bad"
    message = "is a list; what is appended is text, numbers, true or false"
    assert notes(found) == [("profile.wrong-type", at, message)]
    _, known = settle(found, {}, NOW)
    assert settle(found, known, NOW)[0].calls == ()
    other = plan({"patch": patch}, data={"size": 43})
    assert len(settle(other, known, NOW)[0].calls) == 1
    assert plan({"patch": {"append": {"sizes": "data.none"}}}).calls == ()


def test_lists_are_told_by_an_import_each_of_whoever_has_a_name() -> None:
    """One that is gone costs the others nothing."""
    found = plan({"lists": ["Y6nRLr", "data.list", "Y6nRLr"]}, data={"list": ["ABC123", 7, " "]})
    related = [call.body["data"]["relationships"]["lists"]["data"] for call in found.calls]
    assert related == [[{"type": "list", "id": one}] for one in ("Y6nRLr", "ABC123")]
    assert found.calls[0] == Call(
        "profiles.bulk_import_profiles",
        {
            "data": {
                "type": "profile-bulk-import-job",
                "attributes": {
                    "profiles": {
                        "data": [
                            {
                                "type": "profile",
                                "attributes": {
                                    "external_id": "u1",
                                    "email": "Ada@example.com",
                                    "phone_number": "+4915112345678",
                                },
                            }
                        ]
                    }
                },
                "relationships": {"lists": {"data": [{"type": "list", "id": "Y6nRLr"}]}},
            }
        },
        (),
        "LISTED",
        (list_topic("external_id:u1", "Y6nRLr"),),
        ("email:ada@example.com\x1fY6nRLr", "phone_number:+4915112345678\x1fY6nRLr"),
    )
    assert found.calls[0].label == "(lists)"
    assert found.calls[1].topics == (list_topic("external_id:u1", "ABC123"),)
    at = "mapping.news.signup.settings.lists"
    what = ("a number", "a string")
    assert notes(found) == [
        ("lists.none", at, f"resolved to {one}, which is not a list id") for one in what
    ]


@pytest.mark.parametrize("settings", [{"lists": ["Y6nRLr"]}, {"patch": {"unset": ["cart"]}}])
@pytest.mark.parametrize("silent", [True, False])
def test_whoever_has_no_name_is_put_on_no_list_and_that_is_said(
    settings: Json, silent: bool
) -> None:
    config = parse_config(
        {
            "settings": {"anonymousId": "user.device"},
            "mapping": {"news": {"signup": {"silent": silent, "settings": settings}}},
        }
    )
    event = {"name": "news signup", "timestamp": NOW, "user": {"device": "d1"}}
    found = pipeline(config).plan(event)
    assert len(found.calls) == (not silent)
    codes = [one.code for one in found.diagnostics]
    assert [one for one in codes if one != "unique-id.derived"] == ["profile.needs-identifier"]


def test_whoever_has_no_name_is_not_missed_on_a_list_that_is_none() -> None:
    config = parse_config({"settings": {"anonymousId": "user.device", "lists": "data.none"}})
    event = {"name": "news signup", "id": "e", "timestamp": NOW, "user": {"device": "d1"}}
    found = pipeline(config).plan(event)
    assert [one.code for one in found.diagnostics] == ["lists.none"]


def test_each_part_stands_where_it_is_written() -> None:
    patch = {"append": {"x": "data.x"}, "unappend": {"y": "data.y"}, "unset": ["z"]}
    for of, raw, parts in (
        (parse_patch, patch, ["s.append", "s.unappend", "s.unset"]),
        (parse_lists, ["Y6nRLr", "data.x"], ["s[0]", "s[1]"]),
        (parse_lists, "Y6nRLr", ["s[0]"]),
        (parse_subscription, {"channels": ["email", "sms"]}, ["s.channels", "s.channels", "", ""]),
    ):
        found = of(raw, "s", Findings())
        assert found is not None
        assert (found.where, found.tree.where) == ("s", "s")
        assert [node.where for node in children(found.tree)] == parts


@pytest.mark.parametrize("key", ["email:a@b.de", "eu/external_id:7", "_kx:"])
def test_a_topic_names_its_owner_and_a_key_is_no_topic(key: str) -> None:
    topics = {*topics_of(key), *topics_of(key, "Y6nRLr"), list_topic(key, "Y6nRLr")}
    assert len(topics) == 3
    assert {owner_of(one) for one in topics} == {key}
    assert owner_of(key) is None


def state(word: str, time: float | None) -> ProfileState:
    return ProfileState(word, time=time)


@pytest.mark.parametrize(
    ("known", "word", "time", "overruled"),
    [
        ({EVERY: state("UNSUBSCRIBED", 5.0)}, "SUBSCRIBED", 5.0, True),
        ({EVERY: state("UNSUBSCRIBED", 5.0)}, "SUBSCRIBED", 5.5, False),
        ({EVERY: state("UNSUBSCRIBED", None)}, "SUBSCRIBED", 1.0, False),
        ({EVERY: state("", 5.0)}, "SUBSCRIBED", 4.0, True),
        ({EVERY: state("SUBSCRIBED", 5.0)}, "SUBSCRIBED", 1.0, False),
        ({EVERY: state("SUBSCRIBED", 5.0)}, "UNSUBSCRIBED", 4.0, False),
        ({EVERY: state("SUBSCRIBED", DAY + 5.0)}, "UNSUBSCRIBED", 5.0, False),
        ({EVERY: state("SUBSCRIBED", DAY + 5.1)}, "UNSUBSCRIBED", 5.0, True),
        ({EVERY: state("", DAY + 5.1)}, "UNSUBSCRIBED", 5.0, False),
        ({EVERY: state("SUBSCRIBED", 9.0)}, "UNSUBSCRIBED", None, False),
    ],
)
def test_a_later_word_overrules(known: Any, word: Any, time: Any, overruled: bool) -> None:
    assert is_overruled((FIRST, EVERY), known, word, time) is overruled


def test_what_was_said_is_known_of_the_list_and_of_all() -> None:
    both = (FIRST, EVERY)
    yes, no = state("SUBSCRIBED", 1.0), state("UNSUBSCRIBED", 2.0)
    assert is_known(both, (), {FIRST: yes, EVERY: yes}, "SUBSCRIBED")
    assert not is_known(both, (), {FIRST: yes, EVERY: no}, "SUBSCRIBED")
    assert not is_known(both, (), {FIRST: yes}, "SUBSCRIBED")
    assert is_known((FIRST,), (), {FIRST: no, EVERY: yes}, "UNSUBSCRIBED")
    for perhaps in (yes, state("", 1.0)):  # a yes that arrived, and one of which nobody knows
        assert not is_known((FIRST,), (EVERY,), {FIRST: no, EVERY: perhaps}, "UNSUBSCRIBED")
    left = said((FIRST,), (EVERY,), {EVERY: yes}, "UNSUBSCRIBED", 3.0)
    assert left == {FIRST: state("UNSUBSCRIBED", 3.0), EVERY: state("LEFT", 3.0)}
    assert is_known((FIRST,), (EVERY,), left, "UNSUBSCRIBED")
    assert is_overruled((EVERY,), left, "SUBSCRIBED", 3.0)  # as old as the no
    assert not is_overruled((EVERY,), {EVERY: state("", 3.0)}, "SUBSCRIBED", 3.0)  # maybe this yes
    assert is_overruled((EVERY,), {EVERY: state("", 3.0)}, "SUBSCRIBED", 2.0)
    assert said(both, (), {FIRST: no, EVERY: yes}, "SUBSCRIBED", 3.0) == dict.fromkeys(
        both, state("SUBSCRIBED", 3.0)
    )
    assert said(both, (), {}, "SUBSCRIBED", None) == dict.fromkeys(both, state("SUBSCRIBED", None))
    assert said((EVERY,), (), {EVERY: yes}, "SUBSCRIBED", 1.0) == {}
    assert said((EVERY,), (), {EVERY: yes}, "SUBSCRIBED", 0.5) == {}
    assert said((EVERY,), (), {EVERY: no}, "UNSUBSCRIBED", 3.0) == {
        EVERY: state("UNSUBSCRIBED", 3.0)
    }
    late = said((EVERY,), (), {EVERY: state("SUBSCRIBED", 9.0)}, "UNSUBSCRIBED", 1.0)
    assert late == {EVERY: state("UNSUBSCRIBED", 9.0)}
    assert said((EVERY,), (), {EVERY: state("", None)}, "SUBSCRIBED", None) != {}


def test_a_list_that_says_nothing_subscribes_nobody() -> None:
    """It was to be one list; without it the person would be subscribed to everything."""
    found = subscribed({"channels": ["email"], "list": {}})
    assert found.calls == ()
    assert [code for code, *_ in notes(found)] == ["subscription.no-list"]
