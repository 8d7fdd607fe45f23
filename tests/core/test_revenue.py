"""How much, in what currency? The table of what is accepted and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.core.make import codes, event_with, plan_of, raising, rule_with

from walkeros_klaviyo import (
    MappingValue,
    Revenue,
    Rule,
    Settings,
    parse_amount,
    parse_currency,
    resolve_revenue,
)
from walkeros_klaviyo.core.klaviyo import currency, revenue
from walkeros_klaviyo.core.klaviyo.currencies import CURRENCIES, DECIMALS
from walkeros_klaviyo.core.walkeros.value.tree import Constant

NOT_CLEAN = "is not a plain number such as 1299.00"


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        (0, 0),
        (12, 12),
        (-5, -5),
        (12.5, 12.5),
        (-0.01, -0.01),
        (2**53, 2**53),
        (-(2**53), -(2**53)),
        (2**53 + 2, 2**53 + 2),
        (2**1_000, 2**1_000),
        ("12.50", 12.5),
        (" 7 ", 7.0),
        ("\t7\r\n", 7.0),
        ("1e3", 1_000.0),
        ("1E+3", 1_000.0),
        ("5e-1", 0.5),
        ("+5", 5.0),
        ("-5", -5.0),
        ("5.", 5.0),
        (".5", 0.5),
        ("0", 0.0),
        ("007", 7.0),
        ("0.1", 0.1),
        ("1299.00", 1299.0),
        ("9007199254740992", 9_007_199_254_740_992.0),
        ("0" * 399 + "1", 1.0),
        ("0e9999", 0.0),
    ],
)
def test_a_clean_amount_is_read(raw: Any, amount: float) -> None:
    """Numbers and clean ASCII decimal strings."""
    assert parse_amount(raw) == (amount, ())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("12abc", NOT_CLEAN),
        ("1,299.00", NOT_CLEAN),
        ("1.299,00", NOT_CLEAN),
        ("1_000", NOT_CLEAN),
        ("1 000", NOT_CLEAN),
        ("١٢", NOT_CLEAN),
        ("１２", NOT_CLEAN),
        ("−5", NOT_CLEAN),
        ("€5", NOT_CLEAN),
        ("5 €", NOT_CLEAN),
        ("0x10", NOT_CLEAN),
        ("--5", NOT_CLEAN),
        ("1.2.3", NOT_CLEAN),
        (".", NOT_CLEAN),
        ("+", NOT_CLEAN),
        ("e5", NOT_CLEAN),
        ("1e", NOT_CLEAN),
        ("1e99999", NOT_CLEAN),
        ("1e400", NOT_CLEAN),
        ("0e99999", NOT_CLEAN),
        ("", NOT_CLEAN),
        ("   ", NOT_CLEAN),
        ("NaN", NOT_CLEAN),
        ("Infinity", NOT_CLEAN),
        ("inf", NOT_CLEAN),
        ("true", NOT_CLEAN),
        ("0" * 401, NOT_CLEAN),
        ("5X", NOT_CLEAN),
        (True, "is a boolean, not a number"),
        (False, "is a boolean, not a number"),
        (float("nan"), "is NaN or Infinity, not a number"),
        (float("inf"), "is NaN or Infinity, not a number"),
        (float("-inf"), "is NaN or Infinity, not a number"),
        (None, "is null, not a number"),
        ([12], "is a list, not a number"),
        ({"amount": 12}, "is an object, not a number"),
        (Decimal("12.5"), "is a Decimal, not a number"),
    ],
)
def test_a_doubtful_amount_is_refused_with_a_reason(raw: Any, reason: str) -> None:
    """The reference reads "1,299.00" as 1; a wrong revenue is worse than none."""
    amount, notes = parse_amount(raw)
    assert amount is None
    assert [(one.code, one.path, one.message) for one in notes] == [
        ("revenue.not-a-number", "", reason)
    ]


@pytest.mark.parametrize(
    "raw",
    [
        "0.1000000000000000055",
        "9007199254740993",
        "-9007199254740993",
        "1234567890123456.78",
        "1e-400",
        "1" * 300,
        2**53 + 1,
        -(2**53) - 1,
        10**300,
        2**1_024 - 1,
        2**1_024,
        10**4_000,
    ],
    ids=lambda raw: str(raw)[:24],
)
def test_an_amount_that_a_float_cannot_hold_to_the_digit_is_refused(raw: Any) -> None:
    """Rounding money in silence would be guessing."""
    amount, notes = parse_amount(raw)
    assert amount is None
    assert [(one.code, one.message) for one in notes] == [
        ("revenue.inexact", "has more digits than a number can hold")
    ]


@pytest.mark.parametrize("raw", [1.25, "1.25", 10, 0])
def test_an_integer_stays_one_and_a_text_becomes_a_float(raw: Any) -> None:
    """As JSON values both are the same; nothing is converted without need."""
    amount = parse_amount(raw)[0]
    assert type(amount) is (float if isinstance(raw, str) else type(raw))


class Euro(float):
    """A subclass of float, such as numpy's float64, which a user's function may return."""


def test_a_subclass_of_float_is_a_number() -> None:
    """is_sound lets it through, json.dumps writes it, so it is revenue."""
    assert parse_amount(Euro(5.0)) == (5.0, ())


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("EUR", "EUR"),
        ("eur", "EUR"),
        (" usd\n", "USD"),
        ("Jpy", "JPY"),
        ("XCG", "XCG"),
        ("EUR" + " " * 16, "EUR"),
    ],
)
def test_a_currency_is_trimmed_and_in_capitals(raw: str, code: str) -> None:
    assert parse_currency(raw) == (code, ())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("EURO", "is not an ISO 4217 code such as EUR"),
        ("€", "is not an ISO 4217 code such as EUR"),
        ("", "is not an ISO 4217 code such as EUR"),
        ("XXX", "is not an ISO 4217 code such as EUR"),
        ("XAU", "is not an ISO 4217 code such as EUR"),
        ("E UR", "is not an ISO 4217 code such as EUR"),
        ("EUR" + " " * 17, "is not an ISO 4217 code such as EUR"),
        (978, "is a number, not a code such as EUR"),
        (None, "is null, not a code such as EUR"),
        (True, "is a boolean, not a code such as EUR"),
        (["EUR"], "is a list, not a code such as EUR"),
    ],
)
def test_an_unknown_currency_is_refused_with_a_reason(raw: Any, reason: str) -> None:
    code, notes = parse_currency(raw)
    assert code is None
    assert [(one.code, one.path, one.message) for one in notes] == [
        ("currency.unknown", "", reason)
    ]


def test_a_currency_is_written_in_ascii() -> None:
    """`ſ`.upper() is S: three characters that are no ISO code become one."""
    assert parse_currency("ſek")[0] is None


def test_every_currency_is_three_capitals() -> None:
    """The table itself: no slip of a key, and the metals and test codes are no money."""
    assert len(CURRENCIES) > 150
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)
    assert {"EUR", "USD", "GBP", "JPY", "CHF"} <= CURRENCIES
    assert CURRENCIES.isdisjoint({"XAU", "XAG", "XTS", "XXX", "XDR"})
    assert DECIMALS.keys() <= CURRENCIES
    assert {DECIMALS.get(code, 2) for code in ("JPY", "EUR", "KWD", "CLF")} == {0, 2, 3, 4}


def test_a_rule_without_a_value_has_no_revenue() -> None:
    """The destination's currency alone is no amount."""
    assert resolve_revenue(rule_with(default_currency={"value": "EUR"}), {}) == (None, ())


