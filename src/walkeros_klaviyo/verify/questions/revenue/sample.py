"""Do the events bring what was paid, and its currency?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, ORDER
from walkeros_klaviyo.verify.questions.guess import (
    amount_path,
    currencies_of,
    currency_path,
    money_remedy,
)
from walkeros_klaviyo.verify.questions.metrics.lint import is_order
from walkeros_klaviyo.verify.reads import place, reads_of
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

from .lint import NO_CURRENCY, counts_money, is_paid, of_orders
from .parts import judge_parts
from .scale import judge_scale

_NO_AMOUNT: Final = {"revenue.not-a-number", "revenue.inexact", "revenue.ambiguous"}


def judge_revenue(config: Config, shown: Shown) -> Iterator[Finding]:
    """Amounts that are no numbers, not what was paid, or in another currency."""
    counts = counts_money(config)
    orders = {
        call.unique_id: call.value
        for call in shown.created
        if call.metric == ORDER and call.value is not None
    }
    for events in shown.by_rule.values():
        rule = events[0].rule
        sent = [one for one in events if one.create is not None]
        if sent:
            yield from of_orders(rule, sent)
            yield from () if counts else _uncounted(rule, sent)
        if rule.settings.value is None:
            continue
        yield from _unread(events)
        amounts = [(one, value) for one in sent if (value := _value(one)) is not None]
        if amounts:
            yield from _below_zero(rule, amounts)
            yield from judge_scale(amounts, is_order(rule) or is_paid(rule))
            yield from judge_parts(amounts, orders)
            yield from _currency([one for one, _ in amounts])


def _below_zero(rule: KlaviyoRule, amounts: list[tuple[Mapped, float]]) -> Iterator[Finding]:
    """Klaviyo takes what was refunded, and subtracts it by itself."""
    if len(amounts) >= FEW and all(value < 0 for _, value in amounts):
        message = f"all of {len(amounts):,} amounts are below zero"
        remedy = "Send the amount without its sign."
        where = place(rule, "value")
        yield Finding("revenue.other", where, message, remedy, amounts[0][0].example)


def _value(one: Mapped) -> float | None:
    return one.create.value if one.create is not None else None


def _uncounted(rule: KlaviyoRule, sent: list[Mapped]) -> Iterator[Finding]:
    """No rule counts what is paid, and this one's events say how much it was, and in what."""
    path = amount_path(sent)
    if rule.settings.value is None and is_paid(rule) and path and currency_path(sent):
        message = f'what was paid stands at "{path}", and no rule has a value for what is paid'
        remedy, where = money_remedy(rule, sent), place(rule, "value")
        yield Finding("revenue.unmapped", where, message, remedy, sent[0].example)


def _unread(events: list[Mapped]) -> Iterator[Finding]:
    value = events[0].rule.settings.value
    assert value is not None
    tried = [(one, _value(one) is not None) for one in events]
    wrong = [
        one
        for one, is_good in tried
        if not is_good and _NO_AMOUNT & {note.code for note in one.plan.diagnostics}
    ]
    total = len(wrong) + sum(is_good for _, is_good in tried)
    if len(wrong) > max(1, total * MOSTLY):  # a single one proves nothing
        message = f'of {total:,} values at "{value.reads}" {len(wrong):,} are no clean numbers'
        yield Finding("revenue.type", value.where, message, "", wrong[0].example)


def _currency(valued: list[Mapped]) -> Iterator[Finding]:
    """None at most amounts, or another one than the event itself says."""
    rule = valued[0].rule
    setting = rule.settings.currency or rule.settings.default_currency
    where = place(rule, "value") if setting is None else setting.where
    path = currency_path(valued)
    is_read = path in {read.path for read in reads_of(setting)}
    remedy = f'{place(rule, "currency")} = "{path}"' if path and not is_read else ""
    bare = [one for one in valued if one.create and one.create.value_currency is None]
    if len(bare) > len(valued) * MOSTLY:
        notes = Counter(note.code for one in bare for note in one.plan.diagnostics)
        what = "amounts have no currency"
        if setting is not None and notes["currency.unknown"] > len(bare) * MOSTLY:
            what = f'currencies at "{setting.reads}" are no ISO 4217 codes'
            remedy = remedy or "Send codes such as EUR, or map where they are."
        message = f"{len(bare):,} of {len(valued):,} {what}"
        if setting is None:
            message, remedy = NO_CURRENCY, remedy or f'{place(rule, "currency")} = "EUR"'
        yield Finding("revenue.currency", where, message, remedy, bare[0].example)
        return
    other = [one for one in valued if _is_another(one.create and one.create.value_currency, one)]
    said = Counter(found for one in other for found, _ in currencies_of(one))
    if len(other) >= FEW and said:
        path = said.most_common(1)[0][0]
        remedy = f'{place(rule, "currency")} = "{path}"'
        message = f'{len(other):,} of {len(valued):,} amounts are in another currency at "{path}"'
        yield Finding("revenue.currency", where, message, remedy, other[0].example)


def _is_another(sent: Any, one: Mapped) -> bool:
    """Does the event say its currency, and never the one that is sent?"""
    said = {code for _, code in currencies_of(one)}
    return sent is not None and bool(said) and sent not in said
