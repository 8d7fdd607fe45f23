"""Does Klaviyo know the metrics by their names, and is each line an event?"""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import START, Raw, event, judged, linted, look_at, shop, told

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.verify.questions.events import judge_events
from walkeros_klaviyo.verify.questions.metrics.lint import (
    is_contrary,
    is_order,
    lint_metrics,
    meaning_of,
)
from walkeros_klaviyo.verify.questions.metrics.sample import judge_metrics
from walkeros_klaviyo.verify.sample.look import look


def named(name: str | None, **settings: Any) -> Raw:
    """A rule by the name of its metric."""
    one: Raw = {"settings": settings} if settings else {}
    return {**one, "name": name} if name else one


PLACED = named("Placed Order")
LINTED: dict[str, tuple[Raw, str]] = {
    "exchanged reversals": ({"order cancel": named("Refunded Order"),
        "order refund": named("Canceled Order")}, "metric.swapped mapping.order.cancel.name: "
        '"order cancel" goes by the name "Refunded ' 'Order" => name = "Canceled Order"\n'
        "metric.swapped mapping.order.refund.name: " '"order refund" goes by the name "Canceled '
        'Order" => name = "Refunded Order"'),
    "two reversals": ({"order cancel": named("Canceled Order"),
        "order refund": named("Refunded Order")}, ""),
    "an order's metric on a list's addition": ({"wishlist add": PLACED},
        "metric.swapped mapping.wishlist.add.name: " '"wishlist add" goes by the name "Placed '
        'Order" => Give it a name of its own.'),
    "a view of a list under a cart": ({"product view": [{**named("Added to Cart"),
        "condition": bool}]}, "metric.swapped " 'mapping.product.view[0].name: "product '
        'view" goes by the name "Added to Cart" => ' 'name = "Viewed Product"'),
    "an order unnamed, beside a view": ({"order complete": named(None, value="data.x"),
        "product view": named("Viewed Product")}, "metric.near mapping.order.complete.name: "
        "it goes by the event's own name, and " 'Klaviyo looks for "Placed Order" => name '
        '= "Placed Order"'),
    "another tool's name of two words beside it": ({"order complete": PLACED,
        "button click": named("Order Completed")}, ""),
    "sound": ({"order complete": PLACED, "form send": named("Sent")}, ""),
    "a slip": ({"order complete": named("Placed order")},
        "metric.near mapping.order.complete.name: \"Placed order\" is nearly Klaviyo's "
        '"Placed Order" => name = "Placed Order"'),
    "a slip of an ignored rule": ({"order complete": {"name": "Placed order", "ignore": True}}, ""),
    "another form beside it": ({"order complete": PLACED, "button click": named("Place Order")},
        ""),
    "a slip beside it": ({"order complete": PLACED, "button click": named("Palced Order")},
        "metric.near mapping.button.click.name: \"Palced Order\" is nearly Klaviyo's "
        '"Placed Order" => name = "Placed Order"'),
    "another tool's name beside it": ({"order complete": PLACED,
        "button click": named("Purchase")}, ""),
    "another case beside it": ({"order complete": PLACED, "button click": named("placed order")},
        "metric.near mapping.button.click.name: \"placed order\" is nearly Klaviyo's "
        '"Placed Order" => name = "Placed Order"'),
    "several beside it": ({"order complete": PLACED, "button click": named("Placed Orders")}, ""),
    "an own name": ({"product viewed": {}}, "metric.near mapping.product.viewed: the "
        "event's own name \"product viewed\" is nearly Klaviyo's \"Viewed Product\" => name "
        '= "Viewed Product"'),
    "an own name for many": ({"product *": {}}, ""),
    "an own name of a list": ({"product viewed": [{"condition": bool}]},
        "metric.near mapping.product.viewed[0]: the event's own name \"product viewed\" is "
        "nearly Klaviyo's \"Viewed Product\" => name " '= "Viewed Product"'),
    "an order's metric on a view": ({"product view": PLACED},
        "metric.swapped mapping.product.view.name: " '"product view" goes by the name "Placed '
        'Order" => name = "Viewed Product"'),
    "an order's metric on a page's view": ({"page view": PLACED},
        "metric.swapped mapping.page.view.name: " '"page view" goes by the name "Placed '
        'Order" => Give it a name of its own.'),
    "an order's metric on a cart's removal": ({"cart remove": PLACED},
        "metric.swapped mapping.cart.remove.name: " '"cart remove" goes by the name "Placed '
        'Order" => name = "Removed from Cart"'),
    "an order's metric on another": ({"form send": PLACED}, ""),
    "an order under a cancellation": ({"order complete": named("Canceled Order")},
        "metric.swapped " 'mapping.order.complete.name: "order '
        'complete" goes by the name "Canceled ' 'Order" => name = "Placed Order"'),
    "an order under a shipment": ({"order complete": named("Fulfilled Order")}, ""),
    "an order under a shipment, and another": ({"order complete": named("Fulfilled Order"),
        "order place": PLACED}, "metric.swapped " 'mapping.order.complete.name: "order '
        'complete" goes by the name "Fulfilled ' 'Order" => name = "Placed Order"'),
    "a shipment under an order": ({"order ship": PLACED}, ""),
    "a view under a cart": ({"product view": named("Added to Cart")},
        "metric.swapped mapping.product.view.name: " '"product view" goes by the name "Added to '
        'Cart" => name = "Viewed Product"'),
    "a cart under a view": ({"product add": named("Viewed Product")},
        "metric.swapped mapping.product.add.name: " '"product add" goes by the name "Viewed '
        'Product" => name = "Added to Cart"'),
    "a removal under a cart": ({"product remove": named("Added to Cart")}, "metric.swapped "
        'mapping.product.remove.name: "product ' 'remove" goes by the name "Added to Cart" '
        '=> name = "Removed from Cart"'),
    "a start under a cart": ({"checkout start": named("Added to Cart")}, "metric.swapped "
        'mapping.checkout.start.name: "checkout ' 'start" goes by the name "Added to Cart" '
        '=> name = "Started Checkout"'),
    "an update under a cart": ({"product update": named("Viewed Product")}, ""),
    "a page under a cart": ({"page view": named("Added to Cart")}, ""),
    "a refund under a cancellation": ({"order refund": named("Canceled Order")}, ""),
    "exchanged": ({"product view": named("Added to Cart"),
        "product add": named("Viewed Product")}, "metric.swapped mapping.product.view.name: "
        '"product view" goes by the name "Added to ' 'Cart" => name = "Viewed Product"\n'
        "metric.swapped mapping.product.add.name: " '"product add" goes by the name "Viewed '
        'Product" => name = "Added to Cart"'),
    "exchanged by their entities": ({"video play": named("Played Song"),
        "song play": named("Played Video")}, "metric.swapped mapping.video.play.name: "
        '"video play" goes by the name "Played ' 'Song" => name = "Played Video"\n'
        "metric.swapped mapping.song.play.name: " '"song play" goes by the name "Played '
        'Video" => name = "Played Song"'),
    "exchanged in part": ({"video play": named("Played Song"), "song play": named("Played it")},
        ""),
    "exchanged, both named": ({"video play": named("Played Song Video"),
        "song play": named("Played Video")}, ""),
    "an order unnamed": ({"order complete": named(None, value="data.x"),
        "order ship": named("Fulfilled Order")}, "metric.near mapping.order.complete.name: "
        "it goes by the event's own name, and " 'Klaviyo looks for "Placed Order" => name '
        '= "Placed Order"'),
    "an order unnamed, and alone": ({"order complete": named(None, value="data.x")}, ""),
    "an order unnamed, beside it": ({"order complete": named(None, value="data.x"),
        "sale buy": PLACED}, ""),
    "an order unnamed without a value": ({"order complete": {},
        "order ship": named("Fulfilled Order")}, ""),
    "a refund unnamed": ({"order refund": named(None, value="data.x"), "order complete": PLACED},
        "metric.near mapping.order.refund.name: it goes by the event's own name, and Klaviyo "
        'looks for "Refunded Order" => name = ' '"Refunded Order"'),
    "a refund unnamed, of others": ({"fee refund": named(None, value="data.x"),
        "order complete": PLACED}, ""),
    "an old field": ({"form send": {"name": "Sent", "data": {"map": {"$value": "data.x"}}}},
        "name.retired mapping.form.send.data.map.$value: "
        "\"$value\" is a field of Klaviyo's old API => Map it as settings.value of the rule "
        "instead, and leave it out here."),
    "an old trait": ({"form send": {"name": "Sent",
        "settings": {"identify": {"map": {"$email": "data.x"}}}}}, "name.retired "
        "mapping.form.send.settings.identify.map.$email: "
        "\"$email\" is a field of Klaviyo's old API => Map it as settings.email instead, and "
        "leave it out here."),
    "an old trait within": ({"form send": {"name": "Sent",
        "settings": {"identify": {"map": {"properties": {"map": {"$city": "data.x"}}}}}}},
        "name.retired mapping.form.send.settings.identify.map.properties.map.$city: "
        "\"$city\" is a field of Klaviyo's old API => Map it as "
        "settings.identify.map.location.map.city instead, and leave it out here."),
    "a name": ({"form send": {"name": "Sent", "data": {"map": {"value": "data.x"}}}}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "says"), LINTED.values(), ids=LINTED)
