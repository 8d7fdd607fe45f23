"""What does the configuration say?

Read once into frozen values and closures; nothing is parsed again per event. All faults are
reported at once, each with its path. Source: walkerOS destination configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from walkeros_klaviyo.core.klaviyo.lines import metric_of
from walkeros_klaviyo.core.klaviyo.rules import DIALECT, parse_settings, under_rules
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule, Settings
from walkeros_klaviyo.core.walkeros.consent import compile_consent
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.rule import Policy, Rule, Rules
from walkeros_klaviyo.core.walkeros.rules import (
    parse_batch,
    parse_data,
    parse_flag,
    parse_include,
    parse_policy,
    parse_rules,
)

from .diagnostics import Diagnostics
from .faults import ConfigError, Fault, Findings, is_reference, join, unresolved
from .known_keys import CONFIG, VERIFY

KEYS: Final = tuple(CONFIG)
NO_MEANING: Final = (
    "loadScript",
    "setup",
    "breaker",
    "credentials",
    "require",
    "env",
    "init",
    "logger",
    "verbose",
    "queue",
    "queueMax",
    "dlqMax",
    "onQueue",
    "primary",
    "before",
    "next",
    "cache",
    "chain",
    "timeout",
    "ingest",
    "state",
    "on",
)
"""Fields of a walkerOS destination configuration without effect here."""


@frozen
class Config:
    """A parsed configuration: the settings, the effective rules, and warnings about it.

    >>> parse_config({"settings": {"currency": "EUR"}}).consent is None
    True
    """

    settings: Settings
    mapping: Rules[Settings] = field(repr=False)
    default: KlaviyoRule = field(repr=False)
    """What holds for an event that no rule meets."""
    consent: frozenset[str] | None = None
    is_open: bool = False
    """Does it say on purpose, by `consent = {}`, that it asks for nothing?"""
    where: str = ""
    """Where it stands: at the top, so its paths begin with their own names."""
    policy: Policy = field(default=(), repr=False)
    batch: Any = None
    id: str | None = None
    disabled: bool = False
    mocked: bool = False
    """walkerOS's test switch: nothing may be sent."""
    known: tuple[str, ...] = ()
    """Findings of `verify` that are meant."""
    warnings: Diagnostics = ()

    @property
    def batched(self) -> frozenset[str | None]:
        """Labels of the rules that ask for bulk; None stands for events that no rule matches.

        >>> sorted(parse_config({"mapping": {"a": {"b": {"batch": True}, "c": {}}}}).batched)
        ['a b']
        """
        return frozenset(rule.label for rule in (self.default, *self.rules) if rule.batch)

    @property
    def rules(self) -> tuple[KlaviyoRule, ...]:
        """Every rule, in the order of the configuration."""
        return tuple(
            rule
            for actions in self.mapping.values()
            for options in actions.values()
            for rule in options
        )


def parse_config(raw: Mapping[str, Any]) -> Config:
    """Read a destination's configuration from JSON values; ConfigError lists every fault.

    >>> parse_config({"mapping": {"order": {"complete": {"nmae": "Placed Order"}}}})
    Traceback (most recent call last):
    walkeros_klaviyo.core.faults.ConfigError: 1 fault
      mapping.order.complete.nmae  unknown key; did you mean "name"?
    """
    if not isinstance(raw, Mapping):
        raise ConfigError([Fault("", f"expected an object, got {kind_of(raw)}")])
    findings = Findings()
    try:
        config = _parse(_plain(raw), findings)
    except RecursionError:
        raise ConfigError([Fault("", "nested too deeply to be a configuration")]) from None
    if findings.faults:
        raise ConfigError(findings.faults)
    return config


def _parse(raw: dict[str, Any], findings: Findings) -> Config:
    for key in NO_MEANING:
        if key in raw:
            findings.warn("config.no-meaning", key, "does nothing here")
    findings.keys((key for key in raw if key not in NO_MEANING), KEYS, "")
    settings = parse_settings(raw.get("settings"), "settings", findings)
    batch = parse_batch(raw.get("batch"), "batch", findings)
    default = Rule(
        label=None,
        where="",
        base=parse_data(raw.get("data"), "data", findings),
        include=parse_include(raw.get("include"), "include", findings),
        batch=batch,
        settings=under_rules(settings),
    )
    shipped = {} if settings.preset is None else settings.preset.mapping()
    rules = parse_rules(raw.get("mapping"), "mapping", default, DIALECT, findings, shipped)
    _no_order_twice(rules, findings)
    _consent_is_asked(rules, findings)
    return Config(
        settings=settings,
        mapping=rules,
        default=default,
        consent=compile_consent(raw.get("consent"), "consent", findings),
        is_open=raw.get("consent") == {},
        policy=parse_policy(raw.get("policy"), "policy", findings),
        batch=batch,
        id=_text(raw.get("id"), "id", findings),
        disabled=parse_flag(raw.get("disabled"), "disabled", findings),
        mocked=raw.get("mock") is not None,
        known=_known(raw.get("verify"), "verify", findings),
        warnings=tuple(findings.warnings),
    )


def _no_order_twice(rules: Rules[Settings], findings: Findings) -> None:
    """Fault order lines under a metric of whole orders: their amounts would count twice."""
    every = [rule for actions in rules.values() for options in actions.values() for rule in options]
    counted = {rule.name or rule.label for rule in every if rule.settings.value is not None}
    for rule in every:
        lines = rule.settings.lines
        metric = None if lines is None else metric_of(lines)
        if lines is not None and metric in {*counted, "Placed Order"}:
            message = f'"{metric}" counts whole orders: with their lines each would count twice'
            findings.fault(join(lines.where, "name"), message)


def _consent_is_asked(rules: Rules[Settings], findings: Findings) -> None:
    """Fault a rule that subscribes people without asking for consent; unsubscribing needs none."""
    every = [rule for actions in rules.values() for options in actions.values() for rule in options]
    for rule in every:
        subscribe = rule.settings.subscribe
        if subscribe is not None and not rule.consent and not rule.ignore:
            message = (
                "a rule that subscribes people asks for their consent itself, whatever the "
                "destination asks for: give it one, such as consent = { marketing = true }"
            )
            findings.fault(subscribe.where, message)


def _known(raw: Any, where: str, findings: Findings) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, dict):
        findings.fault(where, f"expected an object, got {kind_of(raw)}")
        return ()
    findings.keys(raw, VERIFY, where)
    known = raw.get("known", [])
    if isinstance(known, list) and all(isinstance(one, str) for one in known):
        return tuple(known)
    message = 'expected a list of strings, such as ["metric.near:mapping.order.complete.name"]'
    findings.fault(f"{where}.known", message)
    return ()


def _plain(raw: Any) -> Any:
    """A copy with plain dicts and lists for any mappings and tuples; functions stay as they are."""
    if isinstance(raw, Mapping):
        return {key: _plain(value) for key, value in raw.items()}
    return [_plain(value) for value in raw] if isinstance(raw, list | tuple) else raw


def _text(raw: Any, where: str, findings: Findings) -> str | None:
    if isinstance(raw, str) and is_reference(raw):
        findings.fault(where, unresolved(raw))
        return None
    if raw is None or isinstance(raw, str):
        return raw
    findings.fault(where, f"expected a string, got {kind_of(raw)}")
    return None
