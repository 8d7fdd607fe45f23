"""What does a mapping value yield?

A value is a path, an object or a list (first defined result wins); each compiles once into a
closure. Nothing ever falls through to the whole event or item: where a mapping names nothing,
it yields nothing. Source: walkerOS mapping values, measured on the reference (`tests/vectors`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import field, frozen

from .combine import always, as_list, as_loop, as_map, first_defined, first_truthy, split_in_two
from .consent import compile_consent, consent_of, is_granted
from .diagnostics import Notes
from .event import Event, kind_of
from .faults import ConfigError, Findings, is_no_path, join, unresolved
from .path import ABSENT
from .path_value import Resolve, compile_path, nothing
from .sound import is_sound, why_unsound
from .user_code import compile_callable, compile_test

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
    findings = Findings()
    compiled = compile_value(raw, where, findings)
    if findings.faults:
        raise ConfigError(findings.faults)
    return MappingValue(compiled, where, raw)


def compile_value(raw: Any, where: str, findings: Findings) -> Resolve:
    """Turn a path, object or list into a closure; faults go to `findings`."""
    if isinstance(raw, str):
        return compile_path(raw, where, findings)
    if isinstance(raw, dict):
        return _compile_object(raw, where, findings)
    if isinstance(raw, list):
        return first_defined(
            [_compile_inner(item, f"{where}[{i}]", findings) for i, item in enumerate(raw)]
        )
    findings.fault(where, f"expected a path, an object or a list, got {kind_of(raw)}")
    return nothing


def _compile_inner(raw: Any, where: str, findings: Findings) -> Resolve:
    """A list inside a list stops at the first truthy result, as JavaScript sees it."""
    if not isinstance(raw, list):
        return compile_value(raw, where, findings)
    return first_truthy(
        [_compile_inner(item, f"{where}[{i}]", findings) for i, item in enumerate(raw)]
    )


def _compile_object(raw: dict[str, Any], where: str, findings: Findings) -> Resolve:
    findings.keys(raw, KEYS, where)
    constant = _constant(raw, where, findings)
    produce = _compile_producer(raw, constant, where, findings)
    required = compile_consent(raw.get("consent"), join(where, "consent"), findings)
    condition = compile_test(raw.get("condition"), join(where, "condition"), findings)
    validate = compile_test(raw.get("validate"), join(where, "validate"), findings)
    if raw and produce is None and constant is ABSENT:
        findings.warn(
            "config.yields-nothing", where, "no key, value, map, loop, set or fn: yields nothing"
        )
    if produce is None:
        produce = always(constant)
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
    constant = raw.get("value")
    if constant is None:
        return ABSENT
    if isinstance(constant, str) and is_no_path(constant):
        findings.fault(join(where, "value"), unresolved(constant))
        return ABSENT
    if is_sound(constant):
        return constant
    reason = why_unsound(constant, "value").message
    findings.warn("config.yields-nothing", join(where, "value"), f"counts as undefined: {reason}")
    return ABSENT


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
            every["key"] = compile_path(raw["key"], join(where, "key"), findings, constant)
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
        return nothing
    return as_map(
        [
            (str(name), split_in_two(item), compile_value(item, join(where, name), findings))
            for name, item in raw.items()
        ]
    )


def _compile_set(raw: Any, where: str, findings: Findings) -> Resolve:
    if not isinstance(raw, list):
        findings.fault(where, f"expected a list of values, got {kind_of(raw)}")
        return nothing
    return as_list([_compile_inner(item, f"{where}[{i}]", findings) for i, item in enumerate(raw)])


def _compile_loop(raw: Any, where: str, findings: Findings) -> Resolve:
    if not isinstance(raw, list) or len(raw) != 2:
        findings.fault(where, 'expected [source, item], e.g. ["nested", {"map": {"SKU": …}}]')
        return nothing
    item = compile_value(raw[1], f"{where}[1]", findings)
    source = _this if raw[0] == "this" else compile_value(raw[0], f"{where}[0]", findings)
    return as_loop(source, item, where)


def _this(value: Any, event: Event, notes: Notes) -> Any:
    """A loop's source that is the value itself, as its only item."""
    return [value]


def _compile_fn(raw: Any, where: str, findings: Findings) -> Resolve:
    call = compile_callable(raw, where, findings)
    if call is None:
        return nothing

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
