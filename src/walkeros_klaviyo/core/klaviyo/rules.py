"""How are the settings and rules of a configuration read? Faults are collected with their places.

Source: the settings of the walkerOS Klaviyo destination; the table of them is `settings.py`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.faults import (
    ConfigError,
    Findings,
    is_no_path,
    is_reference,
    join,
    nearest,
    unresolved,
)
from walkeros_klaviyo.core.walkeros.event import FIELDS as EVENT_FIELDS
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.rule import Rule
from walkeros_klaviyo.core.walkeros.rules import Dialect, parse_rule
from walkeros_klaviyo.core.walkeros.value import MappingValue, parse_mapping

from .limits import MAX_METRIC_LENGTH
from .lines import parse_items
from .patch import parse_patch
from .preset import parse_preset
from .settings import TABLE, KlaviyoRule, Setting, Settings
from .subscription import parse_lists, parse_subscription
from .traits import LOCATION_FIELDS, WIRE


def parse_settings(raw: Any, where: str, findings: Findings) -> Settings:
    """Read the destination's settings; faults go to `findings`.

    >>> parse_settings({"email": "user.mail"}, "settings", Findings()).email.reads
    'user.mail'
    """
    rows = {name: row for name, row in TABLE.items() if row.text}
    raw = _object(raw, tuple(row.name for row in rows.values()), _ELSEWHERE[0], where, findings)
    given = {name: _given(raw, row) for name, row in rows.items()}
    values = {
        name: _value(rows[name], one, where, findings)
        for name, one in given.items()
        if one is not None and rows[name].is_value
    }
    key = _api_key(raw.get("apiKey"), join(where, "apiKey"), findings)
    clear = _clear(raw.get("clear"), join(where, "clear"), findings)
    items = parse_items(raw.get("items"), join(where, "items"), None, findings)
    preset = parse_preset(raw.get("preset"), join(where, "preset"), findings)
    own = {
        name: parse(raw.get(name), join(where, name), findings) for name, parse in _SHARED.items()
    }
    settings = Settings(key, clear=clear, lines=items, preset=preset, **values, **own)
    if settings.identify is not None:  # else it may be meant for a rule's
        _warn_of_clear(settings, join(where, "clear"), findings)
    return settings


def rule_settings(raw: Any, where: str, below: Settings, findings: Findings) -> Settings:
    """Read a rule's settings over the destination's.

    >>> below = under_rules(parse_settings({"currency": "EUR"}, "settings", Findings()))
    >>> found = rule_settings({"currency": "data.currency"}, "settings", below, Findings())
    >>> found.currency.reads, found.default_currency.where
    ('data.currency', 'settings.currency')
    """
    rows = {name: row for name, row in TABLE.items() if row.rule_text}
    raw = _object(raw, tuple(row.name for row in rows.values()), _ELSEWHERE[1], where, findings)
    values: dict[str, Any] = {
        name: _value(row, raw[row.name], where, findings)
        for name, row in rows.items()
        if raw.get(row.name) is not None and row.is_value
    }
    if raw.get("clear") is not None:
        values["clear"] = _clear(raw["clear"], join(where, "clear"), findings)
    if raw.get("items") is not None:
        at = join(where, "items")
        values["lines"] = parse_items(raw["items"], at, below.default_lines, findings)
    for name, parse in _SHARED.items():
        if raw.get(name) is not None:
            values[name] = parse(raw[name], join(where, name), findings)
    for name in ("subscribe", "unsubscribe"):
        at, asks = join(where, name), name == "subscribe"
        values[name] = parse_subscription(raw.get(name), at, findings, has_source=asks)
    settings = evolve(below, **values)
    if "clear" in values:
        _warn_of_clear(settings, join(where, "clear"), findings)
    return settings


_ELSEWHERE: Final = (
    "belongs to a rule: write it under mapping, in the settings of one",
    "belongs to the destination: write it in its settings, beside mapping",
)
"""What is said of a rule's setting at the destination, and the other way round."""
_SHARED: Final = {"patch": parse_patch, "lists": parse_lists}
"""Settings with their own parsers, where a rule's replaces the destination's."""


def under_rules(settings: Settings) -> Settings:
    """The settings that a rule inherits.

    The destination's currency becomes the fallback, and so do its `items` for rules that say
    `items: true`; the API key and the preset are dropped, since no rule needs them.
    """
    return evolve(
        settings,
        api_key=None,
        preset=None,
        currency=None,
        default_currency=settings.currency,
        lines=None,
        default_lines=settings.lines,
    )


def _given(raw: dict[str, Any], row: Setting) -> Any:
    """The raw value, or the default; an identifier set to null is switched off."""
    if row.is_identifier and row.name in raw:
        return raw[row.name]
    found = raw.get(row.name)
    return row.default if found is None else found


