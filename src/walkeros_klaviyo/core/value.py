"""What does a mapping value yield?

A value is a path, an object or a list (first defined result wins); each compiles once into a
closure. Nothing ever falls through to the whole event or item: where a mapping names nothing,
it yields nothing. Source: walkerOS mapping values, measured on the reference (`tests/vectors`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import field, frozen

from .user_code import compile_callable
from .diagnostics import Diagnostic, Notes
from .event import Event, kind_of
from .faults import Findings, is_reference, join, unresolved
from .path import ABSENT, compile_getter, parse_path, step
from .sound import is_sound, why_unsound

Resolve = Callable[[Any, Event, Notes], Any]
"""(value, event, notes) -> what the mapping yields there, or ABSENT."""

KEYS: Final = (
    "key",
    "value",
    "map",
    "loop",
    "set",
    "consent",
    "condition",
    "fn",
    "validate",
)


@frozen
class MappingValue:
    """A compiled mapping value that knows where in the configuration it stands.

    >>> total = mapping_value({"key": "data.total", "value": 0}, "settings.value")
    >>> total({"data": {"total": 12.5}}), total({})
    (12.5, 0)
    """

    resolve: Resolve = field(eq=False, repr=False)
    where: str
    raw: Any

    def __call__(self, event: Event) -> Any:
        """What it yields for an event (ABSENT for nothing); diagnostics are left aside."""
        return self.resolve(event, event, [])

    @property
    def reads(self) -> str:
        """Where a diagnostic about the result points: the event's path if it is one, else here.

        >>> mapping_value("data.total", "settings.value").reads
        'data.total'
        """
        if isinstance(self.raw, str):
            return self.raw
        if isinstance(self.raw, dict) and isinstance(self.raw.get("key"), str):
            return str(self.raw["key"])
        return self.where


def mapping_value(raw: Any, where: str = "value") -> MappingValue:
    """Compile one mapping value by itself; raise ConfigError where it is faulty.

    >>> mapping_value({"loop": ["nested", {"map": {"SKU": "data.sku"}}]})(
    ...     {"nested": [{"data": {"sku": "A"}}, {"data": {}}]})
    [{'SKU': 'A'}, {}]
    """
    from .faults import ConfigError

    findings = Findings()
    compiled = compile_value(raw, where, findings)
    if findings.faults:
        raise ConfigError(findings.faults)
    return MappingValue(compiled, where, raw)


def compile_value(raw: Any, where: str, findings: Findings) -> Resolve:
    """Turn a path, object or list into a closure; faults go to `findings`."""
    if isinstance(raw, str):
        return _compile_path(raw, where, findings)
    if isinstance(raw, dict):
        return _compile_object(raw, where, findings)
    if isinstance(raw, list):
        return _first_defined(
            [_compile_inner(item, f"{where}[{i}]", findings) for i, item in enumerate(raw)]
        )
    findings.fault(where, f"expected a path, an object or a list, got {kind_of(raw)}")
    return _nothing


def _compile_inner(raw: Any, where: str, findings: Findings) -> Resolve:
    """A list inside a list stops at the first truthy result, as JavaScript sees it."""
    if not isinstance(raw, list):
        return compile_value(raw, where, findings)
    return _first_truthy(
        [_compile_inner(item, f"{where}[{i}]", findings) for i, item in enumerate(raw)]
    )


def _nothing(value: Any, event: Event, notes: Notes) -> Any:
    return ABSENT


def _first_defined(options: list[Resolve]) -> Resolve:
    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        for option in options:
            found = option(value, event, notes)
            if found is not ABSENT:
                return found
        return ABSENT

    return resolve


def _first_truthy(options: list[Resolve]) -> Resolve:
    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found: Any = ABSENT
        for option in options:
            found = option(value, event, notes)
            if found or isinstance(found, list | dict):
                return found
        return found

    return resolve


def _compile_path(raw: str, where: str, findings: Findings, default: Any = ABSENT) -> Resolve:
    if is_reference(raw):
        findings.fault(where, unresolved(raw))
        return _nothing
    try:
        path = parse_path(raw)
    except ValueError as error:
        findings.fault(where, str(error))
        return _nothing
    findings.reads.add(path[0])
    if "*" in path:
        if path[-1] == "*":
            findings.warn("config.yields-nothing", where, f'"{raw}": name a key after the "*"')
        return _each(path, raw, default)
    get = compile_getter(path)

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = get(value)
        kind = type(found)
        if kind is str or kind is int or kind is bool:
            return found
        if found is ABSENT or found is None:
            return default
        if is_sound(found):
            return found
        notes.append(why_unsound(found, raw))
        return default

    return resolve


def _each(path: tuple[str, ...], raw: str, default: Any) -> Resolve:
    """`*` maps over a list: a missing item stays a hole, a real null makes all undefined."""
    end = len(path)

    def collect(value: Any, at: int, flaws: Notes) -> Any:
        for index in range(at, end):
            key = path[index]
            if key == "*" and isinstance(value, list):
                found = [
                    ABSENT if index + 1 == end else collect(item, index + 1, flaws)
                    for item in value
                ]
                hole = None if default is ABSENT else default
                return [hole if item is ABSENT else item for item in found]
            value = step(value, key)
        if value is not ABSENT and not is_sound(value):
            flaws.append(why_unsound(value, raw))
        return value

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        flaws: Notes = []
        found = collect(value, 0, flaws)
        if not flaws and found is not ABSENT:
            return found
        if found is not None:
            notes.extend(flaws[:1])
        return default

    return resolve


def _compile_object(raw: dict[str, Any], where: str, findings: Findings) -> Resolve:
    findings.keys(raw, KEYS, where)
    constant = _constant(raw, where, findings)
    produce = _compile_producer(raw, constant, where, findings)
    required = compile_consent(raw.get("consent"), join(where, "consent"), findings)
    condition = compile_callable(raw.get("condition"), join(where, "condition"), findings)
    validate = compile_callable(raw.get("validate"), join(where, "validate"), findings)
    if raw and produce is None and constant is ABSENT:
        findings.warn(
            "config.yields-nothing", where, "no key, value, map, loop, set or fn: yields nothing"
        )
    if produce is None:
        produce = _always(constant)
    if required is None and condition is None and validate is None:
        return produce

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        if condition is not None and not condition(value, event, notes):
            return ABSENT
        if required is not None and not is_granted(required, consent_of(value, event)):
            return constant
        found = produce(value, event, notes)
        if validate is not None and not validate(found, event, notes):
            return constant
        return found

    return resolve


def _constant(raw: dict[str, Any], where: str, findings: Findings) -> Any:
    constant = raw.get("value", ABSENT)
    if constant is ABSENT or constant is None:
        return ABSENT
    if is_sound(constant):
        return constant
    reason = why_unsound(constant, "value").message
    findings.warn("config.yields-nothing", join(where, "value"), f"counts as undefined: {reason}")
    return ABSENT


def _always(constant: Any) -> Resolve:
    return lambda value, event, notes: constant


def _compile_producer(
    raw: dict[str, Any], constant: Any, where: str, findings: Findings
) -> Resolve | None:
    """`loop`, else `map`, else `set`, else `key`, else `fn`; undefined falls back to `value`."""
    every = {
        name: compiler(raw[name], join(where, name), findings)
        for name, compiler in _PRODUCERS.items()
        if raw.get(name) is not None and name != "key"
    }
    if raw.get("key") is not None:
        if isinstance(raw["key"], str):
            every["key"] = _compile_path(raw["key"], join(where, "key"), findings, constant)
        else:
            findings.fault(
                join(where, "key"), f'expected a path such as "data.id", got {kind_of(raw["key"])}'
            )
    chosen = next((name for name in _PRODUCERS if name in every), None)
    if chosen is None:
        return None
    produce = every[chosen]
    if constant is ABSENT or chosen == "key":
        return produce

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = produce(value, event, notes)
        return constant if found is ABSENT else found

    return resolve


def _compile_map(raw: Any, where: str, findings: Findings) -> Resolve:
    if not isinstance(raw, dict):
        findings.fault(where, f"expected an object of values, got {kind_of(raw)}")
        return _nothing
    entries = tuple(
        (str(name), compile_value(item, join(where, name), findings)) for name, item in raw.items()
    )

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        out = {}
        for name, option in entries:
            found = option(value, event, notes)
            if found is not ABSENT:
                out[name] = found
        return out

    return resolve


def _compile_set(raw: Any, where: str, findings: Findings) -> Resolve:
    if not isinstance(raw, list):
        findings.fault(where, f"expected a list of values, got {kind_of(raw)}")
        return _nothing
    options = [_compile_inner(item, f"{where}[{i}]", findings) for i, item in enumerate(raw)]

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = [option(value, event, notes) for option in options]
        return [None if item is ABSENT else item for item in found]

    return resolve


def _compile_loop(raw: Any, where: str, findings: Findings) -> Resolve:
    if not isinstance(raw, list) or len(raw) != 2:
        findings.fault(where, 'expected [source, item], e.g. ["nested", {"map": {"SKU": …}}]')
        return _nothing
    item = compile_value(raw[1], f"{where}[1]", findings)
    if raw[0] == "this":
        return _loop_over(lambda value, event, notes: [value], item, where)
    return _loop_over(compile_value(raw[0], f"{where}[0]", findings), item, where)


def _loop_over(source: Resolve, item: Resolve, where: str) -> Resolve:
    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        items = source(value, event, notes)
        if not isinstance(items, list):
            if items is not ABSENT:
                message = f"the source is {kind_of(items)}, not a list"
                notes.append(Diagnostic("value.not-a-list", where, message))
            return ABSENT
        found = [item(one, event, notes) for one in items if one is not None]
        return found if ABSENT not in found else [one for one in found if one is not ABSENT]

    return resolve


def _compile_fn(raw: Any, where: str, findings: Findings) -> Resolve:
    call = compile_callable(raw, where, findings)
    if call is None:
        return _nothing

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = call(value, event, notes)
        if found is None or found is ABSENT:
            return ABSENT
        if is_sound(found):
            return found
        notes.append(why_unsound(found, where))
        return ABSENT

    return resolve


_PRODUCERS: Final[dict[str, Callable[[Any, str, Findings], Resolve]]] = {
    "loop": _compile_loop,
    "map": _compile_map,
    "set": _compile_set,
    "key": compile_value,
    "fn": _compile_fn,
}


def compile_consent(raw: Any, where: str, findings: Findings) -> frozenset[str] | None:
    """The consent states of which one must be granted; None asks for nothing.

    >>> sorted(compile_consent({"marketing": True, "functional": False}, "", Findings()))
    ['marketing']
    """
    if raw is None:
        return None
    if not isinstance(raw, dict) or not all(isinstance(flag, bool) for flag in raw.values()):
        findings.fault(where, 'expected states to be granted, e.g. {"marketing": true}')
        return frozenset()
    findings.reads.add("consent")
    required = frozenset(str(name) for name, flag in raw.items() if flag)
    if not required:
        findings.warn("config.never-granted", where, "names no state; nothing can grant it")
    return required


def consent_of(value: Any, event: Event) -> Any:
    """A value's own consent first, else the event's."""
    own = value.get("consent") if isinstance(value, dict) else None
    return own if isinstance(own, dict) else event.get("consent")


def is_granted(required: Iterable[str], states: Any) -> bool:
    """Is one of the required states true? Absent is not granted.

    >>> is_granted({"marketing"}, {"marketing": True}), is_granted({"marketing"}, {"marketing": 1})
    (True, False)
    """
    return isinstance(states, dict) and any(states.get(name) is True for name in required)
