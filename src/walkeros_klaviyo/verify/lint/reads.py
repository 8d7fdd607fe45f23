"""What does a mapping value read, and could it be anything else?

Read off the value as it was written, with its place in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from walkeros_klaviyo.core.consent import compile_consent
from walkeros_klaviyo.core.faults import Findings
from walkeros_klaviyo.core.value import MappingValue, mapping_value


@frozen
class Read:
    """A path that a value reads: where it is written, and what stands in for it where it is not.

    `within` are the sources of the loops around it, from the outside in; the path is relative to
    the item of the innermost. `is_fallback`: something before it in a list may be taken;
    `has_rest`: something else may be taken where it yields nothing. `among`: where the list
    stands that it is an option of, if all of its options are paths.
    """

    path: str
    where: str
    within: tuple[str, ...] = ()
    is_fallback: bool = False
    has_rest: bool = False
    among: str = ""


def reads_of(value: MappingValue | None) -> tuple[Read, ...]:
    """Every path that a value reads.

    >>> from walkeros_klaviyo.core.value import mapping_value
    >>> [one.path for one in reads_of(mapping_value(["data.a", {"key": "data.b", "value": 1}]))]
    ['data.a', 'data.b']
    """
    return () if value is None else tuple(_reads(value.raw, value.where, (), False, False))


def _reads(
    raw: Any, where: str, within: tuple[str, ...], is_fallback: bool, has_rest: bool
) -> Iterator[Read]:
    if isinstance(raw, str):
        yield Read(raw, where, within, is_fallback, has_rest)
    elif isinstance(raw, list):
        among = where if all(map(_path_of, raw)) else ""
        for at, one in enumerate(raw):
            rest = has_rest or at < len(raw) - 1
            for read in _reads(one, f"{where}[{at}]", within, is_fallback or at > 0, rest):
                yield evolve(read, among=among)
    elif isinstance(raw, dict):
        yield from _object_reads(raw, where, within, is_fallback, has_rest)


def _object_reads(
    raw: dict[str, Any], where: str, within: tuple[str, ...], is_fallback: bool, has_rest: bool
) -> Iterator[Read]:
    rest = has_rest or "value" in raw
    if isinstance(raw.get("key"), str) and raw.get("fn") is None:
        yield Read(raw["key"], f"{where}.key", within, is_fallback, rest)
    if isinstance(raw.get("map"), dict):
        for name, one in raw["map"].items():
            yield from _reads(one, f"{where}.map.{name}", within, False, False)
    for at, one in enumerate(raw.get("set") or ()):
        yield from _reads(one, f"{where}.set[{at}]", within, False, False)
    if isinstance(raw.get("loop"), list) and len(raw["loop"]) == 2:
        source, item = raw["loop"]
        yield from _reads(source, f"{where}.loop[0]", within, is_fallback, rest)
        inner = (*within, _source_of(source))
        yield from _reads(item, f"{where}.loop[1]", inner, False, False)


def _source_of(raw: Any) -> str:
    """The path of a loop's source; empty where there is no single one.

    >>> _source_of("nested"), _source_of({"key": "nested"}), _source_of(["nested"])
    ('nested', 'nested', 'nested')
    >>> _source_of(["data.items", "nested"])
    ''
    """
    return _path_of(raw[0] if isinstance(raw, list) and len(raw) == 1 else raw)


def _path_of(raw: Any) -> str:
    """The path that a value is, and nothing else; empty where it is more."""
    if isinstance(raw, dict) and set(raw) == {"key"}:
        raw = raw["key"]
    return raw if isinstance(raw, str) else ""


def constant_of(value: MappingValue | None) -> Any:
    """The value that it always yields; None where it looks at the event.

    >>> from walkeros_klaviyo.core.value import mapping_value
    >>> constant_of(mapping_value({"value": "EUR"})), constant_of(mapping_value("data.id"))
    ('EUR', None)
    """
    raw = value.raw if value is not None else None
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]
    if not isinstance(raw, dict) or "value" not in raw:
        return None
    looks = ("key", "map", "loop", "set", "fn", "condition", "consent", "validate")
    return None if any(raw.get(name) is not None for name in looks) else raw["value"]


def consents_of(value: MappingValue | None) -> tuple[tuple[str, frozenset[str]], ...]:
    """Every consent that a value, or a part of it, asks for: where, and the states.

    >>> from walkeros_klaviyo.core.value import mapping_value
    >>> consents_of(mapping_value({"map": {"Age": {"key": "user.age", "consent": {"ads": True}}}}))
    (('value.map.Age.consent', frozenset({'ads'})),)
    """
    return () if value is None else tuple(_consents(value.raw, value.where))


def _consents(raw: Any, where: str) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(raw, list):
        for at, one in enumerate(raw):
            yield from _consents(one, f"{where}[{at}]")
    if not isinstance(raw, dict):
        return
    asked = compile_consent(raw.get("consent"), f"{where}.consent", Findings())
    if asked:
        yield f"{where}.consent", asked
    for name in ("map", "loop", "set"):
        inner = raw.get(name)
        if isinstance(inner, dict):
            for key, one in inner.items():
                yield from _consents(one, f"{where}.{name}.{key}")
        else:
            yield from _consents(inner, f"{where}.{name}")


def validated_of(value: MappingValue | None) -> tuple[MappingValue, ...]:
    """Every part of a value that has a `validate`, but those within loops."""
    return () if value is None else tuple(_validated(value.raw, value.where))


def _validated(raw: Any, where: str) -> Iterator[MappingValue]:
    if isinstance(raw, list):
        for at, one in enumerate(raw):
            yield from _validated(one, f"{where}[{at}]")
    if isinstance(raw, dict):
        if raw.get("validate") is not None:
            yield mapping_value(raw, where)
        inner = raw.get("map")
        for key, one in inner.items() if isinstance(inner, dict) else ():
            yield from _validated(one, f"{where}.map.{key}")
        yield from _validated(raw.get("set"), f"{where}.set")


def is_computed(value: MappingValue | None) -> bool:
    """Does a user's function have a hand in it? Then nothing can be said without running it."""
    return value is not None and _has_function(value.raw)


def _has_function(raw: Any) -> bool:
    if isinstance(raw, dict):
        return any(
            callable(one) or _has_function(one) for name, one in raw.items() if name != "value"
        )
    return isinstance(raw, list) and any(map(_has_function, raw))
