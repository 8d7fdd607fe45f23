"""Do the curried twins say what the plain functions say, and wait when they should?

doctest does not see a curried object, so the twins' examples are run here: each plain function's
docstring, with every name that has a twin replaced by it.
"""

from __future__ import annotations

import inspect
import pickle
import sys
from doctest import NORMALIZE_WHITESPACE, DocTestParser, DocTestRunner
from operator import attrgetter
from typing import Any

import pytest
import toolz
from attrs import evolve
from tests.core.make import NOW, event_with, event_without
from toolz.curried import curry, map, pipe, pluck

import walkeros_klaviyo as plain
from walkeros_klaviyo import (
    STAGES,
    Identity,
    Mapped,
    Plan,
    ProfileState,
    Revenue,
    Transform,
    curried,
)

FUNCTIONS = sorted(
    name
    for name in plain.__all__
    if inspect.isfunction(inspect.unwrap(getattr(plain, name))) and name != "read_config"
)
"""All but the one that reads files, of which nothing is fixed first."""
CONFIG = plain.parse_config(
    {
        "settings": {"identify": {"map": {"firstName": "user.first"}}},
        "mapping": {"order": {"complete": {"settings": {"value": "data.total"}}}},
    }
)
TRANSFORM = plain.pipeline(CONFIG)
ORDERS: list[dict[str, Any]] = [
    event_with(id=f"e{n}", data={"total": total}) for n, total in enumerate([20, "1,299.00"])
]


def test_every_public_function_has_a_twin() -> None:
    """One import is enough; a new public function wants its line in curried.py."""
    assert curried.__all__ == FUNCTIONS


@pytest.mark.parametrize("name", curried.__all__)
def test_a_twin_is_the_plain_function_curried(name: str) -> None:
    twin = getattr(curried, name)
    assert isinstance(twin, curry)
    assert (twin.func, twin.args, twin.keywords) == (getattr(plain, name), (), {})
    assert twin.__doc__ == getattr(plain, name).__doc__


@pytest.mark.parametrize(
    "name", [name for name in curried.__all__ if ">>>" in (getattr(plain, name).__doc__ or "")]
)
def test_the_examples_hold_for_the_twins(name: str) -> None:
    twin = getattr(curried, name)
    twins = {other: getattr(curried, other) for other in curried.__all__}
    scope = {**vars(sys.modules[twin.func.__module__]), **twins}
    examples = DocTestParser().get_doctest(twin.__doc__, scope, name, None, None)
    assert examples.examples
    runner = DocTestRunner(optionflags=NORMALIZE_WHITESPACE)
    said: list[str] = []
    runner.run(examples, out=said.append)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("name", curried.__all__)
def test_a_twin_waits_until_it_has_what_it_must_have(name: str) -> None:
    """Nothing given, nothing run; and with all but the last required argument it still waits."""
    twin = getattr(curried, name)
    required = [
        parameter
        for parameter in inspect.signature(getattr(plain, name)).parameters.values()
        if parameter.default is parameter.empty
    ]
    assert required
    waiting = twin
    for _ in required:
        assert isinstance(waiting, curry)
        waiting = waiting.bind(None)
    assert isinstance(twin(), curry)
    assert isinstance(twin(*[None] * (len(required) - 1)), curry)


JUDGES = [name for name in FUNCTIONS if name.startswith("parse_") and name != "parse_config"]


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_can_be_mapped(judge: str) -> None:
    raws = [7, "7", "eur", " ada@example.com ", None, {}, ORDERS[0], "+15551234567"]
    judged = pipe(raws, map(getattr(curried, judge)), list)
    assert judged == [getattr(plain, judge)(raw) for raw in raws]


def test_a_phone_region_is_given_by_name_and_first() -> None:
    german = curried.parse_phone(region="DE")
    assert german("0151 23456789") == ("+4915123456789", ())
    assert pipe(["0151 23456789"], map(german), list) == [("+4915123456789", ())]
    assert curried.parse_phone("0151 23456789", region="DE") == ("+4915123456789", ())
    assert curried.parse_phone("0151 23456789", "DE") == ("+4915123456789", ())


def test_a_phone_number_alone_is_judged_at_once() -> None:
    """It has all it must have; the region that was meant to follow would come too late."""
    assert curried.parse_phone("0151 23456789")[0] is None
    assert curried.parse_phone("DE")[1][0].message == "is not a phone number"


@pytest.mark.parametrize(
    "stage",
    [
        "select_properties",
        "resolve_identity",
        "describe_profile",
        "resolve_revenue",
        "resolve_unique_id",
        "resolve_backfill",
    ],
)
def test_a_stage_waits_for_its_event(stage: str) -> None:
    rule, _ = plain.match_rule(CONFIG, ORDERS[0])
    mapped = pipe(ORDERS, map(getattr(curried, stage)(rule)), list)
    assert mapped == [getattr(plain, stage)(rule, event) for event in ORDERS]


