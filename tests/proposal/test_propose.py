"""What is proposed for ten shops, and for samples that are no usual shop's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.shops import NAMES, shop

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.proposal.draft import Proposal
from walkeros_klaviyo.proposal.flow import events_of_flow
from walkeros_klaviyo.proposal.propose import Answers, propose
from walkeros_klaviyo.shell.known import without_known
from walkeros_klaviyo.verify import showing
from walkeros_klaviyo.verify.check import check

Raw = dict[str, Any]


def proposed(*events: Raw, **answers: str) -> Proposal:
    """For events that need to say no more than what matters."""
    shared = {"user": {"id": "u1"}, "consent": {"marketing": True}}
    lines = [
        (number, {"timestamp": 1_793_350_800_000 + number, **shared, **one})
        for number, one in enumerate(events, 1)
    ]
    return propose(lines, Answers(**answers))


@pytest.mark.parametrize("name", NAMES)
def test_a_shops_proposal_passes_verify_with_its_laws(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "TRIES", 10)
    sample = shop(name).sample
    proposal = propose(sample, Answers(currency="EUR", phone_region="DE"))
    config = parse_config(proposal.config)
    report = without_known(check(config, sample, examples=10), config.known)
    assert [one.message for one in report.findings if one.severity == "error"] == []
    assert proposal.open == ()


def test_without_orders_events_go_under_names_of_their_own() -> None:
    proposal = proposed(
        {"name": "newsletter signup", "data": {"list": "News", "email": "ada@example.com"}},
        {"name": "page scroll", "data": {"depth": 50}},
    )
    assert proposal.config["mapping"] == {
        "newsletter": {
            "signup": {"name": "Newsletter Signup", "data": {"map": {"List": "data.list"}}}
        },
        "page": {"scroll": {"ignore": True}},
    }
    assert proposal.config["settings"] == {"externalId": "user.id", "email": "data.email"}
    assert any("no event has an order's id and amount" in one for one in proposal.said)


NATIONAL, ABROAD = {"user": {"phone": "0171 2345678"}}, {"user": {"phone": "+33 6 12 34 56 78"}}


@pytest.mark.parametrize(
    ("numbers", "region", "setting", "lost"),
    [
        ([NATIONAL] * 3, "DE", "DE", ""),
        ([ABROAD] * 3, "DE", None, ""),
        ([ABROAD] * 3 + [NATIONAL], "DE", "DE", ""),
        ([ABROAD] * 3 + [NATIONAL], None, None, "user.phone also holds phone numbers without"),
        ([ABROAD, NATIONAL, NATIONAL], "DE", "DE", ""),
    ],
)
def test_national_numbers_among_others_need_their_country(
    numbers: list[Any], region: str | None, setting: str | None, lost: str
) -> None:
    proposal = proposed(*({"name": "a b", **one} for one in numbers), phone_region=region)
    found = proposal.config["settings"]
    assert (found["phoneNumber"], found.get("phoneRegion")) == ("user.phone", setting)
    assert [one[: len(lost)] for one in proposal.said if "phone" in one] == ([lost] if lost else [])


def test_a_metric_of_klaviyos_without_its_usual_fields_is_a_question() -> None:
    """Nobody knows which of the fields is the amount."""
    sold = {"name": "order complete", "data": {"bestellnr": "B-1", "summeCent": 1999}}
    proposal = proposed(*[sold] * 3)
    assert proposal.config["mapping"]["order"]["complete"]["name"] == "Order Complete"
    remark = proposal.remarks["mapping", "order", "complete"]
    assert 'CHECK: Klaviyo has "Placed Order" for them' in remark and "preset show" in remark


def test_names_with_dots_cannot_be_read_and_are_not_proposed() -> None:
    data = {"order.id": "O-1", "id": "O-2", "total.sum": 3, "total": 5, "a..b": 1}
    rule = proposed({"name": "order complete", "data": data}, currency="EUR").config["mapping"]
    assert rule["order"]["complete"]["settings"] == {"value": "data.total", "uniqueId": "data.id"}


def test_an_event_whose_name_has_a_dot_gets_a_rule() -> None:
    proposal = proposed({"name": "form.v2 send"})
    assert proposal.config["mapping"] == {"form.v2": {"send": {"name": "Form V Send"}}}


def test_a_nested_user_is_found_and_a_device_is_nobody() -> None:
    user = {"device": {"id": "d1"}, "profile": {"customerId": 77, "mail": "ada@example.com"}}
    proposal = proposed({"name": "form send", "user": user})
    assert proposal.config["settings"] == {
        "externalId": "user.profile.customerId",
        "email": "user.profile.mail",
    }
    assert "names a person" in proposed({"name": "form send", "user": {"device": "d1"}}).open[0]


def test_a_shop_may_call_an_order_what_it_likes() -> None:
    event = {
        "name": "booking pay",
        "data": {"ref": "B-1", "sum": {"gross": 99}},
        "globals": {"currency": "CHF"},
    }
    config = proposed(event, {**event, "name": "booking cancel"}).config
    settings = {"value": "data.sum.gross", "currency": "globals.currency", "uniqueId": "data.ref"}
    assert config["mapping"]["booking"]["pay"]["name"] == "Placed Order"
    assert config["mapping"]["booking"]["pay"]["settings"] == settings
    assert config["mapping"]["booking"]["cancel"]["name"] == "Canceled Order"


def test_a_subscription_is_no_order_and_its_cancellation_takes_none_back() -> None:
    data = {"id": "S-1", "price": 9.5}
    names = ("subscription start", "subscription renew", "subscription cancel")
    rules = proposed(*({"name": name, "data": data} for name in names), currency="EUR")
    mapping = rules.config["mapping"]["subscription"]
    assert [rule["name"] for rule in mapping.values()] == [
        *("Subscription Cancel", "Subscription Renew", "Subscription Start")
    ]
    assert mapping["renew"]["settings"] == {"value": "data.price", "uniqueId": "data.id"}


def test_amounts_without_a_currency_leave_a_question() -> None:
    order = {"name": "order complete", "data": {"id": "O-1", "total": 5}}
    assert "--currency" in proposed(order).open[0]
    assert proposed(order, currency="EUR").open == ()


@pytest.mark.parametrize(
    ("answer", "granted", "wanted"),
    [
        (None, {"functional": True, "marketing": True}, {"marketing": True}),
        (None, {"functional": True, "ads": False}, {"ads": True}),
        (None, {"functional": True}, None),
        (None, {"functional": True, "email_optout": True}, None),
        (None, {"no_marketing": True, "unsubscribeEmail": True, "denyAds": True}, None),
        (None, {"strictly_necessary_email": True, "strictlyNecessary": True}, None),
        (None, {"optout": True, "email_marketing": True}, {"email_marketing": True}),
        (None, {"essential": True, "statistics": True}, None),
        (None, {}, None),
        ("none", {"marketing": True}, {}),
        ("newsletter", {"marketing": True}, {"newsletter": True}),
    ],
)
def test_the_consent_is_answered_or_a_marked_question(
    answer: str | None, granted: Raw, wanted: Raw | None
) -> None:
    answers = {} if answer is None else {"consent": answer}
    proposal = proposed({"name": "form send", "consent": granted}, **answers)
    assert proposal.config.get("consent") == wanted
    is_marked = ("consent",) in proposal.remarks
    is_open = any(one.startswith("consent: which") for one in proposal.open)
    assert is_open == (wanted is None)
    assert (is_marked or is_open) == (answer != "none")


def test_a_flow_speaks_by_its_contract_and_its_other_destinations() -> None:
    data = {"properties": {"id": {"type": "string"}, "total": {"type": "number"}}}
    lines = {"items": {"properties": {"data": {"properties": {"sku": {"type": "string"}}}}}}
    contract = {"shop": {"events": {"order": {"complete": {"properties": {"data": data}}}}}}
    ads = {
        "package": "@walkeros/web-destination-ads",
        "config": {
            "consent": {"ads": True},
            "mapping": {
                "order": {"complete": {"settings": {"currency": "data.currency"}}},
                "product": {"view": {"data": {"map": {"n": "data.name"}}}},
            },
        },
    }
    document = {"contract": contract, "flows": {"web": {"destinations": {"ads": ads}}}}
    proposal = propose(events_of_flow(document).lines)
    settings = {"value": "data.total", "currency": "data.currency", "uniqueId": "data.id"}
    assert proposal.config["mapping"]["order"]["complete"]["settings"] == settings
    product = {"name": "Viewed Product", "data": {"map": {"ProductName": "data.name"}}}
    assert proposal.config["mapping"]["product"]["view"] == product
    assert proposal.config["consent"] == {"ads": True}
    assert proposal.open == ()
    contract["shop"]["events"]["order"]["complete"]["properties"]["nested"] = lines
    found = events_of_flow(document).lines[0][1]
    assert found["nested"][0]["data"] == {"sku": "sku-1"}
