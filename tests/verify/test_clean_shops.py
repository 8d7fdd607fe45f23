"""Nothing is found where nothing is wrong: a check that cries wolf is soon switched off.

Ten shops, with and without a sample of their events; and habits that look odd and are sound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from tests.verify.shops import (
    GONE,
    ITEM,
    NAMES,
    Change,
    Raw,
    Shop,
    Street,
    nothing_more,
    shop,
    twisted,
    untouched,
)
from tests.verify.tries import tries

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.verify import showing
from walkeros_klaviyo.verify.check import Report, check
from walkeros_klaviyo.verify.questions.near import near_metric

SEED = 20_261


@pytest.fixture(autouse=True)
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is wrong no example is looked for; where a test fails, none is waited for."""
    monkeypatch.setattr(showing, "TRIES", 10)


def told(report: Report) -> list[str]:
    """What was found, for a person who reads the failure; but what a few spoilt events lose."""
    found = (one for one in report.findings if one.code != "loss.some")
    return [f"{one.code} {one.path}: {one.message}" for one in found]


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_shop_has_no_finding(name: str) -> None:
    """Neither as it is written nor held against its events, nor by any law."""
    one = shop(name)
    config = parse_config(one.config)
    with_sample = check(config, one.sample, examples=tries(30), seed=SEED)
    assert told(with_sample) == []
    assert with_sample.errors == 0
    assert with_sample.events == len(one.events)
    assert told(check(config, examples=5, seed=SEED + 1)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_samples_are_like_real_ones(name: str) -> None:
    """So that the test above means something: enough of them, repetitions, some that do not go."""
    events = shop(name).events
    assert 60 <= len(events) <= 300
    assert len({one["id"] for one in events}) < len(events)
    transform = pipeline(parse_config(shop(name).config))
    assert {transform.plan(one).outcome for one in events} > {"send"}


def _with_a_list(event: Raw, at: int) -> None:
    if event["name"] == "page view":
        event["data"] |= {"list": "ABC123", "news": at % 2 == 0}


@frozen
class Habit:
    """Something odd and sound: what it changes in a shop and in its events."""

    name: str
    base: str
    changes: tuple[Change, ...] = ()
    event: Callable[[Raw, int], Any] = untouched
    more: Callable[[Street, list[Raw]], Any] = nothing_more

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    @property
    def shop(self) -> Shop:
        """The shop that has it."""
        return twisted(self.base, *self.changes, event=self.event, more=self.more)


def _logged_out(event: Raw, at: int) -> None:
    """A site that fills in what it does not know with empty texts."""
    if at % 4:
        event["user"] |= {"email": "", "phone": "", "id": event["user"].get("id", "")}
        event["user"]["id"] = event["user"]["id"] or f"G-{at}"


def _small_country(event: Raw, at: int) -> None:
    event["globals"]["country"] = event["globals"].get("country", "de").lower()


def _pairs(event: Raw, at: int) -> None:
    event["data"]["pairs"] = [["size", "M"], ["colour", "red"]]


def _wishes(event: Raw, at: int) -> None:
    event["data"]["channels"] = {"email": at % 2 == 0, "phone": False}


def _place(event: Raw, at: int) -> None:
    event["data"]["branch"] = {
        "city": "Graz",
        "phone": "+43316123456",
        "email": "graz@shop.example",
    }


def _booking(event: Raw, at: int) -> None:
    if "booking" in event["data"]:
        event["context"]["booking"] = [event["data"].pop("booking"), 0]


def _renewals(street: Street, visitors: list[Raw]) -> None:
    """Three people whose box comes every month."""
    for month in range(4):
        for at, user in enumerate(visitors[:3]):
            due = {"plan": "small", "price": 19, "invoice": f"J-{at}-{month}"}
            due |= {"next": f"2027-{month + 1:02d}-15", "failed": "card"}
            street.add("subscription renew", user, due)
    for number in range(60):
        street.add("page scroll", visitors[number % 9], {"depth": number})


def _logins(street: Street, visitors: list[Raw]) -> None:
    for number in range(5):
        for user in visitors[:3]:
            street.add("user login", user, {"at": f"2026-11-{number + 10}"})


def _reviews(street: Street, visitors: list[Raw]) -> None:
    """The same customer writes of some products."""
    for number in range(6):
        street.add("product rate", visitors[number % 2], {"product": f"P-{number}", "stars": 5})


def _gift_cards(street: Street, visitors: list[Raw]) -> None:
    for number in range(6):
        data = {"id": f"GC-{number}", "total": 50, "currency": "EUR"}
        street.add("giftcard buy", visitors[number % 3], data)


def _parcels(street: Street, visitors: list[Raw]) -> None:
    """One order, several parcels: each its own event with an id of its own."""
    for number in range(6):
        data = {"order": f"O-{number % 2}", "parcel": f"Z-{number}"}
        street.add("parcel send", visitors[number % 2], data)


def _two_refunds(street: Street, visitors: list[Raw]) -> None:
    for number in range(2):
        data = {"of": "A-1", "part": f"RF-x{number}", "total": 1, "currency": "EUR"}
        street.add("order refund", visitors[0], data, globals={"currency": "EUR"})


def _typed_twice(event: Raw, at: int) -> None:
    event["custom"] = {"legacy": event["name"].replace("order complete", "purchase done")}


def _is_sale(value: Any, event: Any) -> bool:
    return event.get("data", {}).get("kind") == "sale"


def _is_rent(value: Any, event: Any) -> bool:
    return event.get("data", {}).get("kind") == "rent"


def _kind(event: Raw, at: int) -> None:
    event["custom"] = {"kind": ("sale", "rent")[at % 2]}


def _told_again(street: Street, visitors: list[Raw]) -> None:
    """The order's page once more from a mail; the shop's server tells it too, with more of it."""
    for number in range(12):
        order = {"id": f"A-{number}", "total": 10 + number, "currency": "EUR"}
        page = {"url": f"https://shop.example/done?o={number}"}
        street.add("order complete", visitors[number], order, nested=[], source=page)
        page = {"url": f"{page['url']}&utm_source=mail"}
        street.add("order complete", visitors[number], order, nested=[], source=page)
        street.add("order complete", visitors[number], order | {"coupon": "X"}, nested=[])


def _accounts(street: Street, visitors: list[Raw]) -> None:
    for user in visitors:
        street.add("account create", user, {"via": "mail"})


def _buttons(street: Street, visitors: list[Raw]) -> None:
    for user in visitors:
        street.add("button click", user, {"label": "Place Order"})


def _gifts(street: Street, visitors: list[Raw]) -> None:
    """Sent to somebody; once to oneself."""
    for number, user in enumerate(visitors):
        to = "aunt@example.org" if number else user["email"]
        street.add("gift send", user, {"to": to, "of": number})


def _old_orders(street: Street, visitors: list[Raw]) -> None:
    """Short numbers; what is canceled was ordered before the sample's days."""
    for number in range(20):
        street.add("order complete", visitors[number % 9], {"id": number + 1, "total": 5})
    for number in range(6):
        gone = {"orderId": 900 + number, "items": number % 4 + 1, "total": 3}
        street.add("purchase cancel", visitors[number], gone)


def _invoices(street: Street, visitors: list[Raw]) -> None:
    """A feed of what happened over months: each raises what the shop knows."""
    for month in range(20):
        street.now += 5 * 86_400_000
        for user in visitors[:3]:
            street.add("page view", {**user, "orders": month}, {"title": f"Invoice {month}"})


def _refund(street: Street, visitors: list[Raw]) -> None:
    """One, of lines that have a null; and what is played, of which the start is ignored."""
    nested = [{"entity": "product", "data": {"id": "P-1", "colour": None}}]
    street.add("order cancel", visitors[0], {"id": "O-100", "reason": "broken"}, nested=nested)
    street.add("video pause", visitors[0], {"at": 7})


def _size(value: Any, event: Any) -> int:
    return len(event["nested"])


def _images(event: Raw, at: int) -> None:
    if event["name"] == "product view":
        event["data"]["images"] = ["/front.webp"]


def _stores(event: Raw, at: int) -> None:
    """A form with the visitor's address, and the branches with their own."""
    event["user"].pop("email", None)
    event["data"]["email"] = f"{event['user'].get('id', f'guest{at}')}@example.com"
    event["data"]["branches"] = [{"data": {"email": "graz@shop.example"}}]


def _transaction(event: Raw, at: int) -> None:
    event["globals"]["transaction"] = f"T-{event['id']}"


def _opted_in(event: Raw, at: int) -> None:
    event["user"]["optin"] = {"email": at % 2 == 0}


def _strangers(event: Raw, at: int) -> None:
    """A site that writes a word for whom it does not know."""
    if at % 5:
        event["user"] |= {"email": "not logged in", "id": "null", "phone": "+4915123456789"}


def _currency(event: Raw, at: int) -> None:
    event["data"].pop("currency", None)


def _logged_out(event: Raw, at: int) -> None:
    event["user"]["login"] = "null"


def _numbered(event: Raw, at: int) -> None:
    event["user"] |= {"age": 41, "zip": 8010}


def _unstocked(event: Raw, at: int) -> None:
    event["data"]["coupon"] = None
    for one in event["nested"]:
        one["data"]["stock"] = None


def _unnamed(event: Raw, at: int) -> None:
    event["user"]["nick"] = None


def _status_page(street: Street, visitors: list[Raw]) -> None:
    """The order's page is looked at again, some days later, and the parcel is on its way."""
    for at, user in enumerate(visitors[:8]):
        order = {"id": f"O-8{at}", "total": at + 9, "currency": "EUR", "status": "paid"}
        for days, status in ((0, "paid"), (1 + at, "packed"), (2 * at, "sent")):
            street.now += days * 86_400_000
            street.add("order complete", user, {**order, "status": status}, nested=[])


def _guests(event: Raw, at: int) -> None:
    """Who has no account leaves an address."""
    if "email" in event["user"]:
        event["user"].pop("id")


def _colleagues(event: Raw, at: int) -> None:
    if event["user"].get("id") in ("C-1002", "C-1003"):
        event["user"]["email"] = "office@example.org"


def _campaigns(street: Street, visitors: list[Raw]) -> None:
    """Everybody uses the voucher of the campaign, once."""
    for user in visitors:
        street.add("code use", user, {"campaign": "FALL"})


def _in_two_currencies(event: Raw, at: int) -> None:
    if "currency" in event["data"] and event["user"].get("id", "0")[-1] in "02468":
        event["data"]["currency"] = "CHF"


def _brands(event: Raw, at: int) -> None:
    event["data"]["brand"] = ("Loden", "Leinen")[at % 2]
    event["data"]["points"] = 100 * int(event["data"].get("total", 0))


def _one_order(street: Street, visitors: list[Raw]) -> None:
    street.add("gift order", visitors[0], {"id": "G-1", "total": "1,299.00"})


def _denied(event: Raw, at: int) -> None:
    """Who refuses says so, and the destination asks."""
    if at % 4 == 1:
        event["consent"] = {"functional": True, "marketing": False}


def _net(event: Raw, at: int) -> None:
    if "total" in event["data"]:
        net = int(event["data"]["total"] / 1.2)
        event["data"] |= {"net": net, "fee": net / 100}


def _no_statistics(event: Raw, at: int) -> None:
    if at % 3 == 0:
        event["consent"]["statistics"] = False


def _unknown(event: Raw, at: int) -> None:
    if at % 3:
        event["user"] = {"device": event["user"]["device"]}


def _renewed(street: Street, visitors: list[Raw]) -> None:
    for month in range(12):
        street.now += 30 * 86_400_000
        data = {"plan": "small", "price": 19, "id": "SUB-1", "invoice": f"I-9-{month}"}
        street.add("subscription renew", visitors[0], data)


def _by_the_night(event: Raw, at: int) -> None:
    """One of four nights is paid at once."""
    data = event["data"]
    if event["name"] == "order complete":
        data |= {"deposit": data["total"], "nights": 4, "total": 4 * data["total"]}


def _reduced(event: Raw, at: int) -> None:
    data = event["data"]
    if event["name"] == "order complete":
        data |= {"discountPrice": data["total"], "totalWithTax": data["total"], "fee": 2}
        data |= {"price": data["total"] + 5, "total": data["total"] + 1}


def _companions(street: Street, visitors: list[Raw]) -> None:
    """Each of a party is told of its trip; one pays for the same twice, on purpose."""
    for at, user in enumerate(visitors[:12]):
        trip = {"trip": f"T-{at // 3}", "seatNo": f"{at}A", "amount": 20 + at, "currency": "EUR"}
        street.add("trip book", user, trip)
    for _ in range(4):
        pack = {"packId": "ten", "amount": 10, "currency": "EUR"}
        street.add("credit buy", visitors[0], pack)
        street.add("credit buy", visitors[1], pack)


def _trials(street: Street, visitors: list[Raw]) -> None:
    """Nothing is paid before the trial ends, nor with a voucher for all of it."""
    for at, user in enumerate(visitors[:8]):
        trial = {"id": f"TR-{at}", "total": 0, "price": 79, "currency": "EUR"}
        street.add("trial order", user, trial)
        gone = {"id": f"V-{at}", "total": 0, "subtotal": 30, "voucher": 30, "currency": "EUR"}
        street.add("voucher order", user, gone)


def _tills(street: Street, visitors: list[Raw]) -> None:
    """What was sold at the till, told at night."""
    for at, user in enumerate(visitors[:6]):
        street.now += 86_400_000
        sold = {"slip": f"S-{at}", "sum": 5 + at}
        street.add("till sale", {"email": user["email"]}, sold)


def paid(name: str, value: str, event: Callable[[Raw, int], Any]) -> Habit:
    """Something that could be taken for a part of the amount."""
    return Habit(name, "fashion", ((f"{ORDER}.settings.value", value),), event)


def own(metric: str, value: str, unique_id: str, **more: Any) -> Raw:
    """A rule for payments of its own."""
    return {"name": metric, "settings": {"value": value, "uniqueId": unique_id, **more}}


ORDER = "mapping.order.complete"
HABITS = (
    Habit(
        "a silent rule that only unsubscribes, and one that only puts on a list",
        "fashion",
        (
            ("settings.identify", None),
            ("mapping.user.login", {"silent": True, "settings": {"unsubscribe": True}}),
            ("mapping.page.view", {"silent": True, "settings": {"lists": ["Y6nRLr", "data.list"]}}),
        ),
        event=_with_a_list,
    ),
    Habit(
        "the page says who wants messages, and whoever asks for nothing else is asked above",
        "fashion",
        (
            ("mapping.page.view.consent", {"functional": True}),
            (
                "mapping.page.view.settings",
                {"subscribe": {"channels": {"email": "data.news"}, "source": "Footer"}},
            ),
        ),
        event=_with_a_list,
    ),
    paid("a deposit of as much as a night costs", "data.deposit", _by_the_night),
    paid("a reduced price", "data.discountPrice", _reduced),
    paid("a total with tax", "data.totalWithTax", _reduced),
    Habit(
        "companions share a booking, and the same pack is bought again",
        "fashion",
        (
            ("mapping.trip.book", own("Booked Trip", "data.amount", "data.trip")),
            ("mapping.credit.buy", own("Bought Credit", "data.amount", "id")),
        ),
        more=_companions,
    ),
    Habit(
        "orders that cost nothing: trials and vouchers",
        "fashion",
        (
            ("mapping.trial.order", own("Ordered Trial", "data.total", "data.id")),
            ("mapping.voucher.order", own("Used Voucher", "data.total", "data.id")),
        ),
        more=_trials,
    ),
    Habit(
        "what the till sold is told at night, and starts no flow",
        "fashion",
        (("mapping.till.sale", own("Placed Order", "data.sum", "data.slip", backfill=True)),),
        more=_tills,
    ),
    Habit(
        "the value of a lead, which is always the same",
        "fashion",
        (("mapping.page.view.settings", {"value": {"value": 2}}),),
    ),
    Habit(
        "the order's id, else the event's, in all rules for orders",
        "fashion",
        (
            (f"{ORDER}.settings.uniqueId", ["data.id", "id"]),
            ("mapping.order.cancel.settings.uniqueId", ["data.id", "id"]),
        ),
    ),
    Habit(
        "refunds of a part under ids of their own",
        "wholesale",
        (("mapping.order.refund.settings.uniqueId", "data.id"),),
    ),
    Habit(
        "a first-party id of the device beside the person's",
        "fashion",
        (("settings.anonymousId", "user.device"),),
    ),
    Habit("guests who leave an address only", "fashion", (), _guests),
    Habit("colleagues who share an address", "fashion", (), _colleagues),
    Habit("an order's page that is looked at again", "fashion", (), more=_status_page),
    Habit(
        "one campaign's code, which everybody uses once",
        "fashion",
        (
            ("mapping.code", {"use": {"name": "Used Code"}}),
            ("mapping.code.use.settings", {"uniqueId": "data.campaign"}),
        ),
        more=_campaigns,
    ),
    Habit("two currencies, as the events say", "fashion", (), _in_two_currencies),
    Habit(
        "several brands, and points by the amount",
        "fashion",
        ((f"{ORDER}.data.map.Brand", "data.brand"), (f"{ORDER}.data.map.Points", "data.points")),
        _brands,
    ),
    Habit(
        "a single order, whose amount is a string",
        "fashion",
        (
            ("mapping.gift", {"order": {"name": "Ordered Gift"}}),
            ("mapping.gift.order.settings", {"value": "data.total", "uniqueId": "data.id"}),
        ),
        more=_one_order,
    ),
    Habit("who refuses is not sent, for the destination asks", "fashion", (), _denied),
    Habit(
        "walkerOS's own fields, and the older name of silent",
        "fashion",
        (("loadScript", True), (f"{ORDER}.batchFn", "x"), ("mapping.user.login", {"skip": True})),
    ),
    Habit(
        "the net amount, beside it the gross one, and a fee of one percent",
        "fashion",
        ((f"{ORDER}.settings.value", "data.net"),),
        _net,
    ),
    Habit(
        "statistics refused, and marketing granted",
        "wholesale",
        (),
        _no_statistics,
    ),
    Habit(
        "mostly visitors whom only their device tells",
        "fashion",
        (("settings.anonymousId", "user.device"),),
        _unknown,
    ),
    Habit("a year of renewals, each under its invoice", "subscriptions", (), more=_renewed),
    Habit(
        "a constant of the shop's own where an event has none",
        "fashion",
        ((f"{ORDER}.data.map.Coupon", {"key": "data.coupon", "value": "none.at.all"}),),
    ),
    Habit(
        "an order told again from a mail, and by the server with more of it",
        "fashion",
        ((f"{ORDER}.data.map.URL", "source.url"), (f"{ORDER}.include", ["globals", "source"])),
        more=_told_again,
    ),
    Habit(
        "an account goes by its owner",
        "fashion",
        (
            ("mapping.account", {"create": {"name": "Created Account"}}),
            ("mapping.account.create.settings", {"uniqueId": "user.id"}),
        ),
        more=_accounts,
    ),
    Habit(
        "a button that is called like a metric",
        "fashion",
        (("mapping.button", {"click": {"name": "Place Order"}}),),
        more=_buttons,
    ),
    Habit(
        "the recipient is the buyer, once",
        "fashion",
        (("mapping.gift", {"send": {"name": "Sent Gift", "data": {"map": {"To": "data.to"}}}}),),
        more=_gifts,
    ),
    Habit(
        "orders of other days canceled, by short numbers",
        "fashion",
        (
            ("mapping.purchase", {"cancel": {"name": "Canceled Order"}}),
            ("mapping.purchase.cancel.settings", {"uniqueId": "data.orderId"}),
        ),
        more=_old_orders,
    ),
    Habit(
        "a trait that changes with each visit",
        "fashion",
        (("settings.identify.map.properties", {"map": {"Orders": "user.orders"}}),),
        more=_invoices,
    ),
    Habit(
        "the time of a login as a trait",
        "fashion",
        (
            (
                "mapping.user.login.settings",
                {"identify": {"map": {"properties": {"map": {"LastLogin": "timestamp"}}}}},
            ),
        ),
        more=_logins,
    ),
    Habit(
        "a transaction's id among the globals",
        "fashion",
        (("mapping.cart.*.settings.uniqueId", "globals.transaction"),),
        _transaction,
    ),
    Habit(
        "an opt-in of the user's by the name of its channel",
        "fashion",
        ((f"{ORDER}.data.map.OptIn", "user.optin.email"),),
        _opted_in,
    ),
    Habit(
        "a single order of lines with a null, and a start that is ignored",
        "fashion",
        (("mapping.video", {"play": {"ignore": True}}),),
        more=_refund,
    ),
    Habit(
        "a policy that clears what some events have",
        "fashion",
        (("policy", {"user.idd": {"key": "user.idd", "condition": _is_sale}}),),
    ),
    Habit(
        "lines of a cart where there is no list of items",
        "fashion",
        (
            (
                f"{ORDER}.data.map.Lines",
                ["nested.*.data.name", {"loop": ["data.lines", {"map": ITEM}]}],
            ),
        ),
    ),
    Habit(
        "a path for what a function does not know",
        "fashion",
        ((f"{ORDER}.data.map.Size", [{"fn": _size}, "data.sizeOfOld"]),),
    ),
    Habit(
        "a fallback to the first of several",
        "fashion",
        (("mapping.product.view.data.map.Image", ["data.image", "data.images.0"]),),
        _images,
    ),
    Habit(
        "branches with addresses of their own, at a path like the visitor's",
        "fashion",
        (
            ("settings.email", "data.email"),
            (
                f"{ORDER}.data.map.Branches",
                {"loop": ["data.branches", {"map": {"Mail": "data.email"}}]},
            ),
        ),
        _stores,
    ),
    Habit("words for whom a site does not know", "fashion", (), _strangers),
    Habit(
        "a currency that a policy sets at the top",
        "fashion",
        (
            ("policy", {"waehrung.code": {"value": "EUR"}}),
            ("settings.currency", "waehrung.code"),
            ("mapping.cart.*.settings.currency", GONE),
            (f"{ORDER}.settings.currency", GONE),
            ("mapping.order.cancel.settings.currency", GONE),
        ),
        _currency,
    ),
    Habit(
        "a star for other days beside what is exact",
        "fashion",
        (("mapping.page.*", {"name": "Did Something"}),),
    ),
    Habit(
        "options of which the first is of no use",
        "fashion",
        (
            ("settings.externalId", ["user.login", "user.id"]),
            ("settings.email", ["user.login", "user.email"]),
            (f"{ORDER}.settings.uniqueId", ["user.login", "data.id"]),
            (f"{ORDER}.settings.value", ["user.login", "data.total"]),
            (f"{ORDER}.settings.currency", ["user.login", "data.currency"]),
        ),
        _logged_out,
    ),
    Habit(
        "traits that are numbers, which are told as texts",
        "fashion",
        (
            ("settings.identify.map.title", "user.age"),
            ("settings.identify.map.location", {"map": {"zip": "user.zip"}}),
        ),
        _numbered,
    ),
    Habit(
        "a null in all that is mapped as a whole",
        "fashion",
        ((f"{ORDER}.data.map.All", "data"), (f"{ORDER}.data.map.Lines", "nested")),
        _unstocked,
    ),
    Habit(
        "a null where other visitors have a name",
        "fashion",
        (("settings.identify.map.title", "user.nick"),),
        _unnamed,
    ),
    Habit(
        "a part with the person in it, taken out again",
        "fashion",
        (
            (f"{ORDER}.data.map.Billing", {"map": {"Mail": "user.email"}}),
            (f"{ORDER}.remove", ["Billing"]),
        ),
    ),
    Habit(
        "a loop over the event itself",
        "marketplace",
        ((f"{ORDER}.data.map.Order", {"loop": ["this", {"map": {"Id": "data.id"}}]}),),
    ),
    Habit(
        "a loop over a list of lists",
        "fashion",
        (
            (
                f"{ORDER}.data.map.Traits",
                {"loop": ["data.pairs", {"map": {"Name": "0", "Value": "1"}}]},
            ),
        ),
        _pairs,
    ),
    Habit(
        "a loop with two sources",
        "fashion",
        ((f"{ORDER}.data.map.Items", {"loop": [["data.items", "nested"], {"map": ITEM}]}),),
    ),
    Habit("empty texts for what is not known of a visitor", "fashion", (), _logged_out),
    Habit(
        "a phone region in small letters",
        "app",
        (("settings.phoneRegion", "globals.country"),),
        _small_country,
    ),
    Habit(
        "an opt-in by the name of its channel is no address",
        "leads",
        (("mapping.form.submit.data.map.WantsEmail", "data.channels.email"),),
        _wishes,
    ),
    Habit(
        "the phone number of a branch is nobody's own",
        "fashion",
        ((f"{ORDER}.data.map.BranchPhone", "data.branch.phone"),),
        _place,
    ),
    Habit(
        "an order's id in the context",
        "tickets",
        (("mapping.booking.complete.settings.uniqueId", "context.booking.0"),),
        _booking,
    ),
    Habit(
        "the event's own parts as properties, and a page loaded again",
        "fashion",
        ((f"{ORDER}.include", ["event"]),),
    ),
    Habit(
        "the event's source as properties, and a page loaded again",
        "fashion",
        ((f"{ORDER}.include", ["source"]),),
    ),
    Habit(
        "a rule that a policy's name leads to",
        "fashion",
        (
            ("policy", {"name": "custom.legacy"}),
            ("mapping.purchase", {"done": {"name": "Placed Order", "settings": {}}}),
            ("mapping.purchase.done.settings", {"value": "data.total", "uniqueId": "data.id"}),
            (ORDER, GONE),
        ),
        _typed_twice,
    ),
    Habit(
        "conditions on what a policy has set",
        "fashion",
        (
            ("policy", {"data.kind": "custom.kind"}),
            (
                "mapping.page.view",
                [
                    {"condition": _is_sale, "name": "Viewed Sale"},
                    {"condition": _is_rent, "name": "Viewed Rent"},
                ],
            ),
        ),
        _kind,
    ),
    Habit(
        "a trait that changes with each of few events",
        "subscriptions",
        (
            (
                "mapping.subscription.renew.settings.identify",
                {"map": {"properties": {"map": {"NextRenewal": "data.next"}}}},
            ),
        ),
        more=_renewals,
    ),
    Habit(
        "a login's date as a trait",
        "fashion",
        (
            (
                "mapping.user.login.settings",
                {"identify": {"map": {"properties": {"map": {"LastLogin": "data.at"}}}}},
            ),
        ),
        more=_logins,
    ),
    Habit(
        "events of one visitor about different things under ids of their own",
        "fashion",
        (
            (
                "mapping.product.rate",
                {
                    "name": "Rated Product",
                    "data": {"map": {"Product": "data.product", "Stars": "data.stars"}},
                },
            ),
        ),
        more=_reviews,
    ),
    Habit(
        "a second kind of order beside the first",
        "fashion",
        (
            (
                "mapping.giftcard.buy",
                {
                    "name": "Placed Order",
                    "settings": {"value": "data.total", "uniqueId": "data.id"},
                },
            ),
        ),
        more=_gift_cards,
    ),
    Habit(
        "parcels of one order",
        "fashion",
        (
            (
                "mapping.parcel.send",
                {
                    "name": "Sent Parcel",
                    "data": {"map": {"OrderId": "data.order"}},
                    "settings": {"uniqueId": "data.parcel"},
                },
            ),
        ),
        more=_parcels,
    ),
    Habit("two refunds of parts of one order", "currencies", (), more=_two_refunds),
    Habit(
        "traits below properties may have any type",
        "fashion",
        (
            (
                "settings.identify.map.properties",
                {"map": {"Language": "globals.lang", "Club": {"value": True}}},
            ),
        ),
    ),
    Habit(
        "a fallback for what some events lack",
        "fashion",
        ((f"{ORDER}.data.map.Coupon", ["data.coupon", {"value": "none"}]),),
    ),
    Habit(
        "a shipping address is asked for by Klaviyo itself",
        "fashion",
        (
            (
                f"{ORDER}.data.map.ShippingAddress",
                {"map": {"FirstName": "user.firstName", "Phone": "user.phone"}},
            ),
        ),
    ),
    Habit(
        "the person taken along and taken out again",
        "fashion",
        (
            (f"{ORDER}.data.map.Mail", "user.email"),
            (f"{ORDER}.remove", ["Mail"]),
        ),
    ),
    Habit(
        "a rule for what the sample's days did not bring, and which would be ignored",
        "fashion",
        (("mapping.robot", {"visit": {"ignore": True}}),),
    ),
)


@pytest.mark.parametrize("habit", HABITS, ids=str)
def test_a_sound_habit_is_no_finding(habit: Habit) -> None:
    """However odd it looks: the events arrive as they are meant."""
    one = habit.shop
    report = check(parse_config(one.config), one.sample, examples=2, seed=SEED)
    assert told(report) == []


@pytest.mark.parametrize(
    "name",
    [
        "Removed from Cart",
        "Added to Wishlist",
        "Viewed Cart",
        "Viewed Page",
        "Reviewed Product",
        "Started Subscription",
        "Returned Order",
        "Updated Order",
        "Placed Sample Order",
        "Placed First Order",
        "Partially Refunded Order",
        "Delayed Shipment",
        "Checkout Abandoned",
        "Viewed Product List",
        "Placed B2B Order",
        "Placed POS Order",
        "Placed Order POS",
        "Placed Pre-Order",
        "Refunded Order Item",
        "Canceled Order Line",
        "Refused Order",
        "Subscribed to SMS List",
        "Confirmed Shipment Date",
    ],
)
def test_a_metric_of_ones_own_is_no_misspelled_one(name: str) -> None:
    """A word more, or another word, says something else: no slip of the pen is a whole word."""
    assert near_metric(name) is None


def test_an_import_of_old_orders_may_say_so_for_all_its_events() -> None:
    """A year later the same events are old ones, and a note says what holds for others."""
    one = twisted("fashion", ("settings.backfill", True))
    config, newest = parse_config(one.config), max(each["timestamp"] for each in one.events)
    live = check(config, one.sample, examples=1, seed=SEED, now=newest + 1e9)
    old = check(config, one.sample, examples=1, seed=SEED, now=newest + 4e10)
    assert "backfill.always" in [each.code for each in live.findings]
    assert told(old) == []
    assert any(note.startswith("settings.backfill: right for these events") for note in old.notes)
