"""What goes of an event that was dead and is planned anew, whatever event and configuration?"""

from __future__ import annotations

from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from property_tests.test_second_event import IDENTIFYING, TWO

from walkeros_klaviyo import Plan, parse_config, pipeline
from walkeros_klaviyo.core.klaviyo.calls import CREATE_EVENT, UPSERT_PROFILE
from walkeros_klaviyo.core.settle import deciding
from walkeros_klaviyo.delivery.anew import OVERTAKEN, once_more
from walkeros_klaviyo.verify.strategies.events import events

FEW = st.data()


def planned(data: st.DataObject) -> Plan:
    """The plan of a drawn event, with an upsert, two events, or none."""
    config = parse_config(data.draw(IDENTIFYING))
    event: Any = data.draw(events())
    return pipeline(config, TWO).plan(event)


@given(FEW)
def test_of_a_dead_event_all_goes_unless_something_newer_was_told(data: st.DataObject) -> None:
    plan = planned(data)
    if plan.outcome != "invalid":
        assert once_more(plan, CREATE_EVENT, True, False) == plan
    newer = once_more(plan, CREATE_EVENT, True, True)
    assert newer.calls == tuple(one for one in plan.calls if one.fingerprint is None)
    assert (OVERTAKEN in newer.diagnostics) == (len(newer.calls) < len(plan.calls))


@given(FEW, st.sampled_from([CREATE_EVENT, UPSERT_PROFILE]))
def test_of_a_call_beside_the_event_only_its_like_goes(data: st.DataObject, call: str) -> None:
    """What decided the event was settled before, and is not done twice."""
    plan = planned(data)
    again = once_more(plan, call, False, False)
    assert {one.name for one in again.calls} <= {call}
    if plan.calls and deciding(plan.calls).metric is not None:
        assert deciding(plan.calls) not in again.calls
    assert [one for one in plan.calls if one in again.calls] == list(again.calls)


@given(FEW, st.sampled_from([CREATE_EVENT, UPSERT_PROFILE]), st.booleans())
def test_nothing_is_added_and_a_drop_stays_one(
    data: st.DataObject, call: str, decides: bool
) -> None:
    plan = planned(data)
    again = once_more(plan, call, decides, True)
    assert set(map(id, again.calls)) <= set(map(id, plan.calls))
    if not plan.calls and plan.outcome != "invalid":
        assert again == plan
    assert once_more(evolve(plan, calls=(), outcome="invalid"), call, decides, True).outcome == (
        "refused"
    )
