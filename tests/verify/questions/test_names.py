"""What do names, paths and values say? Without a configuration and without rules."""

from __future__ import annotations

from hashlib import md5, sha1, sha256
from typing import Any

import pytest
from attrs import frozen
from tests.verify.questions.asked import Raw, event, look_at, shop

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.verify.questions import guess, meaning, near
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.privacy import telling
from walkeros_klaviyo.verify.sample.places import numbers_of


@frozen
class Holding:
    """Something that holds an event."""

    event: Raw


def holding(*datas: Raw, **parts: Raw) -> list[Holding]:
    """Events with these data."""
    return [Holding({"data": data, **parts}) for data in datas]


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("Placed Order", None),
        ("placed_order", "Placed Order"),
        ("PLACED  ORDER!", "Placed Order"),
        ("Order Placed", "Placed Order"),
        ("Orders Placed", None),
        ("Place Order", "Placed Order"),
        ("Placedd Order", "Placed Order"),
        ("Placed Ordr", "Placed Order"),
        ("Placed Big Order", None),
        ("Placed", None),
        ("Purchase", "Placed Order"),
        ("view_item", "Viewed Product"),
        ("Canceled Orders", "Canceled Order"),
        ("Refund", "Refunded Order"),
        ("Add To Cart", "Added to Cart"),
        ("Begin Checkout", "Started Checkout"),
        ("Started Checkout", None),
        ("Something", None),
    ],
)
def test_the_metric_that_a_name_nearly_is(name: str, metric: str | None) -> None:
    """By its signs, by another order of its words, by a slip, or as other tools call it."""
    assert near.near_metric(name) == metric


@pytest.mark.parametrize(
    ("word", "other", "is_one"),
    [
        ("placed", "placed", True),
        ("place", "placed", True),
        ("add", "added", True),
        ("adde", "added", True),
        ("ad", "adx", False),
        ("cat", "car", False),
        ("catt", "cart", True),
        ("crat", "cart", True),
        ("cart", "crat", True),
        ("carst", "cart", True),
        ("cart", "carst", True),
        ("cartss", "cart", False),
        ("ca", "cart", False),
        ("acrt", "cart", True),
        ("xart", "cart", True),
        ("xcart", "cart", True),
        ("art", "cart", True),
        ("xxrt", "cart", False),
        ("tcar", "cart", False),
        ("carx", "cart", True),
        ("catr", "cart", True),
        ("cratx", "carts", False),
    ],
)
def test_a_slip_of_a_finger(word: str, other: str, is_one: bool) -> None:
    """A letter more, less, another one, or two exchanged; in short words nothing is one."""
    assert near.is_slip(word, other) is is_one


@pytest.mark.parametrize(
    ("path", "other", "is_one"),
    [
        ("data.totla", "data.total", True),
        ("dta.totla", "data.total", False),
        ("data.total", "data.total", False),
        ("data.totla.x", "data.total", False),
        ("data.total.x", "data.total", False),
        ("data.id", "data.nr", False),
    ],
)
def test_a_slip_in_a_path(path: str, other: str, is_one: bool) -> None:
    """In one of its words."""
    assert near.is_slip_of(path, other) is is_one


def test_words_of_names() -> None:
    """Split at capitals and signs, or at signs only."""
    assert near.split_words("itemCount_SKU-größe2HTMLPage") == [
        "item",
        "count",
        "sku",
        "größe",
        "html",
        "page",
    ]
    assert near.words_in("Placed_ORDER (2) straße") == ["placed", "order", "2", "strasse"]
    assert near.plain("Placed ORDER-2 ß") == "placedorder2ss"


@pytest.mark.parametrize(
    ("word", "known", "cutoff", "nearest"),
    [
        ("TOTAL", ["Total", "tax"], {}, "Total"),
        ("ttl", ["total"], {}, "total"),
        ("tl", ["total"], {}, None),
        ("abcdefghij", ["abcdefgxyz"], {}, "abcdefgxyz"),
        ("abcdefghij", ["abcdefwxyz"], {}, None),
        ("abcdefghij", ["abcdefwxyz"], {"cutoff": 0.6}, "abcdefwxyz"),
        ("total", ["totals", "totalss"], {}, "totals"),
        ("total", [], {}, None),
    ],
)
def test_the_nearest_name(word: str, known: Any, cutoff: Any, nearest: str | None) -> None:
    """In any case, if one is near enough."""
    assert near.nearest(word, iter(known), **cutoff) == nearest