def test_metrics_by_their_names(rules: Raw, says: str) -> None:
    """Nearly Klaviyo's, on another thing, exchanged, or of its old API."""
    assert linted(lint_metrics, shop(rules)) == says


def test_an_old_field_of_all_rules() -> None:
    """In the data that each inherits."""
    assert linted(lint_metrics, shop({}, data={"map": {"$value": "data.x"}})) == (
        'name.retired data.map.$value: "$value" is a field of Klaviyo\'s old API => Map it '
        "as settings.value of the rule instead, and leave it out here."
    )


MEANINGS: dict[str, str | None] = {
    "order complete": "order",
    "Order Complete": "order",
    "order complete[1]": "order",
    "order refund": "refund",
    "refund complete": "refund",
    "cancellation create": "cancel",
    "page view": "view",
    "page scroll": "other",
    "page complete": "order",
    "delivery complete": "fulfill",
    "delivery start": None,
    "delivery deliver": "fulfill",
    "product view": "view",
    "item view": "view",
    "cart view": "view",
    "order view": None,
    "checkout start": "start",
    "order start": "start",
    "form start": None,
    "form send": None,
    "product add": "add",
    "form": None,
    "": None,
}


@pytest.mark.parametrize("label", MEANINGS)
def test_what_a_rules_events_say_happened(label: str) -> None:
    """By the action, and by what it is done to."""
    assert meaning_of(label or None) == MEANINGS[label]


