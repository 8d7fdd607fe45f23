"""What can a mapping value consist of?

A mapping value is a tree of these nodes; each knows its place in the configuration. The tree is
compiled to the closure that resolves it (`compile`), and tells what it reads (`walk`) and where
each part of its value came from (`trace`). Nothing else reads a mapping's JSON. To add a kind, add
a node here, its key in `known_keys.VALUE`, its parser in `parse` and its shape in `schema`; the
type checker points out the rest.
Source: walkerOS mapping values.
"""

from __future__ import annotations

from typing import Any, Final, TypeGuard, assert_never

from attrs import frozen

from walkeros_klaviyo.core.walkeros.functions import Step
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.user_code import UserCode


@frozen
class Path:
    """The value at a path; `default` where there is none, and in the holes of a `*`."""

    where: str
    text: str
    keys: tuple[str, ...]
    default: Any = ABSENT


@frozen
class Constant:
    """The same value for every event; ABSENT where a mapping names nothing."""

    where: str
    value: Any


EMPTY: Final = Constant("", ABSENT)
"""Stands for a mapping that was not written."""


@frozen
class First:
    """The first option that is defined; in a list within a list, the first truthy one."""

    where: str
    options: tuple[Node, ...]
    is_inner: bool = False


@frozen
class Object:
    """An object built from its members; undefined ones are left out."""

    where: str
    members: tuple[tuple[str, Node], ...]
    places: tuple[str, ...] = ()
    """Where each member is written."""


@frozen
class Items:
    """A list of all results; an item that yields nothing stays as a hole."""

    where: str
    items: tuple[Node, ...]


@frozen
class This:
    """The current value itself as the only item: a loop's source `this`."""

    where: str


@frozen
class Loop:
    """A list of what `item` yields for each item of the source; undefined results are dropped."""

    where: str
    source: Node
    item: Node


@frozen
class Function:
    """What a user's function returns for the value and the event."""

    where: str
    code: UserCode


@frozen
class Applied:
    """A `$fn:` function applied to the inner value."""

    where: str
    inner: Node
    step: Step


@frozen
class Guard:
    """The inner value, if the condition holds, consent is granted and validation passes.

    Where consent is missing or validation fails, `otherwise` is used (ABSENT for nothing).
    """

    where: str
    inner: Node
    otherwise: Any = ABSENT
    consent: frozenset[str] | None = None
    condition: UserCode | None = None
    validate: UserCode | None = None


Node = Path | Constant | First | Object | Items | This | Loop | Function | Applied | Guard


def children(node: Node) -> tuple[Node, ...]:
    """The direct children of a node.

    >>> children(First("value", (Constant("value[0]", 1), Constant("value[1]", 2))))[1].value
    2
    """
    if isinstance(node, First):
        return node.options
    if isinstance(node, Object):
        return tuple(member for _, member in node.members)
    if isinstance(node, Items):
        return node.items
    if isinstance(node, Loop):
        return node.source, node.item
    if isinstance(node, Applied | Guard):
        return (node.inner,)
    if isinstance(node, Path | Constant | This | Function):
        return ()
    assert_never(node)


def bare(node: Node) -> Node:
    """The node without guards around it, and without a list around a single option.

    >>> bare(First("", (Guard("", Constant("", 1)),)))
    Constant(where='', value=1)
    """
    while True:
        if isinstance(node, Guard):
            node = node.inner
        elif isinstance(node, First) and len(node.options) == 1:
            node = node.options[0]
        else:
            return node


def alternatives(node: Node) -> tuple[Node, ...]:
    """The options of a list, or just the node itself.

    A default (`value` beside `key`) is not an option of its own.

    >>> [one.where for one in alternatives(First("", (Constant("[0]", 1), Constant("[1]", 2))))]
    ['[0]', '[1]']
    """
    if not isinstance(node, First) or node.is_inner or not node.options:
        return (node,)
    if node.options[0].where == f"{node.where}[0]":
        return tuple(one for option in node.options for one in alternatives(option))
    return (node,)


def is_path(node: Node) -> TypeGuard[Path]:
    """Is the node a plain path, without a default?"""
    return isinstance(node, Path) and node.default is ABSENT


def fresh(constant: Any) -> Any:
    """A deep copy of a JSON value; anything that is not JSON, such as a function, is not copied.

    >>> ours = {"a": ["b"]}
    >>> fresh(ours) == ours, fresh(ours)["a"] is ours["a"]
    (True, False)
    """
    if isinstance(constant, dict):
        return {
            key: fresh(one) if isinstance(one, dict | list) else one
            for key, one in constant.items()
        }
    return [fresh(item) for item in constant] if isinstance(constant, list) else constant
