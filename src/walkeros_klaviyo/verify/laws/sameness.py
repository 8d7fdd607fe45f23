"""Is it the same, down to the types?

Python takes 1 for true and 1.0, and NaN for unequal to itself; the canonical text does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import evolve

from walkeros_klaviyo.core.diagnostics import Diagnostics
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.plan import Plan


def text_of(value: Any) -> str:
    """A string equal for equal JSON values, whatever the order of keys; functions by their repr."""
    return json.dumps(value, sort_keys=True, default=repr)


def codes_of(diagnostics: Diagnostics) -> list[tuple[str, str]]:
    """Codes and places, in no order."""
    return sorted((one.code, one.path) for one in diagnostics)


def plan_text(plan: Plan) -> str:
    """All of a plan, its diagnostics by code and place and in no order."""
    calls = [[call.name, call.body, codes_of(call.refusal)] for call in plan.calls]
    head = [plan.outcome, plan.rule, plan.keys, plan.account]
    return text_of([head, calls, codes_of(plan.diagnostics)])


def alone(plan: Plan) -> Plan:
    """The plan without what only a scan can say: that an id was used before."""
    kept = tuple(one for one in plan.diagnostics if one.code != "unique-id.reused")
    return evolve(plan, diagnostics=kept)


def upserts(plan: Plan) -> list[Call]:
    """The plan's upserts that would be sent."""
    return [one for one in plan.upserts if not one.refusal]


def parts(value: Any) -> Iterator[Any]:
    """A JSON value and everything in it, keys too.

    >>> list(parts({"a": [1]}))
    [{'a': [1]}, 'a', [1], 1]
    """
    yield value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def has(plan: Plan, code: str) -> bool:
    """Has a plan a diagnostic of that code?"""
    return any(one.code == code for one in plan.diagnostics)


def turned(value: Any) -> Any:
    """The same JSON value, every object's keys in reverse."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value
