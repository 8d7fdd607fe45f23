"""Where are we better than the reference on purpose? Design §3, each point with its reason.

Each test shows both sides: what the difference changes, and what it leaves as it was. Point 11,
that a configuration can be checked, is `verify`'s.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from attrs import evolve
from tests.core.make import (
    NOW,
    codes,
    event_with,
    event_without,
    faults_of,
    plan_of,
    with_rule,
)

from walkeros_klaviyo import (
    ProfileState,
    Rule,
    Settings,
    Transform,
    mapping_value,
    parse_config,
    pipeline,
    remembered,
    resolve_backfill,
    scan,
)
from walkeros_klaviyo.core.walkeros.path import ABSENT

IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}


def short(raw: Any) -> str:
    """A test's name from its argument, without addresses: they change."""
    return re.sub(r" at 0x\w+", "", str(raw))


def called(config: dict[str, Any], events: list[Any]) -> list[list[str]]:
    """The names of the calls of each event in turn, `upsert` and `event` for short."""
    short = {"profiles.create_or_update_profile": "upsert", "events.create_event": "event"}
    steps = scan(pipeline(parse_config(config)), events)
    return [[short[call.name] for call in plan.calls] for plan, _ in steps]


def attributes_of(config: dict[str, Any], event: Any) -> dict[str, Any]:
    """The attributes of the event's call."""
    attributes: dict[str, Any] = plan_of(config, event).calls[-1].attributes
    return attributes


def user(first: str = "x", **identifiers: Any) -> dict[str, Any]:
    """Someone's event."""
    return event_with(user={"first": first, **identifiers})


# Nulls inside a value cost only themselves


def test_0_a_null_inside_costs_only_itself() -> None:
    """The reference loses the whole value: one null image costs an order its lines.

    In event properties a list's nulls stay, an object's go; a loop's source may hold anything.
    """
    config = {
        "data": {
            "map": {
                "Tags": "data.tags",
                "Shop": "data.shop",
                "Items": {"loop": ["nested", "data.sku"]},
                "Lines": "nested.length",
            }
        }
    }
    data = {"tags": ["a", None], "shop": {"city": "Ulm", "zip": None}}
    lines = [{"data": {"sku": "A", "image": None}}, None, {"data": {"sku": "B"}}]
    plan = plan_of(config, event_with(data=data, nested=lines))
    assert plan.calls[0].properties == {
        "Tags": ["a", None],
        "Shop": {"city": "Ulm"},
        "Items": ["A", "B"],
        "Lines": 3,
    }
    said = [(one.code, one.path) for one in plan.diagnostics]
    assert said == [("value.holds-null", "data.tags"), ("value.holds-null", "data.shop")]
    nan = plan_of(config, event_with(data={"tags": [float("nan")]}))
    assert (nan.calls[0].properties, codes(nan.diagnostics)) == ({}, ["value.not-json"])


def test_0_the_first_usable_option_counts_where_a_judge_has_a_say() -> None:
    """The reference takes the first that is defined, if it is a guest's id or an empty string.

    What has no judge takes the first that is defined here, too.
    """
    options = ["data.bad", "data.good"]
    config = {
        "settings": {"externalId": options, "email": None},
        "data": {"map": {"p": options}},
        "mapping": {
            "order": {
                "complete": {
                    "settings": {
                        "value": options,
                        "currency": [*options, "EUR"],
                        "uniqueId": options,
                    }
                }
            }
        },
    }
    for bad in ("", "undefined"):
        call = plan_of(config, event_with(data={"bad": bad, "good": 7})).calls[0]
        assert (call.identifiers, call.value, call.unique_id) == ({"external_id": "7"}, 7, "7")
        assert (call.value_currency, call.properties) == ("EUR", {"p": bad})