@pytest.mark.parametrize(
    ("data", "mapping", "path"),
    [
        ({}, "data.total", "data.total"),
        ({"total": None}, "data.total", "data.total"),
        ({}, {"key": "data.total"}, "data.total"),
        ({}, ["data.total", "data.sum"], "value"),
        ({"total": ""}, "data.total", "data.total"),
        ({"total": " \n"}, "data.total", "data.total"),
    ],
)
def test_a_missing_amount_is_said_for_information(
    data: dict[str, Any], mapping: Any, path: str
) -> None:
    """A rule that maps revenue and finds none is worth a word, but no warning. Blank is none."""
    revenue, notes = resolve_revenue(rule_with(value=mapping), {"data": data})
    assert revenue is None
    assert [(one.code, one.path, one.severity) for one in notes] == [
        ("revenue.missing", path, "info")
    ]
    assert notes[0].message == "the event has no value there"


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), float("-inf")])
def test_an_infinite_amount_is_none_whoever_resolves_it(raw: float) -> None:
    """A compiled mapping yields no such number; one that is made by hand might."""
    mapping = MappingValue("settings.value", Constant("", raw))
    revenue, notes = resolve_revenue(Rule(None, "", settings=Settings(value=mapping)), {})
    assert (revenue, codes(notes)) == (None, ["revenue.not-a-number"])


