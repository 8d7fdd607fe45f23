"""Which codes are there, how bad is each, what does it mean, and what is to be done?

A table, and a promise: codes are stable, so that scripts and people can rely on them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

Severity = Literal["error", "warning", "info"]


@frozen
class Code:
    """One row of the table: severity, meaning and remedy of a diagnostic code."""

    severity: Severity
    meaning: str
    remedy: str


CODES: Final = MappingProxyType(
    {
        # the event itself
        "event.not-an-object": Code(
            "error",
            "The line is JSON, but no object.",
            "Send one walkerOS event, a JSON object, a line.",
        ),
        "event.name": Code(
            "error",
            "The event has no name of two words.",
            'Name it "entity action", for example "order complete".',
        ),
        "event.timestamp": Code(
            "error",
            "The event has no usable timestamp.",
            "Send milliseconds since 1970 as a number, as walkerOS does.",
        ),
        "event.not-json": Code(
            "error",
            "The line or row is not JSON, not UTF-8, or holds what JSON cannot.",
            "Mend it at the named place; a line's NaN and Infinity are not JSON.",
        ),
        "event.too-deep": Code(
            "error",
            "The event is nested too deeply to be read safely.",
            "Flatten it; Klaviyo's properties are flat or nearly so.",
        ),
        "event.number-rounded": Code(
            "warning",
            "A number has more digits than a JSON number can keep; it was rounded.",
            "Send long numbers as text, amounts with their real digits only.",
        ),
        "event.not-unicode": Code(
            "warning",
            "A text holds half of a character; the half was replaced by U+FFFD.",
            "Cut texts between characters, not within one.",
        ),
        # decisions
        "destination.disabled": Code(
            "info", "The destination is switched off.", 'Remove "disabled" from the configuration.'
        ),
        "destination.mocked": Code(
            "info",
            "walkerOS's test switch is set, so nothing is sent.",
            'Remove "mock" from the configuration.',
        ),
        "consent.not-boolean": Code(
            "warning",
            "A consent state that is asked for is neither true nor false, and so is not granted.",
            "Let the sender write true where the visitor agreed.",
        ),
        "consent.denied": Code(
            "info",
            "The consent that the configuration asks for is not granted on the event.",
            "Nothing, if the visitor declined; else check the names of the consent states.",
        ),
        "rule.ignored": Code(
            "info", "The matched rule says ignore.", "Nothing, or remove the rule's ignore."
        ),
        "condition.raised": Code(
            "error",
            "A rule's condition raised; the event is kept back rather than sent by another rule.",
            "Mend the condition, then send the event again.",
        ),
        "function.raised": Code(
            "error",
            "A function or stage of your own raised; the event is kept back.",
            "Mend it (the function given to before or after, or the stage), then send the event "
            "again.",
        ),
        "policy.broke-event": Code(
            "error",
            "A policy left the event without a usable name or timestamp.",
            "Mend the policy that sets it.",
        ),
        "policy.grants-consent": Code(
            "warning",
            "A policy would grant a consent that the visitor has not given; it was not applied.",
            "Remove that path from the policy; where consent stands elsewhere, let the collector "
            "set it.",
        ),
        "route.unknown-account": Code(
            "error",
            "No account could be chosen for the event.",
            "Let the choosing function return one of the route's names.",
        ),
        # mapping values
        "value.not-a-list": Code(
            "warning",
            "A loop's source is not a list; the value is left out.",
            "Point the loop at a list, for example nested.",
        ),
        "value.holds-null": Code(
            "info",
            "A list or object holds nulls: of an object they are left out, in a list they stay.",
            "Nothing, or let the sender leave out what it does not know.",
        ),
        "value.not-json": Code(
            "warning",
            "A value is nothing that JSON can hold (NaN, an infinity, a foreign object).",
            "Send numbers, texts, booleans, lists and objects.",
        ),
        "value.too-deep": Code(
            "warning", "A value is nested too deeply and is left out.", "Map the inner value."
        ),
        "value.misfit": Code(
            "warning",
            "A function of the file ($fn:…) was given what it cannot take; the value is left out.",
            "Put another function before it, or point it at what it can take.",
        ),
        "value.raised": Code(
            "warning",
            "A function of the configuration raised; its value is left out.",
            "Mend the function named by the path.",
        ),
        "properties.not-an-object": Code(
            "warning",
            "The event's data resolved to something that is no object and cannot be properties.",
            'Use {"map": {"Name": …}} to give it a name.',
        ),
        "properties.same-name": Code(
            "warning",
            "Two places of the event that include flattens meet in one name.",
            "Map one of them by hand, under a name of its own.",
        ),
        # who
        "identity.none": Code(
            "warning",
            "No identifier is left, so Klaviyo could not tell whose event it is.",
            "Map email, externalId, phoneNumber, anonymousId or kx to where the event has them.",
        ),
        "email.invalid": Code(
            "warning",
            "The email address has no valid shape and is left out.",
            "Check the field that the mapping points at.",
        ),
        "phone.invalid": Code(
            "warning",
            "The phone number is none that could exist and is left out.",
            "Send +country code and number, or set phoneRegion for national numbers.",
        ),
        "external-id.invalid": Code(
            "warning",
            "The external id is no text or number, or a placeholder, and is left out.",
            "Point externalId at the customer's id.",
        ),
        "anonymous-id.invalid": Code(
            "warning",
            "The anonymous id is no text or number, or a placeholder, and is left out.",
            "Point anonymousId at the device's or session's id.",
        ),
        "kx.invalid": Code(
            "warning",
            "The exchange id is no text and is left out.",
            "Point kx at the _kx parameter as Klaviyo set it.",
        ),
        "phone-region.invalid": Code(
            "warning",
            "The phone region is no two-letter country code that has phone numbers.",
            "Use codes such as DE or US.",
        ),
        "identify.not-an-object": Code(
            "warning",
            "The identify mapping resolved to something that is no object; no upsert is made.",
            'Use {"map": {"firstName": …}}.',
        ),
        "profile.unknown-field": Code(
            "warning",
            "A profile field is none of Klaviyo's and is left out.",
            "Put traits of your own under properties.",
        ),
        "profile.given-twice": Code(
            "warning",
            "A profile field is given in both spellings; the camelCase one is used.",
            "Remove one of them.",
        ),
        "profile.wrong-type": Code(
            "warning",
            "A profile field has a type that Klaviyo refuses and is left out.",
            "Map it to a text (properties and location: an object).",
        ),
        # how much
        "revenue.missing": Code(
            "info",
            "The rule maps a revenue value, but the event has none.",
            "Check the path, or that the shop sends the total.",
        ),
        "revenue.not-a-number": Code(
            "warning",
            "The revenue is no clean number; the event goes without a value.",
            'Send 1299.00 or "1299.00": no thousands separator, unit or currency sign.',
        ),
        "revenue.inexact": Code(
            "warning",
            "The revenue has more digits than a number can hold; the event goes without a value.",
            "Send the amount with its real digits.",
        ),
        "revenue.ambiguous": Code(
            "warning",
            "The amount may have a thousands separator (1.299); it is left out.",
            "Send a number, or a text with two decimals such as 1299.00.",
        ),
        "revenue.negative": Code(
            "info",
            "The amount is below zero; Klaviyo subtracts it.",
            "Nothing, if it is a refund; else check what the rule maps.",
        ),
        "revenue.finer": Code(
            "info",
            "The amount has more decimals than its currency.",
            "Check that the amount is in the currency's own unit, and round it.",
        ),
        "currency.missing": Code(
            "warning",
            "The configured currency yields nothing, so the amount is sent without one.",
            'Add a code that stands in, for example ["data.currency", "EUR"].',
        ),
        "currency.unknown": Code(
            "warning",
            "The currency is no ISO 4217 code and is left out.",
            "Send three letters such as EUR.",
        ),
        "backfill.invalid": Code(
            "warning",
            "The backfill setting resolved to no boolean; it is left out and flows may start.",
            "Let it resolve to true or false.",
        ),
        "backfill.not-history": Code(
            "error",
            "run --backfill, and a transform of your own made what would start flows.",
            "Build the transform from the configuration that it is given.",
        ),
        "profile.blank": Code(
            "info",
            "A trait is blank or a placeholder; it is not told, and wipes nothing.",
            "Nothing, or let the sender leave out what it does not know.",
        ),
        "profile.nothing-told": Code(
            "info",
            "The rule is silent and tells nothing of the person, so nothing of the event is sent.",
            "Map identify or subscribe somebody, say; or say ignore if that is what is meant.",
        ),
        "profile.stale": Code(
            "info",
            "Klaviyo was told something newer (of an event more than a day newer, or after this "
            "dead letter): this event's traits are not told.",
            "Nothing: an old event does not overwrite what is known since.",
        ),
        "profile.needs-identifier": Code(
            "info",
            "An anonymous id alone names no profile to update or to put on a list.",
            "Nothing, or map an email, external id, phone number or _kx.",
        ),
        "unique-id.reused": Code(
            "warning",
            "One metric, person and unique id, and other content: Klaviyo keeps the first.",
            "Let uniqueId tell different events apart.",
        ),
        "event.repeated": Code(
            "warning",
            "One event id and metric came again for another person or with another unique id: "
            "Klaviyo records both.",
            "Give each event an id of its own; let uniqueId stay the same where one is resent.",
        ),
        "subscription.no-address": Code(
            "warning",
            "A subscription by a channel was asked for, and the event has no address for it.",
            "Map email or phoneNumber, or ask only for the channels that the shop has.",
        ),
        "subscription.no-list": Code(
            "warning",
            "The list of a subscription could not be read; nobody is subscribed.",
            "Check the list's path, or write the list's id.",
        ),
        "subscription.unclear": Code(
            "warning",
            "What says whether a channel is meant is neither true nor false.",
            "Map it to true or false; nobody is subscribed by anything else.",
        ),
        "subscription.stale": Code(
            "info",
            "Klaviyo was told otherwise by a newer event; a no gives way only to a yes that is "
            "more than a day newer.",
            "Nothing; check the events' timestamps if they should be newer.",
        ),
        "lists.none": Code(
            "warning",
            "A list on which the person was to be put could not be read.",
            "Check the path of the list's id, or write the id.",
        ),
        "items.none": Code(
            "info",
            "The rule asks for order lines, but the event has none.",
            "Check items.loop, or that the shop sends the lines.",
        ),
        "items.sum-differs": Code(
            "info",
            "The lines' amounts do not add up to the order's, with shipping, tax and discount or "
            "without.",
            "Check items.value and the rule's value; something may be paid for that is no line.",
        ),
        "rule.extends-nothing": Code(
            "warning",
            "There is no shipped rule beneath that this one could extend.",
            'Write what stands under "extend" as the rule itself.',
        ),
        # once
        "unique-id.missing": Code(
            "warning",
            "The mapped unique id is not on the event; the event's own id is used, so that a page "
            "that is loaded again records it again.",
            "Point uniqueId at what the event has, for example data.id.",
        ),
        "unique-id.invalid": Code(
            "warning",
            "The mapped unique id is no text or number, or a placeholder; the event's id is used.",
            "Point uniqueId at a text or number, for example data.id.",
        ),
        "unique-id.derived": Code(
            "info",
            "The event has no id; its unique id is a digest of its content.",
            "Let the sender keep walkerOS's event id.",
        ),
        # Klaviyo would refuse it
        "time.looks-like-seconds": Code(
            "error",
            "The timestamp looks like seconds; read as milliseconds it lies in 1970.",
            "Multiply by 1000.",
        ),
        "time.too-early": Code(
            "error", "Klaviyo refuses events before 1990.", "Send the real time, in milliseconds."
        ),
        "time.too-late": Code(
            "error",
            "Klaviyo refuses events more than a year ahead.",
            "Check the sender's clock and that the timestamp is in milliseconds.",
        ),
        "stage.unknown-call": Code(
            "error",
            "A stage of your own makes a call that this library cannot send.",
            "Make events.create_event or profiles.create_or_update_profile, or send it yourself.",
        ),
        "metric.invalid": Code(
            "error",
            "The metric's name is empty or has 128 characters or more.",
            "Give the rule a shorter name.",
        ),
        "limit.properties": Code(
            "error",
            "The event has more than 400 properties.",
            "Map fewer, or nest what no segment needs.",
        ),
        "limit.string": Code(
            "error",
            "A text is larger than 100 KB in UTF-8.",
            "Shorten it, or leave it out with remove.",
        ),
        "limit.size": Code(
            "error", "The request is larger than Klaviyo takes.", "Map less of the event."
        ),
        "text.not-unicode": Code(
            "error",
            "A text holds half of a character, which UTF-8 cannot carry.",
            "Cut texts between characters, not within one.",
        ),
        # what waits on the disk
        "store.damaged": Code(
            "error",
            "A call that waited in the store is not as it was written; it was never sent.",
            "Look at the disk; send the line it names again, then drop the letter.",
        ),
        # the configuration, where it is only doubtful
        "config.no-meaning": Code(
            "warning",
            "A walkerOS setting that has no meaning for this destination.",
            "Remove it, or leave it: it does nothing here.",
        ),
        "config.renamed": Code(
            "warning", "A setting goes by an older name.", "Use the name of walkerOS 4."
        ),
        "config.unknown-section": Code(
            "warning",
            "include names a section that no event has.",
            "Use data, globals, context, user, source, event or all.",
        ),
        "config.yields-nothing": Code(
            "warning", "A mapping value can never yield anything.", "Complete or remove it."
        ),
        "config.never-granted": Code(
            "warning",
            "A consent requirement names only states that are false, so nothing can grant it.",
            'Name one, for example {"marketing": true}.',
        ),
    }
)
"""Every code that can appear, by its name."""
