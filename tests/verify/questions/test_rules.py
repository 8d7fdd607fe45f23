"""Does each event meet the rule that is meant for it?"""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import DAY, Raw, event, judged, linted, look_at, shop

from walkeros_klaviyo.verify.questions.rules.conditions import asked_for
from walkeros_klaviyo.verify.questions.rules.lint import lint_rules
from walkeros_klaviyo.verify.questions.rules.sample import judge_rules


def asks(*path: Any) -> Any:
    """A condition that asks for what stands at a path."""

    def condition(value: Any, event: Any) -> bool:
        found = event
        for key in path:
            found = found[key] if isinstance(found, list) else found.get(key, {})
        return bool(found)

    return condition


def has(value: Any, event: Any) -> bool:
    """A condition that asks by other words than get."""
    return "gift" in event["data"] and event["data"]["gift"] == "yes"


def raises(value: Any, event: Any) -> bool:
    """A condition that expects something else."""
    raise ValueError


def always(value: Any, event: Any) -> bool:
    """A condition that holds."""
    return True


def never(value: Any, event: Any) -> bool:
    """And one that does not, and asks for nothing."""
    return False


SENT = {"name": "Sent"}
IDENTIFY = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
LINTED: dict[str, tuple[Raw, Raw, str]] = {
    "what yields nothing": ({"form send": {**SENT, "data": {"map": {"X": {"key": "data.x",
        "fn": always}}}}}, {}, "config.doubtful mapping.form.send.data.map.X.fn: is never "
        "read, because key is beside it"),
    "ignored, with two": ({"form send": {"ignore": True, "name": "Sent", "data": "data"}}, {},
        "rule.silenced mapping.form.send.ignore: nothing of the event is recorded, so name "
        "and data are for nothing => Leave out ignore, or name and data."),
    "a policy, and a condition, and another rule's policy": ({"form send": [{**SENT,
        "condition": always}], "note write": {**SENT, "policy": {"data.y": "data.z"}}},
        {"policy": {"data.x": {"value": 1}}}, "config.doubtful "
        "mapping.note.write.policy.data.y: nothing " 'that is sent reads "data.y", which it '
        'sets => Map "data.y" where it belongs, or ' "leave it out of the policy."),
    "several": ({"a b": [], "form send": [{**SENT, "condition": always}], "page view": [SENT,
        SENT], "in two": SENT}, {}, 'config.doubtful mapping.a.b: "a b" is an '
        "empty list, so its events go by no rule\nrule.unreachable mapping.page.view[1]: "
        "the rule before it has no condition and " 'takes every event "page view"'),
    "several of one entity": ({"form open": [], "form send": [{**SENT, "condition": always}],
        "form ": SENT, "form close": [SENT, SENT]}, {},
        'config.doubtful mapping.form.open: "form ' 'open" is an empty list, so its events go '
        "by no rule\nrule.unreachable " 'mapping.form.: no event meets "form", "": '
        "its name is one word for the entity and one for the action => "
        "mapping.<entity>.<action>\nrule.unreachable mapping.form.close[1]: "
        "the rule before it has no condition and " 'takes every event "form close"'),
    "sound": ({"form send": SENT}, {}, ""),
    "a warning": ({"form send": {"ignore": True, "data": {"map": {}}, "batch": 3}},
        {"loadScript": True}, "rule.silenced mapping.form.send.ignore: "
        "nothing of the event is recorded, so data is for nothing => Leave out ignore, or "
        "data."),
    "what has no meaning": ({"form send": SENT}, {"loadScript": True, "queue": {}}, ""),
    "disabled": ({"form send": SENT}, {"disabled": True}, "config.doubtful disabled: disabled is "
        "set, so nothing is sent => Remove it to go live."),
    "mock": ({"form send": SENT}, {"mock": True}, "config.doubtful mock: mock is set, so "
        "nothing is sent => Remove it to go live."),
    "always backfill": ({"form send": SENT}, {"settings": {"backfill": {"value": True}}},
        "backfill.always settings.backfill: it holds for every event, those of today too"),
    "backfill by a path": ({"form send": SENT}, {"settings": {"backfill": "data.old"}}, ""),
    "never backfill": ({"form send": SENT}, {"settings": {"backfill": {"value": False}}}, ""),
    "an open rule": ({"form send": {**SENT, "consent": {}}}, {"consent": {"a": True}},
        "config.doubtful mapping.form.send.consent: it lifts "
        "nothing: what the destination asks for is asked first => Remove it; to ask for "
        "less, move the destination's consent to the other rules."),
    "an open rule, and nobody asks": ({"form send": {**SENT, "consent": {}}}, {}, ""),
    "silent": ({"form send": {"silent": True}}, {}, "config.doubtful mapping.form.send.silent: "
        "silent, and sends nothing about the person: nothing at all is sent => Write "
        "ignore = true in place of silent, or map settings.identify."),
    "silent, and told of": ({"form send": {"silent": True, **IDENTIFY}}, {}, ""),
    "silent, and named": ({"form send": {"silent": True, "name": "Sent", **IDENTIFY}}, {},
        "rule.silenced mapping.form.send.silent: nothing of the event is recorded, so name "
        "is for nothing => Leave out silent, or name."),
    "ignored, and named": ({"form send": {"ignore": True, "name": "Sent"}}, {},
        "rule.silenced mapping.form.send.ignore: nothing of the event is recorded, so name "
        "is for nothing => Leave out ignore, or name."),
    "ignored and silent": ({"form send": {"ignore": True, "silent": True}}, {}, ""),
    "ignored, with all": ({"form send": {"ignore": True, "name": "Sent", "data": "data",
        "settings": {"value": "data.x"}}}, {}, "rule.silenced mapping.form.send.ignore: "
        "nothing of the event is recorded, so name and data and value are for nothing => "
        "Leave out ignore, or name and data and value."),
    "skip": ({"form send": {"skip": True}}, {}, "config.doubtful mapping.form.send.skip: "
        "silent, and sends nothing about the person: nothing at all is sent => Write "
        "ignore = true in place of skip, or map settings.identify."),
    "skip, and named": ({"form send": {"skip": True, "name": "Sent"}}, {},
        "config.doubtful mapping.form.send.skip: silent, and sends nothing about the person: "
        "nothing at all is sent => Write ignore = true in place of skip, or map "
        "settings.identify.\nrule.silenced mapping.form.send.skip: nothing of the "
        "event is recorded, so name is for nothing => Leave out skip, or name."),
    "a batch": ({"form send": {**SENT, "batch": True}}, {"batch": {"size": 1000,
        "wait": 3_600_000, "age": 5}}, ""),
    "a batch too large": ({"form send": SENT}, {"batch": {"size": 1001}},
        "config.doubtful batch.size: size is 1,001, and a request to Klaviyo takes "
        "1,000 events => Write size = 1000."),
    "a rule's batch too large": ({"form send": {**SENT, "batch": {"size": 1001}}}, {},
        "config.doubtful mapping.form.send.batch.size: size is "
        "1,001, and a request to Klaviyo takes 1,000 events => Write size = 1000."),
    "a batch of no size": ({"form send": SENT}, {"batch": {"size": "1001"}}, ""),
    "a slip in a batch": ({"form send": SENT}, {"batch": {"sizes": 9, "zzz": 1}},
        'config.doubtful batch.sizes: "sizes" is ' 'not read; did you mean "size"? => Write '
        '"size".'),
    "a batch that waits": ({"order complete": {"name": "Placed Order"}}, {"batch": 3_600_001},
        "config.doubtful batch: its events wait 1 hours, and so do the flows they start => "
        "Write batch = true, or a shorter time."),
    "a batch that waits, of its own": ({"order complete": {"name": "Placed Order",
        "batch": {"wait": 7_200_000}}}, {}, "config.doubtful "
        "mapping.order.complete.batch: its events wait 2 hours, and so do the flows they "
        "start => Write batch = true, or a shorter time."),
    "a batch that waits just long enough": ({"order complete": {"name": "Placed Order"}},
        {"batch": 3_600_000}, ""),
    "a batch of other metrics": ({"form send": {**SENT, "batch": 7_200_000}},
        {"batch": 9_200_000}, ""),
    "a policy that nothing reads": ({"form send": SENT}, {"policy": {"data.x": {"value": 1}}},
        "config.doubtful policy.data.x: nothing " 'that is sent reads "data.x", which it '
        'sets => Map "data.x" where it belongs, or ' "leave it out of the policy."),
    "a policy that nothing reads, by a path": ({"form send": SENT},
        {"policy": {"custom.x.y": "data.z"}}, "config.doubtful policy.custom.x.y: "
        'nothing that is sent reads "custom.x.y", ' 'which it sets => Map "custom.x.y" where '
        "it belongs, or leave it out of the policy."),
    "a policy that is read": ({"form send": {**SENT, "data": {"map": {"X": "data.x"}}}},
        {"policy": {"data.x": {"value": 1}}}, ""),
    "a policy that is read within": ({"form send": {**SENT, "data": {"map": {"X": "data.x.y"}}}},
        {"policy": {"data.x": {"value": 1}}}, ""),
    "a policy that is read as a whole": ({"form send": {**SENT, "data": {"map": {"X": "data"}}}},
        {"policy": {"data.x": {"value": 1}}}, ""),
    "a policy whose name another begins with": ({"form send": {**SENT,
        "data": {"map": {"X": "data.xy"}}}}, {"policy": {"data.x": {"value": 1}}},
        "config.doubtful policy.data.x: nothing " 'that is sent reads "data.x", which it '
        'sets => Map "data.x" where it belongs, or ' "leave it out of the policy."),
    "a policy that another reads": ({"form send": {**SENT, "data": {"map": {"X": "data.y"}}}},
        {"policy": {"data.x": {"value": 1}, "data.y": "data.x"}}, ""),
    "a policy that is included": ({"form send": {**SENT, "include": ["data"]}},
        {"policy": {"data.x": {"value": 1}}}, ""),
    "a policy, and all is included": ({"form send": {**SENT, "include": ["all"]}},
        {"policy": {"data.x": {"value": 1}}}, ""),
    "a policy, and another is included": ({"form send": {**SENT, "include": ["globals"]}},
        {"policy": {"data.x": {"value": 1}}}, "config.doubtful policy.data.x: nothing "
        'that is sent reads "data.x", which it ' 'sets => Map "data.x" where it belongs, or '
        "leave it out of the policy."),
    "a policy of what the pipeline reads": ({"form send": SENT},
        {"policy": {"timestamp": "data.at"}}, ""),
    "a policy, and a condition": ({"form send": [{**SENT, "condition": always}]},
        {"policy": {"data.x": {"value": 1}}}, ""),
    "a policy, and a function": ({"form send": {**SENT, "data": {"map": {"X": {"fn": always}}}}},
        {"policy": {"data.x": {"value": 1}}}, ""),
    "a rule's policy that nothing reads": ({"form send": {**SENT, "policy": {"data.x": "data.y"}},
        "note write": {"name": "W", "data": {"map": {"X": "data.x"}}}}, {}, "config.doubtful "
        "mapping.form.send.policy.data.x: nothing " 'that is sent reads "data.x", which it '
        'sets => Map "data.x" where it belongs, or ' "leave it out of the policy."),
    "a rule's policy that the destination's reads": ({"form send": {**SENT,
        "policy": {"user.x": "data.y"}}}, {"settings": {"email": "user.x"}}, ""),
    "an empty list": ({"form send": []}, {}, 'config.doubtful mapping.form.send: "form '
        'send" is an empty list, so its events go ' "by no rule"),
    "an empty list, and a rule for all": ({"form send": [], "* *": SENT}, {},
        'config.doubtful mapping.form.send: "form ' 'send" is an empty list, so its events go '
        "by the rule * *"),
    "after one without a condition": ({"form send": [SENT, {**SENT, "condition": always}, SENT]},
        {}, "rule.unreachable mapping.form.send[1]: the rule before it has no condition and "
        'takes every event "form send"\n' "rule.unreachable mapping.form.send[2]: "
        "the rule before it has no condition and " 'takes every event "form send"'),
    "after one that ignores": ({"form send": [{"ignore": True}, SENT]}, {},
        "rule.unreachable mapping.form.send[1]: the rule before it has no condition and "
        'ignores every event "form send"'),
    "after one with a condition": ({"form send": [{**SENT, "condition": always}, SENT]}, {}, ""),
    "conditions only": ({"form send": [{**SENT, "condition": always}]}, {}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "more", "says"), LINTED.values(), ids=LINTED)