@pytest.mark.parametrize(
    ("path", "known", "nearest"),
    [
        ("nested.data.name", {"nested.*.data.name", "nested.x.data.name"}, "nested.*.data.name"),
        ("data.list.a.b", {"data.list.*.a.b"}, "data.list.*.a.b"),
        ("data.a", {"data.*.b"}, None),
        ("data.list.*.nme", {"data.list.*.name", "data.list.name"}, "data.list.*.name"),
        ("data.lst.*.name", {"data.list.*.*.name"}, None),
        ("weight", {"data.Weight"}, "data.Weight"),
        ("user.weight", {"data.weight", "custom.weight"}, None),
        ("globals.x.weight", {"data.weight"}, "data.weight"),
        ("data.total", {"data.totals", "data.totale"}, "data.totals"),
        ("data.t", {"user.name"}, None),
    ],
)
def test_the_nearest_path(path: str, known: set[str], nearest: str | None) -> None:
    """Of each item of a list, with a slip, or the same word elsewhere if it is there once."""
    assert near.near_path(path, known) == nearest


@pytest.mark.parametrize(
    ("path", "name", "words", "part"),
    [
        ("data.orderTotal", "ordertotal", ("order", "total"), None),
        ("data.total_tax", "totaltax", ("total", "tax"), "the tax"),
        (
            "data.shipping.total",
            "total",
            ("shipping", "total"),
            "what the way to the customer costs",
        ),
        ("data.shipping.id", "id", ("id",), None),
        ("data.items.0.*", "items", ("items",), guess.NUMBER),
        ("nested.0.data.price", "price", ("nested", "price"), None),
        ("data.discountedPrice", "discountedprice", ("discounted", "price"), None),
        ("data.discountPrice", "discountprice", ("discount", "price"), None),
        ("data.discountTotal", "discounttotal", ("discount", "total"), "what was taken off"),
        ("data.fee", "fee", ("fee",), "a fee"),
        ("data.feePrice", "feeprice", ("fee", "price"), "a fee"),
        ("data.tip", "tip", ("tip",), "the tip"),
        ("data.totalWithTax", "totalwithtax", ("total", "with", "tax"), None),
        ("data.points", "points", ("points",), guess.NO_MONEY),
        ("data.pointsTotal", "pointstotal", ("points", "total"), guess.NO_MONEY),
        ("data.unitPrice", "unitprice", ("unit", "price"), "one piece's price"),
        ("data.unitTotal", "unittotal", ("unit", "total"), None),
        ("data.itemCount", "itemcount", ("item", "count"), guess.NUMBER),
        ("data.countTotal", "counttotal", ("count", "total"), None),
        ("data.a.price.total", "total", ("a", "price", "total"), None),
        ("data", "data", (), None),
        ("0.*", "", (), None),
    ],
)
def test_what_a_path_says(path: str, name: str, words: tuple[str, ...], part: str | None) -> None:
    """By its last key, by all words that belong to it, and as a part of what was paid."""
    assert guess.name_of(path) == name
    assert guess.path_words(path) == words
    assert guess.last_word(path) == (words[-1] if words else "")
    assert guess.part_of(path) == part


AMOUNTS: dict[str, tuple[list[Raw], str | None]] = {
    "none": ([], None),
    "by name": ([{"x": 1, "total": 2}], "data.total"),
    "the better name": ([{"price": 1, "net": 2, "total": 3}], "data.total"),
    "the shorter path": ([{"aa": {"total": 1}, "b": {"total": 2}}], "data.b.total"),
    "at more than half": ([{"total": 1}] * 2 + [{}], "data.total"),
    "at half": ([{"total": 1}] * 2 + [{}] * 2, None),
    "no number": ([{"total": "much"}], None),
    "a part": ([{"tax": {"total": 2}}], None),
    "among the first 200": ([{"total": 1}] * 101 + [{}] * 200, "data.total"),
    "after them": ([{}] * 100 + [{"total": 1}] * 200, None),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "path"), AMOUNTS.values(), ids=AMOUNTS)
