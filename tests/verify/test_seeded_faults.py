"""Whatever is wrong is found: with the right code, at its place, and with what to write instead.

Each fault is put into a clean shop, or into its events; the shops themselves have no finding
(`test_clean_shops`), so what is found is the fault.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from attrs import frozen
from tests.verify.shops import (
    GONE,
    ITEMS,
    ORDER,
    Change,
    Raw,
    Shop,
    Street,
    changed,
    nothing_more,
    twisted,
    untouched,
)

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify import showing
from walkeros_klaviyo.verify.check import check
from walkeros_klaviyo.verify.findings import KINDS, Finding, tidy
from walkeros_klaviyo.verify.questions import QUESTIONS, judge, lint
from walkeros_klaviyo.verify.sample.look import look

SEED = 7
DONE = "mapping.order.complete"
GONER = "mapping.order.cancel"
ID = "settings.identify.map"
VIEW = "mapping.product.view.data.map"
LINES = f"{DONE}.data.map.Items.loop[1].map"
LINE_MAP = f"{DONE}.data.map.Items.loop.1.map"
RESTLESS = "settings.identify.map.properties.map"


@frozen
class Fault:
    """What is changed in which shop, and what must be said of it, and where.

    `says` are words of the message or the remedy. `also` are codes of other findings that the
    same fault rightly has. Without a sample (`blind`) the configuration alone tells.
    """

    base: str
    code: str
    path: str
    changes: tuple[Change, ...] = ()
    says: tuple[str, ...] = ()
    event: Callable[[Raw, int], Any] = untouched
    more: Callable[[Street, list[Raw]], Any] = nothing_more
    also: tuple[str, ...] = ()
    blind: bool = False
    name: str = ""
    mends: tuple[Change, ...] = ()
    """The remedy followed to the letter: nothing is found any more."""

    @property
    def shop(self) -> Shop:
        """The shop with the fault."""
        return twisted(self.base, *self.changes, event=self.event, more=self.more)


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no event is found in two, the sample's is shown as after five."""
    monkeypatch.setattr(showing, "ROUNDS", 2)


def at(code: str, base: str, path: str, value: Any, *says: str, **more: Any) -> Fault:
    """A fault that is one other value at a place, and is found just there."""
    place = more.pop("where", path.replace("[", ".").replace("]", ""))
    changes = ((place, value), *more.pop("besides", ()))
    return Fault(base, code, path, changes, says, **more)


def find(fault: Fault, is_shown: bool) -> tuple[Config, Finding, tuple[Finding, ...]]:
    """The finding that the fault must have, and all of them."""
    one = fault.shop
    config = parse_config(one.config)
    sample = None if fault.blind else one.sample
    found = (
        check(config, sample, examples=1, seed=SEED, show_people=True).findings
        if is_shown
        else quick(config, sample)
    )
    there = [each for each in found if each.code == fault.code]
    there = [each for each in there if is_at_or_below(each.path, fault.path)]
    assert there, f"no {fault.code} at {fault.path}; found: {said(found)}"
    return config, there[0], found


def quick(config: Config, sample: list[tuple[int, Raw]] | None) -> tuple[Finding, ...]:
    """What `check` finds without laws and generated examples, which take most of its time."""
    found = [*lint(config)]
    if sample is not None:
        found += judge(config, look(config, sample))
    return tidy(found)


def said(found: tuple[Finding, ...]) -> list[str]:
    """For a person who reads the failure."""
    return [f"{each.code} {each.path}: {each.message}" for each in found]


def is_at_or_below(path: str, place: str) -> bool:
    """Is it that place, or inside of it?"""
    return path == place or path.startswith((f"{place}.", f"{place}["))


def shows(config: Config, one: Finding) -> bool:
    """Does the example's event make the example's call, by the rule that the path names?"""
    assert one.example is not None
    shown = one.example.event
    events = shown if one.code == "law.broken" else (shown,)
    plans = [pipeline(config).plan(each) for each in events]
    if one.path.startswith("mapping.") and one.code != "event.kept-back":
        places = [rule.where for rule in config.rules if is_at_or_below(one.path, rule.where)]
        labels = {rule.label for rule in config.rules if rule.where in places}
        if plans[-1].rule not in labels:
            return False
    calls = [[call.name, call.body] for plan in plans for call in plan.calls]
    return one.example.call is None or one.example.call in calls


def exhibits(one: Finding) -> bool:
    """Is the fault to be seen in the example's call?"""
    assert one.example is not None
    call, body = one.example.call
    attributes = body["data"]["attributes"]
    if one.code == "revenue.type":
        return "value" not in attributes
    if one.code == "revenue.currency":
        sent, said = attributes.get("value_currency"), one.example.event["data"].get("currency")
        return "value" in attributes and (sent is None or sent != said)
    return bool((call == "profiles.create_or_update_profile") is one.code.startswith("trait."))


SHOWN = (
    "metric.near",
    "unique-id.constant",
    "unique-id.repeats",
    "unique-id.order",
    "trait.restless",
    "revenue.type",
    "revenue.currency",
    "privacy.property",
    "klaviyo.refuses",
)
"""Kinds whose fault shows in a call: these always have an example with one."""


# --- what is changed in events -------------------------------------------------------------------


def _visit(event: Raw, at: int) -> None:
    event["user"]["visit"] = Random(at).randint(0, 10**9)


def _grouped(event: Raw, at: int) -> None:
    if "total" in event["data"]:
        event["data"]["total"] = f"1,{at % 1000:03d}.00"


def _in_thousands(event: Raw, at: int) -> None:
    """A thousand and some, or one and some? Nobody can tell, so none is sent."""
    if "total" in event["data"]:
        event["data"]["total"] = f"1.{at % 1000:03d}"


def _with_sign(event: Raw, at: int) -> None:
    if "total" in event["data"]:
        event["data"]["total"] = "EUR 12"


def _as_object(event: Raw, at: int) -> None:
    if "total" in event["data"]:
        event["data"]["total"] = {"gross": 12.0, "net": 10.0}


def _odd(event: Raw, at: int) -> None:
    event["data"]["odd"] = "about ten"


def _in_words(event: Raw, at: int) -> None:
    event["data"]["currency"] = "Euro"


def _declined(event: Raw, at: int) -> None:
    event["consent"] = {"marketing": False, "functional": True}


def _in_a_word(event: Raw, at: int) -> None:
    event["consent"] = {"marketing": "granted", "functional": True}


def _in_seconds(event: Raw, at: int) -> None:
    event["timestamp"] = event["timestamp"] // 1000


def _without_id(event: Raw, at: int) -> None:
    event.pop("id")


def _of_a_device(event: Raw, at: int) -> None:
    event["id"] = event["user"].get("id", "stranger")


def _one_word(event: Raw, at: int) -> None:
    if event["name"] == "product view":
        event["name"] = "product_view"


def _in_iso(event: Raw, at: int) -> None:
    event["timestamp"] = "2026-10-12T10:00:00Z"


def _language(event: Raw, at: int) -> None:
    event["globals"]["lang"] = "German"


def _no_last_name(event: Raw, at: int) -> None:
    event["user"]["lastName"] = "N/A"


def _is_huge(value: Any, event: Any) -> bool:
    """Looks at the event where it means its data."""
    return event.get("total", 0) > 10_000


def _long(event: Raw, at: int) -> None:
    if event["name"] == "order complete":
        event["data"]["legal"] = "x" * 120_000


def _wide(event: Raw, at: int) -> None:
    if event["name"] == "article read":
        event["data"] |= {f"field{n}": n for n in range(500)}


def _priced(event: Raw, at: int) -> None:
    event["user"] |= {"age": [41], "zip": {"code": 8010}}


def _undefined(event: Raw, at: int) -> None:
    event["user"]["email"] = "undefined"


def _everybody(value: Any, event: Any) -> str:
    return "shop@example.com"


def _in_national_form(event: Raw, at: int) -> None:
    event["data"]["call"] = event["user"].get("phone", "").replace("+49", "0")


def _in_a_link(event: Raw, at: int) -> None:
    mail = event["user"].get("email", "").replace("@", "%40")
    event["data"]["link"] = f"https://shop.example/?mail={mail}"


def _contact(event: Raw, at: int) -> None:
    event["data"]["note"] = event["user"].get("email", "")


def _clicks(street: Street, visitors: list[Raw]) -> None:
    """Two people look at page after page."""
    for number in range(12):
        data = {"title": f"Page {number}", "clicks": number}
        street.add("page view", visitors[number % 2], data)


def _in_full(event: Raw, at: int) -> None:
    """What is refunded, or was paid, is always the same."""
    if "sum" in event["data"]:
        event["data"]["sum"] = {"net": "20.00", "currency": "CHF"}


def _daily(street: Street, visitors: list[Raw]) -> None:
    """One person looks at the same thing on six days."""
    for _ in range(6):
        street.now += 86_400_000
        data = {"id": "P-1", "name": "Thing 1", "price": 10}
        street.add("product view", visitors[0], data)


def _chats(street: Street, visitors: list[Raw]) -> None:
    for number in range(6):
        street.add("chat send", visitors[number % 2], {"room": "R", "text": f"Hello {number}"})


def _forms(street: Street, visitors: list[Raw]) -> None:
    for number in range(4):
        street.add("form submit", visitors[0], {"topic": "demo", "size": number})


def _placed(street: Street, visitors: list[Raw]) -> None:
    for number in range(6):
        street.add("placed order", visitors[number % 2], {"id": f"O-9{number}"})


def _whole_person(value: Any, event: Any) -> Any:
    return event.get("user", {}).get("email")


def _raises(value: Any, event: Any) -> Any:
    raise KeyError("total")


def _holds_null(event: Raw, at: int) -> None:
    for one in event["nested"]:
        one["data"]["stock"] = None


def _placed_in(event: Raw, at: int) -> None:
    event["user"] |= {"place": "Ulm", "postcode": "89073"}


def _as_a_gift(event: Raw, at: int) -> None:
    """Each to somebody else."""
    if event["name"] == "order complete":
        event["data"] |= {"giftName": f"Friend {at}", "giftMail": f"friend{at}@example.net"}


