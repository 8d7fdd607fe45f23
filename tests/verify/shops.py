"""Ten shops that track cleanly, each with events of some days: nothing is wrong with any of them.

Their events have the noise of real ones: visitors without consent or without a name, bad addresses
and numbers, pages loaded again, events that come twice, fields that only some events have.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any, Final

from attrs import Factory, define, frozen

Raw = dict[str, Any]
Change = tuple[str, Any]

GONE: Final = object()
"""Stands for what is taken out of a configuration."""
START: Final = 1_793_318_400_000
FIRST: Final = "Ada Bo Cem Dana Eva Finn Gül Hugo Ida Jun Kai Lea Mia Noor Omar Pia".split()
LAST: Final = "Abel Berg Costa Diaz Endo Fuchs Gruber Haas Ito Jansen Kaya Lang".split()


@frozen
class Shop:
    """A configuration, and a sample of the events that it is for."""

    config: Raw
    events: tuple[Raw, ...]

    @property
    def sample(self) -> list[tuple[int, Raw]]:
        """The events with their lines."""
        return list(enumerate(self.events, 1))


def changed(config: Raw, *changes: Change) -> Raw:
    """A copy of a configuration with other values at some places; a step with a dot is quoted.

    >>> changed({"a": {"b": 1}}, ("a.b", 2), ("a.c", 3)), changed({"a": {"b": 1}}, ("a.b", GONE))
    ({'a': {'b': 2, 'c': 3}}, {'a': {}})
    """
    copy = _copied(config)
    for place, value in changes:
        *steps, last = place.split(".")
        inside = copy
        for step in steps:
            inside = inside[int(step)] if isinstance(inside, list) else inside.setdefault(step, {})
        if value is GONE:
            del inside[last]
        else:
            inside[int(last) if isinstance(inside, list) else last] = _copied(value)
    return copy


def _copied(raw: Any) -> Any:
    """No part of it is shared, not even between two places."""
    if isinstance(raw, dict):
        return {name: _copied(one) for name, one in raw.items()}
    return [_copied(one) for one in raw] if isinstance(raw, list) else raw


@define
class Street:
    """Makes the events of some visitors, in order of time."""

    rng: Random
    version: int = 4
    events: list[Raw] = Factory(list)
    now: int = START
    seen: int = 0

    def visitors(self, number: int) -> list[Raw]:
        """What a site knows of its visitors: some are strangers, some write nonsense."""
        return [self._visitor(at) for at in range(number)]

    def _visitor(self, at: int) -> Raw:
        first, last = FIRST[at % len(FIRST)], LAST[at % len(LAST)]
        user: Raw = {"device": self.hex(9), "session": self.hex(9)}
        if at % 7 == 6:
            return user
        email = f"visitor{at}@example.com" if at % 11 != 5 else f"visitor{at} at example"
        phone = f"+49151{23450000 + at}" if at % 9 != 4 else "none of your business"
        user |= {"id": f"C-{1000 + at}", "email": email, "firstName": first, "lastName": last}
        return user | ({"phone": phone} if at % 2 else {})

    def hex(self, length: int = 16) -> str:
        """A random name."""
        return f"{self.rng.getrandbits(4 * length):0{length}x}"

    def consent(self, at: int) -> Raw:
        """What a visitor has granted: most all of it, some a part, some nothing."""
        if at % 8 == 3:
            return {}
        return {"functional": True} if at % 8 == 5 else {"functional": True, "marketing": True}

    def add(self, name: str, user: Raw, data: Raw, **more: Any) -> Raw:
        """One event, some seconds after the last."""
        self.now += self.rng.randint(900, 90_000)
        self.seen += 1
        entity, action = name.split(" ")
        event: Raw = {
            "name": name,
            "data": data,
            "context": {},
            "globals": {"lang": "de", "market": "DE"},
            "user": deepcopy(user),
            "nested": [],
            "consent": {"functional": True, "marketing": True},
            "id": self.hex(),
            "trigger": "load",
            "entity": entity,
            "action": action,
            "timestamp": self.now,
            "timing": round(self.rng.uniform(0.1, 40), 2),
        }
        url = f"https://shop.example/{entity}"
        if self.version == 3:
            event |= {"group": self.hex(6), "count": self.seen, "custom": {}}
            event["version"] = {"source": "3.4.0", "tagging": 2}
            event["source"] = {"type": "web", "id": url, "previous_id": ""}
        else:
            source = {"type": "browser", "platform": "web", "schema": "4", "url": url}
            event["source"] = {**source, "count": self.seen, "trace": self.hex(32)}
        self.events.append(event | more)
        return self.events[-1]

    def sometimes(self, part: float, data: Raw) -> Raw:
        """An optional field: mostly not there."""
        return data if self.rng.random() < part else {}

    def again(self, event: Raw) -> None:
        """The page was loaded again: the same to say, but another event."""
        twin = deepcopy(event) | {"id": self.hex(), "timing": round(self.rng.uniform(0.1, 40), 2)}
        self.now += 20_000
        twin["timestamp"] = self.now
        if "count" in twin["source"]:
            twin["source"]["count"] += 1
        self.events.append(twin)

    def close(self) -> tuple[Raw, ...]:
        """All of it; some events came twice, and one with a name that nobody knows."""
        twice = [deepcopy(one) for one in self.events[::37]]
        self.add("page scroll", self.events[0]["user"], {"depth": 50})
        return tuple(sorted([*self.events, *twice], key=lambda one: one["timestamp"]))


ITEM: Final = {
    "ProductID": "data.id",
    "SKU": "data.sku",
    "ProductName": "data.name",
    "Quantity": "data.quantity",
    "ItemPrice": "data.price",
}
ITEMS: Final = {"loop": ["nested", {"map": ITEM}]}
MONEY: Final = {"value": "data.total", "currency": "data.currency"}
ORDER: Final = {**MONEY, "uniqueId": "data.id"}


def line(street: Street, number: int, **more: Any) -> Raw:
    """A line of an order."""
    price = street.rng.randint(5, 200) + 0.5
    data = {"id": f"P-{number}", "sku": f"S-{number}", "name": f"Thing {number}", "price": price}
    return {"entity": "product", "data": {**data, "quantity": street.rng.randint(1, 3)}, **more}


def lines(street: Street, **more: Any) -> list[Raw]:
    """One to three of them."""
    return [
        line(street, street.rng.randint(1, 40), **more) for _ in range(street.rng.randint(1, 3))
    ]


def total(nested: list[Raw]) -> float:
    """What they cost."""
    return float(sum(one["data"]["price"] * one["data"]["quantity"] for one in nested))


def fashion() -> Shop:
    """A fashion shop: looks, carts, orders, returns, logins."""
    street = Street(Random(1))
    for at, user in enumerate(street.visitors(24)):
        consent = street.consent(at)
        street.add("page view", user, {"title": "Autumn"}, consent=consent)
        for number in range(2):
            one = line(street, at + number)["data"]
            old = street.sometimes(0.2, {"compareAtPrice": one["price"] + 20})
            street.add("product view", user, one | old, consent=consent)
        nested = lines(street)
        cart = {"total": total(nested), "currency": "EUR"}
        street.add("cart update", user, cart, nested=nested, consent=consent)
        if at % 3:
            continue
        order = {"id": f"O-{100 + at}", **cart} | ({"coupon": "FALL10"} if at % 6 == 0 else {})
        done = street.add("order complete", user, order, nested=nested, consent=consent)
        street.again(done)
        if at % 6 == 0:
            gone = {**order, "reason": "too small"}
            street.add("order cancel", user, gone, nested=nested, consent=consent)
        street.add("debug noise", user, {"message": "slow"}, consent=consent)
        street.add("user login", user, {"firstName": user.get("firstName")}, consent=consent)
    config = {
        "consent": {"marketing": True},
        "include": ["globals"],
        "data": {"map": {"Shop": {"value": "Loden & Leinen"}}},
        "settings": {
            "phoneNumber": "user.phone",
            "currency": "EUR",
            "identify": {"map": {"firstName": "user.firstName", "lastName": "user.lastName"}},
        },
        "mapping": {
            "debug": {"*": {"ignore": True}},
            "page": {"view": {"name": "Viewed Page", "data": {"map": {"Title": "data.title"}}}},
            "product": {
                "view": {
                    "name": "Viewed Product",
                    "data": {"map": {"ProductID": "data.id", "CompareAt": "data.compareAtPrice"}},
                }
            },
            "cart": {
                "*": {
                    "name": "Added to Cart",
                    "data": {"map": {"ItemNames": "nested.*.data.name", "Items": ITEMS}},
                    "settings": MONEY,
                }
            },
            "order": {
                "complete": {
                    "name": "Placed Order",
                    "data": {"map": {"Items": ITEMS, "DiscountCode": "data.coupon"}},
                    "settings": ORDER,
                },
                "cancel": {
                    "name": "Canceled Order",
                    "data": {"map": {"Items": ITEMS, "Reason": "data.reason"}},
                    "remove": ["Shop"],
                    "settings": ORDER,
                },
            },
            "user": {"login": {"silent": True}},
        },
    }
    return Shop(config, street.close())


def wholesale() -> Shop:
    """Business customers: the company is the profile, version 3 events, terms instead of a cart."""
    street = Street(Random(2), version=3)
    for at in range(24):
        user = {"id": f"u{at}", "company": f"K-{at % 6}", "companyName": f"Works {at % 6} Ltd"}
        if at == 10:
            del user["company"]
        if at % 5:
            user["mail"] = f"office{at % 6}@example.org"
        street.add("catalog view", user, {"page": at}, consent=street.consent(at))
        nested = lines(street)
        quote = {"id": f"Q-{at}", "sum": {"net": f"{total(nested):.2f}", "currency": "CHF"}}
        street.add("quote request", user, quote | street.sometimes(0.5, {"note": "urgent"}))
        if at % 2:
            order = {"id": f"B-{at}", "sum": quote["sum"], "terms": "30 days", "quote": quote["id"]}
            street.add("order complete", user, order, nested=nested)
            street.add("order fulfill", user, {"order": order["id"], "sum": quote["sum"]})
            if at % 4 == 1:
                refund = {"id": f"R-{at}", "order": order["id"], "sum": {"net": "5.00"}}
                street.add("order refund", user, refund)
    money = {"value": "data.sum.net"}
    config = {
        "settings": {
            "externalId": {"key": "user.company"},
            "email": ["user.mail", "user.email"],
            "currency": "CHF",
            "identify": {
                "map": {
                    "organization": "user.companyName",
                    "properties": {"map": {"Segment": {"value": "wholesale"}}},
                }
            },
        },
        "mapping": {
            "catalog": {"view": {"name": "Viewed Catalog", "data": {"map": {"Page": "data.page"}}}},
            "quote": {
                "request": {
                    "name": "Requested Quote",
                    "data": {"map": {"Note": "data.note", "Net": "data.sum.net"}},
                    "settings": {**money, "uniqueId": "data.id"},
                }
            },
            "order": {
                "complete": {
                    "name": "Placed Order",
                    "data": {"map": {"OrderId": "data.id", "Terms": "data.terms", "Items": ITEMS}},
                    "settings": {**money, "uniqueId": "data.id"},
                },
                "fulfill": {
                    "name": "Fulfilled Order",
                    "settings": {**money, "uniqueId": "data.order"},
                },
                "refund": {
                    "name": "Refunded Order",
                    "settings": {**money, "uniqueId": "data.order"},
                },
            },
        },
    }
    return Shop(config, street.close())


def subscriptions() -> Shop:
    """Boxes by the month: renewals under one plan, silent rules, a skip of the older spelling."""
    street = Street(Random(3))
    for at, user in enumerate(street.visitors(22)):
        consent = street.consent(at)
        plan = ("small", "large")[at % 2]
        base = {"plan": plan, "price": (19, 39)[at % 2], "id": f"SUB-{at}"}
        street.add("subscription start", user, base, consent=consent)
        for month in range(at % 4):
            charge = {**base, "invoice": f"I-{at}-{month}"} | (
                {"failed": "card expired"} if at == 2 else {}
            )
            street.add("subscription renew", user, charge, consent=consent)
        if at % 5 == 1:
            street.add("subscription pause", user, base, consent=consent)
        street.add("profile save", user, {"city": "Graz", "likes": ["tea"]}, consent=consent)
    config = {
        "consent": {"marketing": True},
        "settings": {"currency": "eur"},
        "mapping": {
            "subscription": {
                "start": {
                    "name": "Started Subscription",
                    "data": {"map": {"Plan": "data.plan"}},
                    "settings": {"value": "data.price", "uniqueId": "data.id"},
                },
                "renew": {
                    "name": "Renewed Subscription",
                    "data": {"map": {"Plan": "data.plan", "Failed": "data.failed"}},
                    "settings": {"value": "data.price", "uniqueId": "data.invoice"},
                },
                "*": {"name": "Changed Subscription", "data": {"map": {"Plan": "data.plan"}}},
            },
            "profile": {
                "save": {
                    "silent": True,
                    "settings": {
                        "identify": {
                            "map": {
                                "firstName": "user.firstName",
                                "location": {"map": {"city": "data.city"}},
                                "properties": {"map": {"Likes": "data.likes"}},
                            }
                        }
                    },
                }
            },
            "page": {"scroll": {"ignore": True}},
        },
    }
    return Shop(config, street.close())


def tickets() -> Shop:
    """Tickets: seats in lists of lists, the show in the context, a rule's own consent."""
    street = Street(Random(4))
    for at, user in enumerate(street.visitors(20)):
        consent = {**street.consent(at), **({"partners": True} if at % 3 == 0 else {})}
        show = {"show": [f"Opera {at % 4}", 0], "hall": ["Main", 1]}
        street.add("show view", user, {}, context=show, consent=consent)
        if at % 2:
            seats = [{"row": f"{at}", "seat": n} for n in range(1, 3)]
            data = {"booking": f"T-{at}", "seats": seats, "amount": 35 * len(seats)}
            street.add("seat hold", user, data, context=show, consent=consent)
            paid = street.add("booking complete", user, data, context=show, consent=consent)
            street.again(paid)
        street.add("partner click", user, {"to": "hotel"}, consent=consent)
    config = {
        "settings": {"currency": {"value": "EUR"}, "anonymousId": "user.device"},
        "mapping": {
            "show": {
                "view": {
                    "name": "Viewed Show",
                    "include": ["context"],
                    "consent": {"marketing": True},
                }
            },
            "seat": {"hold": {"ignore": True}},
            "booking": {
                "complete": {
                    "name": "Placed Order",
                    "consent": {"functional": True, "marketing": True},
                    "data": {
                        "map": {
                            "Show": "context.show.0",
                            "Rows": "data.seats.*.row",
                            "First": {"set": ["data.seats.0.row", "data.seats.0.seat"]},
                            "Seats": {
                                "loop": ["data.seats", {"map": {"Row": "row", "Seat": "seat"}}]
                            },
                        }
                    },
                    "settings": {"value": "data.amount", "uniqueId": "data.booking"},
                }
            },
            "partner": {
                "click": {
                    "name": "Visited Partner",
                    "consent": {"partners": True},
                    "data": {"map": {"Partner": "data.to"}},
                }
            },
        },
    }
    return Shop(config, street.close())


