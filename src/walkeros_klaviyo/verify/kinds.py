"""What kinds of finding are there, why does each matter, and what should I do?

One table with a paragraph per kind: severity and code, why it matters, and after the arrow what to
do in general. Codes are stable, so that CI can rely on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, Literal, cast

from attrs import frozen

Severity = Literal["error", "warning"]


@frozen
class Kind:
    """A kind of finding: severity, why it matters, what to do in general, and its question."""

    severity: Severity
    why: str
    remedy: str
    question: str
    unless: tuple[str, ...] = ()
    """More specific kinds: if one is found at the same place or below, this one is dropped."""
    law: str = ""
    """The law for the same fault without a place; this finding then takes over its example."""
    is_shown: bool = True
    """Can a generated event show it? For some kinds, an event that is sent would mislead."""


_UNLESS: Final = {
    "config.doubtful": "policy.clears",
    "path.unknown": "revenue.currency policy.clears identity.nobody",
    "mapping.nothing": "path.unknown mapping.useless",
    "unique-id.constant": "value.path",
    "unique-id.unmapped": "path.unknown",
    "unique-id.repeats": "unique-id.constant",
    "value.path": "subscription.source",
    "trait.type": "value.path name.retired",
    "trait.other": "value.path trait.type trait.restless path.unknown",
    "identifier.type": "value.path",
    "revenue.type": "value.path revenue.other",
    "revenue.other": "value.path",
    "revenue.currency": "value.path",
}
_LAWS: Final = {
    "klaviyo.refuses": "what-is-sent-is-within-klaviyos-limits",
    "unique-id.constant": "distinct-events-have-distinct-unique-ids",
    "unique-id.repeats": "distinct-events-have-distinct-unique-ids",
    "unique-id.order": "a-reversal-carries-the-orders-unique-id",
    "revenue.currency": "revenue-has-a-currency",
    "privacy.property": "no-personal-data-in-properties",
}
_NOT_SHOWN: Final = frozenset(
    "rule.unreachable rule.unmet rule.ignores-all rule.no-orders rule.silenced policy.clears "
    "policy.overwrites identifier.type consent.never consent.forced".split()
)
_NEVER_SHOWN: Final = ("sample.", "property.", "loss.", "subscription.")
_TABLE: Final = """
## events
error sample.invalid
    What is not an event never reaches Klaviyo, and says nothing about the configuration.
    -> Send events as walkerOS does, one JSON object per line.
warning sample.ids
    Klaviyo keeps the first event of each metric, profile and unique_id, which is the event's own id
    where a rule maps none.
    -> Have the sender keep walkerOS's event id, which is unique.
## metrics
error metric.near
    Metric names are case-sensitive at Klaviyo: its own flows, reports and templates look for
    exactly their spelling, and this one becomes a separate metric.
    -> Write the name as Klaviyo does.
error metric.swapped
    Klaviyo's flows, reports and lifetime values take each event for what its metric says.
    -> Give the event the metric of what happened.
error metric.twice
    Each order is counted twice: revenue, lifetime value and the number of orders double.
    -> Replace one of the two rules by { ignore = true }.
error name.retired
    Klaviyo's current API has no field of that name: it becomes a property without meaning.
    -> Use the setting that the field is for.
## rules
error rule.unreachable
    No event ever reaches the rule: one before it takes them all, or no event can have its name.
    -> Give the rule before it a condition, put this one first, or correct its name.
warning rule.unmet
    No event of the sample meets the rule, so nothing comes of it.
    -> Write entity and action as the site sends them.
error rule.ignores-all
    Its condition should stop some of the events, and none reaches the rules after it.
    -> Correct the condition, or remove the rule.
warning rule.no-orders
    Klaviyo knows of no order: no revenue, no lifetime value, no thank-you.
    -> Record them as "Placed Order".
error rule.silenced
    The rule says what to record, and records nothing.
    -> Leave out either the switch or the rest.
