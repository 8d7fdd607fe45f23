"""Do the orders count what was paid? What the judges of amounts say of a few events."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import Raw, event, judged, linted, shop

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.verify.questions.revenue.lint import is_paid, lint_revenue
from walkeros_klaviyo.verify.questions.revenue.sample import judge_revenue

DONE = "mapping.order.complete.settings"
LINE = {"entity": "product", "data": {"price": 10, "quantity": 2}}


def said(*datas: Raw, value: Any = "data.total", rule: str = "order complete", **more: Any) -> str:
    """Of orders with these data: `more` are settings of their rule, its name, their lines."""
    entity, action = rule.split(" ")
    name, nested = more.pop("name", "Placed Order"), more.pop("nested", None)
    above = more.pop("above", {})
    settings = {"value": value, "currency": "EUR", "uniqueId": "data.id", **more}
    settings = {key: one for key, one in settings.items() if one is not None}
    config = {"mapping": {entity: {action: {"name": name, "settings": settings}}}, **above}
    events = [
        event(rule, {"id": f"O{at}", **data}, at, at, nested=data.pop("nested", nested))
        for at, data in enumerate(map(dict, datas))
    ]
    return judged(judge_revenue, config, events)


def many(*pairs: tuple[int, Raw]) -> list[Raw]:
    """So many of each."""
    return [data for count, data in pairs for _ in range(count)]


def other(line: int, message: str, remedy: str, rule: str = "order.complete") -> str:
    """An amount that is another one."""
    return f"revenue.other mapping.{rule}.settings.value (line {line}): {message} => {remedy}"


def cents(path: str) -> str:
    """All of them."""
    message = f'each is a hundred times what stands at "{path}": cents, and no amount'
    return other(1, message, f'{DONE}.value = "{path}"')


def some_cents(count: int, total: int, line: int, path: str = "nested") -> str:
    """Some of them."""
    message = f'{count} of {total} amounts at "data.total" are a hundred times what "{path}" says'
    remedy = 'Let the sender write every "data.total" in whole units, such as 12.50.'
    return other(line, f"{message}: cents", remedy)


def nothing(count: int, total: int, line: int, rule: str = "order.complete") -> str:
    """Zeros."""
    remedy = 'Let the sender wait for the total: "data.total" must be what was paid.'
    return other(line, f'{count} of {total} amounts at "data.total" are 0', remedy, rule)


CENTS = {"total": 1250, "amount": 12.5}
IN_CENTS: dict[str, tuple[list[Raw], str, str]] = {
    "three": (many((3, CENTS)), "data.total", cents("data.amount")),
    "two and a zero": (many((2, CENTS), (1, {"total": 0, "amount": 0})), "data.total", ""),
    "three and a zero": (many((1, {"total": 0}), (3, CENTS)), "data.total", cents("data.amount")),
    "no whole number": (many((3, CENTS), (1, {"total": 12.5, "amount": 0.125})), "data.total", ""),
    "one that is not": (many((3, CENTS), (1, {"total": 70, "amount": 70})), "data.total",
        some_cents(3, 4, 1, "data.amount")),
    "one without": (many((3, CENTS), (1, {"total": 100})), "data.total", some_cents(3, 4, 1,
        "data.amount")),
    "not just a hundredth": (many((3, {"total": 1999, "amount": 19.993})), "data.total",
        some_cents(3, 3, 1, "data.amount")),
    "cents that no float has": ([{"total": 1999, "amount": 19.99}, {"total": 30, "amount": 0.1
        + 0.2}, CENTS], "data.total", cents("data.amount")),
    "the first of three": (many((3, {"total": 1250,
        **{x: {"net": 12.5} for x in ("z", "a", "m")}})), "data.total", cents("data.a.net")),
    "all round, so by their name only": (many((3, {"total": 1300, "grandtotal": 13})),
        "data.total", ""),
    "called cents": (many((3, {"totalCents": 1200, "x": 12})), "data.totalCents", cents("data.x")),
    "called minor": (many((3, {"MINOR": 1250, "x": 12.5})), "data.MINOR", cents("data.x")),
    "called nothing": (many((3, {"total": 1250, "x": 12.5})), "data.total", ""),
    "one of them a fraction": (many((2, {"total": 1200, "grandtotal": 12}), (1, {"total": 1250,
        "grandtotal": 12.5})), "data.total", cents("data.grandtotal")),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "value", "says"), IN_CENTS.values(), ids=IN_CENTS)
def test_whole_amounts_with_their_hundredths_beside_them_are_cents(
    datas: list[Raw], value: str, says: str
) -> None:
    """At the first path of them, by its name or by cents that are not all zero."""
    assert said(*datas, value=value) == says


FREE = {"total": 0, "subtotal": 20}
NOTHING: dict[str, tuple[list[Raw], Raw, str]] = {
    "all": (many((3, FREE)), {}, nothing(3, 3, 1)),
    "two": (many((2, FREE)), {}, ""),
    "nine of ten": (many((1, {"total": 20}), (9, FREE)), {}, nothing(9, 10, 2)),
    "eight of nine": (many((1, {"total": 20}), (8, FREE)), {}, ""),
    "more than half have a price": (many((2, {"total": 0}), (3, FREE)), {}, nothing(5, 5, 3)),
    "half": (many((3, {"total": 0}), (3, FREE)), {}, ""),
    "a fee": (many((3, {"total": 0, "shippingCost": 5})), {}, nothing(3, 3, 1)),
    "no fee": (many((3, {"total": 0, "shippingCost": 0})), {}, ""),
    "a sum of one": (many((3, {"total": 0, "subtotal": 1})), {}, nothing(3, 3, 1)),
    "taken off": (many((3, {**FREE, "discount": 20})), {}, ""),
    "nothing taken off": (many((3, {**FREE, "discount": 0})), {}, nothing(3, 3, 1)),
    "a price, due later": (many((3, {"total": 0, "price": 20})), {}, ""),
    "a number of things": (many((3, {"total": 0, "count": 2})), {}, ""),
    "no order": (many((3, FREE)), {"rule": "quote ask", "name": "Asked"}, ""),
    "paid for by its name": (many((3, FREE)), {"rule": "ticket buy", "name": "Bought"}, nothing(3,
        3, 1, "ticket.buy")),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "more", "says"), NOTHING.values(), ids=NOTHING)
def test_orders_that_nearly_all_cost_nothing_lack_their_amount(
    datas: list[Raw], more: Raw, says: str
) -> None:
    """But for what was given away, or is due later."""
    assert said(*datas, **more) == says


def beside(ratio: float, **more: Any) -> Raw:
    """An amount so many times what its lines cost."""
    return {"total": ratio * 20, "nested": [LINE], **more}


ONE = beside(1)
SOME: dict[str, tuple[list[Raw], Raw, str]] = {
    "three": (many((3, ONE), (3, beside(100))), {}, some_cents(3, 6, 4)),
    "two": (many((3, ONE), (2, beside(100))), {}, ""),
    "three of sixty": (many((57, ONE), (3, beside(100))), {}, some_cents(3, 60, 58)),
    "three of sixty-one": (many((58, ONE), (3, beside(100))), {}, ""),
    "the least": (many((3, beside(70))), {}, some_cents(3, 3, 1)),
    "less than that": (many((3, beside(69.95))), {}, ""),
    "the most": (many((3, beside(140))), {}, some_cents(3, 3, 1)),
    "more than that": (many((3, beside(140.05))), {}, ""),
    "no whole number": (many((3, beside(100.01))), {}, ""),
    "once, at least and at most": (many((17, beside(0.4)), (17, beside(2.5)), (3, beside(100))),
        {}, some_cents(3, 37, 35)),
    "neither, one of twenty": (many((16, ONE), (3, beside(100)), (1, beside(2.55))), {},
        some_cents(3, 20, 17)),
    "neither, two of twenty": (many((15, ONE), (3, beside(100)), (1, beside(2.55)), (1,
        beside(0.35))), {}, ""),
    "neither, one of nineteen": (many((15, ONE), (3, beside(100)), (1, beside(30))), {}, ""),
    "yen": (many((3, ONE), (3, beside(100))), {"currency": "JPY"}, ""),
    "no currency": (many((3, ONE), (3, beside(100))), {"currency": "data.x"},
        f"{some_cents(3, 6, 4)}\nrevenue.currency {DONE}.currency (line 1): "
        "6 of 6 amounts have no currency"),
    "zeros are no ratio": (many((20, beside(0)), (3, beside(100))), {}, some_cents(3, 23, 21)),
    "a cent each": (many((3, {"total": 1, "subtotal": 0.01})), {}, some_cents(3, 3, 1,
        "data.subtotal")),
    "an odd number": (many((3, {**beside(100), "total": 2001})), {}, some_cents(3, 3, 1)),
    "amounts below zero": (many((3, beside(-100)), (3, beside(100))), {}, some_cents(3, 6, 4)),
    "a sum beside it": (many((3, {"total": 20.5, "subtotal": 20}), (3, {"total": 2050,
        "subtotal": 20})), {}, some_cents(3, 6, 4, "data.subtotal")),
    "a sum below zero": (many((3, {"total": 2000, "subtotal": -20})), {}, ""),
    "a sum of nothing": (many((3, {"total": 2000, "subtotal": 0})), {}, ""),
    "a line without a price": (many((3, {"total": 2000, "nested": [LINE, {"entity": "gift"}]})),
        {}, ""),
    "lines without a number": (many((3, {"total": 1000, "nested": [{"entity": "product",
        "data": {"price": 10}}]})), {}, some_cents(3, 3, 1)),
    "several lines": (many((3, {"total": 4000, "nested": [LINE, LINE]})), {}, some_cents(3, 3, 1)),
    "a line with more numbers": (many((3, {"total": 2000, "nested": [{"entity": "product",
        "data": {"weight": 9, "price": 10, "tax": 3, "quantity": 2}}]})), {}, some_cents(3, 3,
        1)),
    "another path that is never a hundredth": (many((3, {**ONE, "gross": 7}), (3, {**beside(100),
        "gross": 3000})), {}, some_cents(3, 6, 4)),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "more", "says"), SOME.values(), ids=SOME)
def test_some_amounts_a_hundred_times_what_others_are_are_cents(
    datas: list[Raw], more: Raw, says: str
) -> None:
    """Where enough are, and all but a few others are what the event says elsewhere."""
    assert said(*datas, **more) == says


def odd(value: Any, event: Any) -> bool:
    """A function of the shop's own."""
    return True


