"""Is each event counted once, and only once? What is said of the ids of a few events."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import DAY, Raw, event, judged, linted, shop

from walkeros_klaviyo.verify.questions.unique_ids.lint import lint_unique_ids
from walkeros_klaviyo.verify.questions.unique_ids.sample import judge_unique_ids


def odd(value: Any, event: Any) -> bool:
    """A function of the shop's own."""
    return True


ORDER = {"name": "Placed Order", "settings": {"value": "data.total", "currency": "EUR"}}
OWN = {"value": "data.total", "currency": "EUR", "uniqueId": "data.id"}
CANCEL = {"name": "Canceled Order", "settings": {"uniqueId": "data.id"}}
LOOK = {"name": "Viewed Product", "data": {"map": {"ProductID": "data.id", "Name": "data.name"}}}


def identified(unique_id: Any, **more: Any) -> Raw:
    """A rule with this unique id."""
    return {"name": "Placed Order", "settings": {**OWN, "uniqueId": unique_id}, **more}


WRITTEN: dict[str, tuple[Raw, Raw, str]] = {
    "sound": ({"order complete": identified("data.id"), "order cancel": CANCEL}, {}, ""),
    "an order without": ({"order complete": ORDER}, {}, "unique-id.unmapped "
        "mapping.order.complete.settings.uniqueId: "
        "\"Placed Order\" goes under its event's id, and not under the order's => "
        "mapping.order.complete.settings.uniqueId " '= "data.id"'),
    "an order by its event's id": ({"order complete": identified("id")}, {}, "unique-id.unmapped "
        "mapping.order.complete.settings.uniqueId: "
        "\"Placed Order\" goes under its event's id, and not under the order's => "
        "mapping.order.complete.settings.uniqueId " '= "data.id"'),
    "an order by its time": ({"order complete": identified("timestamp")}, {},
        "unique-id.unmapped mapping.order.complete.settings.uniqueId: "
        '"Placed Order" goes under "timestamp", ' "which is new each time, and not under the "
        "order's => mapping.order.complete.settings.uniqueId " '= "data.id"'),
    "an order by a function": ({"order complete": identified({"key": "timestamp",
        "validate": odd})}, {}, ""),
    "an order, else its event's id": ({"order complete": identified(["data.id", "id"])}, {}, ""),
    "first its event's id": ({"order complete": identified(["id", "data.id"])}, {},
        "unique-id.unmapped mapping.order.complete.settings.uniqueId: "
        "\"Placed Order\" goes under its event's id, and not under the order's => "
        "mapping.order.complete.settings.uniqueId " '= "data.id"'),
    "no order": ({"order complete": {"name": "Bought"}}, {}, ""),
    "by the amount": ({"order complete": identified("data.total")}, {}, "unique-id.repeats "
        "mapping.order.complete.settings.uniqueId: " '"data.total" is the amount: other orders '
        "of a visitor may have the same => mapping.order.complete.settings.uniqueId "
        '= "data.id"'),
    "else by the amount": ({"order complete": identified(["data.number", "data.total"])}, {},
        "unique-id.repeats mapping.order.complete.settings.uniqueId: "
        '"data.total" is the amount: other orders ' "of a visitor may have the same => "
        "mapping.order.complete.settings.uniqueId " '= "data.id"'),
    "by an amount that is none by its name": ({"order complete": {"name": "Bought",
        "settings": {**OWN, "value": "data.x", "uniqueId": "data.x"}}}, {}, ""),
    "by what is no amount of the rule": ({"order complete": {"name": "Bought",
        "settings": {"uniqueId": "data.total"}}}, {}, ""),
    "a constant": ({"order complete": identified({"value": "order"})}, {}, "unique-id.constant "
        "mapping.order.complete.settings.uniqueId: every event gets the same unique_id"),
    "a constant that is no id": ({"order complete": identified({"value": ""})}, {}, ""),
    "a constant stands in": ({"order complete": identified(["data.id", {"value": "order"}])}, {},
        "unique-id.constant mapping.order.complete.settings.uniqueId[1]: "
        "all without it get the same unique_id => Leave the constant out: the event's own "
        "id is used then."),
    "a default": ({"order complete": identified({"key": "data.id", "value": "order"})}, {},
        "unique-id.constant mapping.order.complete.settings.uniqueId.value: "
        "all without it get the same unique_id => Leave the constant out: the event's own "
        "id is used then."),
    "two constants": ({"order complete": identified([{"key": "data.id", "value": "a"},
        {"value": "b"}])}, {}, "unique-id.constant "
        "mapping.order.complete.settings.uniqueId[0].value: "
        "all without it get the same unique_id => Leave the constant out: the event's own "
        "id is used then.\nunique-id.constant mapping.order.complete.settings.uniqueId[1]: "
        "all without it get the same unique_id => Leave the constant out: the event's own "
        "id is used then."),
    "a session's": ({"order complete": identified("user.session")}, {}, "unique-id.constant "
        "mapping.order.complete.settings.uniqueId: " '"user.session" is the same for many '
        "events of a visitor"),
    "else a session's": ({"order complete": identified(["data.id", "user.session"])}, {},
        "unique-id.constant mapping.order.complete.settings.uniqueId[1]: "
        '"user.session" is the same for many ' "events of a visitor"),
    "two of many": ({"order complete": identified(["user.id", "user.session"])}, {},
        "unique-id.constant mapping.order.complete.settings.uniqueId[0]: "
        '"user.id" is the same for many events of ' "a visitor\nunique-id.constant "
        "mapping.order.complete.settings.uniqueId[1]: " '"user.session" is the same for many '
        "events of a visitor"),
    "first a session's": ({"order complete": identified(["user.session", "data.id"])}, {}, ""),
    "a session's, by a function": ({"order complete": identified({"key": "user.session",
        "validate": odd})}, {}, ""),
    "an account's by its owner": ({"account create": {"name": "Joined",
        "settings": {"uniqueId": "user.id"}}}, {}, ""),
    "an account's by its page": ({"account create": {"name": "Joined",
        "settings": {"uniqueId": "source.url"}}}, {}, "unique-id.constant "
        "mapping.account.create.settings.uniqueId: " '"source.url" is the same for many events '
        "of a visitor"),
    "any account's by its owner": ({"account *": {"name": "Joined",
        "settings": {"uniqueId": "user.id"}}}, {}, "unique-id.constant "
        "mapping.account.*.settings.uniqueId: " '"user.id" is the same for many events of '
        "a visitor"),
    "a payment by its owner": ({"fee pay": {"name": "Joined", "settings": {**OWN,
        "uniqueId": "user.id"}}}, {}, "unique-id.constant mapping.fee.pay.settings.uniqueId: "
        '"user.id" is the same for many events of ' "a visitor"),
    "a look by its owner": ({"product view": {"name": "Viewed Product",
        "settings": {"uniqueId": "user.id"}}}, {}, "unique-id.constant "
        "mapping.product.view.settings.uniqueId: " '"user.id" is the same for many events of '
        "a visitor"),
    "a list by its owner": ({"list join": {"name": "Subscribed to List",
        "settings": {"uniqueId": "user.id"}}}, {}, ""),
    "the destination's by its owner": ({}, {"settings": {"uniqueId": "user.id"}},
        "unique-id.constant settings.uniqueId: " '"user.id" is the same for many events of '
        "a visitor"),
    "the destination's": ({}, {"settings": {"uniqueId": "data.id"}}, ""),
    "a look by its product": ({"product view": {**LOOK, "settings": {"uniqueId": "data.id"}}}, {},
        "unique-id.repeats mapping.product.view.settings.uniqueId: "
        "\"data.id\" is the product's, and a visitor comes to it again => "
        "mapping.product.view.settings.uniqueId = " '"id"'),
    "a look by another id": ({"product view": {**LOOK, "settings": {"uniqueId": "data.look"}}},
        {}, ""),
    "a look by its name": ({"product view": {**LOOK, "settings": {"uniqueId": "data.name"}}}, {},
        ""),
    "a look by its SKU": ({"product view": {"name": "Viewed Product",
        "data": {"map": {"SKU": "data.sku"}}, "settings": {"uniqueId": "data.sku"}}}, {},
        "unique-id.repeats mapping.product.view.settings.uniqueId: "
        "\"data.sku\" is the product's, and a visitor comes to it again => "
        "mapping.product.view.settings.uniqueId = " '"id"'),
    "a look by two": ({"product view": {**LOOK, "settings": {"uniqueId": ["data.id",
        "data.sku"]}}}, {}, ""),
    "a look by a function": ({"product view": {**LOOK, "settings": {"uniqueId": {"key": "data.id",
        "validate": odd}}}}, {}, ""),
    "a look without data": ({"product view": {"name": "Viewed Product",
        "settings": {"uniqueId": "data.id"}}}, {}, ""),
    "a look that inherits": ({"product view": LOOK}, {"settings": {"uniqueId": "data.id"}}, ""),
    "a sale by its product": ({"product sell": {**LOOK, "name": "Sold",
        "settings": {"uniqueId": "data.id"}}}, {}, ""),
    "two products": ({"product view": {"name": "Viewed Product",
        "data": {"map": {"ProductID": "data.id", "SKU": "data.id"}},
        "settings": {"uniqueId": "data.id"}}}, {}, "unique-id.repeats "
        "mapping.product.view.settings.uniqueId: \"data.id\" is the product's, and a visitor "
        "comes to it again => mapping.product.view.settings.uniqueId = " '"id"'),
    "in a loop": ({"product view": {"name": "Viewed Product",
        "data": {"map": {"Products": {"loop": ["nested", "data.id"]}}},
        "settings": {"uniqueId": "data.id"}}}, {}, ""),
    "a cancellation without": ({"order complete": identified("data.id"),
        "order cancel": {"name": "Canceled Order"}}, {}, "unique-id.order "
        "mapping.order.cancel.settings.uniqueId: \"Canceled Order\" goes under its event's "
        "id, not its order's => mapping.order.cancel.settings.uniqueId = "
        '"data.id", or wherever the event has the ' "order's id."),
    "a refund by its time": ({"order complete": identified("data.id"),
        "order refund": {"name": "Refunded Order", "settings": {"uniqueId": "timestamp"}}}, {},
        "unique-id.order mapping.order.refund.settings.uniqueId: "
        '"Refunded Order" goes under "timestamp", ' "which is new each time, not its order's "
        "=> mapping.order.refund.settings.uniqueId " '= "data.id", or wherever the event has '
        "the order's id."),
    "a cancellation of no order": ({"order cancel": {"name": "Canceled Order"}}, {}, ""),
    "a cancellation, ignored": ({"order complete": identified("data.id"),
        "order cancel": {"ignore": True}}, {}, ""),
    "a cancellation of two orders": ({"order complete": identified("data.id"),
        "sale complete": identified("data.number"), "order cancel": {"name": "Canceled Order"}},
        {}, "unique-id.order mapping.order.cancel.settings.uniqueId: "
        "\"Canceled Order\" goes under its event's id, not its order's"),
    "a cancellation of what has no id": ({"order complete": identified("user.id"),
        "order cancel": {"name": "Canceled Order"}}, {}, "unique-id.constant "
        "mapping.order.complete.settings.uniqueId: " '"user.id" is the same for many events of '
        "a visitor\nunique-id.order mapping.order.cancel.settings.uniqueId: "
        "\"Canceled Order\" goes under its event's id, not its order's"),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "more", "says"), WRITTEN.values(), ids=WRITTEN)
