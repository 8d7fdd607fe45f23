"""Why did an event become exactly these calls?

Runs the same pipeline over stages that record what they receive and return, so an explanation
agrees with the pipeline by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from attrs import evolve, fields

from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.path_value import Resolve
from walkeros_klaviyo.core.walkeros.value.trace import Trace, trace
from walkeros_klaviyo.core.walkeros.value.tree import Node, alternatives

from .config import Config
from .diagnostics import Notes
from .explanation import Explanation, Seen
from .origin import origins_of
from .pipeline import pipeline
from .settle import saved_by, settle
from .stages import STAGES, Stages

Explain = Callable[..., Explanation]


def explain(config: Config, stages: Stages = STAGES) -> Explain:
    """A function (event, prior=None, now=None) -> Explanation; arguments as for `settle`.

    >>> from .config import parse_config
    >>> told = explain(parse_config({}))({"name": "page view", "timestamp": 1795518160712,
    ...                                   "user": {"id": "u1"}})
    >>> [seen.stage for seen in told.stages][:3]
    ['parse', 'granted', 'rule']
    """

    def tell(event: object, prior: States | None = None, now: float | None = None) -> Explanation:
        seen: list[Seen] = []
        traces: dict[str, Trace] = {}
        transform = pipeline(config, _watched(stages, seen, traces))
        planned = transform.plan(event)
        plan, changes = settle(planned, prior, now)
        mapped = next((one.given for one in seen if one.stage == "properties"), None)
        origins = () if mapped is None else origins_of(mapped[0], mapped[1], plan, traces)
        return Explanation(plan, changes, tuple(seen), origins, saved_by(planned, plan) > 0)

    return tell


def _watched(stages: Stages, seen: list[Seen], traces: dict[str, Trace]) -> Stages:
    """Stages that record what they return, under a rule whose mappings record what they yield.

    `seen` and `traces` collect the records of one event.
    """

    def watch(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(stage)
        def watched(*given: Any) -> Any:
            gave = stage(*given)
            result, notes = gave if isinstance(gave, tuple) else (gave, ())
            seen.append(Seen(name, given, result, notes))
            return (_traced(result, traces), notes) if name == "rule" and result else gave

        return watched

    names = [one.name for one in fields(Stages) if one.name != "calls"]
    return evolve(
        stages,
        **{name: watch(name, getattr(stages, name)) for name in names},
        calls=tuple(watch(_name_of(make), make) for make in stages.calls),
    )


def _name_of(stage: Callable[..., Any]) -> str:
    """The stage's name as defined; for a curried or partial function, its type."""
    return str(getattr(stage, "__name__", type(stage).__name__))


def _traced(rule: KlaviyoRule, traces: dict[str, Trace]) -> KlaviyoRule:
    """The rule with mappings that record what they yield, by their place."""

    def traced(mapping: MappingValue) -> MappingValue:
        def of(node: Node) -> Resolve:
            def resolve(value: Any, event: Event, notes: Notes) -> Any:
                found = traces[mapping.where] = trace(node, value, event, notes)
                return found.value

            return resolve

        options = tuple(map(of, alternatives(mapping.tree)))
        return evolve(mapping, resolve=of(mapping.tree), options=options)

    every: dict[str, Any] = {name: traced(one) for name, one in rule.mappings()}
    above: dict[str, Any] = {name: every.pop(name) for name in ("base", "data") if name in every}
    return evolve(rule, **above, settings=evolve(rule.settings, **every))
