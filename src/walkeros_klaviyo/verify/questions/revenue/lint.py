"""Are the amounts in a configuration readable, with a currency?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.currencies import parse_currency
from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.tree import is_path
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import facts, guess
from walkeros_klaviyo.verify.questions.metrics.lint import is_order
from walkeros_klaviyo.verify.reads import constant_of, own, paths_read, place, reads_of, recording
from walkeros_klaviyo.verify.sample.look import Mapped

NO_CURRENCY: Final = "the rule has a value, and neither it nor the destination has a currency"


def lint_revenue(config: Config) -> Iterator[Finding]:
    """Findings: orders without an amount; values that are not amounts, or lack a currency."""
    for rule in recording(config):
        yield from of_orders(rule)
        yield from _of_looks(rule)
        if rule.settings.value is not None:
            constant = constant_of(rule.settings.value)
            if constant is not None and parse_amount(constant)[0] is None:
                where = rule.settings.value.where
                yield Finding("revenue.type", where, "the constant is not a plain number")
            yield from _currency(rule, config)


def of_orders(rule: KlaviyoRule, sent: Sequence[Mapped] = ()) -> Iterator[Finding]:
    """Findings that need no events; a rule's events only improve the remedy."""
    where, example = place(rule, "value"), sent[0].example if sent else None
    if rule.settings.value is None and is_order(rule):
        message, remedy = f'"{facts.ORDER}" has no value', guess.money_remedy(rule, sent)
        yield Finding("revenue.unmapped", where, message, remedy, example)
    elif parse_amount(constant_of(rule.settings.value))[0] is not None and (
        is_order(rule) or (is_paid(rule) and _differ(rule.settings.value, sent))
    ):
        message, remedy = "every one counts the same amount", guess.money_remedy(rule, sent)
        yield Finding("revenue.other", where, message, remedy, example)
    for path, what in no_amounts(rule).items():
        remedy = guess.money_remedy(rule, sent, path)
        yield Finding("revenue.other", where, f'"{path}" is {what}', remedy, example)


def _differ(value: MappingValue | None, sent: Sequence[Mapped]) -> bool:
    """Do most of the events have an amount different from the constant?"""
    path, constant = guess.amount_path(sent), parse_amount(constant_of(value))[0]
    other = sum(one.numbers.get(path or "", constant) != constant for one in sent)
    return other > len(sent) * facts.MOSTLY


def _of_looks(rule: KlaviyoRule) -> Iterator[Finding]:
    """An amount mapped for an event in which nothing was paid or put into a cart."""
    value = own(rule, "value")
    entity, action = entity_and_action(rule)
    is_look = facts.MEANS.get(rule.name or "") == "view" or (
        action in facts.UNPAID and entity not in facts.CARTS
    )
    if value is not None and is_look and paths_read(value):
        message = f'each event counts "{value.reads}" as revenue, and nobody paid it'
        remedy = f"Leave {value.where} out, and its currency: a price is a property."
        yield Finding("revenue.other", value.where, message, remedy)


def entity_and_action(rule: KlaviyoRule) -> tuple[str, str]:
    """Those of the events that a rule is for."""
    entity, _, action = (rule.label or "").partition("[")[0].lower().partition(" ")
    return entity, action


def is_paid(rule: KlaviyoRule) -> bool:
    """Does its event mean that money came in, and its metric not contradict that?"""
    entity, action = entity_and_action(rule)
    is_other = rule.name in facts.KLAVIYO and rule.name != facts.ORDER
    return (
        action in facts.PAID and entity not in (*facts.NO_ORDERS, *facts.SHIPMENTS) and not is_other
    )


def no_amounts(rule: KlaviyoRule) -> dict[str, str]:
    """Paths read as a rule's amount that are something else, with what they are."""
    found = {}
    reads, ids = reads_of(rule.settings.value), paths_read(rule.settings.unique_id)
    ids = {path for path in ids if guess.name_of(path) not in guess.AMOUNTS}
    is_alone = len(reads) == 1
    for read in reads:
        if read.path in facts.OF_ONE_EVENT:
            found[read.path] = "a part of the event that is not an amount"
        elif read.path in ids and (is_alone or guess.last_word(read.path) in guess.IDS):
            found[read.path] = "what uniqueId reads: an id, and no amount"
        elif rule.name == facts.ORDER and _is_one_line(read.path):
            found[read.path] = "one line's, and not the order's"
    return found


def _is_one_line(path: str) -> bool:
    """Is it a single item of a list? Not in `context`, where every value has an index."""
    keys = path.split(".")
    return keys[0] != "context" and any(key.isdigit() for key in keys[:-1])


def _currency(rule: KlaviyoRule, config: Config) -> Iterator[Finding]:
    both = (rule.settings.currency, rule.settings.default_currency)
    currencies = [one for one in both if one is not None]
    if not currencies:
        remedy = f'{place(rule, "currency")} = "EUR"'
        yield Finding("revenue.currency", place(rule, "value"), NO_CURRENCY, remedy)
    policies = (*config.policy, *rule.policy)
    for one in currencies:
        constant = constant_of(one)
        if constant is not None and parse_currency(constant)[0] is None:
            yield Finding("revenue.currency", one.where, f"{constant!r} is not an ISO 4217 code")
        elif is_path(one.tree):
            # A single word: no event has a currency at the top level, unless a policy sets it.
            word, is_set = one.tree.text, any(path == (one.tree.text,) for path, _ in policies)
            if word.isalpha() and not is_set:
                message = f'"{word}" is read as a path of the event, for it is not an ISO 4217 code'
                yield Finding("revenue.currency", one.where, message)
