"""What kinds of finding are there, what does each cost, and what is to be done?

One table a question, by code. Codes are stable, so that CI can rely on them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

Severity = Literal["error", "warning"]


@frozen
class Kind:
    """How bad it is, what it costs, and what to do in general."""

    severity: Severity
    why: str
    remedy: str
    unless: tuple[str, ...] = ()
    """Kinds that say it better: where one is found at the same place or below, this is not said."""
    law: str = ""
    """The law that says the same without the place; its example is then this finding's."""
    is_shown: bool = True
    """Can a generated event show it? One that is sent may say the contrary."""


Kinds = dict[str, Kind]

EVENTS: Final[Kinds] = {
    "sample.invalid": Kind(
        "error",
        "What is no event becomes nothing at Klaviyo, and says nothing of the configuration.",
        "Send events as walkerOS does, one JSON object a line.",
        is_shown=False,
    ),
    "sample.ids": Kind(
        "warning",
        "Klaviyo keeps the first event of each metric, profile and unique_id, which is the event's "
        "own id where a rule maps none.",
        "Let the sender keep walkerOS's event id, which is one of a kind.",
        is_shown=False,
    ),
}

METRICS: Final[Kinds] = {
    "metric.near": Kind(
        "error",
        "Metric names are case-sensitive at Klaviyo: its own flows, reports and templates look "
        "for exactly their spelling, and this one becomes a metric of its own.",
        "Write the name as Klaviyo does.",
    ),
    "metric.swapped": Kind(
        "error",
        "Klaviyo's flows, reports and lifetime values take each event for what its metric says.",
        "Give the event the metric of what happened.",
    ),
    "metric.twice": Kind(
        "error",
        "Each order is counted twice: revenue, lifetime value and the number of orders double.",
        "Replace one of the two rules by { ignore = true }.",
    ),
    "name.retired": Kind(
        "error",
        "Klaviyo's present API reads no field of that name: it becomes a property that counts for "
        "nothing.",
        "Use the setting that the field is for.",
    ),
}
RULES: Final[Kinds] = {
    "rule.unreachable": Kind(
        "error",
        "No event ever gets to the rule: one before it takes all, or none can have its name.",
        "Give the rule before it a condition, put this one first, or mend its name.",
        is_shown=False,
    ),
    "rule.unmet": Kind(
        "warning",
        "No event of the sample meets the rule, so nothing comes of it.",
        "Write entity and action as the site sends them.",
        is_shown=False,
    ),
    "rule.ignores-all": Kind(
        "error",
        "Its condition is to stop some of the events, and none gets to the rules after it.",
        "Mend the condition, or leave the rule out.",
        is_shown=False,
    ),
    "rule.no-orders": Kind(
        "warning",
        "Klaviyo knows of no order: no revenue, no lifetime value, no thank-you.",
        'Record them as "Placed Order".',
        is_shown=False,
    ),
    "rule.silenced": Kind(
        "error",
        "The rule says what is to be recorded, and records nothing.",
        "Leave out either the switch or the rest.",
        is_shown=False,
    ),
    "backfill.always": Kind(
        "warning",
        "No event starts a flow: no mail about a cart, an order or a welcome goes out.",
        "Set backfill in the rules of old events only.",
    ),
    "backfill.missing": Kind(
        "warning",
        "Klaviyo starts its flows for each: customers get mail about orders of years ago.",
        "Send old events with settings.backfill = true.",
    ),
    "config.doubtful": Kind(
        "warning",
        "It has no effect, or not the one that was meant.",
        "Correct or remove it.",
        unless=("policy.clears",),
    ),
}
VALUES: Final[Kinds] = {
    "event.kept-back": Kind(
        "error",
        "The event becomes a dead letter before anything of it is mapped.",
        "Mend the function or the policy that is named.",
    ),
    "path.unknown": Kind(
        "warning",
        "No event of the sample that meets the rule has anything there, so the field stays empty.",
        "Name a path that the events have, or leave it out.",
        unless=("revenue.currency", "policy.clears", "identity.nobody"),
    ),
    "policy.clears": Kind(
        "error",
        "A policy runs before the mappings, so what it clears is there for none of them.",
        "Leave it out of the policy, or set it to what is wanted.",
        is_shown=False,
    ),
    "policy.overwrites": Kind(
        "error",
        "A policy runs before the mappings: what it sets is all that they see.",
        "Leave it out of the policy.",
        is_shown=False,
    ),
    "value.path": Kind(
        "error",
        "Every event carries these very words, and not what stands at the path.",
        "Write the path by itself; what stands under value is a constant.",
    ),
    "mapping.nothing": Kind(
        "warning",
        "Nothing comes of it at any event of the sample, so the field stays empty.",
        "Mend the function or the condition, or map what the events have.",
        unless=("path.unknown", "mapping.useless"),
    ),
    "klaviyo.refuses": Kind(
        "error",
        "Klaviyo would refuse the event, so it becomes a dead letter and is not recorded.",
        "Bring the value within Klaviyo's limits.",
        law="what-is-sent-is-within-klaviyos-limits",
    ),
    "value.pair": Kind(
        "warning",
        "Klaviyo's segments and flows compare one value, and a context entry is a list: the value "
        "and its order.",
        "Write the entry's first part.",
    ),
    "mapping.useless": Kind(
        "error",
        "What the mapping is for does not happen: the value is lost, or another one is used.",
        "Map a value of the right kind, or leave the mapping out.",
    ),
}
PROPERTIES: Final[Kinds] = {
    "property.near": Kind(
        "warning",
        "Property names are case-sensitive at Klaviyo: its templates, feeds and segments look for "
        "exactly their spelling.",
        "Write the name as Klaviyo does.",
        is_shown=False,
    ),
    "property.other": Kind(
        "warning",
        "Klaviyo's templates, feeds and segments take a property for what its name says.",
        "Map what the name says.",
        is_shown=False,
    ),
}
UNIQUE_IDS: Final[Kinds] = {
    "unique-id.constant": Kind(
        "error",
        "Klaviyo keeps the first event of each unique_id: every later one is lost.",
        'Map what differs from event to event, such as "data.id" of an order, or leave it out.',
        unless=("value.path",),
        law="distinct-events-have-distinct-unique-ids",
    ),
    "unique-id.unmapped": Kind(
        "error",
        "An order whose page is loaded again counts once more, and no cancellation can name it.",
        'Map the order\'s id: settings.uniqueId = "data.id".',
        unless=("path.unknown",),
    ),
    "unique-id.repeats": Kind(
        "error",
        "Klaviyo keeps the first event of each metric, profile and unique_id: the others are lost.",
        "Map what is one of a kind for each event, or leave uniqueId out.",
        unless=("unique-id.constant",),
        law="distinct-events-have-distinct-unique-ids",
    ),
    "unique-id.order": Kind(
        "error",
        "Klaviyo takes a canceled or refunded order out of the customer's lifetime value by the "
        "unique_id of its Placed Order only.",
        'Map the order\'s id in both rules, for example uniqueId = "data.id".',
        law="a-reversal-carries-the-orders-unique-id",
    ),
}
PROFILE: Final[Kinds] = {
    "trait.restless": Kind(
        "error",
        "The profile is told anew at every event: at 750 upserts a minute Klaviyo's limit is soon "
        "reached, and events wait behind them.",
        "Send what changes from event to event as a property of the event.",
    ),
    "trait.type": Kind(
        "error",
        "Klaviyo does not take the value, so the field is left out of every call.",
        "Map a value of the right type.",
        unless=("value.path", "name.retired"),
    ),
    "trait.locale": Kind(
        "warning",
        "Klaviyo chooses a language by a tag such as de-DE, and knows no other word for it.",
        'Map a tag, such as "de" or "de-DE".',
    ),
    "trait.other": Kind(
        "error",
        "Mails address the person by it and segments sort by it, and it is something else's.",
        "Map what the trait's name says, or leave it out.",
        unless=("value.path", "trait.type", "trait.restless", "path.unknown"),
    ),
    "trait.object": Kind(
        "warning",
        "Klaviyo's segments and templates do not look into objects below properties.",
        "Map its fields one by one.",
    ),
}
IDENTITY: Final[Kinds] = {
    "identifier.type": Kind(
        "error",
        "Klaviyo tells people apart by identifiers: profiles are lost, doubled or mixed up.",
        "Map a path that holds one.",
        unless=("value.path",),
        is_shown=False,
    ),
    "identity.nobody": Kind(
        "error",
        "Without an identifier nothing can be sent: every event is dropped as unidentified.",
        "Map email, phoneNumber or externalId to where the events have them.",
    ),
}
REVENUE: Final[Kinds] = {
    "revenue.type": Kind(
        "error",
        "What is no clean number is left out, and the event counts no revenue.",
        'Map a number, or a text such as "1299.00".',
        unless=("value.path", "revenue.other"),
    ),
    "revenue.unmapped": Kind(
        "error",
        "The order counts no revenue: reports, lifetime value and attribution show nothing.",
        'Map the amount: settings.value = "data.total".',
    ),
    "revenue.other": Kind(
        "error",
        "Klaviyo adds up an amount that nobody paid.",
        'Map what was paid, for example settings.value = "data.total".',
        unless=("value.path",),
    ),
    "revenue.currency": Kind(
        "error",
        "Klaviyo then reads the amount in the account's currency: 100 JPY become 100 EUR.",
        'Set settings.currency of the rule or of the destination, for example "EUR".',
        unless=("value.path",),
        law="revenue-has-a-currency",
    ),
}
CONSENT: Final[Kinds] = {
    "consent.never": Kind(
        "error",
        "What needs a consent that is never granted is never sent.",
        "Name the consent state as the site sends it.",
        is_shown=False,
    ),
    "consent.missing": Kind(
        "error",
        "What people refused goes to Klaviyo all the same.",
        "Ask for the consent: consent = { marketing = true }.",
    ),
    "consent.forced": Kind(
        "error",
        "What people refused goes to Klaviyo as if they had granted it.",
        "Leave it out of the policy.",
        is_shown=False,
    ),
    "consent.any": Kind(
        "error",
        "One of the states that are named is enough, so who refused the other is sent all the "
        "same.",
        "Name the one state that is needed.",
    ),
}
PRIVACY: Final[Kinds] = {
    "privacy.secret": Kind(
        "error",
        "What opens an account or pays shows to everybody who may see the profile or the event, "
        "and in exports.",
        "Leave it out.",
    ),
    "privacy.property": Kind(
        "error",
        "Event properties show in flows, exports and integrations, and are not erased with a "
        "profile's fields; the person is named by the profile already.",
        "Leave it out, or remove it from the properties.",
        law="no-personal-data-in-properties",
    ),
}
ELSEWHERE: Final[Kinds] = {
    "law.broken": Kind(
        "error",
        "A law that every sound configuration keeps does not hold for this one.",
        "Change the configuration so that the law holds for the example.",
    ),
    "loss.refused": Kind(
        "error",
        "The event becomes a dead letter and is not recorded.",
        "Mend what its diagnostic names.",
        is_shown=False,
    ),
    "loss.order": Kind(
        "error",
        "Klaviyo counts revenue by the amounts of its order metrics, and knows an order again by "
        "its id.",
        "Send amount and id with every order.",
        is_shown=False,
    ),
    "loss.most": Kind(
        "error",
        "More than half of the rule's events lose it.",
        "Mend what its diagnostic names.",
        is_shown=False,
    ),
    "loss.some": Kind(
        "warning",
        "It is left out of these events, and of as large a part of the real ones.",
        "Mend what its diagnostic names.",
        is_shown=False,
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
    "account.bulk": Kind(
        "warning",
        "Profiles then go one by one: 750 a minute, in place of 10,000 a request.",
        "Give the key the scopes.",
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
"""What the sample as a whole, the laws and the account say."""

KINDS: Final = MappingProxyType(
    {
        **EVENTS,
        **METRICS,
        **RULES,
        **VALUES,
        **PROPERTIES,
        **UNIQUE_IDS,
        **PROFILE,
        **IDENTITY,
        **REVENUE,
        **CONSENT,
        **PRIVACY,
        **ELSEWHERE,
    }
)
"""Every kind of finding, by its code."""
