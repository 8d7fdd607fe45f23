"""In which order does an event become calls? Start reading here.

    parse ─► destination's consent ─► granted ─► destination's policy ─► rule
          ─► its ignore, consent and policy ─► base ─► name
          ─► properties ─► identity ─► profile ─► revenue ─► unique id ─► backfill
          ─► calls: a profile's upsert, the event, and what a user's own stages add

Each step is a pure public function; all but `parse` return (result, diagnostics). `Stages` holds
them, so that each can be replaced: `explain` passes steps that write down what they saw, a user
passes `evolve(STAGES, revenue=mine)`. Source of the order: walkerOS `processEventMapping`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import evolve, field, frozen

from walkeros_klaviyo.core.klaviyo.backfill import resolve_backfill
from walkeros_klaviyo.core.klaviyo.calls import (
    CREATE_EVENT,
    UPSERT_PROFILE,
    Call,
    Calls,
    Mapped,
    create_event,
    upsert_profile,
)
from walkeros_klaviyo.core.klaviyo.identity import Identity, resolve_identity
from walkeros_klaviyo.core.klaviyo.profile import describe_profile
from walkeros_klaviyo.core.klaviyo.revenue import Revenue, resolve_revenue
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.klaviyo.unique_id import resolve_unique_id
from walkeros_klaviyo.core.walkeros.consent import grant_consent, only_granted
from walkeros_klaviyo.core.walkeros.event import Event, EventError, parse_event
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.properties import read_base, select_properties
from walkeros_klaviyo.core.walkeros.rule import match_rule, rename_event

from .config import Config
from .diagnostics import Diagnostic, Diagnostics
from .plan import Plan
from .settle import Settled, outcome_of, settle


@frozen
class Stages:
    """The steps of the pipeline, each replaceable; see `STAGES` for the usual ones."""

    parse: Callable[[object], Event | EventError]
    consent: Callable[[Config | KlaviyoRule, Event], tuple[bool, Diagnostics]]
    granted: Callable[[Config, Event], tuple[Event, Diagnostics]]
    policy: Callable[[Config | KlaviyoRule, Event], tuple[Event | None, Diagnostics]]
    rule: Callable[[Config, Event], tuple[KlaviyoRule | None, Diagnostics]]
    base: Callable[[KlaviyoRule, Event], tuple[KlaviyoRule, Diagnostics]]
    name: Callable[[KlaviyoRule, Event], tuple[Event, Diagnostics]]
    properties: Callable[[KlaviyoRule, Event], tuple[dict[str, Any], Diagnostics]]
    identity: Callable[[KlaviyoRule, Event], tuple[Identity | None, Diagnostics]]
    profile: Callable[[KlaviyoRule, Event], tuple[dict[str, Any] | None, Diagnostics]]
    revenue: Callable[[KlaviyoRule, Event], tuple[Revenue | None, Diagnostics]]
    unique_id: Callable[[KlaviyoRule, Event], tuple[str | None, Diagnostics]]
    backfill: Callable[[KlaviyoRule, Event], tuple[bool, Diagnostics]]
    calls: tuple[Callable[[KlaviyoRule, Mapped], tuple[Calls, Diagnostics]], ...]
    """Each gives any number of calls; they are sent in this order."""


STAGES: Final = Stages(
    parse=parse_event,
    consent=grant_consent,
    granted=only_granted,
    policy=apply_policy,
    rule=match_rule,
    base=read_base,
    name=rename_event,
    properties=select_properties,
    identity=resolve_identity,
    profile=describe_profile,
    revenue=resolve_revenue,
    unique_id=resolve_unique_id,
    backfill=resolve_backfill,
    calls=(upsert_profile, create_event),
)
"""The usual steps."""


@frozen
class Transform:
    """A compiled pipeline: `transform.plan(event)` needs no state, and `transform(event, prior,
    now)` also settles that plan against the prior states.

    >>> from .config import parse_config
    >>> transform = pipeline(parse_config({}))
    >>> plan, changes = transform({"name": "page view", "timestamp": 1795518160712,
    ...                            "id": "e1", "user": {"id": "u1"}})
    >>> plan.outcome, plan.keys, [call.name for call in plan.calls]
    ('send', ('external_id:u1',), ['events.create_event'])
    """

    plan: Callable[[object], Plan]
    made: tuple[Callable[..., Transform], tuple[Any, ...]] | None = field(default=None, repr=False)
    """The function that made it and its arguments, by which it is pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        """A closure cannot cross processes; what it is made of can."""
        return (type(self), (self.plan,)) if self.made is None else self.made

    def __call__(
        self, event: object, prior: States | None = None, now: float | None = None
    ) -> Settled:
        """What is to be sent, and the states that it changes; never raises for JSON."""
        return settle(self.plan(event), prior, now)


