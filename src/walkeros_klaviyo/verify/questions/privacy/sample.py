"""Do the events send personal data as properties, or secrets anywhere?"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.phone import parse_phone
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.walkeros.value.walk import members_of
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import MOSTLY
from walkeros_klaviyo.verify.questions.identity.sample import region_of
from walkeros_klaviyo.verify.questions.meaning import words_of_path
from walkeros_klaviyo.verify.questions.profile.sample import trait_place
from walkeros_klaviyo.verify.reads import is_within, reads_of
from walkeros_klaviyo.verify.sample.look import ENOUGH, Mapped, Shown

from .lint import ADDRESSES, path_text
from .telling import DIGESTS, Words, secrets_in, tells

Told = tuple[str, str, float]
"""(the code, what it is, the share of events at its place that must have it)."""


def judge_privacy(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: the visitor's own data among the properties, by any path; secrets anywhere."""
    found: dict[tuple[str, str, Told], dict[int, tuple[Mapped, str]]] = defaultdict(dict)
    there: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str, bool], tuple[str, Words]] = {}
    for one in (one for events in shown.by_rule.values() for one in events[:ENOUGH]):
        named, own = _naming(one), one.create.identifiers if one.create is not None else {}
        known = tuple(own[name].lower() for name in ("email", "phone_number") if name in own)
        for key, value, is_trait in _sent(one):
            at = one.rule.where, key, is_trait
            if at not in places:
                place = property_place(config, one.rule, key)
                place = trait_place(one.rule, f"properties.{key}") if is_trait else place
                places[at] = place, _words_read(one.rule, place)
            where, read = places[at]
            leaves = [leaf for leaf in _leaves(value, key) if leaf[1].strip()]
            there[where, key] += bool(leaves)
            for path, text in leaves:
                by_itself = _told(path, read, text, known if len(text) in DIGESTS else ())
                name = named(text)
                its = [("privacy.property", f"the visitor's {name}", MOSTLY)] if name else []
                for told in (*its, *by_itself):
                    if told[0] == "privacy.secret" or not (is_trait or key in ADDRESSES):
                        found[where, key, told].setdefault(one.line, (one, path))
    told_at: dict[tuple[str, str], list[tuple[str, Mapped, str, str]]] = defaultdict(list)
    for (where, key, (code, what, share)), events in found.items():
        if len(events) > there[where, key] * share:  # a gift's recipient may happen to be the buyer
            one, path = next(iter(events.values()))
            told_at[code, where].append((what, one, key, path))
    for (code, where), said in told_at.items():
        what, one, key, _ = said[0]
        kind = "trait {} of the profile" if ".identify" in where else "property {} of the event"
        message = f"{what} is sent as the {kind.format(key)}"
        yield Finding(code, where, message, _without(one.rule, where, said), one.example)


def _sent(one: Mapped) -> Iterator[tuple[str, Any, bool]]:
    """(name, value, whether it is a trait) of each property of the event and the profile."""
    for key, value in one.create.properties.items() if one.create is not None else ():
        yield key, value, False
    traits = (one.traits or {}).get("properties")
    for key, value in traits.items() if isinstance(traits, dict) else ():
        yield key, value, True


@lru_cache(8_192)
def _told(path: str, read: Words, text: str, known: tuple[str, ...]) -> tuple[Told, ...]:
    """What a string tells by the words of its own name, of the path that is `read`, or itself."""
    names = (words_of_path(path), read)
    personal = (("privacy.property", *told) for told in tells(names, text, known))
    secrets = (("privacy.secret", *told) for told in dict.fromkeys(secrets_in(names, text)))
    return (*personal, *secrets)


def _words_read(rule: KlaviyoRule, where: str) -> Words:
    """The words of the path that is read there, if only one."""
    paths = {
        read.path
        for _, value in rule.mappings()
        for read in reads_of(value)
        if is_within(read.where, where)
    }
    return words_of_path(*paths) if len(paths) == 1 else ()


def _without(rule: KlaviyoRule, where: str, said: Sequence[tuple[str, Mapped, str, str]]) -> str:
    """What to write so that the rest of an object or section is still sent."""
    is_whole = any(path == key and where.endswith(f".map.{key}") for *_, key, path in said)
    if not rule.where or is_whole or ".identify" in where or any("*" in one[-1] for one in said):
        return ""
    removed = [*map(path_text, rule.remove), *sorted({path for *_, path in said})]
    return f"{rule.where}.remove = {json.dumps(removed, ensure_ascii=False)}"


def _naming(one: Mapped) -> Callable[[str], str | None]:
    """Tells which of the visitor's data a string contains: address, number or name."""
    own = one.create.identifiers if one.create is not None else {}
    email, number, names = own.get("email", "").lower(), own.get("phone_number"), {*_names(one)}

    def named(text: str) -> str | None:
        bare = text.strip()
        if email and email in text.lower().replace("%40", "@"):  # also in a URL
            return "email"
        if bare.casefold() in names:
            return "name"
        if number is not None and _NUMBER.fullmatch(bare):
            return "phone_number" if parse_phone(text, region_of(one))[0] == number else None
        return None

    return named


def _names(one: Mapped) -> Iterator[str]:
    """The visitor's last name and full name; a first name alone is too common."""
    user = one.event.get("user")
    given = {**(user if isinstance(user, dict) else {}), **(one.traits or {})}
    first, last = (
        (one.traits or {}).get(f"{name}_name", given.get(f"{name}Name", given.get(f"{name}_name")))
        for name in ("first", "last")
    )
    if isinstance(last, str) and len(last.strip()) > 1:
        yield last.strip().casefold()
        if isinstance(first, str):
            yield f"{first} {last}".casefold()


_NUMBER: Final = re.compile(r"\+?[\d ()/.-]{6,}")


def property_place(config: Config, rule: KlaviyoRule, key: str) -> str:
    """The place where a property is mapped or included."""
    for mapping in (rule.data, rule.base):
        if mapping is not None and key in members_of(mapping.tree):
            return f"{mapping.where}.map.{key}"
    section = key.partition("_")[0]
    if section in rule.include or "all" in rule.include:
        return f"{rule.where}.include" if rule.include != config.default.include else "include"
    return rule.data.where if rule.data is not None else "data"


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Every string and number within, by path; `*` for the items of a list."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, f"{at}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, f"{at}.*")
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield at, str(value)