def marketplace() -> Shop:
    """Many sellers: nested lines with offers of their own, loops in loops."""
    street = Street(Random(5))
    for at, user in enumerate(street.visitors(50)):
        nested = [
            {
                **line(street, at * 3 + n),
                "nested": [{"entity": "offer", "data": {"seller": f"S{n}", "days": n + 1}}],
                "context": {"shelf": [f"top{n}", 0]},
            }
            for n in range(1 + at % 3)
        ]
        street.add("listing view", user, {"category": "lamps", "tags": ["a", "b"]}, nested=nested)
        if at % 3 == 0:
            order = {"id": f"M-{at}", "total": total(nested), "currency": "EUR"}
            street.add("order complete", user, order, nested=nested)
    offers = {"loop": ["nested", {"map": {"Seller": "data.seller", "Days": "data.days"}}]}
    shelf = {"key": "context.shelf.0", "value": "none"}
    config = {
        "settings": {"phoneNumber": {"key": "user.phone"}, "uniqueId": ["data.id", "id"]},
        "mapping": {
            "listing": {
                "*": {
                    "name": "Viewed Listing",
                    "data": {
                        "map": {
                            "Category": "data.category",
                            "Tags": {"loop": ["data.tags", {"map": {"List": {"value": "tag"}}}]},
                            "Offers": {"loop": ["nested", {"map": {"Offers": offers}}]},
                        }
                    },
                }
            },
            "order": {
                "complete": {
                    "name": "Placed Order",
                    "data": {
                        "map": {
                            "Sellers": "nested.*.nested.*.data.seller",
                            "Items": {
                                "loop": [
                                    "nested",
                                    {"map": {**ITEM, "Shelf": shelf, "Offers": offers}},
                                ]
                            },
                        }
                    },
                    "settings": MONEY,
                }
            },
            "*": {"*": {"ignore": True}},
        },
    }
    return Shop(config, street.close())