warning backfill.always
    No event starts a flow: no mail about a cart, an order or a welcome goes out.
    -> Set backfill in the rules of old events only.
warning backfill.missing
    Klaviyo starts its flows for each: customers get mail about orders of years ago.
    -> Send old events with settings.backfill = true.
warning config.doubtful
    It has no effect, or not the intended one.
    -> Correct or remove it.
## values
error event.kept-back
    The event becomes a dead letter before anything of it is mapped.
    -> Fix the function or policy that is named.
warning path.unknown
    No event of the sample that meets the rule has anything there, so the field stays empty.
    -> Name a path that the events have, or leave it out.
error policy.clears
    A policy runs before the mappings, so what it clears is there for none of them.
    -> Leave it out of the policy, or set it to what is wanted.
error policy.overwrites
    A policy runs before the mappings: what it sets is all that they see.
    -> Leave it out of the policy.
error value.path
    Every event carries these words literally, and not what is at the path.
    -> Write the path by itself; what is under value is a constant.
warning mapping.nothing
    It yields nothing for any event of the sample, so the field stays empty.
    -> Fix the function or the condition, or map what the events have.
error klaviyo.refuses
    Klaviyo would refuse the event, so it becomes a dead letter and is not recorded.
    -> Bring the value within Klaviyo's limits.
warning value.pair
    Klaviyo's segments and flows compare one value, and a context entry is a list: the value and its
    order.
    -> Write the entry's first part.
error mapping.useless
    The mapping does not do what it is for: the value is lost, or another one is used.
    -> Map a value of the right kind, or leave the mapping out.
## properties
warning property.near
    Property names are case-sensitive at Klaviyo: its templates, feeds and segments look for exactly
    their spelling.
    -> Write the name as Klaviyo does.
warning property.other
    Klaviyo's templates, feeds and segments take a property for what its name says.
    -> Map what the name says.
## unique ids
error unique-id.constant
    Klaviyo keeps the first event of each unique_id: every later one is lost.
    -> Map what differs from event to event, such as "data.id" of an order, or leave it out.
error unique-id.unmapped
    An order whose page is loaded again counts once more, and no cancellation can name it.
    -> Map the order's id: settings.uniqueId = "data.id".
error unique-id.repeats
    Klaviyo keeps the first event of each metric, profile and unique_id: the others are lost.
    -> Map what is unique to each event, or leave uniqueId out.
error unique-id.order
    Klaviyo takes a canceled or refunded order out of the customer's lifetime value by the unique_id
    of its Placed Order only.
    -> Map the order's id in both rules, for example uniqueId = "data.id".
## profile
error trait.restless
    The profile is updated at every event: at 750 upserts a minute Klaviyo's limit is soon reached,
    and events wait behind them.
    -> Send what changes from event to event as a property of the event.
error trait.type
    Klaviyo does not take the value, so the field is left out of every call.
    -> Map a value of the right type.
warning trait.locale
    Klaviyo chooses a language by a tag such as de-DE, and understands no other form.
    -> Map a tag, such as "de" or "de-DE".
error trait.other
    Emails address people by it and segments sort by it, and it belongs to something else.
    -> Map what the trait's name says, or leave it out.
warning trait.object
    Klaviyo's segments and templates do not look into objects below properties.
    -> Map its fields one by one.
## identity
error identifier.type
    Klaviyo tells people apart by identifiers: profiles are lost, doubled or mixed up.
    -> Map a path that holds one.
error identity.nobody
    Without an identifier nothing can be sent: every event is dropped as unidentified.
    -> Map email, phoneNumber or externalId to where the events have them.
## revenue
error revenue.type
    What is not a clean number is left out, and the event counts no revenue.
    -> Map a number, or a string such as "1299.00".
error revenue.unmapped
    The order counts no revenue: reports, lifetime value and attribution show nothing.
    -> Map the amount: settings.value = "data.total".
error revenue.other
    Klaviyo adds up an amount that nobody paid.
    -> Map what was paid, for example settings.value = "data.total".
