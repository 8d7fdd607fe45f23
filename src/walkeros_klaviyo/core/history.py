"""How does `--backfill` record every event as history, whatever the configuration says?

The configuration is changed before it is compiled, so plans, dry runs and deliveries agree. A
custom transform may ignore the configuration, so its plans are checked. Source: Klaviyo Create
Event, `backfill`; Bulk Subscribe Profiles, `historical_import`.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.backfill import ALWAYS
from walkeros_klaviyo.core.klaviyo.calls import SUBSCRIBE, Call
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule

from .config import Config
from .diagnostics import Diagnostic
from .plan import Plan
from .settle import outcome_of


def as_history(config: Config) -> Config:
    """The configuration with `backfill` true for the destination and every rule, preset rules too.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> config = parse_config({"settings": {"backfill": False}})
    >>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1"}}
    >>> pipeline(as_history(config)).plan(event).calls[0].attributes["backfill"]
    True
    """
    mapping = {
        entity: {action: tuple(map(_of_rule, rules)) for action, rules in actions.items()}
        for entity, actions in config.mapping.items()
    }
    settings = evolve(config.settings, backfill=ALWAYS)
    return evolve(config, settings=settings, mapping=mapping, default=_of_rule(config.default))


def _of_rule(rule: KlaviyoRule) -> KlaviyoRule:
    return evolve(rule, settings=evolve(rule.settings, backfill=ALWAYS))


def only_history(plan: Plan) -> Plan:
    """The plan, with every call refused that might start a flow.

    For transforms that do not follow the configuration, which `as_history` cannot reach.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1"}}
    >>> only_history(pipeline(parse_config({})).plan(event)).outcome
    'refused'

    Diagnostics: backfill.not-history.
    """
    if all(map(_is_history, plan.calls)):
        return plan
    calls = tuple(
        call if _is_history(call) else evolve(call, refusal=(*call.refusal, _LIVE))
        for call in plan.calls
    )
    notes = (*plan.diagnostics, _LIVE)
    return evolve(plan, outcome=outcome_of(calls), calls=calls, diagnostics=notes)


def _is_history(call: Call) -> bool:
    """Can the call start no flow? Events and subscriptions can, unless marked as history."""
    if call.name == SUBSCRIBE:
        return call.attributes.get("historical_import") is True
    return call.metric is None or call.attributes.get("backfill") is True


_LIVE: Final = Diagnostic(
    "backfill.not-history",
    "settings.backfill",
    "the transform does not follow the configuration, and this would start flows; kept back",
)
