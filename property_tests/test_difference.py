"""Does `diff` tell all that comes out otherwise, and nothing else?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw

from walkeros_klaviyo import Plan, parse_config, pipeline
from walkeros_klaviyo.core.difference import differences
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws.sameness import text_of

PLAIN = pipeline(parse_config({}))


def bodies(plan: Plan) -> list[Any]:
    return [[call.name, call.body] for call in plan.calls]


@given(aimed())
def test_no_difference_is_told_exactly_where_the_calls_are_the_same(
    pair: tuple[Raw, Event],
) -> None:
    config, event = pair
    before, after = PLAIN.plan(event), pipeline(parse_config(config)).plan(event)
    found = differences(before, after)
    assert (found == ()) == (
        sorted(map(text_of, bodies(before))) == sorted(map(text_of, bodies(after)))
    )
    assert differences(before, before) == differences(after, after) == ()


@given(aimed())
def test_the_other_way_round_it_is_turned_round(pair: tuple[Raw, Event]) -> None:
    config, event = pair
    before, after = PLAIN.plan(event), pipeline(parse_config(config)).plan(event)
    there = Counter(
        (one.field, text_of([one.before, one.after])) for one in differences(before, after)
    )
    back = Counter(
        (one.field, text_of([one.after, one.before])) for one in differences(after, before)
    )
    assert there == back