def test_what_no_event_is_needed_to_see(rules: Raw, more: Raw, says: str) -> None:
    """What has no effect, and rules that never are the event's."""
    assert linted(lint_rules, shop(rules, **more)) == says


@pytest.mark.parametrize(
    ("entity", "action", "says"),
    [
        (
            "order",
            "complete now",
            (
                'rule.unreachable mapping.order.complete now: no event meets "order", "complete '
                'now": its name is one word for the entity and one for the action => '
                "mapping.order.complete"
            ),
        ),
        (
            "order ",
            "complete",
            (
                'rule.unreachable mapping.order .complete: no event meets "order ", "complete": '
                "its name is one word for the entity and one for the action => "
                "mapping.order.complete"
            ),
        ),
        (
            "*",
            "in two",
            (
                'rule.unreachable mapping.*.in two: no event meets "*", "in two": its name is one '
                "word for the entity and one for the action => mapping.in.two"
            ),
        ),
        (
            "",
            "complete",
            (
                'rule.unreachable mapping..complete: no event meets "", "complete": its name is '
                "one word for the entity and one for the action => mapping.<entity>.<action>"
            ),
        ),
        ("order", "*", ""),
    ],
)
def test_a_name_is_one_word_for_each(entity: str, action: str, says: str) -> None:
    """Or no event meets it."""
    assert linted(lint_rules, {"mapping": {entity: {action: SENT}}}) == says


