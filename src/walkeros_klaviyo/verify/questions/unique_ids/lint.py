"""Does each event get its own unique_id, and a cancellation its order's?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.tree import Path, alternatives, bare, is_path
from walkeros_klaviyo.core.walkeros.value.walk import members_of, walk
from walkeros_klaviyo.verify import reads
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import facts
from walkeros_klaviyo.verify.questions.guess import AMOUNTS, id_remedy, name_of
from walkeros_klaviyo.verify.questions.metrics.lint import is_order
from walkeros_klaviyo.verify.reads import is_computed, own, paths_read, place, reads_of, recording
from walkeros_klaviyo.verify.sample.look import Mapped


def lint_unique_ids(config: Config) -> Iterator[Finding]:
    """Findings: shared ids, orders without an id, and reversals without their order's id."""
    for rule in recording(config):
        yield from shared_ids(rule)
        yield from of_orders(rule)
        yield from of_products(rule) if own(rule, "unique_id") is not None else ()
    yield from _reversals(config)


def of_orders(rule: KlaviyoRule, sent: Sequence[Mapped] = ()) -> Iterator[Finding]:
    """An order with no id of its own, or identified by its amount."""
    value, example = rule.settings.unique_id, sent[0].example if sent else None
    where = place(rule, "uniqueId")
    new = None if value is None else _new_each_time(value)
    if is_order(rule) and (value is None or new is not None):
        message = f'"{facts.ORDER}" goes under {_own_id(new)}, and not under the order\'s'
        yield Finding("unique-id.unmapped", where, message, id_remedy(rule, sent), example)
    alone = () if value is None else map(bare, alternatives(value.tree))
    paths = {one.text for one in alone if isinstance(one, Path)}
    for path in sorted(paths & paths_read(rule.settings.value)):
        if name_of(path) in AMOUNTS:
            message = f'"{path}" is the amount: other orders of a visitor may have the same'
            remedy = id_remedy(rule, sent, {path})
            yield Finding("unique-id.repeats", where, message, remedy, example)


def of_products(rule: KlaviyoRule) -> Iterator[Finding]:
    """Views of a product, or additions to the cart, under the product's own id."""
    value = rule.settings.unique_id
    reads = paths_read(value) if rule.name in facts.AGAIN and not is_computed(value) else set()
    members = members_of(rule.data.tree) if rule.data is not None else {}
    for name, node in members.items():
        read = {one.path for one in walk(node) if not one.within}
        if re.search("Product|SKU", name) and reads and read == reads:
            where = place(rule, "uniqueId")
            message = f'"{min(reads)}" is the product\'s, and a visitor comes to it again'
            yield Finding("unique-id.repeats", where, message, f'{where} = "id"')
            return


def shared_ids(rule: KlaviyoRule) -> Iterator[Finding]:
    """A constant, or a value that all events of a visitor share."""
    value = rule.settings.unique_id
    if value is None:
        return
    constants = reads.stand_ins(value)
    for where, constant in constants.items():
        if read_identifier(constant)[0] is not None:
            are = "every event" if len(constants) == 1 and not reads_of(value) else "all without it"
            message = f"{are} get{'s' * (are[0] == 'e')} the same unique_id"
            remedy = "Leave the constant out: the event's own id is used then." * bool(
                reads_of(value)
            )
            yield Finding("unique-id.constant", where, message, remedy)
    if is_computed(value) or not _comes_again(rule, value):
        return
    every = reads_of(value)
    shared = [one for one in every if one.path in facts.OF_MANY_EVENTS and not one.within]
    if len(shared) < len(every):  # fallbacks for events that have nothing else
        shared = [one for one in shared if one.is_fallback]
    for one in shared:
        message = f'"{one.path}" is the same for many events of a visitor'
        yield Finding("unique-id.constant", one.where, message)


def _comes_again(rule: KlaviyoRule, value: MappingValue) -> bool:
    """Can a visitor have many such events? Not accounts, which are created just once."""
    is_klaviyos = rule.name in facts.KLAVIYO and not rule.name.endswith("List")
    comes_again = rule.label is None or "*" in rule.label or rule.settings.value is not None
    is_owners = all(one.path.startswith("user.") for one in reads_of(value))
    return comes_again or is_klaviyos or not is_owners


def _reversals(config: Config) -> Iterator[Finding]:
    """A cancellation's unique_id mapping must equal the order's, as written."""
    rules = [rule for rule in config.rules if not rule.ignore]
    orders = [rule.settings.unique_id for rule in rules if rule.name == facts.ORDER]
    written = [one.tree for one in orders if one is not None]
    paths = {one.text for one in written if is_path(one) and one.text not in facts.OF_MANY_EVENTS}
    for rule in (rule for rule in rules if orders and rule.name in facts.REVERSALS):
        value = rule.settings.unique_id
        new = None if value is None else _new_each_time(value)
        if value is None or new is not None:
            message = f'"{rule.name}" goes under {_own_id(new)}, not its order\'s'
            where, other = place(rule, "uniqueId"), "or wherever the event has the order's id"
            remedy = f'{where} = "{min(paths)}", {other}.' if len(paths) == 1 else ""
            yield Finding("unique-id.order", where, message, remedy)


def _new_each_time(value: MappingValue) -> str | None:
    """The path that a value reads, if it changes when the same page is reloaded."""
    reads = () if is_computed(value) else reads_of(value)[:1]
    return next(
        (one.path for one in reads if one.path in facts.NEW_EACH_TIME and not one.within), None
    )


def _own_id(path: str | None) -> str:
    return "its event's id" if path in (None, "id") else f'"{path}", which is new each time'
