"""Do the events have something where the configuration looks, and does it arrive?"""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import Raw, event, judged, linted, shop

from walkeros_klaviyo.verify.questions.properties import judge_properties
from walkeros_klaviyo.verify.questions.subscriptions import judge_subscriptions, lint_subscriptions
from walkeros_klaviyo.verify.questions.values.lint import lint_values
from walkeros_klaviyo.verify.questions.values.lost import judge_lost
from walkeros_klaviyo.verify.questions.values.paths import judge_pairs, judge_paths
from walkeros_klaviyo.verify.questions.values.policies import judge_policies


def never(value: Any, event: Any) -> bool:
    """A condition, or a validation, that nothing meets."""
    return False


def raises(value: Any, event: Any) -> bool:
    """A function that expects something else."""
    raise ValueError("no")


def nothing(value: Any, event: Any) -> Any:
    """A function of which nothing comes."""
    return None


def mapped(**properties: Any) -> Raw:
    """A rule with these properties."""
    return {"name": "Sent", "data": {"map": properties}}


def said(judge: Any, rule: Raw, *datas: Raw, **more: Any) -> str:
    """What is said of forms with these data."""
    name, parts = more.pop("name", "form send"), more.pop("parts", {})
    others, rules = more.pop("others", []), more.pop("rules", {})
    who = more.pop("who", lambda at: at)
    events = [event(name, data, at, who(at), **parts) for at, data in enumerate(datas)]
    return judged(judge, shop({name: rule, **rules}, **more), [*events, *others])