def forms(count: int, name: str = "form send", **data: Any) -> list[Raw]:
    """Events of a name."""
    return [event(name, dict(data), at, at) for at in range(count)]


def ask(condition: Any, **more: Any) -> Raw:
    """A rule with a condition."""
    return {"name": "Sent", "condition": condition, **more}


UNMET: dict[str, tuple[Raw, list[Raw], str]] = {
    "by a name that is near enough": ({"order paid": SENT}, forms(1, "order pays"),
        "rule.unmet mapping.order.paid: no event " 'of the sample is a "order paid"; did you '
        'mean "order pays"? => Write ' "mapping.order.pays."),
    "by a name that is near enough, and another takes it": ({"order paid": SENT,
        "order pays": SENT}, forms(1, "order pays"), "rule.unmet mapping.order.paid: no event "
        'of the sample is a "order paid"'),
    "by a name that is near enough, and a list takes it": ({"order paid": SENT,
        "order pays": [SENT]}, forms(1, "order pays"), "rule.unmet mapping.order.paid: no event "
        'of the sample is a "order paid"'),
    "any action, by more than a slip": ({"farm *": SENT}, forms(1),
        "rule.unmet mapping.farm.*: no event of " 'the sample is a "farm *"'),
    "any entity, by more than a slip": ({"* sand": SENT}, forms(1),
        "rule.unmet mapping.*.sand: no event of " 'the sample is a "* sand"'),
    "several": ({"form send": [ask(always), ask(never)], "page view": [ask(never)], "ad *": SENT,
        "ad see": SENT, "debug ping": {"ignore": True}, "* *": {"ignore": True},
        "zoo visit": SENT}, [*forms(1), *forms(1, "page view"), *forms(1, "ad see")],
        "rule.unmet mapping.zoo.visit: no event of " 'the sample is a "zoo visit"'),
    "met": ({"form send": SENT}, forms(1), ""),
    "by no event": ({"form send": SENT}, forms(1, "page view"),
        "rule.unmet mapping.form.send: no event of " 'the sample is a "form send"'),
    "by a slip": ({"form sendt": SENT}, forms(1), "rule.unmet mapping.form.sendt: no event "
        'of the sample is a "form sendt"; did you ' 'mean "form send"? => Write '
        "mapping.form.send."),
    "by a slip in the entity": ({"from send": SENT}, forms(1),
        "rule.unmet mapping.from.send: no event of " 'the sample is a "from send"; did you mean '
        '"form send"? => Write mapping.form.send.'),
    "by a name that another takes": ({"form send": SENT, "form sent": SENT}, forms(1),
        "rule.unmet mapping.form.sent: no event of " 'the sample is a "form sent"; did you mean '
        '"form send"? => Write mapping.form.send.'),
    "by a far name that another takes": ({"form send": SENT, "form end": SENT}, forms(1,
        "form sends"), "rule.unmet mapping.form.send: no event of "
        'the sample is a "form send"; did you mean ' '"form sends"? => Write '
        "mapping.form.sends.\nrule.unmet mapping.form.end: no event of the sample "
        'is a "form end"; did you mean "form ' 'sends"? => Write mapping.form.sends.'),
    "by login and logout": ({"user login": SENT}, forms(1, "user logout"),
        "rule.unmet mapping.user.login: no event " 'of the sample is a "user login"'),
    "ignored, and none came": ({"debug ping": {"ignore": True}}, forms(1), ""),
    "ignored, and a slip": ({"form sendd": {"ignore": True}}, forms(1),
        "rule.unmet mapping.form.sendd: no event " 'of the sample is a "form sendd"; did you '
        'mean "form send"? => Write ' "mapping.form.send."),
    "ignored, and a far one": ({"form sndss": {"ignore": True}}, forms(1), ""),
    "any action": ({"form *": SENT}, forms(1, "page view"),
        "rule.unmet mapping.form.*: no event of " 'the sample is a "form *"'),
    "any action, by a slip": ({"forms *": SENT}, forms(1),
        "rule.unmet mapping.forms.*: no event of " 'the sample is a "forms *"; did you mean '
        '"form *"? => Write mapping.form.*.'),
    "any entity": ({"* send": SENT}, forms(1, "page view"),
        "rule.unmet mapping.*.send: no event of " 'the sample is a "* send"'),
    "any entity, by a slip": ({"* sends": SENT}, forms(1),
        "rule.unmet mapping.*.sends: no event of " 'the sample is a "* sends"; did you mean '
        '"* send"? => Write mapping.*.send.'),
    "any entity, as others": ({"* send": SENT, "form send": SENT}, forms(1), ""),
    "any action, as others": ({"form *": SENT, "form send": SENT}, forms(1), ""),
    "all, as others": ({"* *": SENT, "form send": SENT}, forms(1), ""),
    "any action, and the name is one word": ({"form *": SENT}, forms(1, "form"),
        "rule.unmet mapping.form.*: no event of " 'the sample is a "form *"'),
    "of a list": ({"form send": [ask(never), ask(always)]}, forms(1), ""),
    "of a list, none": ({"form send": [ask(never), ask(never)]}, forms(1),
        "rule.unmet mapping.form.send[0]: of the " 'events "form send" none meets a condition '
        "of the rules => Mend the conditions, or leave the rule out.\nrule.unmet "
        'mapping.form.send[1]: of the events "form ' 'send" none meets a condition of the rules '
        "=> Mend the conditions, or leave the rule out."),
    "of a list, not one": ({"form send": [ask(never)]}, forms(1, "page view"),
        "rule.unmet mapping.form.send[0]: no event " 'of the sample is a "form send"'),
    "of a list, and one raised": ({"form send": [ask(raises), ask(never)]}, forms(1), ""),
    "of a list, and another list": ({"form send": [ask(never)], "page view": [ask(always)]},
        [*forms(1), *forms(1, "page view")], "rule.unmet mapping.form.send[0]: of the "
        'events "form send" none meets a condition ' "of the rules => Mend the conditions, or "
        "leave the rule out."),
    "of a list, and all are ignored": ({"form send": [ask(never)], "* *": {"ignore": True}},
        forms(2), ""),
    "of a list, and others are ignored": ({"form send": [ask(never)], "* *": {"ignore": True}},
        [*forms(2), *forms(1, "page view")], "rule.unmet mapping.form.send[0]: of the "
        'events "form send" none meets a condition ' "of the rules => Mend the conditions, or "
        "leave the rule out."),
    "all are ignored": ({"form send": [ask(always, ignore=True), SENT]}, forms(3),
        "rule.ignores-all mapping.form.send[0]: its condition holds for all of 3 events"),
    "two are ignored": ({"form send": [ask(always, ignore=True), SENT]}, forms(2), ""),
    "some are ignored": ({"form send": [ask(asks("data", "x"), ignore=True), SENT]}, [*forms(3,
        x=1), *forms(1)], ""),
    "all are sent": ({"form send": [ask(always), SENT]}, forms(3), ""),
    "asks in vain": ({"form send": [ask(asks("data", "gift"))]}, forms(20, x=1), "rule.unmet "
        "mapping.form.send[0].condition: of 20 " 'events none has the "data.gift" that it '
        "asks for => Ask for what the events have."),
    "asks in vain, of few": ({"form send": [ask(asks("data", "gift"))]}, forms(19, x=1),
        "rule.unmet mapping.form.send[0]: of the " 'events "form send" none meets a condition '
        "of the rules => Mend the conditions, or leave the rule out."),
    "asks in vain, of those ignored": ({"form send": [ask(asks("data", "gift"), ignore=True)]},
        forms(20, x=1), "rule.unmet mapping.form.send[0]: of the "
        'events "form send" none meets a condition ' "of the rules => Mend the conditions, or "
        "leave the rule out."),
    "asks in vain by a slip": ({"form send": [ask(asks("data", "gfit")), SENT]}, forms(3, gift=0),
        "rule.unmet mapping.form.send[0].condition: of 3 "
        'events none has the "data.gfit" that it ' 'asks for; did you mean "data.gift"? => '
        'Let it read "data.gift".'),
    "asks in vain by a slip, of two": ({"form send": [ask(asks("data", "gfit")), SENT]}, forms(2,
        gift=0), ""),
    "asks in vain by a slip, ignored": ({"form send": [ask(asks("data", "gfit"), ignore=True),
        SENT]}, forms(3, gift=0), "rule.unmet mapping.form.send[0].condition: of 3 "
        'events none has the "data.gfit" that it ' 'asks for; did you mean "data.gift"? => '
        'Let it read "data.gift".'),
    "asks for what is there": ({"form send": [ask(asks("data", "gift"))]}, forms(20, gift=0),
        "rule.unmet mapping.form.send[0]: of the " 'events "form send" none meets a condition '
        "of the rules => Mend the conditions, or leave the rule out."),
    "asks for what is there once": ({"form send": [ask(asks("data", "gift"))]}, [*forms(20, x=1),
        *forms(1, gift=0)], "rule.unmet mapping.form.send[0]: of the "
        'events "form send" none meets a condition ' "of the rules => Mend the conditions, or "
        "leave the rule out."),
    "asks with in": ({"form send": [ask(has)]}, forms(20, x=1), "rule.unmet "
        "mapping.form.send[0].condition: of 20 " 'events none has the "data.gift" that it '
        "asks for => Ask for what the events have."),
    "asks for two": ({"form send": [ask(lambda v, e: e["data"].get("b") or e["data"].get("a"))]},
        forms(20, x=1), "rule.unmet mapping.form.send[0].condition: of 20 "
        'events none has the "data.a" that it asks ' 'for; did you mean "data.x"? => Let it '
        'read "data.x".'),
    "asks of others' events": ({"form send": [ask(asks("data", "gift"))], "page view": SENT},
        [*forms(20, "page view", x=1)], "rule.unmet mapping.form.send[0]: no event "
        'of the sample is a "form send"'),
    "asks any action": ({"form *": [ask(asks("data", "gift"))]}, [*forms(10, x=1), *forms(10,
        "form open", x=1)], "rule.unmet mapping.form.*[0].condition: "
        'of 20 events none has the "data.gift" ' "that it asks for => Ask for what the "
        "events have."),
    "asks, and all are stopped": ({"form send": [ask(asks("data", "gift")), {"ignore": True}]},
        forms(20, x=1), "rule.unmet mapping.form.send[0].condition: of 20 "
        'events none has the "data.gift" that it ' "asks for => Ask for what the events have."),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "events", "says"), UNMET.values(), ids=UNMET)