# 1. State per person, whichever identifier comes; it moves only with delivery


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([user(id="a"), user(id="a")], ["upsert event", "event"]),
        ([user(id="a"), user(id="b"), user(id="a")], ["upsert event", "upsert event", "event"]),
        (
            [user("A", id="a"), user("B", id="b"), user("C", id="a"), user("B", id="b")],
            ["upsert event", "upsert event", "upsert event", "event"],
        ),
        (
            [user(email="a@x.io"), user(email="b@x.io"), user(email="A@X.io")],
            ["upsert event", "upsert event", "event"],
        ),
        (
            [user(id="a", email="a@x.io"), user(email="a@x.io"), user(id="a")],
            ["upsert event", "event", "event"],
        ),
        (
            [user(id="a", email="a@x.io"), user(id="b", email="a@x.io"), user(id="a")],
            ["upsert event", "upsert event", "upsert event"],
        ),
    ],
    ids=["one user", "interleaved", "changed", "by email", "by either", "one takes the other's"],
)
def test_1_interleaved_users_do_not_upsert_on_every_event(
    events: list[Any], expected: list[str]
) -> None:
    """The reference keeps one last identity; at 750 upserts a minute that is a wall.

    One user alone is as before, and a changed trait is still news.
    """
    assert [" ".join(names) for names in called(IDENTIFY, events)] == expected


def test_1_a_person_has_a_key_for_each_identifier() -> None:
    """Whichever of them comes next finds what is known; the strongest is named first."""
    settings = {"phoneNumber": "user.phone", "kx": "user.kx", "anonymousId": "user.device"}
    everything = {"id": "u", "email": "Ada@x.io", "phone": "+15551234567", "kx": "k", "device": "d"}
    plan = plan_of({"settings": settings}, event_with(user=everything))
    assert plan.keys == ("external_id:u", "email:ada@x.io", "phone_number:+15551234567", "_kx:k")
    assert plan_of({"settings": settings}, event_with(user={"device": "d"})).keys == ()


def test_1_the_fingerprint_knows_no_key_order_but_knows_types() -> None:
    """The same news in another order is no news; `true` is not `1`."""
    config = {"settings": {"identify": {"map": {"properties": "user.p"}}}}
    plain, turned, other = (
        event_with(user={"id": "u", "p": p})
        for p in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": True, "b": 2})
    )
    assert called(config, [plain, turned, other]) == [
        ["upsert", "event"],
        ["event"],
        ["upsert", "event"],
    ]


def test_1_an_old_event_never_overwrites_what_is_known_since() -> None:
    """An import of last year's orders would else wipe this year's names. Hours do no harm."""
    day = 24 * 3_600_000
    new, old = user("New", id="u"), {**user("Old", id="u"), "timestamp": NOW - 2 * day}
    late = {**user("Late", id="u"), "timestamp": NOW - day}
    assert called(IDENTIFY, [new, old]) == [["upsert", "event"], ["event"]]
    assert called(IDENTIFY, [new, late]) == [["upsert", "event"]] * 2
    assert called(IDENTIFY, [old, new]) == [["upsert", "event"]] * 2


def test_1_an_upsert_whose_state_was_not_stored_fires_again() -> None:
    """A transform remembers nothing: what died was not told to Klaviyo."""
    transform = pipeline(parse_config(IDENTIFY))
    first, states = transform(user(id="u"))
    died, again = transform(user(id="u"), {})
    assert died == first
    assert again == states
    kept, _ = transform(user(id="u"), states)
    assert len(kept.calls) == len(first.calls) - 1


def test_1_a_later_state_supersedes_and_taking_it_back_fires_the_next() -> None:
    """The state names its upsert's fingerprint, so a delivery can see if it is still that one."""
    transform = pipeline(parse_config(IDENTIFY))
    one, first = transform(user("Ada", id="u"))
    two, second = transform(user("Eve", id="u"), first)
    assert [states["external_id:u"].fingerprint for states in (first, second)] == [
        plan.calls[0].fingerprint for plan in (one, two)
    ]
    assert remembered({}, [(one, first), (two, second)]) == second
    assert len(transform(user("Ada", id="u"), second)[0].calls) == 2


