"""What happened in the demo shop on 30 October 2026?

A pure function of a seed. The shipped day is written by:

    python tests/shop/generate_shop.py > src/walkeros_klaviyo/shop/events.jsonl

Everybody in it is invented. Mail domains are those of RFC 2606; phone numbers are from the
ranges that regulators keep free for fiction (Germany, France, Great Britain, North America).
The story and the list of planted dirt: `walkeros_klaviyo/shop/__init__.py`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any, NamedTuple

Event = dict[str, Any]
Timed = tuple[int, Event]

SEED = 20261030
SHOP = "https://shop.example"
MIDNIGHT = int(datetime(2026, 10, 30, tzinfo=UTC).timestamp() * 1000)
MINUTE = 60_000
HOUR = 60 * MINUTE


# --- The cast ------------------------------------------------------------------------------------


class Market(NamedTuple):
    """A country the shop sells to: its language, its money, when its people are awake (UTC)."""

    lang: str
    locale: str
    country: str
    currency: str
    cents: int  # minor units in one: 100, or 1 for the yen
    column: int  # in the price list
    shipping: int
    free_from: int
    awake: tuple[int, int]


MARKETS = {
    "DE": Market("de", "de-DE", "DE", "EUR", 100, 0, 490, 10_000, (6, 21)),
    "FR": Market("fr", "fr-FR", "FR", "EUR", 100, 0, 490, 10_000, (6, 21)),
    "GB": Market("en", "en-GB", "GB", "GBP", 100, 1, 450, 9_000, (7, 22)),
    "JP": Market("ja", "ja-JP", "JP", "JPY", 1, 2, 600, 15_000, (0, 13)),
    "US": Market("en", "en-US", "US", "USD", 100, 3, 690, 11_000, (13, 23)),
}


class Product(NamedTuple):
    """Something to buy; `prices` are minor units of EUR, GBP, JPY, USD."""

    sku: str
    name: str
    brand: str
    categories: tuple[str, ...]
    prices: tuple[int, int, int, int]
    variants: tuple[str, ...]
    on_sale: bool = False


PRODUCTS = {
    "P-101": Product("FI-TENT-2", "Firn 2 Tent", "Firn", ("Tents", "Camping"),
                     (34_900, 29_900, 54_800, 37_900), ("moss", "sand")),
    "P-102": Product("FI-TENT-4X", "Firn 4 Expedition Tent", "Firn", ("Tents", "Expedition"),
                     (119_900, 104_900, 189_000, 129_900), ("signal red",)),
    "P-103": Product("DA-BAG-800", "Daune 800 Schlafsack", "Daune", ("Sleeping Bags", "Camping"),
                     (27_995, 24_995, 43_800, 29_995), ("regular", "long"), True),
    "P-104": Product("KI-MAT-R4", "Kiesel R4 Mat", "Kiesel", ("Mats", "Camping"),
                     (11_950, 9_950, 18_700, 12_950), ("regular", "wide")),
    "P-105": Product("PF-BOOT-M", "Pfad Mid Boots", "Pfad", ("Boots", "Hiking"),
                     (8_500, 7_500, 13_800, 9_500), ("38", "41", "43")),
    "P-106": Product("PF-SOCK-3", "Pfad Merino Socks, 3 pairs", "Pfad", ("Socks", "Hiking"),
                     (2_990, 2_590, 4_700, 3_290), ("S", "M", "L")),
    "P-107": Product("BR-PACK-45", "Brise 45 Rucksack", "Brise", ("Backpacks", "Hiking"),
                     (16_900, 14_900, 26_400, 17_900), ("slate", "ochre")),
    "P-108": Product("BR-SHELL-W", "Brise Hardshell W’s", "Brise", ("Jackets", "Clothing"),
                     (22_900, 19_900, 35_800, 24_900), ("XS", "S", "M"), True),
    "P-109": Product("HI-STOVE-1", "焚火台 Hibana", "Hibana", ("Stoves", "Camping"),
                     (6_490, 5_690, 9_800, 6_990), ("steel",)),
    "P-110": Product("HI-POT-TI", "Hibana チタンクッカー 900", "Hibana", ("Cookware", "Camping"),
                     (4_990, 4_290, 7_700, 5_490), ("titanium",)),
    "P-111": Product("AI-CRAMP-12", "Crampons Aiguille légers", "Aiguille", ("Ice", "Expedition"),
                     (13_990, 11_990, 21_900, 14_990), ("one size",)),
    "P-112": Product("AI-ROPE-60", "Corde Aiguille 9,2 × 60 m", "Aiguille", ("Ropes", "Climbing"),
                     (18_950, 16_450, 29_600, 19_950), ("orange", "blue")),
    "P-113": Product("FI-MUG-SUM", 'Sunrise 🌄 "Summit" Mug', "Firn", ("Cookware", "Gifts"),
                     (1_490, 1_290, 2_300, 1_690), ("enamel",)),
    "P-114": Product("FI-LAMP-300", "Glimm 300 Headlamp", "Firn", ("Lights", "Camping"),
                     (3_995, 3_495, 6_200, 4_395), ("black", "lime")),
}  # fmt: skip


class Person(NamedTuple):
    """A customer; without an id a guest, who is known by what they type at the checkout."""

    id: str | None
    first: str
    last: str
    market: str
    email: str | None
    phone: str | None = None
    city: str = ""
    tier: str = "basecamp"


PEOPLE = {
    person.first: person
    for person in (
        Person("C-1001", "Ümit", "Yıldız", "DE", "uemit@example.com", None, "Köln", "ridge"),
        Person("C-1002", "Svenja", "Groß", "DE", "svenja@example.org", "+491713920007", "Ulm"),
        Person("C-1003", "Jörg", "Müller-Weiß", "DE", "jmw@example.com", None, "Görlitz", "summit"),
        Person("C-1004", "Lena", "Brandt", "DE", "lena@post.example", "+491713920042", "Kiel"),
        Person("C-1005", "Bastian", "Öztürk", "DE", "b.oeztuerk@example.org", None, "Mainz"),
        Person("C-2001", "Zoë", "Lefèvre", "FR", "zoe@example.org", "+33639981204", "Grenoble"),
        Person("C-2002", "François", "Dubœuf", "FR", "f.duboeuf@courriel.example", None, "Lyon"),
        Person("C-2003", "Éloïse", "Garnier", "FR", "eloise@example.com", None, "Nîmes", "ridge"),
        Person("C-2004", "Maël", "Kerbrat", "FR", "mael.k@example.com", "+33639985521", "Brest"),
        Person("C-3001", "Ada", "Lind", "GB", "ada@example.com", None, "Leeds", "summit"),
        Person("C-3002", "Siân", "Rees", "GB", "sian.rees@example.org", "+447700900142", "Bangor"),
        Person("C-3003", "Niamh", "O’Connell", "GB", "niamh@example.com", None, "Newry", "ridge"),
        Person("C-3004", "Eilidh", "Munro", "GB", "eilidh@mail.example", "+447700900733", "Oban"),
        Person("C-4001", "花子", "山田", "JP", "hanako@example.com", None, "札幌市", "ridge"),
        Person("C-4002", "太郎", "鈴木", "JP", "taro.suzuki@example.org", None, "松本市"),
        Person("C-4003", "美咲", "佐藤", "JP", "misaki@yubin.example", None, "金沢市", "summit"),
        Person("C-4004", "蓮", "高橋", "JP", "ren.t@example.com", None, "仙台市"),
        Person("C-5001", "Marisol", "Peña", "US", "marisol@example.com", "+12125550142", "Taos"),
        Person("C-5002", "Dale", "Whitlock", "US", "dale.w@example.org", None, "Bend", "ridge"),
        Person("C-5003", "Grace", "Liu", "US", "grace.liu@example.com", "+13035550177", "Boulder"),
        Person(None, "Anneliese", "Kühn", "DE", "a.kuehn@example.com", None, "Jena"),
        Person(None, "Théo", "Castaing", "FR", "theo@example.org", None, "Pau"),
        Person(None, "Priya", "Nair", "GB", "priya.nair@example.com", None, "Derby"),
        Person(None, "結衣", "伊藤", "JP", "yui@example.org", None, "高松市"),
        Person(None, "Walt", "Ferris", "US", None, "+14065550119", "Butte"),
    )
}

READERS = {  # Who leaves no more than a mail address.
    "DE": ("kletterfloh@example.com", "sabine@example.org"),
    "FR": ("marmotte@example.com", "lucie@courriel.example"),
    "GB": ("fellrunner@example.org", "moss@example.com"),
    "JP": ("yamaaruki@example.com", "kumo@example.org"),
    "US": ("trailmix@example.com", "juniper@example.org"),
}

PAGES = {
    "de": (("Startseite", "/"), ("Zelte", "/zelte"), ("Herbst-Angebote", "/angebote")),
    "en": (("Home", "/"), ("Boots & Socks", "/boots"), ("Autumn sale", "/sale")),
    "fr": (("Accueil", "/"), ("Réchauds", "/rechauds"), ("Promos d’automne", "/promos")),
    "ja": (("ホーム", "/"), ("焚き火", "/takibi"), ("秋のセール", "/sale")),
}

YES = {"marketing": True, "functional": True}
"""Consent to everything; the few who decline say so in different ways."""
CONSENTS: tuple[dict[str, bool], ...] = (
    *([YES] * 16),
    {"functional": True},
    {"functional": True},
    {},
    {"marketing": False, "functional": True},
)


# --- The dirt ------------------------------------------------------------------------------------


def _set(section: str, key: str, value: object) -> Callable[[Event], None]:
    def spoil(event: Event) -> None:
        event[section][key] = value

    return spoil


def _drop_order_id(event: Event) -> None:
    del event["data"]["id"]


def _null_variant(event: Event) -> None:
    event["nested"][0]["data"]["variant"] = None


SPOIL: dict[str, tuple[str, Callable[[Event], None]]] = {
    "national phone": ("order complete", _set("user", "phone", "0151 23456789")),
    "total with a comma": ("order complete", _set("data", "total", "1,299.00")),
    "clean total as text": ("order complete", _set("data", "total", "89.90")),
    "unknown currency": ("order complete", _set("data", "currency", "EURO")),
    "no order id": ("order complete", _drop_order_id),
    "null inside a line": ("order complete", _null_variant),
    "bad email": ("checkout start", _set("user", "email", "ada@@example")),
}
"""Dirt by name: the event it falls on, and what becomes of it."""


# --- Visits --------------------------------------------------------------------------------------


class Visit(NamedTuple):
    """One plan for one visitor; what they do on the way is up to luck."""

    start: int
    market: str
    who: Person | None
    goal: str  # look, cart, checkout, order, signup
    logs_in: int = 0  # times; 0: known from the first page on
    consent: dict[str, bool] = YES
    cart: tuple[tuple[str, int], ...] = ()
    discount: str = ""
    plant: str = ""
    email: str = ""


def money(minor: int, market: Market) -> float | int:
    """Minor units as the number a shop would write.

    >>> money(8990, MARKETS["DE"]), money(8900, MARKETS["DE"]), money(2300, MARKETS["JP"])
    (89.9, 89, 2300)
    """
    return minor // market.cents if minor % market.cents == 0 else minor / market.cents


def product_data(key: str, market: Market) -> Event:
    """A product as its page knows it."""
    product = PRODUCTS[key]
    price = product.prices[market.column]
    data: Event = {
        "id": key,
        "sku": product.sku,
        "name": product.name,
        "brand": product.brand,
        "categories": list(product.categories),
        "price": money(price, market),
    }
    if product.on_sale:
        data["compareAtPrice"] = money(price + price // market.cents // 5 * market.cents, market)
    data["url"] = f"{SHOP}/{market.lang}/p/{key.lower()}"
    data["image"] = f"{SHOP}/img/{key.lower()}.webp"
    return data


def line_data(key: str, quantity: int, market: Market, luck: Random) -> Event:
    """A product as a line of a cart or an order."""
    data = product_data(key, market)
    data.pop("compareAtPrice", None)
    total = money(PRODUCTS[key].prices[market.column] * quantity, market)
    variant = luck.choice(PRODUCTS[key].variants)
    return {**data, "variant": variant, "quantity": quantity, "total": total}


class Walk:
    """One visit under way: its clock, its visitor, and what was recorded."""

    def __init__(self, visit: Visit, luck: Random, numbers: Iterator[int]) -> None:
        self.visit, self.luck, self.numbers = visit, luck, numbers
        self.market = MARKETS[visit.market]
        self.now = visit.start
        self.events: list[Timed] = []
        self.trace = f"{luck.getrandbits(128):032x}"
        self.user: Event = {
            "device": f"d{luck.getrandbits(32):08x}",
            "session": f"s{luck.getrandbits(32):08x}",
        }
        self.custom = {"ab": luck.choice(("hero-a", "hero-b"))} if luck.random() < 0.2 else None
        if visit.who and visit.who.id and not visit.logs_in:
            self.recognise(visit.who)

    def recognise(self, who: Person) -> None:
        """From here on the visitor is known."""
        known = {"id": who.id, "email": who.email, "phone": who.phone}
        if who.id:
            known |= {"firstName": who.first, "lastName": who.last}
        self.user = {**{k: v for k, v in known.items() if v}, **self.user}

    def record(
        self,
        name: str,
        data: Event,
        stage: str,
        path: str,
        nested: Iterable[Event] = (),
        trigger: str = "load",
    ) -> Event:
        """Write down what happened, a moment after the last."""
        self.now += self.luck.randrange(3_000, 75_000)
        entity, action = name.split(" ")
        event: Event = {
            "name": name,
            "data": data,
            "context": {"shopping": [stage, 0]} if stage else {},
            "globals": {
                "lang": self.market.lang,
                "locale": self.market.locale,
                "market": self.market.country,
            },
            "user": dict(self.user),
            "nested": [{"entity": "product", "data": line} for line in nested],
            "consent": dict(self.visit.consent),
            "id": f"{self.luck.getrandbits(64):016x}",
            "trigger": trigger,
            "entity": entity,
            "action": action,
            "timestamp": self.now,
            "timing": self.luck.randrange(2, 4_000) / 100,
            "source": {
                "type": "browser",
                "platform": "web",
                "schema": "4",
                "url": f"{SHOP}/{self.market.lang}{path}",
                "count": len(self.events) + 1,
                "trace": self.trace,
            },
        }
        if self.custom:
            event["custom"] = self.custom
        plant = self.visit.plant
        if plant in SPOIL and SPOIL[plant][0] == name:
            SPOIL[plant][1](event)
        self.events.append((self.now, event))
        return event

    def page(self) -> None:
        """Open a page."""
        title, path = self.luck.choice(PAGES[self.market.lang])
        self.record("page view", {"title": title, "path": path}, "", path)

    def noise(self) -> None:
        """What developers leave running."""
        took = self.luck.randrange(300, 2_000)
        self.record("debug noise", {"message": f"hydration took {took} ms"}, "", "/", (), "custom")

    def look(self, key: str) -> None:
        """Open a product."""
        data = {**product_data(key, self.market), "currency": self.market.currency}
        self.record("product view", data, "discover", f"/p/{key.lower()}")

    def login(self) -> None:
        """Say who one is."""
        who = self.visit.who
        assert who is not None
        if "id" not in self.user:
            self.recognise(who)
        data = {
            "firstName": who.first,
            "lastName": who.last,
            "lang": self.market.lang,
            "locale": self.market.locale,
            "city": who.city,
            "country": who.market,
            "tier": who.tier,
        }
        self.record("user login", data, "", "/account", (), "submit")

    def signup(self) -> None:
        """Ask for the newsletter."""
        self.user = {"email": self.visit.email, **self.user}
        data = {"list": "autumn-letter", "place": self.luck.choice(("footer", "pop-up"))}
        self.record("newsletter signup", data, "", "/", (), "submit")

    def buy(self, cart: tuple[tuple[str, int], ...]) -> None:
        """Fill the cart, and go as far as the visit's goal."""
        market, goal, who = self.market, self.visit.goal, self.visit.who
        lines = [line_data(key, quantity, market, self.luck) for key, quantity in cart]
        for line in lines:
            data = {**line, "currency": market.currency}
            self.record("product add", data, "cart", f"/p/{line['id'].lower()}", (), "click")
        if goal == "cart":
            return
        goods = sum(PRODUCTS[key].prices[market.column] * n for key, n in cart)
        basket = {"total": money(goods, market), "currency": market.currency}
        if who and not who.id:
            self.recognise(who)
        self.record("checkout start", basket, "checkout", "/checkout", deepcopy(lines))
        if goal == "checkout":
            return
        shipping = 0 if goods >= market.free_from else market.shipping
        discount = goods // 10 // market.cents * market.cents if self.visit.discount else 0
        order: Event = {
            "id": f"O-{next(self.numbers)}",
            "total": money(goods + shipping - discount, market),
            "currency": market.currency,
            "shipping": money(shipping, market),
            "discount": money(discount, market),
            "discountCode": self.visit.discount,
            "city": who.city if who else "",
            "country": market.country,
        }
        order = {key: value for key, value in order.items() if value != ""}
        placed = self.record("order complete", order, "complete", "/thanks", deepcopy(lines))
        self.aftermath(placed)

    def aftermath(self, placed: Event) -> None:
        """What the shop's back office makes of an order later that day."""
        if self.visit.plant == "one event twice":
            self.events.append(self.events[-1])
        elif self.visit.plant == "cancelled":
            self.office("order cancel", placed, {"reason": "changed mind"}, placed["nested"])
        elif self.visit.plant == "refunded":
            line = placed["nested"][-1]
            change = {
                "refundId": placed["data"]["id"].replace("O", "R"),
                "total": line["data"]["total"],
                "shipping": 0,
                "reason": "out of stock",
            }
            self.office("order refund", placed, change, [line])

    def office(self, name: str, placed: Event, change: Event, nested: list[Event]) -> None:
        """An event of the server's, hours after the order it is about."""
        self.now += 5 * HOUR
        lines = [deepcopy(line["data"]) for line in nested]
        event = self.record(name, {**placed["data"], **change}, "", "", lines, "custom")
        del event["user"]["session"]
        event["source"] = {
            "type": "shop",
            "platform": "server",
            "schema": "4",
            "count": 1,
            "trace": f"{self.luck.getrandbits(128):032x}",
        }


