"""Each row of what a sample loses: of how many events, by which code and place, and how grave."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import Raw, event, look_at

from walkeros_klaviyo.verify.losses import losses_of

MONEY = {"value": "data.total", "currency": "data.currency", "uniqueId": "data.id"}
SHOP: Raw = {
    "consent": {"marketing": True},
    "settings": {
        "phoneNumber": "user.phone",
        "phoneRegion": "user.land",
        "anonymousId": "user.anon",
        "kx": "user.kx",
        "identify": {
            "map": {"firstName": "user.first", "title": "user.title", "nick": "user.nick"}
        },
    },
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {"map": {"Lines": {"loop": ["nested", "data.name"]}}},
                "settings": MONEY,
            },
            "cancel": {"name": "Canceled Order", "settings": {"uniqueId": "data.id"}},
            "ship": {
                "name": "Fulfilled Order",
                "settings": {"value": "data.total", "currency": "EUR"},
            },
        },
        "gift": {"give": {"name": "Gave", "settings": MONEY}},
        "bag": {"fill": {"name": "Added to Cart", "settings": MONEY}},
        "deal": {"close": {"name": "placed order", "settings": MONEY}},
        "form": {"send": {"name": "Sent", "settings": {"uniqueId": "data.id"}}},
        "note": {"write": {"policy": {"timestamp": "data.time"}}},
        "debug": {"*": {"ignore": True}},
    },
}


def lost(name: str, *changes: Raw, good: int = 0, config: Raw = SHOP) -> str:
    """The rows of events of a name with something wrong, and of sound ones after them."""
    events = []
    for at, change in enumerate([*changes, *[{}] * good]):
        data = {"id": f"O{at}", "total": 9.5, "currency": "EUR", **change.pop("data", {})}
        one = event(name, data, at, at, consent={"marketing": True})
        events.append({**one, **change})
    rows = losses_of(*look_at(config, events))
    return "\n".join(
        f"{one.rule} {one.where or '-'}: {one.count} of {one.events}, line {one.line}: "
        f"{one.what}, {one.code}, {one.path} ({one.kind}, {one.severity})"
        for one in rows
    )


def raises(value: Any, event: Any) -> bool:
    """A condition that expects something else."""
    raise ValueError


def who(**user: Any) -> Raw:
    """A change of the user."""
    return {"user": {"id": "c1", **user}}


def of(count: int, **change: Any) -> list[Raw]:
    """So many events with it."""
    return [dict(change) for _ in range(count)]


NONE: Raw = {"data": {"total": None}}
DENIED = {"consent": {"marketing": False}}
ROWS: dict[str, tuple[str, list[Raw], int, str]] = {
    "broken by a rule's policy": ("note write", of(1, data={"time": "soon"}), 0,
        "note write mapping.note.write: 1 of 1, line 1: refused, policy.broke-event, "
        "mapping.note.write.policy (loss.refused, error)"),
    "an event without an id": ("order ship", of(1, id=None), 0, ""),
    "nothing": ("order complete", [], 3, ""),
    "denied": ("order complete", of(1, **DENIED), 1, "order complete mapping.order.complete: 1 "
        "of 2, line 1: denied, consent.denied, consent (None, None)"),
    "ignored": ("debug ping", of(2), 0, "debug * mapping.debug.*: 2 of 2, line 1: "
        "ignored, rule.ignored, mapping.debug.* (None, None)"),
    "no rule, and denied": ("page view", of(1, **DENIED), 1, "None -: 1 of 2, line 1: denied, "
        "consent.denied, consent (None, None)"),
    "a consent in words": ("order complete", of(1, consent={"marketing": "yes"}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: denied, consent.denied, "
        "consent (None, None)\norder complete mapping.order.complete: 1 of 2, line 1: "
        "denied, consent.not-boolean, mapping.order.complete.consent (loss.some, warning)"),
    "a consent in words, by no rule": ("page view", of(1, consent={"marketing": "yes"}), 1,
        "None -: 1 of 2, line 1: denied, consent.denied, consent (None, None)\nNone "
        "-: 1 of 2, line 1: denied, consent.not-boolean, consent (loss.some, warning)"),
    "refused, in seconds": ("order complete", of(1, timestamp=1_793_318_400), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: refused, "
        "time.looks-like-seconds, timestamp (loss.refused, error)"),
    "refused, by a policy": ("note write", of(1, data={"time": 1_793_318_400}), 0,
        "note write mapping.note.write: 1 of 1, line 1: refused, time.looks-like-seconds, "
        "mapping.note.write.policy.timestamp (loss.refused, error)"),
    "refused, a long text": ("order complete", of(1, nested=[{"entity": "p", "data": {"name": "x"
        * 110_000}}]), 1, "order complete mapping.order.complete: 1 "
        "of 2, line 1: refused, limit.string, mapping.order.complete (loss.refused, "
        "error)"),
    "refused, a long text by no rule": ("page view", of(1, data={"x": "x" * 110_000}), 1, ""),
    "nobody": ("order complete", of(1, user={}), 1, "order complete mapping.order.complete: 1 "
        "of 2, line 1: unidentified, identity.none, settings (loss.some, warning)"),
    "nobody at most": ("order complete", of(3, user={}), 2,
        "order complete mapping.order.complete: 3 of 5, line 1: unidentified, "
        "identity.none, settings (loss.most, error)"),
    "nobody at half": ("order complete", of(3, user={}), 3,
        "order complete mapping.order.complete: 3 of 6, line 1: unidentified, "
        "identity.none, settings (loss.some, warning)"),
    "two nobodies": ("order complete", of(2, user={}), 0,
        "order complete mapping.order.complete: 2 of 2, line 1: unidentified, "
        "identity.none, settings (loss.some, warning)"),
    "a stranger": ("form send", of(3, user={}), 0, "form send mapping.form.send: 3 of 3, line "
        "1: unidentified, identity.none, settings (None, None)"),
    "a stranger with an address": ("form send", of(3, user={"x": "a@example.com"}), 0,
        "form send mapping.form.send: 3 of 3, line 1: unidentified, identity.none, settings "
        "(loss.some, warning)"),
    "strangers, and one with an address": ("form send", [{"user": {}},
        {"user": {"x": "a@example.com"}}], 0, "form send mapping.form.send: 2 of 2, line "
        "1: unidentified, identity.none, settings (loss.some, warning)"),
    "a stranger whose user is none": ("form send", of(3, user="x"), 0,
        "form send mapping.form.send: 3 of 3, line 1: unidentified, identity.none, settings "
        "(None, None)"),
    "no id": ("form send", of(3, user={"id": "null"}), 0,
        "form send mapping.form.send: 3 of 3, line 1: unidentified, external-id.invalid, "
        "settings (loss.some, warning)"),
    "a stranger who gives": ("gift give", of(1, user={}), 1,
        "gift give mapping.gift.give: 1 of 2, line 1: unidentified, identity.none, settings "
        "(loss.some, warning)"),
    "a stranger who fills a bag": ("bag fill", of(1, user={}), 1,
        "bag fill mapping.bag.fill: 1 of 2, line 1: unidentified, identity.none, settings "
        "(None, None)"),
    "a stranger who cancels": ("order cancel", of(1, user={}), 1,
        "order cancel mapping.order.cancel: 1 of 2, line 1: unidentified, identity.none, "
        "settings (loss.some, warning)"),
    "an id that is none": ("order complete", of(1, user={"id": "undefined"}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: unidentified, "
        "external-id.invalid, settings (loss.some, warning)"),
    "traits of nobody": ("form send", of(1, user={"first": "Ada"}), 1,
        "form send mapping.form.send: 1 of 2, line 1: unidentified, identity.none, settings "
        "(None, None)"),
    "no amount": ("order complete", of(1, data={"total": None}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: revenue, revenue.missing, "
        "mapping.order.complete.settings.value (loss.order, error)"),
    "no number": ("order complete", of(1, data={"total": "9,50 EUR"}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: revenue, "
        "revenue.not-a-number, mapping.order.complete.settings.value (loss.order, error)"),
    "an amount in two ways": ("order complete", of(1, data={"total": "1,299"}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: revenue, "
        "revenue.not-a-number, mapping.order.complete.settings.value (loss.order, error)"),
    "an amount too long": ("order complete", of(1, data={"total": 2**60 + 1}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: revenue, revenue.inexact, "
        "mapping.order.complete.settings.value (loss.order, error)"),
    "no amount of another": ("gift give", of(3, data={"total": None}), 0,
        "gift give mapping.gift.give: 3 of 3, line 1: revenue, revenue.missing, "
        "mapping.gift.give.settings.value (loss.most, error)"),
    "no amount of a bag": ("bag fill", of(1, data={"total": None}), 1,
        "bag fill mapping.bag.fill: 1 of 2, line 1: revenue, revenue.missing, "
        "mapping.bag.fill.settings.value (loss.some, warning)"),
    "no amount of a shipment": ("order ship", of(1, data={"total": None}), 1,
        "order ship mapping.order.ship: 1 of 2, line 1: revenue, revenue.missing, "
        "mapping.order.ship.settings.value (loss.order, error)"),
    "no amount of what nearly is an order": ("deal close", of(1, data={"total": None}), 1,
        "deal close mapping.deal.close: 1 of 2, line 1: revenue, revenue.missing, "
        "mapping.deal.close.settings.value (loss.order, error)"),
    "no currency": ("order complete", of(1, data={"currency": None}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: currency, currency.missing, "
        "mapping.order.complete.settings.currency (loss.some, warning)"),
    "no code": ("order complete", of(1, data={"currency": "Euro"}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: currency, currency.unknown, "
        "mapping.order.complete.settings.currency (loss.some, warning)"),
    "no currency at most": ("order complete", of(3, data={"currency": None}), 1,
        "order complete mapping.order.complete: 3 of 4, line 1: currency, currency.missing, "
        "mapping.order.complete.settings.currency (loss.most, error)"),
    "no amount and no currency": ("order complete", of(1, data={"currency": None, "total": None}),
        1, "order complete mapping.order.complete: 1 of 2, line 1: revenue, revenue.missing, "
        "mapping.order.complete.settings.value (loss.order, error)"),
    "no unique id": ("order complete", of(1, data={"id": None}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: unique_id, "
        "unique-id.missing, mapping.order.complete.settings.uniqueId (loss.order, error)"),
    "a unique id that is none": ("order complete", of(1, data={"id": "null"}), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: unique_id, "
        "unique-id.invalid, mapping.order.complete.settings.uniqueId (loss.order, error)"),
    "no unique id of a cancellation": ("order cancel", of(1, data={"id": None}), 1,
        "order cancel mapping.order.cancel: 1 of 2, line 1: unique_id, unique-id.missing, "
        "mapping.order.cancel.settings.uniqueId (loss.order, error)"),
    "no unique id of a form": ("form send", of(1, data={"id": None}), 1, ""),
    "a unique id that is none, of a form": ("form send", of(1, data={"id": "null"}), 1,
        "form send mapping.form.send: 1 of 2, line 1: unique_id, unique-id.invalid, "
        "mapping.form.send.settings.uniqueId (loss.some, warning)"),
    "a number": ("order complete", [who(phone="12")], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, phone.invalid, "
        "settings.phoneNumber (loss.some, warning)"),
    "a national number": ("order complete", [who(phone="0151 23456780")], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, phone.invalid, "
        "settings.phoneNumber (loss.some, warning)"),
    "a number of no country": ("order complete", [who(phone="0151 23456780", land="Germany")], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, "
        "phone-region.invalid, settings.phoneRegion (loss.some, warning)\n"
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, phone.invalid, "
        "settings.phoneNumber (loss.some, warning)"),
    "a number at most": ("order complete", [who(phone="12")] * 3, 1,
        "order complete mapping.order.complete: 3 of 4, line 1: identifier, phone.invalid, "
        "settings.phoneNumber (loss.some, warning)"),
    "an address": ("order complete", [who(email="none")], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, email.invalid, "
        "settings.email (loss.some, warning)"),
    "an id": ("order complete", [{"user": {"id": "null", "email": "a@example.com"}}], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, "
        "external-id.invalid, settings.externalId (loss.some, warning)"),
    "an anonymous id": ("order complete", [who(anon="null")], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, "
        "anonymous-id.invalid, settings.anonymousId (loss.some, warning)"),
    "an exchange id": ("order complete", [who(kx="null")], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: identifier, kx.invalid, "
        "settings.kx (loss.some, warning)"),
    "a trait": ("order complete", [who(title={"a": 1})], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: trait, profile.wrong-type, "
        "settings.identify.map.title (loss.some, warning)"),
    "a trait at most": ("order complete", [who(title={"a": 1})] * 3, 1,
        "order complete mapping.order.complete: 3 of 4, line 1: trait, profile.wrong-type, "
        "settings.identify.map.title (loss.most, error)"),
    "two traits": ("order complete", [who(title={"a": 1}, first={"b": 1})], 1,
        "order complete mapping.order.complete: 1 of 2, line 1: trait, profile.wrong-type, "
        "settings.identify.map.firstName (loss.some, warning)\norder complete "
        "mapping.order.complete: 1 of 2, line 1: trait, profile.wrong-type, "
        "settings.identify.map.title (loss.some, warning)"),
    "a value": ("order complete", of(1, nested="Tent"), 1,
        "order complete mapping.order.complete: 1 of 2, line 1: value, value.not-a-list, "
        "mapping.order.complete.data.map.Lines.loop (loss.some, warning)"),
    "several": ("order complete", [{"data": {"total": None}}, {"data": {"total": "x"}},
        {"data": {"total": None}}], 1, "order complete mapping.order.complete: 2 "
        "of 4, line 1: revenue, revenue.missing, mapping.order.complete.settings.value "
        "(loss.order, error)\norder complete mapping.order.complete: 1 of 4, line 2: "
        "revenue, revenue.not-a-number, mapping.order.complete.settings.value "
        "(loss.order, error)"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "good", "says"), ROWS.values(), ids=ROWS)
def test_a_loss_is_counted_by_its_code_and_place(
    name: str, changes: list[Raw], good: int, says: str
) -> None:
    """With the first event that shows it; of few or some events it is less grave."""
    assert lost(name, *map(dict, changes), good=good) == says


def test_a_constant_currency_is_no_loss_and_its_place_is_the_destinations() -> None:
    """Where the rule has none of its own."""
    settings = {"value": "data.total"}
    config = {"mapping": {"gift": {"give": {"name": "Gave", "settings": settings}}}}
    above = {"settings": {"currency": "data.money"}}
    assert lost("gift give", {}, config=config) == (
        "gift give mapping.gift.give: 1 of 1, line 1: currency, currency.missing, "
        "mapping.gift.give.settings.value (loss.some, warning)"
    )
    assert lost("gift give", {}, config={**config, **above}) == (
        "gift give mapping.gift.give: 1 of 1, line 1: currency, currency.missing, "
        "settings.currency (loss.some, warning)"
    )
    settings["uniqueId"] = "id"
    assert lost("gift give", {"id": None}, config={**config, "settings": {"currency": "EUR"}}) == ""


def test_a_condition_that_raises_is_its_rules() -> None:
    """Of the events that it was asked about, and the rules in their order."""
    rules = [{"name": "A", "condition": raises}, {"name": "B"}]
    config = {"mapping": {"form": {"send": rules}}, "disabled": True}
    assert lost("form send", {}, {}, config=config) == (
        "form send[0] mapping.form.send[0]: 2 of 2, line 1: ignored, destination.disabled, "
        "disabled (None, None)"
    )
    del config["disabled"]
    assert lost("form send", {}, {}, config=config) == (
        "form send[0] mapping.form.send[0]: 2 of 2, line 1: refused, condition.raised, "
        "mapping.form.send[0].condition (loss.refused, error)"
    )


def test_rows_stand_by_their_rules_and_the_most_frequent_first() -> None:
    """Of equally many, the one that comes first; events of no rule before all."""
    bad = [
        event("form send", {"id": "null"}, 0, {"id": "c", "phone": "12"}),
        event("gift give", {"currency": None}, 1),
        event("gift give", {"id": "null", "currency": "EUR"}, 2),
        event("gift give", {"id": "1", "currency": "EUR"}, 3),
        event("page view", {}, 4, {}),
        event("order complete", {"id": "9", "total": 3}, 5),
    ]
    config = {key: one for key, one in SHOP.items() if key != "consent"}
    rows = losses_of(*look_at(config, bad))
    assert [(one.where, one.code, one.count) for one in rows] == [
        ("", "identity.none", 1),
        ("mapping.order.complete", "currency.missing", 1),
        ("mapping.gift.give", "revenue.missing", 3),
        ("mapping.gift.give", "unique-id.invalid", 1),
        ("mapping.form.send", "phone.invalid", 1),
        ("mapping.form.send", "unique-id.invalid", 1),
    ]


def test_losses_of_other_configurations() -> None:
    """What all rules share, what is told of a person only, and who is known by another id."""
    rule = {"name": "Sent"}
    broken = {"mapping": {"form": {"send": rule}}, "policy": {"name": {"value": "x"}}}
    assert lost("form send", {}, config=broken) == (
        "form send mapping.form.send: 1 of 1, line 1: refused, policy.broke-event, policy "
        "(loss.refused, error)"
    )
    nr = {"mapping": {"form": {"send": rule}}, "settings": {"externalId": "user.nr"}}
    assert lost("form send", who(), config=nr) == (
        "form send mapping.form.send: 1 of 1, line 1: unidentified, identity.none, "
        "settings (loss.some, warning)"
    )
    shared = {"mapping": {"form": {"send": rule}}, "data": "data.total"}
    assert lost("form send", {}, config=shared) == (
        "form send mapping.form.send: 1 of 1, line 1: value, properties.not-an-object, "
        "mapping.form.send (loss.some, warning)"
    )
    late = {"mapping": {"form": {"send": {**rule, "settings": {"backfill": "data.id"}}}}}
    assert lost("form send", {}, config=late) == (
        "form send mapping.form.send: 1 of 1, line 1: value, backfill.invalid, "
        "mapping.form.send.settings.backfill (loss.some, warning)"
    )
    identify = {"identify": {"map": {"firstName": "user.first"}}}
    told = {"mapping": {"form": {"send": {"silent": True, "settings": identify}}}}
    assert lost("form send", {"user": {"first": "Ada"}}, config=told) == (
        "form send mapping.form.send: 1 of 1, line 1: unidentified, identity.none, "
        "settings (None, None)"
    )