def _pictured(event: Raw, at: int) -> None:
    for one in event["nested"]:
        one["data"]["image"] = "https://shop.example/1.jpg"


def _at_home(event: Raw, at: int) -> None:
    event["user"]["country"] = "DE"
    if event["user"].get("phone", "").startswith("+49"):
        event["user"]["phone"] = event["user"]["phone"].replace("+49", "0")


def _at_a_desk(event: Raw, at: int) -> None:
    """Two people each."""
    if "id" in event["user"]:
        event["user"]["desk"] = f"D-{int(event['user']['id'][2:]) // 2}"


def _by_day(event: Raw, at: int) -> None:
    """Each second event is of the next day."""
    event["timestamp"] += at % 2 * 86_400_000
    event["user"]["visit"] = f"V-{at % 2}-{event['user']['device']}"


def _with_secrets(event: Raw, at: int) -> None:
    event["user"]["odd"] = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
    event["data"]["pay"] = {"by": "transfer", "iban": "GB29NWBK60161331926819"}


def _hashed(event: Raw, at: int) -> None:
    event["user"]["odd"] = sha256(event["user"].get("email", "").lower().encode()).hexdigest()
    event["data"] |= {"ip": f"203.0.113.{at % 200 + 1}", "note": "Ring 0151 23456789 first"}


def _is_false(value: Any, event: Any) -> bool:
    return False


def _is_true(value: Any, event: Any) -> bool:
    return True


# --- what a person gets wrong with the best intentions --------------------------------------------


def _employed(event: Raw, at: int) -> None:
    """Two companies, each of several people."""
    if "id" in event["user"]:
        event["user"]["company"] = f"K-{int(event['user']['id'][2:]) % 2}"


def _partly_national(event: Raw, at: int) -> None:
    number = event["user"].get("phone", "")
    if number.startswith("+49") and at % 3 == 0:
        event["user"]["phone"] = number.replace("+49", "0")


def _mostly_guests(event: Raw, at: int) -> None:
    """Whose address stands in the form that they sent."""
    if at % 3:
        mail = event["user"].pop("email", f"guest{at}@example.com")
        event["user"].pop("id", None)
        event["user"].pop("phone", None)
        event["data"]["mail"] = mail if "@example" in mail else f"guest{at}@example.com"


def _unnamed_orders(event: Raw, at: int) -> None:
    if event["name"] == "order complete":
        event["user"].clear()
        event["data"]["customer"] = {"email": f"{event['data']['id']}@example.com"}


def _in_cents(event: Raw, at: int) -> None:
    if "total" in event["data"]:
        event["data"]["cents"] = round(event["data"]["total"] * 100)
        event["data"]["total"] = event["data"]["cents"] / 100 + 0.5
        event["data"]["cents"] += 50


def _odd_number(event: Raw) -> int:
    """The same of an order that is told again."""
    return int(event["data"]["id"][-1]) % 2


def _itemized(event: Raw, at: int) -> None:
    """What an order consists of, beside its total."""
    data = event["data"]
    if event["name"] == "order complete":
        data |= {"shippingCost": 4.9, "total_tax": round(data["total"] / 6, 2), "points": 40}
        data |= {
            "itemCount": 2,
            "unitPrice": data["total"] / 2,
            "method": ("card", "bill")[_odd_number(event)],
        }


def _by_the_seat(event: Raw, at: int) -> None:
    data = event["data"]
    if event["name"] == "order complete":
        data |= {"seats": 3 - _odd_number(event), "fare": data["total"]}
        data["total"] = data["fare"] * data["seats"] + 3


def _too_early(event: Raw, at: int) -> None:
    if event["name"] == "order complete":
        event["data"] |= {"subtotal": event["data"]["total"], "total": 0}


def _some_cents(event: Raw, at: int) -> None:
    if event["name"] == "order complete":
        total = event["data"]["total"]
        event["data"] |= {
            "goods": total,
            "total": round(total * 100) if _odd_number(event) else total,
        }


def _refunds(street: Street, visitors: list[Raw]) -> None:
    for at, user in enumerate(visitors[:6]):
        order = {"id": f"O-9{at}", "total": 50 + at, "currency": "EUR"}
        street.add("order complete", user, order, nested=[])
        back = {"of": f"O-9{at}", "refundId": f"R-{at}", "refunded": 10, "total": 50 + at}
        street.add("order refund", user, back)


def _gifts_of_money(street: Street, visitors: list[Raw]) -> None:
    for at, user in enumerate(visitors[:6]):
        gift = {"amount": 10 + at, "currency": "EUR", "receipt": f"G-{at}"}
        street.add("gift pledge", user, gift)
        street.add("gift donate", user, gift)
        street.add("gift donate", user, gift)


def _rooms(street: Street, visitors: list[Raw]) -> None:
    for number in range(6):
        street.add("chat send", visitors[number % 2], {"id": "R", "text": f"Hello {number}"})


def _abroad(event: Raw, at: int) -> None:
    if "currency" in event["data"] and at % 2:
        event["data"]["currency"] = "USD"


def _refusing(event: Raw, at: int) -> None:
    if at % 4 == 1:
        event["consent"] = {"functional": True, "marketing": False}


def _housed(event: Raw, at: int) -> None:
    event["user"]["address"] = {"city": "Graz", "zip": "8010"}


def _signed(event: Raw, at: int) -> None:
    user = event["user"]
    event["data"]["who"] = f"{user.get('firstName', '')} {user.get('lastName', '')}"


def _nothing(value: Any, event: Any) -> None:
    return None


def _every_month(street: Street, visitors: list[Raw]) -> None:
    """Two who give for a year: each month the same amount."""
    for _ in range(12):
        street.now += 30 * 86_400_000
        for at, user in enumerate(visitors[:2]):
            street.add("donation give", user, {"amount": 9, "plan": f"PLAN-{at}"})


def _checkouts(street: Street, visitors: list[Raw]) -> None:
    """The shop tells of the checkout and of the order."""
    for at, user in enumerate(visitors[:6]):
        data = {"id": f"O-9{at}", "cart": f"K-{at}", "total": at + 5, "currency": "EUR"}
        street.add("order complete", user, data)
        street.add("checkout complete", user, data)


def _long_ago(street: Street, visitors: list[Raw]) -> None:
    street.now -= 3 * 365 * 86_400_000
    for at, user in enumerate(visitors[:5]):
        nested = [{"entity": "product", "data": {"id": "P-1"}}]
        data = {"id": f"O-0{at}", "total": at + 5, "currency": "EUR"}
        street.add("order complete", user, data, nested=nested)


ITEM_LOOP = {"loop": ["data", {"map": {"SKU": "data.sku", "Name": "data.name"}}]}
CHECKOUT = {"complete": {"name": "Placed Order", "settings": {**ORDER, "uniqueId": "data.cart"}}}

