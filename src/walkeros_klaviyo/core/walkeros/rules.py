"""How do the configured rules become effective ones?

The destination's defaults go into every rule, its mapping values are compiled, and what cannot
work is a fault with its path. Source: walkerOS `mapping[entity][action]`, a rule or a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from types import MappingProxyType
from typing import Any, Final, Generic

from attrs import evolve, frozen

from walkeros_klaviyo.core.faults import Findings, is_no_path, join, unresolved
from walkeros_klaviyo.core.known_keys import RULE
from walkeros_klaviyo.core.walkeros.value.walk import sees

from .consent import compile_consent
from .event import kind_of
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
"""Fields of a walkerOS rule that do nothing here."""


SHIPPED: Final = "preset"
"""Where a shipped rule stands: in no file of the user's."""
_SHIPPED: Final = object()
"""In place of a rule of the user's own."""
_NONE: Final[dict[str, Any]] = {}
NOTHING_SHIPPED: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})


@frozen
class Dialect(Generic[S]):
    """What a destination adds to a rule: its settings, and how long a name may be."""

    settings: Callable[[Any, str, S, Findings], S]
    """(what is written, where, the destination's, findings) -> a rule's settings."""
    longest_name: int


def parse_rules(
    raw: Any,
    where: str,
    default: Rule[S],
    dialect: Dialect[S],
    findings: Findings,
    shipped: Mapping[str, Mapping[str, Any]] = NOTHING_SHIPPED,
) -> Rules[S]:
    """Read all rules, effective over the default one, and over those that are shipped."""
    if not isinstance(raw, dict | None):
        findings.fault(where, f"expected entities, got {kind_of(raw)}")
        return {}
    rules = {}
    for entity, actions in {**dict.fromkeys(shipped, _NONE), **(raw or {})}.items():
        at = join(where, entity)
        if actions is None:
            continue
        if " " in entity and isinstance(actions, dict) and actions.keys() <= {*RULE_KEYS}:
            place = ".".join(entity.split()[:2])
            message = f"rules are nested, by entity and action: write mapping.{place}"
            findings.fault(at, message)
            continue
        if not isinstance(actions, dict):
            findings.fault(at, f'expected actions such as "view", got {kind_of(actions)}')
            continue
        below = {f"{entity} {action}": rule for action, rule in shipped.get(entity, _NONE).items()}
        every: dict[str, Any] = {**dict.fromkeys(shipped.get(entity, _NONE), _SHIPPED), **actions}
        rules[entity] = {
            action: _options(
                given,
                f"{entity} {action}",
                join(at, action),
                default,
                dialect,
                findings,
                below.get(f"{entity} {action}"),
            )
            for action, given in every.items()
            if given is not None
        }
    return rules


def _options(
    raw: Any,
    label: str,
    where: str,
    default: Rule[S],
    dialect: Dialect[S],
    findings: Findings,
    shipped: dict[str, Any] | None,
) -> tuple[Rule[S], ...]:
    if raw is _SHIPPED:
        at = join(SHIPPED, label.replace(" ", "."))
        return (parse_rule(shipped, label, at, default, dialect, findings),)
    if not isinstance(raw, list):
        return (parse_rule(raw, label, where, default, dialect, findings, shipped),)
    return tuple(
        parse_rule(item, f"{label}[{i}]", f"{where}[{i}]", default, dialect, findings, shipped)
        for i, item in enumerate(raw)
    )


def parse_rule(
    raw: Any,
    label: str,
    where: str,
    default: Rule[S],
    dialect: Dialect[S],
    findings: Findings,
    shipped: dict[str, Any] | None = None,
) -> Rule[S]:
    """Read one rule over the default one; where it extends, over the shipped one too."""
    if not isinstance(raw, dict):
        findings.fault(where, f"expected a rule, an object, got {kind_of(raw)}")
        return default
    if shipped is not None and ("extend" in raw or "remove" in raw):
        beside, patch = _patch(raw, where, findings)
        placed = Placed(where, join(SHIPPED, label.partition("[")[0].replace(" ", ".")), raw)
        findings = evolve(findings, placed=placed)
        raw = laid_over(laid_over(shipped, beside), patch)
    elif "extend" in raw:
        message = "there is no shipped rule beneath; it counts as a rule of its own"
        findings.warn("rule.extends-nothing", join(where, "extend"), message)
        raw = laid_over(*_patch(raw, where, findings))
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