def test_what_is_said_already_is_not_said_again() -> None:
    """An amount whose function raised is not missing besides."""
    revenue, notes = resolve_revenue(rule_with(value={"fn": raising(ValueError())}), {})
    assert (revenue, codes(notes)) == (None, ["value.raised"])


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("12abc", "revenue.not-a-number"),
        (2**53 + 1, "revenue.inexact"),
        ([5], "revenue.not-a-number"),
    ],
)
def test_a_doubtful_amount_points_into_the_event(raw: Any, code: str) -> None:
    """And takes the currency with it: a currency without a value means nothing."""
    rule = rule_with(value="data.total", currency="data.currency")
    revenue, notes = resolve_revenue(rule, {"data": {"total": raw, "currency": "nope"}})
    assert revenue is None
    assert [(one.code, one.path) for one in notes] == [(code, "data.total")]
    assert notes[0].message == parse_amount(raw)[1][0].message


@pytest.mark.parametrize(
    ("own", "currency", "said"),
    [
        ("EUR", "EUR", []),
        ("gbp", "GBP", []),
        (None, "USD", []),
        ("", "USD", []),
        ("EURO", None, ["currency.unknown"]),
        (978, None, ["currency.unknown"]),
        (["EUR"], None, ["currency.unknown"]),
    ],
)
@pytest.mark.parametrize("amount", [5, 12.5, "12.5"])
def test_the_events_currency_falls_back_to_the_destinations(
    own: Any, currency: str | None, said: list[str], amount: Any
) -> None:
    """Undefined falls back; an unknown code is left out, for no default may paper over it."""
    rule = rule_with(
        value="data.total", currency="data.currency", default_currency={"value": "usd"}
    )
    revenue, notes = resolve_revenue(rule, {"data": {"total": amount, "currency": own}})
    assert revenue == Revenue(float(amount), currency)
    assert codes(notes) == said
    assert all(one.path == "data.currency" for one in notes)
    assert [one.message for one in notes] == [one.message for one in parse_currency(own)[1] if said]


@pytest.mark.parametrize("setting", ["currency", "default_currency"])
def test_a_currencys_function_sees_the_event_and_its_failure_is_said(setting: str) -> None:
    """Both settings alike; the amount is none the worse for it."""
    event = {"data": {"total": 5, "cur": "sek"}}
    rule = rule_with(value="data.total", **{setting: {"fn": lambda value, e: e["data"]["cur"]}})
    assert resolve_revenue(rule, event) == (Revenue(5, "SEK"), ())
    rule = rule_with(value="data.total", **{setting: {"fn": raising(ValueError())}})
    revenue, notes = resolve_revenue(rule, event)
    assert (revenue, codes(notes)) == (Revenue(5, None), ["value.raised", "currency.missing"])


def test_no_currency_at_all_is_left_to_the_account() -> None:
    """Klaviyo then takes the account's."""
    rule = rule_with(value="data.total")
    assert resolve_revenue(rule, {"data": {"total": 5}}) == (Revenue(5, None), ())


@pytest.mark.parametrize(
    ("mappings", "path"),
    [
        ({"currency": "data.cur"}, "data.cur"),
        ({"default_currency": "globals.cur"}, "globals.cur"),
        ({"currency": "data.cur", "default_currency": "globals.cur"}, "data.cur"),
        ({"currency": ["data.cur", "globals.cur"]}, "currency"),
    ],
)
@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_configured_currency_that_yields_nothing_is_named(
    mappings: dict[str, Any], path: str, blank: Any
) -> None:
    """Else every report would count the amount in the account's currency, and nobody would know."""
    event = {"data": {"total": 5, "cur": blank}, "globals": {"cur": blank}}
    revenue, notes = resolve_revenue(rule_with(value="data.total", **mappings), event)
    assert revenue == Revenue(5, None)
    assert [(one.code, one.path, one.severity) for one in notes] == [
        ("currency.missing", path, "warning")
    ]


