"""Can the amounts of a configuration be read, and in a currency?"""

from __future__ import annotations

from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.revenue import parse_amount, parse_currency
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value.tree import is_path
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.reads import constant_of, recording


def lint_revenue(config: Config) -> Iterator[Finding]:
    """Of each rule whose events are recorded."""
    for rule in recording(config):
        yield from _lint(rule, config)


def _lint(rule: KlaviyoRule, config: Config) -> Iterator[Finding]:
    """Constants that are no amounts or currencies, and amounts without a currency."""
    if rule.settings.value is None:
        return
    constant = constant_of(rule.settings.value)
    if constant is not None and parse_amount(constant)[0] is None:
        yield Finding("revenue.type", rule.settings.value.where, "the constant is no clean number")
    currencies = [
        one for one in (rule.settings.currency, rule.settings.default_currency) if one is not None
    ]
    if not currencies:
        yield Finding(
            "revenue.currency",
            rule.settings.value.where,
            "the rule has a value, and neither it nor the destination has a currency",
            f'{rule.where}{"." if rule.where else ""}settings.currency = "EUR"',
        )
    for one in currencies:
        constant = constant_of(one)
        if constant is not None and parse_currency(constant)[0] is None:
            yield Finding("revenue.currency", one.where, f"{constant!r} is no ISO 4217 code")
        elif is_path(one.tree) and _looks_like_a_currency(one.tree.text, rule, config):
            yield Finding(
                "revenue.currency",
                one.where,
                f'"{one.tree.text}" is read as a path of the event, for it is no ISO 4217 code',
            )


def _looks_like_a_currency(raw: str, rule: KlaviyoRule, config: Config) -> bool:
    """A single word of letters, though no event has its currency at the top, but by a policy."""
    is_set = any(path == (raw,) for path, _ in (*config.policy, *rule.policy))
    return raw.isalpha() and raw.lower() != "currency" and not is_set