SPELLED: dict[str, tuple[Any, str]] = {
    "a word": ({"value": "total"}, ""),
    "a path": ({"value": "data.total"}, "value.path mapping.form.send.data.map.X: "
        'the constant "data.total" is spelled as a ' "path, and is taken as it stands => Write "
        '"data.total" by itself, or in a list ' "after another path."),
    "a path of a list": ({"value": "nested.*.data.x"}, "value.path mapping.form.send.data.map.X: "
        'the constant "nested.*.data.x" is spelled ' "as a path, and is taken as it stands => "
        'Write "nested.*.data.x" by itself, or in ' "a list after another path."),
    "a path of the source": ({"value": "source.url"}, "value.path mapping.form.send.data.map.X: "
        'the constant "source.url" is spelled as a ' "path, and is taken as it stands => Write "
        '"source.url" by itself, or in a list ' "after another path."),
    "a sentence": ({"value": "see data.total"}, ""),
    "a default": ({"key": "data.x", "value": "user.name"}, "value.path "
        "mapping.form.send.data.map.X.value: the " 'constant "user.name" is spelled as a '
        "path, and is taken as it stands => Write " '"user.name" by itself, or in a list after '
        "another path."),
    "a template": ({"value": "{{ name }}"}, "value.path mapping.form.send.data.map.X: "
        'the constant "{{ name }}" is a place in a ' "template that nobody has filled => Write "
        "what belongs there."),
    "another template": ({"value": "Hello ${name}"}, "value.path mapping.form.send.data.map.X: "
        'the constant "Hello ${name}" is a place ' "in a template that nobody has filled => "
        "Write what belongs there."),
    "a third": ({"value": "<% name %>"}, "value.path mapping.form.send.data.map.X: "
        'the constant "<% name %>" is a place in a ' "template that nobody has filled => Write "
        "what belongs there."),
    "a fourth": ({"value": "<your name>"}, "value.path mapping.form.send.data.map.X: "
        'the constant "<your name>" is a place in ' "a template that nobody has filled => "
        "Write what belongs there."),
    "a tag in a text": ({"value": "a <b> c"}, ""),
    "a number": ({"value": 3}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("value", "says"), SPELLED.values(), ids=SPELLED)
def test_constants_that_are_spelled_as_paths(value: Any, says: str) -> None:
    """Or as places in a template."""
    assert linted(lint_values, shop({"form send": mapped(X=value)})) == says


def test_names_that_are_spelled_as_paths() -> None:
    """And a policy's constants."""
    assert linted(lint_values, shop({"form send": {"name": "data.name"}})) == (
        'value.path mapping.form.send.name: the name "data.name" is spelled as a path, and '
        "is taken as it stands => Write the metric's name, or set the event's name by a "
        "policy."
    )
    assert linted(lint_values, shop({"form send": {"name": "{name}"}})) == (
        'value.path mapping.form.send.name: the name "{name}" is a place in a template '
        "that nobody has filled => Write what belongs there."
    )
    policy = {"data.x": {"value": "data.y"}}
    assert linted(lint_values, shop({"form send": {"name": "Sent"}}, policy=policy)) == (
        'value.path policy.data.x: the constant "data.y" is spelled as a path, and is '
        'taken as it stands => Write "data.y" by itself, or in a list after another path.'
    )


PATHS: dict[str, tuple[Raw, list[Raw], Raw, str]] = {
    "a constant stands in for what no event begins with": (mapped(X={"key": "dta.q.z",
        "value": "a"}), [{"y": 1}], {}, "path.unknown mapping.form.send.data.map.X.key (line "
        '1): no event has anything at "dta.q.z"'),
    "a constant stands in for what one begins with": (mapped(X={"key": "extra.zzz",
        "value": "a"}), [{"y": 1}], {"parts": {"extra": {"q": 1}}}, ""),
    "in a loop over no list, beside the lines": (mapped(X={"loop": ["data.x", "name"]}),
        [{"x": 3}], {"parts": {"nested": [{"data": {"name": 1}}]}}, "mapping.useless "
        "mapping.form.send.data.map.X.loop[0] (line 1): the source is a number, not a "
        'list => Write "nested".'),
    "in a loop over no list, beside lists of lists": (mapped(X={"loop": ["data.x", "name"]}),
        [{"x": 3, "y": [{"z": [{"name": 1}]}]}], {}, "mapping.useless "
        "mapping.form.send.data.map.X.loop[0] (line 1): the source is a number, not a "
        'list => Write "data.y".'),
    "removed, and another is near": ({**mapped(Total="data.x", Totals="data.x"),
        "remove": ["Total"]}, [{"x": 1}], {}, ""),
    "two": (mapped(X="data.x", Y="data.zzz", Z="data.qqq"), [{"x": 1}], {},
        "path.unknown mapping.form.send.data.map.Y (line 1): no event has anything at "
        '"data.zzz"\npath.unknown ' "mapping.form.send.data.map.Z (line 1): no "
        'event has anything at "data.qqq"'),
    "cleared, and another not": (mapped(X="data.x", Y="data.y"), [{"x": 1, "y": 2}],
        {"policy": {"data.z": "data.x", "data.x": "data.w"}},
        "policy.clears policy.data.x (line 1): it " 'clears "data.x", which the events have '
        "and a mapping reads\npath.unknown policy.data.x (line 1): no event has "
        'anything at "data.w"; did you mean ' '"data.z"? => Write "data.z".'),
    "there": (mapped(X="data.x"), [{"x": 1}], {}, ""),
    "there once": (mapped(X="data.x"), [{"x": 1}, {}, {}], {}, ""),
    "nowhere": (mapped(X="data.zzz"), [{"y": 1}], {}, "path.unknown mapping.form.send.data.map.X "
        "(line 1): no event has anything at " '"data.zzz"'),
    "nowhere, of two": (mapped(X="data.zzz"), [{"y": 1}] * 2, {},
        "path.unknown mapping.form.send.data.map.X (line 1): of 2 events that come by, none "
        'has anything at "data.zzz"'),
    "a slip": (mapped(X="data.totl"), [{"total": 1}], {},
        "path.unknown mapping.form.send.data.map.X (line 1): no event has anything at "
        '"data.totl"; did you mean "data.total"? ' '=> Write "data.total".'),
    "a slip that another reads": (mapped(X=["data.totl", "data.total"]), [{"total": 1}], {}, ""),
    "null": (mapped(X="data.x"), [{"x": None}], {}, ""),
    "an empty list": (mapped(X="data.x"), [{"x": []}] * 3, {}, "mapping.nothing "
        "mapping.form.send.data.map.X (line 1): of " '3 lists at "data.x" all are empty'),
    "two empty lists": (mapped(X="data.x"), [{"x": []}] * 2, {}, ""),
    "an empty list and null": (mapped(X="data.x"), [{"x": []}] * 2 + [{"x": None}], {}, ""),
    "the amount": ({"name": "S", "settings": {"value": "data.x", "currency": "EUR"}},
        [{"total": 9}], {}, "path.unknown mapping.form.send.settings.value (line "
        '1): no event has anything at "data.x"; ' 'did you mean "data.total"? => Write '
        '"data.total".'),
    "the amount, null": ({"name": "S", "settings": {"value": "data.x", "currency": "EUR"}},
        [{"x": None, "total": 9}], {}, "path.unknown mapping.form.send.settings.value (line "
        '1): no event has anything at "data.x"; ' 'did you mean "data.total"? => Write '
        '"data.total".'),
    "the currency": ({"name": "S", "settings": {"value": "data.total", "currency": "data.money"}},
        [{"total": 9, "currency": "EUR"}], {}, "path.unknown "
        "mapping.form.send.settings.currency (line 1): no event has anything at "
        '"data.money"; did you mean ' '"data.currency"? => Write "data.currency".'),
    "the id": ({"name": "S", "settings": {"uniqueId": "data.x"}},
        [{"number": at} for at in range(3)], {}, "path.unknown "
        "mapping.form.send.settings.uniqueId (line 1): of 3 events that come by, none has "
        'anything at "data.x"; did you mean ' '"data.number"? => Write "data.number".'),
    "the id, by a slip": ({"name": "S", "settings": {"uniqueId": "data.form"}},
        [{"number": at, "forms": at} for at in range(3)], {}, "path.unknown "
        "mapping.form.send.settings.uniqueId (line 1): of 3 events that come by, none has "
        'anything at "data.form"; did you mean ' '"data.forms"? => Write "data.forms".'),
    "else": (mapped(X=["data.x", "data.zzz"]), [{"x": 1}], {}, ""),
    "else, by a slip": (mapped(X=["data.x", "data.totl"]), [{"x": 1, "total": 2}], {},
        "path.unknown mapping.form.send.data.map.X[1] (line 1): "
        'no event has anything at "data.totl"; did ' 'you mean "data.total"? => Write '
        '"data.total".'),
    "else, at no part of an event": (mapped(X=["data.x", "dta.y.z"]), [{"x": 1}], {}, ""),
    "a constant stands in": (mapped(X={"key": "data.zzz", "value": "a"}), [{"y": 1}], {}, ""),
    "neither": (mapped(X=["data.xxx", "data.zzz"]), [{"q": 1}], {}, "path.unknown "
        "mapping.form.send.data.map.X[1] (line 1): " 'no event has anything at "data.zzz"'),
    "at no part of an event": (mapped(X="dta.x"), [{"x": 1}], {},
        "path.unknown mapping.form.send.data.map.X (line 1): no event has anything at "
        '"dta.x"; did you mean "data.x"? => Write ' '"data.x".'),
    "usual": (mapped(X="data.x"), [{"x": 1}], {"who": lambda at: {"id": "1"}}, ""),
    "an address": (mapped(X="data.x"), [{"x": 1}], {"settings": {"email": "user.mail"}},
        "path.unknown settings.email (line 1): no " 'event has anything at "user.mail"; did '
        'you mean "user.email"? => Write ' '"user.email".'),
    "of all": ({"name": "S"}, [{"y": 1}], {"data": {"map": {"X": "data.yy"}}},
        "path.unknown data.map.X (line 1): no " 'event has anything at "data.yy"; did you '
        'mean "data.y"? => Write "data.y".'),
    "of another rule": (mapped(X="data.x"), [{"y": 1}], {"others": [event("page view",
        {"xx": 1})], "rules": {"page view": {"name": "V"}}},
        "path.unknown mapping.form.send.data.map.X (line 1): no event has anything at "
        '"data.x"; did you mean "data.y"? => Write ' '"data.y".'),
    "in a loop": (mapped(X={"loop": ["data.list", "nme"]}), [{"list": [{"name": 1}]}], {},
        "path.unknown mapping.form.send.data.map.X.loop[1] "
        '(line 1): no event has anything at "nme"; ' 'did you mean "name"? => Write "name".'),
    "in a loop over this": (mapped(X={"loop": ["this", "data.nme"]}), [{"name": 1}], {},
        "path.unknown mapping.form.send.data.map.X.loop[1] "
        "(line 1): no event has anything at " '"data.nme"; did you mean "data.name"? => '
        'Write "data.name".'),
    "in a loop over nothing": (mapped(X={"loop": ["data.lst", "name"]}),
        [{"list": [{"name": 1}]}], {}, "path.unknown mapping.form.send.data.map.X.loop[0] "
        "(line 1): no event has anything at " '"data.lst"; did you mean "data.list"? => '
        'Write "data.list".'),
    "in a loop over no list": (mapped(X={"loop": ["data.x", "name"]}), [{"x": 3,
        "list": [{"name": 1}]}], {}, "mapping.useless mapping.form.send.data.map.X.loop[0] "
        "(line 1): the source is a number, not a " 'list => Write "data.list".'),
    "in a loop over no list, and none is there": (mapped(X={"loop": ["data.x", "name"]}),
        [{"x": 3}], {}, "mapping.useless mapping.form.send.data.map.X.loop[0] "
        "(line 1): the source is a number, not a list => Name a list of the event."),
    "in a loop over no list, half": (mapped(X={"loop": ["data.x", "name"]}), [{"x": 3},
        {"x": [{"name": 1}]}], {}, ""),
    "cleared": (mapped(X="data.x"), [{"x": 1}], {"policy": {"data.x": "data.y"}},
        "policy.clears policy.data.x (line 1): it " 'clears "data.x", which the events have '
        "and a mapping reads\npath.unknown policy.data.x (line 1): no event has "
        'anything at "data.y"'),
    "cleared within": (mapped(X="data.a.b"), [{"a": {"b": 1}}],
        {"policy": {"data.a": {"key": "data.y"}}}, "policy.clears policy.data.a (line 1): it "
        'clears "data.a", which the events have ' "and a mapping reads\npath.unknown "
        "policy.data.a.key (line 1): no event has " 'anything at "data.y"'),
    "cleared, and nothing reads it": (mapped(X="data.y"), [{"x": 1}],
        {"policy": {"data.x": "data.z"}}, "path.unknown mapping.form.send.data.map.X "
        "(line 1): no event has anything at " '"data.y"\npath.unknown policy.data.x (line '
        '1): no event has anything at "data.z"'),
    "set": (mapped(X="data.x"), [{"x": 1}], {"policy": {"data.x": {"value": 2}}}, ""),
    "cleared by a rule": ({**mapped(X="data.x"), "policy": {"data.x": "data.y"}}, [{"x": 1}], {},
        "policy.clears mapping.form.send.policy.data.x (line 1): "
        'it clears "data.x", which the events have ' "and a mapping reads\npath.unknown "
        "mapping.form.send.policy.data.x (line 1): " 'no event has anything at "data.y"'),
    "a policy that reads nothing": (mapped(X="data.x"), [{"z": 1}],
        {"policy": {"data.x": "data.yyy"}}, "path.unknown mapping.form.send.data.map.X "
        "(line 1): no event has anything at " '"data.x"; did you mean "data.z"? => Write '
        '"data.z".\npath.unknown policy.data.x ' "(line 1): no event has anything at "
        '"data.yyy"'),
    "in one of a list": ({"name": "S"}, [{"y": 1}], {"name": "form send",
        "rules": {"form send": [{"condition": lambda v, e: "gift" in e["data"],
        **mapped(X="data.gift", Y="data.y")}, mapped(X="data.gift")]},
        "others": [event("form send", {"gift": 1, "y": 2})]}, ""),
    "removed": ({**mapped(X="data.x"), "remove": ["X"]}, [{"x": 1}], {}, ""),
    "removed by a slip": ({**mapped(Total="data.x"), "remove": ["Totl"]}, [{"x": 1}], {},
        "path.unknown mapping.form.send.remove[0] " '(line 1): no property is called "Totl"; '
        'did you mean "Total"? => Write "Total".'),
    "removed, and not there": ({**mapped(Total="data.x"), "remove": ["zzz"]}, [{"x": 1}], {}, ""),
    "removed, the second": ({**mapped(Total="data.x"), "remove": ["zzz", "Totl"]}, [{"x": 1}], {},
        "path.unknown mapping.form.send.remove[1] " '(line 1): no property is called "Totl"; '
        'did you mean "Total"? => Write "Total".'),
    "removed, both": ({**mapped(Total="data.x"), "remove": ["Total", "Totl"]}, [{"x": 1}], {}, ""),
    "removed within": ({**mapped(A="data.a"), "remove": ["A.bbbbb"]}, [{"a": {"bbbbc": 1}}], {},
        "path.unknown mapping.form.send.remove[0] (line 1): no property is called "
        '"A.bbbbb"; did you mean "A.bbbbc"? => ' 'Write "A.bbbbc".'),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "datas", "more", "says"), PATHS.values(), ids=PATHS)
