"""Which diagnostic codes exist, how severe is each, what does it mean, and what should I do?

Codes are stable: scripts and people may rely on them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

from attrs import frozen

Severity = Literal["error", "warning", "info"]


@frozen
class Code:
    """A row of the table: severity, meaning and remedy of a diagnostic code.

    >>> CODES["currency.unknown"].severity
    'warning'
    """

    severity: Severity
    meaning: str
    remedy: str


CODES: Final = MappingProxyType(
    {
        # the event itself
        "event.not-an-object": Code(
            "error",
            "The line is JSON, but not an object.",
            "Send one walkerOS event, a JSON object, per line.",
        ),
        "event.name": Code(
            "error",
            "The event's name is missing, or is not two words.",
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
            "Correct it at the place named; NaN and Infinity are not JSON.",
        ),
        "event.too-deep": Code(
            "error",
            "The event is nested too deeply to be read safely.",
            "Flatten it; Klaviyo's properties are flat or nearly so.",
        ),
        "event.number-rounded": Code(
            "warning",
            "A number has more digits than a JSON number can keep; it was rounded.",
            "Send long numbers as strings, and amounts with their real digits only.",
        ),
        "event.not-unicode": Code(
            "warning",
            "A string holds an unpaired surrogate, which was replaced by U+FFFD.",
            "Cut strings between characters, not within one.",
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
            "A required consent state is neither true nor false, so it is not granted.",
            "Have the sender write true where the visitor agreed.",
        ),
        "consent.denied": Code(
            "info",
            "The event does not grant the consent that the configuration requires.",
            "Nothing, if the visitor declined; otherwise check the names of the consent states.",
        ),
        "rule.ignored": Code(
            "info", "The matching rule says to ignore it.", "Nothing, or remove the rule's ignore."
        ),
        "condition.raised": Code(
            "error",
            "A rule's condition raised; the event is held back rather than sent by another rule.",
            "Fix the condition, then send the event again.",
        ),
        "function.raised": Code(
            "error",
            "One of your own functions or stages raised; the event is held back.",
            "Fix it (the function given to before or after, or the stage), then send the event "
            "again.",
        ),
        "policy.broke-event": Code(
            "error",
            "A policy left the event without a usable name or timestamp.",
            "Fix the policy that sets it.",
        ),
        "policy.grants-consent": Code(
            "warning",
            "A policy would grant consent that the visitor did not give; it was not applied.",
            "Remove that path from the policy; if consent is recorded elsewhere, have the "
            "collector set it.",
        ),
        "route.unknown-account": Code(
            "error",
            "No account could be chosen for the event.",
            "Have the choosing function return one of the route's names.",
        ),
        # mapping values
        "value.not-a-list": Code(
            "warning",
            "A loop's source is not a list; the value is left out.",
            "Point the loop at a list, for example nested.",
        ),
        "value.holds-null": Code(
            "info",
            "A list or object holds nulls: they are left out of objects, and kept in lists.",
            "Nothing, or have the sender omit what it does not know.",
        ),
        "value.not-json": Code(
            "warning",
            "A value cannot be held in JSON (NaN, an infinity, a foreign object).",
            "Send numbers, strings, booleans, lists and objects.",
        ),
        "value.too-deep": Code(
            "warning", "A value is nested too deeply and is left out.", "Map the inner value."
        ),
        "value.misfit": Code(
            "warning",
            "A function named in the file ($fn:…) cannot take its input; the value is left out.",
            "Put another function before it, or point it at something it can take.",
        ),
        "value.raised": Code(
            "warning",
            "A function in the configuration raised; its value is left out.",
            "Fix the function that the path names.",
        ),
        "properties.not-an-object": Code(
            "warning",
            "The event's data did not resolve to an object, so it cannot be properties.",
            'Use {"map": {"Name": …}} to give it a name.',
        ),
        "properties.same-name": Code(
            "warning",
            "Two fields that include flattens end up under the same name.",
            "Map one of them yourself, under another name.",
        ),
        # who
        "identity.none": Code(
            "warning",
            "No usable identifier, so Klaviyo could not tell whose event it is.",
            "Map email, externalId, phoneNumber, anonymousId or kx to where the events have them.",
        ),
        "email.invalid": Code(
            "warning",
            "The email address is not valid and is left out.",
            "Check the field that the mapping points at.",
        ),
        "phone.invalid": Code(
            "warning",
            "The phone number cannot exist and is left out.",
            "Send + country code and number, or set phoneRegion for national numbers.",
        ),
        "external-id.invalid": Code(
            "warning",
            "The external id is a placeholder, or not a string or number, and is left out.",
            "Point externalId at the customer's id.",
        ),
        "anonymous-id.invalid": Code(
            "warning",
            "The anonymous id is a placeholder, or not a string or number, and is left out.",
            "Point anonymousId at the device's or session's id.",
        ),
        "kx.invalid": Code(
            "warning",
            "The exchange id is not a string and is left out.",
            "Point kx at the _kx parameter as Klaviyo set it.",
        ),
        "phone-region.invalid": Code(
            "warning",
            "The phone region is not a two-letter code of a country with phone numbers.",
            "Use codes such as DE or US.",
        ),
        "identify.not-an-object": Code(
            "warning",
            "The identify mapping did not resolve to an object; no upsert is made.",
            'Use {"map": {"firstName": …}}.',
        ),
        "profile.unknown-field": Code(
            "warning",
            "Klaviyo has no such profile field; it is left out.",
            "Put your own traits under properties.",
        ),
        "profile.given-twice": Code(
            "warning",
            "A profile field is given in both spellings; the camelCase one is used.",
            "Remove one of them.",
        ),
        "profile.wrong-type": Code(
            "warning",
            "A profile field has a type that Klaviyo refuses and is left out.",
            "Map it to a string (properties and location: to an object).",
        ),
        # how much
        "revenue.missing": Code(
            "info",
            "The rule maps a revenue value, but the event has none.",
            "Check the path, or that the shop sends the total.",
        ),
        "revenue.not-a-number": Code(
            "warning",
            "The revenue is not a clean number; the event is sent without a value.",
            'Send 1299.00 or "1299.00": no thousands separator, unit or currency sign.',
        ),
        "revenue.inexact": Code(
            "warning",
            "The revenue has more digits than a number can hold; it is sent without a value.",
            "Send the amount with its real digits.",
        ),
        "revenue.ambiguous": Code(
            "warning",
            "The amount may have a thousands separator (1.299); it is left out.",
            'Send a number, or a string with two decimals such as "1299.00".',
        ),
        "revenue.negative": Code(
            "info",
            "The amount is below zero; Klaviyo subtracts it.",
            "Nothing, if it is a refund; otherwise check what the rule maps.",
        ),
        "revenue.finer": Code(
            "info",
            "The amount has more decimals than its currency.",
            "Check that the amount is in the currency's own unit, and round it.",
        ),
        "currency.missing": Code(
            "warning",
            "The configured currency yields nothing, so the amount is sent without one.",
            'Add a fallback code, for example ["data.currency", "EUR"].',
        ),
        "currency.unknown": Code(
            "warning",
            "The currency is not an ISO 4217 code and is left out.",
            "Send a three-letter code such as EUR.",
        ),
        "backfill.invalid": Code(
            "warning",
            "The backfill setting is not a boolean; it is ignored, and flows may start.",
            "Make it resolve to true or false.",
        ),
        "backfill.not-history": Code(
            "error",
            "With run --backfill, your own transform made a call that would start flows.",
            "Build the transform from the configuration that it is given.",
        ),
        "profile.blank": Code(
            "info",
            "A trait is blank or a placeholder; it is not sent, and erases nothing.",
            "Nothing, or have the sender omit what it does not know.",
        ),
        "profile.nothing-told": Code(
            "info",
            "The rule is silent and says nothing about the person, so nothing is sent.",
            "Map identify or a subscription, for example; or use ignore if that is what you mean.",
        ),
        "profile.stale": Code(
            "info",
            "Klaviyo has newer data (from an event more than a day newer, or sent after this "
            "dead letter): this event's traits are not sent.",
            "Nothing: an old event does not overwrite newer data.",
        ),
        "profile.needs-identifier": Code(
            "info",
            "An anonymous id alone cannot update a profile or add it to a list.",
            "Nothing, or map an email, external id, phone number or _kx.",
        ),
        "unique-id.reused": Code(
            "warning",
            "Same metric, person and unique id, but other content: Klaviyo keeps the first.",
            "Make uniqueId tell different events apart.",
        ),
        "event.repeated": Code(
            "warning",
            "The same event id and metric came again for another person, or with another "
            "unique id: Klaviyo records both.",
            "Give each event its own id; keep uniqueId the same when an event is resent.",
        ),
        "subscription.no-address": Code(
            "warning",
            "A subscription was asked for on a channel for which the event has no address.",
            "Map email or phoneNumber, or ask only for the channels that the shop has.",
        ),
        "subscription.no-list": Code(
            "warning",
            "A subscription's list could not be read; nobody is subscribed.",
            "Check the list's path, or write the list's id.",
        ),
        "subscription.unclear": Code(
            "warning",
            "The value that turns a channel on is neither true nor false.",
            "Map it to true or false; anything else subscribes nobody.",
        ),
        "subscription.stale": Code(
            "info",
            "A newer event already told Klaviyo otherwise; a no gives way only to a yes that is "
            "more than a day newer.",
            "Nothing; check the events' timestamps if they should be newer.",
        ),
        "lists.none": Code(
            "warning",
            "A list that the person should be added to could not be read.",
            "Check the path of the list's id, or write the id.",
        ),
        "items.none": Code(
            "info",
            "The rule asks for order lines, but the event has none.",
            "Check items.loop, or that the shop sends the lines.",
        ),
        "items.sum-differs": Code(
            "info",
            "The lines' amounts do not add up to the order's, with or without shipping, tax and "
            "discount.",
            "Check items.value and the rule's value; something may be charged that is not a line.",
        ),
        "rule.extends-nothing": Code(
            "warning",
            "There is no shipped rule for this one to extend.",
            'Write what is under "extend" as the rule itself.',
        ),
        # once
        "unique-id.missing": Code(
            "warning",
            "The event lacks the mapped unique id; its own id is used, so reloading the page "
            "records it again.",
            "Point uniqueId at a field that the event has, for example data.id.",
        ),
        "unique-id.invalid": Code(
            "warning",
            "The mapped unique id is a placeholder, or no string or number; the event's is used.",
            "Point uniqueId at a string or number, for example data.id.",
        ),
        "unique-id.derived": Code(
            "info",
            "The event has no id; its unique id is a digest of its content.",
            "Have the sender keep walkerOS's event id.",
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
            "One of your own stages makes a call that this library cannot send.",
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
            "A string is larger than 100 KB in UTF-8.",
            "Shorten it, or leave it out with remove.",
        ),
        "limit.size": Code(
            "error", "The request is larger than Klaviyo takes.", "Map less of the event."
        ),
        "text.not-unicode": Code(
            "error",
            "A string holds an unpaired surrogate, which UTF-8 cannot carry.",
            "Cut strings between characters, not within one.",
        ),
        # what waits in the store
        "store.damaged": Code(
            "error",
            "A waiting call in the store is not as it was written; it was never sent.",
            "Check the disk; resend the line it names, then drop the dead letter.",
        ),
        # warnings about the configuration
        "config.no-meaning": Code(
            "warning",
            "This walkerOS setting has no meaning for this destination.",
            "Remove it, or leave it: it does nothing here.",
        ),
        "config.renamed": Code(
            "warning", "This setting has an older name.", "Use the name of walkerOS 4."
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
