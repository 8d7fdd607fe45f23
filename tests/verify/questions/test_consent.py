"""Is what is asked for ever granted, and obeyed where it is not?"""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import Raw, event, judged, shop

from walkeros_klaviyo.verify.questions.consent import judge_consent

ADS = {"marketing": True}
NO_ADS = {"marketing": False}
FORM = {"functional": True}
BOTH = {**FORM, **ADS}
CONSENTS: dict[str, tuple[list[Any], Raw, str]] = {
    "asked by a far name": ([BOTH], {"consent": {"mark": True}},
        "consent.never consent: no event of the sample grants mark; did you mean "
        '"marketing"? => Write { "marketing": true ' "}."),
    "a policy grants what one refuses": ([ADS, NO_ADS],
        {"policy": {"consent.marketing": {"value": True}}, "consent": ADS}, ""),
    "for either, at a rule too": ([{"a": True, **ADS}] * 3 + [{"a": True, **NO_ADS}],
        {"rule": {"name": "Sent", "consent": {"a": True, **ADS}}, "consent": {"a": True, **ADS}},
        "consent.any consent (line 4): 1 events that refuse marketing are sent, for a is "
        "enough => consent = { marketing = true }\nconsent.any mapping.form.send.consent "
        "(line 4): 1 events that refuse marketing are sent, for a is enough => consent = { "
        "marketing = true }"),
    "for what all grant, in two ways":
        ([{**BOTH, "essential": True}] * 3 + [{**FORM, "essential": True}] * 3,
        {"consent": {"essential": True, **FORM}}, "consent.missing consent (line 4): 3 "
        "events without marketing are sent, for essential or functional is enough => "
        "consent = { marketing = true }"),
    "a policy sets an object": ([BOTH] + [FORM] * 3,
        {"policy": {"consent.x": {"value": {"marketing": True}}}, "consent": BOTH},
        "consent.any consent (line 2): 3 events without marketing are sent, for "
        "functional is enough => consent = { marketing = true }"),
    "asked and granted": ([ADS] * 3, {"consent": ADS}, ""),
    "asked and never granted": ([FORM] * 3, {"consent": ADS},
        "consent.never consent: no event of the sample grants marketing"),
    "asked by a slip": ([BOTH], {"consent": {"marketin": True}},
        "consent.never consent: no event of the sample grants marketin; did you mean "
        '"marketing"? => Write { "marketing": true ' "}."),
    "asked for one of two": ([ADS], {"consent": {"marketing": True, "x": True}}, ""),
    "asked for two, by slips": ([BOTH], {"consent": {"zz": True, "functionl": True,
        "marketin": True}}, "consent.never consent: no event of the "
        "sample grants functionl, marketin, zz; " 'did you mean "functional"? => Write { '
        '"functional": true }.'),
    "asked, and it is no boolean": ([{"marketing": "true"}] * 3, {"consent": ADS},
        "consent.never consent: marketing is on events of the sample, and true on none => Send "
        "the state as true: no string and no number grants anything."),
    "asked, and refused": ([NO_ADS], {"consent": ADS}, "consent.never consent: marketing is "
        "on events of the sample, and true on none => Send the state as true: no "
        "string and no number grants anything."),
    "asked by a rule": ([BOTH], {"rule": {"name": "Sent", "consent": {"x": True}},
        "consent": ADS}, "consent.never mapping.form.send.consent: "
        "no event of the sample grants x"),
    "asked by a rule that none meets": ([BOTH], {"rules": {"ad show": {"name": "Saw",
        "consent": {"x": True}}}, "consent": ADS}, ""),
    "asked by a value": ([BOTH], {"rule": {"name": "Sent", "data": {"map": {"A": {"key": "data.a",
        "consent": {"x": True}}}}}, "consent": ADS}, "consent.never "
        "mapping.form.send.data.map.A.consent: no event of the sample grants x"),
    "asked by a policy": ([BOTH], {"policy": {"data.a": {"key": "data.b",
        "consent": {"x": True}}}, "consent": ADS}, "consent.never policy.data.a.consent: no "
        "event of the sample grants x"),
    "asked by a rule's policy": ([BOTH], {"rule": {"name": "Sent",
        "policy": {"data.a": {"key": "data.b", "consent": {"x": True}}}}, "consent": ADS},
        "consent.never mapping.form.send.policy.data.a.consent: "
        "no event of the sample grants x"),
    "asked by a value, and granted": ([BOTH], {"rule": {"name": "Sent",
        "data": {"map": {"A": {"key": "data.a", "consent": ADS}}}}, "consent": ADS}, ""),
    "nobody asks who unsubscribes": ([NO_ADS, NO_ADS, NO_ADS, {}], {"rule": {"name": "Left",
        "settings": {"unsubscribe": True}}}, ""),
    "but who subscribes": ([NO_ADS, NO_ADS, NO_ADS, {}], {"rule": {"name": "Joined"}},
        "consent.missing consent (line 1): 3 events that refuse marketing are sent => consent = "
        "{ marketing = true }"),
    "granted to others only": ([BOTH], {"rule": {"name": "Sent", "consent": {"x": True}},
        "rules": {"ad show": {"name": "Saw"}}, "others": [event("ad show", consent={"x": True})],
        "consent": {"marketing": True}}, "consent.never mapping.form.send.consent: "
        "x is on events of the sample, and true on none => Send the state as true: "
        "no string and no number grants anything."),
    "nobody asks": ([ADS] * 9, {}, ""),
    "nobody asks, and none consents": ([None] * 9, {}, ""),
    "nobody asks, and some refuse": ([NO_ADS, *[ADS] * 9], {},
        "consent.missing consent (line 1): 1 events that refuse marketing are sent => "
        "consent = { marketing = true }"),
    "nobody asks, and some refuse another": ([{"stats": False}] * 2 + [{"stats": True}], {},
        "consent.missing consent (line 1): 2 events that refuse stats are sent => "
        "consent = { stats = true }"),
    "the most frequent": ([{"a": False, "b": False}, {"a": True, "b": False}], {},
        "consent.missing consent (line 1): 2 events that refuse b are sent => consent "
        "= { b = true }"),
    "of others Klaviyo needs none": ([{"stats": False, "marketing": True}], {}, ""),
    "nobody asks, and three lack it": ([ADS] * 9 + [FORM] * 3, {},
        "consent.missing consent (line 10): 3 events without marketing are sent => "
        "consent = { marketing = true }"),
    "nobody asks, and two lack it": ([ADS] * 8 + [FORM] * 2, {}, ""),
    "nobody asks, and a fifth lacks it": ([ADS] * 16 + [FORM] * 4, {},
        "consent.missing consent (line 17): 4 events without marketing are sent => "
        "consent = { marketing = true }"),
    "nobody asks, and less than a fifth lacks it": ([ADS] * 17 + [FORM] * 4, {}, ""),
    "nobody asks, and some have none": ([ADS] * 3 + [None] * 3, {},
        "consent.missing consent (line 4): 3 events without marketing are sent => "
        "consent = { marketing = true }"),
    "by another name": ([{"newsletter_mail": True}] * 3 + [FORM] * 3, {},
        "consent.missing consent (line 4): 3 events without newsletter_mail are sent "
        "=> consent = { newsletter_mail = true }"),
    "the first by name": ([{"email": True, "ads": True}] * 3 + [FORM] * 3, {},
        "consent.missing consent (line 4): 3 events without ads are sent => consent = "
        "{ ads = true }"),
    "nobody may ask": ([ADS] * 3 + [FORM] * 3, {"consent": {}}, ""),
    "nobody may ask, and some refuse": ([ADS] * 3 + [NO_ADS] * 3, {"consent": {}},
        "consent.missing consent (line 4): 3 events that refuse marketing are sent => "
        "consent = { marketing = true }"),
    "a policy sets it": ([ADS] * 3 + [FORM] * 3,
        {"policy": {"consent.marketing": {"value": True}}},
        "consent.forced policy.consent.marketing (line 4): it grants marketing on 3 events "
        "that do not"),
    "a policy sets another": ([ADS] * 3 + [FORM] * 3, {"policy": {"data.x": {"value": True}}},
        "consent.missing consent (line 4): 3 events without marketing are sent => "
        "consent = { marketing = true }"),
    "the rule asks": ([ADS] * 3 + [FORM] * 3, {"rule": {"name": "Sent", "consent": ADS}}, ""),
    "the rule may not": ([ADS] * 3 + [FORM] * 3, {"rule": {"name": "Sent", "consent": {}}}, ""),
    "the rule may not, and some refuse": ([ADS] * 3 + [NO_ADS] * 3, {"rule": {"name": "Sent",
        "consent": {}}}, "consent.missing consent (line 4): 3 "
        "events that refuse marketing are sent => consent = { marketing = true }"),
    "ignored": ([ADS] * 3 + [FORM] * 3, {"rule": {"ignore": True}}, ""),
    "nobody's": ([ADS] * 3 + [FORM] * 3, {"who": {}}, ""),
    "for what all grant": ([BOTH] * 3 + [FORM] * 3, {"consent": FORM},
        "consent.missing consent (line 4): 3 events without marketing are sent, for "
        "functional is enough => consent = { marketing = true }"),
    "for what two lack": ([BOTH] * 3 + [FORM] * 2, {"consent": FORM}, ""),
    "for what all grant, in capitals":
        ([{"Functional": True, **ADS}] * 3 + [{"Functional": True}] * 3,
        {"consent": {"Functional": True}}, "consent.missing consent (line 4): 3 "
        "events without marketing are sent, for Functional is enough => consent = { "
        "marketing = true }"),
    "for statistics": ([{"statistics": True, **ADS}] * 3 + [{"statistics": True}] * 3,
        {"consent": {"statistics": True}}, ""),
    "for statistics or marketing":
        ([{"statistics": True, **ADS}] * 3 + [{"statistics": True}] * 3,
        {"consent": {"statistics": True, **ADS}}, "consent.any consent (line 4): 3 events "
        "without marketing are sent, for statistics is enough => consent = { "
        "marketing = true }"),
    "for either, and one refuses":
        ([{"statistics": True, **ADS}] * 3 + [{"statistics": True, **NO_ADS}],
        {"consent": {"statistics": True, **ADS}}, "consent.any consent (line 4): 1 events "
        "that refuse marketing are sent, for statistics is enough => consent = { "
        "marketing = true }"),
    "for one of three, and one refuses": ([{"a": True, "b": False, "c": True}],
        {"consent": {"c": True, "b": True, "a": True}}, "consent.any consent (line 1): 1 events "
        "that refuse b are sent, for a or c is enough => consent = { b = true }"),
    "for one of two, and one refuses a third": ([{"a": True, "b": True, "c": False}],
        {"consent": {"b": True, "a": True}}, ""),
    "for another": ([{"club": True, **ADS}] * 3 + [{"club": True}] * 3,
        {"consent": {"club": True}}, ""),
    "for another or marketing": ([{"club": True, **ADS}] * 3 + [{"club": True}] * 3,
        {"consent": {"club": True, **ADS}}, ""),
    "for either at a rule": ([{"a": True, **ADS}] * 3 + [{"a": True, **NO_ADS}],
        {"rule": {"name": "Sent", "consent": {"a": True, **ADS}}, "consent": {"a": True}},
        "consent.any mapping.form.send.consent (line 4): 1 events that refuse marketing "
        "are sent, for a is enough => consent = { marketing = true }"),
    "for less at a rule": ([BOTH] * 3 + [FORM] * 3, {"rule": {"name": "Sent", "consent": FORM},
        "consent": ADS}, ""),
    "where nobody is": ([BOTH] * 3 + [FORM] * 3, {"consent": FORM, "who": {}}, ""),
    "a policy grants": ([ADS] + [FORM] * 3, {"policy": {"consent.marketing": {"value": True}},
        "consent": ADS}, "consent.forced policy.consent.marketing "
        "(line 2): it grants marketing on 3 events that do not"),
    "a policy grants two": ([ADS] + [FORM] * 2, {"policy": {"consent.marketing": {"value": True}},
        "consent": ADS}, ""),
    "a policy grants what nobody does": ([FORM] * 3,
        {"policy": {"consent.marketing": {"value": True}}, "consent": FORM}, ""),
    "a policy grants all": ([BOTH] + [FORM] * 3,
        {"policy": {"consent": {"value": {"marketing": True, "functional": False}}},
        "consent": ADS}, "consent.forced policy.consent (line 2): "
        "it grants marketing on 3 events that do not"),
    "a policy refuses": ([ADS] + [FORM] * 3, {"policy": {"consent.marketing": {"value": False}},
        "consent": FORM}, "consent.missing consent (line 2): 3 "
        "events without marketing are sent, for functional is enough => consent = { "
        "marketing = true }"),
    "a policy copies": ([ADS] + [FORM] * 3, {"policy": {"consent.marketing": "data.x"},
        "consent": FORM}, "consent.missing consent (line 2): 3 "
        "events without marketing are sent, for functional is enough => consent = { "
        "marketing = true }"),
    "a policy sets an object elsewhere": ([ADS] + [FORM] * 3,
        {"policy": {"data.marketing": {"value": True}}, "consent": {"x": True, **BOTH}}, ""),
    "a rule's policy grants": ([BOTH] + [FORM] * 3, {"rule": {"name": "Sent",
        "policy": {"consent.marketing": {"value": True}}}, "consent": {"functional": True,
        "x": True}}, "consent.forced mapping.form.send.policy.consent.marketing "
        "(line 2): it grants marketing on 3 events that do not"),
}  # fmt: skip


@pytest.mark.parametrize(("consents", "more", "says"), CONSENTS.values(), ids=CONSENTS)
def test_what_is_said_of_consents(consents: list[Any], more: Raw, says: str) -> None:
    """Of forms sent with them, one after the other."""
    more = dict(more)
    rules = {"form send": more.pop("rule", {"name": "Sent"}), **more.pop("rules", {})}
    who, others = more.pop("who", 1), more.pop("others", [])
    events = [event("form send", {}, at, who, consent=one) for at, one in enumerate(consents)]
    assert judged(judge_consent, shop(rules, **more), [*events, *others]) == says