@pytest.mark.parametrize(
    ("own", "below", "currency", "said"),
    [
        ([None, "gbp"], "USD", "GBP", []),
        (["", "gbp"], "USD", "GBP", []),
        (["EURO", "gbp"], "USD", "GBP", ["currency.unknown"]),
        (["undefined", 978, "gbp"], "USD", "GBP", ["currency.unknown"]),
        (["EURO", None], "USD", None, ["currency.unknown"]),
        ([None, ""], "USD", "USD", []),
        ([None, ""], "EURO", None, ["currency.unknown"]),
    ],
)
def test_of_a_list_of_currencies_the_first_that_is_one_counts(
    own: list[Any], below: str, currency: str | None, said: list[str]
) -> None:
    """What the rule finds and does not know is no reason for the destination's to stand in."""
    rule = rule_with(
        value="data.total",
        currency=[f"data.{at}" for at in range(len(own))],
        default_currency={"value": below},
    )
    data = {"total": 5, **{str(at): one for at, one in enumerate(own)}}
    revenue, notes = resolve_revenue(rule, {"data": data})
    assert (revenue, codes(notes)) == (Revenue(5, currency), said)


@pytest.mark.parametrize(
    ("options", "value", "said"),
    [
        ([None, 7], 7, []),
        (["", 7], 7, []),
        (["12abc", "7.50"], 7.5, ["revenue.not-a-number"]),
        (["undefined", 2**53 + 1, 7], 7, ["revenue.not-a-number", "revenue.inexact"]),
        (["1.299", 1299], 1299, ["revenue.ambiguous"]),
        ([0, 7], 0, []),
        (["12abc", None], None, ["revenue.not-a-number"]),
        ([None, "", " "], None, ["revenue.missing"]),
    ],
)
def test_of_a_list_of_amounts_the_first_that_is_one_counts(
    options: list[Any], value: float | None, said: list[str]
) -> None:
    """Zero is an amount; what is passed by is named where it is something."""
    data = {str(at): one for at, one in enumerate(options)}
    rule = rule_with(value=[f"data.{at}" for at in data], currency={"value": "EUR"})
    revenue, notes = resolve_revenue(rule, {"data": data})
    assert (revenue and revenue.value, codes(notes)) == (value, said)


def test_what_stands_beside_a_key_is_no_option_of_its_own() -> None:
    """It stands in where nothing is, and for nothing that is doubtful."""
    rule = rule_with(value={"key": "data.total", "value": 5})
    assert resolve_revenue(rule, {"data": {}}) == (Revenue(5, None), ())
    revenue, notes = resolve_revenue(rule, {"data": {"total": "12abc"}})
    assert (revenue, codes(notes)) == (None, ["revenue.not-a-number"])


# May it have a thousands separator?


@pytest.mark.parametrize(
    ("raw", "currency", "ambiguous"),
    [
        ("1.299", "EUR", True),
        (" 1.299\n", "EUR", True),
        ("-1.299", "EUR", True),
        ("+1.299", "EUR", True),
        ("139.980", "CLP", True),
        ("12.000", "EUR", True),
        ("1.299", None, True),
        ("1.299", "KWD", False),
        ("1.2990", "CLF", False),
        ("1.299", "CLF", False),
        ("0.125", "EUR", False),
        ("01.299", "EUR", False),
        ("1299.000", "EUR", False),
        ("1.29", "EUR", False),
        ("1.2990", "EUR", False),
        ("1.299e0", "EUR", False),
        (".299", "EUR", False),
        ("1299", "EUR", False),
        (1.299, "EUR", False),
    ],
)
def test_an_amount_with_a_point_and_three_digits_may_be_a_thousand(
    raw: Any, currency: str | None, ambiguous: bool
) -> None:
    """In half of the world `1.299` is more than a thousand; a number or a dinar is no riddle."""
    mappings = {} if currency is None else {"currency": {"value": currency}}
    revenue, notes = resolve_revenue(rule_with(value="data.t", **mappings), {"data": {"t": raw}})
    assert (revenue is None) == ambiguous == ("revenue.ambiguous" in codes(notes))
    assert [(one.path, one.severity) for one in notes if one.code == "revenue.ambiguous"] == [
        ("data.t", "warning")
    ] * ambiguous
    assert all("may be a thousand" in one.message for one in notes if "amb" in one.code)


