"""Why did an event become just these calls?

The same pipeline over stages that write down what they were given and gave, so an explanation
agrees with the pipeline by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from attrs import asdict, evolve, fields, frozen

from walkeros_klaviyo.core.klaviyo.identity import Identity
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.walkeros.event import Event, EventError
from walkeros_klaviyo.core.walkeros.rule import Rule
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.path_value import Resolve
from walkeros_klaviyo.core.walkeros.value.trace import Trace, trace
from walkeros_klaviyo.core.walkeros.value.tree import Node, alternatives

from .config import Config
from .diagnostics import Diagnostics, Notes
from .origin import Origin, origins_of
from .pipeline import STAGES, Stages, pipeline
from .plan import Plan
from .settle import settle


@frozen(slots=False)
class Seen:
    """What one stage was given and gave, and what it had to say."""

    stage: str
    given: tuple[Any, ...]
    result: Any
    diagnostics: Diagnostics = ()


@frozen(slots=False)
class Explanation:
    """A plan, the states it changes, each stage's result, and where fields came from."""

    plan: Plan
    changes: States
    stages: tuple[Seen, ...]
    origins: tuple[Origin, ...] = ()
    unchanged: bool = False
    """An upsert was left out, because Klaviyo was told the same before."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: what `explain --json` prints."""
        return {
            **self.plan.to_dict(),
            "keys": list(self.plan.keys),
            "upsertUnchanged": self.unchanged,
            "stages": [
                {
                    "stage": seen.stage,
                    "result": _plain(seen.result),
                    "diagnostics": [one.to_dict() for one in seen.diagnostics],
                }
                for seen in self.stages
            ],
            "origins": [asdict(origin) for origin in self.origins],
        }


Explain = Callable[..., Explanation]


def explain(config: Config, stages: Stages = STAGES) -> Explain:
    """A function (event, prior=None, now=None) -> Explanation, one event at a time.

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
        is_stale = any(one.code == "profile.stale" for one in plan.diagnostics)
        is_shorter = len(plan.upserts) < len(planned.upserts) and not is_stale
        return Explanation(plan, changes, tuple(seen), origins, is_shorter)

    return tell


def _watched(stages: Stages, seen: list[Seen], traces: dict[str, Trace]) -> Stages:
    """Stages that note what they give, under a rule whose mappings note what they yield.

    `seen` and `traces` are one event's notebooks.
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
    """As it was defined; a curried or partial one by its type."""
    return str(getattr(stage, "__name__", type(stage).__name__))


def _traced(rule: KlaviyoRule, traces: dict[str, Trace]) -> KlaviyoRule:
    """The rule over mappings that write down what they yield; by their place."""

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


def _plain(result: Any) -> Any:
    if isinstance(result, Rule):
        return {"rule": result.label, "metric": result.name, "where": result.where or None}
    if isinstance(result, Identity):
        return {"identifiers": dict(result.identifiers)}
    if isinstance(result, EventError):
        return {"path": result.path, "message": result.message}
    if isinstance(result, tuple):
        return [_plain(one) for one in result]
    return asdict(result) if hasattr(result, "__attrs_attrs__") else result