def test_rules_that_no_event_meets(rules: Raw, events: list[Raw], says: str) -> None:
    """By their names, with those that are near, and by what their conditions ask for."""
    assert judged(judge_rules, shop(rules), events) == says


@pytest.mark.parametrize(
    ("path", "data", "asked", "known"),
    [
        (("data", "gift"), {"x": 1}, ["data.gift"], False),
        (("data", "x"), {"x": 1}, [], True),
        (("data", "a", "b"), {"a": {"c": 1}}, ["data.a.b"], False),
        (("data", "list", 0, "b"), {"list": [{"c": 1}]}, ["data.list.*.b"], False),
        (("data", "list", 0, "c"), {"list": [{"c": 1}]}, [], True),
        (("data", "list", 0, 0, "b"), {"list": [[{"c": 1}]]}, ["data.list.*.*.b"], False),
    ],
)
def test_what_a_condition_asks_for(path: Any, data: Raw, asked: list[str], known: bool) -> None:
    """The innermost paths, also within the items of lists."""
    config, shown = look_at(shop({"form send": [ask(asks(*path))]}), [event("form send", data)])
    condition = config.rules[0].condition
    assert condition is not None
    raws = [one.raw for one in (*shown.mapped, *shown.stopped)]
    found = asked_for(config, condition, raws)
    place = ".".join(str(one).replace("0", "*") for one in path)
    assert (found.never_there, place in found.known) == (asked, known)


