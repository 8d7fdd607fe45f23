"""What do policies do to the events before the mappings see them?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.rule import Policy
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, OF_MANY_EVENTS, OF_ONE_EVENT
from walkeros_klaviyo.verify.questions.guess import ENOUGH, is_currency
from walkeros_klaviyo.verify.questions.near import is_slip_of
from walkeros_klaviyo.verify.reads import constant_of, paths_read
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, paths_of

FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "value": lambda raw: parse_amount(raw)[0] is not None,
    "currency": is_currency,
    "default_currency": is_currency,
    "unique_id": lambda raw: read_identifier(raw)[0] is not None,
}
"""Settings whose path a policy should not overwrite if the event's own value is usable."""


def judge_policies(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: misspelt paths, and values that overwrite the events' own."""
    yield from _renamed(config, shown)
    yield from _misspelled(config.policy, shown.mapped)
    for events in shown.by_rule.values():
        rule = events[0].rule
        yield from _misspelled(rule.policy, events)
        for keys, value in (*config.policy, *rule.policy) if rule.settings.value else ():
            for name in FITS:
                setting: MappingValue | None = getattr(rule.settings, name)
                if ".".join(keys) in paths_read(setting):
                    yield from _overwritten(".".join(keys), value, name, events)


def _renamed(config: Config, shown: Shown) -> Iterator[Finding]:
    """One name set for all events."""
    for keys, value in config.policy:
        if keys == ("name",) and constant_of(value) is not None and len(shown.raw_names) > 1:
            message = f'events of {len(shown.raw_names):,} names all become "{constant_of(value)}"'
            yield Finding("policy.overwrites", value.where, message)


def _misspelled(policy: Policy, events: list[Mapped]) -> Iterator[Finding]:
    """A path to be cleared that no event has, while a similar one exists."""
    cleared = {".".join(keys): value for keys, value in policy if value({}) is ABSENT}
    cleared = {path: value for path, value in cleared.items() if not paths_read(value)}
    known = {path for one in events[:ENOUGH] for path in paths_of(one.raw)} if cleared else set()
    for path, value in cleared.items():
        near = next((one for one in sorted(known - cleared.keys()) if is_slip_of(path, one)), None)
        if near is not None and path not in known:
            message = f'no event has "{path}", so it clears nothing; did you mean "{near}"?'
            yield Finding("path.unknown", value.where, message, f'Write "{near}".')


def _overwritten(
    path: str, value: MappingValue, name: str, events: list[Mapped]
) -> Iterator[Finding]:
    """The events' own amount, currency or id, overwritten by something else."""
    reads = paths_read(value)
    if path in reads or not _is_doubtful(name, value, reads):
        return
    pairs = [(one, at(path, one.raw), at(path, one.event)) for one in events]
    lost = [
        (one, was, now)
        for one, was, now in pairs
        if FITS[name](was) and str(was).casefold() != str(now).casefold()
    ]
    if len(lost) >= (1 if reads else FEW):
        one, was, now = lost[0]
        message = f'it puts "{now}" over "{was}" at "{path}", and so at {len(lost):,} events'
        constant = json.dumps(constant_of(value), ensure_ascii=False)
        only = "" if reads else f', or write {{ key = "{path}", value = {constant} }}'
        remedy = f"Leave it out of the policy{only}."
        yield Finding("policy.overwrites", value.where, message, remedy, one.example)


def _is_doubtful(name: str, value: MappingValue, reads: set[str]) -> bool:
    """Is the new value suspect: a constant, a line's price as amount, or another id?"""
    if not reads:
        return constant_of(value) is not None
    others: tuple[Any, ...] = (*OF_ONE_EVENT, *OF_MANY_EVENTS) if name == "unique_id" else ()
    return all(path in others or (name == "value" and path.startswith("nested.")) for path in reads)
