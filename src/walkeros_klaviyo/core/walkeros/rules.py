"""How do the configured rules become effective ones?

The destination's defaults are merged into every rule, mapping values are compiled, and what cannot
work is a fault with its path. Source: walkerOS `mapping[entity][action]`, a rule or a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf
from types import MappingProxyType
from typing import Any, Final, Generic

from attrs import evolve, frozen

from walkeros_klaviyo.core.faults import Findings, is_no_path, join, unresolved
from walkeros_klaviyo.core.known_keys import RULE
from walkeros_klaviyo.core.walkeros.value.walk import sees

from .consent import compile_consent
from .event import kind_of
from .extend import SHIPPED, extended
from .path import Path, parse_path
from .properties import SECTIONS
from .rule import Policy, Rule, Rules, S
from .user_code import parse_code
from .value import MappingValue, parse_mapping

RULE_KEYS: Final = tuple(RULE)
NO_MEANING: Final = (
    "batchFn",
    "batched",
    "description",
    "examples",
    "id",
    "cache",
    "next",
    "before",
)
"""Fields of a walkerOS rule without effect here."""


NOTHING_SHIPPED: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})


@frozen
class Dialect(Generic[S]):
    """What a destination adds to rules: its settings, and the maximum length of a name."""

    settings: Callable[[Any, str, S, Findings], S]
    """(raw settings, place, the destination's settings, findings) -> a rule's settings."""
    longest_name: int


def parse_rules(
    raw: Any,
    where: str,
    default: Rule[S],
    dialect: Dialect[S],
    findings: Findings,
    shipped: Mapping[str, Mapping[str, Any]] = NOTHING_SHIPPED,
) -> Rules[S]:
    """Read all rules, laid over the default rule and over those of a preset."""
    if not isinstance(raw, dict | None):
        findings.fault(where, f"expected entities, got {kind_of(raw)}")
        return {}
    written: dict[str, Any] = raw or {}
    rules: dict[str, dict[str, tuple[Rule[S], ...]]] = {}
    for entity in {**shipped, **written}:
        at = join(where, entity)
        actions = written.get(entity, {})
        if actions is None:
            continue
        if " " in entity.strip():
            place = ".".join(entity.split()[:2])
            message = f"rules are nested, by entity and action: write mapping.{place}"
            findings.fault(at, message)
            continue
        if not isinstance(actions, dict):
            findings.fault(at, f'expected actions such as "view", got {kind_of(actions)}')
            continue
        below = shipped.get(entity, {})
        rules[entity] = {}
        for action in {**below, **actions}:
            label, place = f"{entity} {action}", join(at, action)
            if action not in actions:
                place = f"{SHIPPED}.{entity}.{action}"
                rule = parse_rule(below[action], label, place, default, dialect, findings)
                rules[entity][action] = (rule,)
            elif actions[action] is not None:
                rules[entity][action] = tuple(
                    parse_rule(one, name, spot, default, dialect, findings, below.get(action))
                    for one, name, spot in _each(actions[action], label, place)
                )
    return rules


def _each(raw: Any, label: str, where: str) -> Iterator[tuple[Any, str, str]]:
    """A rule, or each rule of a list, with its label and place."""
    if not isinstance(raw, list):
        yield raw, label, where
        return
    for at, one in enumerate(raw):
        yield one, f"{label}[{at}]", f"{where}[{at}]"


def parse_rule(
    raw: Any,
    label: str,
    where: str,
    default: Rule[S],
    dialect: Dialect[S],
    findings: Findings,
    shipped: dict[str, Any] | None = None,
) -> Rule[S]:
    """Read one rule, laid over the default rule and, where it extends it, the preset's."""
    if not isinstance(raw, dict):
        findings.fault(where, f"expected a rule, an object, got {kind_of(raw)}")
        return default
    raw, findings = extended(raw, shipped, label, where, findings)
    raw = _drop_meaningless(raw, where, findings)
    findings.keys(raw, RULE_KEYS, where)
    at = join(where, "settings")
    settings = dialect.settings(raw.get("settings"), at, default.settings, findings)
    if "skip" in raw:
        findings.warn("config.renamed", join(where, "skip"), 'is spelled "silent" since walkerOS 4')
    silent, skip = (
        parse_flag(raw.get(key), join(where, key), findings) if raw.get(key) is not None else None
        for key in ("silent", "skip")
    )
    include = raw.get("include")
    name = _name(raw.get("name"), join(where, "name"), dialect.longest_name, findings)
    return evolve(
        default,
        label=label,
        where=where,
        name=name,
        named_at=findings.placed(join(where, "name")),
        is_base_first=name is not None and default.base is not None and sees(default.base.tree),
        ignore=parse_flag(raw.get("ignore"), join(where, "ignore"), findings),
        silent=bool(skip if silent is None else silent),
        consent=compile_consent(raw.get("consent"), join(where, "consent"), findings),
        is_open=raw.get("consent") == {},
        condition=parse_code(raw.get("condition"), join(where, "condition"), findings),
        policy=parse_policy(raw.get("policy"), join(where, "policy"), findings),
        data=parse_data(raw.get("data"), join(where, "data"), findings),
        include=default.include
        if include is None
        else parse_include(include, join(where, "include"), findings),
        remove=_remove(raw.get("remove"), join(where, "remove"), findings),
        batch=default.batch
        if raw.get("batch") is None
        else parse_batch(raw["batch"], join(where, "batch"), findings),
        settings=settings,
    )


def _drop_meaningless(raw: dict[str, Any], where: str, findings: Findings) -> dict[str, Any]:
    for key in NO_MEANING:
        if key in raw:
            findings.warn("config.no-meaning", join(where, key), "does nothing here")
    return {key: value for key, value in raw.items() if key not in NO_MEANING}


def _name(raw: Any, where: str, longest: int, findings: Findings) -> str | None:
    if raw is None:
        return None
    if isinstance(raw, str) and is_no_path(raw):
        findings.fault(where, unresolved(raw))
        return None
    if not isinstance(raw, str) or not raw.strip() or len(raw) > longest:
        findings.fault(where, f"expected a metric's name of 1 to {longest} characters")
        return None
    return raw


def parse_flag(raw: Any, where: str, findings: Findings) -> bool:
    """Read a switch of the destination or a rule: true, or else false."""
    if raw is not None and not isinstance(raw, bool):
        findings.fault(where, f"expected true or false, got {kind_of(raw)}")
    return raw is True


def parse_data(raw: Any, where: str, findings: Findings) -> MappingValue | None:
    """Read the `data` mapping of the destination or a rule."""
    return None if raw is None else parse_mapping(raw, where, findings)


def parse_policy(raw: Any, where: str, findings: Findings) -> Policy:
    """Read a `policy`: paths in the event, and the values to set there."""
    if raw is None:
        return ()
    if not isinstance(raw, dict):
        findings.fault(where, f"expected paths and values, got {kind_of(raw)}")
        return ()
    policy = []
    for text, value in raw.items():
        at = join(where, text)
        path = _path(text, at, findings)
        if "*" in path:
            findings.fault(at, 'a policy sets one path; "*" is not possible here')
        elif path:
            clears = value == {"value": None}  # said in words, and no slip
            policy.append((path, parse_mapping({} if clears else value, at, findings)))
    return tuple(policy)


def parse_include(raw: Any, where: str, findings: Findings) -> tuple[str, ...]:
    """Read the event's sections to include; an unknown one is only a warning."""
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        findings.fault(where, 'expected a list of sections, e.g. ["globals", "user"]')
        return ()
    known = (*SECTIONS, "all")
    for index, section in enumerate(raw):
        if section not in known:
            message = f'"{section}" is not a section; known: {", ".join(known)}'
            findings.warn("config.unknown-section", f"{where}[{index}]", message)
    return tuple(section for section in raw if section in known)


def parse_batch(raw: Any, where: str, findings: Findings) -> Any:
    """Read walkerOS's batching: true, a number of milliseconds, or an object with `size`."""
    if (
        raw is None
        or isinstance(raw, bool | dict)
        or (isinstance(raw, int | float) and 0 <= raw < inf)
    ):
        return raw or None
    findings.fault(where, 'expected true, milliseconds, or an object such as {"size": 1000}')
    return None


def _remove(raw: Any, where: str, findings: Findings) -> tuple[Path, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        findings.fault(where, f'expected a list of paths, e.g. ["Items.0"], got {kind_of(raw)}')
        return ()
    paths = (_path(text, f"{where}[{i}]", findings) for i, text in enumerate(raw))
    return tuple(path for path in paths if path)


def _path(raw: Any, where: str, findings: Findings) -> Path:
    try:
        if isinstance(raw, str) and not is_no_path(raw):
            return parse_path(raw)
        if isinstance(raw, str):
            raise ValueError(unresolved(raw))
        findings.fault(where, f"expected a path, got {kind_of(raw)}")
    except ValueError as error:
        findings.fault(where, str(error))
    return ()