def test_paths_at_which_nothing_is(rule: Raw, datas: list[Raw], more: Raw, says: str) -> None:
    """With the near one, or what is likely meant."""
    assert said(judge_paths, rule, *datas, **more) == says


PAIRS: list[tuple[Any, Raw, str]] = [
    ("context.stage", {"context": {"stage": ["detail", 0]}},
        "value.pair mapping.form.send.data.map.X " '(line 1): "context.stage" is a pair of a '
        "value and its order => Write " '"context.stage.0".'),
    ("context.stage.0", {"context": {"stage": ["detail", 0]}}, ""),
    ("context.stage", {"context": {"stage": [0, "detail"]}}, ""),
    ("context.stage", {"context": {"stage": ["detail", 0, 1]}}, ""),
    ("context.stage", {"context": {"stage": ["detail", True]}}, ""),
    ("context.stage", {"context": {"stage": "detail"}}, ""),
    ("context.stage", {}, ""),
    ("custom.stage", {"custom": {"stage": ["detail", 0]}}, ""),
    ({"loop": ["nested", "context.stage"]}, {"nested": [{"context": {"stage": ["a", 1]}}]},
        "value.pair mapping.form.send.data.map.X.loop[1] "
        '(line 1): "context.stage" is a pair of a ' "value and its order => Write "
        '"context.stage.0".'),
    ({"loop": ["context.stage", "x"]}, {"context": {"stage": ["detail", 0]}}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("value", "parts", "says"), PAIRS)
def test_a_context_is_a_value_and_its_order(value: Any, parts: Raw, says: str) -> None:
    """Of which the value is meant."""
    assert said(judge_pairs, mapped(X=value), {}, {}, parts=parts) == says
    above = {"data": {"map": {"X": value}}}
    at_all = said(judge_pairs, {"name": "Sent"}, {}, parts=parts, **above)
    assert at_all == says.replace("mapping.form.send.", "")


def test_a_pair_is_looked_for_at_the_rules_own_events_or_at_all() -> None:
    """Each path by itself."""
    others = [event("page view", context={"stage": ["detail", 0], "step": ["a", 1]})]
    more = {"others": others, "rules": {"page view": {"name": "V"}}}
    both = {"X": "context.stage", "Y": "context.step"}
    assert said(judge_pairs, mapped(**both), {}, **more) == ""
    assert said(judge_pairs, {"name": "S"}, {}, data={"map": both}, **more) == (
        'value.pair data.map.X (line 2): "context.stage" is a pair of a value and its '
        'order => Write "context.stage.0".\n'
        'value.pair data.map.Y (line 2): "context.step" is a pair of a value and its order '
        '=> Write "context.step.0".'
    )


MONEY = {"value": "data.total", "currency": "data.currency", "uniqueId": "data.id"}
SOLD = {"name": "Sold", "settings": MONEY}
DATA = {"id": "1", "total": 9, "currency": "EUR", "tax": 2}
LINES = {"nested": [{"data": {"price": 3}}]}
POLICIES: dict[str, tuple[Raw, list[Raw], Raw, str]] = {
    "cleared by another slip": ({"name": "S"}, [{"phone": 1}], {"policy": {"data.phnoe": {}}},
        "path.unknown policy.data.phnoe: no event " 'has "data.phnoe", so it clears nothing; '
        'did you mean "data.phone"? => Write ' '"data.phone".'),
    "cleared by a slip, of the rule": ({"name": "S", "policy": {"data.phnoe": {}}},
        [{"phone": 1}], {}, "path.unknown mapping.form.send.policy.data.phnoe: no "
        'event has "data.phnoe", so it clears ' 'nothing; did you mean "data.phone"? => '
        'Write "data.phone".'),
    "cleared, and there": ({"name": "S"}, [{"phone": 1, "phnoe": 2}],
        {"policy": {"data.phnoe": {}}}, ""),
    "cleared, and so is the other": ({"name": "S"}, [{"phone": 1}], {"policy": {"data.phnoe": {},
        "data.phone": {}}}, ""),
    "cleared, and nothing is near": ({"name": "S"}, [{"phone": 1}], {"policy": {"data.x": {}}}, ""),
    "read, and nothing is there": ({"name": "S"}, [{"phone": 1}],
        {"policy": {"data.phnoe": "data.x"}}, ""),
    "a word for the id": (SOLD, [DATA] * 3, {"policy": {"data.id": {"value": "Größe"}}},
        "policy.overwrites policy.data.id (line " '1): it puts "Größe" over "1" at '
        '"data.id", and so at 3 events => Leave it ' "out of the policy, or write { key = "
        '"data.id", value = "Größe" }.'),
    "none": (SOLD, [DATA], {}, ""),
    "one name for all": ({"name": "S"}, [{}], {"policy": {"name": {"value": "form send"}},
        "others": [event("page view")]}, "policy.overwrites policy.name: events of "
        '2 names all become "form send"'),
    "one name for one": ({"name": "S"}, [{}], {"policy": {"name": {"value": "form send"}}}, ""),
    "another name": ({"name": "S"}, [{}], {"policy": {"name": "data.name"},
        "others": [event("page view")]}, ""),
    "cleared by a slip": ({"name": "S"}, [{"phone": 1}], {"policy": {"data.phnoe": {"set": []}}},
        ""),
    "a constant for the currency": (SOLD, [{**DATA, "currency": "USD"}] * 3,
        {"policy": {"data.currency": {"value": "EUR"}}}, "policy.overwrites policy.data.currency "
        '(line 1): it puts "EUR" over "USD" at ' '"data.currency", and so at 3 events => '
        "Leave it out of the policy, or write { " 'key = "data.currency", value = "EUR" }.'),
    "a constant for two currencies": (SOLD, [{**DATA, "currency": "USD"}] * 2,
        {"policy": {"data.currency": {"value": "EUR"}}}, ""),
    "the same for the currency": (SOLD, [{**DATA, "currency": "eur"}] * 3,
        {"policy": {"data.currency": {"value": "EUR"}}}, ""),
    "a constant for what is no currency": (SOLD, [{**DATA, "currency": "Euro"}] * 3,
        {"policy": {"data.currency": {"value": "EUR"}}}, ""),
    "a constant for the currency of another rule": ({"name": "S"}, [DATA] * 3,
        {"policy": {"data.currency": {"value": "USD"}}}, ""),
    "a default for the currency": (SOLD, [{**DATA, "currency": "USD"}] * 3,
        {"policy": {"data.currency": {"key": "data.currency", "value": "EUR"}}}, ""),
    "a constant for the amount": (SOLD, [DATA] * 3, {"policy": {"data.total": {"value": 3}}},
        "policy.overwrites policy.data.total (line " '1): it puts "3" over "9" at "data.total", '
        "and so at 3 events => Leave it out of the " 'policy, or write { key = "data.total", '
        "value = 3 }."),
    "a line for the amount": (SOLD, [DATA], {"policy": {"data.total": "nested.0.data.price"},
        "parts": LINES}, "policy.overwrites policy.data.total (line "
        '1): it puts "3" over "9" at "data.total", ' "and so at 1 events => Leave it out of the "
        "policy."),
    "the tax for the amount": (SOLD, [DATA], {"policy": {"data.total": "data.tax"}}, ""),
    "a line for the currency": (SOLD, [DATA], {"policy": {"data.currency": "nested.0.data.price"},
        "parts": LINES}, ""),
    "a device for the id": (SOLD, [DATA], {"policy": {"data.id": "timing"},
        "parts": {"timing": 3}}, "policy.overwrites policy.data.id (line "
        '1): it puts "3" over "1" at "data.id", ' "and so at 1 events => Leave it out of the "
        "policy."),
    "a user for the id": (SOLD, [DATA], {"policy": {"data.id": "user.email"}},
        "policy.overwrites policy.data.id (line " '1): it puts "c0@example.com" over "1" at '
        '"data.id", and so at 1 events => Leave it ' "out of the policy."),
    "another id for the id": (SOLD, [DATA], {"policy": {"data.id": "data.tax"}}, ""),
    "by the rule": ({**SOLD, "policy": {"data.total": {"value": 3}}}, [DATA] * 3, {},
        "policy.overwrites mapping.form.send.policy.data.total (line "
        '1): it puts "3" over "9" at "data.total", ' "and so at 3 events => Leave it out of the "
        'policy, or write { key = "data.total", ' "value = 3 }."),
    "for what is elsewhere": (SOLD, [DATA] * 3, {"policy": {"data.tax": {"value": 3}}}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "datas", "more", "says"), POLICIES.values(), ids=POLICIES)
def test_policies_put_nothing_over_what_the_events_say(
    rule: Raw, datas: list[Raw], more: Raw, says: str
) -> None:
    """Of their name, amount, currency and id."""
    assert said(judge_policies, rule, *datas, **more) == says


def identified(**traits: Any) -> Raw:
    """A rule with these traits."""
    return {"name": "Sent", "settings": {"identify": {"map": traits}}}


LONG = {"x": "x" * 110_000}
LOST: dict[str, tuple[Raw, list[Raw], Raw, str]] = {
    "refused by its time, of two rules": ({"name": "S"}, [{}], {"parts": {"timestamp": 3_000},
        "rules": {"page view": {"name": "V"}}, "others": [{**event("page view"),
        "timestamp": 3_000}]}, "klaviyo.refuses timestamp (line 1): 2 of "
        "2 events would be refused: timestamp: Klaviyo takes events from 1990 on => Send "
        "the real time, in milliseconds."),
    "no JSON by a function": (mapped(X={"fn": lambda v, e: object()}), [{}], {},
        "mapping.useless mapping.form.send.data.map.X.fn (line 1): "
        "value.not-json: a object at mapping.form.send.data.map.X.fn; left out "
        "(1 of 1 events) => Send numbers, strings, booleans, lists and objects."),
    "nothing by the second function": (mapped(A="data.a", B={"fn": lambda v, e: 1},
        C={"key": "data.q", "condition": never}, X={"fn": nothing}), [{}] * 3, {},
        "mapping.nothing mapping.form.send.data.map.X.fn (line 1): "
        "of 3 events none gets anything from it"),
    "half kept back": ({"name": "S", "condition": lambda v, e: 1 / e["data"]["x"]}, [{"x": 0},
        {"x": 1}], {"as_list": True}, ""),
    "nothing": ({"name": "S"}, [{}], {}, ""),
    "a condition that raises": ({"name": "S", "condition": raises}, [{}], {"as_list": True},
        "event.kept-back mapping.form.send[0].condition (line 1): "
        "raised ValueError; kept back: 1 of 1 " 'events "form send" => Fix the condition, '
        "then send the event again."),
    "a policy that breaks the event": ({"name": "S"}, [{}], {"policy": {"name": {"value": 3}}},
        "event.kept-back policy.name (line 1): " 'name: expected two words, "entity '
        'action", such as "order complete"; kept ' 'back: 1 of 1 events "form send" => Fix '
        "the policy that sets it."),
    "refused": ({"name": "S", "data": "data"}, [LONG, LONG, {}], {},
        "klaviyo.refuses mapping.form.send.data (line 1): 2 of 3 events would be refused: "
        "data.attributes.properties.x: 110000 bytes in UTF-8; 100000 are allowed"),
    "refused, half": ({"name": "S", "data": "data"}, [LONG, {}], {}, ""),
    "refused by a property": (mapped(X="data.x"), [LONG], {}, "klaviyo.refuses "
        "mapping.form.send.data.map.X (line 1): 1 of 1 events would be refused: "
        "data.attributes.properties.X: 110000 bytes in UTF-8; 100000 are allowed"),
    "refused by its time": ({"name": "S"}, [{}], {"parts": {"timestamp": 3_000}},
        "klaviyo.refuses timestamp (line 1): 1 of 1 events would be refused: timestamp: "
        "Klaviyo takes events from 1990 on => Send the real time, in milliseconds."),
    "words for nothing": (identified(title="data.x"), [{"x": "N/A"}, {"x": "-"}, {"x": "none"}],
        {}, "mapping.nothing mapping.form.send.settings.identify.map.title "
        '(line 1): of 3 events all say "N/A", or a ' "like word for nothing"),
    "two words for nothing": (identified(title="data.x"), [{"x": "N/A"}, {"x": "-"}], {}, ""),
    "words for nothing, and a title": (identified(title="data.x"),
        [{"x": "N/A"}] * 3 + [{"x": "Dr."}], {}, ""),
    "words for nothing, and a number": (identified(title="data.x"),
        [{"x": "N/A"}] * 3 + [{"x": 3}], {}, ""),
    "words for nothing in a property": (identified(properties={"map": {"X": "data.x"}}),
        [{"x": "N/A"}] * 3, {}, "mapping.nothing "
        "mapping.form.send.settings.identify.map.properties.map.X "
        '(line 1): of 3 events all say "N/A", or a ' "like word for nothing"),
    "no object": ({"name": "S", "data": "data.x"}, [{"x": 3}], {},
        "mapping.useless mapping.form.send.data (line 1): properties.not-an-object: "
        "resolved to a number, which is lost (1 of " '1 events) => Use {"map": {"Name": …}} to '
        "give it a name."),
    "no object, half": ({"name": "S", "data": "data.x"}, [{"x": 3}, {"x": {}}], {}, ""),
    "no id": ({"name": "S", "settings": {"uniqueId": "data.x"}}, [{"x": "null"}], {},
        "mapping.useless mapping.form.send.settings.uniqueId (line "
        "1): unique-id.invalid: is a placeholder, not an id (1 of 1 events) => Point "
        "uniqueId at a string or number, for example data.id."),
    "no id, and another": ({"name": "S", "settings": {"uniqueId": ["data.x", "data.y"]}},
        [{"x": "null", "y": "1"}], {}, ""),
    "no backfill": ({"name": "S", "settings": {"backfill": "data.x"}}, [{"x": "maybe"}], {},
        "mapping.useless mapping.form.send.settings.backfill (line "
        "1): backfill.invalid: resolved to a string, not true or false (1 of 1 events) "
        "=> Make it resolve to true or false."),
    "a function that raises": (mapped(X={"fn": raises}), [{}], {}, "mapping.useless "
        "mapping.form.send.data.map.X.fn (line 1): value.raised: raised ValueError (1 of 1 "
        "events) => Fix the function that the path names."),
    "a function that raises, of few": (mapped(X={"fn": lambda v, e: 1 / e["data"]["x"]}),
        [{"x": 0}, {"x": 1}], {}, ""),
    "never valid": (mapped(X={"key": "data.x", "validate": never}), [{"x": 1}] * 3, {},
        "mapping.useless mapping.form.send.data.map.X (line 1): "
        "its validate holds for none of 3 values => Mend the function that validate names, "
        "or leave it out."),
    "never valid, of two": (mapped(X={"key": "data.x", "validate": never}), [{"x": 1}] * 2, {}, ""),
    "never valid, with a constant": (mapped(X={"key": "data.x", "value": "a", "validate": never}),
        [{"x": 1}] * 3, {}, "mapping.useless mapping.form.send.data.map.X (line 1): "
        "its validate holds for none of 3 values => Mend the function that validate names, "
        "or leave it out."),
    "valid once": (mapped(X={"key": "data.x", "validate": lambda v, e=None: v == 1}), [{"x": 1},
        {"x": 2}, {"x": 2}], {}, ""),
    "never valid, and nothing there": (mapped(X={"key": "data.x", "validate": never}), [{}] * 3,
        {}, ""),
    "never valid, within": (mapped(X={"map": {"Y": {"key": "data.x", "validate": never}}}),
        [{"x": 1}] * 3, {}, "mapping.useless mapping.form.send.data.map.X.map.Y (line "
        "1): its validate holds for none of 3 values => Mend the function that validate "
        "names, or leave it out."),
    "never valid, in a loop": (mapped(X={"loop": ["nested", {"key": "data.x",
        "validate": never}]}), [{}] * 3, {"parts": {"nested": [{"data": {"x": 1}}]}},
        "mapping.nothing mapping.form.send.data.map.X.loop (line "
        "1): of 3 events none gets anything from it"),
    "nothing by a function": (mapped(X={"fn": nothing}), [{}] * 3, {}, "mapping.nothing "
        "mapping.form.send.data.map.X.fn (line 1): of 3 events none gets anything from it"),
    "nothing by a function, of two": (mapped(X={"fn": nothing}), [{}] * 2, {}, ""),
    "nothing by a condition": (mapped(X={"key": "data.x", "condition": never}), [{"x": 1}] * 3,
        {}, "mapping.nothing mapping.form.send.data.map.X (line 1): of "
        "3 events none gets anything from it"),
    "nothing by a condition, and nothing there": (mapped(X={"key": "data.x", "condition": never}),
        [{}] * 3, {}, ""),
    "nothing by a loop": (mapped(X={"loop": ["nested", "data.x"]}), [{}] * 3,
        {"parts": {"nested": []}}, "mapping.nothing mapping.form.send.data.map.X.loop (line "
        "1): of 3 events none gets anything from it"),
    "nothing by a loop within": (mapped(A={"map": {"X": {"loop": ["nested", "data.x"]}}}), [{}]
        * 3, {"parts": {"nested": []}}, "mapping.nothing "
        "mapping.form.send.data.map.A.map.X.loop (line 1): of 3 events none gets anything "
        "from it"),
    "an empty text by a function": (mapped(X={"fn": lambda v, e: ""}), [{}] * 3, {},
        "mapping.nothing mapping.form.send.data.map.X.fn (line 1): "
        "of 3 events none gets anything from it"),
    "something once": (mapped(X={"fn": lambda v, e: e["data"].get("x")}), [{"x": 1}, {}, {}], {},
        ""),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "datas", "more", "says"), LOST.values(), ids=LOST)
