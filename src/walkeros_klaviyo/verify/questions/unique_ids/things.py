"""Does a unique_id name a thing that many events are about, or change at every reload?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.facts import AGAIN, FEW, KLAVIYO, VISIT_MS
from walkeros_klaviyo.verify.questions.guess import IDS, id_path, id_remedy, last_word
from walkeros_klaviyo.verify.questions.metrics.lint import is_order
from walkeros_klaviyo.verify.questions.revenue.lint import is_paid
from walkeros_klaviyo.verify.reads import paths_read, place
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import at, texts_of

FEW_IDS: Final = 0.25
"""The ratio of ids to events below which ids name things; fellow travellers may share one."""
ID: Final = re.compile(r"(?i)(id|number|invoice|period|month|due)$")
"""Endings of paths that distinguish things."""


def names_a_thing(sent: Sequence[Mapped]) -> Iterator[Finding]:
    """Different people's events share unique_ids: a product's, a payment method's, a campaign's."""
    rule, value = sent[0].rule, sent[0].rule.settings.unique_id
    people = grouped((one.unique_id, one.who) for one in sent)
    shared = [one for one in sent if len({*people[one.unique_id]}) > 1]
    are_words = all(map(_is_no_number, people))
    if value is None or not (are_words or are_most(len(shared), len(sent))):
        return
    is_money = rule.name in KLAVIYO or rule.settings.value is not None
    better = "id" if rule.name in AGAIN else None
    if better is None and is_money and (are_words or len(people) <= len(sent) * FEW_IDS):
        better = id_path(sent, paths_read(value))
        numbers = {str(at(better, one.event)) for one in sent} if better is not None else ()
        better = better if len(numbers) > (1 if are_words else 2) * len(people) else None
    if better is not None and len(shared) >= FEW:
        what = f"{len(shared):,} of {len(sent):,} events have the unique_id of another visitor's"
        message, where = f'"{value.reads}" names no event: {what}', place(rule, "uniqueId")
        remedy, example = f'{where} = "{better}"', shared[-1].example
        yield Finding("unique-id.repeats", where, message, remedy, example)


def _is_no_number(text: str | None) -> bool:
    """A word or a date: what goes by such an id is no single purchase."""
    return text is not None and re.fullmatch(r"\D+|\d{4}-\d\d-\d\d(T.*)?", text) is not None


def told_twice(sent: Sequence[Mapped]) -> Iterator[Finding]:
    """The same payment sent again by a reloaded page, under another unique_id.

    Events are the same if their contents are, including a number that no other event has.
    """
    rule = sent[0].rule
    if not (is_order(rule) or is_paid(rule)):
        return
    read = paths_read(rule.settings.unique_id)
    said = [(one, {*texts_of(one.event, "data")}) for one in sent]
    owners = grouped((pair, one.who) for one, pairs in said for pair in pairs)
    groups = grouped(
        (frozenset(pair for pair in pairs if pair[0] not in read or ID.search(pair[0])), one)
        for one, pairs in said
        if any(last_word(pair[0]) in IDS and len({*owners[pair]}) == 1 for pair in pairs)
    )
    twice = [pair for alike in groups.values() for pair in pairwise(alike) if _are_two(*pair)]
    if len(twice) > 1:
        first, again = twice[0]
        message = (
            f"lines {first.line} and {again.line} describe the same payment under two unique_ids: "
            f"{len(twice):,} are counted twice"
        )
        where, remedy = place(rule, "uniqueId"), id_remedy(rule, sent, read)
        yield Finding("unique-id.unmapped", where, message, remedy, again.example)


def _are_two(first: Mapped, again: Mapped) -> bool:
    """Are they two events of one person and visit, with different unique ids?"""
    is_visit = first.who == again.who and abs(again.time - first.time) < VISIT_MS
    are_other = first.raw.get("id") != again.raw.get("id") and first.unique_id != again.unique_id
    return first.value is not None and is_visit and are_other