def test_a_condition_sees_what_consent_and_the_policy_leave() -> None:
    """As it does in the pipeline."""
    policy = {"data.gift": {"value": 1}, "data.x": {"key": "data.y", "consent": {"a": True}}}
    config, shown = look_at(
        {**shop({"form send": [ask(asks("data", "gift"))]}), "policy": policy}, forms(1)
    )
    condition = config.rules[0].condition
    assert condition is not None
    raws = [one.raw for one in (*shown.mapped, *shown.stopped)]
    assert asked_for(config, condition, raws).never_there == []


SHIP = {"order ship": {"name": "Fulfilled Order"}}
TOTAL = {"id": "1", "total": 9}
FALLEN: dict[str, tuple[Raw, list[Raw], str]] = {
    "orders": ({**SHIP, "* *": {"ignore": True}}, forms(3, "order complete", **TOTAL),
        "rule.no-orders mapping.*.*: 3 events " '"order complete" have an amount, and fall '
        'to the rule "* *": ignored => Give ' "mapping.order.complete a rule without a "
        'condition: name = "Placed Order" and ' 'settings = { value = "data.total", '
        'uniqueId = "data.id" }.'),
    "two orders": ({**SHIP, "* *": {"ignore": True}}, forms(2, "order complete", **TOTAL), ""),
    "orders without an id": ({**SHIP, "* *": {"ignore": True}}, forms(3, "order complete",
        total=9), "rule.no-orders mapping.*.*: 3 events "
        '"order complete" have an amount, and fall ' 'to the rule "* *": ignored => Give '
        "mapping.order.complete a rule without a " 'condition: name = "Placed Order" and '
        'settings = { value = "data.total", ' 'uniqueId = "id" }.'),
    "orders without an amount": ({**SHIP, "* *": {"ignore": True}}, forms(3, "order complete",
        id="1"), ""),
    "orders that are taken": ({**SHIP, "* *": {"ignore": True},
        "cart pay": {"name": "Placed Order"}}, forms(3, "order complete", **TOTAL), ""),
    "orders, and nothing follows": ({"form send": SENT, "* *": {"ignore": True}}, forms(3,
        "order complete", **TOTAL), ""),
    "orders, and a cancellation follows": ({"order cancel": {"name": "Canceled Order"},
        "* *": {"ignore": True}}, forms(3, "order complete", **TOTAL),
        "rule.no-orders mapping.*.*: 3 events " '"order complete" have an amount, and fall '
        'to the rule "* *": ignored => Give ' "mapping.order.complete a rule without a "
        'condition: name = "Placed Order" and ' 'settings = { value = "data.total", '
        'uniqueId = "data.id" }.'),
    "orders that a rule ignores": ({**SHIP, "order complete": {"ignore": True}}, forms(3,
        "order complete", **TOTAL), ""),
    "orders that no rule takes": (SHIP, forms(3, "order complete", **TOTAL), ""),
    "what is no order": ({**SHIP, "* *": {"ignore": True}}, forms(3, "form send", **TOTAL), ""),
    "what has a value": ({"form send": [ask(never, settings={"value": "data.total"})],
        "* *": {"ignore": True}}, forms(3, "form send", **TOTAL),
        "rule.no-orders mapping.form.send: 3 " 'events "form send" have an amount, and '
        'fall to the rule "* *": ignored => Give ' "mapping.form.send a rule without a "
        'condition: name = "Placed Order" and ' 'settings = { value = "data.total", '
        'uniqueId = "data.id" }.'),
    "orders of any action": ({**SHIP, "order *": {"ignore": True}}, forms(3, "order complete",
        **TOTAL), "rule.no-orders mapping.order.*: 3 events "
        '"order complete" have an amount, and fall ' 'to the rule "order *": ignored => Give '
        "mapping.order.complete a rule without a " 'condition: name = "Placed Order" and '
        'settings = { value = "data.total", ' 'uniqueId = "data.id" }.'),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "events", "says"), FALLEN.values(), ids=FALLEN)