def test_what_loses_events_or_values(rule: Raw, datas: list[Raw], more: Raw, says: str) -> None:
    """At nearly all of them."""
    more = dict(more)
    one: Any = [rule] if more.pop("as_list", False) else rule
    assert said(judge_lost, one, *datas, **more) == says


VIEW = {"name": "Viewed Product"}
ITEM = {"id": "p", "sku": "S", "name": "Tent", "price": 9, "url": "https://x", "image": "https://y"}


def viewed(**properties: Any) -> Raw:
    """A look at a product."""
    return {"name": "Viewed Product", "data": {"map": properties}}


def ordered(unique_id: Any = "data.id", **properties: Any) -> Raw:
    """An order."""
    return {
        "name": "Placed Order",
        "data": {"map": properties},
        "settings": {"uniqueId": unique_id},
    }


LIST = {"list": [{"name": "a", "id": 1, "price": 2}, {"name": "b", "id": 2, "price": 3}]}
KNOWN: dict[str, tuple[Raw, list[Raw], str]] = {
    "an id by another name": (viewed(ProductName="data.offerId"), [{**ITEM, "offerId": 3}],
        "property.other mapping.form.send.data.map.ProductName: "
        'ProductName reads "data.offerId", the id ' '=> Write "data.name".'),
    "an id by another name, with a sign": (viewed(ProductName="data.offer_id"), [{**ITEM,
        "offer_id": 3}], "property.other mapping.form.send.data.map.ProductName: "
        'ProductName reads "data.offer_id", the id ' '=> Write "data.name".'),
    "an id by no sign": (viewed(ProductName="data.offerid"), [{**ITEM, "offerid": 3}], ""),
    "a page that is a picture": (viewed(ImageURL="data.url"), [ITEM], ""),
    "a page that is none": (viewed(ImageURL="data.url"), [{**ITEM, "url": "x"}], "property.other "
        "mapping.form.send.data.map.ImageURL: " 'ImageURL reads "data.url", the url => '
        'Write "data.image".'),
    "a page for a name": (viewed(ProductName="data.url"), [ITEM], "property.other "
        "mapping.form.send.data.map.ProductName: " 'ProductName reads "data.url", the url => '
        'Write "data.name".'),
    "within what it says": (viewed(ProductName="data.name.id"), [{"name": {"id": 1,
        "name": "x"}}], ""),
    "an order's other id": (ordered(OrderId="data.ref"), [{"ref": 1, "id": 2}], ""),
    "an order's cart": (ordered(OrderId="data.order.cartId"), [{"id": 2}], "property.other "
        "mapping.form.send.data.map.OrderId: \"data.order.cartId\" is not an order's id; the "
        'unique id is at "data.id" => Write ' '"data.id".'),
    "a list of names": (ordered(ItemNames="data.names"), [{"names": ["a", "b"]}], ""),
    "no number, and nothing": (viewed(Price="data.price"),
        [{"price": "free"}] * 3 + [{"price": 0}] * 3, ""),
    "no number, the first": (viewed(Price="data.price"), [{"price": "gratis"},
        *[{"price": "free"}] * 2], "property.other mapping.form.send.data.map.Price: Price "
        'is "gratis" and the like, no number'),
    "sound": (viewed(ProductName="data.name", ProductID="data.id", Price="data.price"), [ITEM], ""),
    "nearly": (viewed(ProductName="data.name", productId="data.id"), [ITEM], "property.near "
        "mapping.form.send.data.map.productId: \"productId\" is nearly Klaviyo's "
        '"ProductID" => Write "ProductID".'),
    "nearly, and nothing else": (viewed(productId="data.id"), [ITEM], ""),
    "nearly, beside it": (viewed(ProductID="data.id", productId="data.id"), [ITEM], ""),
    "nearly, of another metric": ({**viewed(ProductName="data.name", productId="data.id"),
        "name": "Saw"}, [ITEM], ""),
    "nearly, in a line": (ordered(Items={"loop": ["data.list", {"map": {"ProductName": "name",
        "itemprice": "price"}}]}), [LIST], "property.near "
        "mapping.form.send.data.map.Items.loop[1].map.itemprice: "
        "\"itemprice\" is nearly Klaviyo's " '"ItemPrice" => Write "ItemPrice".'),
    "the first only": (ordered(ItemNames="data.list.0.name"), [LIST], "property.other "
        "mapping.form.send.data.map.ItemNames: it has the first item's only, of 1 events "
        "that have several => Write " '"data.list.*.name".'),
    "the first of one": (ordered(ItemNames="data.list.0.name"), [{"list": [{"name": "a"}]}], ""),
    "the first, of no list": (ordered(ItemName="data.list.0.name"), [LIST], ""),
    "a cart's id": (ordered(OrderId="data.cartId"), [{"cartId": 1, "id": 2}], "property.other "
        "mapping.form.send.data.map.OrderId: \"data.cartId\" is not an order's id; the "
        'unique id is at "data.id" => Write ' '"data.id".'),
    "a session's id": (ordered(OrderId="user.session.id"), [{"id": 2}], "property.other "
        "mapping.form.send.data.map.OrderId: \"user.session.id\" is not an order's id; the "
        'unique id is at "data.id" => Write ' '"data.id".'),
    "a customer's": (ordered(OrderId="data.customer.id"), [{"id": 2}], "property.other "
        "mapping.form.send.data.map.OrderId: \"data.customer.id\" is not an order's id; the "
        'unique id is at "data.id" => Write ' '"data.id".'),
    "an order's cart's": (ordered(OrderId="data.cart.orderId"), [{"id": 2}], ""),
    "a cart's id, as it goes": (ordered("data.cartId", OrderId="data.cartId"), [{"cartId": 1}], ""),
    "a cart's id, and the event's": (ordered("id", OrderId="data.cartId"), [{"cartId": 1}], ""),
    "a cart's id, and two": (ordered(["data.id", "data.nr"], OrderId="data.cartId"),
        [{"cartId": 1}], ""),
    "another": (viewed(ProductName="data.price"), [ITEM], "property.other "
        "mapping.form.send.data.map.ProductName: " 'ProductName reads "data.price", the price '
        '=> Write "data.name".'),
    "another, and no such": (viewed(Brand="data.price"), [ITEM], ""),
    "another, of no meaning": (viewed(ProductName="data.x"), [ITEM], ""),
    "a SKU for an id": (viewed(ProductID="data.sku"), [ITEM], ""),
    "both exchanged": (viewed(ProductID="data.sku", SKU="data.id"), [ITEM], "property.other "
        "mapping.form.send.data.map.ProductID: " 'ProductID reads "data.sku", the sku => '
        'Write "data.id".\nproperty.other ' "mapping.form.send.data.map.SKU: SKU reads "
        '"data.id", the id => Write "data.sku".'),
    "an id for a price": (viewed(Price="data.itemId"), [{**ITEM, "itemId": 3}], "property.other "
        "mapping.form.send.data.map.Price: Price " 'reads "data.itemId", the id => Write '
        '"data.price".'),
    "another in a line": (ordered(Items={"loop": ["data.list", {"map": {"ProductName": "id"}}]}),
        [LIST], "property.other mapping.form.send.data.map.Items.loop[1].map.ProductName: "
        'ProductName reads "id", the id => Write ' '"name".'),
    "a picture that is a page": (viewed(URL="data.image"), [ITEM], ""),
    "a picture that is none": (viewed(URL="data.image"), [{**ITEM, "image": "x"}],
        "property.other mapping.form.send.data.map.URL: URL reads "
        '"data.image", the image => Write ' '"data.url".'),
    "a picture that is none at once": (viewed(URL="data.image"), [ITEM, {**ITEM, "image": "x"}],
        "property.other mapping.form.send.data.map.URL: URL reads "
        '"data.image", the image => Write ' '"data.url".'),
    "no number": (viewed(Price="data.price"), [{"price": "free"}] * 3, "property.other "
        "mapping.form.send.data.map.Price: Price " 'is "free" and the like, no number'),
    "no number, of two": (viewed(Price="data.price"), [{"price": "free"}] * 2, ""),
    "no number, half": (viewed(Price="data.price"),
        [{"price": "free"}] * 3 + [{"price": "9 EUR"}] * 3, ""),
    "no number, more than half": (viewed(Price="data.price"),
        [{"price": "9 EUR"}] * 3 + [{"price": "free"}] * 4, "property.other "
        "mapping.form.send.data.map.Price: Price " 'is "free" and the like, no number'),
    "no quantity": (viewed(Quantity="data.qty"), [{"qty": "one"}] * 3, "property.other "
        "mapping.form.send.data.map.Quantity: " 'Quantity is "one" and the like, no number'),
    "no number for a name": (viewed(ProductName="data.name"), [{"name": "Tent"}] * 3, ""),
    "of all": (VIEW, [ITEM], ""),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "datas", "says"), KNOWN.values(), ids=KNOWN)
