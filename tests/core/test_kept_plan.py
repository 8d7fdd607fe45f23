"""Does a plan come out of JSON as it went in, and nothing else as a plan?"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.core.make import NOW, event_with
from tests.core.test_vectors import EXAMPLES, REFERENCE, Case

from walkeros_klaviyo import Plan, parse_config, pipeline, route, scan, settle
from walkeros_klaviyo.core.kept_plan import plan_from_record, plan_to_record
from walkeros_klaviyo.core.reused import noting_reuse
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


@cache
def record() -> dict[str, Any]:
    """Of a plan with everything."""
    return plan_to_record(settle(pipeline(RICH).plan(LATE), None, NOW)[0])


@given(st.deferred(lambda: st.sampled_from(places(record()))), json_values())
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
    broken = json.loads(json.dumps({"plan": record()}))
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
    note = noting_reuse()
    settled, _ = settle(note(note(plan)), None, NOW)
    assert same(settled)


EVENT = ("calls", -1, 1, "data", "attributes")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), 7, "a plan is a number"),
        (("outcome",), 7, "outcome is a number"),
        (("outcome",), "sent", "outcome is none of send, unchanged"),
        (("rule",), [], "rule is a list"),
        (("account",), {}, "account is an object"),
        (("time",), "now", "time is a string"),
        (("time",), True, "time is a boolean"),
        (("tells",), 1, "tells is a number"),
        (("keys",), "k", "keys is a string"),
        (("keys",), ["k", 7], "keys is not a list of strings"),
        (("devices",), [None], "devices is not a list of strings"),
        (("diagnostics", 0), "x", "a diagnostic is a string"),
        (("diagnostics", 0, "code"), "none.such", "a code that this version does not know"),
        (("diagnostics", 0, "path"), None, "path is null"),
        (("diagnostics", 0, "message"), 7, "message is a number"),
        (("calls", 0), "x", "a call is not a name with its body"),
        (("calls", 0), ["x"], "a call is not a name with its body"),
        (("calls", 0), ["x", {}, {}, {}], "a call is not a name with its body"),
        (("calls", 0, 1), [], "a call is not a name with its body"),
        (("calls", 0, 2), 7, "a call is a number"),
        (("calls", 0, 2, "fingerprint"), 7, "fingerprint is a number"),
        (("calls", 0, 2, "refusal"), 7, "refusal is a number"),
        (("calls", 2, 2, "topics"), 7, "topics is a number"),
        (("calls", 2, 2, "doubts"), [7], "doubts is not a list of strings"),
        (("calls", 0, 0), "events.create", "nothing here can send one of its calls"),
        *(
            ((*EVENT, name), value, "the body of a call is not as Klaviyo's calls are")
            for name, value in {
                "time": 7,
                "unique_id": [],
                "value": "7",
                "value_currency": 7,
                "properties": [],
                "profile": {"data": {"attributes": {"email": 7}}},
                "metric": "Placed Order",
            }.items()
        ),
        ((*EVENT[:-2], "data"), [], "the body of a call is not as Klaviyo's calls are"),
    ],
)
def test_what_is_wrong_is_said_by_its_name(path: tuple[Any, ...], value: Any, message: str) -> None:
    """And by its kind, never by what it holds."""
    broken = json.loads(json.dumps({"plan": record()}))
    inner = broken
    for key in ("plan", *path)[:-1]:
        inner = inner[key]
    inner[("plan", *path)[-1]] = value
    with pytest.raises(ValueError, match=r"^no plan: ") as caught:
        plan_from_record(broken["plan"])
    assert message in str(caught.value)


def test_a_call_that_nothing_can_send_may_have_been_refused() -> None:
    """A stage of one's own made it, and it goes to the dead letters by name."""
    found = json.loads(json.dumps(record()))
    refused = next(one for one in found["calls"] if one[2:] and one[2].get("refusal"))
    refused[0] = "own.call"
    assert "own.call" in [call.name for call in plan_from_record(found).calls]


@pytest.mark.parametrize("name", ["outcome", "tells", "calls", "diagnostics"])
def test_what_every_plan_has_must_be_there(name: str) -> None:
    short = {key: value for key, value in record().items() if key != name}
    with pytest.raises(ValueError, match=f"no plan: {name} is n"):
        plan_from_record(short)
