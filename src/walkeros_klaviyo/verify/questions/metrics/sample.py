"""Is an event's own name, by which it is recorded, nearly one of Klaviyo's metrics?"""

from __future__ import annotations

from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.sample.look import Shown

from .lint import near_own_name


def judge_metrics(config: Config, shown: Shown) -> Iterator[Finding]:
    """Metrics that are events' own names, by a rule for many or by none."""
    seen: dict[str, str] = {}
    for one in shown.mapped:
        is_for_many = one.rule.label is None or "*" in one.rule.label
        if one.create is not None and one.rule.name is None and is_for_many:
            seen.setdefault(one.create.label, one.rule.where or "mapping")
    for metric, where in seen.items():
        yield from near_own_name(metric, where)