def test_1_planning_alone_moves_nothing() -> None:
    """`plan` says what would be sent if nothing were known, whatever was planned before."""
    transform = pipeline(parse_config(IDENTIFY))
    assert transform.plan(user(id="u")) == transform.plan(user(id="u"))
    states = {"external_id:u": ProfileState("f")}
    list(scan(transform, [user(id="u")], states))
    assert states == {"external_id:u": ProfileState("f")}


# 2. Revenue is parsed strictly

REVENUE = with_rule({"settings": {"value": "data.total", "currency": ["data.currency", "EUR"]}})


@pytest.mark.parametrize(
    ("total", "value"),
    [
        (12.5, 12.5),
        ("12.50", 12.5),
        (" 7 ", 7),
        ("1e3", 1_000),
        (0, 0),
        ("12abc", None),
        ("1,299.00", None),
        ("1_000", None),
        ("١٢", None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        ({"amount": 1}, None),
        ([1], None),
        ("0.1000000000000000055", None),
        ("9007199254740993", None),
        ("1.299", None),
        ("139.980", None),
        ("0.125", 0.125),
        ("", None),
    ],
)
def test_2_a_doubtful_amount_gives_no_value_and_a_diagnostic(
    total: Any, value: float | None
) -> None:
    """The reference reads "1,299.00" as 1, "12abc" as 12: revenue that nobody finds wrong.

    "1.299" may be a thousand. The event goes all the same.
    """
    plan = plan_of(REVENUE, event_with(data={"total": total}))
    assert plan.outcome == "send"
    assert plan.calls[0].value == value
    said = {one.code for one in plan.diagnostics if one.code != "revenue.finer"}
    assert bool(said) == (value is None)


@pytest.mark.parametrize(
    ("total", "currency", "code"),
    [(-5, "EUR", "revenue.negative"), (12.345, "EUR", "revenue.finer"), (12.345, "KWD", None)],
)
def test_2_an_odd_amount_is_sent_and_noted(total: float, currency: str, code: str | None) -> None:
    """A refund, or cents that the currency has not: for information."""
    plan = plan_of(REVENUE, event_with(data={"total": total, "currency": currency}))
    assert plan.calls[0].value == total
    assert codes(plan.diagnostics) == ([] if code is None else [code])


def test_2_revenue_sits_on_the_attributes() -> None:
    """There Klaviyo reads it; in the properties it would be a number like any other."""
    attributes = attributes_of(REVENUE, event_with(data={"total": 5, "currency": "EUR"}))
    assert (attributes["value"], attributes["value_currency"]) == (5, "EUR")
    assert attributes["properties"] == {}


# 3. Currency per event


@pytest.mark.parametrize(
    ("own", "default", "expected", "said"),
    [
        ("gbp", "EUR", "GBP", []),
        (None, "EUR", "EUR", []),
        (None, "eur", "EUR", []),
        (None, None, None, ["currency.missing"]),
        ("", "EUR", "EUR", []),
        ("EURO", "EUR", None, ["currency.unknown"]),
        ("EURO", None, None, ["currency.unknown"]),
    ],
)
def test_3_the_events_own_currency_comes_first(
    own: str | None, default: str | None, expected: str | None, said: list[str]
) -> None:
    """The reference has one currency for all shops; a wrong one falsifies every report.

    Unknown codes are left out with a diagnostic rather than replaced by the default; one that
    is configured and yields nothing is named.
    """
    rule = {"settings": {"value": "data.total", "currency": "data.currency"}}
    config = with_rule(rule, settings={} if default is None else {"currency": default})
    plan = plan_of(config, event_with(data={"total": 5, "currency": own}))
    assert plan.calls[0].attributes.get("value_currency") == expected
    assert plan.calls[0].attributes["value"] == 5
    assert codes(plan.diagnostics) == said


def test_3_a_rule_without_a_currency_takes_the_destinations() -> None:
    config = with_rule({"settings": {"value": "data.total"}}, settings={"currency": "JPY"})
    assert attributes_of(config, event_with(data={"total": 5}))["value_currency"] == "JPY"


# 4. Identifiers are checked, never fatal alone


@pytest.mark.parametrize(
    ("identifiers", "sent", "said"),
    [
        ({"id": 90_210}, {"external_id": "90210"}, []),
        ({"id": 1.0}, {"external_id": "1"}, []),
        ({"id": "0", "email": "a@x.io"}, {"email": "a@x.io"}, ["external-id.invalid"]),
        ({"id": "guest", "email": "a@x.io"}, {"email": "a@x.io"}, ["external-id.invalid"]),
        ({"id": "\u200bu\u00a0"}, {"external_id": "u"}, []),
        ({"id": "u", "email": "a***@x.io"}, {"external_id": "u"}, ["email.invalid"]),
        ({"email": "ada@münchen.de"}, {"email": "ada@xn--mnchen-3ya.de"}, []),
        ({"email": " ada@x.io "}, {"email": "ada@x.io"}, []),
        ({"id": "u", "email": "ada@@x"}, {"external_id": "u"}, ["email.invalid"]),
        ({"id": True, "email": "a@x.io"}, {"email": "a@x.io"}, ["external-id.invalid"]),
        ({"id": "undefined", "email": "a@x.io"}, {"email": "a@x.io"}, ["external-id.invalid"]),
        ({"id": "u", "phone": "12"}, {"external_id": "u"}, ["phone.invalid"]),
        ({"phone": "+1 555 123 4567"}, {"phone_number": "+15551234567"}, []),
        ({"id": "u", "phone": "0151 23456789"}, {"external_id": "u"}, ["phone.invalid"]),
        ({"id": "u", "phone": "4.91512E+12"}, {"external_id": "u"}, ["phone.invalid"]),
        ({"email": "ada"}, None, ["email.invalid", "identity.none"]),
        ({}, None, ["identity.none"]),
    ],
)
def test_4_a_bad_identifier_is_dropped_and_the_others_are_used(
    identifiers: dict[str, Any], sent: dict[str, str] | None, said: list[str]
) -> None:
    """At Klaviyo one invalid phone number refuses the whole event; numbers as ids do, too.

    None left, the event is unidentified with a warning.
    """
    plan = plan_of({"settings": {"phoneNumber": "user.phone"}}, event_with(user=identifiers))
    found = plan.calls[0].attributes["profile"]["data"]["attributes"] if plan.calls else None
    assert found == sent
    assert plan.outcome == ("unidentified" if sent is None else "send")
    assert codes(plan.diagnostics) == said


def test_4_a_national_number_is_read_by_its_region() -> None:
    """And a test number such as +15551234567 stays possible, though nobody has it."""
    settings = {"phoneNumber": "user.phone", "phoneRegion": "DE"}
    for phone, number in (("0151 23456789", "+4915123456789"), ("+15551234567", "+15551234567")):
        plan = plan_of({"settings": settings}, event_with(user={"phone": phone}))
        assert plan.keys == (f"phone_number:{number}",)


def test_4_null_switches_a_default_identifier_off() -> None:
    """Whose `user.id` is a session's would else merge nobody with nobody."""
    assert plan_of({"settings": {"externalId": None}}).keys == ("email:ada@example.com",)
    assert plan_of({"settings": {"externalId": "user.id"}}).keys[0] == "external_id:u1"


# 5. Traits: what is blank wipes nothing, what has the wrong type is left out alone

TRAITS = {
    "map": {
        "firstName": "user.first",
        "title": "user.title",
        "locale": "user.locale",
        "location": {"map": {"zip": "user.zip"}},
        "properties": {"map": {"tags": "user.tags"}},
    }
}


@pytest.mark.parametrize(
    ("given", "sent", "said"),
    [
        ({"first": "Ada", "title": " "}, {"first_name": "Ada"}, ["profile.blank"]),
        ({"first": "undefined"}, {}, ["profile.blank"]),
        ({"zip": 1040.0, "title": 7}, {"title": "7", "location": {"zip": "1040"}}, []),
        ({"locale": "de_DE"}, {"locale": "de-DE"}, []),
        ({"title": True, "first": "Ada"}, {"first_name": "Ada"}, ["profile.wrong-type"]),
        ({"tags": ["a", None]}, {"properties": {"tags": ["a"]}}, ["value.holds-null"]),
        ({"first": None}, {}, []),
    ],
)
def test_5_a_trait_is_told_as_klaviyo_takes_it_or_not_at_all(
    given: dict[str, Any], sent: dict[str, Any], said: list[str]
) -> None:
    """The reference wipes names with blanks, and loses the whole profile for a number."""
    plan = plan_of({"settings": {"identify": TRAITS}}, event_with(user={"id": "u", **given}))
    assert plan.calls[0].attributes == {"external_id": "u", **sent}
    assert codes(plan.diagnostics) == said


def test_5_only_what_is_named_can_be_cleared() -> None:
    """By an explicit null; the design's `settings.clear`."""
    settings = {"identify": TRAITS, "clear": ["title"]}
    event = event_with(user={"id": "u", "title": None, "first": None})
    assert plan_of({"settings": settings}, event).calls[0].attributes == {
        "external_id": "u",
        "title": None,
    }


# 6. unique_id always


@pytest.mark.parametrize(
    ("data", "own", "expected"),
    [
        ({"id": "O-1"}, "e1", "O-1"),
        ({"id": 90_210}, "e1", "90210"),
        ({"id": 1.0}, "e1", "1"),
        ({}, "e1", "e1"),
        ({"id": True}, "e1", "e1"),
        ({}, None, "digest"),
        ({"id": None}, "", "digest"),
    ],
)
def test_6_every_event_has_a_unique_id(
    data: dict[str, Any], own: str | None, expected: str
) -> None:
    """Without one Klaviyo keeps one event a second, and a retry doubles it.

    Mapping, else the event's id, else a digest of its content.
    """
    config = with_rule({"settings": {"uniqueId": "data.id"}})
    found = attributes_of(config, event_with(id=own, data=data))["unique_id"]
    assert found == expected or (expected == "digest" and len(found) == 32)


def test_6_a_retry_never_doubles_an_event_and_two_events_are_never_one() -> None:
    """The digest is of the raw event, before any policy, and of all of it."""
    event = event_without("id", data={"a": 1})
    policy = {"data.a": {"value": 2}}
    first = attributes_of({}, event)["unique_id"]
    assert attributes_of({"policy": policy}, event)["unique_id"] == first
    assert attributes_of({}, {**event, "timestamp": NOW + 1})["unique_id"] != first
    assert attributes_of({}, {**event, "data": {"a": 2}})["unique_id"] != first


# 7. A mapping never falls through to the whole event or item

WHOLE = {"data": {"secret": "s", "id": "O-1"}, "list": [{"secret": "s"}, {"a": 1}]}


@pytest.mark.parametrize(
    "raw",
    [
        {"loop": ["data", "id"]},
        {"loop": ["data.id", "x"]},
        {"loop": ["missing", "x"]},
        {},
        {"value": None},
        {"key": "missing"},
        {"key": None},
        {"consent": {"marketing": True}, "key": "data"},
        {"validate": lambda value, event: True},
        {"condition": lambda value, event: True},
        {"fn": lambda value, event: None},
        [],
        [[]],
        [{}],
    ],
    ids=short,
)
def test_7_what_names_nothing_yields_nothing(raw: Any) -> None:
    """In the reference it yields the whole event, with all its personal data."""
    assert mapping_value(raw)(WHOLE) is ABSENT


@pytest.mark.parametrize(
    ("item", "expected"),
    [({}, []), ({"key": "missing"}, []), ({"key": "a"}, [1]), ({"loop": ["a", "x"]}, [])],
)
def test_7_nor_does_an_item_of_a_loop(item: Any, expected: list[Any]) -> None:
    """A line of an order holds as much as the event."""
    assert mapping_value({"loop": ["list", item]})(WHOLE) == expected


def test_7_a_loop_over_something_else_says_so() -> None:
    """Over nothing at all it says nothing: that is an everyday case."""
    config = {"data": {"map": {"Items": {"loop": ["data", "id"]}}}}
    plan = plan_of(config, event_with(data={"id": 1}))
    assert plan.calls[0].attributes["properties"] == {}
    assert codes(plan.diagnostics) == ["value.not-a-list"]
    assert plan_of(config, event_with()).diagnostics == ()


def test_7_an_empty_path_is_a_configuration_error_and_this_is_not() -> None:
    """Only `this` names the value itself, and only as a loop's source."""
    assert list(faults_of({"data": {"key": ""}})) == ["data.key"]
    assert list(faults_of({"data": ""})) == ["data"]
    assert mapping_value({"loop": ["this", "data.id"]})(WHOLE) == ["O-1"]


# 8. Rule-level consent is enforced


@pytest.mark.parametrize(
    ("required", "consent", "outcome"),
    [
        ({"marketing": True}, {"marketing": True}, "send"),
        ({"marketing": True}, {"marketing": True, "ads": False}, "send"),
        ({"marketing": True, "ads": True}, {"ads": True}, "send"),
        ({"marketing": True}, {"marketing": False}, "denied"),
        ({"marketing": True}, {"marketing": 1}, "denied"),
        ({"marketing": True}, {"marketing": "true"}, "denied"),
        ({"marketing": True}, {"ads": True}, "denied"),
        ({"marketing": True}, {}, "denied"),
        ({"marketing": True}, None, "denied"),
        ({"marketing": True}, [True], "denied"),
        ({"marketing": False}, {"marketing": False}, "denied"),
        ({}, {}, "send"),
        ({}, None, "send"),
    ],
)
@pytest.mark.parametrize("at", ["rule", "destination"])
def test_8_consent_is_enforced_on_rules_as_on_the_destination(
    at: str, required: dict[str, bool], consent: Any, outcome: str
) -> None:
    """The reference lists a rule's consent and never checks it. Absent is not granted.

    `{}` asks for nothing; states that are all false are never granted.
    """
    config = with_rule({"consent": required}) if at == "rule" else {"consent": required}
    plan = plan_of(config, event_with(consent=consent))
    assert plan.outcome == outcome
    assert bool(plan.calls) == (outcome == "send")
    assert codes(plan.diagnostics)[:1] == ([] if outcome == "send" else ["consent.denied"])
    assert plan.rule == ("order complete" if at == "rule" else None)


def test_8_other_rules_are_as_before() -> None:
    config = with_rule({"consent": {"marketing": True}})
    assert plan_of(config, event_with(name="page view")).outcome == "send"


def test_8_a_denied_event_is_never_sent_on_someone_elses_consent() -> None:
    """Nothing is kept for later: the next event's consent is the next event's."""
    config = with_rule({"consent": {"marketing": True}})
    transform = pipeline(parse_config(config))
    events = [event_with(consent={}), event_with(id="e2", consent={"marketing": True})]
    steps = list(scan(transform, events))
    sent = [call.attributes["unique_id"] for plan, _ in steps for call in plan.calls]
    assert sent == ["e2"]


def test_8_a_policy_cannot_grant_what_the_visitor_did_not() -> None:
    """The event's own consent counts, before any policy."""
    policy = {"consent.marketing": {"value": True}}
    config = with_rule({"consent": {"marketing": True}}, policy=policy)
    assert plan_of(config, event_with()).outcome == "denied"
    config = with_rule({"consent": {"marketing": True}, "policy": policy})
    assert plan_of(config, event_with()).outcome == "denied"
    config = {"policy": policy, "consent": {"marketing": True}}
    assert plan_of(config, event_with()).outcome == "denied"


# 9. More of Klaviyo


def test_9_locale_goes_into_the_profile() -> None:
    """Beside the other traits; of the wrong type it is dropped alone."""
    config = {"settings": {"identify": {"map": {"locale": "globals.lang", "title": "user.t"}}}}
    event = event_with(user={"id": "u", "t": "Dr"}, globals={"lang": "de-DE"})
    assert plan_of(config, event).calls[0].attributes == {
        "external_id": "u",
        "locale": "de-DE",
        "title": "Dr",
    }
    event = event_with(user={"id": "u", "t": "Dr"}, globals={"lang": ["de"]})
    assert plan_of(config, event).calls[0].attributes == {"external_id": "u", "title": "Dr"}


@pytest.mark.parametrize(
    ("raw", "sent"),
    [("x1", "x1"), (7, "7"), ("https://shop.example/?_kx=x%3D.1", "x=.1"), ("null", None)],
)
def test_9_who_came_by_a_link_is_found_by_kx(raw: Any, sent: str | None) -> None:
    """Alone it suffices for an upsert and an event; beside others it goes with the event."""
    config = {"settings": {"kx": "user.v", **IDENTIFY["settings"]}}
    alone = plan_of(config, event_with(user={"v": raw, "first": "Ada"}))
    assert alone.outcome == ("send" if sent else "unidentified")
    assert alone.keys == ((f"_kx:{sent}",) if sent else ())
    bodies = [call.profile for call in alone.calls]
    assert bodies == ([{"_kx": sent, "first_name": "Ada"}, {"_kx": sent}] if sent else [])
    known = plan_of(config, event_with(user={"v": raw, "id": "u"}))
    assert known.keys[0] == "external_id:u"
    assert known.calls[0].attributes == {"external_id": "u"}
    assert known.calls[1].profile == {"external_id": "u", **({"_kx": sent} if sent else {})}


@pytest.mark.parametrize(("raw", "sent"), [("x1", "x1"), (7, "7"), ("guest", None), (0, None)])
def test_9_a_device_is_found_by_its_anonymous_id(raw: Any, sent: str | None) -> None:
    """Never sent as external_id, which would double profiles.

    Alone it makes no upsert: what is known goes in the event's own profile.
    """
    config = {"settings": {"anonymousId": "user.v", **IDENTIFY["settings"]}}
    alone = plan_of(config, event_with(user={"v": raw, "first": "Ada"}))
    assert (alone.outcome, alone.keys) == ("send" if sent else "unidentified", ())
    bodies = [call.profile for call in alone.calls]
    assert bodies == ([{"anonymous_id": sent, "first_name": "Ada"}] if sent else [])
    assert sent or codes(alone.diagnostics)[-1] == "identity.none"
    known = plan_of(config, event_with(user={"v": raw, "id": "u"}))
    assert known.keys == ("external_id:u",)
    assert known.calls[0].attributes == {"external_id": "u"}
    expected = {"external_id": "u", **({"anonymous_id": sent} if sent else {})}
    assert known.calls[1].profile == expected


@pytest.mark.parametrize(
    ("config", "backfill", "said"),
    [
        ({}, False, []),
        ({"settings": {"backfill": True}}, True, []),
        ({"settings": {"backfill": False}}, False, []),
        ({"settings": {"backfill": "data.old"}}, True, []),
        ({"settings": {"backfill": "data.new"}}, False, []),
        ({"settings": {"backfill": "data.missing"}}, False, []),
        ({"settings": {"backfill": "data.text"}}, False, ["backfill.invalid"]),
        ({"settings": {"backfill": {"value": 1}}}, False, ["backfill.invalid"]),
        ({"settings": {"backfill": "data.hole"}}, False, ["value.holds-null", "backfill.invalid"]),
        (with_rule({"settings": {"backfill": True}}), True, []),
        (with_rule({"settings": {"backfill": False}}, settings={"backfill": True}), False, []),
        (with_rule({}, settings={"backfill": True}), True, []),
    ],
)
def test_9_backfill_records_history_without_starting_flows(
    config: dict[str, Any], backfill: bool, said: list[str]
) -> None:
    """A replay that mails everyone again is the dearest fault of all; false is simply left out."""
    data = {"old": True, "new": False, "text": "true", "hole": [None]}
    plan = plan_of(config, event_with(data=data))
    attributes = plan.calls[0].attributes
    assert attributes.get("backfill", False) is backfill
    assert ("backfill" in attributes) == backfill
    assert codes(plan.diagnostics) == said


def test_9_a_backfill_that_is_no_flag_is_named() -> None:
    """Where it stands in the configuration, and what it is instead."""
    backfill = mapping_value("data.old", "settings.backfill")
    rule = Rule(None, "", settings=Settings(backfill=backfill))
    found, notes = resolve_backfill(rule, {"data": {"old": "true"}})
    assert (found, [(one.code, one.path, one.message) for one in notes]) == (
        False,
        [("backfill.invalid", "settings.backfill", "resolved to a string, not true or false")],
    )
    asks = mapping_value({"fn": lambda value, event: value is event})
    rule = evolve(rule, settings=Settings(backfill=asks))
    assert resolve_backfill(rule, {}) == (True, ())


# 10. Klaviyo's limits are checked before sending


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"timestamp": 1_700_000_100}, "time.looks-like-seconds"),
        ({"timestamp": 631_152_000_000}, None),
        ({"timestamp": 631_151_999_999}, "time.too-early"),
        ({"name": "x " + "y" * 125}, None),
        ({"name": "x " + "y" * 126}, "metric.invalid"),
        ({"data": {"text": "é" * 50_000}}, None),
        ({"data": {"text": "é" * 50_001}}, "limit.string"),
        ({"data": {str(n): n for n in range(400)}}, None),
        ({"data": {str(n): n for n in range(401)}}, "limit.properties"),
        ({"data": {str(n): "x" * 90_000 for n in range(50)}}, None),
        ({"data": {str(n): "x" * 90_000 for n in range(60)}}, "limit.size"),
        ({"data": {"half": "\ud800"}}, "text.not-unicode"),
    ],
)
def test_10_klaviyos_limits_are_checked_before_sending(
    changes: dict[str, Any], code: str | None
) -> None:
    """A request that will be refused costs its share of the rate limit, and in bulk the others'.

    The event is refused, with its call and the reason; strings are measured in UTF-8.
    """
    plan = plan_of({"data": "data"}, event_with(**{"data": {}, **changes}))
    assert plan.outcome == ("send" if code is None else "refused")
    assert codes(plan.diagnostics) == ([] if code is None else [code])
    assert plan.calls[0].refusal == plan.diagnostics


def test_10_the_future_is_judged_by_settle_and_only_with_a_clock() -> None:
    """`plan` is pure; `now` is an argument of the one step that knows time."""
    transform: Transform = pipeline(parse_config({}))
    late = event_with(timestamp=NOW + 366 * 24 * 3_600_000)
    assert transform.plan(late).outcome == "send"
    assert transform(late)[0].outcome == "send"
    assert transform(late, {}, NOW)[0].outcome == "refused"
    assert transform(event_with(), {}, NOW)[0].outcome == "send"


def test_10_a_profile_has_limits_of_its_own() -> None:
    """100 KB a profile; its event goes all the same."""
    for length, refused in ((99_000, False), (100_000, True)):
        event = event_with(user={"id": "u", "first": "x" * length})
        plan = plan_of(IDENTIFY, event)
        assert [bool(call.refusal) for call in plan.calls] == [refused, False]
        assert plan.outcome == "send"
        assert codes(plan.diagnostics) == (["limit.size"] if refused else [])
