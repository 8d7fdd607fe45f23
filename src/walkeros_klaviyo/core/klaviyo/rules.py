"""What do the settings and rules of a configuration say? Faults are collected, each with its place.

Source: the settings of the walkerOS Klaviyo destination; the table of them is `settings.py`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.faults import ConfigError, Findings, is_reference, join, unresolved
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.rule import Rule
from walkeros_klaviyo.core.walkeros.rules import Dialect, parse_rule
from walkeros_klaviyo.core.walkeros.value import MappingValue, parse_mapping

from .limits import MAX_METRIC_LENGTH
from .settings import TABLE, KlaviyoRule, Setting, Settings

LATER: Final = ("items", "subscribe", "preset")
"""Settings of the design that this version does not have yet; refused rather than ignored."""
RULE_LATER: Final = ("items", "subscribe")


def parse_settings(raw: Any, where: str, findings: Findings) -> Settings:
    """Read the destination's settings; faults go to `findings`.

    >>> parse_settings({"email": "user.mail"}, "settings", Findings()).email.reads
    'user.mail'
    """
    rows = {name: row for name, row in TABLE.items() if row.text}
    raw = _object(raw, tuple(row.name for row in rows.values()), LATER, where, findings)
    given = {name: _or(raw.get(row.name), row.default) for name, row in rows.items()}
    values = {
        name: _value(rows[name], one, where, findings)
        for name, one in given.items()
        if one is not None and rows[name].is_value
    }
    return Settings(_api_key(raw.get("apiKey"), join(where, "apiKey"), findings), **values)


def rule_settings(raw: Any, where: str, below: Settings, findings: Findings) -> Settings:
    """Read a rule's settings over the destination's.

    >>> below = under_rules(parse_settings({"currency": "EUR"}, "settings", Findings()))
    >>> found = rule_settings({"currency": "data.currency"}, "settings", below, Findings())
    >>> found.currency.reads, found.default_currency.where
    ('data.currency', 'settings.currency')
    """
    rows = {name: row for name, row in TABLE.items() if row.rule_text}
    raw = _object(raw, tuple(row.name for row in rows.values()), RULE_LATER, where, findings)
    values: dict[str, Any] = {
        name: _value(row, raw[row.name], where, findings)
        for name, row in rows.items()
        if raw.get(row.name) is not None
    }
    return evolve(below, **values)


def under_rules(settings: Settings) -> Settings:
    """The destination's settings as a rule has them that says nothing.

    Its currency comes last, and the key stays with the destination: no rule needs it.
    """
    currency = settings.currency
    return evolve(settings, api_key=None, currency=None, default_currency=currency)


def _or(given: Any, default: Any) -> Any:
    return default if given is None else given


def _object(
    raw: Any, known: tuple[str, ...], later: tuple[str, ...], where: str, findings: Findings
) -> dict[str, Any]:
    """The settings as they are written; nobody may believe that those to come work already."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        findings.fault(where, f"expected an object, got {kind_of(raw)}")
        return {}
    findings.keys(raw, (*known, *later), where)
    for key in later:
        if key in raw:
            findings.fault(join(where, key), "is not available in this version; remove it")
    return raw


def _value(row: Setting, raw: Any, where: str, findings: Findings) -> MappingValue:
    """One setting's mapping value; bare codes (`EUR`, `DE`) and booleans are constants."""
    if row.takes_booleans and isinstance(raw, bool):
        raw = {"value": raw}
    elif row.constant and isinstance(raw, str) and re.fullmatch(row.constant, raw):
        raw = {"value": raw.upper()}
    return parse_mapping(raw, join(where, row.name), findings)


def _api_key(raw: Any, where: str, findings: Findings) -> str | None:
    if raw is None:
        return None
    if isinstance(raw, str) and is_reference(raw):
        findings.fault(where, unresolved(raw))
    elif not isinstance(raw, str) or not raw.startswith("pk_"):
        findings.fault(where, 'expected a private API key, which starts with "pk_"')
    elif not raw.isascii() or not raw.isprintable() or " " in raw:
        findings.fault(where, "holds a character that no API key has; was it cut or padded?")
    else:
        return raw
    return None


DIALECT: Final = Dialect(rule_settings, MAX_METRIC_LENGTH)
"""How rules are read for Klaviyo."""


def rule_of(raw: Any) -> KlaviyoRule:
    """One rule by itself, over nothing; raise ConfigError where it is faulty.

    >>> rule_of({"name": "Placed Order"}).name
    'Placed Order'
    """
    findings = Findings()
    empty = Rule(None, "", settings=Settings())
    rule = parse_rule(raw, "rule", "rule", empty, DIALECT, findings)
    if findings.faults:
        raise ConfigError(findings.faults)
    return rule