def test_orders_that_fall_to_a_rule_that_ignores_them(
    rules: Raw, events: list[Raw], says: str
) -> None:
    """Where what follows an order is recorded, or a rule of theirs has a value."""
    said = judged(judge_rules, shop(rules), events).split("\n")
    assert "\n".join(one for one in said if "rule.no-orders" in one) == says


YEAR = 365 * DAY
DONE = {"order complete": {"name": "Placed Order"}, "form send": SENT}


def orders(*times: float, **data: Any) -> list[Raw]:
    """Orders at these times."""
    return [event("order complete", dict(data), at, line) for line, at in enumerate(times)]


@pytest.mark.parametrize(
    ("rule", "events", "says"),
    [
        (
            {},
            [*orders(0, 0, 0), event("form send", at=YEAR + 1)],
            (
                "backfill.missing mapping.order.complete.settings.backfill (line 1): 3 orders are "
                "more than a year older than the sample's last event => "
                "mapping.order.complete.settings.backfill = true, where old orders are sent."
            ),
        ),
        ({}, [*orders(0, 0, 0), event("form send", at=YEAR)], ""),
        ({}, [*orders(0, 0), event("form send", at=YEAR + 1)], ""),
        (
            {},
            [*orders(9, 0, 0, 0), event("form send", at=YEAR + 1)],
            (
                "backfill.missing mapping.order.complete.settings.backfill (line 2): 3 orders are "
                "more than a year older than the sample's last event => "
                "mapping.order.complete.settings.backfill = true, where old orders are sent."
            ),
        ),
        ({"name": "Bought"}, [*orders(0, 0, 0), event("form send", at=YEAR + 1)], ""),
        (
            {"settings": {"backfill": {"value": True}}},
            [*orders(0, 0, 0), event("form send", at=YEAR + 1)],
            "",
        ),
        (
            {"settings": {"backfill": "data.old"}},
            [*orders(0, 0, 0), event("form send", at=YEAR + 1)],
            (
                "backfill.missing mapping.order.complete.settings.backfill (line 1): 3 orders are "
                "more than a year older than the sample's last event => "
                "mapping.order.complete.settings.backfill = true, where old orders are sent."
            ),
        ),
    ],
)
def test_orders_of_years_ago_are_marked(rule: Raw, events: list[Raw], says: str) -> None:
    """Or they start flows."""
    rules = {**DONE, "order complete": {"name": "Placed Order", **rule}}
    said = judged(judge_rules, shop(rules), events).split("\n")
    assert "\n".join(one for one in said if "backfill" in one) == says


