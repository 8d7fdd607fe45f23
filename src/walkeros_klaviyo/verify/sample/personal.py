"""Is who it was sent as a property of what happened?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.rule import Rule
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.lint.personal import ADDRESSES

from .look import Mapped, Shown


def judge_personal(config: Config, shown: Shown) -> Iterator[Finding]:
    """The visitor's own address or number among the properties, whatever path it came by."""
    found: dict[str, tuple[Mapped, str]] = {}
    for one in shown.mapped:
        call = one.create
        if call is None:
            continue
        own = {
            str(value): name
            for name, value in call.identifiers.items()
            if name in ("email", "phone_number")
        }
        for key, value in call.properties.items():
            if key in ADDRESSES:
                continue
            for text in _texts(value):
                name = own.get(text) or own.get(text.strip().lower())
                if name is not None:
                    found.setdefault(property_place(config, one.rule, key), (one, name))
    for where, (one, name) in found.items():
        yield Finding(
            "privacy.property",
            where,
            f"the visitor's {name} is sent as a property of the event",
            "",
            one.example,
        )


def property_place(config: Config, rule: Rule, key: str) -> str:
    """Where in the configuration a property is mapped, or included."""
    for mapping in (rule.data, rule.base):
        members = mapping.raw.get("map") if mapping and isinstance(mapping.raw, dict) else None
        if mapping is not None and isinstance(members, dict) and key in members:
            return f"{mapping.where}.map.{key}"
    section = key.partition("_")[0]
    if section in rule.include or "all" in rule.include:
        return f"{rule.where}.include" if rule.include != config.default.include else "include"
    return rule.data.where if rule.data is not None else "data"


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
