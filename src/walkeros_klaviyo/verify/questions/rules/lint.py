"""Can each rule be met by some event?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import KLAVIYO
from walkeros_klaviyo.verify.questions.near import nearest
from walkeros_klaviyo.verify.reads import constant_of, is_computed, is_within, own, reads_of


def lint_rules(config: Config) -> Iterator[Finding]:
    """Findings: parts without effect, and rules that no event can meet."""
    for note in config.warnings:
        if note.code not in HARMLESS:
            yield Finding("config.doubtful", note.path, note.message)
    switches = {"disabled": config.disabled, "mock": config.mocked}
    for where in (name for name, is_on in switches.items() if is_on):
        message = f"{where} is set, so nothing is sent"
        yield Finding("config.doubtful", where, message, "Remove it to go live.")
    backfill = config.settings.backfill
    if backfill is not None and constant_of(backfill) is True:
        message = "it holds for every event, those of today too"
        yield Finding("backfill.always", backfill.where, message)
    older = {note.path for note in config.warnings if note.code == "config.renamed"}
    for rule in config.rules:
        if rule.is_open and config.consent is not None:
            message = "it lifts nothing: what the destination asks for is asked first"
            remedy = (
                "Remove it; to ask for less, move the destination's consent to the other rules."
            )
            yield Finding("config.doubtful", f"{rule.where}.consent", message, remedy)
        yield from _silenced(rule, older)
        if rule.batch is not config.batch:
            yield from _batched(f"{rule.where}.batch", rule.batch, rule.name in KLAVIYO)
    yield from _batched("batch", config.batch, any(rule.name in KLAVIYO for rule in config.rules))
    yield from _unread(config)
    yield from _unreachable(config)


FOR_MAPPINGS: Final = ("data", "context", "globals", "custom", "user", "nested")
"""Parts of an event that only the configuration reads."""
BATCH_KEYS: Final = ("size", "wait", "age")
"""walkerOS's keys of a batch."""
LONGEST_WAIT_MS: Final = 3_600_000
"""The longest wait, in milliseconds, for a metric that starts flows."""
HARMLESS: Final = ("config.no-meaning", "config.renamed")
"""Codes about walkerOS's own fields, and older names that still work."""


def _silenced(rule: KlaviyoRule, older: set[str]) -> Iterator[Finding]:
    """A switch that stops a rule which otherwise says what to record."""
    switch = "ignore" if rule.ignore else "silent" if rule.silent else None
    if f"{rule.where}.skip" in older:
        switch = "skip"
    if rule.silent and not rule.ignore and not rule.settings.tells:
        message = "silent, and sends nothing about the person: nothing at all is sent"
        remedy = f"Write ignore = true in place of {switch}, or map settings.identify."
        yield Finding("config.doubtful", f"{rule.where}.{switch}", message, remedy)
    given = {"name": rule.name, "data": rule.data, "value": own(rule, "value")}
    said = [name for name, one in given.items() if one is not None]
    if switch is not None and said:
        what = "are" if len(said) > 1 else "is"
        message = f"nothing of the event is recorded, so {' and '.join(said)} {what} for nothing"
        remedy = f"Leave out {switch}, or {' and '.join(said)}."
        yield Finding("rule.silenced", f"{rule.where}.{switch}", message, remedy)


def _batched(where: str, batch: Any, starts_flows: bool) -> Iterator[Finding]:
    """Impossible batch sizes, unknown keys, and flows that would start hours late."""
    wait = batch
    if isinstance(batch, dict):
        for key in batch:
            near = nearest(key, BATCH_KEYS) if key not in BATCH_KEYS else None
            if near is not None:
                message = f'"{key}" is not read; did you mean "{near}"?'
                yield Finding("config.doubtful", f"{where}.{key}", message, f'Write "{near}".')
        size, wait = batch.get("size"), batch.get("wait")
        most = ENDPOINTS["events.bulk_create_events"].items
        if isinstance(size, int | float) and size > most:
            message = f"size is {size:,}, and a request to Klaviyo takes {most:,} events"
            yield Finding("config.doubtful", f"{where}.size", message, f"Write size = {most}.")
    if starts_flows and type(wait) in (int, float) and wait > LONGEST_WAIT_MS:
        message = f"its events wait {wait / 3_600_000:,.0f} hours, and so do the flows they start"
        yield Finding("config.doubtful", where, message, "Write batch = true, or a shorter time.")


def _unread(config: Config) -> Iterator[Finding]:
    """Values that a policy sets but no mapping or included section reads."""
    owners = [(config.policy, (config.default, *config.rules))]
    owners += [(rule.policy, (rule,)) for rule in config.rules]
    for policy, rules in owners:
        values = [value for rule in rules for _, value in rule.mappings()]
        values += [value for rule in rules for _, value in (*rule.policy, *config.policy)]
        if any(rule.condition for rule in rules) or any(map(is_computed, values)):
            continue
        read = {read.path for value in values for read in reads_of(value)}
        sections = {name for rule in rules for name in rule.include}
        for keys, value in policy:
            path = ".".join(keys)
            is_read = any(is_within(path, one) or is_within(one, path) for one in read)
            is_read = is_read or not sections.isdisjoint((keys[0], "all"))
            if keys[0] in FOR_MAPPINGS and not is_read and (reads_of(value) or constant_of(value)):
                message = f'nothing that is sent reads "{path}", which it sets'
                remedy = f'Map "{path}" where it belongs, or leave it out of the policy.'
                yield Finding("config.doubtful", value.where, message, remedy)


def _unreachable(config: Config) -> Iterator[Finding]:
    """Rules that cannot be met: shadowed, or under a name that no event can have."""
    for entity, actions in config.mapping.items():
        for action, options in actions.items():
            if not options:
                other = "the rule * *" if config.mapping.get("*", {}).get("*") else "no rule"
                message = f'"{entity} {action}" is an empty list, so its events go by {other}'
                yield Finding("config.doubtful", f"mapping.{entity}.{action}", message)
                continue
            split = _in_words(entity, action)
            if split is not None:
                message = (
                    f'no event meets "{entity}", "{action}": its name is one word for the entity '
                    "and one for the action"
                )
                yield Finding("rule.unreachable", options[0].where, message, split)
                continue
            taken = next((at for at, one in enumerate(options) if one.condition is None), None)
            if taken is None:
                continue
            for rule in options[taken + 1 :]:
                does = "ignores every event" if options[taken].ignore else "takes every event"
                message = f'the rule before it has no condition and {does} "{entity} {action}"'
                yield Finding("rule.unreachable", rule.where, message)


def _in_words(entity: str, action: str) -> str | None:
    """What to write if one of the keys is not a single word; None if both are."""
    if all(len(key.split()) == 1 and key == key.strip() for key in (entity, action)):
        return None
    words = [word for word in f"{entity} {action}".split() if word != "*"]
    return f"mapping.{words[0]}.{words[1]}" if len(words) > 1 else "mapping.<entity>.<action>"
