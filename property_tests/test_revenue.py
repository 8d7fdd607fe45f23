"""Does revenue arrive to the digit, or not at all?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from walkeros_klaviyo import Call, Plan, parse_amount, parse_config, parse_currency, pipeline
from walkeros_klaviyo.core.klaviyo.blank import AROUND
from walkeros_klaviyo.core.klaviyo.currencies import CURRENCIES
from walkeros_klaviyo.verify.laws.identity import is_nothing
from walkeros_klaviyo.verify.laws.sameness import text_of
from walkeros_klaviyo.verify.strategies.json_values import Json, hostile_values, json_values
from walkeros_klaviyo.verify.strategies.shop_values import amounts, currencies, decimals

SHOP = pipeline(
    parse_config(
        {
            "settings": {"currency": "EUR"},
            "mapping": {
                "order": {
                    "complete": {"settings": {"value": "data.total", "currency": "data.currency"}}
                }
            },
        }
    )
)
CODES = {
    "revenue.missing",
    "revenue.not-a-number",
    "revenue.inexact",
    "revenue.ambiguous",
    "value.not-json",
    "value.holds-null",
    "value.too-deep",
}


def sold(total: Json, currency: Json = None) -> tuple[Call, Plan]:
    """The call for an order of so much."""
    plan = SHOP.plan(
        {
            "name": "order complete",
            "timestamp": 1_795_518_160_712,
            "id": "e1",
            "user": {"id": "u1"},
            "data": {"total": total, "currency": currency},
        }
    )
    call = plan.calls[0]
    assert call.metric is not None
    return call, plan


def exactly(value: Any) -> Decimal | None:
    """What a person reads, or None where it is not a plain number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = value.strip(AROUND) if isinstance(value, str) else repr(value)
    if not text.isascii() or set(text) - set("+-.eE0123456789"):
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@example("12.50", None)
@example(" 7 ", None)
@example("1e3", None)
@example("0.1000000000000000055511151231257827", None)
@example("9007199254740993", None)
@example(2**53 + 1, None)
@example(10**400, None)
@example("1e400", None)
@example("-0.00", None)
@example("29.706", None)
@given(st.one_of(amounts(), json_values(), hostile_values()), currencies())
def test_revenue_in_is_revenue_out_or_none_with_a_reason(total: Json, currency: Json) -> None:
    call, plan = sold(total, currency)
    if "value" in call.attributes:
        assert exactly(total) is not None
        assert type(call.value) in (int, float)
        assert Decimal(repr(call.value)) == exactly(total)
    else:
        assert {one.code for one in plan.diagnostics} & CODES
        assert "value_currency" not in call.attributes


@given(st.decimals(0, 10**9, places=2))
def test_every_price_with_cents_arrives(price: Decimal) -> None:
    for written in (str(price), f" {price}\n", float(price)):
        call, plan = sold(written)
        assert Decimal(repr(call.value)) == price
        assert plan.diagnostics == ()


@given(st.lists(st.decimals(0, 10**6, places=2), max_size=5))
def test_the_sum_in_is_the_sum_out(prices: list[Decimal]) -> None:
    values = [Decimal(repr(sold(str(price))[0].value)) for price in prices]
    assert sum(values, Decimal(0)) == sum(prices, Decimal(0))


NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))


@given(NUMBERS, decimals())
def test_a_number_and_its_text_are_worth_the_same(number: float, text: str) -> None:
    assert parse_amount(number) == (number, ())
    assert parse_amount(repr(number)) == (number, ())
    amount, notes = parse_amount(text)
    assert (amount is None) == bool(notes)
    assert amount is None or parse_amount(repr(amount)) == (amount, ())


ODD = st.one_of(currencies(), st.from_regex(r"[A-Za-z]{3}", fullmatch=True), hostile_values())


@example(5, "XXX")
@given(st.integers(0, 99), ODD)
def test_a_currency_is_always_iso_4217(total: int, currency: Json) -> None:
    call, _ = sold(total, currency)
    if "value_currency" in call.attributes:
        assert call.value_currency in CURRENCIES
    code, notes = parse_currency(currency)
    assert code is None or code in CURRENCIES
    assert (code is None) == bool(notes)


@given(st.one_of(currencies(), st.text(max_size=5)))
def test_no_default_papers_over_an_unknown_currency(currency: Json) -> None:
    call, plan = sold(5, currency)
    told = [one.code for one in plan.diagnostics]
    if currency is None or (isinstance(currency, str) and is_nothing(currency)):
        assert call.value_currency == "EUR"
    else:
        assert call.value_currency == parse_currency(currency)[0]
        assert ("currency.unknown" in told) == (call.value_currency is None)


@given(amounts())
def test_revenue_is_no_property(total: Json) -> None:
    call, _ = sold(total)
    assert text_of(call.properties) == "{}"
