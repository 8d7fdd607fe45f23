"""Which first configuration fits a sample of events?

The names are Klaviyo's, the places those that the events have; the proposal is then held against
the sample as `verify` does it, and what that calls an error is left out again, and told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from attrs import Factory, define, frozen

from walkeros_klaviyo.core.config import parse_config
from walkeros_klaviyo.core.faults import join
from walkeros_klaviyo.core.klaviyo.preset import Preset
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.loss_findings import with_losses
from walkeros_klaviyo.verify.losses import losses_of
from walkeros_klaviyo.verify.masking import masked
from walkeros_klaviyo.verify.masking import people_of as people_in
from walkeros_klaviyo.verify.questions import judge, lint
from walkeros_klaviyo.verify.questions.guess import currencies_of
from walkeros_klaviyo.verify.sample.look import look

from .consent import consent_of
from .money import has_amounts
from .people import people_of
from .rules import Raw, have_one_id, rule_of
from .sample import Named, Sample, sample_of
from .slots import Slot, doubtful, is_mixed, is_odd, order_ids, slots_of

ROUNDS: Final = 40
"""How often what is an error may be left out."""
Place = tuple[str, ...]
"""Keys from the configuration's top down."""


@frozen
class Answers:
    """What a person knows and no sample shows."""

    consent: str | None = None
    """The consent state that Klaviyo needs; `none` for nothing at all."""
    currency: str | None = None
    phone_region: str | None = None
    """The country of phone numbers that are written without one."""


@frozen
class Proposal:
    """A configuration, and what is to be said of it."""

    config: Raw
    remarks: dict[Place, str]
    """By the place in the configuration that each stands at."""
    said: tuple[str, ...] = ()
    """What could not be proposed, and why."""
    open: tuple[str, ...] = ()
    """What must be answered before it is fit to go live."""


def propose(
    lines: Iterable[tuple[int, Any]],
    answers: Answers | None = None,
    assumed: Collection[str] | None = None,
) -> Proposal:
    """A first configuration for a sample, whose lines come with their numbers.

    For events of a flow `assumed` are the identifiers that it names nowhere; the values of such
    events prove nothing.

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
    draft = _Draft(sample)
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
    _write_rules(draft)
    if "currency" not in settings:
        _find_currency(draft, is_sample=assumed is None)
    for key, path in settings.items():
        if path in (assumed or ()):
            draft.remarks["settings", key] = (
                f"CHECK: the flow does not name {path}; have your events an identifier there?"
            )
    if question and consent is None:
        draft.open.append(f"consent: {question}")
    _mend(draft)
    return draft.proposal()


@define
class _Draft:
    """What is written so far."""

    sample: Sample
    config: Raw = Factory(lambda: {"consent": None, "settings": {}, "mapping": {}})
    remarks: dict[Place, str] = Factory(dict)
    said: list[str] = Factory(list)
    open: list[str] = Factory(list)

    @property
    def rules(self) -> Iterator[tuple[str, str, str, Raw]]:
        """Each with its place, entity and action."""
        for entity, actions in self.config["mapping"].items():
            for action, rule in actions.items():
                yield join(join("mapping", entity), action), entity, action, rule

    def proposal(self) -> Proposal:
        """It, as it stands."""
        config = {
            key: one for key, one in self.config.items() if one or (key == "consent" and one == {})
        }
        return Proposal(config, self.remarks, tuple(self.said), tuple(self.open))


def _write_rules(draft: _Draft) -> None:
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
        if slots[named.name] is None:
            what = "to record them, give them a name" if rule.get("ignore") else "a name of our own"
            count += f"; Klaviyo has no metric for them: {what}"
        if named in orders and is_odd(named):
            count += ". CHECK: are they orders, and their amounts revenue"
        draft.remarks["mapping", entity, action] = f"{count}."
    if not orders:
        draft.said.append(
            'no event of the sample is an order with an id and an amount: there is no "Placed '
            'Order", without which Klaviyo knows of no revenue'
        )


def _unsure(every: Iterable[Named], unsure: Iterable[Named]) -> Iterator[str]:
    """What is to be asked of names that may be something else than they seem."""
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


def _tell_lines(draft: _Draft) -> None:
    """Lines and names for which nothing can be proposed."""
    sample = draft.sample
    if sample.invalid and sample.named:
        draft.said.append(f"the sample has lines that are no events{_first_invalid(sample)}")
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
    """As a customer goes through the shop; what is no shop's comes last."""
    return _WAY.index(slot) if slot is not None else len(_WAY)


