"""Inputs of real senders that once came out wrong without a word."""

from __future__ import annotations

from typing import Any

import pytest

from walkeros_klaviyo import ConfigError, Plan, parse_config, pipeline, scan

SHOP = {
    "settings": {
        "currency": "EUR",
        "kx": "source.url",
        "anonymousId": "user.device",
        "identify": {"map": {"firstName": "user.first", "locale": "user.locale"}},
    },
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "settings": {"value": "data.total", "uniqueId": "data.id"},
            }
        }
    },
}


def planned(**event: Any) -> Plan:
    """An order of u1, with the named parts changed."""
    raw = {
        "name": "order complete",
        "timestamp": 1_793_350_800_000,
        "id": "e1",
        "user": {"id": "u1"},
        "data": {"id": "O1", "total": 20},
        **event,
    }
    return pipeline(parse_config(SHOP)).plan(raw)


@pytest.mark.parametrize("total", ["139.980\u200b", "\u200b139.980", "\ufeff1.299", "1.299\0"])
def test_an_invisible_character_makes_no_amount_a_thousandth(total: str) -> None:
    plan = planned(data={"id": "O1", "total": total})
    assert plan.event is not None and plan.event.value is None
    assert "revenue.ambiguous" in [one.code for one in plan.diagnostics]


@pytest.mark.parametrize(
    "email",
    ["ada@example.com\u3002", "ada@example.com\u201d", "ada@exam\u200bple.com", "ada@-exämple.de"],
)
def test_a_mark_in_a_domain_makes_no_other_domain(email: str) -> None:
    plan = planned(user={"id": "u1", "email": email})
    assert plan.keys == ("external_id:u1",)
    assert "email.invalid" in [one.code for one in plan.diagnostics]


@pytest.mark.parametrize(
    "nobody",
    ["0,00", "{00000000-0000-0000-0000-000000000000}", "0e0", "０", "-1,0", "\u22121", "-01"],
)
def test_nobody_is_nobody_in_every_spelling(nobody: str) -> None:
    assert planned(user={"id": nobody}).outcome == "unidentified"


@pytest.mark.parametrize("around", ["\u202a{}\u202c", "\u2066{}\u2069", "{}\ufe0f", "\u3164{}"])
def test_what_nobody_sees_around_an_identifier_goes(around: str) -> None:
    user = {"id": around.format("c77"), "email": around.format("ada@example.com")}
    assert planned(user=user).keys == ("external_id:c77", "email:ada@example.com")
    assert planned(user={"id": around.format("")}).outcome == "unidentified"


@pytest.mark.parametrize(
    "url", ["about:srcdoc", "about:blank", "javascript:void(0)", "localhost:3000", "(direct)"]
)
def test_an_address_without_a_kx_is_nobodys(url: str) -> None:
    assert planned(user={}, source={"url": url}).outcome == "unidentified"


def test_a_kx_is_read_where_an_address_is_escaped_for_html() -> None:
    plan = planned(user={}, source={"url": "https://shop.example/?a=1&amp;_kx=Q9z8.AbC"})
    assert plan.keys == ("_kx:Q9z8.AbC",)


def test_a_locale_may_have_blanks_around_it() -> None:
    (upsert, _) = planned(user={"id": "u1", "locale": "de_DE\n"}).calls
    assert upsert.attributes["locale"] == "de-DE"


def test_an_id_used_again_by_a_visitor_is_told() -> None:
    event = {"name": "order complete", "timestamp": 1_793_350_800_000, "user": {"device": "d1"}}
    orders = [
        {**event, "id": f"e{total}", "data": {"id": "O1", "total": total}} for total in (1, 2)
    ]
    told = [plan.diagnostics for plan, _ in scan(pipeline(parse_config(SHOP)), orders)]
    assert [[one.code for one in found] for found in told] == [[], ["unique-id.reused"]]


@pytest.mark.parametrize(
    "phone",
    [
        "+49 151 2345O678",
        "+43 664 12a34567",
        "+44 20 7946 O958",
        "+49 30 9018 DW21",
        "+49 30 901 w 30",
    ],
)
def test_a_letter_within_a_number_makes_no_other_number(phone: str) -> None:
    config = {"settings": {"phoneNumber": "user.phone"}}
    event = {"name": "a b", "timestamp": 1_793_350_800_000, "user": {"id": "u1", "phone": phone}}
    plan = pipeline(parse_config(config)).plan(event)
    assert plan.keys == ("external_id:u1",)
    assert plan.diagnostics[0].code == "phone.invalid"


