"""How is a tree evaluated for an event, fast?

Each node becomes a closure over its children's closures. This is the hottest code in the library:
paths of one or two keys are read without a call, in objects, lists and alternatives alike. A list
or object that is a constant in the configuration is copied for each event.
"""

from __future__ import annotations

from typing import Any, assert_never

from walkeros_klaviyo.core.diagnostics import Diagnostic, Notes
from walkeros_klaviyo.core.walkeros.consent import consent_of, is_granted
from walkeros_klaviyo.core.walkeros.event import Event, kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.sound import BIG, is_sound, kept

from .path_value import Resolve, compile_path, compile_way
from .tree import (
    Applied,
    Constant,
    First,
    Function,
    Guard,
    Items,
    Loop,
    Node,
    Object,
    Path,
    This,
    fresh,
)


def compile_node(node: Node, is_way: bool = False) -> Resolve:
    """Compile a node to a closure; `is_way` if its value is only read through, not sent.

    >>> compile_node(First("", (Constant("", ABSENT), Constant("", 0))))({}, {}, [])
    0
    """
    if isinstance(node, Path):
        return compile_way(node) if is_way else compile_path(node)
    if isinstance(node, Constant):
        return _constant(node.value)
    if isinstance(node, First):
        return _first(node, is_way)
    if isinstance(node, Object):
        return _object(node)
    if isinstance(node, Items):
        return _items(node, is_way)
    if isinstance(node, Loop):
        return _loop(node)
    if isinstance(node, Guard):
        return _guard(node, is_way)
    if isinstance(node, Applied):
        return _applied(node, is_way)
    if isinstance(node, Function):
        return lambda value, event, notes: called(node, value, event, notes)
    if isinstance(node, This):
        return lambda value, event, notes: [value]
    assert_never(node)


def _constant(constant: Any) -> Resolve:
    if isinstance(constant, list | dict):
        return lambda value, event, notes: fresh(constant)
    return lambda value, event, notes: constant


def _first(node: First, is_way: bool) -> Resolve:
    options = tuple((*_plain(option), compile_node(option, is_way)) for option in node.options)
    is_inner = node.is_inner

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found: Any = ABSENT
        is_object = type(value) is dict
        for first, second, option in options:
            if first is not None and is_object:
                found = value.get(first)
                if second is not None and type(found) is dict:
                    found = found.get(second)
                if found is None:  # usually: a preset tries many spellings of each field
                    found = ABSENT
                    continue
                if second is None and type(found) is str and (found or not is_inner):
                    return found
            found = option(value, event, notes)
            if is_truthy(found) if is_inner else found is not ABSENT:
                return found
        return found

    return resolve


def is_truthy(found: Any) -> bool:
    """Is it truthy in JavaScript? There, an empty list or object is.

    >>> is_truthy([]), is_truthy(0), is_truthy(ABSENT)
    (True, False, False)
    """
    return bool(found) or isinstance(found, list | dict)


def _object(node: Object) -> Resolve:
    entries = tuple((name, *_plain(member), compile_node(member)) for name, member in node.members)

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        out = {}
        is_object = type(value) is dict
        below: Any = None
        last = None
        for name, first, second, option in entries:
            if first is not None and is_object:
                found: Any = ABSENT
                if second is None:
                    found = value.get(first)
                else:
                    if first != last:
                        below = value.get(first)
                        last = first
                    if type(below) is dict:
                        found = below.get(second)
                kind = type(found)
                if (
                    kind is str
                    or (kind is int and -BIG < found < BIG)
                    or kind is bool
                    or (kind is float and found - found == 0.0)
                ):
                    out[name] = found
                    continue
                if found is None:
                    continue
            found = option(value, event, notes)
            if found is not ABSENT:
                out[name] = found
        return out

    return resolve


def _plain(node: Node) -> tuple[str | None, str | None]:
    """The one or two keys of a path that can be read without a call, such as `data.id`."""
    if isinstance(node, Path) and node.default is ABSENT and "*" not in node.keys:
        first, *rest = node.keys
        if len(rest) < 2:
            return first, rest[0] if rest else None
    return None, None


def _items(node: Items, is_way: bool) -> Resolve:
    options = tuple((*_plain(item), compile_node(item, is_way)) for item in node.items)

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = []
        is_object = type(value) is dict
        for first, second, option in options:
            one: Any = ABSENT
            if first is not None and is_object:
                one = value.get(first)
                if second is not None and type(one) is dict:
                    one = one.get(second)
            if one is not None and not (type(one) is str and second is None):
                one = option(value, event, notes)
                if one is ABSENT:
                    one = None
            found.append(one)
        return found

    return resolve


def _loop(node: Loop) -> Resolve:
    source, item, where = compile_node(node.source, True), compile_node(node.item), node.where

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        items = source(value, event, notes)
        if not isinstance(items, list):
            return no_list(items, where, notes)
        found = [item(one, event, notes) for one in items if one is not None]
        return [one for one in found if one is not ABSENT]

    return resolve


def no_list(items: Any, where: str, notes: Notes) -> Any:
    """Note that a loop's source is not a list, and yield nothing."""
    if items is not ABSENT:
        message = f"the source is {kind_of(items)}, not a list"
        notes.append(Diagnostic("value.not-a-list", where, message))
    return ABSENT


def called(node: Function, value: Any, event: Event, notes: Notes) -> Any:
    """Call a user's function; a result that JSON cannot hold counts as undefined.

    It is copied, because the function may return one object each time, and fill it anew.
    """
    found = node.code(value, event, notes)
    return ABSENT if found is None else fresh(checked(found, node.where, notes))


def checked(found: Any, where: str, notes: Notes) -> Any:
    """The value, or as much of it as JSON can hold."""
    if found is ABSENT or type(found) is str or is_sound(found):
        return found
    return kept(found, where, notes)


def _applied(node: Applied, is_way: bool) -> Resolve:
    """A pipe of `$fn:` functions. What they are given is not sent, so only the end is checked."""
    inner: Node = node
    pipe = []
    while isinstance(inner, Applied):
        pipe.append(inner.step.compiled())
        inner = inner.inner
    source, steps, where = compile_node(inner, True), tuple(reversed(pipe)), node.where

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        found = source(value, event, notes)
        for apply in steps:
            if found is ABSENT or found is None:
                return ABSENT
            found = apply(found, notes)
        return found if is_way else checked(found, where, notes)

    return resolve


def _guard(node: Guard, is_way: bool) -> Resolve:
    produce, otherwise = compile_node(node.inner, is_way), _constant(node.otherwise)
    required, condition, validate = node.consent, node.condition, node.validate

    def resolve(value: Any, event: Event, notes: Notes) -> Any:
        if condition is not None and not condition.holds(value, event, notes):
            return ABSENT
        if required is not None and not is_granted(required, consent_of(value, event)):
            return otherwise(value, event, notes)
        found = produce(value, event, notes)
        if validate is not None and not validate.holds(found, event, notes):
            return otherwise(value, event, notes)
        return found

    return resolve
