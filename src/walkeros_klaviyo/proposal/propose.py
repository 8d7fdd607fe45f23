"""Which first configuration fits a sample of events?

It uses Klaviyo's names, and the paths that the events have. The proposal is then checked against
the sample by `verify`, and whatever is an error is left out again, with a note.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.preset import Preset
from walkeros_klaviyo.verify.questions.guess import currencies_of

from .consent import consent_of
from .draft import Draft, Proposal
from .mend import mend
from .money import has_amounts
from .people import people_of
from .rules import have_one_id, rule_of
from .sample import Named, Sample, sample_of
from .slots import Slot, doubtful, is_mixed, is_odd, order_ids, slots_of


@frozen
class Answers:
    """Answers from the user that no sample can show."""

    consent: str | None = None
    """The consent state to require; `none` for none."""
    currency: str | None = None
    phone_region: str | None = None
    """The country of phone numbers written without one, such as DE."""


def propose(
    lines: Iterable[tuple[int, Any]],
    answers: Answers | None = None,
    assumed: Collection[str] | None = None,
) -> Proposal:
    """A first configuration for a sample of (line number, JSON value).

    For events made from a flow, `assumed` lists identifiers that it does not name; the values of
    such events prove nothing.

    >>> event = {"name": "order complete", "timestamp": 1793350800000, "id": "e1",
    ...          "user": {"id": "u1"}, "data": {"id": "O-1", "total": 20},
    ...          "consent": {"marketing": True}}
    >>> found = propose([(1, event)], Answers("marketing", "EUR"))
    >>> found.config["mapping"]["order"]["complete"]
    {'name': 'Placed Order', 'data': {'map': {'OrderId': 'data.id'}},
     'settings': {'value': 'data.total', 'uniqueId': 'data.id'}}
    >>> found.config["consent"], found.open
    ({'marketing': True}, ())
    """
    answers = answers or Answers()
    sample = sample_of(lines)
    draft = Draft(sample)
    _tell_lines(draft)
    if not sample.named:
        why = "" if sample.left_out else f"the sample holds no event{_first_invalid(sample)}"
        draft.open.append(f"{why or draft.said[-1]}; there is nothing to go by")
        return draft.proposal()
    consent, question = consent_of(sample, answers.consent)
    if consent is not None:
        draft.config["consent"] = consent
    if question and consent is not None:
        draft.remarks[("consent",)] = f"CHECK: {question}."
    settings, said, asked = people_of(sample, answers.phone_region, order_ids(sample.named))
    draft.said += said
    draft.open += asked
    if not settings.keys() & {"externalId", "email", "phoneNumber"}:
        draft.open.append(
            "no event names a person: point settings.email or settings.externalId at what does, "
            "for without an identifier nothing can be sent"
        )
    draft.config["settings"] = settings
    if answers.currency is not None:
        settings["currency"] = answers.currency
    _write_rules(draft, is_sample=assumed is None)
    if "currency" not in settings:
        _find_currency(draft, is_sample=assumed is None)
    for key, path in settings.items():
        if path in (assumed or ()):
            draft.remarks["settings", key] = (
                f"CHECK: the flow does not name {path}; have your events an identifier there?"
            )
    if question and consent is None:
        draft.open.append(f"consent: {question}")
    mend(draft)
    return draft.proposal()


def _write_rules(draft: Draft, *, is_sample: bool) -> None:
    slots = slots_of(draft.sample.named)
    orders = [one for one in draft.sample.named if slots[one.name] == ("order", "complete")]
    unsure = doubtful(draft.sample.named)
    draft.open += [*_unsure(draft.sample.named, unsure)]
    for named in sorted(draft.sample.named, key=lambda one: _rank(slots[one.name])):
        entity, action = named.words
        rule = rule_of(named, slots[named.name], orders)
        draft.config["mapping"].setdefault(entity, {})[action] = rule
        if is_mixed(named) and (named in unsure or "value" in rule.get("settings", {})):
            draft.config["mapping"][entity][action] = {"ignore": True}
        if slots[named.name] == ("order", "refund") and have_one_id(named, rule):
            draft.open.append(
                f'"{named.name}" has several amounts under one order\'s id and no id of its own: '
                "only the first part would count; give each refund an id, such as data.refundId"
            )
        if slots[named.name] == ("order", "complete") and "items" not in rule.get("settings", {}):
            draft.said.append(
                f'"{named.name}" has no lines with an amount and an id or SKU each, so there is no '
                '"Ordered Product"'
            )
        count = f"{named.count:,} event{'' if named.count == 1 else 's'} of the sample"
        count = count if is_sample else "Named by the flow"
        usual = _USUAL.get(named.words)
        if slots[named.name] is None and usual is not None:
            count += (
                f'. CHECK: Klaviyo has "{usual}" for them, but their fields have no usual names; '
                "copy its rule (preset show ecommerce) and put your own paths into it"
            )
        elif slots[named.name] is None:
            what = "to record them, give them a name" if rule.get("ignore") else "a name of our own"
            count += f"; Klaviyo has no metric for them: {what}"
        if named in orders and is_odd(named):
            count += ". CHECK: are they orders, and their amounts revenue"
        draft.remarks["mapping", entity, action] = f"{count}."
    if not orders:
        draft.said.append(
            "no event has an order's id and amount under usual names: there is no \"Placed "
            'Order", without which Klaviyo knows of no revenue'
        )


def _unsure(every: Iterable[Named], unsure: Iterable[Named]) -> Iterator[str]:
    """Questions about names that may not be what they seem."""
    for named in every:
        names = ", ".join(json.dumps(name, ensure_ascii=False) for name in named.names)
        if len(named.names) > 1:
            yield (
                f"{names} share a rule, for it goes by the first two words: give them names of "
                "their own, or say by a condition which of them it is for"
            )
        elif named in unsure:
            yield (
                f"is {names} an order whose amount is revenue? It is recorded neither as Placed "
                "Order nor as what follows one, lest money be counted that is none, or twice"
            )


def _tell_lines(draft: Draft) -> None:
    """Note lines and names for which nothing can be proposed."""
    sample = draft.sample
    if sample.invalid and sample.named:
        draft.said.append(f"the sample has lines that are not events{_first_invalid(sample)}")
    for name in sample.left_out:
        draft.said.append(
            f"{json.dumps(name)} is left out: no rule can have that name, for a * stands for any "
            "word, and a tab or a line end for none"
        )


def _first_invalid(sample: Sample) -> str:
    if not sample.invalid:
        return ""
    line, why = sample.first_invalid
    lines = f"{sample.invalid:,} line{'' if sample.invalid == 1 else 's'}"
    return f": {lines} cannot be read, the first is line {line}: {why}"


def _rank(slot: Slot | None) -> int:
    """Sort key: in the order of a customer's visit, other events last."""
    return _WAY.index(slot) if slot is not None else len(_WAY)


_USUAL: Final = {
    (entity, action): str(rule["name"])
    for entity, actions in Preset("ecommerce").mapping().items()
    for action, rule in actions.items()
}
"""Klaviyo's metrics, by the entity and action that the preset knows, in the order of a visit."""
_WAY: Final = tuple(_USUAL)


def _find_currency(draft: Draft, *, is_sample: bool) -> None:
    """Use the currency that other events name, else leave the question open."""
    if not any(has_amounts(rule) for *_, rule in draft.rules):
        return
    named = [code for one in draft.sample.seen for _, code in currencies_of(one)]
    if is_sample and len(set(named)) == 1:
        draft.config["settings"]["currency"] = named[0]
        draft.remarks["settings", "currency"] = "The one currency that the sample names."
        return
    whose = "sample" if is_sample else "flow"
    draft.open.append(
        f"the {whose}'s amounts name no currency: give it, such as --currency EUR, or Klaviyo "
        "reads them in the account's"
    )
