"""What is wrong with a configuration, whatever the events? Judged from the configuration alone."""

from __future__ import annotations

from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding

from .identifiers import lint_identifiers
from .metrics import lint_metric
from .personal import lint_personal
from .revenue import lint_revenue
from .rules import lint_rules
from .traits import lint_traits
from .unique_ids import lint_reversals, lint_unique_id


def lint(config: Config) -> Iterator[Finding]:
    """Everything that can be said without an event."""
    for note in config.warnings:
        if note.code != "config.no-meaning":  # walkerOS's own fields: one flow.json serves both
            yield Finding("config.doubtful", note.path, note.message)
    if config.disabled:
        message = "the destination is disabled, so nothing is sent"
        yield Finding("config.doubtful", "disabled", message, "Remove it to go live.")
    yield from lint_rules(config)
    yield from lint_identifiers(config.default)
    names = {rule.name for rule in config.rules if rule.name is not None}
    for rule in (config.default, *config.rules):
        if rule.ignore or rule.silent:
            continue
        yield from lint_metric(rule, names)
        yield from lint_unique_id(rule)
        yield from lint_revenue(rule, config)
        yield from lint_personal(rule, config.default)
    yield from lint_traits(config)
    yield from lint_reversals(config)
