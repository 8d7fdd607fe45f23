"""Which event shows a finding? The plainest one that its rule sends, and the call that comes of it.

Generated events aimed at the configuration are tried and then shrunk to their essence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Final

from attrs import evolve, frozen
from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample

from walkeros_klaviyo.core.calls import UpsertProfile
from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.pipeline import Transform, pipeline
from walkeros_klaviyo.core.plan import Plan

from .findings import Example, Finding
from .strategies import events_for

TRIES: Final = 300
"""Events that are tried to find one."""


def shown(config: Config, findings: Iterable[Finding], seed: int) -> Iterator[Finding]:
    """The findings, each with an event that shows it, where one is to be found."""
    transform = pipeline(config)
    known: dict[Asked, Example | None] = {}
    for one in findings:
        if one.example is not None:
            yield one
            continue
        asked = Asked(label_of(config, one.path), one.code.startswith("trait."), field_of(one))
        for wanted in (asked, evolve(asked, field=None)):
            if wanted not in known:
                known[wanted] = _example(config, transform, wanted, seed)
            if known[wanted] is not None:
                break
        yield evolve(one, example=known[wanted])


@frozen
class Asked:
    """An event of a rule, whose call, an upsert or an event, has a field."""

    label: str | None
    is_trait: bool
    field: str | None


def field_of(one: Finding) -> str | None:
    """The field of the call that a finding is about, if it is about one.

    >>> field_of(Finding("privacy.property", "mapping.order.complete.data.map.Mail[1].key", ""))
    'Mail'
    >>> field_of(Finding("revenue.currency", "settings.currency", ""))
    'value'
    """
    if one.code.startswith("revenue."):
        return "value"
    named = re.findall(r"\.map\.([^.[]+)", one.path)
    return named[-1] if named else None


def label_of(config: Config, path: str) -> str | None:
    """The rule that a place belongs to; None for what holds for all.

    >>> from walkeros_klaviyo import parse_config
    >>> config = parse_config({"mapping": {"order": {"complete": {"name": "Placed Order"}}}})
    >>> label_of(config, "mapping.order.complete.name"), label_of(config, "settings.email")
    ('order complete', None)
    """
    places = [rule for rule in config.rules if f"{path}.".startswith((f"{rule.where}.",))]
    return max(places, key=lambda rule: len(rule.where)).label if places else None


def _example(config: Config, transform: Transform, asked: Asked, seed: int) -> Example | None:
    def shows(event: Any) -> bool:
        plan = transform.plan(event)
        is_rule = asked.label is None or plan.rule == asked.label
        return is_rule and _call(plan, asked) is not None

    try:
        event = find(
            events_for(config),
            shows,
            settings=settings(
                max_examples=TRIES,
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
            ),
            random=Random(seed),
        )
    except NoSuchExample:
        return None
    return Example(event, _call(transform.plan(event), asked))


def _call(plan: Plan, asked: Asked) -> list[Any] | None:
    """The event's call, or the upsert for what concerns a profile; with the field."""
    for one in reversed(plan.calls):
        if isinstance(one, UpsertProfile) is asked.is_trait and _has(one.attributes, asked.field):
            return [one.name, one.body]
    return None


def _has(attributes: dict[str, Any], field: str | None) -> bool:
    properties = attributes.get("properties")
    there = {**attributes, **properties} if isinstance(properties, dict) else attributes
    return field is None or field in there
