"""What does a tree yield for an event, and where did each part of the value come from?

Yields the same as its closure (`compile`), node by node; each user function runs once.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, assert_never

from attrs import Factory, evolve, frozen

from walkeros_klaviyo.core.diagnostics import Notes
from walkeros_klaviyo.core.walkeros.consent import consent_of, is_granted
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .compile import called, checked, compile_node, is_truthy, no_list
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

NOTHING: Final = "nothing"


@frozen
class Trace:
    """A value, the configuration entry that made it, and what that entry read.

    `source` is a path in the event, "a constant", "an object", "a list", "a function", "this" or
    "nothing"; "each of …" for a loop; after a `$fn:` function, what it was given and its name.
    `members` holds the traces of an object's members, by name.
    """

    value: Any
    configured: str
    source: str
    members: Mapping[str, Trace] = Factory(lambda: MappingProxyType({}))


def trace(node: Node, value: Any, event: Event, notes: Notes, is_way: bool = False) -> Trace:
    """Trace the node's value for an event; `is_way` if it is only read through, not sent.

    >>> found = trace(Path("value", "data.b", ("data", "b")), {"data": {"b": 2}}, {}, [])
    >>> found.value, found.source
    (2, 'data.b')
    """
    if isinstance(node, Path):
        return _path(node, value, event, notes, is_way)
    if isinstance(node, Constant):
        return _constant(node.where, node.value)
    if isinstance(node, First):
        return _first(node, value, event, notes, is_way)
    if isinstance(node, Object):
        traces = {name: trace(one, value, event, notes) for name, one in node.members}
        places = dict(zip(traces, node.places, strict=False))
        members = {
            name: evolve(one, configured=places.get(name, f"{node.where}.{name}"))
            for name, one in traces.items()
            if one.value is not ABSENT
        }
        made = {name: one.value for name, one in members.items()}
        return Trace(made, node.where, "an object", members)
    if isinstance(node, Items):
        every = [trace(one, value, event, notes, is_way).value for one in node.items]
        made_list = [None if item is ABSENT else item for item in every]
        return Trace(made_list, node.where, "a list")
    if isinstance(node, Loop):
        return _loop(node, value, event, notes)
    if isinstance(node, Guard):
        return _guard(node, value, event, notes, is_way)
    if isinstance(node, Function):
        found = called(node, value, event, notes)
        return Trace(found, node.where, NOTHING if found is ABSENT else "a function")
    if isinstance(node, Applied):
        given = trace(node.inner, value, event, notes, True)
        found = node.step(given.value, notes)
        found = found if is_way else checked(found, node.where, notes)
        source = NOTHING if found is ABSENT else f"{given.source}, {node.step.name}"
        return Trace(found, node.where, source)
    if isinstance(node, This):
        return Trace([value], node.where, "this")
    assert_never(node)


def _constant(where: str, constant: Any) -> Trace:
    return Trace(fresh(constant), where, NOTHING if constant is ABSENT else "a constant")


def _path(node: Path, value: Any, event: Event, notes: Notes, is_way: bool) -> Trace:
    found = compile_node(evolve(node, default=ABSENT), is_way)(value, event, notes)
    if found is ABSENT:
        return _constant(node.where, node.default)
    if node.default is not ABSENT and "*" in node.keys:  # the default fills the holes
        found = compile_node(node)(value, event, [])
    return Trace(found, node.where, node.text)


def _first(node: First, value: Any, event: Event, notes: Notes, is_way: bool) -> Trace:
    taken = _constant(node.where, ABSENT)
    for option in node.options:
        taken = trace(option, value, event, notes, is_way)
        if is_truthy(taken.value) if node.is_inner else taken.value is not ABSENT:
            return taken
    return taken


def _loop(node: Loop, value: Any, event: Event, notes: Notes) -> Trace:
    source = trace(node.source, value, event, notes, is_way=True)
    if not isinstance(source.value, list):
        return Trace(no_list(source.value, node.where, notes), node.where, NOTHING)
    items = (item for item in source.value if item is not None)
    found = [trace(node.item, item, event, notes).value for item in items]
    made = [item for item in found if item is not ABSENT]
    what = "this" if isinstance(node.source, This) else source.source
    return Trace(made, node.where, f"each of {what}")


def _guard(node: Guard, value: Any, event: Event, notes: Notes, is_way: bool) -> Trace:
    if node.condition is not None and not node.condition.holds(value, event, notes):
        return _constant(node.where, ABSENT)
    if node.consent is not None and not is_granted(node.consent, consent_of(value, event)):
        return _constant(node.where, node.otherwise)
    found = trace(node.inner, value, event, notes, is_way)
    if node.validate is not None and not node.validate.holds(found.value, event, notes):
        return _constant(node.where, node.otherwise)
    return found