def pipeline(config: Config, stages: Stages = STAGES) -> Transform:
    """Compile a configuration into a transform (event, prior states) -> (plan, changed states).

    A stage of your own that raises, raises here (but RecursionError): it is yours to mend.

    >>> from .config import parse_config
    >>> transform = pipeline(parse_config({"settings": {"email": "data.mail"}}))
    >>> plan = transform.plan({"name": "newsletter signup", "timestamp": 1795518160712,
    ...                        "data": {"mail": "ada@example.com"}})
    >>> plan.calls[0].metric, plan.keys
    ('newsletter signup', ('email:ada@example.com',))
    """
    if not isinstance(config, Config):
        raise TypeError("pipeline takes what parse_config returns; call parse_config first")
    gate = enter(config, stages)
    select, identify, describe = stages.properties, stages.identity, stages.profile
    read_revenue, read_id = stages.revenue, stages.unique_id
    is_history, makers = stages.backfill, stages.calls
    default = (_unwrapped(describe), *map(_unwrapped, makers))
    is_own = default != (STAGES.profile, *STAGES.calls)
    rules = (config.default, *config.rules)
    tells = is_own or any(rule.settings.identify is not None for rule in rules)

    def plan(raw: object) -> Plan:
        entered = gate(raw)
        if isinstance(entered, Plan):
            return entered
        event, rule, original, notes = entered
        properties, found = select(rule, event)
        notes += found
        identity, found = identify(rule, event)
        notes += found
        if identity is None:
            return Plan("unidentified", (), notes, rule.label)
        traits, found = describe(rule, event)
        notes += found
        if rule.silent:
            mapped = Mapped(event, original, identity, properties, traits)
        else:
            revenue, on_revenue = read_revenue(rule, event)
            unique_id, on_id = read_id(rule, event)
            backfill, on_backfill = is_history(rule, event)
            notes += on_revenue + on_id + on_backfill
            mapped = Mapped(
                event, original, identity, properties, traits, revenue, unique_id, backfill
            )
        calls: Calls = ()
        for make in makers:
            made, found = make(rule, mapped)
            calls += made
            notes += found
        if is_own:
            calls = tuple(map(_sendable, calls))
        keys = identity.keys
        # A silent rule and an anonymous id alone: there are traits, and nobody to tell them of.
        is_lost = rule.silent and traits is not None and not calls and not keys
        return Plan(
            "unidentified" if is_lost else outcome_of(calls),
            calls,
            notes,
            rule.label,
            keys,
            None,
            event["timestamp"],
            tells,
        )

    def plan_any(raw: object) -> Plan:
        try:
            return plan(raw)
        except RecursionError:  # only content nested hundreds of levels deep gets here
            message = "nested too deeply to be read"
            return Plan("invalid", (), (Diagnostic("event.too-deep", "", message),))

    return Transform(plan_any, (pipeline, (config, stages)))


def _sendable(call: Call) -> Call:
    """A call of a user's own stage; one that nothing here can send is refused by name."""
    if call.name in (CREATE_EVENT, UPSERT_PROFILE):
        return call
    found = Diagnostic("stage.unknown-call", "", f'nothing here sends "{call.name[:100]}"')
    return evolve(call, refusal=(*call.refusal, found))


def _unwrapped(stage: Callable[..., Any]) -> Callable[..., Any]:
    """The stage itself, without `explain`'s wrapper."""
    found: Callable[..., Any] = getattr(stage, "__wrapped__", stage)
    return found


Entered = tuple[Event, KlaviyoRule, Event, Diagnostics]
"""The event as the mappings see it, its rule, the event as it came, and what was noted so far."""


def enter(config: Config, stages: Stages = STAGES) -> Callable[[object], Entered | Plan]:
    """What may stop an event before it is mapped: no event, no consent, a rule that ignores it.

    A function from a raw event to what the mappings see of it and its rule, or to its plan.

    >>> from .config import parse_config
    >>> entered = enter(parse_config({"consent": {"marketing": True}}))
    >>> entered({"name": "page view", "timestamp": 1795518160712}).outcome
    'denied'
    """
    parse, consent, policy, match = stages.parse, stages.consent, stages.policy, stages.rule
    keep, base, name = stages.granted, stages.base, stages.name
    # The default stages are skipped where nothing is configured; a user's own are always asked.
    asks = _unwrapped(consent) is not grant_consent
    changes = _unwrapped(policy) is not apply_policy

    def gate(raw: object) -> Entered | Plan:
        event = parse(raw)
        if isinstance(event, EventError):
            return Plan("invalid", (), (event.diagnostic,))
        if config.disabled:
            message = "the destination is disabled"
            return Plan("ignored", (), (Diagnostic("destination.disabled", "disabled", message),))
        if config.mocked:
            message = "walkerOS's test switch is set"
            return Plan("ignored", (), (Diagnostic("destination.mocked", "mock", message),))
        original = event
        notes: Diagnostics = ()
        if asks or config.consent is not None:
            granted, notes = consent(config, event)
            if not granted:
                return Plan("denied", (), notes)
        event, found = keep(config, event)
        notes += found
        if changes or config.policy:
            changed, found = policy(config, event)
            notes += found
            if changed is None:
                return Plan("refused", (), notes)
            event = changed
        rule, found = match(config, event)
        if rule is None:
            return Plan("refused", (), notes + found)
        if rule.ignore:
            ignored = Diagnostic("rule.ignored", rule.where, f'rule "{rule.label}" ignores it')
            return Plan("ignored", (), (*notes, ignored), rule.label)
        if asks or rule.consent is not None:
            granted, found = consent(rule, original)
            notes += found
            if not granted:
                return Plan("denied", (), notes, rule.label)
        if changes or rule.policy:
            changed, found = policy(rule, event)
            notes += found
            if changed is None:
                return Plan("refused", (), notes, rule.label)
            event = changed
        rule, found = base(rule, event)
        notes += found
        event, found = name(rule, event)
        return event, rule, original, notes + found

    return gate