def part(key: str, what: str) -> str:
    """Beside the total."""
    return other(1, f'"data.{key}" is {what}, beside "data.total"', f'{DONE}.value = "data.total"')


def piece(counted: str = "data.quantity") -> str:
    """So many times the price."""
    what = f'is the price of one piece: "data.total" has it as often as "{counted}" says'
    return other(1, f'"data.price" {what}', f'{DONE}.value = "data.total"')


def back(key: str = "total", path: str = "refunded") -> str:
    """A refund of the whole."""
    what = f'is the whole order\'s amount, and "data.{path}" what came back'
    remedy = f'mapping.order.refund.settings.value = "data.{path}"'
    return other(3, f'"data.{key}" {what}', remedy, "order.refund")


TAX = {"tax": 2, "total": 12}
COUNT = {"count": 2, "total": 12}
PARTS: dict[str, tuple[list[Raw], Any, str]] = {
    "the order's, of an order": ([{"orderTotal": 50, "amount": 20}], "data.orderTotal", ""),
    "one of one, and more": (many((1, {"price": 10, "quantity": 1, "total": 50}),
        (3, {"price": 10, "quantity": 2, "total": 20})), "data.price", ""),
    "by the lines, and one without": (many((3, {"price": 10, "total": 20, "nested": [{}, {}]}),
        (1, {"price": 10, "total": 10})), "data.price", ""),
    "the first of nine otherwise": (many((1, {"price": 10, "quantity": 2, "total": 50}), (8,
        {"price": 10, "quantity": 2, "total": 20})), "data.price", ""),
    "the tax": (many((1, TAX)), "data.tax", part("tax", "the tax")),
    "more than the whole, one of ten": (many((9, TAX), (1, {"tax": 20, "total": 12})), "data.tax",
        part("tax", "the tax")),
    "more than the whole, one of nine": (many((8, TAX), (1, {"tax": 20, "total": 12})),
        "data.tax", ""),
    "less in more than half": (many((2, {"tax": 2, "total": 2}), (3, TAX)), "data.tax",
        part("tax", "the tax")),
    "less in half": (many((3, {"tax": 2, "total": 2}), (3, TAX)), "data.tax", ""),
    "the whole at more than half": (many((3, TAX), (2, {"tax": 2})), "data.tax", part("tax",
        "the tax")),
    "the whole at half": (many((3, TAX), (3, {"tax": 2})), "data.tax", ""),
    "a number of things": (many((1, COUNT)), "data.count", part("count", "a number of things")),
    "a large number": (many((1, {"count": 30, "total": 12})), "data.count", part("count",
        "a number of things")),
    "an odd number": (many((1, {"count": 3, "total": 12})), "data.count", part("count",
        "a number of things")),
    "points": (many((1, {"points": 30, "total": 12})), "data.points", part("points",
        "no amount of money")),
    "a number with a fraction, one of ten": (many((9, COUNT), (1, {"count": 2.5, "total": 12})),
        "data.count", part("count", "a number of things")),
    "a number with a fraction, one of nine": (many((8, COUNT), (1, {"count": 2.5, "total": 12})),
        "data.count", ""),
    "a number that is the amount": (many((1, COUNT), (1, {"count": 2, "total": 2})), "data.count",
        ""),
    "first the tax": (many((1, TAX)), ["data.tax", "data.total"], "revenue.other "
        "mapping.order.complete.settings.value[0] " '(line 1): "data.tax" is the tax, beside '
        '"data.total" => ' "mapping.order.complete.settings.value = " '"data.total"'),
    "else the tax": (many((1, TAX)), ["data.total", "data.tax"], ""),
    "by a function": (many((1, TAX)), {"key": "data.tax", "validate": odd}, ""),
    "one piece": (many((3, {"price": 10, "quantity": 3, "total": 30})), "data.price", piece()),
    "one piece, two": (many((2, {"price": 10, "quantity": 3, "total": 30})), "data.price", ""),
    "one piece, and more of one": (many((3, {"price": 10, "quantity": 1, "total": 10}), (3,
        {"price": 10, "quantity": 2, "total": 20})), "data.price", piece()),
    "one piece, two of them and one of one": (many((1, {"price": 10, "quantity": 1, "total": 10}),
        (2, {"price": 10, "quantity": 2, "total": 20})), "data.price", ""),
    "by the lines": (many((3, {"price": 10, "total": 20, "nested": [{}, {}]})), "data.price",
        piece("nested")),
    "with a fee": (many((3, {"price": 10, "quantity": 2, "total": 25})), "data.price", piece()),
    "with more than a fee": (many((3, {"price": 10, "quantity": 2, "total": 25.01})),
        "data.price", ""),
    "with a discount": (many((3, {"price": 10, "quantity": 2, "total": 15})), "data.price",
        piece()),
    "with more than a discount": (many((3, {"price": 10, "quantity": 2, "total": 14.99})),
        "data.price", ""),
    "one of eleven otherwise": (many((10, {"price": 10, "quantity": 2, "total": 20}), (1,
        {"price": 10, "quantity": 2, "total": 50})), "data.price", piece()),
    "one of nine otherwise": (many((8, {"price": 10, "quantity": 2, "total": 20}), (1,
        {"price": 10, "quantity": 2, "total": 50})), "data.price", ""),
    "no piece of a fraction": (many((3, {"price": 10, "quantity": 2.5, "total": 25})),
        "data.price", ""),
    "none of them": (many((3, {"price": 10, "quantity": 2, "total": 20}), (1, {"price": 10,
        "quantity": 0, "total": 20})), "data.price", piece()),
    "a deposit": (many((3, {"deposit": 10, "quantity": 2, "total": 20})), "data.deposit", ""),
    "the same path": (many((3, {"total": 0, "quantity": 2})), "data.total", ""),
    "the most frequent": (many((3, {"price": 10, "quantity": 2, "size": 2, "total": 20}), (1,
        {"price": 10, "size": 2, "total": 20})), "data.price", piece("data.size")),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "value", "says"), PARTS.values(), ids=PARTS)
