"""How do transforms combine?

`before` and `after` wrap `plan`; `route` picks an account for each event and keeps the accounts'
states separate. To send to several accounts at once, use toolz's `juxt`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve
from toolz import compose

from walkeros_klaviyo.core.klaviyo.identifier import FIELDS
from walkeros_klaviyo.core.walkeros.event import Event, EventError, parse_event

from .diagnostics import Diagnostic
from .pipeline import Transform
from .plan import Plan

_UNKNOWN: Final = "route.unknown-account"
_RAISED: Final = "function.raised"


def before(fn: Callable[[Event], object], transform: Transform) -> Transform:
    """Change each event before it is planned; `fn` takes an event and returns a new one.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> seen = before(lambda event: {**event, "user": {"id": "u1"}}, pipeline(parse_config({})))
    >>> seen.plan({"name": "page view", "timestamp": 1795518160712}).keys
    ('external_id:u1',)
    """

    def plan(event: object) -> Plan:
        changed, raised = _ask(fn, event)
        if raised:
            return _refuse(event, _RAISED, f"raised {raised}; kept back")
        return transform.plan(changed)

    return Transform(plan, (before, (fn, transform)))


def after(fn: Callable[[Plan], Plan], transform: Transform) -> Transform:
    """Change each plan before it is settled; `fn` takes a plan and returns a new one.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> muted = after(lambda plan: evolve(plan, diagnostics=()), pipeline(parse_config({})))
    >>> muted.plan({"name": "page view", "timestamp": 1795518160712}).diagnostics
    ()
    """

    def change(plan: Plan) -> Plan:
        changed: Plan
        changed, raised = _ask(fn, plan)
        if not raised:
            return changed
        refused = Plan("refused", (), (Diagnostic(_RAISED, "", f"raised {raised}; kept back"),))
        return plan if plan.outcome == "invalid" else refused

    return Transform(compose(change, transform.plan), (after, (fn, transform)))


def kept_back(transform: Transform) -> Transform:
    """The same transform, but an event for which a custom stage raises is refused instead.

    Delivery wraps every transform in this: one event must not hold up all those behind it.

    >>> from attrs import evolve
    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> from .stages import STAGES
    >>> own = pipeline(parse_config({}), evolve(STAGES, revenue=lambda rule, event: 1 / 0))
    >>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1"}}
    >>> print(kept_back(own).plan(event).diagnostics[0])
    a stage raised ZeroDivisionError; kept back
    """

    def plan(event: object) -> Plan:
        planned: Plan
        planned, raised = _ask(transform.plan, event)
        if raised:
            return _refuse(event, _RAISED, f"a stage raised {raised}; kept back")
        return planned

    return Transform(plan, (kept_back, (transform,)))


def route(choose: Callable[[Event], object], accounts: Mapping[str, Transform]) -> Transform:
    """Send each event to the account that `choose` names; the name goes into the plan and its keys.

    An `if` of your own would share the states, so that one account's upsert would suppress the
    other's. An event for which no account can be chosen is refused.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> shop = route(lambda event: event["globals"]["market"], {"eu": pipeline(parse_config({}))})
    >>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1"}}
    >>> plan = shop.plan({**event, "globals": {"market": "eu"}})
    >>> plan.account, plan.keys
    ('eu', ('eu/external_id:u1',))
    >>> shop.plan(event).outcome
    'refused'
    """
    known = dict(accounts)
    if any("/" in name for name in known):
        raise ValueError('an account\'s name holds no "/": it parts the accounts of nested routes')
    if any(f"{field}:" in name for name in known for field in FIELDS):
        raise ValueError('an account\'s name holds no "email:" and the like: a key says so of whom')

    def plan(event: object) -> Plan:
        name, raised = _ask(choose, event)
        if raised:
            return _refuse(event, _UNKNOWN, f"choosing raised {raised}")
        if not isinstance(name, str) or name not in known:
            return _refuse(event, _UNKNOWN, f"chosen was none of: {', '.join(known)}")
        chosen = known[name].plan(event)
        account = name if chosen.account is None else f"{name}/{chosen.account}"

        def own(keys: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(f"{name}/{key}" for key in keys)

        calls = tuple(
            evolve(call, topics=own(call.topics), doubts=own(call.doubts)) if call.topics else call
            for call in chosen.calls
        )
        keys, devices = own(chosen.keys), own(chosen.devices)
        return evolve(chosen, account=account, keys=keys, devices=devices, calls=calls)

    return Transform(plan, (route, (choose, known)))


def _ask(fn: Callable[[Any], Any], given: object) -> tuple[Any, str]:
    """What a user's function returns, and the name of the exception type if it raised."""
    try:
        return fn(given), ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # user code may raise anything
        return None, type(error).__name__


def _refuse(event: object, code: str, message: str) -> Plan:
    checked = parse_event(event)
    if isinstance(checked, EventError):
        return Plan("invalid", (), (checked.diagnostic,))
    return Plan("refused", (), (Diagnostic(code, "", message),))
