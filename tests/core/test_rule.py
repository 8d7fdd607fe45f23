"""Which rule is it? The look-up table, wildcards, lists and what a raising condition stops."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.core.make import codes, event_with, plan_of, raising

from walkeros_klaviyo import ConfigError, Settings, mapping_value, parse_config, pipeline
from walkeros_klaviyo.core.klaviyo.rules import rule_of
from walkeros_klaviyo.core.walkeros.rule import Rule, match_rule

TABLE = {
    "product": {"view": {"name": "PV"}, "*": {"name": "P*"}},
    "page": {"view": {"name": "pv"}},
    "none": {},
    "blank": {"view": []},
    "*": {"view": {"name": "*V"}, "*": {"name": "**"}},
}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("product view", "product view"),
        ("product view again", "product view"),
        ("product add", "product *"),
        ("page view", "page view"),
        ("page scroll", "* *"),
        ("none view", "* *"),
        ("blank view", "* *"),
        ("other view", "* view"),
        ("other add", "* *"),
        ("* view", "* view"),
        ("product *", "product *"),
    ],
)
def test_the_most_specific_key_decides(name: str, label: str) -> None:
    """The entity's key or else `*`; in it the action's or else `*`; nothing there, then `* *`.

    Never `mapping["*"][action]` where the entity's key exists: `page scroll` and `none view`.
    """
    assert plan_of({"mapping": TABLE}, event_with(name=name)).rule == label


@pytest.mark.parametrize(
    ("mapping", "name"),
    [
        ({}, "page view"),
        ({"product": {"view": {}}}, "page view"),
        ({"page": {"view": {}}}, "page scroll"),
        ({"*": {"view": {}}}, "page scroll"),
        ({"page": {"scroll": {}}, "*": {"view": {}}}, "page view"),
        ({"page": None}, "page view"),
        ({"page": {"view": None}}, "page view"),
    ],
)
def test_an_event_that_no_rule_meets_goes_under_its_own_name(
    mapping: dict[str, Any], name: str
) -> None:
    """The destination's defaults hold for it, and it has no label."""
    plan = plan_of({"mapping": mapping}, event_with(name=name))
    assert (plan.outcome, plan.rule) == ("send", None)
    assert [call.name for call in plan.calls] == ["events.create_event"]
    assert plan.to_dict()["calls"][0][1]["data"]["attributes"]["metric"]["data"]["attributes"] == {
        "name": name
    }


def test_an_entity_without_a_value_counts_as_missing() -> None:
    """`null` is how a configuration that is put together switches something off."""
    mapping = {"page": None, "*": {"view": {"name": "any"}}}
    assert plan_of({"mapping": mapping}, event_with(name="page view")).rule == "* view"


def over(limit: int) -> Any:
    """A condition on the total."""
    return lambda value, event: event["data"]["total"] > limit


OPTIONS = [
    {"name": "Large", "condition": over(100)},
    {"name": "Medium", "condition": over(10)},
    {"name": "Small"},
    {"name": "Never"},
]


@pytest.mark.parametrize(
    ("total", "label"),
    [(101, "order complete[0]"), (100, "order complete[1]"), (10, "order complete[2]")],
)
def test_in_a_list_the_first_rule_whose_condition_holds_decides(total: int, label: str) -> None:
    """The label says which place of the list it was."""
    config = {"mapping": {"order": {"complete": OPTIONS}}}
    assert plan_of(config, event_with(data={"total": total})).rule == label


def test_where_no_condition_holds_the_last_resort_does() -> None:
    """A list none of whose conditions holds, then `* *`, then the default."""
    options = OPTIONS[:2]
    event = event_with(data={"total": 1})
    mapping = {"order": {"complete": options}, "*": {"*": {"name": "any"}}}
    assert plan_of({"mapping": mapping}, event).rule == "* *"
    assert plan_of({"mapping": {"order": {"complete": options}}}, event).rule is None
    single = {"order": {"complete": options[0]}, "*": {"*": [options[1], {"name": "any"}]}}
    assert plan_of({"mapping": single}, event).rule == "* *[1]"
    last = {"*": {"*": options[0]}}
    assert plan_of({"mapping": last}, event).rule is None


def test_a_condition_gets_the_event_twice() -> None:
    """`(value, event)`: at the top the value is the event."""
    seen: list[Any] = []
    options = [{"condition": lambda value, event: seen.append((value, event))}]
    event = event_with()
    plan_of({"mapping": {"order": {"complete": options}}}, event)
    assert seen == [(event, event)]


def test_a_condition_that_raises_keeps_the_event_back() -> None:
    """Falling through would send what an `ignore` meant to stop."""
    options = [{"condition": raising(ValueError("ada")), "ignore": True}, {"name": "Order"}]
    plan = plan_of({"mapping": {"order": {"complete": options}}})
    assert (plan.outcome, plan.calls, plan.keys, plan.rule) == ("refused", (), (), None)
    assert codes(plan.diagnostics) == ["condition.raised"]
    one = plan.diagnostics[0]
    assert one.path == "mapping.order.complete[0].condition"
    assert one.message == "raised ValueError; kept back"
    assert one.severity == "error"


class Undecided:
    """An answer that is neither true nor false, such as a numpy array's."""

    def __bool__(self) -> bool:
        raise ValueError("ada@example.com")


def test_a_condition_whose_answer_raises_keeps_the_event_back_too() -> None:
    """It raises only when it is asked whether it is true."""
    options = [{"condition": lambda value, event: Undecided(), "ignore": True}, {"name": "Order"}]
    plan = plan_of({"mapping": {"order": {"complete": options}}})
    assert (plan.outcome, plan.calls) == ("refused", ())
    assert [(one.code, one.message) for one in plan.diagnostics] == [
        ("condition.raised", "raised ValueError; kept back")
    ]


