"""Is anybody identified, and if not, where do the events hold identifiers?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import parse_email
from walkeros_klaviyo.core.klaviyo.settings import TABLE
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.facts import FEW
from walkeros_klaviyo.verify.questions.guess import ENOUGH, name_of
from walkeros_klaviyo.verify.questions.meaning import OTHERS, meaning_of, words_of_path
from walkeros_klaviyo.verify.reads import paths_read
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import leaves_of

from .others import regions_of

SECTIONS: Final = ("user", "data", "context", "globals", "custom")
"""Sections of an event that may hold identifiers."""
PHONES: Final = ("phone", "tel", "mobile")


def judge_unidentified(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: nobody in the sample is identified, or a rule ignores addresses that are there."""
    lost = _lost(shown.mapped)
    is_all = len(lost) == len(shown.mapped)
    if lost and (is_all or (len(lost) > FEW and are_most(len(lost), len(shown.mapped)))):
        yield from _nobody(config, lost, len(shown.mapped), is_all)
        return
    found = [
        finding
        for events in shown.by_rule.values()
        if are_most(len(_lost(events)), len(events))
        for finding in _nobody(config, _lost(events), len(events), False)
    ]
    yield from found
    if found:
        return
    # Where no event has an address at a path of one's own, the path itself is told.
    is_usual = paths_read(config.settings.email) == {TABLE["email"].default}
    if is_usual or any("email" in one.identifiers for one in shown.mapped):
        addressed = (one for events in shown.by_rule.values() for one in _addressed(config, events))
        yield from islice(addressed, 1)


def _lost(events: list[Mapped]) -> list[Mapped]:
    return [one for one in events if one.plan.outcome == "unidentified"]


def _nobody(config: Config, lost: list[Mapped], total: int, is_all: bool) -> Iterator[Finding]:
    read = {path for _, value in config.settings.identifiers for path in paths_read(value)}
    places = Counter(
        each for one in lost[:ENOUGH] for each in dict.fromkeys(_looks_like_a_person(one))
    )
    found = [(name, path) for (name, path), _ in places.most_common() if path not in read]
    how = f"of {total:,} events {'none' if is_all else f'{total - len(lost):,}'} has an identifier"
    example = lost[0].example
    if found:
        name, path = found[0]
        known = () if is_all else sorted(paths_read(getattr(config.settings, name)))
        paths = ", ".join(f'"{one}"' for one in (*known, path))
        where = f"settings.{TABLE[name].name}"
        message = f"{how}; there may be one at {' or '.join(path for _, path in found[:3])}"
        remedy = f"{where} = {f'[{paths}]' if known else paths}"
        yield Finding("identity.nobody", where, message, remedy, example)
    elif is_all:
        yield Finding("identity.nobody", "settings", how, "", example)


def _addressed(config: Config, events: list[Mapped]) -> Iterator[Finding]:
    """Whoever has neither address nor id, and an address of their own where nobody looks."""
    weak = [one for one in events if one.identifiers.keys().isdisjoint(("email", "external_id"))]
    weak = weak[:ENOUGH]
    read = paths_read(config.settings.email)
    places = grouped((path, (one, text)) for one in weak for path, text in _addresses(one))
    for path, found in places.items():
        texts = {text for _, text in found}
        are_own = are_most(len(texts), len(found))  # and no shop's, which answers many
        if path not in read and are_own and are_most(len(found), len(weak)):
            message = f'{len(found):,} of {len(events):,} events have an address at "{path}" only'
            paths = ", ".join(f'"{one}"' for one in (*sorted(read), path))
            remedy, example = f"settings.email = [{paths}]", found[0][0].example
            yield Finding("identifier.type", "settings.email", message, remedy, example)


def _addresses(one: Mapped) -> Iterator[tuple[str, str]]:
    """Where the event has one that may be the visitor's own, and which."""
    for path, value in leaves_of(one.event, *SECTIONS):
        is_own = meaning_of(path) == "email" and OTHERS.isdisjoint(words_of_path(path))
        if is_own and isinstance(value, str) and parse_email(value)[0] is not None:
            yield path, value


def _looks_like_a_person(one: Mapped) -> Iterator[tuple[str, str]]:
    """(setting, path that it could read)."""
    for path, value in leaves_of(one.event, *SECTIONS):
        is_phone = any(word in name_of(path) for word in PHONES)
        if isinstance(value, str) and parse_email(value)[0] is not None:
            yield "email", path
        elif isinstance(value, str) and is_phone and regions_of(value):
            yield "phone_number", path
