"""Which keys may a configuration, a rule and a mapping value have, and what does each do?

Read by the parser and by the schema, so editors show these sentences while someone types; they are
written for people who know their shop and Klaviyo rather than this library. Settings have their
own table (`settings.py`). Source: walkerOS destination configuration.
"""

from __future__ import annotations

from typing import Final

Text = tuple[str, str]
"""A title and a description."""

FILE: Final[dict[str, Text]] = {
    "$schema": ("Schema", "The schema's address, by which an editor can help."),
    "variables": (
        "Variables",
        "Values by name, for use anywhere in the file as $var.name.",
    ),
    "definitions": (
        "Definitions",
        "The name of variables before walkerOS 4, for use as $def.name.",
    ),
}

CONFIG: Final[dict[str, Text]] = {
    "settings": (
        "Settings",
        "Who the person behind an event is, what Klaviyo learns about them, and the currency of "
        "amounts.",
    ),
    "mapping": (
        "Rules",
        "What becomes of each kind of event: first its entity, then its action, such as order and "
        "complete; * matches any.",
    ),
    "consent": (
        "Consent",
        "The event must grant at least one of these consent states; otherwise nothing of it is "
        "sent.",
    ),
    "data": ("Properties of all events", "Properties that every metric gets."),
    "include": (
        "Included sections",
        "Whole sections of the event to send as properties, such as globals, which become "
        "globals_lang and so on.",
    ),
    "policy": (
        "Policy",
        "Changes to the event before any rule sees it: each path is set to its value, or cleared "
        "where that yields nothing.",
    ),
    "batch": (
        "Batch",
        "Send in bulk rather than one by one: true, a waiting time in milliseconds, or an object "
        "with a size.",
    ),
    "id": ("Id", "A name for this destination."),
    "disabled": ("Disabled", "Switches the destination off: every event is ignored."),
    "mock": ("Mock", "walkerOS's test switch: with anything but null, nothing is sent."),
    "verify": ("Verify", "What the command verify should not report again."),
}

VERIFY: Final[dict[str, Text]] = {
    "known": (
        "Known findings",
        "Findings that are intended: CODE, or CODE:PATH for those of one place.",
    ),
}

RULE: Final[dict[str, Text]] = {
    "name": (
        "Metric",
        "The metric's name at Klaviyo, such as Placed Order; without it, the event's name.",
    ),
    "data": (
        "Properties",
        "Properties of this metric, added to those that every metric gets.",
    ),
    "include": (
        "Included sections",
        "Whole sections of the event as properties, in place of those that every metric gets.",
    ),
    "extend": (
        "Extension",
        "Changes to the shipped rule of the same entity and action; the rest of it is kept.",
    ),
    "remove": ("Removed properties", "Properties to remove in the end, such as Shop."),
    "policy": (
        "Policy",
        "Changes to the event before this rule reads it: each path is set to its value, or "
        "cleared where that yields nothing.",
    ),
    "consent": (
        "Consent",
        "The event must grant at least one of these states too, besides the destination's.",
    ),
    "condition": (
        "Condition",
        "A Python function, as $py:package.module:function, that says whether the rule applies to "
        "an event.",
    ),
    "batch": (
        "Batch",
        "Send this metric in bulk: true, a waiting time in milliseconds, or an object with a size.",
    ),
    "ignore": ("Ignore", "Sends nothing for these events."),
    "silent": ("Silent", "Sends no metric for these events, but tells Klaviyo about the person."),
    "skip": ("Skip", "The name of silent before walkerOS 4; write silent."),
    "settings": (
        "Settings",
        "The amount, its currency, the unique id, and what Klaviyo learns about the person from "
        "this metric.",
    ),
}

VALUE: Final[dict[str, Text]] = {
    "key": ("Key", "The value's path in the event."),
    "value": ("Constant", "A constant: the value itself, or the default where nothing is found."),
    "map": ("Map", "Builds an object: each name gets what its own mapping value yields."),
    "loop": (
        "Loop",
        "Builds a list: the path of the source list, and what to make of each of its items.",
    ),
    "set": ("Set", "Builds a list of what all of these yield."),
    "consent": (
        "Consent",
        "One of these consent states must be granted; otherwise the constant is used.",
    ),
    "condition": (
        "Condition",
        "A Python function, as $py:package.module:function, that says whether there is a value.",
    ),
    "fn": (
        "Function",
        "Functions such as $fn:flatten, one or a list, applied to the value; or a Python "
        "function, as $py:package.module:function, that makes the value.",
    ),
    "validate": (
        "Validate",
        "A Python function, as $py:package.module:function, that says whether the value is good; "
        "otherwise the constant is used.",
    ),
}