MEANT_WELL = (
    at(
        "identifier.type",
        "fashion",
        "settings.externalId.value",
        {"key": "user.id", "value": "guest"},
        "constant",
        where="settings.externalId",
        mends=(("settings.externalId", {"key": "user.id"}),),
    ),
    at(
        "identifier.type",
        "fashion",
        "settings.email[1]",
        ["user.email", {"value": "info@example.com"}],
        "constant",
        where="settings.email",
        mends=(("settings.email", ["user.email"]),),
    ),
    at(
        "identifier.type",
        "fashion",
        "settings.externalId",
        "user.company",
        'settings.externalId = "user.id"',
        event=_employed,
        mends=(("settings.externalId", "user.id"),),
        name="an id of the company",
    ),
    at(
        "identifier.type",
        "fashion",
        "settings.externalId",
        "data.id",
        "id of an order",
        mends=(("settings.externalId", GONE),),
        name="an id of the order",
    ),
    at(
        "identifier.type",
        "fashion",
        "policy.user.id",
        {"user.id": "user.device"},
        "browser",
        where="policy",
        mends=(("policy", GONE),),
    ),
    at(
        "identifier.type",
        "fashion",
        "settings.phoneNumber",
        "user.phone",
        "region",
        event=_partly_national,
        mends=(("settings.phoneRegion", "DE"),),
        name="national numbers in a part of the sample",
    ),
    at(
        "identifier.type",
        "app",
        "settings.phoneRegion",
        "US",
        "none of US",
        name="the wrong region",
    ),
    at(
        "identity.nobody",
        "fashion",
        "settings.email",
        "user.email",
        'settings.email = ["user.email", "data.mail"]',
        event=_mostly_guests,
        mends=(("settings.email", ["user.email", "data.mail"]),),
        name="mostly guests",
    ),
    Fault(
        "fashion",
        "identity.nobody",
        "settings.email",
        says=("data.customer.email",),
        event=_unnamed_orders,
        also=("trait.restless",),
        mends=(("settings.email", ["user.email", "data.customer.email"]),),
        name="orders whose address stands elsewhere",
    ),
    at(
        "policy.clears",
        "fashion",
        "policy.user.email",
        {"user.email": "data.nothing"},
        "user.email",
        where="policy",
        mends=(("policy", GONE),),
    ),
    at(
        "policy.clears",
        "fashion",
        f"{DONE}.policy.data.total",
        {"data.total": {"value": None}},
        where=f"{DONE}.policy",
        also=("config.doubtful",),
        mends=((f"{DONE}.policy", GONE),),
    ),
    at(
        "unique-id.repeats",
        "magazine",
        "mapping.donation.*.settings.uniqueId",
        "data.plan",
        "regularly",
        more=_every_month,
        mends=(("mapping.donation.*.settings.uniqueId", GONE),),
        name="what comes every month under the plan's id",
    ),
    at(
        "unique-id.constant",
        "fashion",
        f"{DONE}.settings.uniqueId[1]",
        ["data.id", {"value": "order"}],
        "Leave the constant out",
        where=f"{DONE}.settings.uniqueId",
        mends=((f"{DONE}.settings.uniqueId", "data.id"),),
    ),
    at(
        "unique-id.repeats",
        "fashion",
        f"{DONE}.settings.uniqueId",
        "data.total",
        '"data.id"',
        mends=((f"{DONE}.settings.uniqueId", "data.id"),),
    ),
    at(
        "unique-id.unmapped",
        "fashion",
        f"{DONE}.settings.uniqueId",
        GONE,
        f'{DONE}.settings.uniqueId = "data.id"',
        mends=((f"{DONE}.settings.uniqueId", "data.id"),),
    ),
    at(
        "unique-id.unmapped",
        "tickets",
        "mapping.booking.complete.settings.uniqueId",
        "id",
        '"data.booking"',
        mends=(("mapping.booking.complete.settings.uniqueId", "data.booking"),),
    ),
    at(
        "revenue.unmapped",
        "fashion",
        f"{DONE}.settings.value",
        GONE,
        f'{DONE}.settings.value = "data.total"',
        mends=((f"{DONE}.settings.value", "data.total"),),
    ),
    at(
        "revenue.unmapped",
        "tickets",
        "mapping.booking.complete.settings.value",
        GONE,
        '"data.amount"',
        mends=(("mapping.booking.complete.settings.value", "data.amount"),),
    ),
    at(
        "revenue.other",
        "fashion",
        f"{DONE}.settings.value",
        {"value": 1},
        '"data.total"',
        mends=((f"{DONE}.settings.value", "data.total"),),
    ),
    at(
        "unique-id.constant",
        "fashion",
        f"{DONE}.settings.uniqueId[1]",
        ["data.id", "user.session"],
        where=f"{DONE}.settings.uniqueId",
        mends=((f"{DONE}.settings.uniqueId", "data.id"),),
    ),
    at(
        "unique-id.order",
        "fashion",
        f"{GONER}.settings.uniqueId",
        ["data.cancelId", "id"],
        '"data.id"',
        mends=((f"{GONER}.settings.uniqueId", "data.id"),),
    ),
    at(
        "metric.swapped",
        "wholesale",
        "mapping.order.fulfill.name",
        "Placed Order",
        "Fulfilled Order",
        mends=(("mapping.order.fulfill.name", "Fulfilled Order"),),
    ),
    at(
        "metric.swapped",
        "fashion",
        "mapping.product.view.name",
        "Viewed Page",
        'name = "Viewed Product"',
        besides=(("mapping.page.view.name", "Viewed Product"),),
        mends=(
            ("mapping.product.view.name", "Viewed Product"),
            ("mapping.page.view.name", "Viewed Page"),
        ),
    ),
    at("metric.swapped", "fashion", "mapping.page.view.name", "Placed Order", "of its own"),
    at(
        "revenue.other",
        "fashion",
        f"{DONE}.settings.value",
        "timestamp",
        '"data.total"',
        mends=((f"{DONE}.settings.value", "data.total"),),
    ),
    at(
        "revenue.other",
        "fashion",
        f"{DONE}.settings.value",
        "nested.0.data.price",
        '"data.total"',
        mends=((f"{DONE}.settings.value", "data.total"),),
    ),
    at(
        "revenue.other",
        "fashion",
        f"{DONE}.settings.value",
        "data.cents",
        '"data.total"',
        event=_in_cents,
        mends=((f"{DONE}.settings.value", "data.total"),),
    ),
    at(
        "revenue.currency",
        "fashion",
        f"{DONE}.settings.currency",
        "EUR",
        '"data.currency"',
        event=_abroad,
        mends=((f"{DONE}.settings.currency", "data.currency"),),
        name="dollars as euros",
    ),
    at(
        "revenue.currency",
        "fashion",
        f"{DONE}.settings.value",
        "data.total",
        '"data.currency"',
        besides=(("settings.currency", GONE), (f"{DONE}.settings.currency", GONE)),
        mends=((f"{DONE}.settings.currency", "data.currency"),),
        name="the sample's own currency",
    ),
    at(
        "metric.swapped",
        "currencies",
        "mapping.order.refund.name",
        "Placed Order",
        'name = "Refunded Order"',
        mends=(("mapping.order.refund.name", "Refunded Order"),),
    ),
    at(
        "metric.swapped",
        "fashion",
        f"{DONE}.name",
        "Canceled Order",
        'name = "Placed Order"',
        besides=((f"{GONER}.name", "Placed Order"),),
        mends=((f"{DONE}.name", "Placed Order"), (f"{GONER}.name", "Canceled Order")),
    ),
    at(
        "metric.twice",
        "fashion",
        "mapping.checkout.complete",
        CHECKOUT,
        "{ ignore = true }",
        where="mapping.checkout",
        more=_checkouts,
        mends=(("mapping.checkout.complete", {"ignore": True}),),
    ),
    at(
        "metric.twice",
        "fashion",
        "mapping.checkout.complete",
        {"complete": {**CHECKOUT["complete"], "settings": {**ORDER, "uniqueId": ["data.cart"]}}},
        "order.complete",
        where="mapping.checkout",
        more=_checkouts,
        name="a list of one",
    ),
    at("metric.near", "fashion", f"{DONE}.name", "Order Completed", 'name = "Placed Order"'),
    at("metric.near", "fashion", f"{DONE}.name", "purchase", 'name = "Placed Order"'),
    at("metric.near", "fashion", "mapping.cart.*.name", "Product Added", "Added to Cart"),
    at("metric.near", "fashion", "mapping.page.view.name", "begin_checkout", "Started Checkout"),
    at(
        "name.retired",
        "fashion",
        f"{DONE}.data.map.$value",
        "data.total",
        "settings.value",
        mends=((f"{DONE}.data.map.$value", GONE),),
    ),
    at("name.retired", "fashion", f"{DONE}.data.map.$event_id", "data.id", "settings.uniqueId"),
    at("name.retired", "fashion", "settings.identify.map.$first_name", "user.firstName"),
    at(
        "value.path",
        "fashion",
        "settings.identify.map.firstName",
        {"value": "user.firstName"},
        '"user.firstName" by itself',
        mends=(("settings.identify.map.firstName", "user.firstName"),),
    ),
    at("value.path", "fashion", "mapping.page.view.name", "data.title", "name"),
    at(
        "value.path",
        "fashion",
        f"{DONE}.settings.value",
        {"value": "data.total"},
        '"data.total" by itself',
        mends=((f"{DONE}.settings.value", "data.total"),),
    ),
    at(
        "rule.ignores-all",
        "gifts",
        "mapping.voucher.use[0]",
        [{"condition": _is_true, "ignore": True}, {"name": "Used Voucher"}],
        where="mapping.voucher.use",
        mends=(("mapping.voucher.use", [{"name": "Used Voucher"}]),),
    ),
    at(
        "rule.ignores-all",
        "fashion",
        f"{DONE}[0]",
        [{"condition": _is_true, "ignore": True}, {"name": "Placed Order", "settings": ORDER}],
        "condition",
        where=DONE,
        mends=((DONE, [{"name": "Placed Order", "settings": ORDER}]),),
    ),
    at(
        "rule.silenced",
        "fashion",
        f"{DONE}.ignore",
        True,
        "name and data and value",
        mends=((f"{DONE}.ignore", GONE),),
    ),
    at(
        "rule.silenced",
        "fashion",
        f"{DONE}.silent",
        True,
        "Leave out silent",
        mends=((f"{DONE}.silent", GONE),),
    ),
    at("rule.silenced", "fashion", f"{DONE}.skip", True, "skip"),
    at(
        "backfill.always",
        "fashion",
        "settings.backfill",
        True,
        mends=(("settings.backfill", GONE),),
    ),
    at("backfill.always", "leads", "settings.backfill", {"value": True}),
    at(
        "backfill.missing",
        "fashion",
        f"{DONE}.settings.backfill",
        False,
        "backfill = true",
        more=_long_ago,
        mends=((f"{DONE}.settings.backfill", True),),
    ),
    Fault(
        "fashion",
        "backfill.missing",
        f"{DONE}.settings.backfill",
        more=_long_ago,
        name="no backfill at all",
    ),
    Fault(
        "wholesale",
        "consent.missing",
        "consent",
        says=("{ marketing = true }",),
        event=_refusing,
        mends=(("consent", {"marketing": True}),),
        name="nobody asks",
    ),
    Fault("app", "consent.missing", "consent", event=_refusing, name="nobody asks, in an app"),
    at(
        "consent.any",
        "fashion",
        "consent",
        {"marketing": True, "functional": True},
        "{ marketing = true }",
        event=_refusing,
        mends=(("consent", {"marketing": True}),),
    ),
    Fault(
        "tickets",
        "consent.any",
        "mapping.booking.complete.consent",
        event=_refusing,
        also=("consent.missing",),
        name="a rule's two states",
    ),
    at(
        "trait.object",
        "fashion",
        f"{RESTLESS}.Address",
        "user.address",
        "Address_city",
        event=_housed,
        mends=(
            (f"{RESTLESS}.Address", GONE),
            (f"{RESTLESS}.Address_city", "user.address.city"),
        ),
    ),
    at(
        "trait.object",
        "fashion",
        f"{RESTLESS}.Address",
        {"map": {"Shop": {"value": "Graz"}}},
        blind=True,
    ),
    at(
        "privacy.property",
        "fashion",
        f"{DONE}.data.map.Last",
        "user.lastName",
        mends=((f"{DONE}.data.map.Last", GONE),),
    ),
    at("privacy.property", "fashion", f"{DONE}.data.map.Who", "data.who", event=_signed),
    at(
        "mapping.nothing",
        "fashion",
        f"{DONE}.data.map.X",
        {"fn": _nothing},
        mends=((f"{DONE}.data.map.X", GONE),),
    ),
    at(
        "mapping.nothing",
        "fashion",
        f"{DONE}.data.map.X",
        {"key": "data.id", "condition": _is_false},
        mends=((f"{DONE}.data.map.X", GONE),),
    ),
    at("mapping.nothing", "fashion", "mapping.page.view.data.map.Items", ITEMS),
    at(
        "mapping.useless",
        "fashion",
        f"{DONE}.data.map.Items.loop[0]",
        ITEM_LOOP,
        "not a list",
        'Write "nested"',
        where=f"{DONE}.data.map.Items",
        mends=((f"{DONE}.data.map.Items.loop.0", "nested"),),
    ),
)

