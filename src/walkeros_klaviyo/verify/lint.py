"""What is wrong with a configuration, whatever the events? Judged from the configuration alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.identifier import read_identifier
from walkeros_klaviyo.core.limits import MAX_METRIC_LENGTH
from walkeros_klaviyo.core.revenue import parse_amount, parse_currency
from walkeros_klaviyo.core.rule import Rule
from walkeros_klaviyo.core.value import MappingValue

from .findings import Finding
from .lint_metrics import near_metric
from .lint_traits import lint_traits
from .lint_values import constant_of, is_computed, reads_of

PERSONAL: Final = ("email", "phone", "phone_number", "phoneNumber")
ADDRESSES: Final = ("BillingAddress", "ShippingAddress")
"""Properties of Klaviyo's own order metrics that hold a person's address."""
REVERSALS: Final = ("Canceled Order", "Cancelled Order", "Refunded Order")


def lint(config: Config) -> Iterator[Finding]:
    """Everything that can be said without an event."""
    for note in config.warnings:
        yield Finding("config.doubtful", note.path, note.message)
    if config.disabled:
        message = "the destination is disabled, so nothing is sent"
        yield Finding("config.doubtful", "disabled", message, "Remove it to go live.")
    yield from _unreachable(config)
    yield from _identifiers(config.default)
    for rule in _sending(config):
        yield from _metric(rule)
        yield from _unique_id(rule)
        yield from _revenue(rule)
        yield from _personal(rule, config.default)
    yield from lint_traits(config)
    yield from _reversals(config)


def _sending(config: Config) -> tuple[Rule, ...]:
    """The rules whose events are sent, the default among them."""
    return tuple(
        rule for rule in (config.default, *config.rules) if not rule.ignore and not rule.silent
    )


def _unreachable(config: Config) -> Iterator[Finding]:
    for entity, actions in config.mapping.items():
        for action, options in actions.items():
            taken = next((at for at, one in enumerate(options) if one.condition is None), None)
            if taken is None:
                continue
            for rule in options[taken + 1 :]:
                does = "ignores every event" if options[taken].ignore else "takes every event"
                message = f'the rule before it has no condition and {does} "{entity} {action}"'
                yield Finding("rule.unreachable", rule.where, message)


def _metric(rule: Rule) -> Iterator[Finding]:
    if rule.name is None:
        return
    where = f"{rule.where}.name"
    near = near_metric(rule.name)
    if near is not None:
        yield Finding(
            "metric.near", where, f'"{rule.name}" is nearly Klaviyo\'s "{near}"', f'name = "{near}"'
        )
    if not rule.name.strip() or len(rule.name) > MAX_METRIC_LENGTH:
        yield Finding(
            "klaviyo.refuses",
            where,
            f"a metric's name has 1 to {MAX_METRIC_LENGTH} characters, this has {len(rule.name)}",
        )


def _unique_id(rule: Rule) -> Iterator[Finding]:
    value = rule.unique_id
    if value is None or is_computed(value):
        return
    constant = constant_of(value)
    if constant is not None and read_identifier(constant)[0] is not None:
        yield Finding("unique-id.constant", value.where, "every event gets the same unique_id")
    elif constant is None and _is_fixed(value):
        yield Finding(
            "unique-id.constant",
            value.where,
            f'"{reads_of(value)[0].path}" is the same for many events of a visitor',
        )


_OF_MANY: Final = ("user.", "globals.", "source.", "consent.")
_SAME: Final = ("name", "entity", "action", "user", "globals", "source", "trigger")


def _is_fixed(value: MappingValue) -> bool:
    """Does it look only at what events share: the visitor, the page's globals, the name?"""
    reads = reads_of(value)
    return bool(reads) and all(
        one.path in _SAME or (one.path.startswith(_OF_MANY) and not one.within) for one in reads
    )


