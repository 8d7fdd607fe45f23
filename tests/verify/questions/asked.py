"""What one question says of a few events, as text: without laws and generated events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.sample.look import Shown, look

Raw = dict[str, Any]
START = 1_793_318_400_000
MINUTE = 60_000
DAY = 24 * 60
"""In minutes."""


def event(name: str, data: Raw | None = None, at: float = 0, who: Any = 1, **more: Any) -> Raw:
    """An event, so many minutes after the first; `who` is a visitor's number, or the user."""
    user = {"id": f"c{who}", "email": f"c{who}@example.com"} if isinstance(who, int) else who
    time = START + at * MINUTE
    return {"name": name, "timestamp": time, "data": data or {}, "user": user, **more}


def look_at(config: Raw, events: Iterable[Raw]) -> tuple[Config, Shown]:
    """What a judge is given; an event without an id gets one of its own, None is none."""
    parsed = parse_config(config)
    ids = ({"id": f"e{line}", **one} for line, one in enumerate(events, 1))
    sample = [{key: one for key, one in each.items() if one is not None} for each in ids]
    return parsed, look(parsed, enumerate(sample, 1))


def judged(
    judge: Callable[[Config, Shown], Iterator[Finding]], config: Raw, events: Iterable[Raw]
) -> str:
    """What a judge says of a sample, a line a finding."""
    return told(judge(*look_at(config, events)))


def linted(lint: Callable[[Config], Iterator[Finding]], config: Raw) -> str:
    """What a lint says of a configuration alone."""
    return told(lint(parse_config(config)))


def told(findings: Iterable[Finding]) -> str:
    """Findings with their places, their examples' lines and what to write."""
    return "\n".join(map(_line, findings))


def _line(one: Finding) -> str:
    line = f" (line {one.example.line})" if one.example is not None else ""
    remedy = f" => {one.remedy}" if one.remedy else ""
    return f"{one.code} {one.path}{line}: {one.message}{remedy}{'!' * one.is_grave}"


def shop(rules: Raw, **more: Any) -> Raw:
    """A configuration with rules by the names of their events."""
    mapping: Raw = {}
    for name, rule in rules.items():
        entity, action = name.split(" ")
        mapping.setdefault(entity, {})[action] = rule
    return {"mapping": mapping, **more}