def live(count: int, gap: float = 5, user: Any = None, later: int = 0) -> list[Raw]:
    """Orders beside a visitor's forms, and so many without."""
    made = [
        one
        for at in range(count)
        for one in (
            event("form send", {}, at * 100, user or at),
            event("order complete", {}, at * 100 + gap, user or at),
        )
    ]
    return [*made, *(event("order complete", {}, at, 90 + at) for at in range(later))]


OLD = {"settings": {"backfill": {"value": True}}}
LIVE: dict[str, tuple[Raw, list[Raw], str]] = {
    "live": (OLD, live(3), "backfill.always mapping.order.complete.settings.backfill "
        "(line 2): 3 of its 3 events come within a visit, of today => Leave "
        "mapping.order.complete.settings.backfill out."),
    "of two": (OLD, live(2), ""),
    "half": (OLD, live(3, later=3), ""),
    "more than half": (OLD, live(4, later=3), "backfill.always "
        "mapping.order.complete.settings.backfill (line 2): 4 of its 7 events come within a "
        "visit, of today => Leave mapping.order.complete.settings.backfill out."),
    "at the end of a visit": (OLD, live(3, 29.9), "backfill.always "
        "mapping.order.complete.settings.backfill (line 2): 3 of its 3 events come within a "
        "visit, of today => Leave mapping.order.complete.settings.backfill out."),
    "after it": (OLD, live(3, 30), ""),
    "before it": (OLD, live(3, -29.9), "backfill.always "
        "mapping.order.complete.settings.backfill (line 2): 3 of its 3 events come within a "
        "visit, of today => Leave mapping.order.complete.settings.backfill out."),
    "not yet": (OLD, live(3, -30), ""),
    "of a device": (OLD, live(3, user={"id": None, "device": "d", "email": "a@example.com"}),
        "backfill.always mapping.order.complete.settings.backfill "
        "(line 2): 3 of its 3 events come within a visit, of today => Leave "
        "mapping.order.complete.settings.backfill out."),
    "by nothing": (OLD, live(3, user={"id": 1.5, "phone": "x"}), ""),
    "by a session": (OLD, live(3, user={"session": "s", "email": "a@example.com"}),
        "backfill.always mapping.order.complete.settings.backfill "
        "(line 2): 3 of its 3 events come within a visit, of today => Leave "
        "mapping.order.complete.settings.backfill out."),
    "by a number": (OLD, live(3, user={"id": 7}), "backfill.always "
        "mapping.order.complete.settings.backfill (line 2): 3 of its 3 events come within a "
        "visit, of today => Leave mapping.order.complete.settings.backfill out."),
    "of old ones": (OLD, [*live(3), event("form send", at=YEAR + 5)], "backfill.always "
        "mapping.order.complete.settings.backfill (line 2): 3 of its 3 events come within a "
        "visit, of today => Leave mapping.order.complete.settings.backfill out."),
    "of very old ones": (OLD, [*live(3), event("form send", at=YEAR + 5.01)], ""),
    "of another metric": ({**OLD, "name": "Bought"}, live(3), ""),
    "of another metric with a value": ({"name": "Bought", "settings": {**OLD["settings"],
        "value": "data.x"}}, live(3), "backfill.always "
        "mapping.order.complete.settings.backfill (line 2): 3 of its 3 events come within a "
        "visit, of today => Leave mapping.order.complete.settings.backfill out."),
    "not marked": ({"settings": {"backfill": {"value": False}}}, live(3), ""),
    "marked in part": ({"settings": {"backfill": "data.old"}}, live(3), ""),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "events", "says"), LIVE.values(), ids=LIVE)
