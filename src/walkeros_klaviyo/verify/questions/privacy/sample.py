"""Is who it was sent as a property of what happened?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.phone import parse_phone
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value.walk import members_of
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import MOSTLY
from walkeros_klaviyo.verify.questions.privacy.lint import ADDRESSES
from walkeros_klaviyo.verify.sample.look import Mapped, Shown


def judge_privacy(config: Config, shown: Shown) -> Iterator[Finding]:
    """The visitor's own address or number among the properties, whatever path it came by."""
    found: dict[tuple[str, str], list[tuple[Mapped, str]]] = defaultdict(list)
    there: Counter[tuple[str, str]] = Counter()
    for one in shown.mapped:
        call = one.create
        if call is None:
            continue
        for key, value in call.properties.items():
            if key in ADDRESSES:
                continue
            where = property_place(config, one.rule, key)
            texts = [text for text in _texts(value) if text.strip()]
            there[where, key] += bool(texts)
            name = next(filter(None, (_named(text, one) for text in texts)), None)
            if name is not None:
                found[where, key].append((one, name))
    for (where, key), events in found.items():
        one, name = events[0]
        if len(events) <= there[where, key] * MOSTLY:  # a gift's recipient may be the buyer, once
            continue
        yield Finding(
            "privacy.property",
            where,
            f"the visitor's {name} is sent as the property {key} of the event",
            "",
            one.example,
        )


def _named(text: str, one: Mapped) -> str | None:
    """Which of the visitor's own is in a text: the address, also within a URL, number, name."""
    own = one.create.identifiers if one.create is not None else {}
    email, number = own.get("email"), own.get("phone_number")
    if email is not None and email.lower() in text.lower().replace("%40", "@"):
        return "email"
    if text.strip().casefold() in _names(one):
        return "name"
    if number is not None and _NUMBER.fullmatch(text.strip()):
        region = (
            one.rule.settings.phone_region(one.event) if one.rule.settings.phone_region else None
        )
        code = region.upper() if isinstance(region, str) else None
        return "phone_number" if parse_phone(text, code)[0] == number else None
    return None


def _names(one: Mapped) -> set[str]:
    """The visitor's last name, and the whole name; a first name alone is many people's."""
    user = one.event.get("user")
    given = {**(user if isinstance(user, dict) else {})}
    first = given.get("firstName", given.get("first_name"))
    last = given.get("lastName", given.get("last_name"))
    traits = one.traits or {}
    first, last = traits.get("first_name", first), traits.get("last_name", last)
    if not isinstance(last, str) or len(last.strip()) < 2:
        return set()
    names = {last.strip().casefold()}
    return names | ({f"{first} {last}".casefold()} if isinstance(first, str) else set())


_NUMBER: Final = re.compile(r"\+?[\d ()/.-]{6,}")


def property_place(config: Config, rule: KlaviyoRule, key: str) -> str:
    """Where in the configuration a property is mapped, or included."""
    for mapping in (rule.data, rule.base):
        if mapping is not None and key in members_of(mapping.tree):
            return f"{mapping.where}.map.{key}"
    section = key.partition("_")[0]
    if section in rule.include or "all" in rule.include:
        return f"{rule.where}.include" if rule.include != config.default.include else "include"
    return rule.data.where if rule.data is not None else "data"


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