NEAR = (
    at("metric.near", "fashion", f"{DONE}.name", "Placed order", 'name = "Placed Order"'),
    at("metric.near", "fashion", f"{DONE}.name", "Palced Order", "Placed Order"),
    at("metric.near", "fashion", f"{DONE}.name", "PlacedOrder", "Placed Order"),
    at("metric.near", "fashion", "mapping.page.view.name", "Canceld Order", "Canceled Order"),
    at("metric.near", "fashion", "mapping.page.view.name", "Product Viewed", "Viewed Product"),
    at("metric.near", "fashion", f"{DONE}.name", "placed_order", "Placed Order"),
    at("metric.near", "fashion", f"{DONE}.name", "Placed Order ", "Placed Order"),
    at("metric.near", "fashion", f"{DONE}.name", "Order Placed", "Placed Order", blind=True),
    at("metric.near", "fashion", f"{GONER}.name", "Canceled order", "Canceled Order"),
    at("metric.near", "fashion", "mapping.cart.*.name", "Add to Cart", "Added to Cart"),
    at("metric.near", "fashion", "mapping.product.view.name", "Viewed Prodcut", "Viewed Product"),
    at("metric.near", "wholesale", "mapping.order.fulfill.name", "Fullfilled Order", "Fulfilled"),
    Fault(
        "fashion",
        "metric.near",
        "mapping.placed.order",
        (("mapping.placed", {"order": {"data": {"map": {"OrderId": "data.id"}}}}),),
        ("Placed Order",),
        more=_placed,
        name="the event's own name, as there is no other",
    ),
)

UNREACHABLE = (
    at(
        "rule.unreachable",
        "fashion",
        f"{DONE}[1]",
        [{"name": "Placed Order", "settings": ORDER}, {"condition": _is_true, "name": "B"}],
        "no condition",
        "takes every",
        where=DONE,
    ),
    at(
        "rule.unreachable",
        "fashion",
        f"{DONE}[1]",
        [{"ignore": True}, {"name": "Placed Order", "settings": ORDER}],
        "ignores every",
        where=DONE,
        also=("rule.unmet",),
    ),
    at(
        "rule.unreachable",
        "gifts",
        f"{DONE}[2]",
        [
            {"condition": _is_true, "name": "Placed Order", "settings": ORDER},
            {"name": "Placed Order", "settings": ORDER},
            {"name": "Placed Order", "settings": ORDER},
        ],
        "condition",
        where=DONE,
    ),
)

UNMET = (
    Fault(
        "fashion",
        "rule.unmet",
        "mapping.order.completed",
        (
            (DONE, GONE),
            ("mapping.order.completed", {"name": "Placed Order", "settings": ORDER}),
        ),
        ('"order complete"', "mapping.order.complete"),
    ),
    Fault(
        "fashion",
        "rule.unmet",
        "mapping.Order.cancel",
        (
            (GONER, GONE),
            ("mapping.Order", {"cancel": {"name": "Canceled Order", "settings": ORDER}}),
        ),
        ('"order cancel"',),
    ),
    Fault(
        "leads",
        "rule.unmet",
        "mapping.forms.submit",
        (
            ("mapping.form.submit", GONE),
            ("mapping.forms", {"submit": {"name": "Submitted Form"}}),
        ),
        ('"form submit"', "mapping.form.submit"),
    ),
    Fault(
        "fashion",
        "rule.unmet",
        "mapping.produkt",
        (("mapping.produkt", {"*": {"name": "Viewed Things"}}),),
        ("product",),
        name="a star under a misspelled entity",
    ),
    Fault(
        "gifts",
        "rule.unmet",
        "mapping.voucher.used",
        (
            ("mapping.voucher.use", GONE),
            ("mapping.voucher.used", [{"condition": _is_true, "name": "A"}, {"name": "B"}]),
        ),
        ('"voucher use"',),
        name="a list of rules",
    ),
)

PATHS = (
    at("path.unknown", "fashion", f"{GONER}.data.map.Reason", "data.raeson", '"data.reason"'),
    at("path.unknown", "fashion", "mapping.page.view.data.map.Title", "data.Title", "data.title"),
    at(
        "path.unknown",
        "fashion",
        "settings.identify.map.firstName",
        "user.firstname",
        '"user.firstName"',
    ),
    at(
        "path.unknown",
        "fashion",
        f"{DONE}.data.map.Order",
        {"loop": ["this", {"map": {"Total": "data.totl"}}]},
        '"data.total"',
    ),
    at("path.unknown", "fashion", f"{DONE}.settings.value", "data.totl", '"data.total"'),
    at("path.unknown", "fashion", f"{DONE}.settings.value", "total", '"data.total"'),
    at("path.unknown", "fashion", f"{DONE}.settings.uniqueId", "data.idd", '"data.id"'),
    at("path.unknown", "fashion", f"{DONE}.settings.uniqueId", "data.orderNumber", "orderNumber"),
    at("path.unknown", "fashion", "settings.email", "user.emial", '"user.email"'),
    at("path.unknown", "fashion", "settings.phoneNumber", "user.phnoe", '"user.phone"'),
    at(
        "path.unknown",
        "fashion",
        "mapping.cart.*.data.map.ItemNames",
        "nested.*.data.nmae",
        "nested.*.data.name",
    ),
    at(
        "path.unknown",
        "fashion",
        f"{DONE}.data.map.Items.loop[1].map.SKU",
        "data.skuu",
        '"data.sku"',
        where=f"{DONE}.data.map.Items.loop.1.map.SKU",
    ),
    at(
        "path.unknown",
        "fashion",
        f"{DONE}.data.map.Items.loop[0]",
        "data.nested",
        '"nested"',
        where=f"{DONE}.data.map.Items.loop.0",
    ),
    at(
        "path.unknown",
        "fashion",
        f"{DONE}.data.map.DiscountCode[0]",
        ["data.cuopon", {"value": "none"}],
        '"data.coupon"',
        where=f"{DONE}.data.map.DiscountCode",
    ),
    at(
        "path.unknown",
        "tickets",
        "mapping.booking.complete.data.map.Show",
        "context.shwo.0",
        "context.show",
    ),
    at(
        "path.unknown",
        "fashion",
        "settings.identify.map.properties.map.Market",
        "globals.maket",
        '"globals.market"',
    ),
    at("path.unknown", "currencies", "settings.currency", "globals.curency", "globals.currency"),
    at(
        "path.unknown",
        "currencies",
        "mapping.item.add.settings.currency",
        ["data.curency"],
        '"data.currency"',
    ),
    at(
        "path.unknown",
        "leads",
        "mapping.file.*.data.map.File.key",
        {"key": "data.fille", "value": "unknown"},
        '"data.file"',
        where="mapping.file.*.data.map.File",
    ),
    at(
        "path.unknown",
        "tickets",
        "mapping.booking.complete.data.map.First.set[0]",
        "data.seats.0.rwo",
        "data.seats",
        where="mapping.booking.complete.data.map.First.set.0",
    ),
    at(
        "path.unknown",
        "app",
        "settings.phoneRegion",
        "globals.contry",
        '"globals.country"',
        also=("identifier.type", "identity.nobody"),
    ),
    at(
        "path.unknown",
        "magazine",
        "policy.globals.experiment",
        {"globals.experiment": "custom.abb"},
        '"custom.ab"',
        where="policy",
    ),
    at(
        "path.unknown",
        "fashion",
        f"{DONE}.data.map.Items.loop[1].map.SKU",
        {"loop": [{"key": "nested"}, {"map": {"SKU": "data.skuu"}}]},
        '"data.sku"',
        where=f"{DONE}.data.map.Items",
        name="a loop whose source is an object, as TOML has it",
    ),
    at(
        "path.unknown",
        "fashion",
        f"{DONE}.data.map.Items.loop[1].map.SKU",
        {"loop": [["nested"], {"map": {"SKU": "data.skuu"}}]},
        '"data.sku"',
        where=f"{DONE}.data.map.Items",
        name="a loop whose source is a list",
    ),
    at("path.unknown", "tickets", "settings.anonymousId", "user.devise", '"user.device"'),
    at(
        "path.unknown",
        "fashion",
        f"{GONER}.remove[0]",
        ["Reasn", "Shop"],
        "Reason",
        where=f"{GONER}.remove",
    ),
    at(
        "path.unknown",
        "fashion",
        f"{GONER}.data.map.Why[1]",
        ["data.why", "data.cause"],
        where=f"{GONER}.data.map.Why",
    ),
    at(
        "path.unknown",
        "marketplace",
        f"{DONE}.data.map.Sellers",
        "nested.*.nested.*.data.seler",
        "seller",
    ),
)

ONCE = (
    at("unique-id.constant", "fashion", f"{DONE}.settings.uniqueId", {"value": "order"}, "same"),
    at("unique-id.constant", "fashion", f"{DONE}.settings.uniqueId", "user.id", "visitor"),
    at("unique-id.constant", "fashion", f"{DONE}.settings.uniqueId", "name"),
    at("unique-id.constant", "fashion", f"{DONE}.settings.uniqueId", ["user.session"], blind=True),
    at("unique-id.constant", "fashion", "settings.uniqueId", "globals.market"),
    at("unique-id.constant", "fashion", "mapping.page.view.settings.uniqueId", "source.url"),
    at(
        "unique-id.repeats",
        "fashion",
        "mapping.chat.send.settings.uniqueId",
        "data.room",
        "data.room",
        besides=(
            ("mapping.chat.send.name", "Sent Chat"),
            ("mapping.chat.send.data", {"map": {"Text": "data.text"}}),
        ),
        more=_chats,
    ),
    at(
        "unique-id.repeats",
        "leads",
        "mapping.form.submit.settings.uniqueId",
        ["data.topic"],
        more=_forms,
    ),
    at(
        "unique-id.repeats",
        "fashion",
        "mapping.product.view.settings.uniqueId",
        "data.id",
        more=_daily,
        name="the same product on other days",
    ),
)