def _patch(
    raw: dict[str, Any], where: str, findings: Findings
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands beside `extend`, and in it: both belong to the patch, the inner one above."""
    beside = {key: value for key, value in raw.items() if key != "extend"}
    patch = raw.get("extend")
    if not isinstance(patch, dict | None):
        findings.fault(join(where, "extend"), f"expected a rule, got {kind_of(patch)}")
        return beside, {}
    return beside, patch or {}


@frozen
class Placed:
    """Where is it written? A rule that extends a shipped one is partly the user's.

    >>> placed = Placed("mapping.a.b", "preset.a.b", {"extend": {"data": {"map": {"x": "y"}}}})
    >>> placed("mapping.a.b.data.map.x"), placed("mapping.a.b.data.map.z")
    ('mapping.a.b.extend.data.map.x', 'preset.a.b.data.map.z')
    """

    mine: str
    shipped: str
    raw: dict[str, Any]

    def __call__(self, where: str) -> str:
        """The place of a place in the merged rule; of one that is placed, the same."""
        inner = f"{self.mine}.extend"
        head = next((one for one in (inner, self.mine, self.shipped) if where.startswith(one)), "")
        rest = where.removeprefix(head)
        if not head or not rest:
            return where
        if _holds(self.raw.get("extend") or {}, rest):
            return inner + rest
        return (self.mine if _holds(self.raw, rest) else self.shipped) + rest


def _holds(raw: Any, rest: str) -> bool:
    """Is the rest of a place within what is written here? What it says itself has no parts."""
    if isinstance(raw, dict):
        steps = ((f".{key}", member) for key, member in raw.items() if member is not None)
    elif isinstance(raw, list):
        steps = ((f"[{at}]", item) for at, item in enumerate(raw))
    else:
        return True
    return not rest or any(
        rest.startswith(step)
        and rest[len(step) : len(step) + 1] in ("", ".", "[")
        and _holds(inner, rest[len(step) :])
        for step, inner in steps
    )


_MADE: Final = frozenset({"key", "loop", "map", "set"})
"""The ways in which a mapping value may be made."""


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Objects merge, null clears, anything else replaces.

    A mapping value that is made in another way than the one beneath replaces it: of two ways one
    would never be read.

    >>> laid_over({"name": "A", "data": {"map": {"x": "y"}}}, {"name": None, "data": {"map": {}}})
    {'data': {'map': {'x': 'y'}}}
    >>> laid_over({"x": {"loop": ["a", "b"], "fn": "$fn:first"}}, {"x": {"key": "data.x"}})
    {'x': {'key': 'data.x'}}
    """
    said = _MADE.intersection(key for key, value in above.items() if value is not None)
    is_other = bool(said) and said.isdisjoint(below) and not _MADE.isdisjoint(below)
    merged = {} if is_other else dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            beneath = merged.get(key)
            merged[key] = laid_over(beneath if isinstance(beneath, dict) else {}, value)
        else:
            merged[key] = value
    return merged


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
    """True, or else false: a switch of the destination or a rule."""
    if raw is not None and not isinstance(raw, bool):
        findings.fault(where, f"expected true or false, got {kind_of(raw)}")
    return raw is True


def parse_data(raw: Any, where: str, findings: Findings) -> MappingValue | None:
    """A `data` mapping, of the destination or a rule."""
    return None if raw is None else parse_mapping(raw, where, findings)


def parse_policy(raw: Any, where: str, findings: Findings) -> Policy:
    """A `policy`: paths in the event, and the values that are set there."""
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
            policy.append((path, parse_mapping(value, at, findings)))
    return tuple(policy)


def parse_include(raw: Any, where: str, findings: Findings) -> tuple[str, ...]:
    """Sections of the event to include; an unknown one is only a warning."""
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        findings.fault(where, 'expected a list of sections, e.g. ["globals", "user"]')
        return ()
    known = (*SECTIONS, "all")
    for index, section in enumerate(raw):
        if section not in known:
            message = f'"{section}" is no section; known: {", ".join(known)}'
            findings.warn("config.unknown-section", f"{where}[{index}]", message)
    return tuple(section for section in raw if section in known)


def parse_batch(raw: Any, where: str, findings: Findings) -> Any:
    """walkerOS's batching: true, a number of milliseconds, or an object with `size`."""
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