@pytest.mark.parametrize(
    ("rule", "name", "is_one"),
    [
        ("order complete", "Placed Order", True),
        ("order ship", "Placed Order", True),
        ("checkout start", "Placed Order", True),
        ("form send", "Placed Order", True),
        ("product view", "Placed Order", False),
        ("order complete", "Bought", False),
    ],
)
def test_what_records_an_order(rule: str, name: str, is_one: bool) -> None:
    """By the metric, and by what the events are."""
    config, _ = look_at(shop({rule: named(name)}), [])
    assert is_order(config.rules[0]) is is_one


@pytest.mark.parametrize(
    ("name", "metric", "is_so"),
    [
        ("product remove", "Added to Cart", True),
        ("Product Remove", "Added to Cart", True),
        ("product remove", "Viewed Product", True),
        ("product add", "Added to Cart", False),
        ("checkout start", "Viewed Product", True),
        ("checkout start", "Placed Order", False),
        ("wishlist remove", "Added to Cart", False),
        ("cart update", "Viewed Product", False),
        ("product add", "Sent", False),
        ("product add", None, False),
    ],
)
def test_what_is_the_contrary_of_a_metric(name: str, metric: str | None, is_so: bool) -> None:
    """And cannot be both."""
    assert is_contrary(name, metric) is is_so


CART = {"product *": named("Added to Cart")}


def several(*names: str) -> list[Raw]:
    """Events of these names."""
    return [event(name, {"total": 9}, at, at) for at, name in enumerate(names)]


MONEY = {"value": "data.total", "currency": "EUR"}