def currencies() -> Shop:
    """A shop in four countries: the event says its currency, the market its own otherwise."""
    street = Street(Random(6))
    markets = (("EUR", "DE"), ("GBP", "GB"), ("JPY", "JP"), ("usd", "US"))
    for at, user in enumerate(street.visitors(30)):
        code, market = markets[at % 4]
        page = {"lang": "en", "market": market, "currency": code.upper()}
        own = {"currency": code} if at % 3 else {}
        cart = {"id": f"A-{at}", "amount": str(round(at * 3.1 + 1, 2)), **own}
        street.add("item add", user, cart, globals=page)
        street.add("order complete", user, {**cart, "total": at * 7 + 2}, globals=page)
        if at % 7 == 0:
            part = {"of": cart["id"], "part": f"RF-{at}", "total": 2, **own}
            whole = {"of": cart["id"], "total": at * 7 + 2, **own}
            street.add("order refund", user, whole if at % 2 else part, globals=page)
    config = {
        "settings": {"currency": "globals.currency"},
        "mapping": {
            "item": {
                "add": {
                    "name": "Added to Cart",
                    "settings": {"value": "data.amount", "currency": ["data.currency"]},
                }
            },
            "order": {
                "complete": {"name": "Placed Order", "settings": ORDER},
                "refund": {
                    "name": "Refunded Order",
                    "settings": {**MONEY, "uniqueId": ["data.part", "data.of"]},
                },
            },
        },
    }
    return Shop(config, street.close())