def test_a_part_of_what_was_paid_is_no_amount(datas: list[Raw], value: Any, says: str) -> None:
    """Nor one piece's price: by its name, and by what stands beside it."""
    assert said(*datas, value=value) == says


@pytest.mark.parametrize(
    ("rule", "name", "value", "says"),
    [
        ("fee pay", "Paid", "data.fees", ""),
        ("ticket buy", "Paid Fee", "data.fee", ""),
        (
            "ticket buy",
            "Paid",
            "data.fee",
            (
                'revenue.other mapping.ticket.buy.settings.value (line 1): "data.fee" is a fee, '
                'beside "data.total" => mapping.ticket.buy.settings.value = "data.total"'
            ),
        ),
        ("ticket buy", "Paid Fees", "data.fee", ""),
    ],
)
def test_a_part_is_the_amount_of_an_event_that_is_about_it(
    rule: str, name: str, value: str, says: str
) -> None:
    """By the rule's own name, one or many."""
    data = {value.removeprefix("data."): 2, "total": 12}
    assert said(data, data, data, value=value, rule=rule, name=name) == says


BACK = {"order": "O1", "total": 50, "refunded": 20}
REFUNDS: dict[str, tuple[list[Raw], str, str]] = {
    "first more than the whole": ([{**BACK, "refunded": 51}, BACK], "data.total", ""),
    "of an order": ([BACK], "data.total", back()),
    "of no order": ([{**BACK, "order": "O9"}], "data.total", ""),
    "not the order's amount": ([{**BACK, "total": 40}], "data.total", ""),
    "one that is not": ([BACK, {**BACK, "total": 40}], "data.total", ""),
    "one of an order": ([BACK, {**BACK, "order": "O9"}], "data.total", back()),
    "one of an order, the first": ([{**BACK, "order": "O9"}, BACK], "data.total", back()),
    "less or the whole": ([BACK, {**BACK, "refunded": 50}], "data.total", back()),
    "more than the whole": ([BACK, {**BACK, "refunded": 51}], "data.total", ""),
    "always the whole": ([{**BACK, "refunded": 50}], "data.total", ""),
    "returned": ([{"order": "O1", "total": 50, "returns": {"sum": 20}}], "data.total",
        back("total", "returns.sum")),
    "called nothing": ([{"order": "O1", "total": 50, "amount": 20}], "data.total", ""),
    "called the order's": ([{"orderTotal": 50, "amount": 20}], "data.orderTotal",
        back("orderTotal", "amount")),
    "called the original": ([{"originalTotal": 50, "amount": 20}], "data.originalTotal",
        back("originalTotal", "amount")),
    "called the order's, with a sum": ([{"orderTotal": 50, "sum": 20}], "data.orderTotal", ""),
    "no refund": ([BACK], "data.refunded", ""),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "value", "says"), REFUNDS.values(), ids=REFUNDS)
