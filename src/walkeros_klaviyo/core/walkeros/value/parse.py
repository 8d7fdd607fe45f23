"""What does a mapping value say? JSON in, a tree out; every fault with its place.

To add a kind of node, start in `tree`.

A mapping never falls through to the whole event or item: one that names nothing yields nothing.
Source: walkerOS mapping values, measured on the reference implementation (`tests/vectors`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from walkeros_klaviyo.core.diagnostics import Notes
from walkeros_klaviyo.core.faults import Findings, is_function, is_no_path, join, unresolved
from walkeros_klaviyo.core.known_keys import VALUE
from walkeros_klaviyo.core.walkeros.consent import compile_consent
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.functions import parse_steps
from walkeros_klaviyo.core.walkeros.path import ABSENT, parse_path
from walkeros_klaviyo.core.walkeros.sound import is_sound, kept
from walkeros_klaviyo.core.walkeros.user_code import parse_code

from .tree import Applied, Constant, First, Function, Guard, Items, Loop, Node, Object, Path, This

KEYS: Final = tuple(VALUE)


def parse_value(raw: Any, where: str, findings: Findings) -> Node:
    """Turn a path, object or list into a tree; faults go to `findings`.

    >>> parse_value("data.id", "data", Findings())
    Path(where='data', text='data.id', keys=('data', 'id'), default=ABSENT)
    """
    where = findings.placed(where)
    if isinstance(raw, str):
        return _path(raw, where, findings)
    if isinstance(raw, dict):
        return _object(raw, where, findings)
    if isinstance(raw, list):
        return First(where, _each(raw, where, findings))
    findings.fault(where, f"expected a path, an object or a list, got {kind_of(raw)}")
    return Constant(where, ABSENT)


def _each(raw: list[Any], where: str, findings: Findings) -> tuple[Node, ...]:
    return tuple(_inner(item, f"{where}[{i}]", findings) for i, item in enumerate(raw))


def _inner(raw: Any, where: str, findings: Findings) -> Node:
    """A list inside a list stops at the first truthy result, as JavaScript sees it."""
    if isinstance(raw, list):
        return First(where, _each(raw, where, findings), is_inner=True)
    return parse_value(raw, where, findings)


def _path(raw: Any, where: str, findings: Findings, default: Any = ABSENT) -> Node:
    if not isinstance(raw, str):
        findings.fault(where, f'expected a path such as "data.id", got {kind_of(raw)}')
        return Constant(where, ABSENT)
    if is_no_path(raw):
        findings.fault(where, unresolved(raw))
        return Constant(where, ABSENT)
    try:
        keys = parse_path(raw)
    except ValueError as error:
        findings.fault(where, str(error))
        return Constant(where, ABSENT)
    if keys[-1] == "*":
        findings.warn("config.yields-nothing", where, f'"{raw}": name a key after the "*"')
    return Path(where, raw, keys, default)


def _object(raw: dict[str, Any], where: str, findings: Findings) -> Node:
    findings.keys(raw, KEYS, where)
    constant = _constant(raw, where, findings)
    node = _producer(raw, constant, where, findings)
    guard = Guard(
        where,
        Constant(where, constant) if node is None else node,
        constant,
        compile_consent(raw.get("consent"), join(where, "consent"), findings),
        parse_code(raw.get("condition"), join(where, "condition"), findings),
        parse_code(raw.get("validate"), join(where, "validate"), findings),
    )
    if raw and node is None and constant is ABSENT:
        findings.warn(
            "config.yields-nothing", where, "no key, value, map, loop, set or fn: yields nothing"
        )
    is_guarded = guard.consent is not None or guard.condition or guard.validate
    return guard if is_guarded else guard.inner


def _constant(raw: dict[str, Any], where: str, findings: Findings) -> Any:
    constant = raw.get("value")
    if constant is None:
        return ABSENT
    if isinstance(constant, str) and is_no_path(constant):
        findings.fault(join(where, "value"), unresolved(constant))
        return ABSENT
    if is_sound(constant):
        return constant
    notes: Notes = []
    left = kept(constant, "value", notes)
    if left is ABSENT:
        message = f"counts as undefined: {notes[0].message}"
        findings.warn("config.yields-nothing", join(where, "value"), message)
    return left


def _producer(raw: dict[str, Any], constant: Any, where: str, findings: Findings) -> Node | None:
    """`loop`, else `map`, else `set`, else `key`, else `fn`; undefined falls back to `value`."""
    if is_function(raw.get("fn")) or isinstance(raw.get("fn"), list):
        return _piped(raw, constant, where, findings)
    every = {
        name: parse(raw[name], join(where, name), findings)
        for name, parse in _PRODUCERS.items()
        if raw.get(name) is not None
    }
    chosen = next(iter(every), None)
    if chosen is None:
        return None
    for name in every:
        if name != chosen:
            message = f"is never read, because {chosen} is beside it"
            findings.warn("config.yields-nothing", join(where, name), message)
    if constant is ABSENT:
        return every[chosen]
    if chosen == "key":
        return _path(raw["key"], join(where, "key"), Findings(), constant)
    return First(where, (every[chosen], Constant(join(where, "value"), constant)))


def _piped(raw: dict[str, Any], constant: Any, where: str, findings: Findings) -> Node | None:
    """Parse `$fn:` functions, which apply to the value that the other keys make."""
    at = join(where, "fn")
    steps = parse_steps(raw["fn"], at, findings)
    node = _producer({**raw, "fn": None}, ABSENT, where, findings)
    if node is None and steps and steps[0].name == "get":
        keys = steps[0].argument
        node, steps = Path(steps[0].where, ".".join(keys), keys), steps[1:]
    if node is None:
        if steps:
            message = 'has nothing to work on; write "key" beside it, or begin with $fn:get(path)'
            findings.fault(at, message)
        return Constant(where, ABSENT)
    for step in steps:
        node = Applied(step.where, node, step)
    return node if constant is ABSENT else First(where, (node, Constant(at, constant)))


def parse_map(raw: Any, where: str, findings: Findings) -> Node:
    """An object: each name with a mapping value of its own."""
    if not isinstance(raw, dict):
        findings.fault(where, f"expected an object of values, got {kind_of(raw)}")
        return Constant(where, ABSENT)
    members = ((str(name), join(where, name), item) for name, item in raw.items())
    placed = [(name, findings.placed(at), item) for name, at, item in members]
    return Object(
        where,
        tuple((name, parse_value(item, at, findings)) for name, at, item in placed),
        tuple(at for _, at, _ in placed),
    )


def _set(raw: Any, where: str, findings: Findings) -> Node:
    if not isinstance(raw, list):
        findings.fault(where, f"expected a list of values, got {kind_of(raw)}")
        return Constant(where, ABSENT)
    return Items(where, _each(raw, where, findings))


def _loop(raw: Any, where: str, findings: Findings) -> Node:
    if not isinstance(raw, list) or len(raw) != 2:
        findings.fault(where, 'expected [source, item], e.g. ["nested", {"map": {"SKU": …}}]')
        return Constant(where, ABSENT)
    item = parse_value(raw[1], f"{where}[1]", findings)
    at = f"{where}[0]"
    source = This(at) if raw[0] == "this" else parse_value(raw[0], at, findings)
    return Loop(where, source, item)


def _fn(raw: Any, where: str, findings: Findings) -> Node:
    code = parse_code(raw, where, findings)
    return Constant(where, ABSENT) if code is None else Function(where, code)


_PRODUCERS: Final[dict[str, Callable[[Any, str, Findings], Node]]] = {
    "loop": _loop,
    "map": parse_map,
    "set": _set,
    "key": _path,
    "fn": _fn,
}
"""In order of precedence where several are given."""