def leads() -> Shop:
    """No money at all: forms, downloads, traits that need a consent of their own."""
    street = Street(Random(7))
    for at, user in enumerate(street.visitors(25)):
        consent = {**street.consent(at), **({"profiling": True} if at % 4 == 0 else {})}
        fields = {"topic": ("pricing", "demo")[at % 2], "size": at} | (
            {"budget": "high"} if at % 8 == 0 else {}
        )
        street.add("form start", user, {"form": "contact"}, consent=consent)
        street.add("form submit", user, {"form": "contact", **fields}, consent=consent)
        street.add("file download", user, {"file": f"guide-{at % 3}.pdf"}, consent=consent)
    wanted = {"key": "data.budget", "consent": {"profiling": True}}
    config = {
        "consent": {"marketing": True, "profiling": True},
        "settings": {
            "identify": {
                "map": {
                    "first_name": "user.firstName",
                    "lastName": {"key": "user.lastName", "consent": {"profiling": True}},
                }
            }
        },
        "mapping": {
            "form": {
                "start": {"silent": True},
                "submit": {
                    "name": "Submitted Form",
                    "data": {"map": {"Topic": "data.topic", "Budget": wanted, "Size": "data.size"}},
                },
            },
            "file": {
                "*": {
                    "name": "Downloaded File",
                    "data": {"map": {"File": {"key": "data.file", "value": "unknown"}}},
                }
            },
        },
    }
    return Shop(config, street.close())