def test_properties_hold_what_their_names_say(rule: Raw, datas: list[Raw], says: str) -> None:
    """In Klaviyo's spelling."""
    assert said(judge_properties, rule, *datas) == says


def test_properties_of_all_rules_hold_what_their_names_say() -> None:
    """Told where they stand."""
    above = {"data": {"map": {"ProductName": "data.price"}}}
    assert said(judge_properties, VIEW, ITEM, **above) == (
        'property.other data.map.ProductName: ProductName reads "data.price", the price => '
        'Write "data.name".'
    )


def joining(subscribe: Any = None, rule: str = "form send", **more: Any) -> tuple[Raw, Raw]:
    """A rule that subscribes, and what is set above."""
    settings = {"subscribe": subscribe} if subscribe else {}
    settings |= more.pop("settings", {})
    own = {"name": "Sent", "consent": {"marketing": True}, **more.pop("own", {})}
    return {rule: {**own, "settings": settings}}, more


EMAIL = {"channels": ["email"], "list": "Y6nRLr"}
JOINED: dict[str, tuple[tuple[Raw, Raw], str]] = {
    "a source by a long path": (joining({**EMAIL, "source": {"value": "data.form.name"}}),
        "subscription.source mapping.form.send.settings.subscribe.source: "
        '"data.form.name" is sent as it is, and ' "not what stands there => source = { key = "
        '"data.form.name" }'),
    "sound": (joining(EMAIL), ""),
    "no list": (joining({**EMAIL, "list": "Newsletter"}), "subscription.list "
        "mapping.form.send.settings.subscribe.list: " '"Newsletter" is not a list id => Write '
        "the list's id: six letters or digits, as " 'in its address at Klaviyo: "Y6nRLr".'),
    "no list, a word": (joining({**EMAIL, "list": "listx"}), "subscription.list "
        "mapping.form.send.settings.subscribe.list: " '"listx" is not a list id => Write the '
        "list's id: six letters or digits, as in " 'its address at Klaviyo: "Y6nRLr".'),
    "a list by a path": (joining({**EMAIL, "list": "data.list"}), ""),
    "a list of all": (joining(EMAIL, settings={"lists": ["Y6nRLr", "abc"]}), "subscription.list "
        "mapping.form.send.settings.lists[1]: " '"abc" is not a list id => Write the '
        "list's id: six letters or digits, as in " 'its address at Klaviyo: "Y6nRLr".'),
    "a long name": (joining({**EMAIL, "list": {"value": "x " * 50}}), "subscription.list "
        "mapping.form.send.settings.subscribe.list: " '"x x x x x x x x x x x x x x x x x x x x '
        'x x x x x x x x x x x x x x x x x x x x " ' "is not a list id => Write the list's "
        "id: six letters or digits, as in its " 'address at Klaviyo: "Y6nRLr".'),
    "leaving a list": (joining(settings={"unsubscribe": EMAIL}), "subscription.all "
        "mapping.form.send.settings.unsubscribe.list: whoever is not on that list is "
        "unsubscribed from everything"),
    "leaving": (joining(settings={"unsubscribe": {"channels": ["email"]}}), ""),
    "ignored": (joining({**EMAIL, "list": "x y"}, own={"ignore": True, "name": None}),
        "subscription.list mapping.form.send.settings.subscribe.list: "
        '"x y" is not a list id => Write the ' "list's id: six letters or digits, as in "
        'its address at Klaviyo: "Y6nRLr".'),
    "a consent to marketing": (joining(EMAIL, own={"consent": {"marketing": True}}), ""),
    "a consent to something else": (joining(EMAIL, own={"consent": {"functional": True}}),
        "subscription.consent mapping.form.send.consent: whoever grants "
        "functional is subscribed, which is not a yes to messages"),
    "a consent to two things": (joining(EMAIL, own={"consent": {"functional": True,
        "analytics": True}}), "subscription.consent mapping.form.send.consent: whoever grants "
        "analytics or functional is subscribed, which is not a yes to messages"),
    "a consent in capitals": (joining(EMAIL, own={"consent": {"OPTIN": True}}), ""),
    "a consent, and marketing above": (joining(EMAIL, own={"consent": {"functional": True}},
        consent={"marketing": True}), ""),
    "a consent, and another above": (joining(EMAIL, own={"consent": {"functional": True}},
        consent={"analytics": True}), "subscription.consent "
        "mapping.form.send.consent: whoever grants functional is subscribed, which is not a yes "
        "to messages"),
    "another above": (joining(EMAIL, consent={"analytics": True}), ""),
    "browsing": (joining(EMAIL, "product view"), "subscription.browsing "
        "mapping.product.view.settings.subscribe: " 'each "product view" subscribes by email '
        "whoever it is => Subscribe where people ask for it, or say where: channels = { "
        'email = "data.email" }.'),
    "browsing two ways": (joining({"channels": ["email", "sms"]}, "product view"),
        "subscription.browsing mapping.product.view.settings.subscribe: "
        'each "product view" subscribes by email ' "and sms whoever it is => Subscribe where "
        "people ask for it, or say where: channels " '= { email = "data.email", sms = '
        '"data.sms" }.'),
    "browsing anything": (joining(EMAIL, "page *"), "subscription.browsing "
        "mapping.page.*.settings.subscribe: each " '"page *" subscribes by email whoever it '
        "is => Subscribe where people ask for it, or say where: channels = { email = "
        '"data.email" }.'),
    "doing anything": (joining(EMAIL, "form *"), ""),
    "browsing by its metric": (joining(EMAIL, "form send", own={"name": "Viewed Page"}),
        "subscription.browsing mapping.form.send.settings.subscribe: "
        'each "form send" subscribes by email ' "whoever it is => Subscribe where people "
        "ask for it, or say where: channels = { " 'email = "data.email" }.'),
    "browsing, and it says so": (joining({"channels": {"email": "data.email"}, "list": "Y6nRLr"},
        "product view"), ""),
    "a source": (joining({**EMAIL, "source": "Form"}), ""),
    "a source by a path": (joining({**EMAIL, "source": {"value": "data.form"}}),
        "subscription.source mapping.form.send.settings.subscribe.source: "
        '"data.form" is sent as it is, and not ' "what stands there => source = { key = "
        '"data.form" }'),
    "a source by a word": (joining({**EMAIL, "source": {"value": "data"}}), ""),
    "a source by a sentence": (joining({**EMAIL, "source": {"value": "data. form"}}), ""),
}  # fmt: skip


