"""Small makers that the tests of the core share: an event, a plan, the codes of diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve

from walkeros_klaviyo import (
    ConfigError,
    Diagnostic,
    Plan,
    Rule,
    Settings,
    mapping_value,
    parse_config,
)
from walkeros_klaviyo import pipeline as make_pipeline

NOW = 1_795_518_160_712
Json = dict[str, Any]


def event_with(**changes: Any) -> Json:
    """An order of Ada's, with some keys changed or added."""
    usual = {
        "name": "order complete",
        "timestamp": NOW,
        "id": "e1",
        "user": {"id": "u1", "email": "ada@example.com"},
    }
    return {**usual, **changes}


def event_without(*keys: str, **changes: Any) -> Json:
    """The same without some keys."""
    return {key: value for key, value in event_with(**changes).items() if key not in keys}


_ORDER = event_with()


def plan_of(config: Json, event: Any = _ORDER) -> Plan:
    """What a configuration makes of an event, by default of Ada's order."""
    return make_pipeline(parse_config(config)).plan(event)


def with_rule(rule: Any, **config: Any) -> Json:
    """A configuration whose only rule is for `order complete`."""
    return {**config, "mapping": {"order": {"complete": rule}}}


def rule_with(**mappings: Any) -> Rule:
    """An effective rule with raw mapping values, each compiled at a path named as itself."""
    compiled = {name: mapping_value(raw, name) for name, raw in mappings.items()}
    above = {name: compiled.pop(name) for name in ("base", "data") if name in compiled}
    return evolve(Rule(None, "", settings=Settings()), settings=Settings(**compiled), **above)


def codes(notes: Iterable[Diagnostic]) -> list[str]:
    """The codes of diagnostics, in their order."""
    return [one.code for one in notes]


def faults_of(config: Any) -> dict[str, str]:
    """Every fault of a configuration, message by path; empty for a good one."""
    try:
        parse_config(config)
    except ConfigError as error:
        return {fault.path: fault.message for fault in error.faults}
    return {}


def nested(levels: int, inside: Any = "x") -> Any:
    """A value below so many lists."""
    for _ in range(levels):
        inside = [inside]
    return inside


def raising(error: BaseException) -> Callable[[Any, Any], Any]:
    """A user's callable that raises."""

    def call(value: Any, event: Any) -> Any:
        raise error

    return call