@pytest.mark.parametrize(
    ("raw", "currency", "code"),
    [
        (-5, "EUR", "revenue.negative"),
        ("-5.00", "EUR", "revenue.negative"),
        (-0.01, None, "revenue.negative"),
        (12.345, "EUR", "revenue.finer"),
        ("12.3450", "EUR", "revenue.finer"),
        (1.5, "JPY", "revenue.finer"),
        (1.2345, "KWD", "revenue.finer"),
        (0, "EUR", None),
        (-0.0, "EUR", None),
        (12.34, "EUR", None),
        ("12.340", "KWD", None),
        (1.5, None, None),
        (150.0, "JPY", None),
        (1.234, "KWD", None),
        (1.2345, "CLF", None),
        (0.1 + 0.2, "EUR", None),
        (1e15 + 0.25, "EUR", None),
        (19.99 * 3, "EUR", None),
        (100_000.1 * 3, "EUR", None),
        (300_000.31, "EUR", None),
    ],
)
def test_what_is_odd_about_an_amount_is_noted_and_sent(
    raw: Any, currency: str | None, code: str | None
) -> None:
    """A refund or cents of a yen: for information. What a sum in floats leaves over is nothing."""
    mappings = {} if currency is None else {"currency": {"value": currency}}
    revenue, notes = resolve_revenue(rule_with(value="data.t", **mappings), {"data": {"t": raw}})
    assert revenue == Revenue(parse_amount(raw)[0], currency)  # type: ignore[arg-type]
    assert [(one.code, one.path, one.severity) for one in notes] == [(code, "data.t", "info")] * (
        code is not None
    )


@pytest.mark.parametrize(
    ("raw", "currency", "message"),
    [
        (-5, "EUR", "is below zero"),
        (12.345, "EUR", "has more than 2 decimals, which EUR has"),
        (1.5, "JPY", "has more than 0 decimals, which JPY has"),
        (5, None, "the event has no currency there, and there is no other"),
    ],
)
def test_a_note_says_what_is_odd(raw: Any, currency: str | None, message: str) -> None:
    rule = rule_with(value="data.t", currency="data.c")
    _, (one,) = resolve_revenue(rule, {"data": {"t": raw, "c": currency}})
    assert one.message == message


def test_a_negative_amount_may_be_finer_too() -> None:
    """Both are said."""
    rule = rule_with(value="data.t", currency={"value": "EUR"})
    revenue, notes = resolve_revenue(rule, {"data": {"t": -12.345}})
    assert (revenue, codes(notes)) == (
        Revenue(-12.345, "EUR"),
        ["revenue.negative", "revenue.finer"],
    )


def test_revenue_sits_on_the_attributes_and_not_in_the_properties() -> None:
    """There Klaviyo reads it; without an amount neither key is there."""
    rule = {"settings": {"value": "data.total", "currency": "data.currency"}}
    config = {"mapping": {"order": {"complete": rule}}}
    full = plan_of(config, event_with(data={"total": "12.50", "currency": "eur"})).calls[0]
    assert full.attributes["properties"] == {}
    assert (full.attributes["value"], full.attributes["value_currency"]) == (12.5, "EUR")
    plain = plan_of(config, event_with(data={"total": 0})).calls[0]
    assert plain.attributes["value"] == 0
    assert "value_currency" not in plain.attributes
    none = plan_of(config, event_with(data={"total": "12abc", "currency": "eur"})).calls[0]
    assert {"value", "value_currency"}.isdisjoint(none.attributes)


@pytest.mark.parametrize("amount", [0.0, 12.5, 1e300])
def test_a_number_and_a_code_that_need_no_reading_are_taken_as_they_are(
    amount: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As nearly every order has them."""
    monkeypatch.setattr(revenue, "_amount", None)
    monkeypatch.setattr(currency, "parse_currency", None)
    rule = rule_with(value="data.total", currency="data.currency")
    event = event_with(data={"total": amount, "currency": "EUR"})
    assert resolve_revenue(rule, event) == (Revenue(amount, "EUR"), ())