def test_a_refund_of_a_part_does_not_count_the_whole_order(
    datas: list[Raw], value: str, says: str
) -> None:
    """Where the order of that id, or a path's name, tells what the whole is."""
    settings = {"value": "data.total", "currency": "EUR", "uniqueId": "data.id"}
    config = {
        "mapping": {
            "order": {
                "complete": {"name": "Placed Order", "settings": settings},
                "refund": {"name": "Refunded Order", "settings": {**settings, "value": value}},
            }
        }
    }
    orders = [event("order complete", {"id": f"O{at}", "total": 50}, at, at) for at in range(2)]
    backs = [event("order refund", {"id": f"R{at}", **one}, at) for at, one in enumerate(datas)]
    assert judged(judge_revenue, config, orders + backs) == says


TICKET = {"rule": "ticket buy", "name": "Bought"}
PAID = {"total": 20, "currency": "EUR"}
ABOVE = {"settings": {"currency": "data.money"}}
READ: dict[str, tuple[list[Raw], Raw, str]] = {
    "one amount for all, and another elsewhere": ([{"sum": 20}], {"value": {"value": 9}},
        "revenue.other mapping.order.complete.settings.value "
        "(line 1): every one counts the same amount => "
        "mapping.order.complete.settings.value = " '"data.sum"'),
    "of one line, and of nothing else": ([{"items": {"0": {"price": 5}}}],
        {"value": "data.items.0.price"}, "revenue.other mapping.order.complete.settings.value "
        '(line 1): "data.items.0.price" is one ' "line's, and not the order's => "
        "mapping.order.complete.settings.value = " '"data.total"'),
    "an order without a value": ([PAID], {"value": None}, "revenue.unmapped "
        "mapping.order.complete.settings.value " '(line 1): "Placed Order" has no value => '
        "mapping.order.complete.settings.value = " '"data.total"\nrevenue.unmapped '
        "mapping.order.complete.settings.value (line 1): what was paid stands at "
        '"data.total", and no rule has a value for ' "what is paid => "
        "mapping.order.complete.settings.value = " '"data.total"'),
    "an order without a value or a currency": ([PAID], {"value": None, "currency": None},
        "revenue.unmapped mapping.order.complete.settings.value "
        '(line 1): "Placed Order" has no value => ' "mapping.order.complete.settings.value = "
        '"data.total" and ' "mapping.order.complete.settings.currency "
        '= "data.currency"\nrevenue.unmapped ' "mapping.order.complete.settings.value "
        "(line 1): what was paid stands at " '"data.total", and no rule has a value for '
        "what is paid => mapping.order.complete.settings.value = " '"data.total" and '
        "mapping.order.complete.settings.currency " '= "data.currency"'),
    "one amount for all": ([PAID], {"value": {"value": 9}}, "revenue.other "
        "mapping.order.complete.settings.value (line 1): every one counts the same "
        "amount => mapping.order.complete.settings.value = " '"data.total"'),
    "one amount for all, else": ([PAID], {"value": {"value": 9}, **TICKET}, "revenue.other "
        "mapping.ticket.buy.settings.value (line 1): every one counts the same amount => "
        "mapping.ticket.buy.settings.value = " '"data.total"'),
    "one amount, and it is": ([{"total": 9}], {"value": {"value": 9}, **TICKET}, ""),
    "one amount, and half": ([{"total": 9}, PAID], {"value": {"value": 9}, **TICKET}, ""),
    "one amount, and no other is named": ([{}], {"value": {"value": 9}, **TICKET}, ""),
    "an amount that is the id": ([{"number": 7}], {"value": "data.number",
        "uniqueId": "data.number"}, "revenue.other mapping.order.complete.settings.value "
        '(line 1): "data.number" is what uniqueId ' "reads: an id, and no amount => "
        "mapping.order.complete.settings.value = " '"data.total"'),
    "an amount that is a time": ([PAID], {"value": "timestamp"}, "revenue.other "
        "mapping.order.complete.settings.value " '(line 1): "timestamp" is a part of the '
        "event that is not an amount => mapping.order.complete.settings.value = " '"data.total"'),
    "paid, and no value": ([PAID], {"value": None, **TICKET}, "revenue.unmapped "
        "mapping.ticket.buy.settings.value (line " '1): what was paid stands at "data.total", '
        "and no rule has a value for what is paid => mapping.ticket.buy.settings.value = "
        '"data.total"'),
    "paid, and no value nor currency": ([PAID], {"value": None, "currency": None, **TICKET},
        "revenue.unmapped mapping.ticket.buy.settings.value (line "
        '1): what was paid stands at "data.total", ' "and no rule has a value for what is paid "
        "=> mapping.ticket.buy.settings.value = " '"data.total" and '
        "mapping.ticket.buy.settings.currency = " '"data.currency"'),
    "paid, and no amount": ([{"currency": "EUR"}], {"value": None, **TICKET}, ""),
    "paid, and no currency": ([{"total": 20}], {"value": None, **TICKET}, ""),
    "asked, and no value": ([PAID], {"value": None, "rule": "ticket ask", "name": "Asked"}, ""),
    "one that cannot be read": ([{"total": "20 EUR"}], {}, ""),
    "two": ([{"total": "20 EUR"}] * 2, {}, "revenue.type "
        "mapping.order.complete.settings.value " '(line 1): of 2 values at "data.total" 2 '
        "are not plain numbers"),
    "two of four": ([{"total": "20 EUR"}] * 2 + [PAID] * 2, {}, ""),
    "three of five": ([PAID] * 2 + [{"total": "20 EUR"}] * 3, {}, "revenue.type "
        "mapping.order.complete.settings.value " '(line 3): of 5 values at "data.total" 3 '
        "are not plain numbers"),
    "two that are not there": ([{}] * 2, {}, ""),
    "two of three, and others are not there": ([{"total": "x"}] * 2 + [PAID] + [{}] * 9, {},
        "revenue.type mapping.order.complete.settings.value "
        '(line 1): of 3 values at "data.total" 2 ' "are not plain numbers"),
    "below zero": ([{"total": -20}] * 3, {}, "revenue.other "
        "mapping.order.complete.settings.value (line 1): all of 3 amounts are below zero "
        "=> Send the amount without its sign."),
    "two below zero": ([{"total": -20}] * 2, {}, ""),
    "below zero, and nothing": ([{"total": -20}] * 3 + [{"total": 0}], {}, ""),
    "no currency is set": ([{"total": 20}], {"currency": None}, "revenue.currency "
        "mapping.order.complete.settings.value (line 1): the rule has a value, and "
        "neither it nor the destination has a currency => "
        "mapping.order.complete.settings.currency " '= "EUR"'),
    "no currency is set, and one is there": ([PAID], {"currency": None}, "revenue.currency "
        "mapping.order.complete.settings.value (line 1): the rule has a value, and "
        "neither it nor the destination has a currency => "
        "mapping.order.complete.settings.currency " '= "data.currency"'),
    "no currency where one is read": ([{"total": 20}], {"currency": "data.money"},
        "revenue.currency mapping.order.complete.settings.currency "
        "(line 1): 1 of 1 amounts have no currency"),
    "at more than half": ([{**PAID, "money": "EUR"}, *[PAID] * 2], {"currency": "data.money"},
        "revenue.currency mapping.order.complete.settings.currency "
        "(line 2): 2 of 3 amounts have no currency => "
        "mapping.order.complete.settings.currency " '= "data.currency"'),
    "at half": ([{**PAID, "money": "EUR"}, PAID], {"currency": "data.money"}, ""),
    "no codes": ([{**PAID, "money": "Euro"}], {"currency": "data.money"}, "revenue.currency "
        "mapping.order.complete.settings.currency (line 1): 1 of 1 currencies at "
        '"data.money" are not ISO 4217 codes => ' "mapping.order.complete.settings.currency "
        '= "data.currency"'),
    "no codes, and none elsewhere": ([{"total": 20, "money": "Euro"}], {"currency": "data.money"},
        "revenue.currency mapping.order.complete.settings.currency "
        "(line 1): 1 of 1 currencies at " '"data.money" are not ISO 4217 codes => '
        "Send codes such as EUR, or map where they are."),
    "no codes at half": ([{"total": 20, "money": "Euro"}, {"total": 20}],
        {"currency": "data.money"}, "revenue.currency "
        "mapping.order.complete.settings.currency (line 1): 2 of 2 amounts have no currency"),
    "no code at the one that is read": ([{"total": 20, "currency": "XYZ"}],
        {"currency": "data.currency"}, "revenue.currency "
        "mapping.order.complete.settings.currency (line 1): 1 of 1 currencies at "
        '"data.currency" are not ISO 4217 codes => ' "Send codes such as EUR, or map where they "
        "are."),
    "an else that is none": ([{"total": 20}], {"currency": None, "above": ABOVE},
        "revenue.currency settings.currency (line 1): 1 of 1 amounts have no currency"),
    "three in another": ([{**PAID, "currency": "usd"}] * 3 + [PAID], {}, "revenue.currency "
        "mapping.order.complete.settings.currency (line 1): 3 of 4 amounts are in another "
        'currency at "data.currency" => ' "mapping.order.complete.settings.currency "
        '= "data.currency"'),
    "two in another": ([{**PAID, "currency": "USD"}] * 2, {}, ""),
    "two others": ([{"total": 20, "a": {"currency": "USD"}, "b": {"currency": "EUR"}}] * 3, {}, ""),
    "two others, both": ([{"total": 20, "b": {"currency": "USD"}, "a": {"currency": "SEK"}}] * 3,
        {}, "revenue.currency mapping.order.complete.settings.currency "
        "(line 1): 3 of 3 amounts are in another " 'currency at "data.b.currency" => '
        "mapping.order.complete.settings.currency " '= "data.b.currency"'),
    "mostly at the second":
        ([{"total": 20, "b": {"currency": "USD"}}] + [{"total": 20, "a": {"currency": "SEK"}}] * 2,
        {}, "revenue.currency mapping.order.complete.settings.currency "
        "(line 1): 3 of 3 amounts are in another " 'currency at "data.a.currency" => '
        "mapping.order.complete.settings.currency " '= "data.a.currency"'),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "more", "says"), READ.values(), ids=READ)
