"""In what order does an event become calls? Start reading here.

    parse ─► destination's consent ─► granted ─► destination's policy ─► rule
          ─► its ignore, consent and policy ─► base ─► name
          ─► properties ─► identity ─► profile ─► revenue ─► unique id ─► backfill
          ─► calls: a profile's upsert, lists, subscriptions, the event, its order's lines, your own
          ─► settle: the only step that knows the clock and what was sent before

Each step is a pure public function; `stages.py` lists them.
Source of the order: walkerOS `processEventMapping`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve, field, frozen

from walkeros_klaviyo.core.klaviyo.calls import SENDABLE, Call, Calls, Mapped
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.walkeros.consent import grant_consent
from walkeros_klaviyo.core.walkeros.event import Event, EventError
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.properties import read_base
from walkeros_klaviyo.core.walkeros.rule import rename_event

from .config import Config
from .diagnostics import Diagnostic, Diagnostics
from .plan import Plan
from .settle import Settled, outcome_of, settle
from .shortcut import shortcut
from .stages import STAGES, Stages, ways


@frozen
class Transform:
    """A compiled pipeline: `transform.plan(event)` needs no state; `transform(event, prior, now)`
    also settles that plan against the prior states, with `now` in milliseconds since 1970.

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
        """Pickle what the closures are made from: closures themselves cannot cross processes."""
        return (type(self), (self.plan,)) if self.made is None else self.made

    def __call__(
        self, event: object, prior: States | None = None, now: float | None = None
    ) -> Settled:
        """The settled plan, and the states that it changes."""
        return settle(self.plan(event), prior, now)


def pipeline(config: Config, stages: Stages = STAGES) -> Transform:
    """Compile a configuration into a transform (event, prior states) -> (plan, changed states).

    The standard stages never raise for JSON. An exception from a custom stage passes through,
    except RecursionError, which makes the event invalid.

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
    identify, read_id = stages.identity, stages.unique_id
    given = (_unwrapped(stages.profile), *map(_unwrapped, stages.calls))
    is_own = given != (STAGES.profile, *STAGES.calls)
    rules = (config.default, *config.rules)
    # A custom stage may change profiles even where no setting does.
    tells = is_own or any(rule.settings.tells for rule in rules)
    way_of = ways(rules, stages)

    def plan(raw: object) -> Plan:
        entered = gate(raw)
        if isinstance(entered, Plan):
            return entered
        event, rule, original, notes = entered
        select, describe, read_revenue, is_history, makers = way_of(rule)
        properties: dict[str, Any] = {}
        traits = revenue = unique_id = None
        backfill = False
        if select is not None:
            properties, found = select(rule, event)
            notes += found
        identity, found = identify(rule, event)
        notes += found
        if identity is None:
            return Plan("unidentified", (), notes, rule.label)
        if describe is not None:
            traits, found = describe(rule, event)
            notes += found
        if not rule.silent:
            if read_revenue is not None:
                revenue, found = read_revenue(rule, event)
                notes += found
            unique_id, found = read_id(rule, event)
            notes += found
        if is_history is not None:
            backfill, found = is_history(rule, event)
            notes += found
        mapped = Mapped(event, original, identity, properties, traits, revenue, unique_id, backfill)
        calls: Calls = ()
        for make in makers:
            made, found = make(rule, mapped)
            calls += made
            notes += found
        if is_own:
            calls = tuple(map(_sendable, calls))
        keys = identity.keys
        # Traits with only an anonymous id: no upsert can carry them, and no event is sent.
        is_lost = rule.silent and traits is not None and not calls and not keys
        return Plan(
            "unidentified" if is_lost else outcome_of(calls),
            calls,
            notes,
            rule.label,
            keys,
            None,  # `route` sets the account
            event["timestamp"],
            tells,
            identity.devices,
        )

    short = shortcut(config, tells) if stages == STAGES else lambda raw: None

    def plan_any(raw: object) -> Plan:
        try:
            return short(raw) or plan(raw)
        except RecursionError:  # only for content nested hundreds of levels deep
            message = "nested too deeply to be read"
            return Plan("invalid", (), (Diagnostic("event.too-deep", "", message),))

    return Transform(plan_any, (pipeline, (config, stages)))


def _sendable(call: Call) -> Call:
    """The call, refused if its name is none that can be sent; a custom stage may return any."""
    if call.name in SENDABLE:
        return call
    found = Diagnostic("stage.unknown-call", "", f'nothing here sends "{call.name[:100]}"')
    return evolve(call, refusal=(*call.refusal, found))


def _unwrapped(stage: Callable[..., Any]) -> Callable[..., Any]:
    """The stage without `explain`'s wrapper, so that explaining takes the same path as planning."""
    found: Callable[..., Any] = getattr(stage, "__wrapped__", stage)
    return found


Entered = tuple[Event, KlaviyoRule, Event, Diagnostics]
"""The event as the mappings see it, its rule, the original event, and the diagnostics so far."""


def enter(config: Config, stages: Stages = STAGES) -> Callable[[object], Entered | Plan]:
    """Check an event before it is mapped: is it valid, is consent granted, which rule matches?

    Returns a function from a raw event to `Entered`, or to its final plan if it stops here.

    >>> from .config import parse_config
    >>> entered = enter(parse_config({"consent": {"marketing": True}}))
    >>> entered({"name": "page view", "timestamp": 1795518160712}).outcome
    'denied'
    """
    parse, consent, policy, match = stages.parse, stages.consent, stages.policy, stages.rule
    keep, base, name = stages.granted, stages.base, stages.name
    # Standard stages are skipped where nothing is configured; custom ones always run.
    has_own_consent = _unwrapped(consent) is not grant_consent
    has_own_policy = _unwrapped(policy) is not apply_policy
    is_usual = base is read_base and name is rename_event  # these act only where a rule has a name

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
        if has_own_consent or config.consent is not None:
            granted, notes = consent(config, event)
            if not granted:
                return Plan("denied", (), notes)
        event, found = keep(config, event)
        notes += found
        if has_own_policy or config.policy:
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
        if has_own_consent or rule.consent is not None:
            granted, found = consent(rule, original)  # the visitor's own consent, before any policy
            notes += found
            if not granted:
                return Plan("denied", (), notes, rule.label)
        if has_own_policy or rule.policy:
            changed, found = policy(rule, event)
            notes += found
            if changed is None:
                return Plan("refused", (), notes, rule.label)
            event = changed
        if is_usual and rule.name is None:
            return event, rule, original, notes
        rule, found = base(rule, event)
        notes += found
        event, found = name(rule, event)
        return event, rule, original, notes + found

    return gate