def test_two_numbers_in_one_field_are_nobodys() -> None:
    config = {"settings": {"phoneNumber": "user.phone", "phoneRegion": "DE"}}
    for phone in ("030 12345678 / 79", "030 123456 / 0171 1234567", "0151 234 / 0151 235"):
        event = {"name": "a b", "timestamp": 1_793_350_800_000, "user": {"phone": phone}}
        assert pipeline(parse_config(config)).plan(event).outcome == "unidentified"


PREFS = {"settings": {"identify": {"map": {"properties": {"map": {"prefs": "user.prefs"}}}}}}


def test_a_key_that_is_somebodys_address_is_not_shown() -> None:
    event = {"name": "a b", "timestamp": 1_793_350_800_000}
    for one in ({"x": None}, {"x": float("nan")}, "\ud800"):
        event = {**event, "user": {"id": "u1", "prefs": {"ada@example.com": one}}}
        plan = pipeline(parse_config({**PREFS, "include": ["user"]})).plan(event)
        assert plan.diagnostics
        assert "ada@" not in str(plan.to_dict()["diagnostics"])


def test_a_policy_grants_no_consent() -> None:
    config = {
        "policy": {"consent.marketing": {"value": True}, "consent.analytics": {"value": False}},
        "data": {"map": {"vip": {"key": "data.vip", "consent": {"marketing": True}}}},
    }
    event = {
        "name": "a b",
        "timestamp": 1_793_350_800_000,
        "user": {"id": "u1"},
        "data": {"vip": True},
        "consent": {"marketing": False},
    }
    plan = pipeline(parse_config(config)).plan(event)
    assert plan.event is not None
    assert plan.event.properties == {}
    assert "policy.grants-consent" in [one.code for one in plan.diagnostics]


def test_a_null_in_a_patch_over_nothing_clears_nothing() -> None:
    patch = {"data": {"map": {"Coupon": None, "Total": "data.total"}}, "name": None}
    rules = parse_config({"mapping": {"order": {"complete": {"extend": patch}}}}).rules
    assert [rule.name for rule in rules] == [None]
    assert rules[0].data is not None
    assert rules[0].data({"data": {"total": 5}}) == {"Total": 5}


def test_a_section_that_is_a_text_is_named() -> None:
    settings = {"value": "data.total", "uniqueId": "data.id"}
    config = {"mapping": {"order": {"complete": {"settings": settings}}}}
    event = {
        "name": "order complete",
        "timestamp": 1_793_350_800_000,
        "user": {"id": "u1"},
        "data": '{"id": "O-1", "total": 5}',
    }
    told = [str(one) for one in pipeline(parse_config(config)).plan(event).diagnostics]
    assert sum("data is a string, not an object" in one for one in told) == 2


@pytest.mark.parametrize(
    ("config", "path", "hint"),
    [
        ({"settings": {"apiKey": "$KLAVIYO_API_KEY"}}, "settings.apiKey", "$env.KLAVIYO_API_KEY"),
        ({"settings": {"apiKey": "${KEY}"}}, "settings.apiKey", "$env.KEY"),
        (
            {"mapping": {"newsletter signup": {"name": "X"}}},
            "mapping.newsletter signup",
            "write mapping.newsletter.signup",
        ),
    ],
)
def test_what_people_write_from_memory_is_told_what_to_write(
    config: dict[str, Any], path: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(config)
    (fault,) = caught.value.faults
    assert fault.path == path
    assert hint in fault.message


def test_what_is_never_read_beside_another_is_told() -> None:
    """A function beside a key is never called: whoever wrote both believes that it is."""
    raw = {"map": {"Name": {"key": "data.name", "fn": lambda value, event: value.upper()}}}
    (note,) = parse_config({"data": raw}).warnings
    assert (note.code, note.path) == ("config.yields-nothing", "data.map.Name.fn")
    assert note.message == "is never read, because key is beside it"