def test_what_no_event_is_needed_to_see(rules: Raw, more: Raw, says: str) -> None:
    """What events share, orders without an id, and reversals that name no order."""
    assert linted(lint_unique_ids, shop(rules, **more)) == says


FORM = {"name": "Sent", "data": "data.map", "settings": {"uniqueId": "data.form"}}
PAY = {"name": "Paid", "settings": {**OWN, "uniqueId": "data.contract"}}


def sent(
    *events: tuple[float, Any, Raw], name: str = "form send", rule: Raw = FORM, **more: Any
) -> str:
    """Events at these times, of these visitors, with these data."""
    ids = [data.pop("_id", f"e{line}") for line, (*_, data) in enumerate(map(_copied, events), 1)]
    made = [
        event(name, {key: one for key, one in data.items() if key != "_id"}, at, who, id=own)
        for (at, who, data), own in zip(events, ids, strict=True)
    ]
    made += more.pop("others", [])
    return judged(judge_unique_ids, shop({name: rule, **more.pop("rules", {})}, **more), made)


def _copied(one: tuple[float, Any, Raw]) -> tuple[float, Any, Raw]:
    return one[0], one[1], dict(one[2])


def said(form: str, **data: Any) -> Raw:
    """A form with what was written in it."""
    return {"form": form, "map": {"Text": "a", **data}}