def test_a_condition_behind_the_deciding_one_is_not_asked() -> None:
    """So it cannot raise either."""
    options = [{"name": "First"}, {"condition": raising(ValueError())}]
    assert plan_of({"mapping": {"order": {"complete": options}}}).rule == "order complete[0]"


def test_what_a_policy_noted_is_kept_when_a_condition_raises() -> None:
    """No note is lost on the way out."""
    config = {
        "policy": {"data.x": {"fn": raising(OSError())}},
        "mapping": {"order": {"complete": {"condition": raising(ValueError())}}},
    }
    assert codes(plan_of(config).diagnostics) == ["value.raised", "condition.raised"]


def test_no_name_of_two_words_means_no_rule() -> None:
    """The stage alone, for events that no parse has checked."""
    default = parse_config({}).default
    anything = Rule("* *", "mapping.*.*", settings=Settings())
    config = SimpleNamespace(mapping={"*": {"*": (anything,)}}, default=default)
    assert match_rule(config, {"name": "order"}) == (default, ())


def test_a_rule_holds_the_destinations_defaults_under_its_own() -> None:
    """Effective: nobody has to look in two places at an event."""
    config = parse_config(
        {
            "settings": {"email": "user.mail", "currency": "EUR", "uniqueId": "data.uid"},
            "include": ["globals"],
            "data": {"map": {"a": "data.a"}},
            "batch": 500,
            "mapping": {
                "a": {"own": {"include": ["user"], "batch": True, "settings": {"uniqueId": "x"}}},
                "b": {"bare": {}},
            },
        }
    )
    own, bare = config.rules
    assert (bare.include, bare.batch) == (("globals",), 500)
    assert (own.include, own.batch) == (("user",), True)
    both = [dict(rule.mappings()) for rule in (own, bare)]
    assert [found["email"].reads for found in both] == ["user.mail"] * 2
    assert [found["unique_id"].reads for found in both] == ["x", "data.uid"]
    base = mapping_value({"map": {"a": "data.a"}}, "data")
    assert [rule.base for rule in (own, bare)] == [base] * 2
    assert [rule.where for rule in config.rules] == ["mapping.a.own", "mapping.b.bare"]


def test_the_destinations_currency_comes_last() -> None:
    """It stands in where the rule's finds none, and is no rule's own."""
    config = parse_config(
        {
            "settings": {"currency": "EUR"},
            "mapping": {"a": {"own": {"settings": {"currency": "data.c"}}, "bare": {}}},
        }
    )
    found = [
        tuple(one and one.where for one in (rule.settings.currency, rule.settings.default_currency))
        for rule in (*config.rules, config.default)
    ]
    assert found == [
        ("mapping.a.own.settings.currency", "settings.currency"),
        (None, "settings.currency"),
        (None, "settings.currency"),
    ]


def test_a_rule_by_itself_stands_over_nothing() -> None:
    """For a notebook: no default of a destination is in it, and its faults are below `rule`."""
    rule = rule_of({"name": "Placed Order", "settings": {"value": "data.total"}})
    assert (rule.label, rule.where, rule.name) == ("rule", "rule", "Placed Order")
    assert rule.settings.value == mapping_value("data.total", "rule.settings.value")
    assert rule.settings.identifiers == ()
    with pytest.raises(ConfigError) as caught:
        rule_of({"nmae": "Placed Order", "settings": {"value": ""}})
    assert [fault.path for fault in caught.value.faults] == ["rule.nmae", "rule.settings.value"]


@pytest.mark.parametrize(
    ("rule", "outcome", "said"),
    [
        ({"ignore": True}, "ignored", ["rule.ignored"]),
        ({"ignore": True, "silent": True}, "ignored", ["rule.ignored"]),
        ({"ignore": False}, "send", []),
        ({"silent": True}, "unchanged", ["profile.nothing-told"]),
        ({"skip": True}, "unchanged", ["profile.nothing-told"]),
        ({"silent": True, "settings": {"unsubscribe": True}}, "send", []),
        ({"silent": False, "skip": True}, "send", []),
    ],
)
def test_ignore_and_silent_say_what_is_sent(
    rule: dict[str, Any], outcome: str, said: list[str]
) -> None:
    """Silent sends no event, but may still tell who someone is."""
    plan = plan_of({"mapping": {"order": {"complete": rule}}})
    assert (plan.outcome, plan.rule) == (outcome, "order complete")
    assert codes(plan.diagnostics) == said
    assert len(plan.calls) == (outcome == "send")


def test_a_silent_rule_still_identifies() -> None:
    identify = {"map": {"firstName": "user.first"}}
    config = {
        "mapping": {"order": {"complete": {"silent": True, "settings": {"identify": identify}}}}
    }
    transform = pipeline(parse_config(config))
    plan, states = transform(event_with())
    assert (plan.outcome, [call.name for call in plan.calls]) == (
        "send",
        ["profiles.create_or_update_profile"],
    )
    again, changes = transform(event_with(), states)
    assert (again.outcome, again.calls, dict(changes)) == ("unchanged", (), {})


def test_a_condition_is_asked_once_an_event() -> None:
    """It is the user's code, and may be slow; the last resort is not tried twice."""
    asked: list[str] = []

    def never(value: Any, event: Any) -> bool:
        asked.append(event["name"])
        return False

    config = parse_config({"mapping": {"*": {"*": {"condition": never}}}})
    assert match_rule(config, {"name": "page view"}) == (config.default, ())
    assert asked == ["page view"]
