"""Can an event meet each of the rules?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.reads import constant_of, own


def lint_rules(config: Config) -> Iterator[Finding]:
    """What has no effect, and rules that never are the event's."""
    for note in config.warnings:
        if note.code not in HARMLESS:
            yield Finding("config.doubtful", note.path, note.message)
    if config.disabled:
        message = "the destination is disabled, so nothing is sent"
        yield Finding("config.doubtful", "disabled", message, "Remove it to go live.")
    backfill = config.settings.backfill
    if backfill is not None and constant_of(backfill) is True:
        message = "it holds for every event, those of today too"
        yield Finding("backfill.always", backfill.where, message)
    older = {note.path for note in config.warnings if note.code == "config.renamed"}
    for rule in config.rules:
        yield from _silenced(rule, older)
    yield from _unreachable(config)


HARMLESS: Final = ("config.no-meaning", "config.renamed")
"""What walkerOS itself reads, and older names that do what they say."""


def _silenced(rule: KlaviyoRule, older: set[str]) -> Iterator[Finding]:
    """A switch that stops what the rule then says is to be recorded."""
    switch = "ignore" if rule.ignore else "silent" if rule.silent else None
    if f"{rule.where}.skip" in older:
        switch = "skip"
    given = {"name": rule.name, "data": rule.data, "value": own(rule, "value")}
    said = [name for name, one in given.items() if one is not None]
    if switch is not None and said:
        what = "are" if len(said) > 1 else "is"
        message = f"nothing of the event is recorded, so {' and '.join(said)} {what} for nothing"
        remedy = f"Leave out {switch}, or {' and '.join(said)}."
        yield Finding("rule.silenced", f"{rule.where}.{switch}", message, remedy)


def _unreachable(config: Config) -> Iterator[Finding]:
    """Rules that never are the event's: shadowed, or under a name that no event can have."""
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
    """What to write where one of the keys is not one word; None where both are.

    >>> _in_words("order complete", "*"), _in_words("order", "complete")
    ('mapping.order.complete', None)
    """
    if all(len(key.split()) == 1 and key == key.strip() for key in (entity, action)):
        return None
    words = [word for word in f"{entity} {action}".split() if word != "*"]
    return f"mapping.{words[0]}.{words[1]}" if len(words) > 1 else "mapping.<entity>.<action>"