def app() -> Shop:
    """An app that knows phone numbers only, national ones, of two countries."""
    street = Street(Random(8))
    for at in range(44):
        number = ("0151 2345", "0664 1234")[at % 2] + f"{6700 + at}"
        user: Raw = {"device": street.hex(9), "tel": number if at % 10 != 7 else "12"}
        land = {"country": ("DE", "AT")[at % 2], "version": "5.1"}
        street.add("screen open", user, {"screen": f"tab{at % 3}"}, globals=land)
        if at % 2:
            street.add("order complete", user, {"id": at + 1, "sum": at * 2.5}, globals=land)
    config = {
        "settings": {
            "phoneNumber": "user.tel",
            "phoneRegion": {"key": "globals.country", "value": "DE"},
            "currency": "EUR",
        },
        "mapping": {
            "screen": {"open": {"name": "Opened Screen", "include": ["data", "globals"]}},
            "order": {
                "complete": {
                    "name": "Placed Order",
                    "settings": {"value": "data.sum", "uniqueId": "data.id"},
                }
            },
            "page": {"*": {"skip": False, "ignore": True}},
        },
    }
    return Shop(changed(config, ("mapping.page.*.skip", GONE)), street.close())


def _is_big(value: Any, event: Any) -> bool:
    return bool(event.get("data", {}).get("total", 0) >= 100)


def _is_gift(value: Any, event: Any) -> bool:
    return event.get("data", {}).get("gift") is True


