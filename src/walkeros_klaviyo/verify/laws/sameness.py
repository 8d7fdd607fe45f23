"""How do laws compare values, down to the types?

In Python 1 equals True and 1.0, and NaN does not equal itself; canonical text has neither problem.
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
    """Text that is equal for equal JSON values, whatever the order of keys; functions by repr."""
    return json.dumps(value, sort_keys=True, default=repr)


def codes_of(diagnostics: Diagnostics) -> list[tuple[str, str]]:
    """Codes and places, sorted."""
    return sorted((one.code, one.path) for one in diagnostics)


def plan_text(plan: Plan) -> str:
    """A whole plan as text, with its diagnostics by code and place, sorted."""
    calls = [[call.name, call.body, codes_of(call.refusal)] for call in plan.calls]
    head = [plan.outcome, plan.rule, plan.keys, plan.account]
    return text_of([head, calls, codes_of(plan.diagnostics)])


def alone(plan: Plan) -> Plan:
    """The plan without diagnostics that only a scan can add: that an id was reused."""
    kept = tuple(one for one in plan.diagnostics if one.code != "unique-id.reused")
    return evolve(plan, diagnostics=kept)


def upserts(plan: Plan) -> list[Call]:
    """The plan's upserts that would be sent."""
    return [one for one in plan.upserts if not one.refusal]


def parts(value: Any) -> Iterator[Any]:
    """A JSON value and everything in it, keys included.

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
    """Does a plan have a diagnostic with this code?"""
    return any(one.code == code for one in plan.diagnostics)


def turned(value: Any) -> Any:
    """The same JSON value, with the keys of every object reversed."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value