def test_amounts_can_be_read_and_are_in_a_currency(datas: list[Raw], more: Raw, says: str) -> None:
    """Where most of the events say so, and one proves nothing."""
    assert said(*datas, **more) == says


def test_what_is_paid_needs_no_value_where_another_rule_counts_it() -> None:
    """One payment, told by two events; a cart's amount is none, and other rules are asked too."""
    rule = {"name": "Bought", "settings": {"value": "data.total", "currency": "EUR"}}
    rules = {"ticket buy": {"name": "Got"}, "cart purchase": rule}
    events = [event("ticket buy", PAID)]
    assert judged(judge_revenue, shop(rules), events) == ""
    unmapped = (
        "revenue.unmapped mapping.ticket.buy.settings.value (line 1): what was paid stands "
        'at "data.total", and no rule has a value for what is paid => '
        'mapping.ticket.buy.settings.value = "data.total" and '
        'mapping.ticket.buy.settings.currency = "data.currency"'
    )
    assert (
        judged(judge_revenue, shop({**rules, "cart purchase": {"name": "B"}}), events) == unmapped
    )
    cart = {**rule, "name": "Added to Cart"}
    assert judged(judge_revenue, shop({**rules, "cart purchase": cart}), events) == unmapped
    bare = {"cart purchase": {**rule, "settings": {"value": "data.total"}}}
    events += [event("cart purchase", PAID)]
    assert judged(judge_revenue, shop({**rules, **bare}), events) == (
        "revenue.currency mapping.cart.purchase.settings.value (line 2): the rule has a "
        "value, and neither it nor the destination has a currency => "
        'mapping.cart.purchase.settings.currency = "data.currency"'
    )