ORDERS = (
    at("unique-id.order", "fashion", f"{GONER}.settings.uniqueId", GONE, '"data.id"'),
    at("unique-id.order", "fashion", f"{GONER}.settings.uniqueId", "id", '"data.id"'),
    at("unique-id.order", "wholesale", "mapping.order.refund.settings.uniqueId", GONE, "data.id"),
    at(
        "unique-id.order",
        "fashion",
        "mapping.order.refund.settings.uniqueId",
        GONE,
        '"data.id"',
        where=f"{GONER}.settings.uniqueId",
        besides=(("mapping.order.refund", {"name": "Refunded Order"}),),
        also=("rule.unmet",),
        name="the second of two reversals is told the same",
    ),
    at(
        "unique-id.order",
        "wholesale",
        "mapping.order.refund.settings.uniqueId",
        "data.id",
        '"data.order"',
        event=_in_full,
        name="the refund of all under its own id, which is no order's",
    ),
    at(
        "unique-id.order",
        "gifts",
        "mapping.order.cancel.settings.uniqueId",
        {"cancel": {"name": "Canceled Order", "settings": {"value": "data.total"}}},
        where="mapping.order",
        besides=(
            (
                "mapping.order.complete",
                [
                    {"condition": _is_true, "name": "Placed Order", "settings": ORDER},
                    {"name": "Placed Order", "settings": ORDER},
                ],
            ),
            ("settings.currency", "EUR"),
        ),
        blind=True,
        name="two rules for orders",
    ),
)

TRAITS = (
    at("trait.restless", "fashion", f"{RESTLESS}.LastSeen", "timestamp", "every event"),
    at("trait.restless", "fashion", f"{RESTLESS}.Last", {"key": "id"}, "every event"),
    at("trait.restless", "fashion", f"{RESTLESS}.Time", "timing", blind=True),
    at("trait.restless", "fashion", f"{RESTLESS}.Visit", "user.visit", "Visit", event=_visit),
    at("trait.restless", "fashion", f"{RESTLESS}.Count", "source.count", "count", more=_clicks),
    at("trait.restless", "fashion", f"{RESTLESS}.Trace", "source.trace", more=_clicks),
    at("trait.restless", "fashion", f"{RESTLESS}.Clicks", "data.clicks", "Clicks", more=_clicks),
    at("trait.restless", "magazine", f"{RESTLESS}.Count", "count", "every event"),
    at("trait.restless", "fashion", "settings.identify.map.title", "data.title", more=_clicks),
)

TYPES = (
    at("trait.type", "fashion", "settings.identify.map.firstName", {"value": True}, "firstName"),
    at("trait.type", "fashion", "settings.identify.map.firstname", "user.firstName", '"firstName"'),
    at("trait.type", "fashion", "settings.identify.map.tier", "user.id", "properties"),
    at("trait.type", "fashion", "settings.identify.map.title", "user.age", event=_priced),
    at(
        "trait.type",
        "fashion",
        "settings.identify.map.location",
        {"map": {"zip": "user.zip"}},
        event=_priced,
    ),
    at(
        "trait.type",
        "fashion",
        "settings.identify.map.location",
        {"map": {"ZIP": "user.firstName"}},
        "zip",
        name="an unknown part of a location",
    ),
    at("trait.type", "fashion", "settings.identify", "user.id"),
    at("trait.type", "fashion", "settings.identify.map.properties", "user.firstName"),
    at("trait.type", "fashion", "settings.identify.map.location", {"value": "Graz"}, blind=True),
)

IDENTIFIERS = (
    at("identifier.type", "fashion", "settings.externalId", {"value": "shop"}, "one profile"),
    at("identifier.type", "fashion", "settings.email", {"value": "a@example.com"}, "one profile"),
    at("identifier.type", "tickets", "settings.anonymousId", {"value": "site"}, "one profile"),
    at("identifier.type", "fashion", "settings.email", "user.id", "unusable"),
    at("identifier.type", "fashion", "settings.externalId", "id", "every event", blind=True),
    at("identifier.type", "tickets", "settings.anonymousId", {"key": "source.trace"}, "profile"),
    at("identifier.type", "fashion", "settings.externalId", "globals.lang", "language"),
    at("identifier.type", "fashion", "settings.externalId", "user.device", "anonymousId"),
    at("identifier.type", "fashion", "settings.externalId", ["user.id", "user.session"], "browser"),
    at("identifier.type", "fashion", "settings.email", {"fn": _everybody}, "people"),
    at(
        "identifier.type",
        "fashion",
        "settings.externalId",
        ["user.login", {"value": "shop"}],
        "people",
        name="a constant after all for everybody",
    ),
    at("identifier.type", "fashion", "settings.phoneRegion", {"value": "XX"}, "country"),
    at("identifier.type", "fashion", "settings.externalId", "user", "unusable"),
    Fault("fashion", "identifier.type", "settings.email", event=_undefined, name="undefined"),
    at("identifier.type", "fashion", "settings.phoneNumber", "user.id", "unusable"),
    at("identifier.type", "tickets", "settings.anonymousId", "source", "unusable"),
    at(
        "identifier.type",
        "app",
        "settings.phoneNumber",
        GONE,
        "region",
        where="settings.phoneRegion",
        also=("identity.nobody",),
        name="national numbers and no region",
    ),
    at(
        "identity.nobody",
        "fashion",
        "settings",
        {"email": "user.a", "externalId": "user.b", "currency": "EUR"},
        "user.email",
        also=("path.unknown", "config.doubtful"),
    ),
    at(
        "identity.nobody",
        "app",
        "settings",
        {"currency": "EUR"},
        "user.tel",
        name="only numbers, and no phoneNumber",
    ),
)

GIVEN: Raw = {
    "name": "Gave Money",
    "data": {"map": {"Receipt": "data.receipt"}},
    "settings": {"value": "data.amount", "uniqueId": "data.receipt"},
}
BACK: Raw = {
    "name": "Refunded Order",
    "data": {"map": {"Of": "data.of"}},
    "settings": {"value": "data.total", "uniqueId": "data.refundId"},
}
GIFT = "mapping.gift.donate"


def counted(path: str, event: Callable[[Raw, int], Any], *says: str) -> Fault:
    """An order's amount that is read where something else stands."""
    value = f"{DONE}.settings.value"
    mends = ((value, "data.total"),)
    return at("revenue.other", "fashion", value, path, *says, event=event, mends=mends)


BESIDE = (
    counted("data.shippingCost", _itemized, "the way to the customer", '"data.total"'),
    counted("data.total_tax", _itemized, "the tax"),
    counted("data.itemCount", _itemized, "a number of things"),
    counted("data.points", _itemized, "no amount of money"),
    counted("data.unitPrice", _itemized, "one piece's price"),
    counted("data.fare", _by_the_seat, "price of one piece", "data.seats"),
    Fault("fashion", "revenue.other", f"{DONE}.settings.value", event=_too_early, name="all are 0"),
    Fault(
        "fashion",
        "revenue.other",
        f"{DONE}.settings.value",
        event=_some_cents,
        name="some in cents",
    ),
    Fault(
        "fashion",
        "revenue.other",
        "mapping.product.view.settings.value",
        (("mapping.product.view.settings", {"value": "data.price"}),),
        ("nobody paid",),
        mends=(("mapping.product.view.settings", GONE),),
        name="looks that count",
    ),
    Fault(
        "fashion",
        "revenue.other",
        "mapping.order.refund.settings.value",
        (("mapping.order.refund", BACK),),
        ('"data.refunded"',),
        more=_refunds,
        mends=(("mapping.order.refund.settings.value", "data.refunded"),),
        name="the whole order back",
    ),
    Fault(
        "leads",
        "revenue.other",
        f"{GIFT}.settings.value",
        (("mapping.gift.donate", GIVEN), (f"{GIFT}.settings.value", {"value": 1})),
        ('"data.amount"',),
        more=_gifts_of_money,
        mends=((f"{GIFT}.settings.value", "data.amount"), (f"{GIFT}.settings.currency", "EUR")),
        also=("revenue.currency",),
        name="gifts that count 1",
    ),
    Fault(
        "leads",
        "revenue.unmapped",
        f"{GIFT}.settings.value",
        (("mapping.gift.donate", GIVEN), (f"{GIFT}.settings.value", GONE)),
        (f'{GIFT}.settings.value = "data.amount" and {GIFT}.settings.currency = "data.currency"',),
        more=_gifts_of_money,
        mends=(
            (f"{GIFT}.settings.value", "data.amount"),
            (f"{GIFT}.settings.currency", "data.currency"),
        ),
        name="gifts that count nothing",
    ),
    Fault(
        "leads",
        "unique-id.unmapped",
        f"{GIFT}.settings.uniqueId",
        (
            ("mapping.gift.donate", GIVEN),
            (f"{GIFT}.settings", {"value": "data.amount", "currency": "EUR"}),
        ),
        (f'{GIFT}.settings.uniqueId = "data.receipt"',),
        more=_gifts_of_money,
        mends=((f"{GIFT}.settings.uniqueId", "data.receipt"),),
        name="a gift's page that is loaded again",
    ),
    Fault(
        "leads",
        "metric.twice",
        "mapping.gift.pledge",
        (
            ("mapping.gift.donate", GIVEN),
            ("mapping.gift.pledge", GIVEN),
            ("mapping.gift.pledge.settings.uniqueId", "id"),
            ("settings.currency", "EUR"),
        ),
        more=_gifts_of_money,
        mends=(("mapping.gift.pledge", {"ignore": True}),),
        name="a pledge and its gift",
    ),
    at(
        "unique-id.repeats",
        "fashion",
        f"{DONE}.settings.uniqueId",
        "data.method",
        '"data.id"',
        event=_itemized,
        mends=((f"{DONE}.settings.uniqueId", "data.id"),),
        also=("unique-id.order",),
    ),
    at(
        "unique-id.unmapped",
        "fashion",
        f"{DONE}.settings.uniqueId",
        ["source.trace", "data.id"],
        "new each time",
        mends=((f"{DONE}.settings.uniqueId", "data.id"),),
    ),
    at(
        "unique-id.repeats",
        "fashion",
        "mapping.product.view.settings",
        {"uniqueId": "data.id"},
        "comes to it again",
        mends=(("mapping.product.view.settings.uniqueId", "id"),),
    ),
    Fault(
        "fashion",
        "unique-id.repeats",
        "settings.uniqueId",
        (
            ("settings.uniqueId", "data.id"),
            ("mapping.chat.send", {"name": "Sent Chat", "data": {"map": {"Text": "data.text"}}}),
        ),
        ("Leave settings.uniqueId out",),
        more=_rooms,
        mends=(("settings.uniqueId", GONE),),
        name="one id for all rules",
    ),
    at(
        "backfill.always",
        "fashion",
        f"{DONE}.settings.backfill",
        True,
        "within a visit",
        mends=((f"{DONE}.settings.backfill", GONE),),
    ),
)