def walk(visit: Visit, luck: Random, numbers: Iterator[int]) -> list[Timed]:
    """Everything one visit leaves behind."""
    it = Walk(visit, luck, numbers)
    it.page()
    if luck.random() < 0.18:
        it.noise()
    for _ in range(visit.logs_in):
        it.login()
    cart = visit.cart or _some_cart(luck, 2 if visit.goal == "order" else 1)
    wanted = [key for key, _ in cart]
    for _ in range(luck.randrange(3)):
        it.look(luck.choice(list(PRODUCTS)))
    if luck.random() < 0.4:
        it.page()
    for key in wanted if visit.goal != "signup" else ():
        it.look(key)
    if visit.goal == "signup":
        it.signup()
    elif visit.goal != "look":
        it.buy(cart)
    if visit.plant == "no timestamp":
        del it.events[-1][1]["timestamp"]
    return it.events


def _some_cart(luck: Random, most: int) -> tuple[tuple[str, int], ...]:
    keys = [key for key in PRODUCTS if key != "P-102"]
    picked = {luck.choice(keys): luck.choice((1, 1, 1, 2)) for _ in range(luck.randrange(most) + 1)}
    return tuple(picked.items())


# --- The day -------------------------------------------------------------------------------------


def at(hour: int, minute: int) -> int:
    """A time of that day, UTC."""
    return MIDNIGHT + hour * HOUR + minute * MINUTE