@pytest.mark.parametrize(("config", "says"), JOINED.values(), ids=JOINED)
def test_who_is_subscribed_and_where(config: tuple[Raw, Raw], says: str) -> None:
    """By what is written."""
    rules, more = config
    rules = {n: {k: v for k, v in one.items() if v is not None} for n, one in rules.items()}
    assert linted(lint_subscriptions, shop(rules, **more)) == says


@pytest.mark.parametrize(
    ("users", "settings", "says"),
    [
        (
            [{"id": "1"}] * 3,
            {"subscribe": EMAIL},
            (
                "subscription.unreachable mapping.form.send.settings.subscribe.channels (line 1): "
                '3 events ask for email, and none has a email => Leave "email" out, or map '
                "settings.email to where the events have it."
            ),
        ),
        ([{"id": "1"}] * 2, {"subscribe": EMAIL}, ""),
        ([{"id": "1"}] * 3 + [{"email": "a@example.com"}], {"subscribe": EMAIL}, ""),
        (
            [{"id": "1", "email": "a@example.com"}] * 3,
            {"subscribe": {"channels": ["sms"]}},
            (
                "subscription.unreachable mapping.form.send.settings.subscribe.channels (line 1): "
                '3 events ask for sms, and none has a phone_number => Leave "sms" out, or map '
                "settings.phoneNumber to where the events have it."
            ),
        ),
        (
            [{"id": "1"}] * 3,
            {"unsubscribe": {"channels": ["email"]}},
            (
                "subscription.unreachable mapping.form.send.settings.unsubscribe.channels (line "
                '1): 3 events ask for email, and none has a email => Leave "email" out, or map '
                "settings.email to where the events have it."
            ),
        ),
        (
            [{"id": "1"}] * 3,
            {"subscribe": {"channels": ["email", "sms"]}},
            (
                "subscription.unreachable mapping.form.send.settings.subscribe.channels (line 1): "
                '3 events ask for email, and none has a email => Leave "email" out, or map '
                "settings.email to where the events have it.\n"
                "subscription.unreachable mapping.form.send.settings.subscribe.channels (line 1): "
                '3 events ask for sms, and none has a phone_number => Leave "sms" out, or map '
                "settings.phoneNumber to where the events have it."
            ),
        ),
    ],
)
def test_channels_by_which_nobody_can_be_reached(
    users: list[Raw], settings: Raw, says: str
) -> None:
    """Where no event has an address or a number for it."""
    rule = {"name": "Sent", "settings": settings, "consent": {"marketing": True}}
    parts = {"consent": {"marketing": True}}
    datas: list[Raw] = [{} for _ in users]
    given = said(judge_subscriptions, rule, *datas, who=users.__getitem__, parts=parts)
    assert given == says