def _object(
    raw: Any,
    known: tuple[str, ...],
    elsewhere: str,
    where: str,
    findings: Findings,
) -> dict[str, Any]:
    """The raw settings as a dict, after checking their keys.

    `elsewhere` says where all other settings belong.
    """
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        findings.fault(where, f"expected an object, got {kind_of(raw)}")
        return {}
    every = [*known, *(row.name for row in TABLE.values() if row.name not in known)]
    for key in (one for one in raw if one not in known):
        near = nearest(str(key), every)
        if near is None or near in known:
            findings.keys((key,), known, where)
        else:
            meant = "" if near == key else f'unknown key; did you mean "{near}"? It '
            findings.fault(join(where, key), meant + elsewhere)
    return raw


def _value(row: Setting, raw: Any, where: str, findings: Findings) -> MappingValue:
    """Parse one setting's mapping value; bare codes (`EUR`, `DE`) and booleans are constants."""
    at = join(where, row.name)
    if row.takes_booleans and isinstance(raw, bool):
        raw = {"value": raw}
    elif row.constant:
        raw = _coded(row, raw, at, findings)
    return parse_mapping(raw, at, findings)


def _coded(row: Setting, raw: Any, where: str, findings: Findings) -> Any:
    """Turn codes into constants, also within a list."""
    if isinstance(raw, list):
        return [_coded(row, one, f"{where}[{at}]", findings) for at, one in enumerate(raw)]
    if not isinstance(raw, str):
        return raw
    is_code = re.fullmatch(row.constant, raw) is not None
    if is_code and (row.codes is None or raw.upper() in row.codes):
        return {"value": raw.upper()}
    is_path = "." in raw or raw in EVENT_FIELDS
    if raw and not is_path and not is_no_path(raw):
        like = "EUR" if row.codes else "DE"
        findings.fault(where, f'"{raw}" is neither a code such as {like} nor a field of an event')
    return raw


def _clear(raw: Any, where: str, findings: Findings) -> frozenset[str] | None:
    """Parse which traits may be cleared: `true` for all, or a list of names."""
    if raw is None or raw is False:
        return None
    if raw is True:
        return frozenset()
    if not isinstance(raw, list) or not raw or not all(isinstance(one, str) for one in raw):
        findings.fault(where, 'expected true, or names of traits, e.g. ["title", "location.city"]')
        return None
    names = []
    for at, name in enumerate(raw):
        field, dot, rest = name.partition(".")
        has_members = field in ("location", "properties")
        is_place = field != "location" or not dot or rest in LOCATION_FIELDS
        is_member = not dot or (has_members and rest and "." not in rest and is_place)
        if field not in WIRE or not is_member:
            findings.fault(f"{where}[{at}]", f'"{name}" is not a trait of a Klaviyo profile')
        names.append(WIRE.get(field, field) + dot + rest)
    return frozenset(names)


def _warn_of_clear(settings: Settings, where: str, findings: Findings) -> None:
    """Warn of a trait that can never be cleared, because it is not read from a plain path."""
    if settings.clear is None:
        return
    paths = [path for path, _ in settings.cleared]
    reached = {".".join(path[:depth]) for path in paths for depth in (1, 2)}
    unreached = sorted(settings.clear - reached)
    if unreached or not paths:
        named = ", ".join(unreached) or "anything"
        message = f"cannot clear {named}: identify does not map it to a plain path of the event"
        findings.warn("config.yields-nothing", where, message)


def _api_key(raw: Any, where: str, findings: Findings) -> str | None:
    if raw is None:
        return None
    if isinstance(raw, str) and is_reference(raw):
        findings.fault(where, unresolved(raw))
    elif isinstance(raw, str) and (name := re.fullmatch(r"\$\{?([A-Z_][A-Z0-9_]*)\}?", raw)):
        findings.fault(where, f'of the environment, write "$env.{name[1]}" in a file')
    elif not isinstance(raw, str) or not raw.startswith("pk_"):
        findings.fault(where, 'expected a private API key, which starts with "pk_"')
    elif not raw.isascii() or not raw.isprintable() or " " in raw:
        findings.fault(where, "holds a character that no API key has; was it cut or padded?")
    else:
        return raw
    return None


DIALECT: Final = Dialect(rule_settings, MAX_METRIC_LENGTH)
"""What rules for Klaviyo add to walkerOS's."""


def rule_of(raw: Any) -> KlaviyoRule:
    """Parse one rule on its own, with no destination; raise ConfigError if it is faulty.

    >>> rule_of({"name": "Placed Order"}).name
    'Placed Order'
    """
    findings = Findings()
    empty = Rule(None, "", settings=Settings())
    rule = parse_rule(raw, "rule", "rule", empty, DIALECT, findings)
    if findings.faults:
        raise ConfigError(findings.faults)
    return rule