def planted() -> list[Visit]:
    """The visits that the story needs, whatever the luck."""
    who = PEOPLE
    dirt = (
        Visit(at(8, 12), "DE", who["Ümit"], "order", cart=(("P-103", 1),), plant="national phone"),
        Visit(at(15, 5), "US", who["Dale"], "order", cart=(("P-102", 1),),
              plant="total with a comma"),
        Visit(at(9, 31), "DE", who["Svenja"], "order", cart=(("P-105", 1),),
              plant="clean total as text"),
        Visit(at(17, 44), "DE", who["Jörg"], "order", cart=(("P-107", 1), ("P-106", 2)),
              plant="unknown currency"),
        Visit(at(10, 20), "FR", who["Éloïse"], "order", cart=(("P-111", 1),), plant="no order id"),
        Visit(at(12, 2), "GB", who["Niamh"], "order", cart=(("P-104", 1), ("P-106", 1)),
              discount="AUTUMN10", plant="null inside a line"),
        Visit(at(13, 15), "GB", who["Ada"], "checkout", cart=(("P-101", 1),), plant="bad email"),
        Visit(at(3, 40), "JP", who["花子"], "order", cart=(("P-109", 1), ("P-110", 2)),
              plant="one event twice"),
        Visit(at(23, 34), "US", who["Grace"], "look", plant="no timestamp"),
    )  # fmt: skip
    story = (
        Visit(at(0, 1), "JP", who["太郎"], "cart", cart=(("P-109", 1),)),
        Visit(at(7, 3), "DE", who["Lena"], "order", cart=(("P-101", 1), ("P-114", 2)),
              plant="refunded"),
        Visit(at(9, 50), "FR", who["Zoë"], "order", logs_in=1, cart=(("P-112", 1),),
              discount="AUTUMN10", plant="cancelled"),
        Visit(at(2, 10), "JP", who["美咲"], "cart", logs_in=2, cart=(("P-113", 2),)),
        Visit(at(11, 25), "GB", who["Siân"], "order", logs_in=2, cart=(("P-108", 1),)),
        Visit(at(19, 55), "US", who["Marisol"], "order", logs_in=2, cart=(("P-113", 4),)),
        Visit(at(18, 30), "DE", who["Anneliese"], "order", cart=(("P-113", 1), ("P-106", 1))),
        Visit(at(20, 15), "US", who["Walt"], "order", cart=(("P-114", 1),)),
        Visit(at(16, 10), "FR", who["François"], "order", consent={"functional": True}),
        Visit(at(21, 2), "GB", who["Eilidh"], "order", consent={"marketing": False}),
        Visit(at(23, 41), "US", who["Dale"], "look"),
    )  # fmt: skip
    return [*dirt, *story]