def _revenue(rule: Rule) -> Iterator[Finding]:
    if rule.value is None:
        return
    constant = constant_of(rule.value)
    if constant is not None and parse_amount(constant)[0] is None:
        yield Finding("revenue.type", rule.value.where, "the constant is no clean number")
    currencies = [one for one in (rule.currency, rule.default_currency) if one is not None]
    if not currencies:
        yield Finding(
            "revenue.currency",
            rule.value.where,
            "the rule has a value, and neither it nor the destination has a currency",
            f'{rule.where}{"." if rule.where else ""}settings.currency = "EUR"',
        )
    for one in currencies:
        constant = constant_of(one)
        if constant is not None and parse_currency(constant)[0] is None:
            yield Finding("revenue.currency", one.where, f"{constant!r} is no ISO 4217 code")
        elif isinstance(one.raw, str) and _looks_like_a_currency(one.raw):
            yield Finding(
                "revenue.currency",
                one.where,
                f'"{one.raw}" is read as a path of the event, for it is no ISO 4217 code',
            )


def _looks_like_a_currency(raw: str) -> bool:
    """A single word of letters, though no event has its currency at the top."""
    return raw.isalpha() and raw.lower() != "currency"


def _personal(rule: Rule, default: Rule) -> Iterator[Finding]:
    removed = {path_text(path) for path in rule.remove}
    names_person = {
        read.path for value in (rule.email, rule.phone_number) for read in reads_of(value)
    }
    for value in (rule.base, rule.data):
        for read in reads_of(value):
            last = read.path.rpartition(".")[2]
            name = read.where.rpartition("map.")[2].removesuffix(".key")
            in_address = any(f".{one}." in f"{read.where}." for one in ADDRESSES)
            if in_address or name.partition("[")[0] in removed:
                continue
            own = last in PERSONAL and read.path.startswith("user.")
            if read.path == "user" or own or read.path in names_person:
                what = "everything of the user" if read.path == "user" else f'"{read.path}"'
                yield Finding(
                    "privacy.property", read.where, f"{what} is sent as a property of the event"
                )
    is_own = rule is default or rule.include != default.include
    for section in ("user", "all") if is_own else ():
        if section in rule.include and not {"user_email", "user_phone"} & removed:
            where = f"{rule.where}.include" if rule.where else "include"
            yield Finding(
                "privacy.property",
                where,
                f'"{section}" copies everything of the user into the event\'s properties',
                f'Leave "{section}" out and map the fields that are wanted.',
            )


def path_text(path: Any) -> str:
    """A compiled path as it was written."""
    return ".".join(str(part) for part in path)


def _identifiers(rule: Rule) -> Iterator[Finding]:
    for value in (rule.email, rule.phone_number, rule.external_id, rule.anonymous_id):
        constant = constant_of(value)
        if value is not None and constant is not None:
            yield Finding(
                "identifier.type",
                value.where,
                "a constant makes one profile of all visitors",
                "Map the path of the event that holds the visitor's own.",
            )


def _reversals(config: Config) -> Iterator[Finding]:
    """A cancellation's unique_id must be the order's: compared as they are written."""
    orders = [rule for rule in config.rules if rule.name == "Placed Order"]
    if len(orders) != 1 or orders[0].unique_id is None:
        return
    order = orders[0].unique_id
    for rule in config.rules:
        if rule.name not in REVERSALS or rule.ignore or is_computed(rule.unique_id):
            continue
        value = rule.unique_id
        if value is None or _is_event_id(value):
            place = f"{rule.where}.settings.uniqueId"
            shown = f'"{order.raw}"' if isinstance(order.raw, str) else "the order's"
            yield Finding(
                "unique-id.order",
                place,
                f"\"{rule.name}\" goes under its event's id, not its order's",
                f"settings.uniqueId = {shown}, or wherever the event has the order's id.",
            )


def _is_event_id(value: MappingValue) -> bool:
    return bool(value.raw == "id")