error revenue.currency
    Klaviyo then reads the amount in the account's currency: 100 JPY become 100 EUR.
    -> Set settings.currency of the rule or of the destination, for example "EUR".
## consent
error consent.never
    What needs a consent that is never granted is never sent.
    -> Name the consent state as the site sends it.
error consent.missing
    What people refused goes to Klaviyo all the same.
    -> Ask for the consent: consent = { marketing = true }.
error consent.forced
    What people refused goes to Klaviyo as if they had granted it.
    -> Leave it out of the policy.
error consent.any
    One of the named states is enough, so people who refused the other are sent all the same.
    -> Name the one state that is needed.
## subscriptions
warning subscription.consent
    Klaviyo is told that they agreed to messages, and they agreed to something else.
    -> Ask for a consent to marketing: consent = { marketing = true }.
error subscription.list
    Klaviyo refuses a request that names a list that it does not have, so nobody is subscribed.
    -> Write the list's id, as in its address at Klaviyo.
error subscription.browsing
    People who only looked get emails, and complain; they agreed to something else.
    -> Subscribe where people ask for it.
warning subscription.unreachable
    Nobody is subscribed, or unsubscribed, by that channel.
    -> Leave the channel out, or map its address.
warning subscription.all
    Klaviyo removes from the list whoever is on it; for everyone else it ends every subscription.
    -> Leave list out: the person then leaves all marketing, as they expect.
error subscription.source
    Klaviyo records these words literally as the source of every consent.
    -> Say where it is: source = { key = "data.source" }.
## privacy
error privacy.secret
    What opens an account or pays is visible to everybody who may see the profile or the event, and
    in exports.
    -> Leave it out.
error privacy.property
    Event properties show in flows, exports and integrations, and are not erased with a profile's
    fields; the person is named by the profile already.
    -> Leave it out, or remove it from the properties.
## elsewhere
error law.broken
    A law that every sound configuration keeps does not hold for this one.
    -> Change the configuration so that the law holds for the example.
error loss.refused
    The event becomes a dead letter and is not recorded.
    -> Fix what its diagnostic names.
error loss.order
    Klaviyo counts revenue by the amounts of its order metrics, and knows an order again by its id.
    -> Send amount and id with every order.
error loss.most
    More than half of the rule's events lose it.
    -> Fix what its diagnostic names.
warning loss.some
    It is missing from these events, and from about as large a share of the real ones.
    -> Fix what its diagnostic names.
error account.key
    Nothing can be delivered with a key that Klaviyo does not accept.
    -> Make a private key with the scopes that are named, and give it as KLAVIYO_API_KEY.
error account.scope
    The key may not do what delivery needs.
    -> Give the key the scope.
warning account.bulk
    Profiles then go one by one: 750 a minute, in place of 10,000 a request.
    -> Give the key the scopes.
error account.list
    Klaviyo refuses a request that names a list that it does not have, so nobody is subscribed.
    -> Make the list, or write the id of one that the account has.
warning account.currency
    Amounts without a currency are read in the account's, and reports convert.
    -> Set the currency that the shop sells in, or check the account's.
warning account.revenue
    Only metrics that the account maps count as revenue in its reports.
    -> Map the metric in the account, or use the name that is mapped.
"""


def _kinds() -> Iterator[tuple[str, Kind]]:
    for part in _TABLE.split("## ")[1:]:
        question, _, rows = part.partition("\n")
        for row in rows.replace("\n    ", " ").splitlines():
            head, _, remedy = row.partition(" -> ")
            severity, code, why = head.split(" ", 2)
            unless, law = tuple(_UNLESS.get(code, "").split()), _LAWS.get(code, "")
            is_shown = code not in _NOT_SHOWN and not code.startswith(_NEVER_SHOWN)
            yield code, Kind(cast(Severity, severity), why, remedy, question, unless, law, is_shown)


KINDS: Final = MappingProxyType(dict(_kinds()))
"""Every kind of finding, by code."""
