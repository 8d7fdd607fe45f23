"""Do the traits that a configuration maps fit a Klaviyo profile?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.profile import describe_profile
from walkeros_klaviyo.core.rule import Rule
from walkeros_klaviyo.core.value import MappingValue, mapping_value

from .findings import Finding
from .lint_metrics import nearest
from .lint_values import constant_of, reads_of

RESTLESS: Final = ("timestamp", "id", "timing", "trigger", "count", "name", "action")
"""Parts of an event that differ from one event of a visitor to the next."""
TRAITS: Final = (
    "firstName",
    "lastName",
    "organization",
    "title",
    "image",
    "locale",
    "location",
    "properties",
)


def lint_traits(config: Config) -> Iterator[Finding]:
    """Every identify mapping of a configuration, each once."""
    seen = set()
    for rule in (config.default, *config.rules):
        identify = rule.identify
        if identify is None or identify.where in seen or rule.ignore:
            continue
        seen.add(identify.where)
        yield from _restless(identify)
        yield from _fields(identify)


def _restless(identify: MappingValue) -> Iterator[Finding]:
    for read in reads_of(identify):
        if read.path in RESTLESS and not read.within:
            yield Finding(
                "trait.restless", read.where, f'"{read.path}" is another one at every event'
            )


def _fields(identify: MappingValue) -> Iterator[Finding]:
    """Asked of the pipeline's own stage, a field at a time: constants as they are, else a text."""
    members = identify.raw.get("map") if isinstance(identify.raw, dict) else None
    for name, raw in (members or {}).items():
        where = f"{identify.where}.map.{name}"
        if name in ("location", "properties"):
            continue
        constant = constant_of(MappingValue(lambda *_: None, where, raw))
        trial: Any = "x" if constant is None else constant
        one = mapping_value({"map": {name: {"value": trial}}}, identify.where)
        for note in describe_profile(Rule(None, "", identify=one), {})[1]:
            near = nearest(name, TRAITS) if note.code == "profile.unknown-field" else None
            hint = f'; did you mean "{near}"?' if near else ""
            yield Finding(
                "trait.type",
                where,
                f'"{name}": {note.message}{hint}',
                near or "Put what is the shop's own below properties.map.",
            )
