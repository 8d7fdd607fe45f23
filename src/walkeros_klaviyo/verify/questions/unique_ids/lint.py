"""Does each event get a unique_id of its own, and a cancellation its order's?"""

from __future__ import annotations

from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.tree import is_path
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import KLAVIYO, OF_MANY_EVENTS, ORDER, REVERSALS
from walkeros_klaviyo.verify.reads import constant_of, is_computed, reads_of, recording


def lint_unique_ids(config: Config) -> Iterator[Finding]:
    """What events share, and reversals that name no order."""
    for rule in recording(config):
        yield from _fixed(rule)
    yield from _reversals(config)


def _fixed(rule: KlaviyoRule) -> Iterator[Finding]:
    """A constant, or what all events of a visitor share."""
    value = rule.settings.unique_id
    if value is None or is_computed(value):
        return
    constant = constant_of(value)
    if constant is not None and read_identifier(constant)[0] is not None:
        yield Finding("unique-id.constant", value.where, "every event gets the same unique_id")
    elif constant is None and _is_fixed(value) and _comes_again(rule):
        yield Finding(
            "unique-id.constant",
            value.where,
            f'"{reads_of(value)[0].path}" is the same for many events of a visitor',
        )


def _is_fixed(value: MappingValue) -> bool:
    """Does it look only at what events share: the visitor, the page's language, the name?"""
    reads = reads_of(value)
    return bool(reads) and all(one.path in OF_MANY_EVENTS and not one.within for one in reads)


def _comes_again(rule: KlaviyoRule) -> bool:
    """May one visitor have many such events? An account is made once, and may go by its owner."""
    is_klaviyos = rule.name in KLAVIYO and not rule.name.endswith("List")
    return rule.label is None or "*" in rule.label or rule.settings.value is not None or is_klaviyos


def _reversals(config: Config) -> Iterator[Finding]:
    """A cancellation's unique_id must be the order's: compared as they are written."""
    orders = [
        rule.settings.unique_id for rule in config.rules if rule.name == ORDER and not rule.ignore
    ]
    written = [one.tree for one in orders if one is not None]
    paths = {one.text for one in written if is_path(one) and one.text not in OF_MANY_EVENTS}
    remedy = ""
    if len(paths) == 1:
        remedy = f'settings.uniqueId = "{min(paths)}", or wherever the event has the order\'s id.'
    for rule in config.rules:
        if rule.name not in REVERSALS or rule.ignore or is_computed(rule.settings.unique_id):
            continue
        if not orders or not (
            rule.settings.unique_id is None or _is_event_id(rule.settings.unique_id)
        ):
            continue
        yield Finding(
            "unique-id.order",
            f"{rule.where}.settings.uniqueId",
            f"\"{rule.name}\" goes under its event's id, not its order's",
            remedy,
        )


def _is_event_id(value: MappingValue) -> bool:
    return is_path(value.tree) and value.tree.text == "id"
