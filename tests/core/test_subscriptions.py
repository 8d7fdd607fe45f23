"""Subscriptions, lists and patches: what each says, and the call that it becomes."""

from __future__ import annotations

from typing import Any

import pytest

from walkeros_klaviyo import ConfigError, parse_config, pipeline
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.patch import parse_patch
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.core.klaviyo.subscribed import is_known, is_overruled, said, topics_of
from walkeros_klaviyo.core.klaviyo.subscription import (
    parse_lists,
    parse_subscription,
    parts_of,
)
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.settle import settle

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
    assert notes(found) == [("subscription.unclear", at, message)]
    found = subscribed({"list": "data.list"}, data={"list": " "})
    message = "the list resolved to a text; nobody is subscribed"
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


def test_a_source_that_is_none_is_left_out() -> None:
    (call,) = subscribed({"source": {"key": "data.source"}}, data={"source": 7}).calls
    assert "custom_source" not in call.attributes
    (call,) = subscribed({"source": {"key": "data.source"}}, data={"source": "Fair"}).calls
    assert call.attributes["custom_source"] == "Fair"


def test_what_a_subscription_may_mean_can_be_looked_at() -> None:
    given: tuple[tuple[Json, list[str]], ...] = (
        ({"channels": {"sms": "data.t", "email": False}}, ["sms"]),
        ({"list": "Y6nRLr", "source": "Shop"}, ["email", "list", "source"]),
    )
    for raw, parts in given:
        found = parse_subscription(raw, "s", Findings())
        assert found is not None and list(parts_of(found)) == parts
    assert parse_subscription(None, "s", Findings()) is parse_subscription(False, "s", Findings())
    assert parse_lists(None, "lists", Findings()) is None is parse_patch(None, "p", Findings())


@pytest.mark.parametrize(
    ("settings", "path", "says"),
    [
        ({"lists": []}, "lists", 'expected ids of lists, such as ["Y6nRLr"]'),
        ({"patch": {}}, "patch", "expected an object with append, unappend or unset"),
        ({"patch": ["x"]}, "patch", "got a list"),
        ({"patch": {"append": "x"}}, "patch.append", "expected an object of values"),
        ({"patch": {"unset": "x"}}, "patch.unset", "expected names of properties"),
        ({"patch": {"unset": [1]}}, "patch.unset", "expected names of properties"),
        ({"patch": {"remove": ["x"]}}, "patch.remove", "unknown key"),
    ],
)
def test_faulty_lists_and_patches_are_named(settings: Json, path: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config({"settings": settings})
    (fault,) = error.value.faults
    assert fault.path == f"settings.{path}" and says in fault.message


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
    call = found.calls[0]
    assert (call.label, call.fingerprint, len(call.topics)) == ("(lists)", "LISTED", 1)
    at = "mapping.news.signup.settings.lists"
    what = ("a number", "a text")
    assert notes(found) == [
        ("lists.none", at, f"resolved to {one}, which is no list's id") for one in what
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
    assert is_known(both, {FIRST: yes, EVERY: yes}, "SUBSCRIBED")
    assert not is_known(both, {FIRST: yes, EVERY: no}, "SUBSCRIBED")
    assert not is_known(both, {FIRST: yes}, "SUBSCRIBED")
    assert is_known((FIRST,), {FIRST: no, EVERY: yes}, "UNSUBSCRIBED")
    assert said(both, {FIRST: no, EVERY: yes}, "SUBSCRIBED", 3.0) == dict.fromkeys(
        both, state("SUBSCRIBED", 3.0)
    )
    assert said(both, {}, "SUBSCRIBED", None) == dict.fromkeys(both, state("SUBSCRIBED", None))
    assert said((EVERY,), {EVERY: yes}, "SUBSCRIBED", 1.0) == {}
    assert said((EVERY,), {EVERY: yes}, "SUBSCRIBED", 0.5) == {}
    assert said((EVERY,), {EVERY: no}, "UNSUBSCRIBED", 3.0) == {EVERY: state("UNSUBSCRIBED", 3.0)}
    late = said((EVERY,), {EVERY: state("SUBSCRIBED", 9.0)}, "UNSUBSCRIBED", 1.0)
    assert late == {EVERY: state("UNSUBSCRIBED", 9.0)}
    assert said((EVERY,), {EVERY: state("", None)}, "SUBSCRIBED", None) != {}
