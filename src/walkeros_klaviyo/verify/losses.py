"""What does a sample lose, in how many events, and why?

A pure fold over the results of the sample's events: a row for each rule, code and place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.plan import Plan

from .findings import Example
from .kinds import KINDS, Severity
from .questions.facts import AGAIN, FEW, ORDER, REVERSALS
from .questions.near import near_metric
from .questions.profile.sample import mapped_at
from .reads import own, refused_at, yields_id
from .sample.look import Mapped, Shown, Stopped
from .sample.places import texts_of

EARNING: Final = (ORDER, "Ordered Product", "Fulfilled Order")
"""Metrics whose amounts Klaviyo's own reports and flows use."""
ORDERS: Final = (*EARNING, *REVERSALS)
"""Metrics by whose unique ids Klaviyo recognises an order."""
MOST: Final = 0.5
"""The share of a rule's events above which a loss is an error."""
IDENTIFIERS: Final = MappingProxyType(
    {
        "email.invalid": ("email", "email"),
        "external-id.invalid": ("external_id", "external_id"),
        "phone.invalid": ("phone_number", "phone_number"),
        "phone-region.invalid": ("phone_number", "phone_region"),
        "anonymous-id.invalid": ("anonymous_id", "anonymous_id"),
        "kx.invalid": ("_kx", "kx"),
    }
)
"""By code: the lost identifier, and the setting to blame."""
AMOUNT: Final = ("revenue.not-a-number", "revenue.inexact", "revenue.ambiguous", "revenue.missing")
CURRENCY: Final = ("currency.unknown", "currency.missing")
UNIQUE_ID: Final = ("unique-id.invalid", "unique-id.missing")
TRAITS: Final = (
    "profile.wrong-type",
    "profile.unknown-field",
    "profile.given-twice",
    "identify.not-an-object",
)
NO_FAULT: Final = ("consent.denied", "rule.ignored", "destination.disabled", "destination.mocked")
"""What visitors or the configuration ask for: counted, but not a finding."""
Lost = tuple[str, str, str]
"""(what is lost, the code, the place in the configuration)."""


@frozen
class Loss:
    """A row: of the `events` that met a rule, `count` lost something; `example` is the first."""

    rule: str | None
    where: str
    """The rule's place in the configuration; empty for events that meet no rule."""
    events: int
    what: str
    code: str
    path: str
    count: int
    example: Example
    kind: str | None
    """The kind of finding, if it is one."""

    @property
    def line(self) -> int:
        """The example's line in the sample."""
        return self.example.line or 0

    @property
    def severity(self) -> Severity | None:
        """None if nothing is wrong, as with denied consent."""
        return None if self.kind is None else KINDS[self.kind].severity


def losses_of(config: Config, sample: Shown) -> tuple[Loss, ...]:
    """Everything that the sample's events lose, by rule, most frequent first."""
    labels = {rule.where: rule.label for rule in config.rules}
    events: Counter[str] = Counter()
    metrics: dict[str, str] = {}
    seen: dict[tuple[str, Lost], list[Mapped | Stopped]] = defaultdict(list)
    for each in sample.stopped:
        events[each.where] += 1
        for lost in _stopped(each.where, each.plan):
            seen[each.where, lost].append(each)
    for one in sample.mapped:
        where = one.rule.where
        events[where] += 1
        name = one.create.label if one.create is not None else one.rule.name or one.event["name"]
        if where not in metrics:
            metrics[where] = near_metric(name) or name
        for lost in dict.fromkeys(_lost(config, one)):
            seen[where, lost].append(one)
    rows = []
    valued = {rule.where for rule in config.rules if own(rule, "value") is not None}
    for (where, (what, code, path)), found in seen.items():
        metric = metrics.get(where)
        sold = metric in ORDERS or (where in valued and metric not in AGAIN)
        kind = _kind(what, code, len(found), events[where], metric, sold)
        if code == "identity.none" and not sold and all(map(_is_stranger, found)):
            kind = None
        row = (labels.get(where), where, events[where], what, code, path, len(found))
        rows.append(Loss(*row, found[0].example, kind))
    places = {where: at for at, where in enumerate(labels)}
    return tuple(sorted(rows, key=lambda row: (places.get(row.where, -1), -row.count, row.line)))


