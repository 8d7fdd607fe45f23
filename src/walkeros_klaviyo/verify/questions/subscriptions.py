"""Are exactly the intended people subscribed and unsubscribed?

Source: Klaviyo Bulk Subscribe Profiles, Bulk Unsubscribe Profiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.subscription import CHANNELS, parts_of
from walkeros_klaviyo.core.walkeros.event import FIELDS
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.tree import Constant, Node
from walkeros_klaviyo.core.walkeros.value.walk import walk
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.reads import constants_in
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import leaves_of

from .consent import MARKETING
from .counted import grouped
from .facts import FEW, UNPAID
from .near import split_words

LIST_ID: Final = re.compile(r"[A-Za-z0-9]{6}")
_ABOUT_MARKETING: Final = MARKETING | set("subscription subscribe optin promotions texts".split())
_BROWSED: Final = ("page", "product", "item", "listing", "category", "session", "*")
_BROWSING: Final = ("Active on Site", "Viewed Product", "Viewed Page")
_SETTINGS: Final = {"email": "email", "sms": "phoneNumber"}
SECTIONS: Final = ("data", "custom", "user", "context")
"""Parts of an event where people say what they want."""
_LIKE: Final = 'six letters or digits, as in its address at Klaviyo: "Y6nRLr"'


def lint_subscriptions(config: Config) -> Iterator[Finding]:
    """Findings about each rule, and the destination's lists."""
    for where, list_id in lists_of(config):
        if not LIST_ID.fullmatch(list_id):
            message = f'"{list_id[:80]}" is not a list id'
            yield Finding("subscription.list", where, message, f"Write the list's id: {_LIKE}.")
    for rule in (one for one in config.rules if not one.ignore):
        if rule.settings.subscribe is not None:
            yield from _asked(config, rule)
            yield from _browsing(rule, rule.settings.subscribe)
            yield from _source(rule.settings.subscribe)
        leaving = parts_of(rule.settings.unsubscribe) if rule.settings.unsubscribe else {}
        if "list" in leaving:
            message = "whoever is not on that list is unsubscribed from everything"
            yield Finding("subscription.all", leaving["list"].where, message)


def lists_of(config: Config) -> Iterator[tuple[str, str]]:
    """(place, id) of every list that the configuration names."""
    found: dict[str, str] = {}
    for rule in (config.default, *config.rules):
        settings = rule.settings
        nodes = [settings.lists.tree] if settings.lists is not None else []
        for value in (settings.subscribe, settings.unsubscribe):
            nodes += [parts_of(value)["list"]] if value and "list" in parts_of(value) else []
        for node in nodes:
            found |= dict(_named(node))
    yield from found.items()


def _named(node: Node) -> Iterator[tuple[str, str]]:
    """Constants, and words that were meant as ids, since events have nothing there."""
    for where, one in constants_in(node).items():
        for each in one if isinstance(one, list) else [one]:
            yield where, str(each)
    for read in walk(node):
        if not read.within and "." not in read.path and read.path not in FIELDS:
            yield read.where, read.path


def _asked(config: Config, rule: KlaviyoRule) -> Iterator[Finding]:
    """Any one state suffices, so each must be about marketing; or all of the destination's."""
    others, above = (
        sorted(
            name
            for name in asked or ()
            if _ABOUT_MARKETING.isdisjoint({*split_words(name), name.lower()})
        )
        for asked in (rule.consent, config.consent)
    )
    if others and (above or config.consent is None):
        states = " or ".join(others)
        message = f"whoever grants {states} is subscribed, which is not a yes to messages"
        yield Finding("subscription.consent", f"{rule.where}.consent", message)