def test_what_happens_while_the_visitor_is_there_is_no_backfill(
    rule: Raw, events: list[Raw], says: str
) -> None:
    """Beside what is not marked, by whatever tells whose visit it is."""
    rules = {**DONE, "order complete": {"name": "Placed Order", **rule}}
    said = judged(judge_rules, shop(rules), events).split("\n")
    assert "\n".join(one for one in said if "backfill" in one) == says


def test_the_destinations_backfill_is_no_rules() -> None:
    """It is told by itself."""
    assert judged(judge_rules, shop(DONE, settings=OLD["settings"]), live(3)) == ""


@pytest.mark.parametrize("key", ["session", "device", "id", "email"])
def test_a_visit_is_known_by_any_of_these(key: str) -> None:
    """Though all else is another's."""
    events = [
        event(name, {}, at, {"id": f"{name} {at}", key: f"v{at}@example.com"})
        for at in range(3)
        for name in ("form send", "order complete")
    ]
    rules = {**DONE, "order complete": {"name": "Placed Order", **OLD}}
    assert judged(judge_rules, shop(rules), [event("form send", who="x"), *events]) == (
        "backfill.always mapping.order.complete.settings.backfill (line 3): 3 of its 3 "
        "events come within a visit, of today => Leave "
        "mapping.order.complete.settings.backfill out."
    )
