"""Do the events hold what was paid, and its currency?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import guess
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, ORDER
from walkeros_klaviyo.verify.questions.metrics.lint import is_order
from walkeros_klaviyo.verify.reads import place, reads_of, recording
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

from .lint import NO_CURRENCY, is_paid, of_orders
from .parts import judge_lines, judge_parts
from .scale import judge_scale

_NO_AMOUNT: Final = {"revenue.not-a-number", "revenue.inexact", "revenue.ambiguous"}


def judge_revenue(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: amounts that are not numbers, not what was paid, or in another currency."""
    paying = [one for one in recording(config) if one.name == ORDER or is_paid(one)]
    counts = any(rule.settings.value is not None for rule in paying)
    sent = [one for one in shown.sent if one.metric == ORDER and one.value is not None]
    orders = {one.unique_id: one.value or 0.0 for one in sent}
    for rule, events in shown.rules:
        sent = [one for one in events if one.create is not None]
        where = place(rule, "value")
        if sent:
            yield from of_orders(rule, sent)
        if rule.settings.value is None:
            path = guess.amount_path(sent) if sent and not counts and is_paid(rule) else None
            if path and guess.currency_path(sent):
                message = f'what was paid stands at "{path}", and no rule has a value for what is'
                message, remedy = f"{message} paid", guess.money_remedy(rule, sent)
                yield Finding("revenue.unmapped", where, message, remedy, sent[0].example)
            continue
        yield from _unread(events)
        amounts = [(one, one.value) for one in sent if one.value is not None]
        if len(amounts) >= FEW and all(value < 0 for _, value in amounts):
            message = f"all of {len(amounts):,} amounts are below zero"
            remedy = "Send the amount without its sign."  # Klaviyo subtracts it
            yield Finding("revenue.other", where, message, remedy, amounts[0][0].example)
        if amounts:
            yield from judge_scale(amounts, is_order(rule) or is_paid(rule))
            yield from judge_parts(amounts, orders)
            yield from judge_lines(sent)
            yield from _currency([one for one, _ in amounts])


def _unread(events: list[Mapped]) -> Iterator[Finding]:
    value = events[0].rule.settings.value
    good = [one for one in events if one.value is not None]
    codes = [(one, {note.code for note in one.plan.diagnostics}) for one in events]
    wrong = [one for one, said in codes if one.value is None and _NO_AMOUNT & said]
    total = len(wrong) + len(good)
    if value is not None and len(wrong) > max(1, total * MOSTLY):  # one alone proves nothing
        message = f'of {total:,} values at "{value.reads}" {len(wrong):,} are not plain numbers'
        yield Finding("revenue.type", value.where, message, "", wrong[0].example)


def _currency(valued: list[Mapped]) -> Iterator[Finding]:
    """Findings: no currency for most amounts, or not the one that the event names."""
    rule = valued[0].rule
    setting = rule.settings.currency or rule.settings.default_currency
    where = place(rule, "value") if setting is None else setting.where
    bare = [one for one in valued if one.currency is None]
    if len(bare) > len(valued) * MOSTLY:
        path = guess.currency_path(valued)
        is_read = path in {read.path for read in reads_of(setting)}
        remedy = f'{place(rule, "currency")} = "{path}"' if path and not is_read else ""
        notes = Counter(note.code for one in bare for note in one.plan.diagnostics)
        message = f"{len(bare):,} of {len(valued):,} amounts have no currency"
        if setting is None:
            message, remedy = NO_CURRENCY, remedy or f'{place(rule, "currency")} = "EUR"'
        elif notes["currency.unknown"] > len(bare) * MOSTLY:
            what = f'currencies at "{setting.reads}" are not ISO 4217 codes'
            message = f"{len(bare):,} of {len(valued):,} {what}"
            remedy = remedy or "Send codes such as EUR, or map where they are."
        yield Finding("revenue.currency", where, message, remedy, bare[0].example)
        return
    named = ((one, dict(guess.currencies_of(one))) for one in valued if one.currency is not None)
    other = [(one, said) for one, said in named if said and one.currency not in said.values()]
    paths = Counter(path for _, said in other for path in said)
    if len(other) >= FEW:
        path = paths.most_common(1)[0][0]
        remedy = f'{place(rule, "currency")} = "{path}"'
        message = f'{len(other):,} of {len(valued):,} amounts are in another currency at "{path}"'
        yield Finding("revenue.currency", where, message, remedy, other[0][0].example)