def _browsing(rule: KlaviyoRule, subscribe: MappingValue) -> Iterator[Finding]:
    """Everybody who views something is subscribed, without any sign that they want it."""
    label = (rule.label or "").partition("[")[0]
    entity, _, action = label.lower().partition(" ")
    is_look = action in UNPAID or (action == "*" and entity in _BROWSED)
    nodes = {name: one for name, one in parts_of(subscribe).items() if name in CHANNELS}
    always = [name for name, one in nodes.items() if isinstance(one, Constant)]
    if (is_look or rule.name in _BROWSING) and always and rule.condition is None:
        message = f'each "{label}" subscribes by {" and ".join(always)} whoever it is'
        named = ", ".join(f'{one} = "data.{one}"' for one in nodes)
        remedy = f"Subscribe where people ask for it, or say where: channels = {{ {named} }}."
        yield Finding("subscription.browsing", subscribe.where, message, remedy)


def _source(subscribe: MappingValue) -> Iterator[Finding]:
    node = parts_of(subscribe).get("source")
    text = node.value if isinstance(node, Constant) else None
    head = text.partition(".")[0] if isinstance(text, str) and re.fullmatch(r"\S+", text) else ""
    if node is not None and head in FIELDS and "." in str(text):
        message = f'"{text}" is sent as it is, and not what stands there'
        yield Finding("subscription.source", node.where, message, f'source = {{ key = "{text}" }}')


def judge_subscriptions(config: Config, shown: Shown) -> Iterator[Finding]:
    """Channels by which no event of the sample can reach anybody, or whoever said no as well."""
    for rule, events in shown.rules:
        if rule.settings.subscribe is not None and rule.condition is None:
            yield from _despite_a_no(rule.settings.subscribe, events)
        told = (rule.settings.subscribe, rule.settings.unsubscribe)
        for subscription in (one for one in told if one is not None):
            for channel, node in parts_of(subscription).items():
                kind = CHANNELS.get(channel, "")
                asked = [
                    one
                    for one in events
                    for note in one.plan.diagnostics
                    if note.code == "subscription.no-address" and note.path == subscription.where
                    if note.message.startswith(f"{channel} ")
                ]
                if len(asked) >= FEW and not any(kind in one.identifiers for one in events):
                    message = f"{len(asked):,} events ask for {channel}, and none has a {kind}"
                    setting = f"settings.{_SETTINGS[channel]}"
                    remedy = f'Leave "{channel}" out, or map {setting} to where the events have it.'
                    yield Finding(
                        "subscription.unreachable", node.where, message, remedy, asked[0].example
                    )


def _despite_a_no(subscribe: MappingValue, events: list[Mapped]) -> Iterator[Finding]:
    """Everybody by a channel, though the event says at a path that nobody reads who wants it."""
    said = grouped(
        (path, (one, raw))
        for one in events
        for path, raw in leaves_of(one.event, *SECTIONS)
        if isinstance(raw, bool)
    )
    nodes = {name: one for name, one in parts_of(subscribe).items() if name in CHANNELS}
    always = {name for name, node in nodes.items() if isinstance(node, Constant) and node.value}
    for channel, (path, answers) in product(sorted(always), said.items()):
        against = [one for one, wants in answers if not wants]
        if len(against) >= FEW and _asks_for(path, channel):
            others = "".join(f"{one} = {{ value = true }}, " for one in sorted(always - {channel}))
            message = f'{len(against):,} of {len(events):,} events say no at "{path}"'
            remedy = f'channels = {{ {others}{channel} = "{path}" }}'
            where, example = nodes[channel].where, against[0].example
            yield Finding("subscription.consent", where, message, remedy, example)


def _asks_for(path: str, channel: str) -> bool:
    """Is it by its name what people tick who want messages, or those of just the channel?

    >>> _asks_for("data.opt_in", "email"), _asks_for("data.sms", "email")
    (True, False)
    """
    words = split_words(path.rpartition(".")[2])
    joined = "".join(words)
    is_any = joined.endswith(_WISHES) or (words[-1:] == ["marketing"])
    return (is_any and not _OF_A_CHANNEL - {channel} & {*words}) or joined == channel


_WISHES: Final = ("optin", "newsletter", "subscribe", "acceptsmarketing", "wantsmail", "agreed")
_OF_A_CHANNEL: Final = frozenset(CHANNELS)
