"""What can be wrong with a configuration, what does it cost, and what is to be done?

A table of kinds, and one finding of such a kind. Codes are stable, so that CI can rely on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Final, Literal

from attrs import frozen

Severity = Literal["error", "warning"]


@frozen
class Kind:
    """One kind of finding: how bad it is, what it costs, and what to do in general."""

    severity: Severity
    why: str
    remedy: str


KINDS: Final = MappingProxyType(
    {
        "metric.near": Kind(
            "error",
            "Metric names are case-sensitive at Klaviyo: its own flows, reports and templates look "
            "for exactly their spelling, and this one becomes a metric of its own.",
            "Write the name as Klaviyo does.",
        ),
        "rule.unreachable": Kind(
            "error",
            "No event ever gets to the rule: one before it takes all, or none can have its name.",
            "Give the rule before it a condition, put this one first, or mend its name.",
        ),
        "rule.unmet": Kind(
            "warning",
            "No event of the sample meets the rule, so nothing comes of it.",
            "Write entity and action as the site sends them.",
        ),
        "event.kept-back": Kind(
            "error",
            "The event becomes a dead letter before anything of it is mapped.",
            "Mend the function or the policy that is named.",
        ),
        "sample.invalid": Kind(
            "error",
            "What is no event becomes nothing at Klaviyo, and says nothing of the configuration.",
            "Send events as walkerOS does, one JSON object a line.",
        ),
        "path.unknown": Kind(
            "warning",
            "No event of the sample that meets the rule has anything there, so the field stays "
            "empty.",
            "Name a path that the events have.",
        ),
        "unique-id.constant": Kind(
            "error",
            "Klaviyo keeps the first event of each unique_id: every later one is lost.",
            'Map what differs from event to event, such as "data.id" of an order, or leave it out.',
        ),
        "unique-id.repeats": Kind(
            "error",
            "Klaviyo keeps the first event of each metric, profile and unique_id: the others are "
            "lost.",
            "Map what is one of a kind for each event, or leave uniqueId out.",
        ),
        "unique-id.order": Kind(
            "error",
            "Klaviyo takes a canceled or refunded order out of the customer's lifetime value by "
            "the unique_id of its Placed Order only.",
            'Map the order\'s id in both rules, for example uniqueId = "data.id".',
        ),
        "trait.restless": Kind(
            "error",
            "The profile is told anew at every event: at 750 upserts a minute Klaviyo's limit is "
            "soon reached, and events wait behind them.",
            "Send what changes from event to event as a property of the event.",
        ),
        "trait.type": Kind(
            "error",
            "Klaviyo does not take the value, so the field is left out of every call.",
            "Map a value of the right type.",
        ),
        "identifier.type": Kind(
            "error",
            "Klaviyo tells people apart by identifiers: profiles are lost, doubled or mixed up.",
            "Map a path that holds one.",
        ),
        "identity.nobody": Kind(
            "error",
            "Without an identifier nothing can be sent: every event is dropped as unidentified.",
            "Map email, phoneNumber or externalId to where the events have them.",
        ),
        "revenue.type": Kind(
            "error",
            "What is no clean number is left out, and the event counts no revenue.",
            'Map a number, or a text such as "1299.00".',
        ),
        "revenue.currency": Kind(
            "error",
            "Klaviyo then reads the amount in the account's currency: 100 JPY become 100 EUR.",
            'Set settings.currency of the rule or of the destination, for example "EUR".',
        ),
        "consent.never": Kind(
            "error",
            "What needs a consent that is never granted is never sent.",
            "Name the consent state as the site sends it.",
        ),
        "privacy.property": Kind(
            "error",
            "Event properties show in flows, exports and integrations, and are not erased with a "
            "profile's fields; the person is named by the profile already.",
            "Leave it out, or remove it from the properties.",
        ),
        "klaviyo.refuses": Kind(
            "error",
            "Klaviyo would refuse the event, so it becomes a dead letter and is not recorded.",
            "Bring the value within Klaviyo's limits.",
        ),
        "mapping.useless": Kind(
            "error",
            "What the mapping is for does not happen: the value is lost, or another one is used.",
            "Map a value of the right kind, or leave the mapping out.",
        ),
        "config.doubtful": Kind(
            "warning", "It has no effect, or not the one that was meant.", "Correct or remove it."
        ),
        "law.broken": Kind(
            "error",
            "A law that every sound configuration keeps does not hold for this one.",
            "Change the configuration so that the law holds for the example.",
        ),
        "loss.refused": Kind(
            "error",
            "The event becomes a dead letter and is not recorded.",
            "Mend what its diagnostic names.",
        ),
        "loss.order": Kind(
            "error",
            "Klaviyo counts revenue by the amounts of its order metrics, and knows an order again "
            "by its id.",
            "Send amount and id with every order.",
        ),
        "loss.most": Kind(
            "error",
            "More than half of the rule's events lose it.",
            "Mend what its diagnostic names.",
        ),
        "loss.some": Kind(
            "warning",
            "It is left out of these events, and of as large a part of the real ones.",
            "Mend what its diagnostic names.",
        ),
        "account.key": Kind(
            "error",
            "Nothing can be delivered with a key that Klaviyo does not accept.",
            "Make a private key with the scopes that are named, and give it as KLAVIYO_API_KEY.",
        ),
        "account.scope": Kind(
            "error",
            "The key may not do what delivery needs.",
            "Give the key the scope.",
        ),
        "account.currency": Kind(
            "warning",
            "Amounts without a currency are read in the account's, and reports convert.",
            "Set the currency that the shop sells in, or check the account's.",
        ),
        "account.revenue": Kind(
            "warning",
            "Only metrics that the account maps count as revenue in its reports.",
            "Map the metric in the account, or use the name that is mapped.",
        ),
    }
)
"""Every kind of finding, by its code."""


@frozen
class Example:
    """What shows it: an event, shrunk to its essence, and the call that it would make."""

    event: Any
    call: Any = None
    line: int | None = None
    """Its line in the sample, where it stands there."""


@frozen
class Finding:
    """Something that should be changed before the configuration goes live.

    `path` is the place in the configuration, `message` what is wrong there, `remedy` what to
    write instead.

    >>> found = Finding("metric.near", "mapping.order.complete.name", "…", 'name = "Placed Order"')
    >>> found.severity, found.why[:40]
    ('error', 'Metric names are case-sensitive at Klavi')
    """

    code: str
    path: str
    message: str
    remedy: str = ""
    example: Example | None = None
    is_grave: bool = False
    """An error, though its kind is only a warning: the sample shows what it costs."""

    @property
    def severity(self) -> Severity:
        """Errors cost events, revenue or privacy; warnings are worth a look."""
        return "error" if self.is_grave else KINDS[self.code].severity

    @property
    def why(self) -> str:
        """What it costs."""
        return KINDS[self.code].why

    @property
    def advice(self) -> str:
        """What to do: for this one, or in general."""
        return self.remedy or KINDS[self.code].remedy


def split_off(
    findings: Iterable[Finding], known: Iterable[str]
) -> tuple[tuple[Finding, ...], tuple[str, ...], tuple[str, ...]]:
    """The findings that are not known, those that are, and what is known and not there any more.

    `known` are codes or `code:path`, of findings that were looked at and are meant.

    >>> near = Finding("metric.near", "mapping.order.place.name", "…")
    >>> split_off([near], ["metric.near:mapping.order.place.name", "rule.unmet"])
    ((), ('metric.near:mapping.order.place.name',), ('rule.unmet',))
    """
    found, wanted = tuple(findings), tuple(known)
    names = [(one.code, f"{one.code}:{one.path}") for one in found]
    kept = tuple(
        one for one, forms in zip(found, names, strict=True) if not set(forms) & set(wanted)
    )
    said = tuple(place for code, place in names if {code, place} & set(wanted))
    there = {form for forms in names for form in forms}
    return kept, said, tuple(one for one in wanted if one not in there)


SAID_BETTER: Final = MappingProxyType(
    {
        "unique-id.repeats": "unique-id.constant",
        "path.unknown": "revenue.currency",
    }
)
"""What need not be said where the other has been said of the same place."""


def tidy(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each fault once, at its most exact place; errors first, then by their place."""
    first: dict[tuple[str, str], Finding] = {}
    for one in findings:
        first.setdefault((one.code, one.path), one)
    kept = [one for one in first.values() if not _is_said(one, first)]
    return in_order(kept)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by their place."""
    return tuple(sorted(findings, key=lambda one: (one.severity != "error", one.path, one.code)))


def _is_said(one: Finding, found: dict[tuple[str, str], Finding]) -> bool:
    if (SAID_BETTER.get(one.code, ""), one.path) in found:
        return True
    return any(
        code == one.code and path != one.path and path.startswith((f"{one.path}[", f"{one.path}."))
        for code, path in found
    )