def _is_stranger(one: Mapped | Stopped) -> bool:
    """Is it an anonymous visitor's event, with no address or id in it?"""
    user = one.raw.get("user")
    known = user if isinstance(user, dict) else {}
    has_address = any("@" in text for _, text in texts_of(known))
    return not has_address and read_identifier(known.get("id"))[0] is None


def _kind(
    what: str, code: str, count: int, events: int, metric: str | None, sold: bool
) -> str | None:
    """The kind of finding for a loss; `sold`: of an order or another sale, not a view or cart."""
    if code in NO_FAULT:
        return None
    if what == "refused":
        return "loss.refused"
    if (what == "revenue" and metric in EARNING) or (what == "unique_id" and metric in ORDERS):
        return "loss.order"
    # Another identifier is left; and most visitors are anonymous, but nobody orders anonymously.
    is_usual = what == "identifier" or (what == "unidentified" and not sold)
    is_most = count > events * MOST and count >= FEW and not is_usual
    return "loss.most" if is_most else "loss.some"


def _stopped(where: str, plan: Plan) -> Iterator[Lost]:
    """The loss of an event that was not mapped: denied, ignored, or held back."""
    if plan.outcome == "refused":
        note = plan.diagnostics[-1]
        policy = f"{where}.policy" if plan.rule is not None else "policy"
        yield "refused", note.code, policy if note.code == "policy.broke-event" else note.path
        return
    for note in plan.diagnostics:
        if note.code in NO_FAULT:
            yield plan.outcome, note.code, note.path
        elif note.code == "consent.not-boolean":
            yield plan.outcome, note.code, f"{where}.consent".removeprefix(".")


def _lost(config: Config, one: Mapped) -> Iterator[Lost]:
    """The losses of a mapped event."""
    plan, codes = one.plan, [note.code for note in one.plan.diagnostics]
    yield from _parts(one)
    if plan.outcome == "refused":
        error = [note.code for note in plan.diagnostics if note.severity == "error"][-1]
        yield "refused", error, refused_at(config, one.rule, error)
    elif plan.outcome == "unidentified":
        reasons = (*IDENTIFIERS, "profile.needs-identifier", "identity.none")
        yield "unidentified", _first(reasons, codes), "settings"
    elif one.create is not None:
        yield from _of_the_call(one, one.create, codes)


def _of_the_call(one: Mapped, call: Call, codes: Sequence[str]) -> Iterator[Lost]:
    """Amount, currency and unique id, if the rule maps them but the event's call lacks them."""
    settings = one.rule.settings
    value, unique_id = settings.value, settings.unique_id
    if value is not None and call.value is None:
        yield "revenue", _first(AMOUNT, codes), value.where
    place = settings.currency or settings.default_currency or value
    if call.value is not None and call.value_currency is None and place is not None:
        yield "currency", _first(CURRENCY, codes), place.where
    is_told = call.metric in ORDERS or "unique-id.invalid" in codes
    is_mapped = unique_id is not None and unique_id.reads != "id"
    if unique_id and is_mapped and is_told and not yields_id(unique_id, one.event):
        yield "unique_id", _first(UNIQUE_ID, codes), unique_id.where


def _first(known: Sequence[str], codes: Sequence[str]) -> str:
    """The noted reason, else that nothing was there."""
    return next((code for code in known if code in codes), known[-1])


def _parts(one: Mapped) -> Iterator[Lost]:
    """Identifiers, traits and other values left out, each with its diagnostic."""
    identifiers = one.identifiers
    for note in one.plan.diagnostics:
        code = note.code
        if code in IDENTIFIERS:
            field, setting = IDENTIFIERS[code]
            place = getattr(one.rule.settings, setting)
            if identifiers and field not in identifiers and place is not None:
                yield "identifier", code, place.where
        elif code in TRAITS:
            yield "trait", code, mapped_at(one.rule, note.path)
        elif code.startswith(("value.", "properties.", "backfill.")) and note.severity == "warning":
            yield "value", code, note.path if "." in note.path else one.rule.where
