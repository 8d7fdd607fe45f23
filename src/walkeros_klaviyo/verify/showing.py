"""Which event shows a finding? The simplest that its rule sends, with the resulting call.

Generated events aimed at the configuration are tried, then shrunk to their essence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final

from attrs import evolve, frozen
from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.pipeline import Transform, pipeline
from walkeros_klaviyo.core.plan import Plan

from .findings import KINDS, Example, Finding
from .reads import every_value, is_within, reads_of
from .sample.look import Mapped
from .strategies import events_for

TRIES: Final = 300
"""Events tried to find one."""
ROUNDS: Final = 5
LONG: Final = 800
"""Characters from which a report may have to cut an example."""


def shown(
    config: Config, findings: Iterable[Finding], seed: int, sample: Sequence[Mapped] = ()
) -> Iterator[Finding]:
    """The findings, each with an event that shows it if one can be found.

    Preferably a generated one, which is short and about nobody; else one of the sample.
    """
    transform = pipeline(config)
    every = every_value(config).values()
    paths = {read.where: read.path for value in every for read in reads_of(value)}
    known: dict[Asked, Example | None] = {}
    for one in findings:
        if one.example is None and KINDS[one.code].is_shown:
            without = "value_currency" if one.code == "revenue.currency" else None
            is_trait = one.code.startswith("trait.")
            asked = Asked(label_of(config, one.path), is_trait, field_of(one), without)
            for wanted in (asked, evolve(asked, field=None)):
                if wanted not in known:
                    generated = _generated(config, transform, wanted, seed)
                    known[wanted] = generated or _of_the_sample(wanted, sample)
                if known[wanted] is not None:
                    break
            one = evolve(one, example=known[wanted])
        yield _foremost(one, paths)


def _foremost(one: Finding, paths: Mapping[str, str]) -> Finding:
    """The finding with the faulty part of its example first, since a report may cut the rest."""
    if one.example is None or len(repr(one.example)) < LONG:
        return one
    field = field_of(one)
    event = _first(one.example.event, paths.get(one.path, "").split("."))
    event = _first(event, ["name"])
    body = one.example.call
    for keys in ([field], ["properties", field]) if field is not None else ():
        body = _first(body, [1, "data", "attributes", *keys])
    return evolve(one, example=evolve(one.example, event=event, call=body))


def _first(value: Any, keys: Sequence[Any]) -> Any:
    """An equal copy, reordered so that it begins with what is at a path."""
    if isinstance(value, list) and keys and keys[0] == 1:
        return [value[0], *(_first(each, keys[1:]) for each in value[1:])]
    if not isinstance(value, dict) or not keys or keys[0] not in value:
        return value
    rest = {name: each for name, each in value.items() if name != keys[0]}
    return {keys[0]: _first(value[keys[0]], keys[1:]), **rest}


@frozen
class Asked:
    """The wanted example: an event of a rule whose call (upsert or event) has a field."""

    label: str | None
    is_trait: bool
    field: str | None
    without: str | None = None
    """A field that the call must not have."""


def field_of(one: Finding) -> str | None:
    """The field of the call that a finding is about, if any."""
    if one.code.startswith("revenue."):
        return "value"
    named = re.findall(r"\.map\.([^.[]+)", one.path)
    return named[-1] if named else None


def label_of(config: Config, path: str) -> str | None:
    """The label of the rule that a place belongs to; None for what applies to all."""
    places = [rule for rule in config.rules if is_within(path, rule.where)]
    return max(places, key=lambda rule: len(rule.where)).label if places else None


def _generated(config: Config, transform: Transform, asked: Asked, seed: int) -> Example | None:
    """An example from aimed events, shrunk."""
    phases = (Phase.generate, Phase.shrink)
    tried = settings(max_examples=TRIES, database=None, deadline=None, phases=phases)

    def shows(event: Any) -> bool:
        return _call(transform.plan(event), asked) is not None

    for luck in range(seed, seed + ROUNDS):
        with suppress(NoSuchExample):
            event = find(events_for(config), shows, settings=tried, random=Random(luck))
            return Example(event, _call(transform.plan(event), asked))
    return None


def _of_the_sample(asked: Asked, sample: Sequence[Mapped]) -> Example | None:
    """The first example in the sample."""
    calls = ((one, _call(one.plan, asked)) for one in sample)
    found = (Example(one.raw, call, one.line) for one, call in calls if call is not None)
    return next(found, None)


def _call(plan: Plan, asked: Asked) -> list[Any] | None:
    """The event's call that has the field, or the upsert for fields of a profile."""
    if asked.label is not None and plan.rule != asked.label:
        return None
    for one in reversed(plan.calls):
        properties = one.attributes.get("properties")
        there = {**one.attributes, **(properties if isinstance(properties, dict) else {})}
        has_field = asked.field is None or asked.field in there
        is_of_it = (one.metric is None) is asked.is_trait
        if is_of_it and has_field and asked.without not in one.attributes:
            return [one.name, one.body]
    return None