def ordinary(luck: Random) -> Iterator[Visit]:
    """The rest of the day, whatever luck makes of it."""
    goals = ("look", "look", "cart", "checkout", "order", "order")
    for who in PEOPLE.values():
        for _ in range(luck.choice((1, 2, 2)) if who.id else luck.randrange(2)):
            goal = luck.choice(goals) if who.id else "order"
            logs_in = int(luck.random() < 0.35) if who.id else 0
            code = luck.choice(("", "", "AUTUMN10"))
            consent = luck.choice(CONSENTS)
            start = _while_awake(luck, who.market)
            yield Visit(start, who.market, who, goal, logs_in, consent, discount=code)
    for market, emails in READERS.items():
        for email in emails:
            start = _while_awake(luck, market)
            yield Visit(start, market, None, "signup", email=email)
        for _ in range(4):
            goal, consent = luck.choice(("look", "look", "cart")), luck.choice(CONSENTS)
            yield Visit(_while_awake(luck, market), market, None, goal, consent=consent)


def _while_awake(luck: Random, market: str) -> int:
    first, last = MARKETS[market].awake
    return MIDNIGHT + luck.randrange(first * HOUR, last * HOUR)


def events(seed: int = SEED) -> list[Event]:
    """The whole day in order; the same seed gives the same day.

    >>> events(7) == events(7), events(7) == events(8)
    (True, False)
    """
    luck, numbers = Random(seed), count(10_431)
    visits = sorted([*planted(), *ordinary(luck)], key=lambda visit: visit.start)
    timed = [pair for visit in visits for pair in walk(visit, luck, numbers)]
    return [event for _, event in sorted(timed, key=lambda pair: pair[0])]


def to_jsonl(day: Iterable[Event]) -> str:
    """One event a line, compact, every script as itself."""
    return "".join(
        json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
        for event in day
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(to_jsonl(events()).encode())