REVENUE = (
    Fault("fashion", "revenue.type", f"{DONE}.settings.value", event=_grouped, name="1,299.00"),
    Fault("fashion", "revenue.type", f"{DONE}.settings.value", event=_with_sign, name="EUR 12"),
    Fault("fashion", "revenue.type", f"{DONE}.settings.value", event=_as_object, name="an object"),
    Fault("fashion", "revenue.type", f"{DONE}.settings.value", event=_in_thousands, name="1.299"),
    at("revenue.other", "fashion", f"{DONE}.settings.value", "data.id", "data.total"),
    at("revenue.type", "fashion", f"{DONE}.settings.value", {"value": "12 EUR"}, blind=True),
    Fault(
        "subscriptions",
        "revenue.currency",
        "mapping.subscription.start.settings.value",
        (("settings.currency", GONE),),
        ("settings.currency", "EUR"),
    ),
    at("revenue.currency", "subscriptions", "settings.currency", {"value": "EUX"}, "EUX"),
    at("revenue.currency", "subscriptions", "settings.currency", {"value": "EURO"}, "EURO"),
    at("revenue.currency", "fashion", f"{DONE}.settings.currency", "data.id", "not ISO"),
    Fault(
        "fashion",
        "revenue.currency",
        f"{DONE}.settings.currency",
        event=_in_words,
        name="currencies in words",
    ),
)

CONSENT = (
    at("consent.never", "fashion", "consent", {"marketting": True}, '"marketing"'),
    at("consent.never", "fashion", "consent", {"Marketing": True}, '"marketing"'),
    Fault("fashion", "consent.never", "consent", event=_declined, says=("true on none",)),
    at(
        "consent.never",
        "tickets",
        "mapping.partner.click.consent",
        {"partner": True},
        '"partners"',
    ),
    at("consent.never", "tickets", "mapping.show.view.consent", {"ads": True}, "ads"),
    Fault("fashion", "consent.never", "consent", event=_in_a_word, says=("no string",)),
    at(
        "consent.never",
        "magazine",
        "policy.data.secret",
        {"data.secret": {"key": "data.title", "consent": {"adds": True}}},
        where="policy",
        name="a policy's own consent",
    ),
    at(
        "consent.never",
        "leads",
        "mapping.form.submit.data.map.Budget",
        {"key": "data.budget", "consent": {"profilling": True}},
        '"profiling"',
        name="a value's own consent",
    ),
)

PRIVACY = (
    at("privacy.property", "fashion", f"{DONE}.data.map.Mail", "user.email", "user.email"),
    at("privacy.property", "fashion", f"{DONE}.data.map.Call", {"key": "user.phone"}, "phone"),
    at("privacy.property", "fashion", f"{DONE}.data.map.Who", "user", "everything"),
    at("privacy.property", "fashion", f"{DONE}.data.map.Who", ["data.mail", "user.email"]),
    at(
        "privacy.property",
        "fashion",
        f"{DONE}.data.map.Who",
        {"map": {"Contact": {"map": {"Mail": "user.email"}}}},
        blind=True,
    ),
    at("privacy.property", "fashion", f"{DONE}.include", ["user"], "user", blind=True),
    at("privacy.property", "fashion", "mapping.page.view.include", ["all"], "all"),
    at("privacy.property", "fashion", "include", ["globals", "user"], "user"),
    at("privacy.property", "fashion", "data.map.Mail", "user.email", blind=True),
    at("privacy.property", "magazine", "data", "user", blind=True, also=("config.doubtful",)),
    at("privacy.property", "fashion", f"{DONE}.data.map.Note", "data.note", event=_contact),
    at("privacy.property", "fashion", f"{DONE}.data", "data", "note", event=_contact),
    at("privacy.property", "fashion", f"{DONE}.data.map.Note", {"fn": _whole_person}),
    at("privacy.property", "fashion", f"{DONE}.data.map.Link", "data.link", event=_in_a_link),
    at(
        "privacy.property",
        "fashion",
        f"{DONE}.data.map.Call",
        "data.call",
        event=_in_national_form,
        besides=(("settings.phoneRegion", "DE"),),
    ),
    at(
        "privacy.property",
        "fashion",
        f"{DONE}.include",
        ["user"],
        blind=True,
        besides=((f"{DONE}.remove", ["user_phone"]),),
        name="only one of two taken out again",
    ),
    at(
        "privacy.property",
        "fashion",
        f"{DONE}.data.map.Billing.map.Mail",
        {"map": {"Mail": "user.email"}},
        where=f"{DONE}.data.map.Billing",
        blind=True,
        besides=((f"{DONE}.remove", ["Mail"]),),
        name="a removal that removes nothing",
    ),
    at(
        "privacy.property",
        "fashion",
        f"{DONE}.data.map.Set",
        {"set": ["data.id", "user.email"]},
        blind=True,
    ),
    at(
        "privacy.property",
        "fashion",
        f"{DONE}.include",
        ["user"],
        blind=True,
        besides=((f"{DONE}.remove", ["user_device"]),),
        name="only the device taken out again",
    ),
    at(
        "privacy.property",
        "wholesale",
        f"{DONE}.data.map.Contact",
        "user.mail",
        blind=True,
        name="the path that settings.email reads",
    ),
    at(
        "privacy.property",
        "app",
        f"{DONE}.data.map.Contact",
        "user.tel",
        name="the number that settings.phoneNumber reads",
    ),
)
IDENTIFY = "settings.identify.map"
ANOTHERS = (
    at("trait.other", "fashion", f"{IDENTIFY}.lastName", "user.firstName", "user.lastName"),
    at("trait.other", "fashion", f"{IDENTIFY}.lastName", {"value": "last name"}, blind=True),
    at("trait.other", "fashion", f"{IDENTIFY}.location", {"map": {"country": "globals.lang"}}),
    at(
        "trait.other",
        "fashion",
        f"{IDENTIFY}.location",
        {"map": {"zip": "user.place"}},
        event=_placed_in,
    ),
    at(
        "trait.other",
        "fashion",
        f"{IDENTIFY}.firstName",
        ["data.giftName", "user.firstName"],
        "another",
        event=_as_a_gift,
    ),
    at("trait.other", "fashion", f"{IDENTIFY}.image", "nested.0.data.image", event=_pictured),
    at("trait.other", "fashion", f"{IDENTIFY}.title", "data.id", "several"),
    at("trait.other", "fashion", f"{RESTLESS}.LastOrderId", "data.id", "no order"),
    at(
        "identifier.type",
        "fashion",
        "settings.email",
        ["data.giftMail", "user.email"],
        event=_as_a_gift,
    ),
    at("identifier.type", "fashion", "settings.phoneNumber", "user.postcode", event=_placed_in),
    at("identifier.type", "fashion", "settings.phoneRegion", "FR", '"DE"', event=_at_home),
    at(
        "identifier.type",
        "fashion",
        "settings.externalId",
        "user.desk",
        "several",
        event=_at_a_desk,
    ),
    at("identifier.type", "fashion", "settings.externalId", "user.visit", "visit", event=_by_day),
    at("identifier.type", "fashion", "settings.externalId", "group", "page", blind=True),
    at("identifier.type", "tickets", "settings.anonymousId", "user.email", "user.device"),
    at("identifier.type", "fashion", "settings.kx", "user.id", "external id"),
    at("privacy.secret", "fashion", f"{RESTLESS}.Key", "user.passwordHash", blind=True),
    at("privacy.secret", "fashion", f"{RESTLESS}.Key", "user.odd", event=_with_secrets),
    at(
        "privacy.secret",
        "fashion",
        f"{DONE}.data.map.Pay",
        "data.pay",
        "Pay.iban",
        event=_with_secrets,
    ),
    at(
        "privacy.secret",
        "fashion",
        f"{DONE}.include",
        ["data"],
        "data_pay_iban",
        event=_with_secrets,
    ),
    at("privacy.property", "fashion", f"{DONE}.data.map.Who", "user.mailHash", blind=True),
    at("privacy.property", "fashion", f"{DONE}.data.map.Who", "user.odd", "hashed", event=_hashed),
    at("privacy.property", "fashion", f"{DONE}.data.map.IP", "data.ip", "IP", event=_hashed),
    at(
        "privacy.property", "fashion", f"{DONE}.data.map.Hint", "data.note", "string", event=_hashed
    ),
    at(
        "value.pair",
        "tickets",
        "mapping.booking.complete.data.map.Show",
        "context.show",
        "context.show.0",
    ),
    at(
        "value.pair",
        "tickets",
        "data",
        {"map": {"Hall": {"key": "context.hall"}}},
        "context.hall.0",
    ),
)
REFUSED = (
    Fault(
        "fashion",
        "klaviyo.refuses",
        "timestamp",
        event=_in_seconds,
        says=("seconds",),
        name="seconds",
    ),
    Fault(
        "fashion",
        "klaviyo.refuses",
        DONE,
        ((f"{DONE}.data.map.Legal", "data.legal"),),
        ("100",),
        event=_long,
        name="a long text",
    ),
    Fault(
        "magazine",
        "klaviyo.refuses",
        "mapping.article.read",
        says=("400",),
        event=_wide,
        name="many properties",
    ),
)

