"""Can the amounts of a configuration be read, and in a currency?"""

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
from walkeros_klaviyo.verify.questions.facts import (
    CARTS,
    KLAVIYO,
    MEANS,
    MOSTLY,
    NO_ORDERS,
    OF_ONE_EVENT,
    ORDER,
    PAID,
    SHIPMENTS,
    UNPAID,
)
from walkeros_klaviyo.verify.questions.guess import (
    AMOUNTS,
    IDS,
    amount_path,
    last_word,
    money_remedy,
    name_of,
    numbers_of,
)
from walkeros_klaviyo.verify.questions.metrics.lint import is_order
from walkeros_klaviyo.verify.reads import constant_of, own, paths_read, place, reads_of, recording
from walkeros_klaviyo.verify.sample.look import Mapped

NO_CURRENCY: Final = "the rule has a value, and neither it nor the destination has a currency"


def lint_revenue(config: Config) -> Iterator[Finding]:
    """Orders without an amount; amounts that are none, or without a currency."""
    for rule in recording(config):
        yield from of_orders(rule)
        yield from _of_looks(rule)
        if rule.settings.value is not None:
            constant = constant_of(rule.settings.value)
            if constant is not None and parse_amount(constant)[0] is None:
                where = rule.settings.value.where
                yield Finding("revenue.type", where, "the constant is no clean number")
            yield from _currency(rule, config)


def of_orders(rule: KlaviyoRule, sent: Sequence[Mapped] = ()) -> Iterator[Finding]:
    """What no event is needed to see; the rule's events tell what to write instead."""
    where, example = place(rule, "value"), sent[0].example if sent else None
    if rule.settings.value is None and is_order(rule):
        message, remedy = f'"{ORDER}" has no value', money_remedy(rule, sent)
        yield Finding("revenue.unmapped", where, message, remedy, example)
    elif parse_amount(constant_of(rule.settings.value))[0] is not None and (
        is_order(rule) or (is_paid(rule) and _differ(rule.settings.value, sent))
    ):
        message, remedy = "every one counts the same amount", money_remedy(rule, sent)
        yield Finding("revenue.other", where, message, remedy, example)
    for path, what in no_amounts(rule).items():
        remedy = money_remedy(rule, sent, path)
        yield Finding("revenue.other", where, f'"{path}" is {what}', remedy, example)


def _differ(value: MappingValue | None, sent: Sequence[Mapped]) -> bool:
    """Do most of the events name another amount than the constant?"""
    path, constant = amount_path(sent), parse_amount(constant_of(value))[0]
    other = sum(numbers_of(one.event).get(path or "", constant) != constant for one in sent)
    return other > len(sent) * MOSTLY


def _of_looks(rule: KlaviyoRule) -> Iterator[Finding]:
    """Where nothing was paid nor put into a cart, and yet an amount is mapped."""
    value = own(rule, "value")
    entity, action = entity_and_action(rule)
    is_look = MEANS.get(rule.name or "") == "view" or (action in UNPAID and entity not in CARTS)
    if value is not None and is_look and paths_read(value):
        message = f'each event counts "{value.reads}" as revenue, and nobody paid it'
        remedy = f"Leave {value.where} out, and its currency: a price is a property."
        yield Finding("revenue.other", value.where, message, remedy)


def entity_and_action(rule: KlaviyoRule) -> tuple[str, str]:
    """Of the events that a rule is for."""
    entity, _, action = (rule.label or "").partition("[")[0].lower().partition(" ")
    return entity, action


def is_paid(rule: KlaviyoRule) -> bool:
    """Does its event say that money came in, and its metric nothing else?"""
    entity, action = entity_and_action(rule)
    is_other = rule.name in KLAVIYO and rule.name != ORDER
    return action in PAID and entity not in (*NO_ORDERS, *SHIPMENTS) and not is_other


def counts_money(config: Config) -> bool:
    """Does any rule count what is paid?"""
    return any(
        rule.settings.value is not None and (rule.name == ORDER or is_paid(rule))
        for rule in recording(config)
    )


def no_amounts(rule: KlaviyoRule) -> dict[str, str]:
    """Paths that are read as the amount of a rule and are something else, and what."""
    found = {}
    reads, ids = reads_of(rule.settings.value), paths_read(rule.settings.unique_id)
    ids = {path for path in ids if name_of(path) not in AMOUNTS}
    is_alone = len(reads) == 1
    for read in reads:
        if read.path in OF_ONE_EVENT:
            found[read.path] = "a part of the event that is no amount"
        elif read.path in ids and (is_alone or last_word(read.path) in IDS):
            found[read.path] = "what uniqueId reads: an id, and no amount"
        elif rule.name == ORDER and _is_one_line(read.path):
            found[read.path] = "one line's, and not the order's"
    return found


def _is_one_line(path: str) -> bool:
    """One item of a list; in the context a 0 stands by every value.

    >>> _is_one_line("nested.0.data.price"), _is_one_line("context.total.0")
    (True, False)
    """
    keys = path.split(".")
    return keys[0] != "context" and any(key.isdigit() for key in keys[:-1])


def _currency(rule: KlaviyoRule, config: Config) -> Iterator[Finding]:
    currencies = [
        one for one in (rule.settings.currency, rule.settings.default_currency) if one is not None
    ]
    if not currencies:
        yield Finding(
            "revenue.currency",
            place(rule, "value"),
            NO_CURRENCY,
            f'{place(rule, "currency")} = "EUR"',
        )
    for one in currencies:
        constant = constant_of(one)
        if constant is not None and parse_currency(constant)[0] is None:
            yield Finding("revenue.currency", one.where, f"{constant!r} is no ISO 4217 code")
        elif is_path(one.tree) and _looks_like_a_currency(one.tree.text, rule, config):
            message = (
                f'"{one.tree.text}" is read as a path of the event, for it is no ISO 4217 code'
            )
            yield Finding("revenue.currency", one.where, message)


def _looks_like_a_currency(raw: str, rule: KlaviyoRule, config: Config) -> bool:
    """A single word of letters, though no event has its currency at the top, but by a policy."""
    is_set = any(path == (raw,) for path, _ in (*config.policy, *rule.policy))
    return raw.isalpha() and raw.lower() != "currency" and not is_set