def written(settings: Raw, rule: str = "order complete", **more: Any) -> str:
    """What a rule's settings of money say by themselves."""
    entity, action = rule.split(" ")
    above = more.pop("above", {})
    one = {"name": "Placed Order", "settings": settings, **more}
    return linted(lint_revenue, {"mapping": {entity: {action: one}}, **above})


EUR = {"currency": "EUR"}
LOOK = {"rule": "product view", "name": "Viewed Product"}
WRITTEN: dict[str, tuple[Raw, Raw, str]] = {
    "sound": ({"value": "data.total", **EUR}, {}, ""),
    "no value": ({}, {}, "revenue.unmapped mapping.order.complete.settings.value: "
        '"Placed Order" has no value => ' "mapping.order.complete.settings.value = "
        '"data.total" and ' "mapping.order.complete.settings.currency " '= "EUR"'),
    "no value, and a currency": (EUR, {}, "revenue.unmapped "
        "mapping.order.complete.settings.value: " '"Placed Order" has no value => '
        "mapping.order.complete.settings.value = " '"data.total"'),
    "no value, and an else": ({}, {"above": {"settings": EUR}}, "revenue.unmapped "
        "mapping.order.complete.settings.value: " '"Placed Order" has no value => '
        "mapping.order.complete.settings.value = " '"data.total"'),
    "no order": ({}, {"name": "Bought"}, ""),
    "ignored": ({}, {"name": None, "ignore": True}, ""),
    "no value to be had": ({"value": {"value": "much"}, **EUR}, {}, "revenue.type "
        "mapping.order.complete.settings.value: the constant is not a plain number"),
    "one amount": ({"value": {"value": 9}, **EUR}, {}, "revenue.other "
        "mapping.order.complete.settings.value: every one counts the same amount => "
        "mapping.order.complete.settings.value = " '"data.total"'),
    "one amount of what is no order": ({"value": {"value": 9}, **EUR}, {"rule": "ticket buy",
        "name": "Bought"}, ""),
    "no currency": ({"value": "data.total"}, {}, "revenue.currency "
        "mapping.order.complete.settings.value: the rule has a value, and neither it nor "
        "the destination has a currency => mapping.order.complete.settings.currency "
        '= "EUR"'),
    "only an else": ({"value": "data.total"}, {"above": {"settings": EUR}}, ""),
    "no code": ({"value": "data.total", "currency": {"value": "Euro"}}, {}, "revenue.currency "
        "mapping.order.complete.settings.currency: 'Euro' is not an ISO 4217 code"),
    "no code, else": ({"value": "data.total"},
        {"above": {"settings": {"currency": {"value": "Euro"}}}},
        "revenue.currency settings.currency: 'Euro' is not an ISO 4217 code"),
    "a word": ({"value": "data.total", "currency": "group"}, {}, "revenue.currency "
        "mapping.order.complete.settings.currency: " '"group" is read as a path of the event, '
        "for it is not an ISO 4217 code"),
    "a word that a policy sets": ({"value": "data.total", "currency": "group"},
        {"policy": {"group": {"value": "EUR"}}}, ""),
    "a word that the policy of all sets": ({"value": "data.total", "currency": "group"},
        {"above": {"policy": {"group": {"value": "EUR"}}}}, ""),
    "a word, and a policy for another": ({"value": "data.total", "currency": "group"},
        {"policy": {"data.group": {"value": "EUR"}}}, "revenue.currency "
        "mapping.order.complete.settings.currency: " '"group" is read as a path of the event, '
        "for it is not an ISO 4217 code"),
    "a path": ({"value": "data.total", "currency": "data.money"}, {}, ""),
    "of one line": ({"value": "nested.0.data.price", **EUR}, {}, "revenue.other "
        "mapping.order.complete.settings.value: \"nested.0.data.price\" is one line's, and "
        "not the order's => mapping.order.complete.settings.value = " '"data.total"'),
    "of one line of a list": ({"value": "data.items.10.price", **EUR}, {}, "revenue.other "
        "mapping.order.complete.settings.value: \"data.items.10.price\" is one line's, and "
        "not the order's => mapping.order.complete.settings.value = " '"data.total"'),
    "of the context": ({"value": "context.order.0", **EUR}, {}, ""),
    "of the context, within": ({"value": "context.order.0.sum", **EUR}, {}, ""),
    "a number at the end": ({"value": "data.total.0", **EUR}, {}, ""),
    "of one line, of what is no order": ({"value": "nested.0.data.price", **EUR},
        {"name": "Bought"}, ""),
    "the id": ({"value": "data.x", "uniqueId": "data.x", **EUR}, {}, "revenue.other "
        "mapping.order.complete.settings.value: " '"data.x" is what uniqueId reads: an id, '
        "and no amount => mapping.order.complete.settings.value = " '"data.total"'),
    "the id, called an amount": ({"value": "data.total", "uniqueId": "data.total", **EUR}, {}, ""),
    "the id among others": ({"value": ["data.x", "data.total"], "uniqueId": "data.x", **EUR}, {},
        ""),
    "the id among others, called so": ({"value": ["data.total", "data.number"],
        "uniqueId": "data.number", **EUR}, {}, "revenue.other "
        "mapping.order.complete.settings.value: " '"data.number" is what uniqueId reads: an '
        "id, and no amount => mapping.order.complete.settings.value = " '"data.total"'),
    "a part of the event": ({"value": "timing", **EUR}, {}, "revenue.other "
        "mapping.order.complete.settings.value: " '"timing" is a part of the event that is '
        "not an amount => mapping.order.complete.settings.value = " '"data.total"'),
    "a look": ({"value": "data.price", **EUR}, LOOK, "revenue.other "
        "mapping.product.view.settings.value: each " 'event counts "data.price" as revenue, and '
        "nobody paid it => Leave mapping.product.view.settings.value out, "
        "and its currency: a price is a property."),
    "a look by its metric": ({"value": "data.price", **EUR}, {"rule": "shoe try",
        "name": "Viewed Product"}, "revenue.other mapping.shoe.try.settings.value: each "
        'event counts "data.price" as revenue, and ' "nobody paid it => Leave "
        "mapping.shoe.try.settings.value out, and its currency: a price is a property."),
    "a look by its action": ({"value": "data.price", **EUR}, {"rule": "shoe hover",
        "name": "Saw"}, "revenue.other mapping.shoe.hover.settings.value: each "
        'event counts "data.price" as revenue, and ' "nobody paid it => Leave "
        "mapping.shoe.hover.settings.value out, and its currency: a price is a property."),
    "a look at a cart": ({"value": "data.price", **EUR}, {"rule": "cart view", "name": "Saw"}, ""),
    "a look at a constant": ({"value": {"value": 3}, **EUR}, LOOK, ""),
    "among a list": ({"value": "data.price", **EUR}, {"rule": "Shoe View", "name": "Saw",
        "condition": odd}, "revenue.other mapping.Shoe.View.settings.value: each "
        'event counts "data.price" as revenue, and ' "nobody paid it => Leave "
        "mapping.Shoe.View.settings.value out, and its currency: a price is a property."),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "more", "says"), WRITTEN.values(), ids=WRITTEN)
def test_what_no_event_is_needed_to_see(settings: Raw, more: Raw, says: str) -> None:
    """Orders without an amount, amounts that are none, and without a currency."""
    assert written(settings, **more) == says


PAYMENTS: dict[tuple[str, str | None], bool] = {
    ("ticket buy", "Bought"): True,
    ("ticket buy", None): True,
    ("ticket buy", "Placed Order"): True,
    ("ticket buy", "Started Checkout"): False,
    ("Ticket Buy", "Bought"): True,
    ("ticket ask", "Bought"): False,
    ("page complete", "Bought"): False,
    ("shipment complete", "Bought"): False,
}


@pytest.mark.parametrize(("rule", "name"), PAYMENTS, ids=str)
def test_what_is_a_payment_by_its_name(rule: str, name: str | None) -> None:
    """An action by which money comes in, of what is no page and no parcel, nor another metric."""
    entity, action = rule.split(" ")
    config = parse_config({"mapping": {entity: {action: [{"name": name} if name else {}]}}})
    assert is_paid(config.rules[0]) is PAYMENTS[rule, name]
