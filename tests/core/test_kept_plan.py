"""Does a plan come out of JSON as it went in, and nothing else as a plan?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.core.make import NOW, event_with
from tests.core.test_vectors import EXAMPLES, REFERENCE, Case

from walkeros_klaviyo import Plan, parse_config, pipeline, route, scan, settle
from walkeros_klaviyo.core.kept_plan import plan_from_record, plan_to_record
from walkeros_klaviyo.verify.strategies.json_values import json_values

RICH = parse_config(
    {
        "consent": {"marketing": True},
        "settings": {
            "anonymousId": "user.device",
            "identify": {"map": {"firstName": "user.first"}},
            "lists": ["Y6nRLr"],
        },
        "mapping": {
            "order": {
                "complete": {
                    "consent": {"marketing": True},
                    "settings": {"subscribe": {"list": "Y6nRLr"}, "items": True},
                }
            }
        },
    }
)
ADA = {"id": "u1", "email": "ada@example.com", "device": "d1", "first": "Ada"}
ORDER = event_with(user=ADA, consent={"marketing": True}, data={"total": "1,299.00"})
LATE = event_with(user=ADA, consent={"marketing": True}, timestamp=NOW + 3 * 366 * 86_400_000)


def through_json(plan: Plan) -> Plan:
    """Written and read."""
    return plan_from_record(json.loads(json.dumps(plan_to_record(plan))))


def same(plan: Plan) -> bool:
    """Is it the same afterwards, what equality does not look at included?"""
    again = through_json(plan)
    return again == plan and again.tells == plan.tells


@pytest.mark.parametrize("case", EXAMPLES + REFERENCE[::5], ids=lambda case: case["id"])
def test_every_plan_of_a_vector_comes_out_as_it_went_in(case: Case) -> None:
    transform = pipeline(parse_config(case["config"]))
    plans = [transform.plan(event) for event in case["events"]]
    plans += [plan for plan, _ in scan(transform, case["events"])]
    assert all(map(same, plans))


@pytest.mark.parametrize("event", [ORDER, LATE, {"name": 7}, None], ids=["order", "late", "", ""])
def test_so_does_one_with_everything(event: Any) -> None:
    """Topics, doubts, fingerprints, devices, an account, and a refusal that settling found."""
    eu = route(lambda _: "eu", {"eu": pipeline(RICH)})
    for transform in (pipeline(RICH), eu):
        plan = transform.plan(event)
        assert same(plan)
        settled, changes = settle(plan, None, NOW)
        assert same(settled)
        assert settle(through_json(plan), None, NOW) == (settled, changes)


def test_the_rich_one_is_rich() -> None:
    """Or the test above would say little."""
    plan = route(lambda _: "eu", {"eu": pipeline(RICH)}).plan(ORDER)
    assert {call.name.partition(".")[2] for call in plan.calls} == {
        "create_or_update_profile",
        "bulk_import_profiles",
        "bulk_subscribe_profiles",
        "create_event",
    }
    assert any(call.topics for call in plan.calls)
    assert (plan.account, plan.devices) == ("eu", ("eu/anonymous_id:d1",))
    late = settle(pipeline(RICH).plan(LATE), None, NOW)[0]
    assert any(call.refusal for call in late.calls)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Everywhere in a JSON value."""
    inner = value.items() if isinstance(value, dict) else []
    inner = enumerate(value) if isinstance(value, list) else inner
    return [path, *(one for key, below in inner for one in places(below, (*path, key)))]


RECORD = plan_to_record(settle(pipeline(RICH).plan(LATE), None, NOW)[0])


@given(st.sampled_from(places(RECORD)), json_values())
@example(("calls", 0, 1, "data", "attributes"), {"profiles": {"data": []}})
@example(("calls", 0, 1, "data"), [])
@example(("diagnostics", 0, "code"), "none.such")
@example(("calls", 3, 0), "events.create")
@example(("tells",), 1)
@example(("time",), True)
def test_what_is_broken_is_a_plan_all_the_same_or_a_value_error(
    path: tuple[Any, ...], value: Any
) -> None:
    """Never another exception; and what comes out can be delivered and written again."""
    broken = json.loads(json.dumps({"plan": RECORD}))
    inner = broken
    for key in ("plan", *path)[:-1]:
        inner = inner[key]
    inner[("plan", *path)[-1]] = value
    try:
        plan = plan_from_record(broken["plan"])
    except ValueError as error:
        assert str(error).startswith("no plan: ")
        return
    assert same(plan)
    settle(plan, None, NOW)


@pytest.mark.parametrize("name", ["outcome", "tells", "calls", "diagnostics"])
def test_what_every_plan_has_must_be_there(name: str) -> None:
    short = {key: value for key, value in RECORD.items() if key != name}
    with pytest.raises(ValueError, match=f"no plan: {name} is n"):
        plan_from_record(short)