def twins(count: int, gap: float = 1, **more: Any) -> list[Raw]:
    """Orders told by two events; and one more by the second."""
    return [
        *(event("order complete", {"total": 9}, at * 90, at) for at in range(count)),
        *(event("thanks see", {"total": 9, **more}, at * 90 + gap, at) for at in range(count + 1)),
    ]


TWO = {
    "order complete": named("Placed Order", **MONEY),
    "thanks see": named("Placed Order", **MONEY),
}
SAMPLED: dict[str, tuple[Raw, list[Raw], str]] = {
    "told twice, more often by the first": (TWO, [*twins(3),
        *(event("order complete", {"total": 1}, 900, at) for at in range(2))],
        "metric.twice mapping.thanks.see (line 4): 3 of its 4 events are recorded by "
        "mapping.order.complete too, under another unique_id => Replace mapping.thanks.see "
        "or mapping.order.complete by { ignore = true }."),
    "an own name for many": ({"product *": {}}, several("product viewed"),
        "metric.near mapping.product.*: the event's own name \"product viewed\" is "
        "nearly Klaviyo's \"Viewed Product\" => name " '= "Viewed Product"'),
    "no rule": ({"form send": {}}, several("product viewed"),
        "metric.near mapping: the event's own name \"product viewed\" is nearly Klaviyo's "
        '"Viewed Product" => name = "Viewed ' 'Product"'),
    "an own name for one": ({"product viewed": {}}, several("product viewed"), ""),
    "removals": (CART, several(*["product remove"] * 3),
        "metric.swapped mapping.product.*.name: it " 'takes 3 events "product remove" too, as '
        '"Added to Cart" => Write a rule ' "mapping.product.remove of their own."),
    "two removals": (CART, several(*["product remove"] * 2), ""),
    "additions": (CART, several(*["product add"] * 3), ""),
    "views": (CART, several(*["product add", *["product view"] * 3]),
        "metric.swapped mapping.product.*.name: it " 'takes 3 events "product view" too, as '
        '"Added to Cart" => Write a rule ' "mapping.product.view of their own with "
        'name = "Viewed Product".'),
    "removals of its own": ({"product remove": named("Added to Cart")},
        several(*["product remove"] * 3), ""),
    "told twice": (TWO, twins(3), "metric.twice mapping.order.complete (line "
        "1): 3 of its 3 events are recorded by mapping.thanks.see too, under another "
        "unique_id => Replace mapping.order.complete or "
        "mapping.thanks.see by { ignore = true }."),
    "told twice, of two": (TWO, twins(2), ""),
    "told twice at the end of a visit": (TWO, twins(3, 29.9),
        "metric.twice mapping.order.complete (line 1): 3 of its 3 events are recorded by "
        "mapping.thanks.see too, under another unique_id => Replace "
        "mapping.order.complete or mapping.thanks.see by { ignore = true }."),
    "told after it": (TWO, twins(3, 30), ""),
    "told before": (TWO, twins(3, -29.9), "metric.twice mapping.order.complete (line "
        "1): 3 of its 3 events are recorded by mapping.thanks.see too, under another "
        "unique_id => Replace mapping.order.complete or "
        "mapping.thanks.see by { ignore = true }."),
    "of another amount": (TWO, twins(3, total=8), ""),
    "of another metric": ({**TWO, "thanks see": named("Refunded Order", **MONEY)}, twins(3), ""),
    "of a metric of ones own": ({key: named("Bought", **MONEY) for key in TWO}, twins(3),
        "metric.twice mapping.order.complete (line 1): 3 of its 3 events are recorded by "
        "mapping.thanks.see too, under another unique_id => Replace "
        "mapping.order.complete or mapping.thanks.see by { ignore = true }."),
    "of another metric of Klaviyo's": ({key: named("Fulfilled Order", **MONEY) for key in TWO},
        twins(3), ""),
    "without an amount": (dict.fromkeys(TWO, PLACED), twins(3), ""),
    "under one id": ({key: named("Placed Order", **MONEY, uniqueId="data.total") for key in TWO},
        twins(3), ""),
    "half": (TWO, [*twins(3),
        *(event("order complete", {"total": 1}, 900, at) for at in range(3)),
        *(event("thanks see", {"total": 2}, 900, at) for at in range(3))], ""),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "events", "says"), SAMPLED.values(), ids=SAMPLED)
