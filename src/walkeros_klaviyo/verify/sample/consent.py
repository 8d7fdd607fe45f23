"""Is what a configuration asks for ever granted?"""

from __future__ import annotations

from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.lint.metrics import nearest
from walkeros_klaviyo.verify.lint.reads import consents_of

from .look import FIELDS, Shown


def judge_consent(config: Config, shown: Shown) -> Iterator[Finding]:
    """Consents of the destination, of rules that events meet, and of the values that they map."""
    for where, names in _asked(config, shown):
        if not names or any(shown.consents[name] for name in names):
            continue
        wanted = ", ".join(sorted(names))
        near = next(filter(None, (nearest(name, shown.consents, 0.6) for name in names)), None)
        hint = f'; did you mean "{near}"?' if near else ""
        message = (
            f"no event of the sample grants {wanted}{hint}"
            if not shown.mentioned & names
            else f"{wanted} stands on events of the sample, and is true on none"
        )
        yield Finding("consent.never", where, message, f'{{ "{near}": true }}' if near else "")


def _asked(config: Config, shown: Shown) -> Iterator[tuple[str, frozenset[str]]]:
    if config.consent is not None:
        yield "consent", config.consent
    for rule in config.rules:
        if rule.consent is not None and shown.met[rule.where]:
            yield f"{rule.where}.consent", rule.consent
    for rule in {one.rule.where: one.rule for one in shown.mapped}.values():
        for name in FIELDS:
            yield from consents_of(getattr(rule, name))
