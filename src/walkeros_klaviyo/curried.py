"""How do I pass some arguments now and the rest later?

All the package's functions again, curried for toolz: called with too few arguments, a function
waits for the rest. So you can fix the rule first, then map over the events:

    >>> from operator import attrgetter
    >>> from toolz.curried import frequencies, map, pipe, pluck
    >>> from walkeros_klaviyo.curried import *
    >>> events = [{"name": "order complete", "timestamp": 1795518160712, "id": f"e{n}",
    ...            "data": {"total": total}, "user": {"id": "u1"}}
    ...           for n, total in enumerate([20, "12.50", "1,299.00"])]
    >>> config = parse_config({
    ...     "settings": {"identify": {"map": {"firstName": "user.first"}}},
    ...     "mapping": {"order": {"complete": {"settings": {"value": "data.total"}}}}})
    >>> rule, _ = match_rule(config, events[0])
    >>> pipe(events, map(resolve_revenue(rule)), pluck(0), list)
    [Revenue(value=20, currency=None), Revenue(value=12.5, currency=None), None]
    >>> match = match_rule(config)
    >>> pipe(events, map(match), pluck(0), map(attrgetter("label")), frequencies)
    {'order complete': 3}

Build a transform the same way, and run a stream of events through it:

    >>> transform = pipe(config, pipeline, before(lambda event: {**event, "user": {"id": "u2"}}))
    >>> pipe(events, scan(transform), pluck(0), map(attrgetter("outcome")), frequencies)
    {'send': 3}
    >>> pipe(events, scan(transform), remembered({}), list)
    ['external_id:u2']

The order of arguments is that of the plain functions: configuration first, then data, then
optional arguments. A function runs as soon as it has every required argument, so pass optional
ones by name, before the data or together with it:

    >>> pipe(["0151 23456789", "+33 6 12 34 56 78"], map(parse_phone(region="DE")), list)
    [('+4915123456789', ()), ('+33612345678', ())]
    >>> parse_phone("0151 23456789")[0] is None
    True
    >>> plans = pipe(events, map(transform.plan), map(settle(now=0)), pluck(0))
    >>> pipe(plans, map(attrgetter("outcome")), frequencies)
    {'refused': 3}

Currying costs time and hides types: prefer the plain function for anything called a million times
and for the stages in `STAGES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from toolz import curry

import walkeros_klaviyo as plain

Curried = Callable[..., Any]

after: Curried = curry(plain.after)
before: Curried = curry(plain.before)
apply_policy: Curried = curry(plain.apply_policy)
change_subscriptions: Curried = curry(plain.change_subscriptions)
create_event: Curried = curry(plain.create_event)
describe_profile: Curried = curry(plain.describe_profile)
enter: Curried = curry(plain.enter)
event_from_row: Curried = curry(plain.event_from_row)
explain: Curried = curry(plain.explain)
grant_consent: Curried = curry(plain.grant_consent)
mapping_value: Curried = curry(plain.mapping_value)
match_rule: Curried = curry(plain.match_rule)
only_granted: Curried = curry(plain.only_granted)
parse_amount: Curried = curry(plain.parse_amount)
parse_config: Curried = curry(plain.parse_config)
parse_currency: Curried = curry(plain.parse_currency)
parse_email: Curried = curry(plain.parse_email)
parse_event: Curried = curry(plain.parse_event)
parse_identifier: Curried = curry(plain.parse_identifier)
parse_phone: Curried = curry(plain.parse_phone)
pipeline: Curried = curry(plain.pipeline)
read_base: Curried = curry(plain.read_base)
put_on_lists: Curried = curry(plain.put_on_lists)
record_lines: Curried = curry(plain.record_lines)
remembered: Curried = curry(plain.remembered)
rename_event: Curried = curry(plain.rename_event)
resolve_backfill: Curried = curry(plain.resolve_backfill)
resolve_identity: Curried = curry(plain.resolve_identity)
resolve_revenue: Curried = curry(plain.resolve_revenue)
resolve_unique_id: Curried = curry(plain.resolve_unique_id)
route: Curried = curry(plain.route)
scan: Curried = curry(plain.scan)
select_properties: Curried = curry(plain.select_properties)
settle: Curried = curry(plain.settle)
upsert_profile: Curried = curry(plain.upsert_profile)

__all__ = [
    "after",
    "apply_policy",
    "before",
    "change_subscriptions",
    "create_event",
    "describe_profile",
    "enter",
    "event_from_row",
    "explain",
    "grant_consent",
    "mapping_value",
    "match_rule",
    "only_granted",
    "parse_amount",
    "parse_config",
    "parse_currency",
    "parse_email",
    "parse_event",
    "parse_identifier",
    "parse_phone",
    "pipeline",
    "put_on_lists",
    "read_base",
    "record_lines",
    "remembered",
    "rename_event",
    "resolve_backfill",
    "resolve_identity",
    "resolve_revenue",
    "resolve_unique_id",
    "route",
    "scan",
    "select_properties",
    "settle",
    "upsert_profile",
]
