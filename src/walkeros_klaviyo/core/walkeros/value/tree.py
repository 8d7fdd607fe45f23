"""What may a mapping value be made of?

A mapping value is a tree of these nodes; each knows where in the configuration it stands. From
the tree come the closure that resolves it (`compile`), what it reads (`walk`), and its value with
where each part came from (`trace`). Nothing else looks into a mapping's JSON. A new kind is a node
here, its key in `known_keys.VALUE`, its parser in `parse` and its shape in `schema`; the type
checker names the rest.
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
    """What stands at a path; `default` where nothing does, and in the holes of a `*`."""

    where: str
    text: str
    keys: tuple[str, ...]
    default: Any = ABSENT


@frozen
class Constant:
    """The same for every event; ABSENT where a mapping names nothing."""

    where: str
    value: Any


EMPTY: Final = Constant("", ABSENT)
"""What stands where nothing was written."""


@frozen
class First:
    """The first option that is defined; in a list within a list, the first that is truthy."""

    where: str
    options: tuple[Node, ...]
    is_inner: bool = False


@frozen
class Object:
    """An object of what its members yield; undefined ones are left out."""

    where: str
    members: tuple[tuple[str, Node], ...]
    places: tuple[str, ...] = ()
    """Where each member is written."""


@frozen
class Items:
    """A list of all results; what yields nothing stays a hole."""

    where: str
    items: tuple[Node, ...]


@frozen
class This:
    """The value itself as its only item: a loop's source."""

    where: str


@frozen
class Loop:
    """A list of what `item` yields for each of the source's items; undefined ones are dropped."""

    where: str
    source: Node
    item: Node


@frozen
class Function:
    """What a user's function makes of the value and the event."""

    where: str
    code: UserCode


@frozen
class Applied:
    """What one of the functions that a file may name makes of what its inner value yields."""

    where: str
    inner: Node
    step: Step


@frozen
class Guard:
    """Its inner value, if the condition holds, and consent and validation do not forbid it.

    Where consent is missing or the validation fails, `otherwise` stands in (ABSENT for nothing).
    """

    where: str
    inner: Node
    otherwise: Any = ABSENT
    consent: frozenset[str] | None = None
    condition: UserCode | None = None
    validate: UserCode | None = None


Node = Path | Constant | First | Object | Items | This | Loop | Function | Applied | Guard


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below.

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
    """The node, without guards around it and without a list around a single option.

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
    """The options of a list; of anything else the node alone.

    What only stands in where nothing is (`value` beside `key`) is no option of its own.

    >>> [one.where for one in alternatives(First("", (Constant("[0]", 1), Constant("[1]", 2))))]
    ['[0]', '[1]']
    """
    if not isinstance(node, First) or node.is_inner or not node.options:
        return (node,)
    if node.options[0].where == f"{node.where}[0]":
        return tuple(one for option in node.options for one in alternatives(option))
    return (node,)


def is_path(node: Node) -> TypeGuard[Path]:
    """Is it a path, and nothing more?"""
    return isinstance(node, Path) and node.default is ABSENT


def fresh(constant: Any) -> Any:
    """A copy of JSON that nobody else holds; what is none, such as a function, stays the same.

    >>> ours = {"a": ["b"]}
    >>> fresh(ours) == ours, fresh(ours)["a"] is ours["a"]
    (True, False)
    """
    if isinstance(constant, dict):
        return {key: fresh(member) for key, member in constant.items()}
    return [fresh(item) for item in constant] if isinstance(constant, list) else constant