SENDERS = (
    Fault("fashion", "sample.ids", "settings.uniqueId", event=_without_id, says=("no id",)),
    Fault("fashion", "sample.ids", "settings.uniqueId", event=_of_a_device, says=("lines",)),
    Fault(
        "fashion",
        "sample.invalid",
        "name",
        event=_one_word,
        says=('"product view"',),
        also=("rule.unmet",),
    ),
    Fault("fashion", "sample.invalid", "timestamp", event=_in_iso, says=("1791799200000",)),
    Fault(
        "fashion",
        "trait.locale",
        f"{ID}.locale",
        changes=((f"{ID}.locale", "globals.lang"),),
        event=_language,
    ),
    at("trait.locale", "fashion", f"{ID}.locale", {"value": "Deutsch"}, "Deutsch"),
    Fault("fashion", "mapping.nothing", f"{ID}.lastName", event=_no_last_name, says=("N/A",)),
)
SPELLED = (
    at("property.near", "fashion", f"{VIEW}.productName", "data.name", '"ProductName"'),
    at(
        "property.near",
        "fashion",
        f"{LINES}.Sku",
        "data.sku",
        '"SKU"',
        besides=((f"{LINE_MAP}.SKU", GONE),),
        where=f"{LINE_MAP}.Sku",
    ),
    at("property.other", "fashion", f"{VIEW}.ProductName", "data.sku", '"data.name"'),
    at(
        "property.other",
        "fashion",
        f"{VIEW}.ProductID",
        "data.sku",
        '"data.id"',
        besides=((f"{VIEW}.SKU", "data.id"),),
    ),
    at(
        "property.other",
        "fashion",
        f"{DONE}.data.map.ItemNames",
        "nested.0.data.name",
        '"nested.*.data.name"',
    ),
    at("property.other", "fashion", f"{DONE}.data.map.OrderId", "user.id", '"data.id"'),
    at("property.other", "fashion", f"{VIEW}.Price", "data.sku", '"data.price"'),
    at("value.path", "fashion", f"{DONE}.name", "{{ event.name }}", "template"),
)
POLICIES = (
    at("policy.overwrites", "marketplace", "policy", {"data.currency": {"value": "GBP"}}, "key = "),
    at("policy.overwrites", "fashion", f"{DONE}.policy", {"data.total": "nested.0.data.price"}),
    at(
        "policy.overwrites",
        "fashion",
        f"{DONE}.policy",
        {"data.id": "id"},
        also=("unique-id.order",),
    ),
    at(
        "consent.forced",
        "fashion",
        "policy",
        {"consent.marketing": {"value": True}},
        besides=(("consent", GONE),),
    ),
    at(
        "consent.forced",
        "fashion",
        "policy",
        {"consent": {"value": {"marketing": True}}},
        besides=(("consent", GONE),),
    ),
    at("path.unknown", "fashion", "policy", {"user.phoen": {}}, '"user.phone"'),
    at("consent.missing", "fashion", "consent", {"functional": True}, "marketing"),
    at("consent.any", "fashion", "consent", {"functional": True, "marketing": True}, "is enough"),
)
DROPPED = (
    at(
        "rule.no-orders",
        "fashion",
        "mapping.order.*",
        {"ignore": True},
        "Placed Order",
        besides=((DONE, GONE),),
    ),
    at(
        "rule.no-orders",
        "fashion",
        DONE,
        [{"name": "Big Order", "condition": _is_huge, "settings": ORDER}],
        besides=(("mapping.*", {"*": {"ignore": True}}),),
        also=("rule.unmet",),
    ),
    at(
        "rule.unmet",
        "fashion",
        f"{DONE}[0].condition",
        [{"name": "Big Order", "condition": _is_huge}, {"name": "Placed Order", "settings": ORDER}],
        '"data.total"',
        where=DONE,
    ),
    at(
        "metric.swapped",
        "fashion",
        "mapping.cart.remove.name",
        "Added to Cart",
        '"Removed from Cart"',
        also=("rule.unmet",),
    ),
    at(
        "metric.swapped",
        "fashion",
        "mapping.product.*.name",
        "Added to Cart",
        "product view",
        besides=(("mapping.product.view", GONE),),
    ),
    at("metric.near", "fashion", f"{DONE}.name", GONE, '"Placed Order"'),
)
DOUBTFUL = (
    at("config.doubtful", "fashion", "mock", {"ok": True}, "nothing is sent"),
    at(
        "config.doubtful",
        "fashion",
        "mapping.user.login.silent",
        True,
        "ignore",
        besides=(("settings.identify", GONE),),
    ),
    at(
        "config.doubtful",
        "fashion",
        f"{DONE}.batch.Size",
        {"Size": 100},
        '"size"',
        where=f"{DONE}.batch",
    ),
    at(
        "config.doubtful",
        "fashion",
        f"{DONE}.batch.size",
        {"size": 5_000},
        "1000",
        where=f"{DONE}.batch",
    ),
    at("config.doubtful", "fashion", f"{DONE}.batch", 86_400_000, "24 hours"),
    at("config.doubtful", "fashion", f"{DONE}.policy", {"data.sum": "data.total"}, "data.sum"),
    at("config.doubtful", "fashion", DONE, [], "empty", also=("unique-id.order",)),
    at("config.doubtful", "fashion", "include[1]", ["globals", "golbals"], where="include"),
    at("config.doubtful", "fashion", f"{DONE}.data.map.X", {"consent": {"marketing": True}}),
    at("config.doubtful", "fashion", f"{DONE}.consent", {"marketing": False}),
)

LOST = (
    at("mapping.useless", "fashion", f"{DONE}.data.map.X", {"fn": _raises}, "KeyError"),
    at("mapping.useless", "fashion", f"{DONE}.data", "data.id", "which is lost"),
    at(
        "mapping.useless",
        "fashion",
        f"{DONE}.data.map.X",
        {"map": {"Y": {"key": "data.id", "validate": _is_false}}},
        "validate",
    ),
    at(
        "event.kept-back",
        "fashion",
        f"{DONE}[0].condition",
        [{"condition": _raises, "name": "Placed Order"}, {"name": "Placed Order"}],
        "KeyError",
        where=DONE,
        also=("unique-id.order", "unique-id.unmapped", "revenue.unmapped"),
        name="a condition that raises",
    ),
    at("event.kept-back", "fashion", "policy.timestamp", {"timestamp": "data.id"}, where="policy"),
    at(
        "event.kept-back",
        "fashion",
        f"{DONE}.policy.name",
        {"name": {"value": "order"}},
        where=f"{DONE}.policy",
    ),
)

LOGIN = "mapping.user.login"


def subscribes(code: str, path: str, said: Raw, *says: str, **more: Any) -> Fault:
    """A fault of the rule of logins, which subscribes; its mend is another rule."""
    rule = {"silent": True, "consent": {"marketing": True}, **said}
    mend = more.pop("mend")
    mended = {"silent": True, "consent": {"marketing": True}, **mend}
    return Fault(
        "fashion",
        code,
        f"{LOGIN}.{path}",
        ((LOGIN, rule), *more.pop("besides", ())),
        says,
        mends=((LOGIN, mended), *more.pop("too", ())),
        **more,
    )


def to(subscribe: Any, name: str = "subscribe") -> Raw:
    """Settings of a rule."""
    return {"settings": {name: subscribe}}


def _no_phone(event: Raw, at: int) -> None:
    event["user"].pop("phone", None)


def _no_email(event: Raw, at: int) -> None:
    event["user"].pop("email", None)


LIST = "settings.subscribe.list"
SUBSCRIPTIONS = (
    subscribes(
        "subscription.consent",
        "consent",
        {"consent": {"functional": True}, **to(True)},
        "functional",
        "marketing",
        besides=(("consent", {"functional": True}),),
        too=(("consent", {"marketing": True}),),
        mend=to(True),
        also=("consent.missing",),
    ),
    subscribes(
        "subscription.consent",
        "consent",
        {"consent": {"functional": True, "marketing": True}, **to(True)},
        "whoever grants functional",
        besides=(("consent", {"functional": True}),),
        too=(("consent", {"marketing": True}),),
        mend=to(True),
        also=("consent.missing", "consent.any"),
        name="either of two",
    ),
    subscribes(
        "subscription.list", LIST, to({"list": "Newsletter"}), "Y6nRLr",
        mend=to({"list": "Y6nRLr"}),
    ),
    subscribes(
        "subscription.list", LIST, to({"list": "Our news"}), "Our news",
        mend=to({"list": "Y6nRLr"}), also=("path.unknown",),
    ),
    subscribes(
        "subscription.list", "settings.lists[1]", {"settings": {"lists": ["Y6nRLr", "ABC1234"]}},
        "ABC1234", mend={"settings": {"lists": ["Y6nRLr", "ABC123"]}},
    ),
    subscribes(
        "subscription.all", "settings.unsubscribe.list",
        to({"list": "Y6nRLr"}, "unsubscribe"), "not on that list", mend=to(True, "unsubscribe"),
    ),
    subscribes(
        "subscription.all", "settings.unsubscribe.list",
        to({"channels": ["email"], "list": ["data.list", {"value": "Y6nRLr"}]}, "unsubscribe"),
        mend=to({"channels": ["email"]}, "unsubscribe"), also=("path.unknown",),
    ),
    subscribes(
        "subscription.source", "settings.subscribe.source", to({"source": "data.firstName"}),
        'source = { key = "data.firstName" }', mend=to({"source": {"key": "data.firstName"}}),
    ),
    subscribes(
        "subscription.source", "settings.subscribe.source", to({"source": "globals.lang"}),
        mend=to({"source": {"key": "globals.lang"}}),
    ),
    subscribes(
        "subscription.unreachable", "settings.subscribe.channels",
        to({"channels": ["email", "sms"]}), "sms", "settings.phoneNumber",
        mend=to({"channels": ["email"]}), event=_no_phone,
        besides=(("settings.phoneNumber", GONE),), too=(("settings.email", "user.email"),),
    ),
    subscribes(
        "subscription.unreachable", "settings.unsubscribe.channels",
        to({"channels": ["sms", "email"]}, "unsubscribe"), "email", "settings.email",
        mend=to({"channels": ["sms"]}, "unsubscribe"), event=_no_email,
        besides=(("settings.email", None),),
    ),
    Fault(
        "fashion", "subscription.browsing", "mapping.page.view.settings.subscribe",
        (("mapping.page.view.consent", {"marketing": True}),
         ("mapping.page.view.settings", {"subscribe": True})),
        ("page view", 'channels = { email = "data.email" }'),
        mends=(("mapping.page.view.settings", {}),),
    ),
    Fault(
        "fashion", "subscription.browsing", "mapping.product.view.settings.subscribe",
        (("mapping.product.view.consent", {"marketing": True}),
         ("mapping.product.view.settings", {"subscribe": {"channels": ["email", "sms"]}})),
        ("product view", "email and sms"),
        mends=(("mapping.product.view.settings", {}),),
    ),
)  # fmt: skip

