"""Do the events bring amounts, and their currency?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import MOSTLY
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

_NO_AMOUNT: Final = {"revenue.not-a-number", "revenue.inexact", "revenue.ambiguous"}


def judge_revenue(config: Config, shown: Shown) -> Iterator[Finding]:
    """Amounts that are no numbers, or have no currency."""
    for events in shown.by_rule.values():
        yield from _revenue(events)


def _revenue(events: list[Mapped]) -> Iterator[Finding]:
    rule = events[0].rule
    if rule.settings.value is None:
        return
    codes = [{note.code for note in one.plan.diagnostics} for one in events]
    wrong = [
        one
        for one, found in zip(events, codes, strict=True)
        if found & _NO_AMOUNT and (one.create is None or one.create.value is None)
    ]
    valued = [one for one in events if one.create is not None and one.create.value is not None]
    if len(wrong) > (len(wrong) + len(valued)) * MOSTLY:
        yield Finding(
            "revenue.type",
            rule.settings.value.where,
            f'of {len(wrong) + len(valued):,} values at "{rule.settings.value.reads}" '
            f"{len(wrong):,} are no "
            "clean numbers",
            "",
            wrong[0].example,
        )
    bare = [one for one in valued if one.create is not None and one.create.value_currency is None]
    if len(bare) > len(valued) * MOSTLY:
        place = rule.settings.currency or rule.settings.default_currency
        yield Finding(
            "revenue.currency",
            rule.settings.value.where if place is None else place.where,
            f"{len(bare):,} of {len(valued):,} amounts have no currency",
            "",
            bare[0].example,
        )
