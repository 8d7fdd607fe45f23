# ruff: noqa
"""What do people's tracking configurations look like: sound, unusual but right, and wrong?

Cases to judge the checker of configurations by, written from walkerOS's and Klaviyo's own
descriptions and without regard to how the checker works:

    clean   whole shops of different trades, with the events that such a site sends; nothing is
            wrong but the few dirty fields that life has
    habit   something that looks odd and is right
    fault   one mistake that people make, put into an otherwise sound configuration or sample

`cases()` yields them, always the same ones; `python practice.py` lists their names by kind. What
is expected of a case stands in its `expect`:

    clean, habit   `Sound`: why it is right, and where the sample is dirty (a note of that is fair)
    fault          `Wrong`: what is wrong, where a finding may point, and how it is mended

Configurations are plain JSON values. Those that hold "$py:" name functions of this module; they
need `--allow-python` and this folder on the module path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any
from zlib import crc32

Json = dict[str, Any]
Events = list[Json]

HERE = "practice" if __name__ == "__main__" else __name__
"""By which this module's functions are named in a configuration."""


@dataclass(frozen=True)
class Sound:
    """Why nothing is wrong; `dirt` are places of the events that a note may rightly name."""

    says: str
    dirt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wrong:
    """What is wrong, where a good finding points, and the obvious mend."""

    says: str
    where: tuple[str, ...]
    """Prefixes of paths, any of which will do: of the configuration, or of the event where the
    sample itself is at fault."""
    right: Callable[[Json], Json]
    """From the configuration to the mended one."""
    right_events: Callable[[Events], Events] = list
    """From the sample to the mended one, where the sender is at fault."""
    detectable: bool = True
    why: str = ""
    """Why no checker could know."""
    is_config_error: bool = False
    """Is it refused already when the configuration is read?"""


@dataclass(frozen=True)
class Case:
    """One configuration, one sample, and what is to be found."""

    name: str
    kind: str
    config: Json
    events: Events
    expect: Any


# --- the sender -----------------------------------------------------------------------------------

START = 1_790_838_000_000
"""2026-10-01, in milliseconds."""
HOUR = 3_600_000
DAY = 24 * HOUR

FIRST = """Ada Bob Cleo Dan Eva Finn Gina Hugo Ines Jan Kira Leo Mia Nils Olga Paul Quinn Rosa Sam
Tara Udo Vera Will Xenia Yara Zoe Anton Berta Carl Dora""".split()
LAST = """Adler Bauer Clark Dietz Evans Fuchs Gray Huber Irwin Jones Kern Lang Moore Novak Otto
Peters Quast Reed Stone Thiel Ulrich Vogt White Xu Young Zeller Arendt Brandt Costa Duval""".split()
PLACES = {
    "DE": (("Ulm", "89073", "BW"), ("Köln", "50667", "NW"), ("Kiel", "24103", "SH")),
    "AT": (("Linz", "4020", "OÖ"), ("Graz", "8010", "ST")),
    "GB": (("Leeds", "LS1 4AP", "England"), ("Bath", "BA1 1LZ", "England")),
    "US": (("Austin", "73301", "TX"), ("Boise", "83702", "ID"), ("Salem", "97301", "OR")),
    "CH": (("Bern", "3011", "BE"), ("Zug", "6300", "ZG")),
    "JP": (("Osaka", "530-0001", "Osaka"), ("Kyoto", "600-8001", "Kyoto")),
    "SE": (("Malmö", "211 20", "M"), ("Luleå", "972 31", "BD")),
    "MX": (("Puebla", "72000", "PUE"), ("Mérida", "97000", "YUC")),
    "FR": (("Lyon", "69001", "ARA"), ("Nantes", "44000", "PDL")),
    "NO": (("Bergen", "5003", "Vestland"), ("Bodø", "8006", "Nordland")),
}
PHONES = {
    "DE": "+49151234%05d", "AT": "+43664123%04d", "GB": "+4477009%05d", "US": "+12025%06d",
    "CH": "+417912%05d", "JP": "+819012%06d", "SE": "+467017%05d", "MX": "+525512%06d",
    "FR": "+336123%05d", "NO": "+474061%04d",
}  # fmt: skip


class Site:
    """A site's sender: visitors come and go, and what they do becomes events."""

    def __init__(self, seed: int, host: str, countries: tuple[str, ...], **more: Any) -> None:
        self.rng = Random(seed)
        self.host = host
        self.countries = countries
        self.lang = more.get("lang", "en")
        self.states = more.get("states", ("functional", "analytics", "marketing"))
        self.version = more.get("version", 4)
        self.extra_user = more.get("extra_user")
        self.is_national = more.get("is_national", False)
        self.globals = more.get("globals", {})
        self.events: Events = []
        self.people: list[Json] = []
        self.orders = more.get("first_order", 20_417)
        self.now = START
        self.user: Json = {}
        self.granted: Json = {}
        self.session = ""
        self.count = 0

    def hex(self, digits: int = 16) -> str:
        return f"{self.rng.getrandbits(digits * 4):0{digits}x}"

    def luck(self, chance: float) -> bool:
        return self.rng.random() < chance

    def person(self) -> Json:
        """Somebody new, with what the site knows of customers."""
        rng, number = self.rng, len(self.people) + 1
        country = rng.choice(self.countries)
        city, code, region = rng.choice(PLACES[country])
        first, last = rng.choice(FIRST), rng.choice(LAST)
        phone = PHONES[country] % rng.randrange(10 ** int(PHONES[country][-2]))
        if self.is_national:
            phone = phone.replace("+49", "0")
            phone = f"{phone[:4]} {phone[4:]}"
        email = f"{first}.{last}{number}@{rng.choice(('example.com', 'example.org'))}".lower()
        found = {
            "id": f"c{7_000 + number * 13}",
            "email": email,
            "phone": phone,
            "firstName": first,
            "lastName": last,
            "city": city,
            "zip": code,
            "region": region,
            "country": country,
        }
        if self.luck(0.35):
            del found["phone"]  # many never give it
        if self.extra_user:
            found |= self.extra_user(self, found)
        person = {
            "known": found,
            "device": self.hex(),
            "agrees": rng.choices((True, False), (7, 3))[0],
            "lang": self.lang if isinstance(self.lang, str) else rng.choice(self.lang),
        }
        self.people.append(person)
        return person

    def anybody(self, new: float = 0.3) -> Json:
        return self.person() if not self.people or self.luck(new) else self.rng.choice(self.people)

    def visit(self, person: Json, is_known: bool = True) -> None:
        """A session begins."""
        self.now = START + self.rng.randrange(26 * DAY)
        self.session, self.count = self.hex(12), 0
        self.user = {"device": person["device"], "session": self.session}
        if is_known:
            self.user |= person["known"]
        self.granted = {self.states[0]: True}
        if person["agrees"]:
            self.granted |= dict.fromkeys(self.states[1:], True)
        elif len(self.states) > 2 and self.luck(0.3):
            self.granted[self.states[1]] = True
        self.person_lang = person["lang"]

    def wait(self, most: int = 120_000) -> None:
        self.now += self.rng.randrange(2_000, most)

    def say(self, name: str, data: Json | None = None, **more: Any) -> Json:
        """Send an event."""
        self.wait()
        self.count += 1
        entity, action = name.split(" ", 1)
        nested = more.get("nested", [])
        event = {
            "name": name,
            "data": data or {},
            "context": more.get("context", {}),
            "globals": {"lang": self.person_lang, **self.globals},
            "custom": more.get("custom", {}),
            "user": dict(self.user),
            "nested": nested,
            "consent": dict(self.granted),
            "id": self.hex(),
            "trigger": more.get("trigger", "load"),
            "entity": entity,
            "action": action,
            "timestamp": self.now,
            "timing": round(self.rng.uniform(0.2, 40), 2),
        }
        url = more.get("url", f"https://{self.host}/{entity}")
        if self.version == 3:
            event |= {
                "group": self.session[:6],
                "count": self.count,
                "version": {"source": "3.4.1", "tagging": 2},
                "source": {"type": "web", "id": url, "previous_id": ""},
            }
        else:
            event["source"] = {
                "type": "browser", "platform": "web", "schema": "4", "url": url,
                "count": self.count, "trace": self.hex(32),
            }  # fmt: skip
        self.events.append(event)
        return event

    def again(self, event: Json, is_same: bool = False) -> Json:
        """The page is loaded again, or the sender repeats what it sent already."""
        copy = deepcopy(event)
        copy["timestamp"] += self.rng.randrange(5_000, 400_000)
        if not is_same:
            copy["id"] = self.hex()
            copy["timing"] = round(self.rng.uniform(0.2, 9), 2)
            if "trace" in copy["source"]:
                copy["source"]["trace"] = self.hex(32)
        else:
            copy["timestamp"] = event["timestamp"]
        self.events.append(copy)
        return copy

    def later(self, days: float, name: str, data: Json, **more: Any) -> Json:
        """Something that happens to the same person some days after."""
        kept, self.now = self.now, self.now + int(days * DAY)
        event = self.say(name, data, **more)
        self.now = kept
        return event

    def order_id(self) -> str:
        self.orders += self.rng.randrange(1, 4)
        return f"{self.host[0].upper()}{self.orders}"

    def done(self, most: int) -> Events:
        return sorted(self.events, key=lambda event: event["timestamp"])[:most]


def goods(rng: Random, names: str, low: float, high: float, decimals: int = 2) -> list[Json]:
    """A catalogue."""
    brands = ("Nordlicht", "Alba", "Moss & Co", "Kato")
    found = []
    for at, name in enumerate(names.split("|")):
        price = (
            round(rng.uniform(low, high), decimals)
            if decimals
            else rng.randrange(int(low), int(high), 100)
        )
        found.append(
            {
                "id": f"p{310 + at * 7}", "sku": f"SKU-{9_000 + at * 11}", "name": name,
                "price": price, "brand": brands[at % 4], "category": ("new", "basics", "sale")[at % 3],
                "url": f"https://shop.example/p/{at}", "image": f"https://cdn.example/{at}.jpg",
            }
        )  # fmt: skip
    return found


WORDS = {"view": "product view", "add": "product add", "start": "checkout start",
         "done": "order complete", "ship": "order ship", "cancel": "order cancel",
         "refund": "order refund", "line": "product"}  # fmt: skip


def shopping(
    site: Site,
    shelf: list[Json],
    currency: Callable[[], str | None],
    decimals: int = 2,
    **more: Any,
) -> None:
    """One visit to a shop, from the first page to what becomes of the order."""
    rng, words = site.rng, {**WORDS, **more.get("words", {})}
    person = site.anybody()
    logs_in = site.luck(more.get("logs_in", 0.6))
    site.visit(person, is_known=False)
    if site.luck(0.5):
        site.say("session start", {"referrer": rng.choice(("google", "newsletter", "direct"))})
    site.say("page view", {"title": "Home", "path": "/"}, url=f"https://{site.host}/")
    if logs_in:
        site.user |= person["known"]
        site.say("user login", {"method": "password"}, trigger="submit")
    if site.luck(0.1):
        site.say("debug ping", {"ok": True})
    money, basket = currency(), []
    for _ in range(rng.randrange(1, 4)):
        item = rng.choice(shelf)
        seen = {**item, "currency": money}
        if site.luck(0.02):
            seen["brand"] = None
        site.say(words["view"], seen, context={"shopping": ["detail", 0]},
                 url=f"https://{site.host}/p/{item['id']}")  # fmt: skip
        if site.luck(more.get("buys", 0.65)):
            quantity = rng.choice((1, 1, 1, 2, 3))
            basket.append({**item, "quantity": quantity})
            site.say(words["add"], {**item, "quantity": quantity, "currency": money,
                     "value": round(sum(x["price"] * x["quantity"] for x in basket), decimals)},
                     trigger="click", context={"shopping": ["intent", 0]})  # fmt: skip
    if not basket or not site.luck(0.8):
        return
    nested = [{"entity": words["line"], "data": item} for item in basket]
    subtotal = round(sum(item["price"] * item["quantity"] for item in basket), decimals)
    shipping = 0 if subtotal > 100 * 100 ** (decimals == 0) else (4.9 if decimals else 490)
    if not logs_in:
        site.user["email"] = person["known"]["email"]
        if more.get("guests_give_all"):
            site.user |= {k: v for k, v in person["known"].items() if k != "id"}
    site.say(words["start"], {"cartId": f"k{site.hex(8)}", "value": subtotal, "currency": money,
             "url": f"https://{site.host}/checkout"}, nested=nested, trigger="submit",
             context={"shopping": ["checkout", 0]})  # fmt: skip
    if not site.luck(0.75):
        return
    discount = round(subtotal * 0.1, decimals) if site.luck(0.25) else 0
    total = round(subtotal + shipping - discount, decimals)
    number = site.order_id()
    order = {
        "id": number, "total": total, "subtotal": subtotal, "shipping": shipping,
        "taxes": round(total * 0.16, decimals), "discount": discount, "currency": money,
        "paymentMethod": rng.choice(("card", "paypal", "invoice")), "cartId": f"k{site.hex(8)}",
        "itemCount": sum(item["quantity"] for item in basket),
    }  # fmt: skip
    if discount:
        order["coupon"] = "AUTUMN10"
    if "order" in more:
        order |= more["order"](site, order)
    event = site.say(words["done"], order, nested=nested, context={"shopping": ["complete", 0]},
                     url=f"https://{site.host}/thanks")  # fmt: skip
    if site.luck(0.12):
        site.again(event)
    if site.luck(0.06):
        site.again(event, is_same=True)
    facts = {"id": number, "total": total, "currency": money}
    if site.luck(0.1):
        site.later(0.4, words["cancel"], {**facts, "reason": "changed mind"}, nested=nested)
        return
    site.later(rng.uniform(0.8, 2.5), words["ship"], {**facts, "carrier": "DHL", "tracking": site.hex(10)},
               nested=nested)  # fmt: skip
    if site.luck(0.14):
        parts = 2 if len(basket) > 1 else 1
        for part in range(parts):
            amount = round(basket[part]["price"], decimals)
            site.later(5 + part, words["refund"], {"id": number, "refundId": f"R{number}-{part + 1}",
                       "amount": amount, "orderTotal": total, "currency": money,
                       "reason": "returned"})  # fmt: skip


def newsletter(site: Site) -> None:
    person = site.anybody(new=0.6)
    site.visit(person, is_known=False)
    site.say("page view", {"title": "Newsletter", "path": "/newsletter"})
    site.user["email"] = person["known"]["email"]
    site.say("newsletter signup", {"list": "weekly", "place": "footer"}, trigger="submit")


def soil(site: Site, *fields: str) -> None:
    """The few dirty fields that life has."""
    for event in site.events:
        user = event["user"]
        if "firstName" in fields and "firstName" in user and site.luck(0.02):
            user["firstName"] = ""
        if "email" in fields and "email" in user and site.luck(0.02):
            user["email"] = user["email"] + " "
        if "badEmail" in fields and "email" in user and "id" in user and site.luck(0.006):
            user["email"] = user["email"].replace("@", "@@")
        if "phone" in fields and "phone" in user and site.luck(0.015):
            user["phone"] = "12345"
        if "city" in fields and "city" in user and site.luck(0.02):
            user["city"] = None
        if "total" in fields and site.luck(0.02) and isinstance(event["data"].get("total"), float):
            event["data"]["total"] = f"{event['data']['total']:.2f}"


def soil_of(*fields: str) -> tuple[str, ...]:
    places = {"badEmail": "user.email", "total": "data.total"}
    return tuple(sorted({places.get(field, f"user.{field}") for field in fields}))


LINE = {"map": {"ProductID": "data.id", "SKU": "data.sku", "ProductName": "data.name",
                "Quantity": "data.quantity", "ItemPrice": "data.price"}}  # fmt: skip
SEEN = {"map": {"ProductName": "data.name", "ProductID": "data.id", "SKU": "data.sku",
                "Brand": "data.brand", "Price": "data.price", "ImageURL": "data.image",
                "URL": "data.url"}}  # fmt: skip
ADDED = {"map": {"AddedItemProductName": "data.name", "AddedItemProductID": "data.id",
                 "AddedItemSKU": "data.sku", "AddedItemPrice": "data.price",
                 "AddedItemQuantity": "data.quantity"}}  # fmt: skip
IGNORED = {"*": {"ignore": True}}


# --- clean shops ----------------------------------------------------------------------------------

Shop = Callable[[int, int], tuple[Json, Events, tuple[str, ...]]]
"""(seed, most events) -> configuration, events, where these are dirty."""


