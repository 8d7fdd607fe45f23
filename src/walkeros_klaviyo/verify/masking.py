"""How is an example shown without personal data?

Personal are the values that identifiers and traits are read from, what is sent for them, all of
`user`, and values under names such as `street`. They are masked wherever they occur.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.blank import why_empty
from walkeros_klaviyo.core.walkeros.value.tree import Constant
from walkeros_klaviyo.core.walkeros.value.walk import Read, nodes

from .findings import Example, Finding
from .reads import reads_of
from .sample.look import Shown
from .sample.places import there

OWN: Final = ("user",)
"""Sections of an event that are only about the person."""
NAMES: Final = re.compile(
    r"e-?mail|phone|(^|_)tel|mobile|first_?name|last_?name|full_?name|surname|street|address|"
    r"(^|_)zip|post(al)?_?code|birth|(^|_)city$|customer_?(id|name)|"
    r"external_?id|anonymous_?id|(^|_)kx$|^user_",
    re.IGNORECASE,
)
"""Names of fields with personal data."""
_PART: Final = r"[^\s\"'<>/=?&,;:@]{1,64}"
EMAIL: Final = re.compile(rf"{_PART}(?:@|%40){_PART}\.\w{{2,}}", re.IGNORECASE)
NUMBER: Final = re.compile(r"\+\d[\d ()/.-]{6,}\d")
SHORT: Final = 3
"""Values up to this length are masked only in personal fields, not elsewhere."""


@frozen
class People:
    """The personal values of a sample, in lower case, indexed by how they begin."""

    begin: Mapping[str, frozenset[str]] = field(factory=dict, repr=False)

    def within(self, text: str, is_ours: bool = False) -> Iterator[tuple[int, int]]:
        """Where personal values occur in a string, preferring the longest.

        In our own messages, parts of words do not count: "several" does not contain "Vera".
        """
        low, at = text.lower(), 0
        while len(low) == len(text) and at + SHORT < len(low):
            known = self.begin.get(low[at : at + SHORT + 1], ())
            longest = max((len(one) for one in known if low.startswith(one, at)), default=0)
            around = low[max(at - 1, 0) : at] + low[at + longest : at + longest + 1]
            if is_ours and any(map(str.isalpha, around)):
                longest = 0
            if longest:
                yield at, at + longest
            at += longest or 1


def people_of(config: Config, sample: Shown) -> People:
    """The identifiers and traits of a sample, both as in the events and as sent.

    Words of the configuration itself are not personal.
    """
    found: set[str] = set()
    reads: dict[str, list[Read]] = {}
    for rule in (config.default, *config.rules):
        personal = (*(value for _, value in rule.settings.identifiers), rule.settings.identify)
        reads[rule.where] = [read for value in personal for read in reads_of(value)]
    everywhere = {read for some in reads.values() for read in some}
    for event in (one.raw for one in sample.stopped):
        for read in everywhere:
            found.update(_texts([*there(read, event)]))
    for one in sample.mapped:
        found.update(_texts([one.identifiers, one.traits]))
        for read in reads[one.rule.where]:
            found.update(_texts([*there(read, one.event)]))
    begin: dict[str, set[str]] = defaultdict(set)
    for text in {text.lower() for text in found} - set(_words(config)):
        if len(text) > SHORT and not why_empty(text):
            begin[text[: SHORT + 1]].add(text)
    return People({start: frozenset(texts) for start, texts in begin.items()})


def _words(config: Config) -> Iterator[str]:
    """The names and constants in a configuration."""
    for rule in (config.default, *config.rules):
        yield from filter(None, ((rule.name or "").lower(), (rule.label or "").lower()))
        for _, value in rule.mappings():
            for node in nodes(value.tree):
                if isinstance(node, Constant):
                    yield from (text.lower() for text in _texts(node.value))


def _texts(value: Any) -> list[str]:
    """Every string and number in a value, as a string."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [text for one in inner for text in _texts(one)]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [str(value)] if is_number else []


def masked(finding: Finding, people: People) -> Finding:
    """The finding with personal data masked in its message and example."""
    found = evolve(finding, message=_hidden(finding.message, people, is_ours=True))
    if found.example is None:
        return found
    example = found.example
    event, call = (_masked(one, people) for one in (example.event, example.call))
    return evolve(found, example=Example(event, call, example.line))


def _masked(value: Any, people: People, is_own: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            _hidden(name, people, is_key=True): _masked(
                one, people, is_own or name in OWN or NAMES.search(name) is not None
            )
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked(one, people, is_own) for one in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    shown = mask(text) if is_own else _hidden(text, people)
    return value if shown == text else shown


def _hidden(text: str, people: People, is_key: bool = False, is_ours: bool = False) -> str:
    """A string with personal values masked; in a key only addresses."""
    shown, end = "", 0
    for start, stop in () if is_key else people.within(text, is_ours):
        shown, end = shown + text[end:start] + mask(text[start:stop]), stop
    shown += text[end:]
    for pattern in (EMAIL, NUMBER):
        shown = pattern.sub(lambda found: mask(found[0]), shown)
    return shown


def mask(text: str) -> str:
    """A masked value: enough to recognise it, too little to identify the person.

    >>> [mask(one) for one in ("ada@example.com", "+4915123456712", "Ada", "guest", "90210")]
    ['a***@e***.com', '+49…12', 'A***', 'guest', '9***']
    """
    if why_empty(text):
        return text  # a placeholder is not personal, and is often the fault itself
    address = re.fullmatch(r"(.).*(@|%40)(.).*?(\.\w{2,3})?", text, re.DOTALL)
    if address is not None:
        return f"{address[1]}***{address[2]}{address[3]}***{address[4] or ''}"
    if re.fullmatch(r"\+?[\d ()/.-]{7,}", text):
        return f"{text[:3]}…{text[-2:]}"
    return f"{text[: len(text) > 1]}***"