@pytest.mark.parametrize("stage", ["grant_consent", "apply_policy", "match_rule"])
def test_a_stage_of_the_destination_waits_for_its_event(stage: str) -> None:
    asking = {"consent": {"marketing": True}, "policy": {"user.city": "data.total"}}
    config = plain.parse_config(asking)
    found = pipe(ORDERS, map(getattr(curried, stage)(config)), list)
    assert found == [getattr(plain, stage)(config, event) for event in ORDERS]


def test_a_rule_is_matched_by_half_a_call() -> None:
    match = curried.match_rule(CONFIG)
    names = ["order complete", "page view"]
    found = pipe(names, map(lambda name: {"name": name}), map(match), pluck(0), list)
    assert pipe(found, map(attrgetter("label")), list) == ["order complete", None]


def test_a_maker_of_calls_waits_for_what_was_mapped() -> None:
    """Its unique id is derived from the event as it came, if there is none."""
    rule, _ = plain.match_rule(CONFIG, ORDERS[0])
    bare, raw = event_without("id"), event_without("id", user={"id": "before the policy"})
    who = Identity({"external_id": "u1"})
    mapped = [Mapped(bare, came, who, {}, {"title": "Dr"}) for came in (bare, raw)]
    for name in ("upsert_profile", "create_event"):
        make = getattr(curried, name)(rule)
        assert pipe(mapped, map(make), list) == [getattr(plain, name)(rule, one) for one in mapped]
    ids = [curried.create_event(rule)(one)[0][0].unique_id for one in mapped]
    assert len(set(ids)) == 2


def test_settling_takes_state_and_clock_by_name() -> None:
    plan = TRANSFORM.plan(ORDERS[0])
    _, states = plain.settle(plan)
    assert curried.settle(plan) == plain.settle(plan)
    assert curried.settle(prior=states)(plan) == plain.settle(plan, states)
    assert len(curried.settle(prior=states)(plan)[0].calls) == 1
    assert curried.settle(now=0)(plan)[0].outcome == "refused"
    assert curried.settle(prior=states, now=NOW)(plan) == plain.settle(plan, states, NOW)
    assert curried.settle(prior={})(plan) == plain.settle(plan)


def test_a_state_in_the_plans_place_is_an_error_and_no_silence() -> None:
    with pytest.raises(AttributeError):
        curried.settle({"external_id:u1": ProfileState("f")})


def test_a_scan_waits_for_its_events() -> None:
    whole = list(plain.scan(TRANSFORM, ORDERS))
    states = plain.remembered({}, whole)
    assert pipe(ORDERS, curried.scan(TRANSFORM), list) == whole
    assert pipe(ORDERS, curried.scan(TRANSFORM), curried.remembered({})) == states
    again = pipe(ORDERS, curried.scan(TRANSFORM, states=states), pluck(0), list)
    assert [len(plan.calls) for plan in again] == [1, 1]
    early = pipe(ORDERS, curried.scan(TRANSFORM, now=0), pluck(0), list)
    assert [plan.outcome for plan in early] == ["refused", "refused"]


def test_a_scan_that_waits_can_be_used_again() -> None:
    flow = curried.scan(TRANSFORM)
    assert list(flow(ORDERS)) == list(flow(ORDERS))


def test_transforms_are_built_in_a_pipe() -> None:
    def someone_else(event: Any) -> Any:
        return toolz.assoc_in(event, ["user", "id"], "u2")

    def mute(plan: Plan) -> Plan:
        return evolve(plan, diagnostics=())

    built = pipe(CONFIG, curried.pipeline, curried.before(someone_else), curried.after(mute))
    assert isinstance(built, Transform)
    assert built.plan(ORDERS[1]).keys[0] == "external_id:u2"
    assert built.plan(ORDERS[1]).diagnostics == ()
    routed = curried.route(lambda event: "eu")({"eu": built})
    assert routed.plan(ORDERS[0]).keys[0] == "eu/external_id:u2"


def test_stages_are_given_before_the_configuration() -> None:
    free = evolve(STAGES, revenue=lambda rule, event: (Revenue(0.0, None), ()))
    assert curried.pipeline(stages=free)(CONFIG).plan(ORDERS[0]).calls[-1].value == 0.0
    told = curried.explain(stages=free)(CONFIG)(ORDERS[0])
    assert told.plan.calls[-1].value == 0.0


def test_a_mistake_inside_is_not_taken_for_a_missing_argument() -> None:
    """A TypeError of the function's own must not come back as something that waits."""
    with pytest.raises(TypeError):
        curried.scan(TRANSFORM, None, nonsense=1)
    with pytest.raises(TypeError):
        list(curried.scan(TRANSFORM, None))
    with pytest.raises(TypeError):
        curried.remembered({}, None)


def test_a_half_called_function_travels() -> None:
    """Spark and multiprocessing send functions by pickle."""
    german = pickle.loads(pickle.dumps(curried.parse_phone(region="DE")))
    assert german("0151 23456789") == ("+4915123456789", ())