A, B = said("f"), said("f", Text="b")
OTHERS = [(at, 10 + at, said(f"g{at}")) for at in range(60)]
REPEATED: dict[str, tuple[list[Any], str]] = {
    "another text": ([(0, 1, A), (1, 1, B), (2, 1, B), (3, 1, B)], "unique-id.repeats "
        "mapping.form.send.settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.form" gives'),
    "two": ([(0, 1, A), (1, 1, B), (2, 1, B)], ""),
    "of other people": ([(0, 1, A), (1, 1, B), (2, 2, A), (3, 2, B)], ""),
    "of two people": ([(0, 1, A), (1, 1, B), (2, 1, B), (3, 2, A), (4, 2, B)],
        "unique-id.repeats mapping.form.send.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.form" gives'),
    "three of sixty": ([(0, 1, A), (1, 1, B), (2, 1, B), (3, 1, B), *OTHERS[:56]],
        "unique-id.repeats mapping.form.send.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.form" gives'),
    "three of sixty-one": ([(0, 1, A), (1, 1, B), (2, 1, B), (3, 1, B), *OTHERS[:57]], ""),
    "told twice": ([(0, 1, {**A, "_id": "x"}), *[(1, 1, {**B, "_id": "x"})] * 3], ""),
    "without an id": ([(0, 1, {**A, "_id": None}), *[(1, 1, {**B, "_id": None})] * 3],
        "unique-id.repeats mapping.form.send.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.form" gives'),
    "the same text": ([(0, 1, A), (1, 1, A), (2, 1, A), (3, 1, A)], ""),
    "the same text on other visits": ([(0, 1, A), (31, 1, A), (62, 1, A), (93, 1, A)],
        "unique-id.repeats mapping.form.send.settings.uniqueId (line "
        "2): lines 1 and 2 are events of one visitor's different visits with the "
        'unique_id that "data.form" gives'),
    "within a visit": ([(0, 1, A), (30, 1, A), (30, 1, A), (30, 1, A)], ""),
    "earlier": ([(99, 1, A), (0, 1, A), (0, 1, A), (0, 1, A)], "unique-id.repeats "
        "mapping.form.send.settings.uniqueId (line 2): lines 1 and 2 are events of one "
        "visitor's different visits with the " 'unique_id that "data.form" gives'),
    "one says more": ([(0, 1, A), *[(1, 1, said("f", More="x"))] * 3], ""),
    "and another says otherwise": ([(0, 1, said("f", More="y")), *[(1, 1, said("f", More="x"))]
        * 3], "unique-id.repeats mapping.form.send.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.form" gives'),
    "another circumstance": ([(0, 1, said("f", event_id="1", source_url="a", globals_x="b",
        context_y="c")), *[(1, 1, said("f", event_id="2", source_url="d", globals_x="e",
        context_y="f"))] * 3], ""),
    "another by another name": ([(0, 1, said("f", eventual="1")), *[(1, 1, said("f",
        eventual="2"))] * 3], "unique-id.repeats mapping.form.send.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.form" gives'),
    "a constant": ([(at, who, said("f", Text=str(at))) for who in range(3) for at in range(3)],
        "unique-id.constant mapping.form.send.settings.uniqueId (line "
        "2): 9 of 9 events get the same unique_id"),
    "a constant of two": ([(at, who, said("f", Text=str(at)))
        for who in range(2) for at in range(3)], "unique-id.repeats "
        "mapping.form.send.settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.form" gives'),
    "nearly a constant": ([(at, who, said("f", Text=str(at)))
        for who in range(3) for at in range(6)] + OTHERS[:2], "unique-id.repeats "
        "mapping.form.send.settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.form" gives'),
    "a constant but for one": ([(at, who, said("f", Text=str(at)))
        for who in range(3) for at in range(6)] + OTHERS[:1], "unique-id.constant "
        "mapping.form.send.settings.uniqueId (line "
        "2): 18 of 19 events get the same unique_id"),
}  # fmt: skip


@pytest.mark.parametrize(("events", "says"), REPEATED.values(), ids=REPEATED)
def test_different_events_of_a_visitor_under_one_id_are_lost(events: list[Any], says: str) -> None:
    """Where enough of them are, and they are not the same told again."""
    assert sent(*events) == says


def paid(total: Any, contract: str = "c", **more: Any) -> Raw:
    """A payment."""
    return {"total": total, "contract": contract, **more}


def every(days: float, count: int = 4, **more: Any) -> list[Any]:
    """The same payment each so many days."""
    return [(at * days * DAY, 1, paid(9, **more)) for at in range(count)]


PAID: dict[str, tuple[list[Any], str]] = {
    "one without its invoice": ([(0, 1, paid(9))] + [(0, 1, paid(9, invoice="I1"))] * 3, ""),
    "as often as it is not": ([(at * DAY, 1, paid(9)) for at in (0, 25.5, 55.5, 90)], ""),
    "other amounts": ([(at, 1, paid(9 + at)) for at in range(4)], "unique-id.repeats "
        "mapping.rent.pay.settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.contract" gives'),
    "the same": ([(0, 1, paid(9))] * 4, ""),
    "the same, and one without": ([(0, 1, paid(None))] + [(0, 1, paid(9))] * 3,
        "unique-id.repeats mapping.rent.pay.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.contract" gives'),
    "the same amount of other invoices": ([(0, 1, paid(9, invoice=f"I{at}")) for at in range(4)],
        "unique-id.repeats mapping.rent.pay.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.contract" gives'),
    "the same of other states":
        ([(0, 1, paid(9, invoice="open"))] + [(0, 1, paid(9, invoice="paid"))] * 3, ""),
    "the same with other words": ([(0, 1, paid(9, note=f"I{at}")) for at in range(4)], ""),
    "the same on other visits": ([(at * 60, 1, paid(9)) for at in range(4)], ""),
    "each month": (every(30), "unique-id.repeats mapping.rent.pay.settings.uniqueId (line "
        "2): lines 1 and 2 are payments of one visitor, which come regularly, with the "
        'unique_id that "data.contract" gives'),
    "twice": (every(30, 3), ""),
    "each week": (every(7), "unique-id.repeats mapping.rent.pay.settings.uniqueId (line "
        "2): lines 1 and 2 are payments of one visitor, which come regularly, with the "
        'unique_id that "data.contract" gives'),
    "each six days": (every(6), ""),
    "a month, and a little": ([(at * DAY, 1, paid(9)) for at in (0, 30, 60, 94.4)],
        "unique-id.repeats mapping.rent.pay.settings.uniqueId (line "
        "2): lines 1 and 2 are payments of one visitor, which come regularly, with the "
        'unique_id that "data.contract" gives'),
    "now and then": ([(at * DAY, 1, paid(9)) for at in (0, 10, 30, 70, 150)], ""),
    "half of the time": ([(at * DAY, 1, paid(9)) for at in (0, 10, 40, 70, 150)], ""),
    "more than half of the time": ([(at * DAY, 1, paid(9))
        for at in (0, 30, 60, 90, 120, 200, 300)], "unique-id.repeats "
        "mapping.rent.pay.settings.uniqueId (line 2): lines 1 and 2 are payments of one "
        "visitor, which come regularly, with the " 'unique_id that "data.contract" gives'),
    "in no order": ([(at * DAY, 1, paid(9)) for at in (90, 0, 60, 30)], "unique-id.repeats "
        "mapping.rent.pay.settings.uniqueId (line 4): lines 2 and 4 are payments of one "
        "visitor, which come regularly, with the " 'unique_id that "data.contract" gives'),
}  # fmt: skip


@pytest.mark.parametrize(("events", "says"), PAID.values(), ids=PAID)
def test_other_payments_under_one_id_are_lost(events: list[Any], says: str) -> None:
    """By another amount, another invoice's number, or because they are due again."""
    assert sent(*events, name="rent pay", rule=PAY) == says


NONE = {"name": "Paid", "settings": {"value": "data.total", "currency": "EUR"}}


def twice(**again: Any) -> list[Any]:
    """Two payments, each told twice; `again` is what is else the second time."""
    at, who = again.pop("at", 5), again.pop("who", 0)
    return [
        one
        for number in range(2)
        for one in (
            (number, number, {"number": f"N{number}", "total": 9}),
            (number + at, number + who, {"number": f"N{number}", "total": 9, **again}),
        )
    ]


TWICE: dict[str, tuple[list[Any], Raw, str]] = {
    "one id of the event, and two unique ids": ([(at, who, {**data, "_id": data["number"],
        "time": at}) for at, who, data in twice()], {"rule": {"name": "Paid", "settings": {**OWN,
        "uniqueId": "data.time"}}}, ""),
    "the same": (twice(), {}, "unique-id.unmapped mapping.rent.pay.settings.uniqueId (line "
        "2): lines 1 and 2 describe the same payment under two unique_ids: 2 are counted "
        "twice => mapping.rent.pay.settings.uniqueId = " '"data.number"'),
    "once": (twice()[:2], {}, ""),
    "by somebody else": (twice(who=1), {}, ""),
    "of another amount": (twice(total=8), {}, ""),
    "at the end of a visit": (twice(at=29.9), {}, "unique-id.unmapped "
        "mapping.rent.pay.settings.uniqueId (line 2): lines 1 and 2 describe the same payment "
        "under two unique_ids: 2 are counted twice => "
        "mapping.rent.pay.settings.uniqueId = " '"data.number"'),
    "after it": (twice(at=30), {}, ""),
    "before": (twice(at=-29.9), {}, "unique-id.unmapped "
        "mapping.rent.pay.settings.uniqueId (line 2): lines 1 and 2 describe the same payment "
        "under two unique_ids: 2 are counted twice => "
        "mapping.rent.pay.settings.uniqueId = " '"data.number"'),
    "before the visit": (twice(at=-30), {}, ""),
    "of no amount": (twice(), {"rule": {"name": "Paid"}}, ""),
    "one id of the event": ([(at, who, {**data, "_id": data["number"]})
        for at, who, data in twice()], {}, ""),
    "one unique id": (twice(), {"rule": {"name": "Paid", "settings": {**OWN,
        "uniqueId": "data.number"}}}, ""),
    "by its time, which is said too": ([(at, who, {**data, "time": at})
        for at, who, data in twice()], {"rule": {"name": "Paid", "settings": {**OWN,
        "uniqueId": "data.time"}}}, "unique-id.unmapped "
        "mapping.rent.pay.settings.uniqueId (line 2): lines 1 and 2 describe the same payment "
        "under two unique_ids: 2 are counted twice => "
        "mapping.rent.pay.settings.uniqueId = " '"data.number"'),
    "by a number that differs": ([(at, who, {**data, "payId": str(at)})
        for at, who, data in twice()], {"rule": {"name": "Paid", "settings": {**OWN,
        "uniqueId": "data.payId"}}}, ""),
    "no number": ([(at, who, {"total": 9}) for at, who, _ in twice()], {}, ""),
    "one number for all": ([(at, who, {**data, "number": "N"}) for at, who, data in twice()], {},
        ""),
    "what is no payment": (twice(), {"name": "rent look"}, ""),
    "an order": (twice(), {"rule": ORDER, "name": "order complete"}, "unique-id.unmapped "
        "mapping.order.complete.settings.uniqueId " '(line 1): "Placed Order" goes under its '
        "event's id, and not under the order's => mapping.order.complete.settings.uniqueId "
        '= "data.number"'),
    "an order by another id": ([(at, who, {**data, "time": at}) for at, who, data in twice()],
        {"rule": identified("data.time"), "name": "cart add"}, ""),
    "an order by another id, called so": ([(at, who, {**data, "time": at})
        for at, who, data in twice()], {"rule": identified("data.time"), "name": "order place"},
        "unique-id.unmapped mapping.order.place.settings.uniqueId "
        "(line 2): lines 1 and 2 describe the same payment under two unique_ids: 2 are "
        "counted twice => mapping.order.place.settings.uniqueId = " '"data.number"'),
}  # fmt: skip


@pytest.mark.parametrize(("events", "more", "says"), TWICE.values(), ids=TWICE)
def test_a_payment_that_is_told_twice_is_counted_twice(
    events: list[Any], more: Raw, says: str
) -> None:
    """Under two ids, by one visit, with a number that nobody else has."""
    assert sent(*events, **{"name": "rent pay", "rule": NONE, **more}) == says


def looks(count: int, people: int, of: str = "p1", **more: Any) -> list[Any]:
    """Looks at a thing, by so many people in turn."""
    return [
        (at, at % people, {"id": of, **{k: f"{v}{at}" for k, v in more.items()}})
        for at in range(count)
    ]


VIEW = {"name": "Viewed Product", "settings": {"uniqueId": "data.id"}}
CARD = {"name": "Paid", "settings": {**OWN, "uniqueId": "data.id"}}
THINGS: dict[str, tuple[list[Any], Raw, str]] = {
    "by two people": (looks(4, 2), {"name": "product view", "rule": VIEW}, "unique-id.repeats "
        "mapping.product.view.settings.uniqueId " '(line 4): "data.id" names no event: 4 of '
        "4 events have the unique_id of another visitor's => "
        "mapping.product.view.settings.uniqueId = " '"id"'),
    "two for eight, of three numbers": ([(at, at, {"id": f"p{at % 2}", "number": f"N{at % 3}",
        "total": 1}) for at in range(8)], {"name": "rent pay", "rule": CARD}, ""),
    "an order by its time": ([(0, at, {"number": f"N{at}", "total": 1}) for at in range(4)],
        {"name": "order complete", "rule": identified("timestamp")}, "unique-id.unmapped "
        "mapping.order.complete.settings.uniqueId " '(line 1): "Placed Order" goes under '
        '"timestamp", which is new each time, and ' "not under the order's => "
        "mapping.order.complete.settings.uniqueId " '= "data.number"'),
    "an order by its amount": ([(0, 1, {"number": "N", "total": 1})], {"name": "order complete",
        "rule": identified("data.total")}, "unique-id.repeats "
        "mapping.order.complete.settings.uniqueId " '(line 1): "data.total" is the amount: '
        "other orders of a visitor may have the same => "
        "mapping.order.complete.settings.uniqueId " '= "data.number"'),
    "a product": (looks(3, 3), {"name": "product view", "rule": VIEW}, "unique-id.repeats "
        "mapping.product.view.settings.uniqueId " '(line 3): "data.id" names no event: 3 of '
        "3 events have the unique_id of another visitor's => "
        "mapping.product.view.settings.uniqueId = " '"id"'),
    "of two people": (looks(2, 2), {"name": "product view", "rule": VIEW}, ""),
    "of one": (looks(3, 1), {"name": "product view", "rule": VIEW}, ""),
    "half of them": (looks(3, 3) + [(0, 9, {"id": f"q{at}"}) for at in range(3)],
        {"name": "product view", "rule": VIEW}, ""),
    "more than half": (looks(4, 4) + [(0, 9, {"id": f"q{at}"}) for at in range(3)],
        {"name": "product view", "rule": VIEW}, "unique-id.repeats "
        "mapping.product.view.settings.uniqueId " '(line 4): "data.id" names no event: 4 of '
        "7 events have the unique_id of another visitor's => "
        "mapping.product.view.settings.uniqueId = " '"id"'),
    "of something else": (looks(3, 3), {"name": "form send", "rule": {**VIEW, "name": "Sent"}}, ""),
    "a way of payment": (looks(4, 4, total=1, number="N"), {"name": "rent pay", "rule": CARD},
        "unique-id.repeats mapping.rent.pay.settings.uniqueId (line "
        '4): "data.id" names no event: 4 of 4 ' "events have the unique_id of another "
        "visitor's => mapping.rent.pay.settings.uniqueId = " '"data.number"'),
    "two for six": (looks(3, 3, total=1, number="N") + looks(3, 3, "p2", total=1, number="M"),
        {"name": "rent pay", "rule": CARD}, ""),
    "two for eight": (looks(4, 4, total=1, number="N") + looks(4, 4, "p2", total=1, number="M"),
        {"name": "rent pay", "rule": CARD}, "unique-id.repeats "
        "mapping.rent.pay.settings.uniqueId (line " '8): "data.id" names no event: 8 of 8 '
        "events have the unique_id of another visitor's => "
        "mapping.rent.pay.settings.uniqueId = " '"data.number"'),
    "no other id": (looks(4, 4, total=1), {"name": "rent pay", "rule": CARD}, ""),
    "no better id": (looks(4, 4, total=1, number=""), {"name": "rent pay", "rule": CARD},
        "unique-id.repeats mapping.rent.pay.settings.uniqueId (line "
        '4): "data.id" names no event: 4 of 4 ' "events have the unique_id of another "
        "visitor's => mapping.rent.pay.settings.uniqueId = " '"data.number"'),
    "of Klaviyo's": (looks(4, 4, number="N"), {"name": "order ship", "rule": {**VIEW,
        "name": "Fulfilled Order"}}, "unique-id.repeats mapping.order.ship.settings.uniqueId "
        '(line 4): "data.id" names no event: 4 of ' "4 events have the unique_id of another "
        "visitor's => mapping.order.ship.settings.uniqueId = " '"data.number"'),
    "of two numbers": ([(at, at, {"id": "p1", "number": f"N{at % 2}"}) for at in range(4)],
        {"name": "order ship", "rule": {**VIEW, "name": "Fulfilled Order"}}, ""),
    "of three numbers": ([(at, at, {"id": "p", "number": f"N{at % 3}"}) for at in range(4)],
        {"name": "order ship", "rule": {**VIEW, "name": "Fulfilled Order"}}, "unique-id.repeats "
        "mapping.order.ship.settings.uniqueId " '(line 4): "data.id" names no event: 4 of '
        "4 events have the unique_id of another visitor's => "
        "mapping.order.ship.settings.uniqueId = " '"data.number"'),
}  # fmt: skip


@pytest.mark.parametrize(("events", "more", "says"), THINGS.values(), ids=THINGS)
def test_an_id_that_others_have_too_names_a_thing(events: list[Any], more: Raw, says: str) -> None:
    """A product, a campaign, a way of payment: no event."""
    assert sent(*events, **more) == says


BARE = {"name": "Sent", "data": "data.map"}
TOP = {"settings": {"uniqueId": "data.form"}}
BAD = [(0, 1, A), (1, 1, B), (2, 1, B), (3, 1, B)]
GOOD = event("note write", {"form": "n1"})
NOTE = {"note write": {"name": "Wrote"}}
INHERITED: dict[str, tuple[list[Any], Raw, str]] = {
    "where two others are right": (BAD, {**TOP, "others": [GOOD, event("tip give", {"form": "t"})]
        + [event(name, data, at) for name in ("ad click", "ad see") for at, _, data in BAD],
        "rules": {**NOTE, "tip give": {"name": "Gave"}, "ad click": {"name": "Clicked",
        "data": "data.map"}, "ad see": {"name": "Saw", "data": "data.map"}}},
        "unique-id.repeats settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.form" gives => Leave '
        "settings.uniqueId out, and write mapping.note.write.settings.uniqueId = "
        '"data.form", and write ' "mapping.tip.give.settings.uniqueId = " '"data.form".'),
    "a constant, which is told by itself": (BAD, {"rule": {**FORM,
        "settings": {"uniqueId": {"value": "x"}}}}, ""),
    "an id as the amount, which is told by itself":
        ([(at, 1, {"n": 5, "map": {"X": at}}) for at in range(4)], {"rule": {**FORM,
        "settings": {**OWN, "value": "data.n", "uniqueId": "data.n"}}}, ""),
    "by the only rule": (BAD, TOP, "unique-id.repeats settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.form" gives => Leave ' "settings.uniqueId out."),
    "by a rule, where another is right": (BAD, {**TOP, "others": [GOOD], "rules": NOTE},
        "unique-id.repeats mapping.form.send.settings.uniqueId (line "
        "2): lines 1 and 2 are different events of one visitor with the unique_id that "
        '"data.form" gives => ' "mapping.form.send.settings.uniqueId = "
        '"id", or what is one of a kind for each ' "event."),
    "by two, where another is right": (BAD, {**TOP, "others": [GOOD,
        *(event("ad click", data, at) for at, _, data in BAD)], "rules": {**NOTE,
        "ad click": {"name": "Clicked", "data": "data.map"}}},
        "unique-id.repeats settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.form" gives => Leave '
        "settings.uniqueId out, and write mapping.note.write.settings.uniqueId = "
        '"data.form".'),
    "where another has none": (BAD, {**TOP, "others": [event("note write")], "rules": NOTE},
        "unique-id.repeats settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.form" gives => Leave '
        "settings.uniqueId out."),
    "where another has its own": (BAD, {**TOP, "others": [GOOD],
        "rules": {"note write": {"name": "W", "settings": {"uniqueId": "data.form"}}}},
        "unique-id.repeats settings.uniqueId (line 2): lines 1 and 2 are different events of "
        "one visitor with the unique_id that " '"data.form" gives => Leave '
        "settings.uniqueId out."),
    "without a rule": (BAD, {**TOP, "rule": {"ignore": True}, "others": [event("ad click",
        {"form": "f", "x": at}, at) for at in range(4)], "data": "data"},
        "unique-id.repeats settings.uniqueId (line 6): lines 5 and 6 are different events of "
        "one visitor with the unique_id that " '"data.form" gives'),
    "by an order by its time": ([(at, 1, {"id": f"O{at}", "total": 9}) for at in range(4)],
        {"settings": {"uniqueId": "timestamp"}, "name": "order complete", "rule": ORDER},
        "unique-id.unmapped mapping.order.complete.settings.uniqueId "
        '(line 1): "Placed Order" goes under ' '"timestamp", which is new each time, and '
        "not under the order's => mapping.order.complete.settings.uniqueId " '= "data.id"'),
    "shared by all": (BAD, {"settings": {"uniqueId": "user.session"}}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("events", "more", "says"), INHERITED.values(), ids=INHERITED)
def test_what_rules_inherit_is_told_once_or_at_the_rule(
    events: list[Any], more: Raw, says: str
) -> None:
    """Where it is wrong for more of them than it is right for."""
    assert sent(*events, **{"rule": BARE, **more}) == says


DONE = {"order complete": identified("data.id")}
BOUGHT = [event("order complete", {"id": f"O{at}", "total": 9}, at, at) for at in range(4)]


def back(key: str = "order", **more: Any) -> Raw:
    """A cancellation that names its order at a path."""
    return {"id": "X1", key: "O1", **more}


REFUND = {"name": "Refunded Order", "settings": {**OWN, "uniqueId": "data.id"}}
REVERSED: dict[str, tuple[list[Raw], Raw, str]] = {
    "at two paths": ([back(number="O2"), back(number="O3"), {"id": "X2", "number": "O1"}], CANCEL,
        "unique-id.order mapping.order.cancel.settings.uniqueId "
        "(line 6): no event has the unique_id of " 'an order at "data.id"; did you mean '
        '"data.number"? => ' "mapping.order.cancel.settings.uniqueId = " '"data.number"'),
    "elsewhere": ([back()], CANCEL, "unique-id.order mapping.order.cancel.settings.uniqueId "
        "(line 6): no event has the unique_id of " 'an order at "data.id"; did you mean '
        '"data.order"? => ' "mapping.order.cancel.settings.uniqueId = " '"data.order"'),
    "there": ([{"id": "O1"}], CANCEL, ""),
    "there, once": ([back(), {"id": "O1"}], CANCEL, ""),
    "nowhere": ([{"id": "X1"}], CANCEL, ""),
    "at half": ([back(), {"id": "X2"}], CANCEL, ""),
    "at more than half": ([back(), back(), {"id": "X2"}], CANCEL, "unique-id.order "
        "mapping.order.cancel.settings.uniqueId (line 6): no event has the unique_id of "
        'an order at "data.id"; did you mean ' '"data.order"? => '
        "mapping.order.cancel.settings.uniqueId = " '"data.order"'),
    "a count": ([{"id": "X1", "size": 12}], CANCEL, ""),
    "at the most frequent": ([back(number="O2"), {"id": "X2", "number": "O1"}], CANCEL,
        "unique-id.order mapping.order.cancel.settings.uniqueId "
        "(line 6): no event has the unique_id of " 'an order at "data.id"; did you mean '
        '"data.number"? => ' "mapping.order.cancel.settings.uniqueId = " '"data.number"'),
    "another refund": ([back(total=9)], REFUND, "unique-id.order "
        "mapping.order.cancel.settings.uniqueId (line 6): no event has the unique_id of "
        'an order at "data.id"; did you mean ' '"data.order"? => '
        "mapping.order.cancel.settings.uniqueId = " '"data.order"'),
    "a part": ([back(total=8)], REFUND, ""),
    "no amount": ([back()], REFUND, "unique-id.order mapping.order.cancel.settings.uniqueId "
        "(line 6): no event has the unique_id of " 'an order at "data.id"; did you mean '
        '"data.order"? => ' "mapping.order.cancel.settings.uniqueId = " '"data.order"'),
    "an id of the refund": ([{"refundId": "X1", "order": "O1", "total": 9}], {**REFUND,
        "settings": {**OWN, "uniqueId": "data.refundId"}}, ""),
    "an id of the refund, of a cancellation": ([{"refundId": "X1", "order": "O1"}], {**CANCEL,
        "settings": {"uniqueId": "data.refundId"}}, "unique-id.order "
        "mapping.order.cancel.settings.uniqueId (line 6): no event has the unique_id of "
        'an order at "data.refundId"; did you mean ' '"data.order"? => '
        "mapping.order.cancel.settings.uniqueId = " '"data.order"'),
    "an id of its own": ([back()], {"name": "Canceled Order"}, "unique-id.order "
        "mapping.order.cancel.settings.uniqueId (line 6): no event has the unique_id of "
        'an order at "id"; did you mean ' '"data.order"? => '
        "mapping.order.cancel.settings.uniqueId = " '"data.order"'),
    "read second": ([back()], {**CANCEL, "settings": {"uniqueId": ["data.id", "data.order"]}}, ""),
    "no reversal": ([back()], {**CANCEL, "name": "Changed"}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "rule", "says"), REVERSED.values(), ids=REVERSED)
def test_a_reversal_goes_under_its_orders_id(datas: list[Raw], rule: Raw, says: str) -> None:
    """Where its events have that at another path."""
    counts = [event("order complete", {"id": "12", "total": 9}, 9, 9)]
    backs = [event("order cancel", data, 10 + at, at) for at, data in enumerate(datas)]
    config = shop({**DONE, "order cancel": rule})
    assert judged(judge_unique_ids, config, [*BOUGHT, *counts, *backs]) == says


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (
            "context",
            (
                "unique-id.order mapping.order.cancel.settings.uniqueId (line 5): no event has the "
                'unique_id of an order at "data.id"; did you mean "context.order"? => '
                'mapping.order.cancel.settings.uniqueId = "context.order"'
            ),
        ),
        (
            "custom",
            (
                "unique-id.order mapping.order.cancel.settings.uniqueId (line 5): no event has the "
                'unique_id of an order at "data.id"; did you mean "custom.order"? => '
                'mapping.order.cancel.settings.uniqueId = "custom.order"'
            ),
        ),
        ("globals", ""),
    ],
)
def test_an_orders_id_may_stand_in_other_parts(where: str, says: str) -> None:
    """But for those that many events share."""
    config = shop({**DONE, "order cancel": CANCEL})
    cancel = event("order cancel", {"id": "X"}, 9, **{where: {"order": "O1"}})
    assert judged(judge_unique_ids, config, [*BOUGHT, cancel]) == says


@pytest.mark.parametrize(
    ("same", "says"),
    [
        (
            2,
            (
                "unique-id.order mapping.order.cancel.settings.uniqueId (line 7): no event has the "
                'unique_id of an order at "data.id"; did you mean "data.order"? => '
                'mapping.order.cancel.settings.uniqueId = "data.order"'
            ),
        ),
        (3, ""),
    ],
)
def test_nothing_is_said_of_reversals_where_the_orders_ids_are_wrong(same: int, says: str) -> None:
    """Fewer than half as many as there are orders."""
    orders = [
        event("order complete", {"id": f"O{at // same}", "total": 9}, at, at) for at in range(6)
    ]
    config = shop({**DONE, "order cancel": CANCEL})
    assert judged(judge_unique_ids, config, [*orders, event("order cancel", back(), 9)]) == says


def test_each_rule_is_asked() -> None:
    """Also after one whose events are nobody's, one that is told, and one that is sound."""
    rules = {
        "page view": {"name": "Viewed Page"},
        "ad click": {"name": "Clicked", "settings": {"uniqueId": {"value": "x"}}},
        "order complete": identified("data.id"),
        "order refund": REFUND,
        "order cancel": CANCEL,
        "form send": FORM,
    }
    events = [
        event("page view", {}, 0, {}),
        event("ad click", {}, 0),
        *BOUGHT,
        event("order refund", {"id": "O1", "total": 9}, 9),
        event("order cancel", back(), 9),
        *(event("form send", data, at) for at, _, data in BAD),
    ]
    assert judged(judge_unique_ids, shop(rules), events) == (
        "unique-id.repeats mapping.form.send.settings.uniqueId (line 10): lines 9 and 10 "
        'are different events of one visitor with the unique_id that "data.form" gives\n'
        "unique-id.order mapping.order.cancel.settings.uniqueId (line 8): no event has the "
        'unique_id of an order at "data.id"; did you mean "data.order"? => '
        'mapping.order.cancel.settings.uniqueId = "data.order"'
    )
