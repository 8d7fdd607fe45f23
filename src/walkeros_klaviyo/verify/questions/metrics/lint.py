"""Is it one of Klaviyo's metrics, or only nearly so?

Source: Klaviyo's guide for platforms without a pre-built integration, and its shop connectors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import KLAVIYO
from walkeros_klaviyo.verify.questions.near import near_metric, words_in
from walkeros_klaviyo.verify.reads import recording


def lint_metrics(config: Config) -> Iterator[Finding]:
    """Of each rule whose events are recorded."""
    names = {rule.name for rule in config.rules if rule.name is not None}
    for rule in recording(config):
        yield from _metric(rule, names)


def _metric(rule: KlaviyoRule, names: Collection[str]) -> Iterator[Finding]:
    """Is the rule's metric, or the event's own name in its place, nearly one of Klaviyo's?

    Where another rule of the configuration (`names`: their metrics) has Klaviyo's name, another
    form of its words is no slip: a click on "Place Order" is another thing.
    """
    if rule.name is None:
        name = rule.label.partition("[")[0] if rule.label else ""
        yield from near_own_name(name, rule.where)
        return
    where = f"{rule.where}.name"
    near = near_metric(rule.name)
    if near is not None and not (near in names and _is_another_form(rule.name, near)):
        yield Finding(
            "metric.near", where, f'"{rule.name}" is nearly Klaviyo\'s "{near}"', f'name = "{near}"'
        )


def _is_another_form(name: str, near: str) -> bool:
    """Do only the endings of words differ?

    >>> near = "Placed Order"
    >>> _is_another_form("Place Order", near), _is_another_form("Palced Order", near)
    (True, False)
    """
    words, others = words_in(name), words_in(near)
    return words != others and all(
        one in (other, f"{other}s") or other in (f"{one}d", f"{one}ed")
        for one, other in zip(words, others, strict=True)
    )


def near_own_name(name: str, where: str) -> Iterator[Finding]:
    """An event that goes under its own name: are its words those of one of Klaviyo's metrics?

    >>> [one.remedy for one in near_own_name("order placed", "mapping.order.placed")]
    ['name = "Placed Order"']
    >>> [*near_own_name("order complete", "mapping.order.complete")]
    []
    """
    words = sorted(words_in(name))
    near = next((one for one in KLAVIYO if sorted(words_in(one)) == words), None)
    if near is not None and near != name:
        message = f'the event\'s own name "{name}" is nearly Klaviyo\'s "{near}"'
        yield Finding("metric.near", where, message, f'name = "{near}"')