_WAY: Final = tuple(
    (entity, action)
    for entity, actions in Preset("ecommerce").mapping().items()
    for action in actions
)


def _find_currency(draft: _Draft, *, is_sample: bool) -> None:
    """The one that events name elsewhere; else the question stays open."""
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


def _mend(draft: _Draft) -> None:
    """Leave out what is an error; what leaving out does not mend, or may not, is left open."""
    kept: set[tuple[str, str]] = set()
    for _ in range(ROUNDS):
        found = (one for one in _findings(draft) if one.severity == "error")
        error = next((one for one in found if (one.code, one.path) not in kept), None)
        if error is None:
            return
        if not _left_out(draft, error):
            kept.add((error.code, error.path))
            if error.code not in _ASKED:
                draft.open.append(f"{error.path}: {error.message} ({error.code})")


_ASKED: Final = ("identity.nobody", "revenue.currency")
"""What is an open question already."""


def _findings(draft: _Draft) -> tuple[Finding, ...]:
    """As `verify` finds them, but for the laws: all that a sample shows."""
    config = parse_config(draft.config)
    shown = look(config, draft.sample.lines)
    found = [*lint(config), *judge(config, shown)]
    known = draft.config.get("verify", {}).get("known", [])
    every = with_losses(found, losses_of(config, shown))
    people = people_in(config, shown)
    return tuple(masked(one, people) for one in every if f"{one.code}:{one.path}" not in known)


def _left_out(draft: _Draft, error: Finding) -> bool:
    """Is it mended now?"""
    why = f"{error.path}: {error.message} ({error.code})"
    if error.code in _ASKED or error.code.startswith("consent."):
        return False  # nobody is sent whose consent was to be asked for
    if error.code.startswith(("loss.", "sample.")):
        draft.config.setdefault("verify", {}).setdefault("known", []).append(
            f"{error.code}:{error.path}"
        )
        draft.said.append(f"{why}: the events are at fault, so verify.known says to expect it")
        return True
    for place, entity, action, rule in draft.rules:
        if error.path == place or error.path.startswith((f"{place}.", f"{place}[")):
            said = _rule_without(rule, error.path.removeprefix(place).lstrip("."))
            if said is None:
                named = next(one for one in draft.sample.named if one.words == (entity, action))
                own = rule_of(named, None, ())
                is_own = rule.get("name") == own.get("name")
                draft.config["mapping"][entity][action] = {"ignore": True} if is_own else own
                said = "the rule" if is_own else f'the metric "{rule.get("name")}"'
            draft.said.append(f"{why}: {said} is left out")
            return True
    steps = error.path.split(".")
    holder = draft.config
    for step in steps[:-1]:
        holder = holder.get(step, {}) if isinstance(holder, dict) else {}
    key = steps[-1].partition("[")[0]
    if isinstance(holder, dict) and key in holder:
        del holder[key]
        draft.said.append(f"{why}: it is left out")
        return True
    return False


def _rule_without(rule: Raw, path: str) -> str | None:
    """What of the rule was left out; None where nothing less than the rule would do."""
    steps = path.replace("[", ".").split(".")
    if steps[:2] == ["data", "map"] and len(steps) > 2:
        return _without(rule.get("data", {}).get("map", {}), steps[2])
    if steps[:1] == ["settings"] and len(steps) > 1:
        return _without(rule.get("settings", {}), steps[1])
    return None


def _without(holder: Raw, key: str) -> str | None:
    return key if holder.pop(key, None) is not None else None