def _is_known(value: Any, event: Any) -> bool:
    return bool(value)


def _shout(value: Any, event: Any) -> Any:
    found = event.get("data", {}).get("greeting")
    return found.upper() if isinstance(found, str) else None


def gifts() -> Shop:
    """Lists of rules with conditions and functions of the shop's own."""
    street = Street(Random(9))
    for at, user in enumerate(street.visitors(30)):
        consent = street.consent(at)
        order = {"id": f"G-{at}", "total": at * 9, "currency": "EUR"}
        order |= {"gift": True, "greeting": "happy birthday"} if at % 4 == 0 else {}
        done = street.add("order complete", user, order, consent=consent)
        if at % 9 == 0:
            street.again(done)
        street.add("voucher use", user, {"code": f"V{at}"}, consent=consent)
    config = {
        "consent": {"marketing": True},
        "mapping": {
            "order": {
                "complete": [
                    {
                        "condition": _is_gift,
                        "name": "Placed Order",
                        "data": {
                            "map": {
                                "Greeting": {"fn": _shout},
                                "Gift": {"key": "data.gift", "validate": _is_known},
                            }
                        },
                        "settings": ORDER,
                    },
                    {"condition": _is_big, "name": "Placed Order", "settings": ORDER},
                    {"name": "Placed Order", "settings": ORDER},
                ]
            },
            "voucher": {"use": {"name": "Used Voucher", "data": {"map": {"Code": "data.code"}}}},
        },
    }
    return Shop(config, street.close())


def magazine() -> Shop:
    """A magazine: policies, version 3 events, include and remove, the data taken whole."""
    street = Street(Random(10), version=3)
    for at, user in enumerate(street.visitors(26)):
        custom = {"ab": ("red", "blue")[at % 2]}
        about = {"title": f"Story {at % 5}", "author": "R. Roe", "words": 900 + at}
        paid = {"paywall": True} if at % 6 == 0 else {}
        consent = street.consent(at)
        street.add("article read", user, {**about, **paid}, custom=custom, consent=consent)
        street.add("article share", user, {**about, "to": "mail"}, custom=custom, consent=consent)
        if at % 3 == 0:
            street.add("donation give", user, {"amount": 5 + at}, custom=custom, consent=consent)
    config = {
        "consent": {"marketing": True},
        "policy": {"globals.experiment": "custom.ab", "data.secret": {"value": "x"}},
        "include": ["globals"],
        "data": "data",
        "settings": {"currency": "EUR"},
        "mapping": {
            "article": {
                "read": {"name": "Read Article", "remove": ["words", "secret"]},
                "share": {
                    "name": "Shared Article",
                    "policy": {"data.channel": "data.to"},
                    "data": {"map": {"Channel": "data.channel", "Title": "data.title"}},
                    "include": ["globals", "event"],
                    "remove": ["event_timing", "event_id"],
                },
            },
            "donation": {
                "*": {
                    "name": "Donated",
                    "include": [],
                    "data": {"map": {"Amount": "data.amount"}},
                    "settings": {"value": "data.amount"},
                }
            },
        },
    }
    return Shop(config, street.close())


_SHOPS: Final[tuple[Callable[[], Shop], ...]] = (
    fashion,
    wholesale,
    subscriptions,
    tickets,
    marketplace,
    currencies,
    leads,
    app,
    gifts,
    magazine,
)
NAMES: Final = tuple(make.__name__ for make in _SHOPS)


@cache
def shop(name: str) -> Shop:
    """One of the shops; nobody may change what is given."""
    return _SHOPS[NAMES.index(name)]()


def untouched(event: Raw, at: int) -> None:
    """The events stay as they are."""


def nothing_more(street: Street, visitors: list[Raw]) -> None:
    """No further events."""


def twisted(
    base: str,
    *changes: Change,
    event: Callable[[Raw, int], Any] = untouched,
    more: Callable[[Street, list[Raw]], Any] = nothing_more,
) -> Shop:
    """A shop with something else in its configuration, in each event, and with more events."""
    one = shop(base)
    events = deepcopy(list(one.events))
    for at, each in enumerate(events):
        event(each, at)
    street = Street(Random(99), now=events[-1]["timestamp"])
    visitors = {each["user"].get("id"): each["user"] for each in events if "email" in each["user"]}
    more(street, list(visitors.values()))
    return Shop(changed(one.config, *changes), (*events, *street.events))