FAULTS = (
    *MEANT_WELL,
    *LOST,
    *NEAR,
    *UNREACHABLE,
    *UNMET,
    *PATHS,
    *ONCE,
    *ORDERS,
    *TRAITS,
    *TYPES,
    *IDENTIFIERS,
    *BESIDE,
    *REVENUE,
    *CONSENT,
    *PRIVACY,
    *ANOTHERS,
    *REFUSED,
    *DOUBTFUL,
    *SENDERS,
    *SPELLED,
    *POLICIES,
    *DROPPED,
    *SUBSCRIPTIONS,
)


def name_of(fault: Fault) -> str:
    """For the list of tests."""
    value = fault.name or fault.event.__name__
    if fault.changes and not fault.name:
        value = "gone" if fault.changes[0][1] is GONE else str(fault.changes[0][1])
    value = re.sub(" at 0x[0-9a-f]+", "", value)  # an address differs from process to process
    return f"{fault.code}:{fault.path.rpartition('mapping.')[2]}={value[:40]}".replace(" ", "-")


def cases() -> Iterator[Any]:
    """Every fault, and whether it is shown too: an event that shows it is looked for long.

    Of each code the first is; the others besides, where there is time.
    """
    seen: Counter[str] = Counter()
    for fault in FAULTS:
        seen[fault.code] += 1
        is_shown = fault.code in SHOWN
        is_quick = not is_shown or seen[fault.code] == 1
        yield pytest.param(fault, is_shown and is_quick, id=name_of(fault))
        if not is_quick:
            yield pytest.param(fault, True, id=f"{name_of(fault)}-shown", marks=pytest.mark.whole)


@pytest.mark.parametrize(("fault", "is_shown"), [*cases()])
def test_a_fault_is_found_at_its_place_with_what_to_write(fault: Fault, is_shown: bool) -> None:
    """The code, the place, the words that mend it, and an event that shows it."""
    config, one, found = find(fault, is_shown)
    assert one.advice
    assert one.why
    for word in fault.says:
        assert word in f"{one.message} {one.advice}", (one.message, one.advice)
    if one.example is not None:
        assert shows(config, one), one.example
        if one.example.line is not None:
            assert fault.shop.events[one.example.line - 1] == one.example.event
    if is_shown:
        assert one.example is not None
        assert one.example.call is not None
        assert exhibits(one), one.example.call
    others = {each.code for each in found} - {fault.code, *fault.also, "loss.some"}
    assert not others, said(found)


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.mends], ids=name_of)
def test_a_remedy_that_is_followed_leaves_nothing_to_find(fault: Fault) -> None:
    """Neither the fault nor another one in its place."""
    mended = changed(fault.shop.config, *fault.mends)
    found = quick(parse_config(mended), fault.shop.sample)
    assert found == (), said(found)


EVERY_TIME: tuple[tuple[str, Any, str], ...] = (
    (f"{DONE}.data.map.X", {"fn": _raises}, "a function that raises"),
    (f"{DONE}.data.map.X", {"key": "data.id", "validate": _raises}, "a validation that raises"),
    (f"{DONE}.data.map.X", {"key": "data.id", "validate": _is_false}, "never valid"),
    (f"{DONE}.data", "data.id", "data that is no object"),
    (f"{DONE}.settings.uniqueId", "data", "a unique id that is an object"),
    (f"{DONE}.settings.uniqueId", ["data.nothing", {"value": "order"}], "a constant after all"),
    (f"{DONE}.settings.backfill", "data.id", "a backfill that is no boolean"),
    ("disabled", True, "switched off"),
)


@pytest.mark.parametrize(
    ("place", "value"), [one[:2] for one in EVERY_TIME], ids=[one[2] for one in EVERY_TIME]
)
def test_what_goes_wrong_with_every_event_is_a_finding(place: str, value: Any) -> None:
    """The pipeline says so of each event of the sample; so must the check, at the place."""
    one = twisted("fashion", (place, value))
    found = quick(parse_config(one.config), one.sample)
    assert any(is_at_or_below(each.path, place) for each in found), said(found)


def test_a_condition_that_raises_is_not_taken_for_a_rule_that_no_event_meets() -> None:
    """Every order of the sample is kept back, and no other name would help."""
    one = twisted("fashion", (DONE, [{"condition": _raises, "name": "Placed Order"}]))
    found = quick(parse_config(one.config), one.sample)
    assert [each.path for each in found if each.code != "rule.unmet"], said(found)
    assert any("raise" in each.message for each in found), said(found)


def test_a_null_within_is_no_fault_of_a_mapping() -> None:
    """A null in each item of a list costs the list nothing, nor those who read other parts."""
    for value in ("nested", {"key": "nested.*.data"}, {"loop": ["nested", "data.id"]}):
        one = twisted("fashion", (f"{DONE}.data.map.X", value), event=_holds_null)
        found = quick(parse_config(one.config), one.sample)
        assert found == (), said(found)


def test_what_stays_empty_is_shown_empty() -> None:
    """An example of a path that no event has is an event without it, best one of the sample."""
    fault = at("path.unknown", "fashion", f"{GONER}.data.map.Reason", "data.raeson")
    config, one, _ = find(fault, is_shown=True)
    assert one.example is not None
    assert shows(config, one)
    assert "Reason" not in one.example.call[1]["data"]["attributes"]["properties"]


def test_a_loop_over_nothing_is_one_finding_not_one_for_each_of_its_fields() -> None:
    """Its fields are sound; told that they are not, a person breaks what was right."""
    place = f"{DONE}.data.map.Items.loop"
    fault = at("path.unknown", "fashion", f"{place}[0]", "data.nested", where=f"{place}.0")
    _, _, found = find(fault, is_shown=False)
    assert [one.path for one in found] == [f"{place}[0]"], said(found)


def test_a_list_that_no_event_meets_is_not_told_its_own_name() -> None:
    """The name is right, and its conditions are not: no other name is to be written."""
    fault = at(
        "rule.unmet",
        "gifts",
        "mapping.voucher.use",
        [{"condition": _is_false, "name": "A"}, {"condition": _is_false, "name": "B"}],
    )
    _, one, _ = find(fault, is_shown=False)
    assert 'did you mean "voucher use"' not in one.message


def test_a_remedy_within_a_loop_names_a_path_of_its_items() -> None:
    """What stands outside of an item, or below its own list, cannot be read from there."""
    for path in ("data.curency", "data.skuu", "nested.*.data.nmae"):
        value = {"loop": ["nested", {"map": {"SKU": path}}]}
        one = twisted("fashion", (f"{DONE}.data.map.Items", value))
        (found,) = quick(parse_config(one.config), one.sample)
        assert "*" not in found.advice
        assert "currency" not in found.advice


def test_a_question_gives_its_own_kinds_only() -> None:
    """So that who reads of a kind finds the code, and the table has no kind without a question."""
    of = {code: question.name for question in QUESTIONS for code in question.kinds}
    assert len(of) == sum(len(question.kinds) for question in QUESTIONS)
    seen = set()
    for fault in FAULTS[::6]:
        config = parse_config(fault.shop.config)
        sample = look(config, fault.shop.sample)
        for question in QUESTIONS:
            found = [one for asked in question.lints for one in asked(config)]
            found += [one for asked in question.judges for one in asked(config, sample)]
            seen |= {one.code for one in found}
            assert all(of[one.code] == question.name for one in found), said(tuple(found))
    assert len(seen) > 20


def test_what_is_at_fault_is_not_cut_from_its_example() -> None:
    """A report shows the beginning of a long event and call."""
    fault = at("revenue.type", "fashion", f"{DONE}.settings.value", "data.odd", event=_odd)
    _, one, _ = find(fault, is_shown=True)
    assert one.example is not None
    assert json.dumps(one.example.event).startswith('{"name": "order complete", "data": {"odd":')
    fault = at("privacy.property", "fashion", f"{DONE}.data.map.Note", "data.note", event=_contact)
    _, one, _ = find(fault, is_shown=True)
    assert one.example is not None
    beginning = json.dumps(one.example.call[1]["data"]["attributes"])[:40]
    assert beginning.startswith('{"properties": {"Note":')


def test_the_same_seed_finds_the_same() -> None:
    """So that a pull request that failed yesterday fails today in the same words."""
    fault = at("metric.near", "fashion", f"{DONE}.name", "Placed order")
    assert find(fault, is_shown=True)[2] == find(fault, is_shown=True)[2]


def test_every_kind_of_finding_is_seeded() -> None:
    """Twice at least; the account and losses have their own tests, a law breaks by no mistake."""
    seeded = [fault.code for fault in FAULTS]
    for code in KINDS:
        if (
            not code.startswith(("account.", "law.", "sample.", "loss."))
            and code != "identity.nobody"
        ):
            assert seeded.count(code) >= 2, code