def fashion(seed: int, most: int = 320) -> tuple[Json, Events, tuple[str, ...]]:
    """A fashion shop in Germany, Austria and France, in euros."""

    def extra(site: Site, found: Json) -> Json:
        mail = sha256(found["email"].encode()).hexdigest()
        return {"tier": site.rng.choice(("gold", "silver", "none yet")), "emailHash": mail,
                "ip": f"203.0.113.{site.rng.randrange(1, 250)}", "loggedIn": True,
                "title": site.rng.choice(("Ms", "Mr"))}  # fmt: skip

    def order(site: Site, order: Json) -> Json:
        return {"totalCents": round(order["total"] * 100), "currencySymbol": "€",
                "totalFormatted": f"{order['total']:,.2f} €", "email": site.user.get("email"),
                "date": "2026-10-12", "shippingName": site.rng.choice(FIRST)}  # fmt: skip

    site = Site(seed, "mode.example", ("DE", "AT", "FR"), lang=("de", "de", "fr"), extra_user=extra)
    names = "Linen shirt|Wool coat|Denim jacket|Silk scarf|Trail boots|Rain parka|Canvas bag|Cord trousers"
    shelf = goods(site.rng, names, 19, 240)
    while len(site.events) < most:
        newsletter(site) if site.luck(0.08) else shopping(site, shelf, lambda: "EUR", order=order)
    soil(site, "firstName", "email", "city", "phone")
    order_data = {"map": {"OrderId": "data.id", "ItemNames": "nested.*.data.name",
                  "DiscountCode": "data.coupon", "DiscountValue": "data.discount",
                  "Items": {"loop": ["nested", LINE]}}}  # fmt: skip
    config = {
        "consent": {"marketing": True},
        "data": {"map": {"Language": "globals.lang"}},
        "settings": {
            "phoneNumber": "user.phone",
            "currency": "EUR",
            "identify": {"map": {
                "firstName": "user.firstName", "lastName": "user.lastName", "locale": "globals.lang",
                "location": {"map": {"city": "user.city", "zip": "user.zip", "country": "user.country"}},
                "properties": {"map": {"LoyaltyTier": "user.tier"}},
            }},
        },
        "mapping": {
            "product": {"view": {"name": "Viewed Product", "data": SEEN},
                        "add": {"name": "Added to Cart", "data": ADDED,
                                "settings": {"value": "data.value", "currency": "data.currency"}}},
            "checkout": {"start": {"name": "Started Checkout",
                         "data": {"map": {"ItemNames": "nested.*.data.name", "CheckoutURL": "data.url"}},
                         "settings": {"value": "data.value", "currency": "data.currency"}}},
            "order": {
                "complete": {"name": "Placed Order", "data": order_data,
                             "settings": {"value": "data.total", "currency": "data.currency",
                                          "uniqueId": "data.id"}},
                "ship": {"name": "Fulfilled Order",
                         "data": {"map": {"OrderId": "data.id", "Carrier": "data.carrier"}},
                         "settings": {"value": "data.total", "currency": "data.currency",
                                      "uniqueId": "data.id"}},
                "cancel": {"name": "Canceled Order",
                           "data": {"map": {"OrderId": "data.id", "Reason": "data.reason"}},
                           "settings": {"value": "data.total", "currency": "data.currency",
                                        "uniqueId": "data.id"}},
                "refund": {"name": "Refunded Order",
                           "data": {"map": {"OrderId": "data.id", "Reason": "data.reason"}},
                           "settings": {"value": "data.amount", "currency": "data.currency",
                                        "uniqueId": "data.refundId"}},
            },
            "newsletter": {"signup": {"name": "Signed Up for Newsletter",
                           "data": {"map": {"List": "data.list", "Place": "data.place"}}}},
            "user": {"login": {"silent": True}},
            "page": {"view": {"ignore": True}},
            "session": {"start": {"ignore": True}},
            "debug": IGNORED,
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName", "email", "city", "phone")


def grocer(seed: int, most: int = 300) -> tuple[Json, Events, tuple[str, ...]]:
    """A grocer in Britain: baskets, delivery slots, the same people week by week."""
    words = {"view": "item view", "add": "basket add", "start": "slot book", "done": "basket order",
             "ship": "delivery complete", "cancel": "delivery cancel", "refund": "delivery refund",
             "line": "item"}  # fmt: skip

    def order(site: Site, order: Json) -> Json:
        return {"slot": site.rng.choice(("Sat 9-10", "Sun 17-18")), "storeId": "leeds-2",
                "pickupNumber": site.rng.randrange(1, 9), "note": "Ring twice",
                "totalFormatted": f"£{order['total']:,.2f}"}  # fmt: skip

    site = Site(seed, "grocer.example", ("GB",), states=("necessary", "statistics", "marketing"),
                extra_user=lambda site, found: {"clubCard": f"63{site.rng.randrange(10**9):09d}"})  # fmt: skip
    names = "Oat milk|Sourdough|Cheddar|Bananas|Coffee|Porridge|Tomatoes|Olive oil|Apples|Butter"
    shelf = goods(site.rng, names, 0.6, 14)
    while len(site.events) < most:
        shopping(site, shelf, lambda: "GBP", words=words, order=order, logs_in=0.85, buys=0.9)
    soil(site, "firstName", "badEmail")
    line = {"map": {"ProductID": "data.id", "ProductName": "data.name", "Quantity": "data.quantity",
                    "RowPrice": "data.price"}}  # fmt: skip
    config = {
        "consent": {"marketing": True},
        "include": ["globals"],
        "settings": {
            "phoneNumber": "user.phone", "phoneRegion": "GB", "currency": {"value": "GBP"},
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "location": {"map": {"city": "user.city", "zip": "user.zip",
                                              "region": "user.region", "country": "user.country"}},
                         "properties": {"map": {"ClubCard": "user.clubCard"}}}},
        },
        "mapping": {
            "item": {"view": {"name": "Viewed Product",
                     "data": {"map": {"ProductName": "data.name", "ProductID": "data.id",
                                      "Price": "data.price"}}}},
            "basket": {
                "add": {"name": "Added to Cart", "batch": {"size": 100}, "data": ADDED},
                "order": {"name": "Placed Order",
                          "data": {"map": {"OrderId": "data.id", "Slot": "data.slot",
                                           "ItemNames": "nested.*.data.name",
                                           "Items": {"loop": ["nested", line]}}},
                          "settings": {"value": "data.total", "uniqueId": "data.id"}},
            },
            "slot": {"book": {"name": "Started Checkout",
                     "data": {"map": {"ItemNames": "nested.*.data.name"}},
                     "settings": {"value": "data.value"}}},
            "delivery": {
                "complete": {"name": "Fulfilled Order", "data": {"map": {"OrderId": "data.id"}},
                             "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "cancel": {"name": "Cancelled Order",
                           "data": {"map": {"OrderId": "data.id", "Reason": "data.reason"}},
                           "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "refund": {"name": "Refunded Order",
                           "data": {"map": {"OrderId": "data.id", "Reason": "data.reason"}},
                           "settings": {"value": "data.amount", "uniqueId": "data.refundId"}},
            },
            "user": {"login": {"name": "Logged In"}},
            "*": IGNORED,
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName", "badEmail")


def saas(seed: int, most: int = 260) -> tuple[Json, Events, tuple[str, ...]]:
    """Software by subscription, in dollars: trials, invoices month by month, renewals."""
    site = Site(seed, "app.example", ("US", "GB"), states=("functional", "marketing"),
                extra_user=lambda site, found: {"workspace": f"ws{site.rng.randrange(20, 60)}",
                    "role": site.rng.choice(("owner", "member")),
                    "passwordHash": "$2b$" + site.hex(24)})  # fmt: skip
    plans = (("starter", 19.0), ("team", 79.0), ("scale", 349.0))
    invoice = 88_000
    while len(site.events) < most:
        person = site.person()
        site.visit(person)
        site.say("account register", {"method": site.rng.choice(("google", "password"))})
        site.say("trial start", {"plan": "team", "days": 14})
        for _ in range(site.rng.randrange(2, 6)):
            site.say("feature use", {"feature": site.rng.choice(("export", "board", "invite")), "ms": site.rng.randrange(20, 900)},
                     trigger="click")  # fmt: skip
        if site.luck(0.4):
            continue
        plan, price = site.rng.choice(plans)
        seats = site.rng.choice((1, 2, 3, 5))
        known = {"subscriptionId": f"sub_{site.hex(10)}", "plan": plan, "seats": seats,
                 "currency": "USD", "interval": "month"}  # fmt: skip
        site.say("subscription start", {**known, "mrr": price * seats})
        for month in range(site.rng.randrange(1, 4)):
            invoice += 1
            event = site.later(month * 30 + 0.01, "invoice paid", {**known, "id": f"INV-{invoice}",
                "amount": price * seats, "amountCents": round(price * seats * 100), "tax": 0,
                "customerNo": person["known"]["id"]})  # fmt: skip
            if site.luck(0.15):
                site.again(event, is_same=True)
        if site.luck(0.25):
            site.later(20, "subscription cancel", {**known, "reason": "too expensive"})
    soil(site, "firstName")
    config = {
        "consent": {"marketing": True},
        "settings": {
            "currency": "USD",
            "uniqueId": "id",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "properties": {"map": {"Workspace": "user.workspace", "Role": "user.role"}}}},
        },
        "mapping": {
            "account": {"register": {"name": "Created Account", "data": {"map": {"Method": "data.method"}}}},
            "trial": {"start": {"name": "Started Trial",
                      "data": {"map": {"Plan": "data.plan", "Days": "data.days"}}}},
            "subscription": {
                "start": {"name": "Started Subscription",
                          "data": {"map": {"Plan": "data.plan", "Seats": "data.seats", "MRR": "data.mrr"}},
                          "settings": {"uniqueId": "data.subscriptionId"}},
                "cancel": {"name": "Cancelled Subscription",
                           "data": {"map": {"Plan": "data.plan", "Reason": "data.reason"}},
                           "settings": {"uniqueId": "data.subscriptionId"}},
            },
            "invoice": {"paid": {"name": "Paid Invoice",
                        "data": {"map": {"InvoiceId": "data.id", "Plan": "data.plan", "Seats": "data.seats"}},
                        "settings": {"value": "data.amount", "currency": ["data.currency", "USD"],
                                     "uniqueId": "data.id"}}},
            "feature": {"use": {"name": "Used Feature", "data": {"map": {"Feature": "data.feature"}},
                        "batch": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName")


def tickets(seed: int, most: int = 280) -> tuple[Json, Events, tuple[str, ...]]:
    """Concert tickets, in Swiss francs."""
    site = Site(seed, "tickets.example", ("CH",), lang=("de", "fr"))
    shows = [{"showId": f"s{40 + at}", "title": title, "venue": venue, "date": f"2027-0{at + 1}-14T20:00:00Z"}
             for at, (title, venue) in enumerate((("Stabat Mater", "Tonhalle"), ("Night Trains", "Dampfzentrale"),
                 ("The Blue Hours", "Moods"), ("Chamber Club", "Casino")))]  # fmt: skip
    number = 5_100
    while len(site.events) < most:
        person = site.anybody(0.6)
        site.visit(person, is_known=site.luck(0.4))
        site.say("page view", {"title": "Programme", "path": "/"})
        show = site.rng.choice(shows)
        for one in {
            show["showId"]: show,
            (other := site.rng.choice(shows))["showId"]: other,
        }.values():
            site.say("show view", one)
        if site.luck(0.5):
            continue
        seats, price = site.rng.randrange(1, 5), site.rng.choice((35.0, 48.0, 72.5, 110.0))
        site.user |= person["known"]
        facts = {**show, "seats": seats, "price": price, "currency": "CHF"}
        site.say("seat hold", {**facts, "holdId": f"h{site.hex(6)}"}, trigger="click")
        if site.luck(0.25):
            continue
        number += site.rng.randrange(1, 3)
        fee = 3.5
        nested = [{"entity": "ticket", "data": {"code": f"T{number}-{seat + 1}", "seat": f"R{seat + 7}",
                   "price": price}} for seat in range(seats)]  # fmt: skip
        order = {**facts, "bookingId": f"B-{number}", "total": round(seats * price + fee, 2), "fee": fee,
                 "payment": {"method": "card", "last4": "4242", "iban": "CH9300762011623852957"}}  # fmt: skip
        event = site.say("booking complete", order, nested=nested)
        if site.luck(0.15):
            site.again(event)
        if site.luck(0.08):
            site.later(2, "booking cancel", {"bookingId": f"B-{number}", "total": order["total"],
                       "currency": "CHF", "reason": "ill"})  # fmt: skip
    soil(site, "phone", "city")
    shown = {
        "ProductName": "data.title",
        "ProductID": "data.showId",
        "Venue": "data.venue",
        "Date": "data.date",
    }
    config = {
        "consent": {"marketing": True},
        "settings": {
            "phoneNumber": "user.phone", "currency": "CHF",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "locale": "globals.lang",
                         "location": {"map": {"city": "user.city", "zip": "user.zip"}}}},
        },
        "mapping": {
            "page": IGNORED,
            "show": {"view": {"name": "Viewed Product", "data": {"map": shown}}},
            "seat": {"hold": {"name": "Started Checkout",
                     "data": {"map": {**shown, "Seats": "data.seats"}}}},
            "booking": {
                "complete": {"name": "Placed Order",
                    "data": {"map": {"OrderId": "data.bookingId", "ItemNames": {"set": ["data.title"]},
                             "ShowDate": "data.date", "Seats": "nested.*.data.seat"}},
                    "settings": {"value": "data.total", "currency": "data.currency",
                                 "uniqueId": "data.bookingId"}},
                "cancel": {"name": "Cancelled Order",
                    "data": {"map": {"OrderId": "data.bookingId", "Reason": "data.reason"}},
                    "settings": {"value": "data.total", "currency": "data.currency",
                                 "uniqueId": "data.bookingId"}},
            },
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("phone", "city")


def business(seed: int, most: int = 240) -> tuple[Json, Events, tuple[str, ...]]:
    """Parts for workshops: several people of a firm share its address of email."""
    firms = [{"company": f"{name} {kind}", "companyId": f"F{300 + at}", "email": f"office@{name.lower()}.example",
              "group": "wholesale" if at % 3 else "retail"}
             for at, (name, kind) in enumerate(zip(LAST[:14], ("GmbH", "Ltd", "AG", "KG") * 4, strict=False))]  # fmt: skip

    def extra(site: Site, found: Json) -> Json:
        firm = site.rng.choice(firms)
        return firm if site.luck(0.5) else {k: v for k, v in firm.items() if k != "email"}

    site = Site(seed, "parts.example", ("DE", "AT"), lang="de", extra_user=extra)
    shelf = goods(
        site.rng, "Bearing 6204|V-belt|Oil seal|Hex bolts M8|Pump|Valve|Gasket set", 3, 900
    )
    number = 71_000
    while len(site.events) < most:
        person = site.anybody(0.4)
        site.visit(person)
        site.say("page view", {"title": "Catalogue", "path": "/"})
        lines = [{**site.rng.choice(shelf), "quantity": site.rng.choice((1, 4, 10, 50))}
                 for _ in range(site.rng.randrange(1, 5))]  # fmt: skip
        for line in lines[:2]:
            site.say("part view", {key: line[key] for key in ("id", "sku", "name", "price")})
        nested = [{"entity": "part", "data": line} for line in lines]
        net = round(sum(line["price"] * line["quantity"] for line in lines), 2)
        number += 1
        if site.luck(0.4):
            site.say("quote request", {"quoteId": f"Q{number}", "net": net, "currency": "EUR"}, nested=nested,
                     trigger="submit")  # fmt: skip
        if site.luck(0.55):
            event = site.say("order submit", {"id": f"A{number}", "net": net, "gross": round(net * 1.19, 2), "currency": "EUR",
                "poNumber": f"PO-{site.rng.randrange(100, 999)}", "note": "Please call +49 731 555012 first"},
                nested=nested, trigger="submit")  # fmt: skip
            if site.luck(0.1):
                site.again(event)
    soil(site, "firstName", "phone")
    config = {
        "consent": {"marketing": True, },
        "settings": {
            "email": "user.email", "externalId": "user.id", "phoneNumber": "user.phone",
            "currency": "EUR",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "organization": "user.company",
                         "properties": {"map": {"CustomerGroup": "user.group", "CompanyId": "user.companyId"}}}},
        },
        "mapping": {
            "part": {"view": {"name": "Viewed Product",
                     "data": {"map": {"ProductName": "data.name", "ProductID": "data.id", "SKU": "data.sku"}}}},
            "quote": {"request": {"name": "Requested Quote",
                      "data": {"map": {"QuoteId": "data.quoteId", "Net": "data.net",
                                       "ItemNames": "nested.*.data.name"}},
                      "settings": {"uniqueId": "data.quoteId"}}},
            "order": {"submit": {"name": "Placed Order",
                      "data": {"map": {"OrderId": "data.id", "PurchaseOrder": "data.poNumber",
                               "Items": {"loop": ["nested", LINE]}, "Lines": "nested.length"}},
                      "settings": {"value": "data.net", "currency": "data.currency", "uniqueId": "data.id"}}},
            "*": {"*": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName", "phone")


def market(seed: int, most: int = 320) -> tuple[Json, Events, tuple[str, ...]]:
    """A marketplace that sells in euros and in pounds."""

    def order(site: Site, order: Json) -> Json:
        return {"sellerId": f"sel{site.rng.randrange(3, 9)}", "displayCurrency": site.rng.choice(("USD", "EUR", "GBP")),
                "currencySymbol": {"EUR": "€", "GBP": "£"}.get(order["currency"])}  # fmt: skip

    site = Site(seed, "bazaar.example", ("DE", "GB", "FR"), lang=("de", "en", "fr"))
    shelf = goods(
        site.rng, "Clay mug|Oak stool|Tin lamp|Felt hat|Print A3|Brass hook|Wool rug", 9, 180
    )
    while len(site.events) < most:
        shopping(site, shelf, lambda: site.rng.choice(("EUR", "EUR", "GBP")), order=order)
    soil(site, "email", "firstName", "total")
    money = {"currency": ["data.currency"], "value": "data.total", "uniqueId": "data.id"}
    config = {
        "consent": {"marketing": True},
        "settings": {"identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                                          "location": {"map": {"country": "user.country"}}}}},
        "mapping": {
            "product": {"view": {"name": "Viewed Product", "data": SEEN},
                        "add": {"name": "Added to Cart", "data": ADDED,
                                "settings": {"value": "data.value", "currency": "data.currency"}}},
            "checkout": {"start": {"name": "Started Checkout", "data": {"map": {"ItemNames": "nested.*.data.name"}},
                         "settings": {"value": "data.value", "currency": "data.currency"}}},
            "order": {
                "complete": {"name": "Placed Order", "settings": money,
                    "data": {"map": {"OrderId": "data.id", "Seller": "data.sellerId",
                             "ItemNames": "nested.*.data.name", "Brands": "nested.*.data.brand"}}},
                "ship": {"name": "Fulfilled Order", "settings": money, "data": {"map": {"OrderId": "data.id"}}},
                "cancel": {"name": "Canceled Order", "settings": money,
                           "data": {"map": {"OrderId": "data.id", "Reason": "data.reason"}}},
                "refund": {"name": "Refunded Order", "data": {"map": {"OrderId": "data.id", "Reason": "data.reason"}},
                           "settings": {"value": "data.amount", "currency": "data.currency",
                                        "uniqueId": ["data.refundId", "data.id"]}},
            },
            "user": {"login": {"ignore": True}},
            "*": {"*": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("email", "firstName", "total")


def japan(seed: int, most: int = 260) -> tuple[Json, Events, tuple[str, ...]]:
    """A tea shop in Japan, in yen, which have no decimals."""
    site = Site(seed, "cha.example", ("JP",), lang="ja")
    shelf = goods(site.rng, "Sencha|Matcha|Hojicha|Genmaicha|Kyusu|Chawan", 700, 9_000, decimals=0)
    order = lambda site, order: {"totalMinor": order["total"] * 100, "tax": order["total"] // 11}  # noqa: E731
    while len(site.events) < most:
        shopping(site, shelf, lambda: "JPY", decimals=0, order=order)
    soil(site, "phone", "firstName")
    config = {
        "consent": {"marketing": True},
        "settings": {
            "phoneNumber": "user.phone", "currency": "JPY",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "locale": {"value": "ja-JP"},
                         "location": {"map": {"region": "user.region", "zip": "user.zip", "country": "user.country"}}}},
        },
        "mapping": {
            "product": {"view": {"name": "Viewed Product", "data": SEEN}, "add": {"name": "Added to Cart", "data": ADDED}},
            "checkout": {"start": {"name": "Started Checkout", "settings": {"value": "data.value"}}},
            "order": {
                "complete": {"name": "Placed Order", "data": {"map": {"OrderId": "data.id", "ItemNames": "nested.*.data.name"}},
                             "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "cancel": {"name": "Canceled Order", "data": {"map": {"OrderId": "data.id"}},
                           "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "refund": {"name": "Refunded Order", "data": {"map": {"OrderId": "data.id"}},
                           "settings": {"value": "data.amount", "uniqueId": "data.refundId"}},
                "*": {"ignore": True},
            },
            "*": {"*": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("phone", "firstName")


def charity(seed: int, most: int = 220) -> tuple[Json, Events, tuple[str, ...]]:
    """Donations in dollars: round amounts, the same one every month, nobody logs in."""
    site = Site(seed, "well.example", ("US",), states=("functional", "marketing"))
    number = 910
    while len(site.events) < most:
        person = site.anybody(0.7)
        site.visit(person, is_known=False)
        if site.luck(0.4):  # comes by a link that names them
            site.user["email"] = person["known"]["email"]
        site.say("page view", {"title": "Clean water", "path": "/"})
        campaign = site.rng.choice(("wells", "schools", "winter"))
        site.say("campaign view", {"campaign": campaign})
        if site.luck(0.3):
            site.say("video play", {"video": "story-1", "percent": site.rng.choice((25, 50, 100))})
        if site.luck(0.4):
            continue
        amount = site.rng.choice((10, 25, 25, 50, 50, 100, 250))
        site.user |= {
            key: person["known"][key] for key in ("email", "firstName", "lastName", "zip")
        }
        facts = {
            "campaign": campaign,
            "amount": amount,
            "currency": "USD",
            "frequency": site.rng.choice(("once", "monthly")),
        }
        site.say("donation start", facts, trigger="submit")
        if site.luck(0.2):
            continue
        for month in range(3 if facts["frequency"] == "monthly" else 1):
            number += 1
            site.later(
                month * 30 + 0.001, "donation complete", {**facts, "receipt": f"WR-{number}"}
            )
    soil(site, "email", "firstName")
    config = {
        "consent": {"marketing": True},
        "settings": {
            "email": "user.email", "externalId": None,
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "location": {"map": {"zip": "user.zip", "country": {"value": "US"}}}}},
        },
        "mapping": {
            "campaign": {"view": {"name": "Viewed Campaign", "data": {"map": {"Campaign": "data.campaign"}}}},
            "donation": {
                "start": {"name": "Started Donation", "data": {"map": {"Campaign": "data.campaign", "Frequency": "data.frequency"}}},
                "complete": {"name": "Made Donation",
                    "data": {"map": {"Campaign": "data.campaign", "Frequency": "data.frequency", "Receipt": "data.receipt"}},
                    "settings": {"value": "data.amount", "currency": "USD", "uniqueId": "data.receipt"}},
            },
            "*": {"*": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("email", "firstName")


def digital(seed: int, most: int = 240) -> tuple[Json, Events, tuple[str, ...]]:
    """E-books and audio: downloads, gifts to a friend, links from Klaviyo's own emails."""
    site = Site(seed, "pages.example", ("US", "GB"), globals={"country": "US"})
    titles = [{"id": f"b{at}", "name": name, "price": price, "format": form, "author": author}
              for at, (name, price, form, author) in enumerate((("Salt", 4.99, "epub", "I. Holm"),
              ("Small Hours", 9.99, "epub", "R. Vane"), ("Tide Tables", 14.99, "audio", "M. Okoro"),
              ("A Field Guide", 0.99, "pdf", "S. Lind")))]  # fmt: skip
    number = 330
    while len(site.events) < most:
        person = site.anybody(0.5)
        site.visit(person, is_known=False)
        kx = (
            f"?utm_source=klaviyo&_kx={person['device']}.Xy"
            if person["agrees"] and site.luck(0.4)
            else ""
        )
        site.say("page view", {"title": "Start", "path": "/"}, url=f"https://pages.example/{kx}")
        book = site.rng.choice(titles)
        site.say("book view", book, url=f"https://pages.example/{book['id']}{kx}")
        if site.luck(0.35):
            continue
        site.user |= person["known"]
        number += 1
        is_gift = site.luck(0.3)
        data = {"order": {"number": f"D{number}", "sum": book["price"], "currency": "USD"}, "gift": is_gift,
                "title": book["name"], "supportEmail": "help@pages.example"}  # fmt: skip
        if is_gift:
            data["recipientEmail"] = f"friend{site.rng.randrange(900)}@example.net"
        event = site.say("book purchase", data, nested=[{"entity": "book", "data": book}],
                         url=f"https://pages.example/thanks?token={site.hex(20)}&email={person['known']['email']}")  # fmt: skip
        if site.luck(0.1):
            site.again(event)
        for _ in range(site.rng.randrange(0, 3)):
            site.say("book download", {"id": book["id"], "format": book["format"], "fileSize": site.rng.randrange(10**5, 10**7)},
                     trigger="click")  # fmt: skip
    soil(site, "email", "firstName")
    config = {
        "consent": {"marketing": True},
        "settings": {
            "kx": "source.url",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName", "locale": "globals.lang"}},
        },
        "mapping": {
            "page": {"view": {"ignore": True}},
            "book": {
                "view": {"name": "Viewed Product", "data": {"map": {"ProductName": "data.name", "ProductID": "data.id",
                         "Price": "data.price", "Author": "data.author", "Format": "data.format"}}},
                "purchase": {"name": "Placed Order",
                    "data": {"map": {"OrderId": "data.order.number", "ItemNames": "nested.*.data.name",
                             "IsGift": "data.gift", "Authors": "nested.*.data.author"}},
                    "settings": {"value": "data.order.sum", "currency": "data.order.currency",
                                 "uniqueId": "data.order.number"}},
                "download": {"name": "Downloaded Book", "data": {"map": {"ProductID": "data.id", "Format": "data.format"}}},
            },
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("email", "firstName")


def german(seed: int, most: int = 300) -> tuple[Json, Events, tuple[str, ...]]:
    """A German garden shop: phone numbers as Germans write them."""
    site = Site(seed, "garten.example", ("DE",), lang=("de", "de", "en"), is_national=True,
                states=("notwendig", "statistik", "marketing"),
                extra_user=lambda site, found: {"anrede": site.rng.choice(("Frau", "Herr"))})  # fmt: skip
    shelf = goods(
        site.rng, "Rosenschere|Gießkanne|Hochbeet|Blumenerde 40 l|Rechen|Gartenstuhl", 6, 199
    )
    while len(site.events) < most:
        newsletter(site) if site.luck(0.08) else shopping(
            site, shelf, lambda: "EUR", guests_give_all=True
        )
    soil(site, "firstName", "phone", "city")
    config = {
        "consent": {"marketing": True},
        "data": {"map": {"Shop": {"value": "garten.example"}}},
        "settings": {
            "phoneNumber": "user.phone", "phoneRegion": "DE", "currency": "EUR",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "locale": {"value": "de-DE"}, "title": "user.anrede",
                         "location": {"map": {"city": "user.city", "zip": "user.zip", "country": {"value": "DE"}}}}},
        },
        "mapping": {
            "product": {"view": {"name": "Viewed Product", "data": SEEN}, "add": {"name": "Added to Cart", "data": ADDED}},
            "checkout": {"start": {"name": "Started Checkout", "data": {"map": {"ItemNames": "nested.*.data.name"}},
                         "settings": {"value": "data.value"}}},
            "order": {
                "complete": {"name": "Placed Order",
                    "data": {"map": {"OrderId": "data.id", "PaymentMethod": "data.paymentMethod",
                             "Items": {"loop": ["nested", LINE]}}},
                    "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "ship": {"name": "Fulfilled Order", "data": {"map": {"OrderId": "data.id", "Tracking": "data.tracking"}},
                         "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "cancel": {"name": "Canceled Order", "data": {"map": {"OrderId": "data.id"}},
                           "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "refund": {"name": "Refunded Order", "data": {"map": {"OrderId": "data.id"}},
                           "settings": {"value": "data.amount", "uniqueId": "data.refundId"}},
            },
            "newsletter": {"signup": {"name": "Newsletter angemeldet", "data": {"map": {"Liste": "data.list"}}}},
            "*": {"*": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName", "phone", "city")


def headless(seed: int, most: int = 280) -> tuple[Json, Events, tuple[str, ...]]:
    """A headless shop: visitors have an anonymous id long before they say who they are."""
    site = Site(seed, "studio.example", ("SE", "NO"), states=("functional", "marketing"))
    shelf = goods(site.rng, "Desk lamp|Armchair|Side table|Vase|Throw|Mirror", 25, 700)
    while len(site.events) < most:
        shopping(site, shelf, lambda: "EUR", logs_in=0.3)
    soil(site, "firstName", "city")
    config = {
        "consent": {"marketing": True},
        "settings": {
            "anonymousId": "user.device", "currency": "EUR",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "location": {"map": {"city": "user.city", "country": "user.country"}}}},
        },
        "mapping": {
            "page": {"view": {"name": "Viewed Page", "data": {"map": {"Title": "data.title", "Path": "data.path"}}}},
            "product": {"view": {"name": "Viewed Product", "data": SEEN}, "add": {"name": "Added to Cart", "data": ADDED}},
            "checkout": {"start": {"name": "Started Checkout", "settings": {"value": "data.value", "currency": "data.currency"}}},
            "order": {
                "complete": {"name": "Placed Order", "data": {"map": {"OrderId": "data.id", "ItemNames": "nested.*.data.name"}},
                             "settings": {"value": "data.total", "currency": "data.currency", "uniqueId": "data.id"}},
                "*": {"ignore": True},
            },
            "user": {"login": {"silent": True}},
            "session": {"start": {"ignore": True}},
            "debug": {"ping": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName", "city")


def guests(seed: int, most: int = 240) -> tuple[Json, Events, tuple[str, ...]]:
    """A small soap shop without accounts: all it knows is an address of email."""
    site = Site(seed, "soap.example", ("FR",), lang="fr", states=("functional", "marketing"))
    shelf = goods(site.rng, "Savon olive|Savon miel|Baume|Huile|Shampoing", 4, 28)
    while len(site.events) < most:
        newsletter(site) if site.luck(0.1) else shopping(site, shelf, lambda: "EUR", logs_in=0.0)
    soil(site, "email")
    config = {
        "consent": {"marketing": True},
        "settings": {"email": "user.email", "externalId": None, "currency": "EUR"},
        "mapping": {
            "checkout": {"start": {"name": "Started Checkout", "data": {"map": {"ItemNames": "nested.*.data.name"}},
                         "settings": {"value": "data.value"}}},
            "order": {
                "complete": {"name": "Placed Order", "data": {"map": {"OrderId": "data.id", "ItemNames": "nested.*.data.name"}},
                             "settings": {"value": "data.total", "uniqueId": "data.id"}},
                "refund": {"name": "Refunded Order", "data": {"map": {"OrderId": "data.id"}},
                           "settings": {"value": "data.amount", "uniqueId": "data.refundId"}},
                "cancel": {"name": "Cancelled Order", "data": {"map": {"OrderId": "data.id"}},
                           "settings": {"value": "data.total", "uniqueId": "data.id"}},
            },
            "newsletter": {"signup": {"name": "Subscribed to Newsletter"}},
            "*": {"*": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("email")


def travel(seed: int, most: int = 220) -> tuple[Json, Events, tuple[str, ...]]:
    """Cabins in Sweden; bookings of the old system are imported and start no flows."""
    site = Site(seed, "stuga.example", ("SE",), lang=("sv", "en"))
    cabins = [{"cabinId": f"cab{at}", "cabin": name, "nightly": price} for at, (name, price) in
              enumerate((("Lillstugan", 890), ("Sjöstugan", 1450), ("Fjällstugan", 2100), ("Herrgården", 5200)))]  # fmt: skip
    number = 6_000
    while len(site.events) < most:
        person = site.anybody(0.6)
        site.visit(person, is_known=site.luck(0.5))
        cabin, nights = site.rng.choice(cabins), site.rng.randrange(2, 9)
        is_old = site.luck(0.2)
        if not is_old:
            site.say("cabin view", cabin)
            site.say("search run", {"guests": site.rng.randrange(1, 7), "nights": nights})
        if is_old or site.luck(0.4):
            number += 1
            site.user |= person["known"]
            event = site.say("booking complete", {"ref": f"ST{number}", "price": cabin["nightly"] * nights,
                "deposit": cabin["nightly"], "currency": "SEK", "nights": nights, "imported": is_old, **cabin,
                "arrival": "2027-02-13"})  # fmt: skip
            if is_old:
                event["timestamp"] -= 400 * DAY
    soil(site, "phone", "firstName")
    config = {
        "consent": {"marketing": True},
        "settings": {
            "phoneNumber": "user.phone", "currency": "SEK",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName",
                         "location": {"map": {"city": "user.city", "region": "user.region", "country": "user.country"}}}},
        },
        "mapping": {
            "cabin": {"view": {"name": "Viewed Cabin", "data": {"map": {"Cabin": "data.cabin", "CabinId": "data.cabinId"}}}},
            "search": {"run": {"name": "Searched", "data": {"map": {"Guests": "data.guests", "Nights": "data.nights"}}}},
            "booking": {"complete": {"name": "Placed Order",
                "data": {"map": {"OrderId": "data.ref", "Cabin": "data.cabin", "Nights": "data.nights", "Arrival": "data.arrival"}},
                "settings": {"value": "data.price", "uniqueId": "data.ref", "backfill": "data.imported"}}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("phone", "firstName")


def kitchen(seed: int, most: int = 300) -> tuple[Json, Events, tuple[str, ...]]:
    """Meals delivered in Mexico, from a site that still sends walkerOS 3."""
    site = Site(seed, "cocina.example", ("MX",), lang="es", version=3)
    dishes = goods(site.rng, "Tacos al pastor|Pozole|Mole|Tlayuda|Chilaquiles|Agua fresca", 45, 260)
    number = 44_000
    while len(site.events) < most:
        person = site.anybody(0.35)
        site.visit(person)
        site.say("page view", {"title": "Menú", "path": "/"})
        lines = [
            {**site.rng.choice(dishes), "quantity": site.rng.randrange(1, 4)}
            for _ in range(site.rng.randrange(1, 4))
        ]
        for line in lines:
            site.say("dish view", {key: line[key] for key in ("id", "name", "price")})
            site.say(
                "dish add",
                {key: line[key] for key in ("id", "name", "price", "quantity")},
                trigger="click",
            )
        if site.luck(0.6):
            number += 1
            food = round(sum(line["price"] * line["quantity"] for line in lines), 2)
            tip = site.rng.choice((0, 10, 20))
            data = {
                "number": number,
                "food": food,
                "tip": tip,
                "delivery": 29,
                "total": round(food + tip + 29, 2),
                "currency": "MXN",
            }
            nested = [{"entity": "dish", "data": line} for line in lines]
            event = site.say("meal order", data, nested=nested, trigger="submit")
            if site.luck(0.1):
                site.again(event, is_same=True)
            site.later(
                0.04,
                "meal deliver",
                {
                    "number": number,
                    "total": data["total"],
                    "currency": "MXN",
                    "minutes": site.rng.randrange(18, 70),
                },
            )
            if site.luck(0.3):
                site.later(0.1, "meal rate", {"number": number, "stars": site.rng.randrange(2, 6)})
    soil(site, "firstName", "email")
    config = {
        "consent": {"marketing": True},
        "settings": {
            "phoneNumber": "user.phone", "phoneRegion": "MX",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName", "location": {"map": {"city": "user.city"}}}},
        },
        "mapping": {
            "dish": {"add": {"name": "Added to Cart", "data": ADDED}, "*": {"name": "Viewed Product",
                     "data": {"map": {"ProductName": "data.name", "ProductID": "data.id", "Price": "data.price"}}}},
            "meal": {
                "order": {"name": "Placed Order", "data": {"map": {"OrderId": "data.number", "ItemNames": "nested.*.data.name", "Tip": "data.tip"}},
                          "settings": {"value": "data.total", "currency": ["data.currency", "MXN"], "uniqueId": "data.number"}},
                "deliver": {"name": "Fulfilled Order", "data": {"map": {"OrderId": "data.number", "Minutes": "data.minutes"}},
                            "settings": {"value": "data.total", "currency": "data.currency", "uniqueId": "data.number"}},
                "rate": {"name": "Rated Meal", "data": {"map": {"OrderId": "data.number", "Stars": "data.stars"}}},
            },
            "page": {"*": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName", "email")


def paper(seed: int, most: int = 220) -> tuple[Json, Events, tuple[str, ...]]:
    """A newspaper without a shop: articles, newsletters, no revenue at all."""
    site = Site(seed, "avisa.example", ("NO",), lang="no")
    while len(site.events) < most:
        site.visit(site.anybody(0.4), is_known=site.luck(0.6))
        for _ in range(site.rng.randrange(1, 6)):
            site.say("article read", {"title": site.rng.choice(("Snow", "Budget", "Election", "Ferry")), "section": site.rng.choice(("news", "sport")),
                     "words": site.rng.randrange(200, 2_000)}, context={"paywall": [site.rng.choice(("open", "closed")), 0]})  # fmt: skip
        if site.luck(0.2):
            newsletter(site)
        if site.luck(0.2):
            site.say("article share", {"title": "Snow", "to": "mail"}, trigger="click")
    soil(site, "firstName", "email")
    config = {
        "consent": {"marketing": True},
        "settings": {"identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName", "locale": {"key": "globals.lang", "value": "no"}}}},
        "mapping": {
            "article": {"read": {"name": "Read Article", "data": {"map": {"Title": "data.title", "Section": "data.section",
                        "Paywall": "context.paywall.0"}}, "batch": 5_000},
                        "share": {"name": "Shared Article", "data": {"map": {"Title": "data.title", "To": "data.to"}}}},
            "newsletter": {"signup": {"name": "Signed Up for Newsletter", "data": {"map": {"List": "data.list"}}}},
            "page": {"view": {"ignore": True}},
        },
    }  # fmt: skip
    return config, site.done(most), soil_of("firstName", "email")


SHOPS: dict[str, Shop] = {
    shop.__name__: shop
    for shop in (fashion, grocer, saas, tickets, business, market, japan, charity, digital, german,
                 headless, guests, travel, kitchen, paper)
}  # fmt: skip


def clean() -> Iterator[Case]:
    """Shops with nothing wrong."""
    for name, shop in SHOPS.items():
        config, events, dirt = shop(crc32(name.encode()), 250 + crc32(name.encode()) % 140)
        yield Case(
            f"clean-{name}",
            "clean",
            plain(config),
            events,
            Sound((shop.__doc__ or "").strip(), dirt),
        )


# --- changing a configuration ---------------------------------------------------------------------

GONE = object()
"""Takes a key away."""


def put(config: Json, path: str | tuple[str, ...], value: Any) -> None:
    """Set or take away what stands at a path; parents are made."""
    keys = path if isinstance(path, tuple) else tuple(path.split("."))
    at: Any = config
    for key in keys[:-1]:
        if isinstance(at, list):
            at = at[int(key)]
        else:
            at = at.setdefault(key, {})
    if value is GONE:
        at.pop(keys[-1], None)
    elif isinstance(at, list):
        at[int(keys[-1])] = value
    else:
        at[keys[-1]] = plain(value)


Changes = dict[Any, Any]


def plain(value: Any) -> Any:
    """A copy in which nothing is shared, as if it had been read from a file."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def changed(config: Json, changes: Changes | Callable[[Json], Json]) -> Json:
    """A changed copy."""
    config = plain(config)
    if callable(changes):
        return plain(changes(config))
    for path, value in changes.items():
        put(config, path, value)
    return config


# --- functions that configurations name -----------------------------------------------------------


def is_wholesale(value: Any, event: Json) -> bool:
    """Is it a wholesale customer?"""
    return bool(event.get("user", {}).get("group") == "wholesale")


def is_big(value: Any, event: Json) -> bool:
    """Is it an order of 100 or more?"""
    total = event.get("data", {}).get("total")
    return isinstance(total, int | float) and total >= 100


def is_vip(value: Any, event: Json) -> bool:
    """Asks for a field that the site has never sent."""
    return bool(event.get("user", {}).get("segment") == "VIP")


def is_export(value: Any, event: Json) -> bool:
    """Raises wherever there is no tax number, which is everywhere."""
    return bool(event["user"]["vatId"].startswith("AT"))


def has_total(value: Any, event: Json) -> bool:
    """Reads the whole event where it means its data."""
    return "total" in event


def is_gift(value: Any, event: Json) -> bool:
    """Is it a present?"""
    return event.get("data", {}).get("gift") is True


# --- sound habits ---------------------------------------------------------------------------------

SMALL: Json = {
    "consent": {"marketing": True},
    "settings": {"currency": "EUR", "identify": {"map": {"firstName": "user.firstName"}}},
    "mapping": {
        "order": {"complete": {"name": "Placed Order", "data": {"map": {"OrderId": "data.id"}},
                  "settings": {"value": "data.total", "currency": "data.currency", "uniqueId": "data.id"}}},
        "product": {"view": {"name": "Viewed Product", "data": {"map": {"ProductID": "data.id", "ProductName": "data.name"}}}},
        "*": {"*": {"ignore": True}},
    },
}  # fmt: skip


def little(
    name: str, orders: int = 30, order: Callable[[Site, Json], Json | None] | None = None,
    each: Callable[[Site, Json], None] | None = None, one_piece: bool = False,
    after: Callable[[Events], None] | None = None, **more: Any,
) -> Events:  # fmt: skip
    """A small shop's sample: people look at something and order it."""
    site = Site(crc32(name.encode()), "small.example", more.pop("countries", ("DE", "GB")), **more)
    shelf = goods(site.rng, "Cup|Bowl|Plate|Jug|Spoon", 8, 90)
    for _ in range(orders):
        site.visit(person := site.anybody(0.5))
        item = site.rng.choice(shelf)
        site.say("page view", {"title": "Home"})
        site.say("product view", item)
        quantity = site.rng.choice((1, 1, 2))
        data: Json | None = {
            "id": site.order_id(),
            "total": round(item["price"] * quantity + 4.9, 2),
            "currency": "EUR",
        }
        data = {**data, **(order(site, data) or {})} if order and data else data
        if one_piece:
            item, quantity = {**item, "price": float(data["total"])}, 1
        nested = [{"entity": "product", "data": {**item, "quantity": quantity}}]
        event = site.say(
            "order complete",
            {k: v for k, v in (data or {}).items() if v is not GONE},
            nested=nested,
        )
        if each:
            each(site, {"event": event, "person": person, "item": item})
    events = site.done(10_000)
    if after:
        after(events)
    return events


def _older(events: Events) -> None:
    for event in events:
        event["timestamp"] -= 500 * DAY


def _half_renamed(events: Events) -> None:
    """Half the time the site called its consent otherwise."""
    for event in events[: len(events) // 2]:
        if event["consent"].pop("marketing", None):
            event["consent"]["Werbung"] = True


def habits() -> Iterator[Case]:
    """What looks odd and is right."""

    def habit(
        name: str, says: str, changes: Any, dirt: tuple[str, ...] = (), **sample: Any
    ) -> Case:
        return Case(
            f"habit-{name}",
            "habit",
            changed(SMALL, changes),
            little(name, **sample),
            Sound(says, dirt),
        )

    rule = "mapping.order.complete"
    money = f"{rule}.settings"

    yield habit(
        "unique-id-list",
        "The order's id, else the event's.",
        {f"{money}.uniqueId": ["data.id", "id"]},
    )
    yield habit("unique-id-destination-list", "All metrics: a message's own id where there is one, else the event's.",
                {"settings.uniqueId": ["data.messageId", "id"], f"{money}.uniqueId": GONE},
                order=lambda site, data: {"messageId": f"m-{site.hex(12)}"})  # fmt: skip

    def refunds(site: Site, said: Json) -> None:
        order = said["event"]["data"]
        if site.luck(0.5):
            for part in (1, 2, 3)[: site.rng.randrange(1, 4)]:
                site.later(part, "order refund", {"id": order["id"], "refundId": f"{order['id']}/{part}",
                           "amount": round(order["total"] / 4, 2), "currency": "EUR"})  # fmt: skip

    yield habit("partial-refunds", "Several refunds of one order, each with an id of its own.",
                {"mapping.order.refund": {"name": "Refunded Order", "data": {"map": {"OrderId": "data.id"}},
                 "settings": {"value": "data.amount", "currency": "data.currency", "uniqueId": "data.refundId"}}}, each=refunds)  # fmt: skip

    yield habit("sent-twice", "The sender repeats itself; the ids make each count once.", {},
                each=lambda site, said: [site.again(said["event"], is_same=True) for _ in range(site.rng.randrange(3))] and None)  # fmt: skip
    yield habit("page-loaded-again", "The thank-you page is loaded again and again; the order's id makes it count once.", {},
                each=lambda site, said: [site.again(said["event"]) for _ in range(site.rng.randrange(3))] and None)  # fmt: skip
    yield habit("one-address-for-two", "Couples share an address of email and have accounts of their own.", {},
                extra_user=lambda site, found: {"email": f"family{len(site.people) // 2}@example.com"})  # fmt: skip
    yield habit("equal-gift-cards", "Gift cards of 50.00, over and over, also twice a day by one person.",
                {f"{rule}.data.map.IsGift": "data.gift"}, order=lambda site, data: {"total": 50.0, "gift": site.luck(0.6)}, one_piece=True)  # fmt: skip
    yield habit("conditions-then-plain", "A list: big orders apart, the others by the last rule, which has no condition.",
                {rule: [{**deepcopy(SMALL["mapping"]["order"]["complete"]), "condition": f"$py:{HERE}:is_big",
                         "data": {"map": {"OrderId": "data.id", "IsBig": {"value": True}}}},
                        SMALL["mapping"]["order"]["complete"]]},
                order=lambda site, data: {"total": round(site.rng.uniform(20, 240), 2)}, one_piece=True)  # fmt: skip
    yield habit(
        "list-of-one",
        "A list that has a single rule.",
        {rule: [SMALL["mapping"]["order"]["complete"]]},
    )
    yield habit("constant-currency", "The shop has one currency and never says so.",
                {f"{money}.currency": {"value": "EUR"}, "settings.currency": GONE}, order=lambda site, data: {"currency": GONE})  # fmt: skip
    yield habit("small-letters-currency", "Codes of currencies in small letters.", {"settings.currency": "eur"},
                order=lambda site, data: {"currency": "eur"})  # fmt: skip
    yield habit(
        "amounts-as-text",
        "Amounts as clean texts.",
        {},
        order=lambda site, data: {"total": f"{data['total']:.2f}"},
    )
    yield habit("whole-amounts", "A dealer of boats: amounts in whole euros, many of them.",
                {}, order=lambda site, data: {"total": site.rng.randrange(8_000, 90_000, 500)}, one_piece=True)  # fmt: skip
    yield habit("free-orders", "Some orders cost nothing: samples, and vouchers that pay for all.", {},
                order=lambda site, data: {"total": 0, "coupon": "FREE"} if site.luck(0.2) else None)  # fmt: skip
    yield habit("two-checkouts", "The web's checkout says grandTotal, the app's total.",
                {f"{money}.value": ["data.grandTotal", "data.total"]},
                order=lambda site, data: {"grandTotal": data["total"], "total": GONE} if site.luck(0.5) else None)  # fmt: skip
    yield habit("silent-login", "A login tells Klaviyo about the person and is no metric.", {"mapping.user.login.silent": True},
                each=lambda site, said: site.say("user login", {"method": "link"}) and None)  # fmt: skip
    yield habit("debug-ignored", "Debug events are ignored whole.", {"mapping.debug": {"*": {"ignore": True}}},
                each=lambda site, said: site.say("debug ping", {"ms": 3}) and None)  # fmt: skip
    yield habit("consent-asks-nothing", "A server that sends only what was agreed to; consent {} says so on purpose.",
                {"consent": {}})  # fmt: skip
    yield habit("two-consents", "Either of two states will do, on purpose: the site was renamed.",
                {"consent": {"marketing": True, "Werbung": True}}, after=_half_renamed)  # fmt: skip
    yield habit("walkeros-fields", "One flow.json for both: fields that only walkerOS reads.",
                {"queue": True, "loadScript": False, "timeout": 5_000, f"{rule}.batchFn": "x", f"{rule}.description": "Orders"})  # fmt: skip
    yield habit("numbers-as-ids", "People and orders have numbers for ids.", {},
                extra_user=lambda site, found: {"id": 40_000 + len(site.people)},
                order=lambda site, data: {"id": int(data["id"][1:])})  # fmt: skip
    yield habit("own-language", "Metrics in the team's own language.",
                {f"{rule}.name": "Bestellung aufgegeben", "mapping.product.view.name": "Artikel angesehen"})  # fmt: skip
    yield habit("one-id-for-two-metrics", "A cancelled order goes by the id of its Placed Order.",
                {"mapping.order.cancel": {"name": "Canceled Order", "data": {"map": {"OrderId": "data.id"}},
                 "settings": {"value": "data.total", "currency": "data.currency", "uniqueId": "data.id"}}},
                each=lambda site, said: site.later(1, "order cancel", said["event"]["data"]) and None if site.luck(0.3) else None)  # fmt: skip
    yield habit("policy-default", "A policy fills in the currency where an old page has none.",
                {("policy", "data.currency"): {"key": "data.currency", "value": "EUR"}},
                order=lambda site, data: {"currency": GONE} if site.luck(0.3) else None)  # fmt: skip
    yield habit("policy-clears-in-words", "The same by a value of null.",
                {("policy", "user.ip"): {"value": None}, "mapping.product.view.include": ["globals"]},
                extra_user=lambda site, found: {"ip": "203.0.113.9"})  # fmt: skip
    yield habit("policy-clears", "A policy takes the address of IP away, before anything can read it.",
                {("policy", "user.ip"): {}, "mapping.product.view.include": ["globals"]},
                extra_user=lambda site, found: {"ip": "203.0.113.9"})  # fmt: skip
    yield habit(
        "external-id-alone",
        "No address of email leaves the house; Klaviyo knows people by the id.",
        {"settings.email": None},
    )
    yield habit("sections-less-some", "Whole sections, less what nobody needs.",
                {"mapping.product.view.include": ["globals", "context"], "mapping.product.view.remove": ["globals_lang"]},
                )  # fmt: skip
    yield habit("web-and-till", "Two rules for one metric: the web's orders and the till's sales are different ones.",
                {"mapping.till.sale": {"name": "Placed Order", "data": {"map": {"OrderId": "data.slip"}},
                 "settings": {"value": "data.sum", "uniqueId": "data.slip"}}},
                each=lambda site, said: site.later(2, "till sale", {"slip": f"T-{site.hex(6)}", "sum": round(site.rng.uniform(4, 80), 2)}) and None
                if site.luck(0.5) else None)  # fmt: skip
    yield habit("phone-on-its-own-consent", "The phone number goes only where text messages were agreed to.",
                {"settings.phoneNumber": {"key": "user.phone", "consent": {"sms": True}}},
                each=lambda site, said: said["event"]["consent"].update({"sms": True}) if site.luck(0.4) else None)  # fmt: skip
    yield habit("region-from-the-event", "Numbers as people write them, read by their own country.",
                {"settings.phoneNumber": "user.phone", "settings.phoneRegion": "user.country"},
                countries=("DE",), is_national=True)  # fmt: skip
    yield habit("old-and-new-ids", "After a move to a new shop system some people have both ids.",
                {"settings.externalId": ["user.customerNo", "user.id"]},
                extra_user=lambda site, found: {"customerNo": f"N{900 + len(site.people)}"} if site.luck(0.5) else {})  # fmt: skip
    yield habit("three-decimals", "Kuwaiti dinars have three decimals, also as text.", {"settings.currency": "KWD"},
                order=lambda site, data: {"total": f"{site.rng.uniform(2, 90):.3f}", "currency": "KWD"}, one_piece=True)  # fmt: skip
    yield habit("clears-on-purpose", "Whoever takes the first name out of the account has it cleared.", {"settings.clear": ["firstName"]},
                extra_user=lambda site, found: {"firstName": None} if site.luck(0.2) else {})  # fmt: skip
    yield habit("import-of-old-orders", "A file of old orders alone; they start no flows.", {"settings.backfill": True},
                after=_older)  # fmt: skip
    yield habit("constant-with-dots", "A property that is the same everywhere, and looks like a path.",
                {"data": {"map": {"Shop": {"value": "small.example"}, "Version": {"value": "4.2"}}}})  # fmt: skip
    yield habit(
        "name-only",
        "A metric without properties.",
        {"mapping.product.view": {"name": "Viewed Product"}},
    )
    yield habit("guest-order-id", "Orders with long ids of another system, unlike the shop's own.", {},
                order=lambda site, data: {"id": f"gid://shop/Order/{site.rng.randrange(10**12)}"})  # fmt: skip
    yield habit("single-piece", "One piece an order and free shipping, so the total is its price.", {},
                one_piece=True, order=lambda site, data: {"total": site.rng.choice((12.5, 24.0, 39.9))})  # fmt: skip


# --- faults ---------------------------------------------------------------------------------------


def fault(
    name: str, base: Shop, says: str, where: str | tuple[str, ...], changes: Any = None, *,
    sound: Any = None, sample: Callable[[Events, Random], None] | None = None,
    dirt: Callable[[Events, Random], None] | None = None, right: Callable[[Json], Json] | None = None,
    most: int = 260, **more: Any,
) -> Case:  # fmt: skip
    """A sound shop, with one mistake in it.

    `sound` and `sample` change the shop first, without making it wrong; then come `changes` of
    the configuration or `dirt` in the events, which are the fault.
    """
    seed = crc32(name.encode())
    config, events, _ = base(seed, most)
    config = changed(config, sound or {})
    if sample:
        sample(events, Random(seed))
    wrong = changed(config, changes or {})
    dirty = deepcopy(events)
    if dirt:
        dirt(dirty, Random(seed))
        right_events: Callable[[Events], Events] = lambda _: deepcopy(events)  # noqa: E731
    else:
        right_events = list
    places = (where,) if isinstance(where, str) else where
    expect = Wrong(says, places, right or (lambda _: plain(config)), right_events, **more)
    return Case(name, "fault", wrong, dirty, expect)


def each_event(
    change: Callable[[Json, Random], None], name: str = ""
) -> Callable[[Events, Random], None]:
    """A change to every event, or to those of one name."""

    def run(events: Events, rng: Random) -> None:
        for event in events:
            if not name or event["name"] == name:
                change(event, rng)

    return run


def each_user(change: Callable[[Json, Random], None]) -> Callable[[Events, Random], None]:
    """A change to the user of every event of somebody known."""
    return each_event(
        lambda event, rng: change(event["user"], rng) if "email" in event["user"] else None
    )


def loaded_again(name: str) -> Callable[[Events, Random], None]:
    """Each third event of a name comes once more under another id, as from a page loaded again."""

    def run(events: Events, rng: Random) -> None:
        for event in [one for one in events if one["name"] == name and rng.random() < 0.35]:
            copy = deepcopy(event)
            copy["id"] = f"{rng.getrandbits(64):016x}"
            copy["timestamp"] += rng.randrange(9_000, 300_000)
            if "trace" in copy["source"]:
                copy["source"]["trace"] = f"{rng.getrandbits(128):032x}"
            events.append(copy)
        events.sort(key=lambda event: event["timestamp"])

    return run


DONE = "mapping.order.complete"
PAY = f"{DONE}.settings"
ID = "settings.identify.map"


def identity_faults() -> Iterator[Case]:
    """Whose event is it?"""
    yield fault(
        "email-typo",
        fashion,
        "user.emial is no field of any event",
        "settings.email",
        {"settings.email": "user.emial"},
    )
    yield fault(
        "email-in-data",
        headless,
        "the address stands under user, not data",
        "settings.email",
        {"settings.email": "data.email"},
    )
    yield fault("email-and-id-swapped", grocer, "email reads the id and externalId the address", ("settings.email", "settings.externalId"),
                {"settings.email": "user.id", "settings.externalId": "user.email"})  # fmt: skip
    yield fault(
        "external-id-device",
        fashion,
        "the device's id as the person's",
        "settings.externalId",
        {"settings.externalId": "user.device"},
    )
    yield fault(
        "external-id-session",
        german,
        "the session's id as the person's",
        "settings.externalId",
        {"settings.externalId": "user.session"},
    )
    yield fault("external-id-session-fallback", market, "who is not logged in gets the session for an id", "settings.externalId",
                {"settings.externalId": ["user.id", "user.session"]})  # fmt: skip
    yield fault(
        "external-id-data-id",
        fashion,
        "products and orders become people",
        "settings.externalId",
        {"settings.externalId": "data.id"},
    )
    yield fault(
        "external-id-event-id",
        saas,
        "each event becomes a person of its own",
        "settings.externalId",
        {"settings.externalId": "id"},
    )
    yield fault("external-id-constant", tickets, "everybody is the person called customer", "settings.externalId",
                {"settings.externalId": {"value": "customer"}})  # fmt: skip
    yield fault("external-id-constant-path", fashion, "a path written as a constant: everybody is user.id", "settings.externalId",
                {"settings.externalId": {"value": "user.id"}})  # fmt: skip
    yield fault(
        "external-id-flag",
        fashion,
        "whether they are logged in, not who they are",
        "settings.externalId",
        {"settings.externalId": "user.loggedIn"},
    )
    yield fault("external-id-company", business, "the firm's id: colleagues become one person", "settings.externalId",
                {"settings.externalId": "user.companyId"})  # fmt: skip
    yield fault(
        "external-id-tier",
        fashion,
        "the loyalty tier as the id merges all gold customers",
        "settings.externalId",
        {"settings.externalId": "user.tier"},
    )
    yield fault(
        "external-id-segment",
        market,
        "userId is another tool's field",
        "settings.externalId",
        {"settings.externalId": "userId"},
    )
    yield fault(
        "external-id-group",
        kitchen,
        "the page's group of walkerOS 3 as the person's id",
        "settings.externalId",
        {"settings.externalId": "group"},
    )
    yield fault(
        "external-id-workspace",
        saas,
        "the workspace's id: its members become one person",
        "settings.externalId",
        {"settings.externalId": "user.workspace"},
    )
    yield fault(
        "external-id-order-number",
        kitchen,
        "the order's number as the person's id",
        "settings.externalId",
        {"settings.externalId": ["data.number", "user.id"]},
    )
    yield fault(
        "email-test-address",
        guests,
        "a test address was left in: everybody is it",
        "settings.email",
        {"settings.email": {"value": "test@soap.example"}},
    )
    yield fault("email-fallback-address", fashion, "all who give none share an invented address", "settings.email",
                {"settings.email": ["user.email", {"value": "noreply@mode.example"}]})  # fmt: skip
    yield fault(
        "email-of-the-shop-first",
        digital,
        "the shop's own support address comes first",
        "settings.email",
        {"settings.email": ["data.supportEmail", "user.email"]},
    )
    yield fault(
        "email-of-the-recipient",
        digital,
        "the gift's recipient is taken for the buyer",
        "settings.email",
        {"settings.email": ["data.recipientEmail", "user.email"]},
    )
    yield fault(
        "email-hash",
        fashion,
        "a hash, as advertisers want it, is no address",
        "settings.email",
        {"settings.email": "user.emailHash"},
    )
    yield fault(
        "email-traits",
        saas,
        "traits.email is Segment's place",
        "settings.email",
        {"settings.email": "context.traits.email"},
    )
    yield fault(
        "email-dollar",
        german,
        "$email is Klaviyo's old spelling, no path",
        "settings.email",
        {"settings.email": "$email"},
    )
    yield fault(
        "email-blank-at-end",
        fashion,
        "a blank at the end of the path",
        "settings.email",
        {"settings.email": "user.email "},
    )
    yield fault(
        "email-capital",
        guests,
        "User with a capital letter",
        "settings.email",
        {"settings.email": "User.email"},
    )
    yield fault(
        "email-mapping-in-text",
        grocer,
        "braces of another tool around the path",
        "settings.email",
        {"settings.email": "{{user.email}}"},
    )
    yield fault("both-switched-off", german, "copied from a shop with anonymous ids: nobody is left who gave no phone number", ("settings.email", "settings.externalId"),
                {"settings.email": None, "settings.externalId": None})  # fmt: skip
    yield fault(
        "guests-default-null",
        guests,
        "null switches the only identifier off",
        "settings.email",
        {"settings.email": None},
    )
    yield fault(
        "phone-zip",
        german,
        "the zip as the phone number",
        "settings.phoneNumber",
        {"settings.phoneNumber": "user.zip"},
    )
    yield fault(
        "phone-elsewhere",
        grocer,
        "no event has data.phone",
        "settings.phoneNumber",
        {"settings.phoneNumber": "data.phone"},
    )
    yield fault(
        "phone-mobile",
        japan,
        "user.mobile is not what the site calls it",
        "settings.phoneNumber",
        {"settings.phoneNumber": "user.mobile"},
    )
    yield fault(
        "phone-of-the-order-id",
        kitchen,
        "the order's number as the phone number",
        "settings.phoneNumber",
        {"settings.phoneNumber": "data.number"},
    )
    yield fault(
        "region-missing",
        german,
        "national numbers and no phoneRegion",
        ("settings.phoneRegion", "settings.phoneNumber"),
        {"settings.phoneRegion": GONE},
    )
    yield fault("region-language", german, "the language as the country: en is none", "settings.phoneRegion", {"settings.phoneRegion": "globals.lang"},
                sample=each_event(lambda event, rng: event["globals"].update({"lang": "en"}) if event["user"].get("phone", "")[-1:] in "13579" else None))  # fmt: skip
    yield fault(
        "region-uk",
        german,
        "the United Kingdom's code is GB, and the shop is German",
        "settings.phoneRegion",
        {"settings.phoneRegion": "UK"},
    )
    yield fault(
        "region-calling-code",
        german,
        "49 is read as a path",
        "settings.phoneRegion",
        {"settings.phoneRegion": "49"},
    )
    yield fault(
        "region-other-country",
        german,
        "AT copied from the sister shop: the numbers are German",
        "settings.phoneRegion",
        {"settings.phoneRegion": "AT"},
    )
    yield fault(
        "anonymous-is-customer",
        headless,
        "the customer's id as the anonymous one; visitors are nobody",
        "settings.anonymousId",
        {"settings.anonymousId": "user.id"},
    )
    yield fault(
        "anonymous-per-event",
        headless,
        "a new visitor with each event",
        "settings.anonymousId",
        {"settings.anonymousId": "id"},
    )
    yield fault(
        "anonymous-trace",
        headless,
        "source.trace is new for each event",
        "settings.anonymousId",
        {"settings.anonymousId": "source.trace"},
    )
    yield fault(
        "anonymous-constant",
        headless,
        "all visitors are one",
        "settings.anonymousId",
        {"settings.anonymousId": {"value": "visitor"}},
    )
    yield fault(
        "anonymous-typo",
        headless,
        "user.devise",
        "settings.anonymousId",
        {"settings.anonymousId": "user.devise"},
    )
    yield fault(
        "kx-elsewhere",
        digital,
        "nothing puts the exchange id into user.kx",
        "settings.kx",
        {"settings.kx": "user.kx"},
    )
    yield fault(
        "kx-is-email",
        digital,
        "the address of email as the exchange id",
        "settings.kx",
        {"settings.kx": "user.email"},
    )


def trait_faults() -> Iterator[Case]:
    """What is told about the person?"""
    yield fault(
        "trait-firstname",
        fashion,
        "firstname in small letters is no trait",
        ID,
        {f"{ID}.firstName": GONE, f"{ID}.firstname": "user.firstName"},
    )
    yield fault(
        "trait-phone",
        grocer,
        "phone is no trait; it is settings.phoneNumber",
        ID,
        {f"{ID}.phone": "user.phone", "settings.phoneNumber": GONE},
    )
    yield fault(
        "trait-email",
        saas,
        "email is no trait; it is an identifier",
        ID,
        {f"{ID}.email": "user.email"},
    )
    yield fault(
        "trait-custom-at-top",
        fashion,
        "a trait of their own outside properties",
        ID,
        {f"{ID}.loyaltyTier": "user.tier", f"{ID}.properties": GONE},
    )
    yield fault("names-swapped", market, "first and last name are swapped", (f"{ID}.firstName", f"{ID}.lastName"),
                {f"{ID}.firstName": "user.lastName", f"{ID}.lastName": "user.firstName"})  # fmt: skip
    yield fault(
        "last-name-is-first",
        grocer,
        "copied line: the last name reads the first",
        f"{ID}.lastName",
        {f"{ID}.lastName": "user.firstName"},
    )
    yield fault(
        "first-name-small",
        kitchen,
        "user.firstname",
        f"{ID}.firstName",
        {f"{ID}.firstName": "user.firstname"},
    )
    yield fault(
        "first-name-in-data",
        headless,
        "names stand under user",
        f"{ID}.firstName",
        {f"{ID}.firstName": "data.firstName"},
    )
    yield fault(
        "first-name-constant",
        german,
        "a path written as a constant: everybody is called user.firstName",
        f"{ID}.firstName",
        {f"{ID}.firstName": {"value": "user.firstName"}},
    )
    yield fault(
        "last-name-placeholder",
        charity,
        "the word from the template stayed",
        f"{ID}.lastName",
        {f"{ID}.lastName": {"value": "lastName"}},
    )
    yield fault(
        "city-at-top",
        headless,
        "city belongs into location",
        ID,
        {f"{ID}.city": "user.city", f"{ID}.location.map": {"country": "user.country"}},
    )
    yield fault(
        "location-is-text",
        headless,
        "location is an object, not a city",
        f"{ID}.location",
        {f"{ID}.location": "user.city"},
    )
    yield fault(
        "location-postcode",
        grocer,
        "postcode is called zip",
        f"{ID}.location",
        {f"{ID}.location.map.zip": GONE, f"{ID}.location.map.postcode": "user.zip"},
    )
    yield fault("zip-and-city-swapped", tickets, "the zip reads the city and the city the zip", f"{ID}.location",
                {f"{ID}.location.map": {"city": "user.zip", "zip": "user.city"}})  # fmt: skip
    yield fault(
        "country-is-language",
        market,
        "the language as the country",
        f"{ID}.location",
        {f"{ID}.location.map.country": "globals.lang"},
    )
    yield fault("region-in-country", japan, "country reads the region, region the country", f"{ID}.location",
                {f"{ID}.location.map.country": "user.region", f"{ID}.location.map.region": "user.country"})  # fmt: skip
    yield fault(
        "locale-is-country",
        fashion,
        "the country as the locale",
        f"{ID}.locale",
        {f"{ID}.locale": "user.country"},
    )
    yield fault(
        "locale-constant-path",
        digital,
        "a path written as a constant",
        f"{ID}.locale",
        {f"{ID}.locale": {"value": "globals.lang"}},
    )
    yield fault(
        "locale-elsewhere",
        fashion,
        "page.lang is not there, so everybody is de",
        f"{ID}.locale",
        {f"{ID}.locale": {"key": "page.lang", "value": "de"}},
    )
    yield fault(
        "image-of-product",
        fashion,
        "the product's picture as the person's",
        f"{ID}.image",
        {f"{ID}.image": "data.image"},
    )
    yield fault(
        "title-of-page",
        german,
        "the page's title as the person's",
        f"{ID}.title",
        {f"{ID}.title": "data.title"},
    )
    yield fault("last-order-is-product", fashion, "for every event: data.id is a product's on most of them", ID,
                {f"{ID}.properties.map.LastOrderId": "data.id"})  # fmt: skip
    yield fault(
        "organization-is-city",
        business,
        "the city as the organization",
        f"{ID}.organization",
        {f"{ID}.organization": "user.city"},
    )
    yield fault(
        "identify-whole-user",
        saas,
        "the whole user section has no trait's shape, and carries a hash of the password",
        "settings.identify",
        {"settings.identify": "user"},
    )
    yield fault(
        "identify-one-field",
        guests,
        "identify must be an object",
        "settings.identify",
        {"settings.identify": "user.email"},
    )
    yield fault(
        "identify-without-map",
        grocer,
        "names stand directly in identify",
        "settings.identify",
        {"settings.identify": {"firstName": "user.firstName"}},
        is_config_error=True,
    )
    yield fault(
        "identify-at-top",
        saas,
        "identify belongs into settings",
        "identify",
        lambda c: {**c, "identify": c["settings"].pop("identify")},
        is_config_error=True,
    )
    yield fault(
        "identify-properties-no-map",
        business,
        "properties without map",
        f"{ID}.properties",
        {f"{ID}.properties": {"CustomerGroup": "user.group"}},
        is_config_error=True,
    )
    yield fault(
        "clear-unknown",
        fashion,
        "phone is no trait that could be cleared",
        "settings.clear",
        {"settings.clear": ["phone"]},
        is_config_error=True,
    )
    yield fault("consent-for-everybody", saas, "everybody is told to accept marketing", (f"{ID}.properties",), {f"{ID}.properties.map.AcceptsMarketing": {"value": True}},
                detectable=False, why="a constant trait is a sound habit; that this one claims a consent lies in the meaning of its name")  # fmt: skip
    yield fault(
        "name-of-the-recipient",
        fashion,
        "the parcel's recipient is told as the buyer's name",
        f"{ID}.firstName",
        {f"{ID}.firstName": ["data.shippingName", "user.firstName"]},
    )
    yield fault(
        "password-hash-told",
        saas,
        "the password's hash goes to Klaviyo",
        f"{ID}.properties",
        {f"{ID}.properties.map.Hash": "user.passwordHash"},
    )


def revenue_faults() -> Iterator[Case]:
    """How much?"""
    booking, buy = "mapping.booking.complete.settings", "mapping.book.purchase.settings"
    yield fault(
        "value-cents",
        fashion,
        "totalCents is a hundred times the total",
        f"{PAY}.value",
        {f"{PAY}.value": "data.totalCents"},
    )
    yield fault(
        "value-minor-yen",
        japan,
        "yen have no minor unit",
        f"{PAY}.value",
        {f"{PAY}.value": "data.totalMinor"},
    )
    yield fault(
        "value-invoice-cents",
        saas,
        "the amount in cents",
        "mapping.invoice.paid.settings.value",
        {"mapping.invoice.paid.settings.value": "data.amountCents"},
    )
    yield fault(
        "value-first-price",
        fashion,
        "the first product's price as the order's total",
        f"{PAY}.value",
        {f"{PAY}.value": "nested.0.data.price"},
    )
    yield fault(
        "value-price-in-data",
        german,
        "an order has no data.price",
        f"{PAY}.value",
        {f"{PAY}.value": "data.price"},
    )
    yield fault(
        "value-shipping",
        market,
        "the shipping's cost as the order's total",
        f"{PAY}.value",
        {f"{PAY}.value": "data.shipping"},
    )
    yield fault(
        "value-discount",
        fashion,
        "what was taken off as the total",
        f"{PAY}.value",
        {f"{PAY}.value": "data.discount"},
    )
    yield fault(
        "value-taxes",
        german,
        "the tax as the total",
        f"{PAY}.value",
        {f"{PAY}.value": "data.taxes"},
    )
    yield fault(
        "value-count",
        market,
        "the number of pieces as the total",
        f"{PAY}.value",
        {f"{PAY}.value": "data.itemCount"},
    )
    yield fault(
        "value-seats",
        saas,
        "the number of seats as the amount",
        "mapping.invoice.paid.settings.value",
        {"mapping.invoice.paid.settings.value": "data.seats"},
    )
    yield fault(
        "value-fee",
        tickets,
        "the booking fee as the total",
        f"{booking}.value",
        {f"{booking}.value": "data.fee"},
    )
    yield fault(
        "value-one-ticket",
        tickets,
        "one ticket's price as the booking's total",
        f"{booking}.value",
        {f"{booking}.value": "data.price"},
    )
    yield fault("value-deposit", travel, "the deposit rather than the price", "mapping.booking.complete.settings.value", {"mapping.booking.complete.settings.value": "data.deposit"},
                detectable=False, why="whether a shop counts deposits or prices is its own decision")  # fmt: skip
    yield fault("value-subtotal", fashion, "the sum of the goods where the team counts totals", f"{PAY}.value", {f"{PAY}.value": "data.subtotal"},
                detectable=False, why="both sums are honest; which one the shop counts is its own decision")  # fmt: skip
    yield fault(
        "value-tip",
        kitchen,
        "the tip as the total",
        "mapping.meal.order.settings.value",
        {"mapping.meal.order.settings.value": "data.tip"},
    )
    yield fault(
        "value-typo", fashion, "data.totals", f"{PAY}.value", {f"{PAY}.value": "data.totals"}
    )
    yield fault(
        "value-order-total",
        guests,
        "order.total is no path of an event",
        f"{PAY}.value",
        {f"{PAY}.value": "order.total"},
    )
    yield fault(
        "value-without-data",
        market,
        "total without data. in front",
        f"{PAY}.value",
        {f"{PAY}.value": "total"},
    )
    yield fault(
        "value-event-data",
        german,
        "event. in front",
        f"{PAY}.value",
        {f"{PAY}.value": "event.data.total"},
    )
    yield fault(
        "value-not-deep-enough",
        digital,
        "data.sum stands under data.order",
        f"{buy}.value",
        {f"{buy}.value": "data.sum"},
    )
    yield fault(
        "value-object",
        digital,
        "data.order is an object, not an amount",
        f"{buy}.value",
        {f"{buy}.value": "data.order"},
    )
    yield fault(
        "value-ga4",
        fashion,
        "data.value is the cart's name for it, orders have total",
        f"{PAY}.value",
        {f"{PAY}.value": "data.value"},
    )
    yield fault(
        "value-constant-one",
        charity,
        "every gift counts as 1",
        "mapping.donation.complete.settings.value",
        {"mapping.donation.complete.settings.value": {"value": 1}},
    )
    yield fault(
        "value-constant-path",
        fashion,
        "a path written as a constant",
        f"{PAY}.value",
        {f"{PAY}.value": {"value": "data.total"}},
    )
    yield fault(
        "value-formatted",
        fashion,
        "the total as it is shown, with sign and separators",
        f"{PAY}.value",
        {f"{PAY}.value": "data.totalFormatted"},
    )
    yield fault(
        "value-formatted-pounds",
        grocer,
        "£12.30 is no number",
        "mapping.basket.order.settings.value",
        {"mapping.basket.order.settings.value": "data.totalFormatted"},
    )
    yield fault(
        "value-list-of-prices",
        market,
        "a list of prices is no amount",
        f"{PAY}.value",
        {f"{PAY}.value": "nested.*.data.price"},
    )
    yield fault(
        "value-of-order-id",
        german,
        "the order's id as the amount",
        f"{PAY}.value",
        {f"{PAY}.value": "data.id", f"{PAY}.uniqueId": "data.total"},
    )
    yield fault("value-as-property", headless, "revenue as the old property $value, and no settings.value", DONE,
                {f"{PAY}.value": GONE, f"{PAY}.currency": GONE, f"{DONE}.data.map.$value": "data.total"})  # fmt: skip
    yield fault(
        "value-missing", german, "Placed Order without an amount", DONE, {f"{PAY}.value": GONE}
    )
    yield fault(
        "value-missing-invoice",
        saas,
        "paid invoices without an amount",
        "mapping.invoice.paid",
        {
            "mapping.invoice.paid.settings.value": GONE,
            "mapping.invoice.paid.settings.currency": GONE,
        },
    )
    yield fault(
        "value-on-views",
        fashion,
        "each look at a product counts its price as revenue",
        "mapping.product.view",
        {"mapping.product.view.settings": {"value": "data.price", "currency": "data.currency"}},
    )
    yield fault(
        "refund-as-order",
        fashion,
        "refunds are added to Placed Order as sales",
        "mapping.order.refund",
        {"mapping.order.refund.name": "Placed Order"},
    )
    yield fault(
        "cancel-as-order",
        german,
        "cancellations go as Placed Order",
        "mapping.order.cancel",
        {"mapping.order.cancel.name": "Placed Order"},
    )
    yield fault(
        "ship-as-order",
        market,
        "each order counts again when it is sent off",
        "mapping.order.ship",
        {"mapping.order.ship.name": "Placed Order", "mapping.order.ship.settings.uniqueId": "id"},
    )
    yield fault(
        "deliver-as-order",
        kitchen,
        "each meal counts again when it is delivered",
        "mapping.meal.deliver",
        {
            "mapping.meal.deliver.name": "Placed Order",
            "mapping.meal.deliver.settings.uniqueId": "id",
        },
    )
    yield fault(
        "checkout-as-order",
        fashion,
        "copied rule: a started checkout is a Placed Order",
        "mapping.checkout.start",
        {"mapping.checkout.start.name": "Placed Order"},
    )
    yield fault(
        "hold-as-order",
        tickets,
        "holding a seat counts as an order",
        "mapping.seat.hold",
        {
            "mapping.seat.hold.name": "Placed Order",
            "mapping.seat.hold.settings": {"value": "data.price"},
        },
    )
    yield fault(
        "start-as-gift",
        charity,
        "a started donation counts as one made",
        "mapping.donation.start",
        {
            "mapping.donation.start.name": "Made Donation",
            "mapping.donation.start.settings": {"value": "data.amount"},
        },
    )
    yield fault(
        "refund-whole-order",
        market,
        "each partial refund takes off the whole order",
        "mapping.order.refund.settings.value",
        {"mapping.order.refund.settings.value": "data.orderTotal"},
    )
    yield fault(
        "refund-without-value",
        german,
        "data.refund is not there; it is data.amount",
        "mapping.order.refund.settings.value",
        {"mapping.order.refund.settings.value": "data.refund"},
    )
    yield fault("subscription-counted-too", saas, "starting a subscription counts, and its first invoice again", "mapping.subscription.start",
                {"mapping.subscription.start.name": "Paid Invoice", "mapping.subscription.start.settings.value": "data.mrr"})  # fmt: skip
    yield fault(
        "quote-as-order",
        business,
        "quotes count as orders",
        "mapping.quote.request",
        {
            "mapping.quote.request.name": "Placed Order",
            "mapping.quote.request.settings.value": "data.net",
        },
    )

    def paid(events: Events, rng: Random) -> None:
        for event in [one for one in events if one["name"] == "order complete"]:
            events.append({**deepcopy(event), "name": "payment success", "entity": "payment", "action": "success",
                           "id": f"{rng.getrandbits(64):016x}", "timestamp": event["timestamp"] + 2_000})  # fmt: skip
        events.sort(key=lambda event: event["timestamp"])

    two = {"name": "Placed Order", "settings": {"value": "data.total", "currency": "data.currency"}}
    yield fault("payment-counts-too", fashion, "the order and its payment are both Placed Order, by different ids", ("mapping.payment.success", DONE), {"mapping.payment": {"success": two}},
                sample=paid, sound={"mapping.payment": {"success": {"ignore": True}}})  # fmt: skip


def currency_faults() -> Iterator[Case]:
    """In what currency?"""
    yield fault(
        "currency-elsewhere",
        german,
        "no event has globals.currency",
        "settings.currency",
        {"settings.currency": "globals.currency"},
    )
    yield fault(
        "currency-usd-copied",
        fashion,
        "USD from the example, and no field asked; the events say EUR",
        f"{PAY}.currency",
        {f"{PAY}.currency": "USD"},
    )
    yield fault(
        "currency-constant-path",
        market,
        "a path written as a constant",
        f"{PAY}.currency",
        {f"{PAY}.currency": {"value": "data.currency"}},
    )
    yield fault(
        "currency-sign",
        german,
        "€ is read as a path",
        "settings.currency",
        {"settings.currency": "€"},
    )
    yield fault(
        "currency-sign-constant",
        guests,
        "€ is no code",
        "settings.currency",
        {"settings.currency": {"value": "€"}},
    )
    yield fault(
        "currency-euro",
        fashion,
        "EURO is no code",
        "settings.currency",
        {"settings.currency": "EURO"},
        is_config_error=True,
    )
    yield fault(
        "currency-che",
        tickets,
        "CHE is no code; the franc is CHF",
        "settings.currency",
        {"settings.currency": "CHE"},
        is_config_error=True,
    )
    yield fault(
        "currency-rmb-constant",
        japan,
        "YEN is no code; it is JPY",
        "settings.currency",
        {"settings.currency": {"value": "YEN"}},
    )
    yield fault(
        "currency-symbol-field",
        market,
        "the sign's field rather than the code's",
        f"{PAY}.currency",
        {f"{PAY}.currency": "data.currencySymbol"},
    )
    yield fault(
        "currency-none",
        market,
        "two currencies, and none is sent",
        (DONE, "settings.currency"),
        {f"{PAY}.currency": GONE},
    )
    yield fault(
        "currency-none-japan",
        japan,
        "no currency anywhere: the account's own would hold",
        ("settings.currency", "mapping.order.complete"),
        {"settings.currency": GONE},
    )
    yield fault(
        "currency-one-for-two",
        market,
        "pounds go as euros",
        f"{PAY}.currency",
        {f"{PAY}.currency": "EUR"},
    )
    yield fault(
        "currency-constant-first",
        market,
        "the constant comes first, so the field is never asked",
        f"{PAY}.currency",
        {f"{PAY}.currency": ["EUR", "data.currency"]},
    )
    yield fault(
        "currency-country",
        headless,
        "the country as the currency",
        f"{PAY}.currency",
        {f"{PAY}.currency": "user.country"},
    )
    yield fault(
        "currency-language",
        kitchen,
        "the language as the currency",
        "mapping.meal.order.settings.currency",
        {"mapping.meal.order.settings.currency": "globals.lang"},
    )
    yield fault(
        "currency-display",
        market,
        "the currency that the visitor looked at, not the one that was paid",
        f"{PAY}.currency",
        {f"{PAY}.currency": "data.displayCurrency"},
    )
    yield fault(
        "currency-too-deep",
        market,
        "data.currency is a string and has no code",
        f"{PAY}.currency",
        {f"{PAY}.currency": "data.currency.code"},
    )
    yield fault(
        "currency-as-property",
        market,
        "currency among the properties, where Klaviyo does not read it",
        DONE,
        {f"{PAY}.currency": GONE, f"{DONE}.data.map.currency": "data.currency"},
    )
    yield fault(
        "currency-capital-key",
        saas,
        "Currency with a capital letter",
        "settings",
        {"settings.currency": GONE, "settings.Currency": "USD"},
        is_config_error=True,
    )
    yield fault(
        "currency-other-shop",
        guests,
        "GBP copied from the sister shop; the field that says EUR is not read",
        "settings.currency",
        {"settings.currency": "GBP"},
    )
    yield fault("currency-usd-for-yen", japan, "the template's USD; the events say no currency of their own", "settings.currency", {"settings.currency": "USD"},
                sample=each_event(lambda event, rng: event["data"].pop("currency", None) and None),
                detectable=False, why="no event says a currency, and any amount may be one in dollars")  # fmt: skip
    yield fault(
        "currency-refund-forgotten",
        market,
        "refunds go without a currency",
        "mapping.order.refund",
        {"mapping.order.refund.settings.currency": GONE},
    )


def second_refund(events: Events, rng: Random) -> None:
    """Some orders are sent back in two parcels, each refunded by itself."""
    events[:] = [one for one in events if one["name"] != "order refund"]
    orders = {one["data"]["id"]: one for one in events if one["name"] == "order complete"}
    for event in [one for one in orders.values() if rng.random() < 0.5]:
        for part in (1, 2):
            data = event["data"]
            refund = {"id": data["id"], "refundId": f"R{data['id']}-{part}", "amount": round(data["total"] / (3 + part), 2),
                      "orderTotal": data["total"], "currency": data["currency"], "reason": "returned"}  # fmt: skip
            events.append({**deepcopy(event), "name": "order refund", "action": "refund", "data": refund, "nested": [],
                           "id": f"{rng.getrandbits(64):016x}", "timestamp": event["timestamp"] + (4 + part) * DAY})  # fmt: skip
    events.sort(key=lambda event: event["timestamp"])


def second_booking(events: Events, rng: Random) -> None:
    """Some book the same show once more, for others."""
    for event in [
        one for one in events if one["name"] == "booking complete" and rng.random() < 0.3
    ]:
        copy = deepcopy(event)
        copy["id"] = f"{rng.getrandbits(64):016x}"
        copy["timestamp"] += DAY
        copy["data"] |= {
            "bookingId": copy["data"]["bookingId"] + "9",
            "total": copy["data"]["price"] + 3.5,
            "seats": 1,
        }
        copy["nested"] = copy["nested"][:1]
        events.append(copy)
    events.sort(key=lambda event: event["timestamp"])


def unique_faults() -> Iterator[Case]:
    """When is it the same event?"""
    at = f"{PAY}.uniqueId"
    yield fault(
        "unique-constant-path",
        fashion,
        "a path written as a constant: the second order of each person is lost",
        at,
        {at: {"value": "data.id"}},
    )
    yield fault(
        "unique-constant", german, "the same id for all orders", at, {at: {"value": "order"}}
    )
    yield fault(
        "unique-typo",
        fashion,
        "data.orderId is not there; a page loaded again counts again",
        at,
        {at: "data.orderId"},
        sample=loaded_again("order complete"),
    )
    yield fault(
        "unique-missing",
        market,
        "no order id: a page loaded again counts again",
        DONE,
        {at: GONE},
        sample=loaded_again("order complete"),
    )
    yield fault(
        "unique-user", fashion, "the person's id: the second order is lost", at, {at: "user.id"}
    )
    yield fault(
        "unique-email", guests, "the address: the second order is lost", at, {at: "user.email"}
    )
    yield fault("unique-session", headless, "the session's id: a second order in one visit is lost, and a reload in another counts", at, {at: "user.session"},
                detectable=False, why="no visit of this sample holds two orders or a reload in another session")  # fmt: skip
    yield fault(
        "unique-first-product",
        kitchen,
        "the first dish's id: who orders it again is not counted",
        "mapping.meal.order.settings.uniqueId",
        {"mapping.meal.order.settings.uniqueId": "nested.0.data.id"},
    )
    yield fault(
        "unique-everywhere-data-id",
        fashion,
        "for all metrics: a second look at a product is lost",
        "settings.uniqueId",
        {"settings.uniqueId": "data.id"},
    )
    yield fault(
        "unique-timestamp",
        market,
        "the time: a page loaded again counts again",
        at,
        {at: "timestamp"},
        sample=loaded_again("order complete"),
    )
    yield fault(
        "unique-trace",
        german,
        "source.trace is new for each event",
        at,
        {at: "source.trace"},
        sample=loaded_again("order complete"),
    )
    yield fault(
        "unique-refund-order",
        fashion,
        "the second partial refund of an order is lost",
        "mapping.order.refund.settings.uniqueId",
        {"mapping.order.refund.settings.uniqueId": "data.id"},
        most=390,
        sample=second_refund,
    )
    yield fault(
        "unique-show",
        tickets,
        "the concert's id: who books it twice is counted once",
        "mapping.booking.complete.settings.uniqueId",
        {"mapping.booking.complete.settings.uniqueId": "data.showId"},
        most=390,
        sample=second_booking,
    )
    yield fault(
        "unique-subscription",
        saas,
        "the subscription's id: all invoices but the first are lost",
        "mapping.invoice.paid.settings.uniqueId",
        {"mapping.invoice.paid.settings.uniqueId": "data.subscriptionId"},
    )
    yield fault(
        "unique-customer",
        saas,
        "the customer's number: all invoices but the first are lost",
        "mapping.invoice.paid.settings.uniqueId",
        {"mapping.invoice.paid.settings.uniqueId": "data.customerNo"},
    )
    yield fault(
        "unique-campaign",
        charity,
        "the campaign: all gifts to it but one are lost",
        "mapping.donation.complete.settings.uniqueId",
        {"mapping.donation.complete.settings.uniqueId": "data.campaign"},
    )
    yield fault(
        "unique-group",
        kitchen,
        "walkerOS 3's group of the page: its second dish is lost",
        "settings.uniqueId",
        {"settings.uniqueId": "group"},
    )
    yield fault("unique-date", fashion, "the day: all orders have the same", at, {at: "data.date"})
    yield fault("unique-pickup", grocer, "the pick-up's number goes from 1 to 8 and starts again", "mapping.basket.order.settings.uniqueId", {"mapping.basket.order.settings.uniqueId": "data.pickupNumber"}, most=390,
                sample=each_event(lambda event, rng: event["data"].update({"pickupNumber": rng.randrange(1, 3)}), "basket order"))  # fmt: skip
    yield fault(
        "unique-add-product",
        german,
        "a second piece of the same product into the cart is lost",
        "mapping.product.add",
        {"mapping.product.add.settings": {"uniqueId": "data.id"}},
        most=390,
    )
    yield fault(
        "unique-list",
        market,
        "a list of ids is no id",
        at,
        {at: "nested.*.data.id"},
        sample=loaded_again("order complete"),
    )
    yield fault(
        "unique-payment", fashion, "the way of payment", at, {at: "data.paymentMethod"}, most=390
    )
    yield fault(
        "unique-receipt-missing",
        charity,
        "data.receiptNo is not there",
        "mapping.donation.complete.settings.uniqueId",
        {"mapping.donation.complete.settings.uniqueId": "data.receiptNo"},
        sample=loaded_again("donation complete"),
    )
    yield fault(
        "unique-not-deep-enough",
        digital,
        "data.number stands under data.order",
        "mapping.book.purchase.settings.uniqueId",
        {"mapping.book.purchase.settings.uniqueId": "data.number"},
        sample=loaded_again("book purchase"),
    )
    yield fault(
        "unique-cabin",
        travel,
        "the cabin's id: who comes again is not counted",
        "mapping.booking.complete.settings.uniqueId",
        {"mapping.booking.complete.settings.uniqueId": "data.cabinId"},
        most=390,
    )
    yield fault(
        "unique-snake",
        fashion,
        "unique_id is how Klaviyo writes it; here it is uniqueId",
        PAY,
        {at: GONE, f"{PAY}.unique_id": "data.id"},
        is_config_error=True,
    )


def rule_faults() -> Iterator[Case]:
    """Which rule is it?"""

    def moved(*keys: tuple[str, ...]) -> Callable[[Json], Json]:
        """The rule of orders, under another key."""

        def move(config: Json) -> Json:
            rule = config["mapping"]["order"].pop("complete")
            put(config, ("mapping", *keys), rule)
            return config

        return move

    yield fault(
        "rule-completed",
        fashion,
        "the event is order complete, not completed",
        ("mapping.order.completed", DONE, "mapping.order"),
        moved("order", "completed"),
    )
    yield fault(
        "rule-capital",
        german,
        "Order with a capital letter",
        ("mapping.Order", "mapping.order"),
        moved("Order", "complete"),
    )
    yield fault(
        "rule-purchase",
        market,
        "the site says order complete, not purchase complete",
        ("mapping.purchase", "mapping.order"),
        moved("purchase", "complete"),
    )
    yield fault(
        "rule-turned-round",
        headless,
        "action and entity are swapped",
        ("mapping.complete", "mapping.order"),
        moved("complete", "order"),
    )
    yield fault(
        "rule-snake",
        german,
        "order_complete is another tool's name",
        ("mapping.order_complete", "mapping.order"),
        moved("order_complete", "*"),
    )
    yield fault(
        "rule-flat",
        market,
        "the whole name as one key",
        "mapping.order complete",
        moved("order complete"),
        is_config_error=True,
    )
    yield fault(
        "rule-dotted",
        fashion,
        "the whole name with a dot as one key",
        "mapping.order.complete",
        moved("order.complete"),
        is_config_error=True,
    )
    yield fault("rule-ga4", kitchen, "GA4's add_to_cart; the site says dish add", "mapping.add_to_cart",
                lambda c: put(c, "mapping.add_to_cart", {"*": c["mapping"]["dish"].pop("add")}) or c)  # fmt: skip
    yield fault("rule-cart-add", fashion, "the site says product add, not cart add", "mapping.cart",
                lambda c: put(c, "mapping.cart", {"add": c["mapping"]["product"].pop("add")}) or c)  # fmt: skip
    yield fault(
        "rule-under-star",
        german,
        "never asked: the entity has a key of its own",
        ("mapping.*.complete", "mapping.order"),
        moved("*", "complete"),
    )
    yield fault(
        "rule-ignored", market, "ignore was left on the orders", f"{DONE}", {f"{DONE}.ignore": True}
    )
    yield fault(
        "rule-silent",
        fashion,
        "silent was left on the orders: no metric is sent",
        f"{DONE}",
        {f"{DONE}.silent": True},
    )
    yield fault("rule-order-star", fashion, "Placed Order for every action of an order", "mapping.order",
                lambda c: put(c, "mapping.order", {"*": c["mapping"]["order"]["complete"]}) or c)  # fmt: skip
    yield fault("rule-product-star", german, "adding to the cart counts as a view too", "mapping.product",
                lambda c: put(c, "mapping.product", {"*": c["mapping"]["product"]["view"]}) or c)  # fmt: skip
    yield fault("rule-star-named", german, "all that has no rule goes as Viewed Page: logins, session starts, debug pings", "mapping.*", {("mapping", "*", "*"): {"name": "Viewed Page"}},
                detectable=False, why="a last rule for all that is left is a sound habit, too")  # fmt: skip

    def with_groups(config: Json) -> Json:
        plain = config["mapping"]["order"]["submit"]
        config["mapping"]["order"]["submit"] = [
            {
                **deepcopy(plain),
                "name": "Placed Wholesale Order",
                "condition": f"$py:{HERE}:is_wholesale",
            },
            plain,
        ]
        return config

    submit = "mapping.order.submit"
    yield fault("list-plain-first", business, "the first rule has no condition, so the second is never asked", submit,
                lambda c: c["mapping"]["order"]["submit"].reverse() or c, sound=with_groups)  # fmt: skip
    yield fault("list-never-holds", business, "the condition asks for a field that no event has", submit,
                {f"{submit}.0.condition": f"$py:{HERE}:is_vip"}, sound=with_groups)  # fmt: skip
    yield fault("list-no-plain", business, "without a last plain rule all other orders fall to the star, which ignores them", submit,
                lambda c: c["mapping"]["order"]["submit"].pop() and c, sound=with_groups)  # fmt: skip
    yield fault("list-condition-raises", business, "the condition raises at every event, which is kept back", submit,
                {f"{submit}.0.condition": f"$py:{HERE}:is_export"}, sound=with_groups)  # fmt: skip
    yield fault("list-condition-reads-top", fashion, "the condition reads the event where it means its data, so it never holds", DONE,
                lambda c: put(c, DONE, [{**c["mapping"]["order"]["complete"], "name": "Placed Big Order", "condition": f"$py:{HERE}:has_total"}, c["mapping"]["order"]["complete"]]) or c)  # fmt: skip
    yield fault(
        "condition-javascript",
        fashion,
        "JavaScript cannot run here",
        f"{DONE}.condition",
        {f"{DONE}.condition": "$code:(event) => event.data.total > 0"},
        is_config_error=True,
    )
    yield fault("names-of-rules-swapped", fashion, "looking is Added to Cart, adding Viewed Product", ("mapping.product.view.name", "mapping.product.add.name"),
                {"mapping.product.view.name": "Added to Cart", "mapping.product.add.name": "Viewed Product"})  # fmt: skip
    yield fault("rule-extends-nothing", market, "extend over a rule that is not shipped: no name, no properties", f"{DONE}",
                {DONE: {"extend": {"settings": {"value": "data.total", "currency": "data.currency", "uniqueId": "data.id"}}}})  # fmt: skip
    yield fault(
        "skip-retired",
        fashion,
        "skip is called silent since walkerOS 4",
        "mapping.user.login.skip",
        {"mapping.user.login": {"skip": True}},
        detectable=False,
        why="skip does here what silent does, so nothing is lost; a note names it",
    )
    yield fault("silent-tells-nothing", headless, "silent, and nothing to tell of the person", ("mapping.user.login", "settings.identify"), {"settings.identify": GONE},
                right=lambda c: changed(c, {"mapping.user.login": {"ignore": True}}))  # fmt: skip
    yield fault(
        "disabled-left",
        saas,
        "the destination is still switched off",
        "disabled",
        {"disabled": True},
    )
    yield fault(
        "mock-left", grocer, "walkerOS's test switch is still on", "mock", {"mock": {"ok": True}}
    )
    yield fault(
        "settings-on-rule",
        german,
        "value belongs into the rule's settings",
        DONE,
        {f"{PAY}.value": GONE, f"{DONE}.value": "data.total"},
        is_config_error=True,
    )
    yield fault(
        "mapping-in-settings",
        charity,
        "mapping belongs beside settings",
        "settings.mapping",
        lambda c: put(c, "settings.mapping", c.pop("mapping")) or c,
        is_config_error=True,
    )
    yield fault(
        "events-key",
        charity,
        "events instead of mapping",
        "events",
        lambda c: {**c, "events": c.pop("mapping")},
        is_config_error=True,
    )
    yield fault(
        "rule-typo-key",
        tickets,
        "nmae",
        "mapping.booking.complete.nmae",
        {"mapping.booking.complete.name": GONE, "mapping.booking.complete.nmae": "Placed Order"},
        is_config_error=True,
    )
    yield fault(
        "rule-is-text",
        headless,
        "only the metric's name where a rule is expected",
        "mapping.product.view",
        {"mapping.product.view": "Viewed Product"},
        is_config_error=True,
    )
    yield fault("all-ignored", paper, "the star rule ignores, and the articles' entity is misspelt", ("mapping.artikel", "mapping.*", "mapping.article"),
                lambda c: put(c, "mapping.artikel", c["mapping"].pop("article")) or put(c, ("mapping", "*"), IGNORED) or c)  # fmt: skip
    yield fault(
        "orders-have-no-rule",
        guests,
        "no rule for orders at all, and the star ignores them",
        ("mapping.order", "mapping.*", "mapping"),
        {DONE: GONE},
    )


def consent_faults() -> Iterator[Case]:
    """May it be sent?"""
    yield fault(
        "consent-typo",
        fashion,
        "marketting is no state of the site",
        "consent",
        {"consent": {"marketting": True}},
    )
    yield fault(
        "consent-capital",
        german,
        "Marketing with a capital letter",
        "consent",
        {"consent": {"Marketing": True}},
    )
    yield fault(
        "consent-false",
        saas,
        "false asks for a state that nothing grants",
        "consent",
        {"consent": {"marketing": False}},
    )
    yield fault(
        "consent-other-name",
        grocer,
        "the site says statistics and marketing, not analytics",
        "consent",
        {"consent": {"analytics": True}},
    )
    yield fault(
        "consent-google",
        market,
        "ad_storage is Google's name",
        "consent",
        {"consent": {"ad_storage": True}},
    )
    yield fault(
        "consent-path",
        kitchen,
        "a path where a state's name belongs",
        "consent",
        {"consent": {"consent.marketing": True}},
    )
    yield fault(
        "consent-missing",
        fashion,
        "nothing is asked for, and people who declined are sent",
        "consent",
        {"consent": GONE},
    )
    yield fault(
        "consent-functional",
        headless,
        "asks for what everybody has to grant",
        "consent",
        {"consent": {"functional": True}},
    )
    yield fault(
        "consent-either",
        market,
        "either will do, so who only granted functional is sent",
        "consent",
        {"consent": {"marketing": True, "functional": True}},
    )
    yield fault(
        "consent-list",
        fashion,
        "a list of names",
        "consent",
        {"consent": ["marketing"]},
        is_config_error=True,
    )
    yield fault(
        "consent-text",
        guests,
        "a string",
        "consent",
        {"consent": "marketing"},
        is_config_error=True,
    )
    yield fault(
        "consent-granted-word",
        german,
        "a word instead of true",
        "consent",
        {"consent": {"marketing": "granted"}},
        is_config_error=True,
    )
    yield fault(
        "consent-in-settings",
        saas,
        "consent belongs beside settings",
        "settings.consent",
        lambda c: put(c, "settings.consent", c.pop("consent")) or c,
        is_config_error=True,
    )
    yield fault(
        "consent-of-a-rule",
        fashion,
        "no event ever grants newsletter",
        "mapping.newsletter.signup.consent",
        {"mapping.newsletter.signup.consent": {"newsletter": True}},
    )
    yield fault(
        "consent-of-orders",
        german,
        "orders ask for a state the site does not know",
        f"{DONE}.consent",
        {f"{DONE}.consent": {"transactional": True}},
    )
    yield fault(
        "consent-rule-false",
        headless,
        "false on a rule: it is never sent",
        f"{DONE}.consent",
        {f"{DONE}.consent": {"marketing": False}},
    )
    yield fault(
        "consent-rule-lifts-nothing",
        market,
        "{} on a rule does not lift what the destination asks for",
        (f"{DONE}.consent", "consent"),
        {f"{DONE}.consent": {}},
    )
    yield fault(
        "consent-of-a-value",
        german,
        "the number asks for a state that is misspelt",
        "settings.phoneNumber",
        {"settings.phoneNumber": {"key": "user.phone", "consent": {"marketin": True}}},
    )
    yield fault(
        "consent-of-email",
        headless,
        "the address asks for a state that nobody grants",
        "settings.email",
        {"settings.email": {"key": "user.email", "consent": {"email": True}}},
    )
    yield fault(
        "consent-forced",
        fashion,
        "a policy grants what nobody granted",
        "policy",
        {"consent": GONE, ("policy", "consent.marketing"): {"value": True}},
    )


def privacy_faults() -> Iterator[Case]:
    """What should not leave the house?"""
    yield fault(
        "include-user",
        fashion,
        "address, phone number and IP go along as properties",
        ("mapping.product.view.include", "mapping.product.view"),
        {"mapping.product.view.include": ["user"]},
    )
    yield fault(
        "include-all",
        german,
        "all sections go along, with everything about the person",
        "include",
        {"include": ["all"]},
    )
    yield fault(
        "email-as-property",
        market,
        "the address of email among the properties",
        f"{DONE}.data",
        {f"{DONE}.data.map.Email": "user.email"},
    )
    yield fault(
        "phone-as-property",
        german,
        "the phone number among the properties of every metric",
        "data",
        {"data.map.Phone": "user.phone"},
    )
    yield fault(
        "ip-as-property",
        fashion,
        "the address of IP among the properties",
        "mapping.product.view.data",
        {"mapping.product.view.data.map.IP": "user.ip"},
    )
    yield fault(
        "payment-as-property",
        tickets,
        "the bank account goes along",
        "mapping.booking.complete.data",
        {"mapping.booking.complete.data.map.Payment": "data.payment"},
    )
    yield fault(
        "whole-data-with-payment",
        tickets,
        "the whole data section goes along, with the bank account",
        "mapping.booking.complete",
        {"mapping.booking.complete.include": ["data"]},
    )
    yield fault(
        "url-with-token",
        digital,
        "the page's address holds a token and an address of email",
        "mapping.book.purchase.data",
        {"mapping.book.purchase.data.map.URL": "source.url"},
    )
    yield fault(
        "note-with-number",
        business,
        "the buyer's note holds a phone number",
        "mapping.order.submit.data",
        {"mapping.order.submit.data.map.Note": "data.note"},
    )
    yield fault("remove-typo", fashion, "what was to be taken out again is misspelt", ("mapping.product.view.remove", "mapping.product.view.include"),
                {"mapping.product.view.include": ["user"], "mapping.product.view.remove": ["user.email", "user.phone", "user.ip", "user.emailHash", "user.firstName", "user.lastName"]},
                right=lambda c: changed(c, {"mapping.product.view.include": GONE, "mapping.product.view.remove": GONE}))  # fmt: skip
    booked = "mapping.booking.complete"
    yield fault("policy-clears-wrong", tickets, "what was to be cleared before the section goes along is misspelt, so the account's number goes", ("policy", f"{booked}.include"),
                {"policy": {"data.paymant": {}}}, sound={"policy": {"data.payment": {}}, f"{booked}.include": ["data"]})  # fmt: skip
    yield fault(
        "hash-in-lines",
        fashion,
        "the hash of the address as a property",
        f"{DONE}.data",
        {f"{DONE}.data.map.Customer": "user.emailHash"},
    )
    yield fault(
        "key-in-file",
        saas,
        "the private key stands in the file",
        "settings.apiKey",
        {"settings.apiKey": "pk_0123456789abcdef0123456789abcdef01"},
        detectable=False,
        why="what is checked is a configuration that was read already: there a key from the file and one from the environment are the same",
    )
    yield fault(
        "key-public",
        fashion,
        "the public site id where the private key belongs",
        "settings.apiKey",
        {"settings.apiKey": "XyZ12a"},
        is_config_error=True,
    )


def metric_faults() -> Iterator[Case]:
    """Under which name?"""
    name = f"{DONE}.name"
    for case, base, wrong, says in (
        ("small", fashion, "placed order", "in small letters"),
        ("plural", german, "Placed Orders", "in the plural"),
        ("turned", market, "Order Placed", "turned round"),
        ("blank", headless, "Placed Order ", "with a blank at the end"),
        ("no-break", guests, "Placed\u00a0Order", "with a no-break space, as copied from a page"),
        ("two-blanks", japan, "Placed  Order", "with two blanks"),
        ("underscore", fashion, "placed_order", "in another tool's spelling"),
        ("typo", german, "Place Order", "with a letter missing"),
        ("path", market, "data.name", "a path, where a name belongs"),
        ("template", headless, "{{ event.name }}", "a place in a template that nobody filled"),
        ("old", fashion, "$placed_order", "in Klaviyo's oldest spelling"),
    ):
        yield fault(f"metric-{case}", base, f"Placed Order, {says}: {wrong!r}", name, {name: wrong})
    yield fault(
        "metric-missing",
        fashion,
        "the rule of orders has no name, so the metric is order complete",
        DONE,
        {name: GONE},
    )
    yield fault(
        "metric-to-cart",
        fashion,
        "Added To Cart with a capital T",
        "mapping.product.add.name",
        {"mapping.product.add.name": "Added To Cart"},
    )
    yield fault(
        "metric-viewed",
        german,
        "Viewed product in small letters",
        "mapping.product.view.name",
        {"mapping.product.view.name": "Viewed product"},
    )
    yield fault(
        "metric-checkout",
        market,
        "Checkout Started turned round",
        "mapping.checkout.start.name",
        {"mapping.checkout.start.name": "Checkout Started"},
        detectable=False,
        why="Klaviyo's own connector for Shopify says it so, and a shop may send to its flows",
    )
    yield fault(
        "metric-refund",
        fashion,
        "Refund Order",
        "mapping.order.refund.name",
        {"mapping.order.refund.name": "Refund Order"},
    )
    yield fault(
        "metric-fulfilled",
        market,
        "Fullfilled Order",
        "mapping.order.ship.name",
        {"mapping.order.ship.name": "Fullfilled Order"},
    )
    yield fault("metric-two-spellings", german, "Placed Order on the web, Placed order at the till", ("mapping.till.sale.name", name),
                {"mapping.till.sale.name": "Placed order"},
                sound={"mapping.till": {"sale": {"name": "Placed Order", "data": {"map": {"OrderId": "data.slip"}}, "settings": {"value": "data.sum", "uniqueId": "data.slip"}}}},
                sample=lambda events, rng: events.extend({**deepcopy(one), "name": "till sale", "entity": "till", "action": "sale", "id": f"{rng.getrandbits(64):016x}",
                    "data": {"slip": f"T{at}", "sum": rng.randrange(400, 9_000) / 100}, "nested": []}
                    for at, one in enumerate(events[:30]) if "email" in one["user"]))  # fmt: skip
    yield fault(
        "metric-too-long",
        saas,
        "longer than Klaviyo takes",
        "mapping.trial.start.name",
        {"mapping.trial.start.name": "Started Trial " * 12},
        is_config_error=True,
    )
    yield fault("metric-remove-is-add", fashion, "copied rule: taking out of the cart counts as putting in", "mapping.product.remove.name",
                {"mapping.product.remove": {"name": "Added to Cart", "data": ADDED}},
                sound={"mapping.product.remove": {"name": "Removed from Cart", "data": ADDED}},
                sample=lambda events, rng: events.extend({**deepcopy(one), "name": "product remove", "action": "remove", "id": f"{rng.getrandbits(64):016x}", "timestamp": one["timestamp"] + 9_000}
                    for one in list(events) if one["name"] == "product add" and rng.random() < 0.4))  # fmt: skip


def property_faults() -> Iterator[Case]:
    """What does the metric say?"""
    data = f"{DONE}.data"
    names = f"{data}.map"
    yield fault(
        "map-turned-round",
        fashion,
        "paths on the left, names on the right",
        data,
        {data: {"map": {"data.id": "OrderId", "data.coupon": "DiscountCode"}}},
    )
    yield fault(
        "nested-no-star",
        fashion,
        "nested.data.name lacks the *",
        f"{names}.ItemNames",
        {f"{names}.ItemNames": "nested.data.name"},
    )
    yield fault(
        "nested-no-data",
        market,
        "nested.*.name lacks data",
        f"{names}.ItemNames",
        {f"{names}.ItemNames": "nested.*.name"},
    )
    yield fault(
        "nested-first-only",
        market,
        "only the first product's name, where the order has several",
        f"{names}.ItemNames",
        {f"{names}.ItemNames": "nested.0.data.name"},
    )
    yield fault(
        "nested-star-last",
        japan,
        "nothing stands after the *",
        f"{names}.ItemNames",
        {f"{names}.ItemNames": "nested.*"},
    )
    yield fault(
        "nested-other-name",
        market,
        "an item's title is called name",
        f"{names}.ItemNames",
        {f"{names}.ItemNames": "nested.*.data.title"},
    )
    yield fault(
        "items-from-the-top",
        fashion,
        "inside a loop, paths start at the item",
        f"{names}.Items",
        {
            f"{names}.Items": {
                "loop": [
                    "nested",
                    {"map": {"ProductID": "nested.data.id", "ProductName": "nested.data.name"}},
                ]
            }
        },
    )
    yield fault(
        "items-source",
        german,
        "there is no data.items",
        f"{names}.Items",
        {f"{names}.Items": {"loop": ["data.items", LINE]}},
    )
    yield fault(
        "items-source-text",
        german,
        "the source of a loop is a string, no list",
        f"{names}.Items",
        {f"{names}.Items": {"loop": ["data.id", LINE]}},
    )
    yield fault(
        "items-of-item-data",
        grocer,
        "data is missing in each line",
        "mapping.basket.order.data.map.Items",
        {
            "mapping.basket.order.data.map.Items": {
                "loop": ["nested", {"map": {"ProductID": "id", "ProductName": "name"}}]
            }
        },
    )
    yield fault(
        "items-one-argument",
        fashion,
        "a loop needs a source and an item",
        f"{names}.Items",
        {f"{names}.Items": {"loop": ["nested"]}},
        is_config_error=True,
    )
    yield fault(
        "context-pair",
        paper,
        "context entries are pairs of value and order",
        "mapping.article.read.data.map.Paywall",
        {"mapping.article.read.data.map.Paywall": "context.paywall"},
    )
    yield fault(
        "data-one-field",
        tickets,
        "data must be an object with names",
        "mapping.show.view.data",
        {"mapping.show.view.data": "data.title"},
    )
    yield fault(
        "data-without-map",
        market,
        "names stand directly in data",
        data,
        {data: {"OrderId": "data.id"}},
        is_config_error=True,
    )
    yield fault(
        "order-id-constant",
        german,
        "a path written as a constant: every order has the OrderId data.id",
        f"{names}.OrderId",
        {f"{names}.OrderId": {"value": "data.id"}},
    )
    yield fault(
        "product-name-title",
        fashion,
        "the product's name is data.name",
        "mapping.product.view.data.map.ProductName",
        {"mapping.product.view.data.map.ProductName": "data.title"},
    )
    yield fault(
        "product-id-and-sku-swapped",
        german,
        "ProductID reads the SKU, SKU the id",
        "mapping.product.view.data.map",
        {
            "mapping.product.view.data.map.ProductID": "data.sku",
            "mapping.product.view.data.map.SKU": "data.id",
        },
    )
    yield fault(
        "product-name-is-id",
        market,
        "ProductName reads the id",
        "mapping.product.view.data.map.ProductName",
        {"mapping.product.view.data.map.ProductName": "data.id"},
    )
    yield fault(
        "price-is-name",
        kitchen,
        "Price reads the name",
        "mapping.dish.*.data.map.Price",
        {("mapping", "dish", "*", "data", "map", "Price"): "data.name"},
    )
    yield fault(
        "order-id-is-cart",
        fashion,
        "OrderId reads the cart's id",
        f"{names}.OrderId",
        {f"{names}.OrderId": "data.cartId"},
    )
    yield fault(
        "property-typo",
        saas,
        "data.plna",
        "mapping.trial.start.data.map.Plan",
        {"mapping.trial.start.data.map.Plan": "data.plna"},
    )
    yield fault(
        "property-level",
        saas,
        "the plan stands under data, not user",
        "mapping.invoice.paid.data.map.Plan",
        {"mapping.invoice.paid.data.map.Plan": "user.plan"},
    )
    yield fault(
        "property-name-case",
        fashion,
        "Klaviyo reads ProductName, not productName",
        "mapping.product.view.data.map",
        {
            "mapping.product.view.data.map.ProductName": GONE,
            "mapping.product.view.data.map.productName": "data.name",
        },
    )
    yield fault(
        "property-empty-path",
        fashion,
        "an empty path",
        f"{names}.DiscountCode",
        {f"{names}.DiscountCode": ""},
        is_config_error=True,
    )
    yield fault(
        "property-bare-number",
        saas,
        "a number where a path or value belongs",
        "mapping.trial.start.data.map.Days",
        {"mapping.trial.start.data.map.Days": 14},
        is_config_error=True,
    )
    yield fault(
        "property-bare-constant",
        german,
        "a constant without value: it is read as a path",
        "data.map.Shop",
        {"data.map.Shop": "Garten"},
    )
    yield fault(
        "url-of-page",
        fashion,
        "CheckoutURL reads a field that checkouts lack",
        "mapping.checkout.start.data.map.CheckoutURL",
        {"mapping.checkout.start.data.map.CheckoutURL": "data.checkoutUrl"},
    )
    yield fault(
        "include-typo",
        grocer,
        "include names a section that no event has",
        "include",
        {"include": ["global"]},
    )
    yield fault(
        "remove-what-is-not",
        market,
        "nothing of that name is there to be taken out",
        f"{DONE}.remove",
        {f"{DONE}.remove": ["ItemName"]},
    )
    yield fault(
        "seats-of-item",
        tickets,
        "an order's tickets stand in nested",
        "mapping.booking.complete.data.map.Seats",
        {"mapping.booking.complete.data.map.Seats": "data.tickets.*.seat"},
    )
    yield fault(
        "globals-typo",
        fashion,
        "global.lang lacks the s",
        "data.map.Language",
        {"data.map.Language": "global.lang"},
    )


def policy_faults() -> Iterator[Case]:
    """What is changed before the rules see it?"""
    yield fault(
        "policy-clears-email",
        fashion,
        "user.mail is not there, so the address is cleared",
        "policy",
        {("policy", "user.email"): "user.mail"},
    )
    yield fault(
        "policy-breaks-name",
        market,
        "the name loses its second word; every event is kept back",
        "policy",
        {("policy", "name"): {"value": "order"}},
    )
    yield fault(
        "policy-breaks-time",
        tickets,
        "the show's date, a string, as the event's time",
        "policy",
        {("policy", "timestamp"): "data.date"},
    )
    yield fault(
        "policy-time-is-timing",
        saas,
        "timing is the seconds on the page, not a time",
        "policy",
        {("policy", "timestamp"): "timing"},
    )
    yield fault(
        "policy-constant-id",
        grocer,
        "a path written as a constant: everybody is user.id",
        "policy",
        {("policy", "user.id"): {"value": "user.id"}},
    )
    yield fault(
        "policy-currency",
        market,
        "pounds become euros",
        "policy",
        {("policy", "data.currency"): {"value": "EUR"}},
    )
    yield fault(
        "policy-order-id",
        fashion,
        "the event's id takes the order's place; a page loaded again counts again",
        "policy",
        {("policy", "data.id"): "id"},
        sample=loaded_again("order complete"),
    )
    yield fault(
        "policy-total",
        german,
        "the first product's price takes the total's place",
        f"{DONE}.policy",
        {(*DONE.split("."), "policy", "data.total"): "nested.0.data.price"},
    )
    yield fault(
        "policy-bare-constant",
        headless,
        "a constant without value is a path: the country is cleared",
        "policy",
        {("policy", "user.country"): "SE"},
    )
    yield fault(
        "policy-star",
        fashion,
        "a policy sets one path",
        "policy",
        {("policy", "nested.*.data.brand"): {"value": "x"}},
        is_config_error=True,
    )
    yield fault(
        "policy-list",
        saas,
        "a list of rules is no policy",
        "policy",
        {"policy": [{"user.email": "user.mail"}]},
        is_config_error=True,
    )
    yield fault(
        "policy-renames",
        german,
        "every product view becomes an order",
        "policy",
        {("policy", "name"): {"value": "order complete"}},
    )
    yield fault("policy-swapped", kitchen, "meant the other way round: the food's sum replaces the total", "mapping.meal.order.policy", {("mapping", "meal", "order", "policy", "data.total"): "data.food"},
                detectable=False, why="a shop may well count food without tip and delivery")  # fmt: skip
    yield fault(
        "policy-too-late",
        market,
        "the rule's policy sets what the metric's rule never reads",
        f"{DONE}.policy",
        {(*DONE.split("."), "policy", "data.sum"): "data.total", f"{PAY}.value": "data.amount"},
    )


def limit_faults() -> Iterator[Case]:
    """How much, how fast, how late?"""
    yield fault(
        "batch-text",
        saas,
        "a string",
        "mapping.feature.use.batch",
        {"mapping.feature.use.batch": "true"},
        is_config_error=True,
    )
    yield fault("batch-negative", saas, "below zero", "batch", {"batch": -1}, is_config_error=True)
    yield fault(
        "batch-size-key",
        grocer,
        "Size with a capital letter is not read",
        "mapping.basket.add.batch",
        {"mapping.basket.add.batch": {"Size": 100}},
    )
    yield fault(
        "batch-too-large",
        grocer,
        "Klaviyo takes 1,000 events at once",
        "mapping.basket.add.batch",
        {"mapping.basket.add.batch": {"size": 50_000}},
    )
    yield fault(
        "batch-a-day",
        fashion,
        "orders wait a day, and so do their emails",
        f"{DONE}.batch",
        {f"{DONE}.batch": DAY},
    )
    yield fault(
        "backfill-left",
        fashion,
        "backfill was left on: no flow starts",
        "settings.backfill",
        {"settings.backfill": True},
    )
    yield fault(
        "backfill-on-orders",
        german,
        "backfill was left on the orders: no thank-you email",
        f"{PAY}.backfill",
        {f"{PAY}.backfill": True},
    )
    yield fault(
        "backfill-missing",
        travel,
        "data.isImport is not there, so imported bookings start flows",
        "mapping.booking.complete.settings.backfill",
        {"mapping.booking.complete.settings.backfill": "data.isImport"},
    )
    yield fault(
        "backfill-text",
        travel,
        "a string is neither true nor false",
        "mapping.booking.complete.settings.backfill",
        {"mapping.booking.complete.settings.backfill": {"value": "yes"}},
    )
    yield fault(
        "backfill-turned",
        travel,
        "data.nights is a number, not a switch",
        "mapping.booking.complete.settings.backfill",
        {"mapping.booking.complete.settings.backfill": "data.nights"},
    )

    many = each_event(
        lambda event, rng: event["data"].update({f"facet_{at}": at for at in range(420)}),
        "show view",
    )
    yield fault(
        "too-many-properties",
        tickets,
        "more than 400 properties",
        "mapping.show.view",
        {"mapping.show.view.include": ["data"]},
        sample=many,
        most=180,
    )
    cover = each_event(
        lambda event, rng: event["data"].update({"coverBase64": "iVBORw0KGgo" * 12_000}),
        "book purchase",
    )
    yield fault(
        "picture-in-text",
        digital,
        "a whole picture as text: more than 100 KB",
        "mapping.book.purchase.data.map.Cover",
        {"mapping.book.purchase.data.map.Cover": "data.coverBase64"},
        sample=cover,
        most=150,
    )
    history = each_user(
        lambda user, rng: (
            user.update({"history": [{"id": f"p{at}", "seen": at} for at in range(6_000)]})
            if rng.random() < 0.15
            else None
        )
    )
    yield fault(
        "history-as-trait",
        saas,
        "the whole history is larger than a profile may be",
        f"{ID}.properties",
        {f"{ID}.properties.map.History": "user.history"},
        sample=history,
        most=150,
    )


def sender_faults() -> Iterator[Case]:
    """What does the sender get wrong?"""

    def on(
        field: str, change: Callable[[Any, Random], Any], name: str = ""
    ) -> Callable[[Events, Random], None]:
        section, key = field.split(".")

        def run(event: Json, rng: Random) -> None:
            if key in event[section]:
                event[section][key] = change(event[section][key], rng)

        return each_event(run, name)

    def total(field: str, settings: str) -> tuple[str, ...]:
        return field, settings

    yield fault(
        "sends-thousands",
        fashion,
        "totals as 1,299.00",
        total("data.total", f"{PAY}.value"),
        dirt=on("data.total", lambda x, rng: f"{x + 1_000:,.2f}"),
    )
    yield fault(
        "sends-decimal-comma",
        german,
        "totals as 12,50",
        total("data.total", f"{PAY}.value"),
        dirt=on("data.total", lambda x, rng: f"{x:.2f}".replace(".", ",")),
    )
    yield fault(
        "sends-with-code",
        market,
        "totals as 12.50 EUR",
        total("data.total", f"{PAY}.value"),
        dirt=on("data.total", lambda x, rng: f"{x} EUR"),
    )
    yield fault(
        "sends-point-thousands",
        german,
        "totals as 1.299",
        total("data.total", f"{PAY}.value"),
        dirt=on("data.total", lambda x, rng: f"{rng.randrange(1, 9)}.{rng.randrange(100, 999)}"),
    )
    yield fault(
        "sends-null-totals",
        headless,
        "every order's total is null",
        total("data.total", f"{PAY}.value"),
        dirt=on("data.total", lambda x, rng: None, "order complete"),
    )
    yield fault(
        "sends-zero-totals",
        fashion,
        "the page reports before the total is known: every order is 0",
        total("data.total", f"{PAY}.value"),
        dirt=on("data.total", lambda x, rng: 0, "order complete"),
    )
    yield fault(
        "sends-some-cents",
        market,
        "the app sends cents, the web euros",
        total("data.total", f"{PAY}.value"),
        dirt=on(
            "data.total",
            lambda x, rng: round(float(x) * 100) if rng.random() < 0.5 else x,
            "order complete",
        ),
    )
    yield fault(
        "sends-all-cents",
        guests,
        "all totals in cents, the products' prices in euros",
        total("data.total", f"{PAY}.value"),
        dirt=on("data.total", lambda x, rng: round(x * 100)),
    )
    yield fault(
        "sends-word-currency",
        market,
        "Euro and Pound instead of codes",
        ("data.currency", f"{PAY}.currency"),
        dirt=on("data.currency", lambda x, rng: {"EUR": "Euro"}.get(x, "Pound")),
    )
    yield fault(
        "sends-masked",
        guests,
        "addresses are masked",
        ("user.email", "settings.email"),
        dirt=on("user.email", lambda x, rng: f"{x[0]}***@example.com"),
    )
    yield fault(
        "sends-template",
        german,
        "the template's place was not filled",
        ("user.email", "settings.email"),
        dirt=on("user.email", lambda x, rng: "{{ customer.email }}"),
    )
    yield fault(
        "sends-bad-addresses",
        fashion,
        "a third of the addresses lacks its ending",
        ("user.email", "settings.email"),
        dirt=on("user.email", lambda x, rng: x.replace(".com", "") if rng.random() < 0.6 else x),
    )
    yield fault(
        "sends-guest",
        market,
        "who is not logged in has the id guest",
        ("user.id", "settings.externalId"),
        dirt=each_event(lambda event, rng: event["user"].setdefault("id", "guest") and None),
    )
    yield fault(
        "sends-zero-id",
        german,
        "who is not logged in has the id 0",
        ("user.id", "settings.externalId"),
        dirt=each_event(lambda event, rng: event["user"].setdefault("id", 0) and None),
    )
    yield fault(
        "sends-undefined",
        saas,
        "the id undefined on all events",
        ("user.id", "settings.externalId"),
        dirt=on("user.id", lambda x, rng: "undefined"),
    )
    yield fault(
        "sends-one-id",
        fashion,
        "a test account's id on all events",
        ("user.id", "settings.externalId"),
        dirt=on("user.id", lambda x, rng: "c1"),
    )
    yield fault(
        "sends-one-address",
        kitchen,
        "the shop's own address on all orders",
        ("user.email", "settings.email"),
        dirt=on("user.email", lambda x, rng: "orders@cocina.example"),
    )
    yield fault(
        "sends-scientific",
        grocer,
        "phone numbers out of a spreadsheet",
        ("user.phone", "settings.phoneNumber"),
        dirt=on("user.phone", lambda x, rng: "4.47701E+11"),
    )
    yield fault(
        "sends-one-word-names",
        market,
        "names without two words",
        "name",
        dirt=each_event(
            lambda event, rng: event.update({"name": "orderComplete"}), "order complete"
        ),
    )
    yield fault(
        "sends-seconds",
        saas,
        "times in seconds",
        "timestamp",
        dirt=each_event(
            lambda event, rng: event.update({"timestamp": event["timestamp"] // 1_000})
        ),
    )
    yield fault(
        "sends-iso-times",
        tickets,
        "times as texts",
        "timestamp",
        dirt=each_event(lambda event, rng: event.update({"timestamp": "2026-10-12T10:00:00Z"})),
    )
    yield fault(
        "sends-microseconds",
        kitchen,
        "times in microseconds",
        "timestamp",
        dirt=each_event(lambda event, rng: event.update({"timestamp": event["timestamp"] * 1_000})),
    )
    yield fault(
        "sends-no-ids",
        german,
        "events without an id",
        ("id", "settings.uniqueId"),
        dirt=each_event(lambda event, rng: event.pop("id") and None),
    )
    yield fault(
        "sends-one-event-id",
        paper,
        "all events have one id: all but a person's first are lost",
        ("id", "settings.uniqueId"),
        dirt=each_event(lambda event, rng: event.update({"id": "1"})),
    )
    yield fault(
        "sends-page-id",
        kitchen,
        "all events of a visit have one id",
        ("id", "settings.uniqueId"),
        dirt=each_event(lambda event, rng: event.update({"id": event["group"]})),
    )
    yield fault(
        "sends-one-order-id",
        headless,
        "every order has the id 1",
        ("data.id", f"{PAY}.uniqueId"),
        dirt=on("data.id", lambda x, rng: "1", "order complete"),
    )
    yield fault(
        "sends-consent-text",
        fashion,
        "consent as the text true",
        "consent",
        dirt=each_event(
            lambda event, rng: event.update({"consent": dict.fromkeys(event["consent"], "true")})
        ),
    )
    yield fault(
        "sends-consent-one",
        grocer,
        "consent as the number 1",
        "consent",
        dirt=each_event(
            lambda event, rng: event.update({"consent": dict.fromkeys(event["consent"], 1)})
        ),
    )
    yield fault(
        "sends-consent-list",
        saas,
        "consent as a list of names",
        "consent",
        dirt=each_event(lambda event, rng: event.update({"consent": list(event["consent"])})),
    )
    yield fault(
        "sends-no-names",
        business,
        "every first name is N/A",
        ("user.firstName", f"{ID}.firstName"),
        dirt=on("user.firstName", lambda x, rng: "N/A"),
    )
    yield fault(
        "sends-no-lines",
        market,
        "orders come without their lines",
        ("nested", f"{DONE}.data.map.ItemNames"),
        dirt=each_event(lambda event, rng: event.update({"nested": []}), "order complete"),
    )
    yield fault(
        "sends-data-as-text",
        saas,
        "data as a string of JSON, as a warehouse exports it",
        ("data", "mapping"),
        dirt=each_event(lambda event, rng: event.update({"data": '{"plan": "team"}'})),
    )
    yield fault(
        "sends-locale-words",
        fashion,
        "the language as the word German",
        ("globals.lang", f"{ID}.locale"),
        dirt=on("globals.lang", lambda x, rng: {"de": "German", "fr": "French"}[x]),
    )
    yield fault("sends-names-swapped", travel, "the form swaps first and last name", (f"{ID}.firstName", "user.firstName"), detectable=False,
                why="nobody can tell from a word which of two names it is",
                dirt=each_user(lambda user, rng: user.update({"firstName": user.get("lastName"), "lastName": user.get("firstName")})))  # fmt: skip


def is_gift_text(value: Any, event: Json) -> bool:
    """Compares a flag with a text, so that it never holds."""
    return bool(event.get("data", {}).get("gift") == "true")


def is_gift(value: Any, event: Json) -> bool:
    """Is it to be given away?"""
    return event.get("data", {}).get("gift") is True


def _with_pence(event: Json, rng: Random) -> None:
    event["data"]["amount_pence"] = round(event["data"].pop("total") * 100)
    event["data"]["fee_pence"] = round(event["data"].pop("fee", 3.5) * 100)


def _guest(event: Json, rng: Random) -> None:
    contact = {"email": event["user"].pop("email", f"guest{rng.randrange(10**6)}@example.org")}
    event["user"].pop("id", None)
    event["data"]["contact"] = contact


def _flagged(name: str, share: float) -> Callable[[Json, Random], None]:
    return lambda event, rng: event["data"].update({name: rng.random() < share})


def said_faults() -> Iterator[Case]:
    """The event says it by a name, a flag or a number beside, and the configuration does not hear."""
    booked, paid = "mapping.booking.complete", "mapping.booking.complete.settings.value"
    in_cents = {"key": "data.amount_pence", "fn": "$fn:cents"}
    pence = each_event(_with_pence, "booking complete")
    cancels = {"mapping.booking.cancel": GONE}
    yield fault("said-pence", tickets, "pence by their name, and no other amount beside", paid, {paid: "data.amount_pence"},
                sound={paid: in_cents, **cancels}, sample=pence)  # fmt: skip
    yield fault("said-fee-in-pence", tickets, "the fee, made whole units, for the amount", paid,
                {paid: {"key": "data.fee_pence", "fn": "$fn:cents"}}, sound={paid: in_cents, **cancels}, sample=pence)  # fmt: skip
    yield fault("said-price-in-cents", fashion, "a price property in cents", "mapping.product.view.data.map.Price",
                {"mapping.product.view.data.map.Price": "data.price_cents"},
                sound={"mapping.product.view.data.map.Price": {"key": "data.price_cents", "fn": "$fn:cents"}},
                sample=each_event(lambda event, rng: event["data"].update({"price_cents": round(event["data"]["price"] * 100)}), "product view"))  # fmt: skip
    yield fault("said-count-of-lines", fashion, "the number of lines as revenue", f"{PAY}.value", {f"{PAY}.value": "data.positions"},
                sample=each_event(lambda event, rng: event["data"].update({"positions": len(event["nested"])}), "order complete"))  # fmt: skip
    yield fault("said-title-as-id", tickets, "the show's title for the booking's number", f"{booked}.settings.uniqueId",
                {f"{booked}.settings.uniqueId": "data.title"}, sound=cancels)  # fmt: skip
    yield fault("said-line-without-quantity", fashion, "one piece's price for what a line costs", f"{PAY}.items.value",
                {f"{PAY}.items.value": "data.price"},
                sound={f"{PAY}.items": {"loop": ["nested", {"map": {"SKU": "data.sku", "Quantity": "data.quantity"}}],
                                        "value": {"set": ["data.price", "data.quantity"], "fn": "$fn:multiply"}, "uniqueId": "data.sku"}})  # fmt: skip
    yield fault("said-lists-in-lists", fashion, "the categories of each line are lists themselves", f"{DONE}.data.map.Categories",
                {f"{DONE}.data.map.Categories": "nested.*.data.tags"},
                sound={f"{DONE}.data.map.Categories": {"key": "nested.*.data.tags", "fn": "$fn:flatten"}},
                sample=each_event(lambda event, rng: [line["data"].update({"tags": ["new", line["data"]["category"]]}) for line in event["nested"]] and None, "order complete"))  # fmt: skip
    yield fault("said-address-of-guests", tickets, "who books as a guest has the address in data.contact", "settings.email",
                {"settings.email": "user.email"}, sound={"settings.email": ["user.email", "data.contact.email"]},
                sample=each_event(lambda event, rng: _guest(event, rng) if rng.random() < 0.7 else None, "booking complete"))  # fmt: skip
    yield fault("said-condition-on-text", fashion, "the condition compares a flag with a text", DONE,
                {f"{DONE}.0.condition": f"$py:{HERE}:is_gift_text"},
                sound=lambda c: put(c, DONE, [{**c["mapping"]["order"]["complete"], "name": "Placed Gift Order", "condition": f"$py:{HERE}:is_gift"}, c["mapping"]["order"]["complete"]]) or c,
                sample=each_event(_flagged("gift", 0.3), "order complete"))  # fmt: skip
    asks = {
        f"{PAY}.subscribe": {"channels": {"email": "data.optin"}, "list": "Y6nRLr"},
        f"{DONE}.consent": {"marketing": True},
    }
    yield fault("said-no-to-mails", fashion, "everybody is subscribed, and the event holds who said no", f"{PAY}.subscribe",
                {f"{PAY}.subscribe.channels": ["email"]}, sound=asks, sample=each_event(_flagged("optin", 0.4), "order complete"))  # fmt: skip
    yield fault("said-channel-by-text", fashion, "a text turns the channel on, which is neither true nor false", f"{PAY}.subscribe",
                {f"{PAY}.subscribe.channels.email": "data.currency"}, sound=asks, sample=each_event(_flagged("optin", 0.4), "order complete"))  # fmt: skip
    yield fault("said-two-spellings", tickets, "one metric of the shop's own in two spellings", "mapping.seat.hold.name",
                {"mapping.seat.hold.name": "Looked at Seats", "mapping.show.view.name": "Looked at seats"},
                sound={"mapping.seat.hold.name": "Looked at Seats", "mapping.show.view.name": "Looked at Seats"})  # fmt: skip
    yield fault("said-order-of-context", fashion, "the order of the context's entry, and not its value", "mapping.product.view.data.map.Shelf",
                {"mapping.product.view.data.map.Shelf": "context.shelf.1"}, sound={"mapping.product.view.data.map.Shelf": "context.shelf.0"},
                sample=each_event(lambda event, rng: event.setdefault("context", {}).update({"shelf": [rng.choice(("new", "sale")), 0]}), "product view"))  # fmt: skip


FAULTS: tuple[Callable[[], Iterator[Case]], ...] = (
    identity_faults, trait_faults, revenue_faults, currency_faults, unique_faults, rule_faults,
    consent_faults, privacy_faults, metric_faults, property_faults, policy_faults, limit_faults,
    sender_faults,
    said_faults,
)  # fmt: skip


def faults() -> Iterator[Case]:
    """One mistake each."""
    for some in FAULTS:
        yield from some()


def cases() -> Iterator[Case]:
    """All of them, always the same."""
    yield from clean()
    yield from habits()
    yield from faults()


def main() -> None:
    """List the names by kind, and count them."""
    by_area = {some.__name__.removesuffix("_faults"): list(some()) for some in FAULTS}
    found = [*clean(), *habits(), *(case for some in by_area.values() for case in some)]
    for kind in ("clean", "habit", "fault"):
        some = [case for case in found if case.kind == kind]
        print(f"{kind}\n  " + "\n  ".join(case.name for case in some))
    wrong = [case.expect for case in found if case.kind == "fault"]
    areas = [(area, len(some)) for area, some in by_area.items()]
    rows = [
        *((kind, sum(case.kind == kind for case in found)) for kind in ("clean", "habit", "fault")),
        *((f"  {area}", count) for area, count in areas),
        ("  not detectable", sum(not one.detectable for one in wrong)),
        ("  errors of the configuration", sum(one.is_config_error for one in wrong)),
        ("all", len(found)),
    ]
    print()
    for label, count in rows:
        print(f"{label:<32}{count:>5}")


if __name__ == "__main__":
    main()