def test_where_the_amount_is(datas: list[Raw], path: str | None) -> None:
    """At most of the events, by the best name."""
    assert guess.amount_path(holding(*datas)) == path


@pytest.mark.parametrize("part", ["context", "custom", "globals"])
def test_amounts_in_other_parts(part: str) -> None:
    """But not in all."""
    assert guess.amount_path(holding({}, **{part: {"total": 9}})) == f"{part}.total"
    assert guess.amount_path(holding({}, user={"total": 9})) is None


@pytest.mark.parametrize(
    ("datas", "path"),
    [
        ([{"currency": "EUR", "currencyCode": "USD"}], "data.currency"),
        ([{"currency": "Euro", "currency_code": "USD"}], "data.currency_code"),
        ([{"currency": "12E"}], None),
        ([{"money": "EUR"}], None),
        ([{"currency": 978}], None),
    ],
)
def test_where_the_currency_is(datas: list[Raw], path: str | None) -> None:
    """By its name and what is written there."""
    assert guess.currency_path(holding(*datas)) == path
    found = dict(
        guess.currencies_of(holding({"currency": "eur", "x": "USD", "currencyCode": "E"})[0])
    )
    assert found == {"data.currency": "EUR"}


IDS: dict[str, tuple[list[Raw], set[str], str | None]] = {
    "by name": ([{"id": at, "x": at} for at in range(3)], set(), "data.id"),
    "the better name": ([{"code": at, "orderNumber": at} for at in range(3)], set(),
        "data.orderNumber"),
    "the shorter": ([{"a": {"id": at}, "id": at} for at in range(3)], set(), "data.id"),
    "not that one": ([{"id": at, "code": at} for at in range(3)], {"data.id"}, "data.code"),
    "as many as there are": ([{"id": at // 2, "code": at} for at in range(10)], set(), "data.code"),
    "nearly as many": ([{"id": min(at, 8), "code": at} for at in range(10)], set(), "data.id"),
    "not nearly as many": ([{"id": min(at, 7), "code": at} for at in range(10)], set(),
        "data.code"),
    "none": ([{"x": 1}], set(), None),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "other", "path"), IDS.values(), ids=IDS)
def test_where_the_id_is(datas: list[Raw], other: set[str], path: str | None) -> None:
    """By its name, where it tells nearly all apart."""
    assert guess.id_path(holding(*datas), other) == path


def test_numbers_are_those_of_the_data() -> None:
    """Of an event or of a line, also clean texts; sums are those that are money."""
    given = {"data": {"a": 1, "b": "2.5", "c": "x", "d": {"e": 3}, "total": 7, "tax": 1}, "z": 9}
    numbers = {"data.a": 1, "data.b": 2.5, "data.d.e": 3, "data.total": 7, "data.tax": 1}
    assert numbers_of(given) == numbers
    assert numbers_of("x") == {} == numbers_of({"data": "x"})
    _, shown = look_at(shop({"form send": {"name": "Sent"}}), [event("form send", given["data"])])
    assert guess.sums_of(shown.mapped[0]) == {"data.total": 7}


def test_what_to_write_where_nothing_is_known() -> None:
    """A place of the rule's, and an amount, a currency, an id as shops have them."""
    bare, priced = (
        parse_config(shop({"form send": {"name": "Sent", "settings": settings}})).rules[0]
        for settings in ({}, {"currency": "USD"})
    )
    at = "mapping.form.send.settings"
    assert guess.money_remedy(bare) == f'{at}.value = "data.total" and {at}.currency = "EUR"'
    assert guess.money_remedy(priced) == f'{at}.value = "data.total"'
    assert guess.id_remedy(bare) == f'{at}.uniqueId = "data.id"'


@pytest.mark.parametrize(
    ("some", "total", "share", "is_so"),
    [(3, 5, {}, True), (3, 6, {}, False), (2, 2, {}, False), (9, 10, {"share": 0.9}, False)],
)
def test_most_are_enough_and_more_than_half(some: int, total: int, share: Any, is_so: bool) -> None:
    """Or than another part."""
    assert are_most(some, total, **share) is is_so
    assert grouped([("b", 1), ("a", 2), ("b", 3)]) == {"b": [1, 3], "a": [2]}


@pytest.mark.parametrize(
    ("path", "means", "words"),
    [
        ("user.email", "email", ["email"]),
        ("user", None, ["user"]),
        ("data.user.emailAddress", "email", ["email", "address"]),
        ("data.billing.firstName", "first name", ["billing", "first", "name"]),
        ("data.name_first", "first name", ["name", "first"]),
        ("nested.0.data.*.image.url", "image", ["image", "url"]),
        ("data.country_code", "country", ["country", "code"]),
        ("data.zip", "zip", ["zip"]),
        ("data.codigo.postal", "zip", ["codigo", "postal"]),
        ("data.emailDate", None, ["email", "date"]),
        ("data.profile.picture.id", None, ["profile", "picture", "id"]),
        ("data.data", None, ["data"]),
    ],
)
def test_what_a_path_means(path: str, means: str | None, words: list[str]) -> None:
    """By its last one, two or three words, without the part of the event."""
    assert (meaning.meaning_of(path), [*meaning.words_of_path(path)]) == (means, words)


MISFITS: list[tuple[str, Any, str | None]] = [
    ("city", "Ulm", None),
    ("city", " a@example.com ", "an address of email"),
    ("city", "a@example", None),
    ("city", "https://example.com", "an address on the web"),
    ("city", "//example.com", "an address on the web"),
    ("city", 89073, "a number"),
    ("city", "+49 (0)731-1.2", "a number"),
    ("city", "0" * 31 + "a", "a hash"),
    ("city", "0" * 30 + "a", None),
    ("zip", "89073", None),
    ("zip", "Ulm", "without a digit"),
    ("zip", "a@example.com", "an address of email"),
    ("region", "9", None),
    ("organization", "1848", None),
    ("image", "https://example.com/a.png", None),
    ("image", "0" * 31 + "a", None),
    ("image", "9", "a number"),
    ("title", "a@example.com", None),
    ("title", "9", None),
    ("country", "DE", None),
    ("country", "de", None),
    ("country", "uk", None),
    ("country", "EU", None),
    ("country", "xx", "no code of a country"),
    ("country", "de-AT", "no code of a country"),
    ("country", "en_us", "no code of a country"),
    ("country", "Germany", None),
]  # fmt: skip


@pytest.mark.parametrize(("slot", "value", "what"), MISFITS)
def test_what_a_value_is_that_is_no_trait(slot: str, value: Any, what: str | None) -> None:
    """By its shape."""
    assert meaning.misfit(slot, value) == what


ACQUITTED: list[tuple[str, str, list[Any], bool]] = [
    ("country", "region", ["DE", " AT "], True),
    ("country", "region", ["DE", "at"], False),
    ("country", "region", ["DE", "XX"], False),
    ("region", "country", ["DE", "Wales"], True),
    ("region", "country", ["de", "AT", "Wales"], False),
    ("region", "country", ["XX", "YY", "Wales"], True),
    ("region", "city", ["Wales"], False),
    ("locale", "country", ["de-AT", "en", "gsw_CH"], True),
    ("locale", "country", ["de", "AT"], False),
    ("locale", "country", ["de", "us"], False),
    ("locale", "country", ["de-"], False),
    ("phone number", "city", ["1234567"], True),
    ("phone number", "city", ["1234567", "123456"], False),
    ("city", "zip", ["Ulm"], False),
]  # fmt: skip


@pytest.mark.parametrize(("slot", "means", "values", "is_fine"), ACQUITTED)
def test_values_that_fit_though_their_path_means_another_thing(
    slot: str, means: str, values: list[Any], is_fine: bool
) -> None:
    """Then its name proves nothing."""
    assert bool(meaning.acquits(slot, means, values)) is is_fine


PLACES: list[tuple[str, list[Raw], str | None]] = [
    ("email", [{"data": {"mail": "a"}}], "data.mail"),
    ("email", [{"data": {"mail": "a"}, "user": {"contactMail": "a"}}], "user.contactMail"),
    ("email", [{"data": {"friendMail": "a"}}], None),
    ("email", [{"data": {"amail": "a", "b": {"mail": "b"}}}, {"data": {"b": {"mail": "b"}}}],
        "data.b.mail"),
    ("locale", [{"globals": {"lang": "de", "locale": "de"}}], "globals.locale"),
    ("locale", [{"globals": {"lang": "de"}, "custom": {"x": 1}}], "globals.lang"),
    ("city", [{"context": {"city": "Ulm"}}], "context.city"),
    ("city", [{"custom": {"city": "Ulm"}}], "custom.city"),
    ("city", [{"source": {"city": "Ulm"}}], None),
    ("city", [{}] * 200 + [{"data": {"city": "Ulm"}}], None),
    ("city", [{}] * 199 + [{"data": {"city": "Ulm"}}], "data.city"),
]  # fmt: skip


@pytest.mark.parametrize(("slot", "events", "path"), PLACES)
def test_where_a_trait_stands(slot: str, events: list[Raw], path: str | None) -> None:
    """Best the visitor's own, by the best meaning, at the most events."""
    assert meaning.path_of(slot, [Holding(one) for one in events]) == path


def another(slot: str, value: Any, *pairs: tuple[Any, Any], key: str = "email") -> Any:
    """What is said of a value, of events with the user's own and another's."""
    rule = {"name": "Sent", "data": {"map": {"X": value}}}
    events = [
        event(
            "form send",
            {"friend": given, "mail": given, "newMail": given},
            at,
            {"id": "1", key: own},
        )
        for at, (own, given) in enumerate(pairs)
    ]
    config, shown = look_at(shop({"form send": rule}), events)
    data = config.rules[0].data
    assert data is not None
    node = data.tree.members[0][1]  # type: ignore[attr-defined]
    found = meaning.of_another(slot, node, shown.mapped)
    return found and (found[0], found[1], found[2].line)


def pairs(same: int, other: int) -> list[tuple[Any, Any]]:
    """So many that agree, and then so many that do not."""
    alike = [(f"a{at}@example.com", f"A{at}@example.com") for at in range(same)]
    return [*alike, *((f"b{at}@example.com", f"c{at}@example.com") for at in range(other))]


OF_ANOTHER: dict[str, tuple[str, Any, list[Any], Any]] = {
    "a friend's": ("email", "data.friend", pairs(0, 3), ("data.friend", "user.email", 1)),
    "two": ("email", "data.friend", pairs(0, 2), None),
    "half": ("email", "data.friend", pairs(3, 3), None),
    "more than half": ("email", "data.friend", pairs(2, 3), ("data.friend", "user.email", 3)),
    "by no name": ("email", "data.mail", pairs(0, 3), ("data.mail", "user.email", 1)),
    "by no name, nine of ten": ("email", "data.mail", pairs(1, 9), None),
    "by no name, ten of eleven": ("email", "data.mail", pairs(1, 10), ("data.mail", "user.email",
        2)),
    "a new one": ("email", "data.newMail", pairs(0, 3), None),
    "of a city by no name": ("city", "data.mail", pairs(0, 3), None),
    "the user's": ("email", "user.friend", pairs(0, 3), None),
    "a part": ("email", "name", pairs(0, 3), None),
    "first the user's": ("email", ["user.email", "data.friend"], pairs(0, 3), None),
    "the user's too": ("email", ["data.friend", "user.email"], pairs(0, 3), ("data.friend",
        "user.email", 1)),
    "by a function": ("email", {"key": "data.friend", "validate": bool}, pairs(0, 3), None),
    "the user has none": ("email", "data.friend", [("", "x")] * 3, None),
    "nothing there": ("email", "data.friend", [("x", " ")] * 3, None),
    "no text": ("email", "data.friend", [("x", 3)] * 3, None),
    "numbers in two ways": ("email", "data.friend", [("0151 2345678", "+49151-2345678")] * 3, None),
    "other numbers": ("email", "data.friend", [("0151 2345678", "+49151-2345679")] * 3,
        ("data.friend", "user.email", 1)),
}  # fmt: skip


@pytest.mark.parametrize(("slot", "value", "given", "says"), OF_ANOTHER.values(), ids=OF_ANOTHER)
def test_what_is_another_persons(slot: str, value: Any, given: list[Any], says: Any) -> None:
    """By words of its name, or because it nearly always differs from the user's own."""
    assert another(slot, value, *given) == says


SECRETS: list[tuple[str, str, list[tuple[str, float]]]] = [
    ("password", "hunter2", [("a password", 0.0)]),
    ("password", "ab", []),
    ("password", "a-b c", [("a password", 0.0)]),
    ("password", "***", []),
    ("password", "abXXX", []),
    ("password", "abxx", [("a password", 0.0)]),
    ("password hash", "abc", [("a password", 0.0)]),
    ("user access token", "abc", [("a token", 0.0)]),
    ("token", "abc", []),
    ("x", "$2a$10$abcdefgh", [("a password", 0.0)]),
    ("x", "$2a$1abcde", []),
    ("x", "eyJabcdefgh.eyJabcdefgh.x", [("a token", 0.0)]),
    ("x", "eyJabcdefg.eyJabcdefgh.x", []),
    ("x", "sk_live_abcdefgh", [("a token", 0.0)]),
    ("x", "sk_live_abcdefg", []),
    ("x", "CH93 0076 2011 6238 5295 7", [("an account's number", 0.5)]),
    ("x", "CH93 0076 2011 6238 5295 8", []),
    ("x", "ch9300762011623852957", []),
    ("x", "4242 4242-4242 4242", [("a card's number", 0.5)]),
    ("x", "4242424242424241", []),
    ("x", "378282246310005", [("a card's number", 0.5)]),
    ("x", "5555555555554444", [("a card's number", 0.5)]),
    ("x", "42424242424242", []),
    ("x", "9788700631625", []),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text", "told"), SECRETS)
def test_what_opens_or_pays(words: str, text: str, told: list[tuple[str, float]]) -> None:
    """By its name, by its shape, or by its own check digits."""
    assert list(telling.secrets_in([tuple(words.split())], text)) == told


ADDRESS = "a@example.com"
HASHED = "the visitor's address or number, hashed,"
WRITTEN = "a string with an address or a number in it"
TELLING: list[tuple[str, str, list[tuple[str, float]]]] = [
    *(("x", made(ADDRESS.encode()).hexdigest(), [(HASHED, 0.5)]) for made in (md5, sha1, sha256)),
    ("x", sha256(ADDRESS.encode()).hexdigest().upper(), [(HASHED, 0.5)]),
    ("x", sha256(b"b@example.com").hexdigest(), []),
    ("note", "x" * 32, []),
    ("ip", "203.0.113.7", [("the visitor's address of IP", 0.5)]),
    ("user addr", "2001:db8::1", [("the visitor's address of IP", 0.5)]),
    ("ip", "203.0.113.0", []),
    ("ip", "2001:db8::", []),
    ("ip", "here", []),
    ("x", "203.0.113.7", []),
    ("note", "call a@example.com", [(WRITTEN, 0.05)]),
    ("note", "a@example.com ", []),
    ("note", "call 0151 2345678", [(WRITTEN, 0.05)]),
    ("note", "call me", []),
    ("x", "call a@example.com", []),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text", "told"), TELLING)
def test_what_tells_who_it_was(words: str, text: str, told: list[tuple[str, float]]) -> None:
    """A digest of what is known, an address of IP, or what people write themselves."""
    assert list(telling.tells([tuple(words.split())], text, ["0", ADDRESS])) == told


@pytest.mark.parametrize(
    ("words", "is_one"),
    [
        ("email hash", True),
        ("phone sha", True),
        ("mail md", True),
        ("email", False),
        ("hash", False),
    ],
)
def test_a_hashed_contact_by_its_name(words: str, is_one: bool) -> None:
    """Of an address or a number."""
    assert telling.is_hashed_contact(words.split()) is is_one