def test_metrics_by_which_events_go(rules: Raw, events: list[Raw], says: str) -> None:
    """By their own names, the contrary of what they say, or one payment by two rules."""
    assert judged(judge_metrics, shop(rules), events) == says


GOOD = event("form send")
SECONDS = {**GOOD, "timestamp": "2026-10-12T10:00:00Z"}
LINES: dict[str, tuple[list[Any], str]] = {
    "no events, for two reasons": ([{**GOOD, "name": "formSend"}, SECONDS],
        "sample.invalid --events (line 1): 2 of the sample's lines are not events; line "
        '1: name: expected two words, "entity ' 'action", such as "order complete" => Name '
        'it "entity action", for example "order ' 'complete".'),
    "a name of three words": ([{**GOOD, "name": "formSendNow"}],
        "sample.invalid name (line 1): 1 of the sample's lines are not events; line 1: "
        'name: expected two words, "entity ' 'action", such as "order complete" => Send '
        '"form send" in place of "formSendNow".'),
    "of two names": ([*[SECONDS] * 3, *[{**SECONDS, "name": "page view"}] * 3,
        *several(*["ad see"] * 9)], "sample.invalid timestamp (line 1): 6 of "
        "the sample's lines are not events; line 1: timestamp: expected milliseconds since "
        "1970 as a number; got a string => Send 1791799200000 in place of "
        '"2026-10-12T10:00:00Z".'),
    "none": ([], "sample.invalid --events: the sample holds no event"),
    "sound": ([GOOD], ""),
    "no events": ([3, "x"], "sample.invalid --events: 2 of the "
        "sample's lines are not events; line 1: expected an object, got a number => Send "
        "one walkerOS event, a JSON object, per line."),
    "no events, for one reason": ([{**GOOD, "name": "formSend"}] * 2,
        "sample.invalid name (line 1): 2 of the sample's lines are not events; line 1: "
        'name: expected two words, "entity ' 'action", such as "order complete" => Send '
        '"form send" in place of "formSend".'),
    "as many as events": ([{**GOOD, "name": "x"}, GOOD], ""),
    "more than events": ([{**GOOD, "name": "form_send"}] * 2 + [GOOD],
        "sample.invalid name (line 1): 2 of the sample's lines are not events; line 1: "
        'name: expected two words, "entity ' 'action", such as "order complete" => Send '
        '"form send" in place of "form_send".'),
    "one word": ([{**GOOD, "name": "form"}], "sample.invalid name (line 1): 1 of the "
        "sample's lines are not events; line 1: " 'name: expected two words, "entity '
        'action", such as "order complete" => Name ' 'it "entity action", for example "order '
        'complete".'),
    "three words": ([{**GOOD, "name": "Order Placed Now 2"}], ""),
    "no text": ([{**GOOD, "name": 3}], "sample.invalid name (line 1): 1 of the "
        "sample's lines are not events; line 1: " 'name: expected two words, "entity '
        'action", such as "order complete" => Name ' 'it "entity action", for example "order '
        'complete".'),
    "a time in words": ([SECONDS] * 3 + several(*["page view"] * 9),
        "sample.invalid timestamp (line 1): 3 of the sample's lines are not events; line "
        "1: timestamp: expected milliseconds since 1970 as a number; got a string => Send "
        "1791799200000 in place of " '"2026-10-12T10:00:00Z".'),
    "of a name half": ([SECONDS] * 3 + [GOOD] * 3, ""),
    "of a name more than half": ([SECONDS] * 4 + [GOOD] * 3 + several("page view"),
        "sample.invalid timestamp (line 1): 4 of the sample's lines are not events; line "
        "1: timestamp: expected milliseconds since 1970 as a number; got a string => Send "
        "1791799200000 in place of " '"2026-10-12T10:00:00Z".'),
    "of a name two": ([SECONDS] * 2 + several(*["page view"] * 9), ""),
    "no times": ([{**GOOD, "timestamp": None}] * 3, "sample.invalid timestamp (line 1): 3 of "
        "the sample's lines are not events; line 1: timestamp: expected milliseconds since "
        "1970 as a number; it is missing => Send milliseconds since 1970 as a number, as "
        "walkerOS does."),
    "a day": ([{**GOOD, "timestamp": "2026-10-12"}] * 3,
        "sample.invalid timestamp (line 1): 3 of the sample's lines are not events; line "
        "1: timestamp: expected milliseconds since 1970 as a number; got a string => Send "
        '1791763200000 in place of "2026-10-12".'),
    "a time in a zone": ([{**GOOD, "timestamp": "2026-10-12T10:00:00+02:00"}] * 3,
        "sample.invalid timestamp (line 1): 3 of the sample's lines are not events; line "
        "1: timestamp: expected milliseconds since 1970 as a number; got a string => Send "
        "1791792000000 in place of " '"2026-10-12T10:00:00+02:00".'),
    "microseconds in words": ([{**GOOD, "timestamp": f"{START}000"}] * 3,
        "sample.invalid timestamp (line 1): 3 of the sample's lines are not events; line "
        "1: timestamp: expected milliseconds since 1970 as a number; got a string => Send "
        "1793318400000 in place of " '"1793318400000000".'),
    "no time": ([{**GOOD, "timestamp": "now"}] * 3, "sample.invalid timestamp (line 1): 3 of "
        "the sample's lines are not events; line 1: timestamp: expected milliseconds since "
        "1970 as a number; got a string => Send milliseconds since 1970 as a number, as "
        "walkerOS does."),
    "before time": ([{**GOOD, "timestamp": "-5"}] * 3, "sample.invalid timestamp (line 1): 3 of "
        "the sample's lines are not events; line 1: timestamp: expected milliseconds since "
        "1970 as a number; got a string => Send milliseconds since 1970 as a number, as "
        "walkerOS does."),
    "zero": ([{**GOOD, "timestamp": "0"}] * 3, "sample.invalid timestamp (line 1): 3 of "
        "the sample's lines are not events; line 1: timestamp: expected milliseconds since "
        "1970 as a number; got a string => Send milliseconds since 1970 as a number, as "
        "walkerOS does."),
    "without ids": ([{**GOOD, "id": None}] * 4, "sample.ids settings.uniqueId (line 1): 4 "
        "of 4 events have no id of their own"),
    "three without ids": ([{**GOOD, "id": None}] * 3, ""),
    "half without ids": ([{**GOOD, "id": None}] * 4 + [GOOD] * 4, ""),
    "more than half without ids": ([{**GOOD, "id": None}] * 5 + [GOOD] * 4,
        "sample.ids settings.uniqueId (line 1): 5 of 9 events have no id of their own"),
    "others' ids": ([event("form send", {}, at, id="x") for at in range(4)],
        "sample.ids settings.uniqueId (line 2): 3 of 4 events have the id of another one of "
        "the same person, such as those of lines 1 and 2!"),
    "others' ids, of three": ([event("form send", {}, at, id="x") for at in range(3)], ""),
    "sent again": ([event("form send", {}, 0, id="x")] * 4, ""),
    "of other people": ([event("form send", {}, at, at, id="x") for at in range(4)], ""),
    "three of sixty": ([event("form send", {}, at, id="x") for at in range(4)] + [GOOD] * 56,
        "sample.ids settings.uniqueId (line 2): 3 of 60 events have the id of another one "
        "of the same person, such as those of lines 1 and 2!"),
    "three of sixty-one": ([event("form send", {}, at, id="x") for at in range(4)] + [GOOD] * 57,
        ""),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "says"), LINES.values(), ids=LINES)
def test_lines_and_their_ids(lines: list[Any], says: str) -> None:
    """What are no events, what has no id, and what has another event's."""
    config = parse_config(shop({"form send": named("Sent")}))
    if all(isinstance(one, dict) for one in lines):
        config, shown = look_at(shop({"form send": named("Sent")}), lines)
    else:
        shown = look(config, enumerate(lines, 1))
    assert told(judge_events(config, shown)) == says
