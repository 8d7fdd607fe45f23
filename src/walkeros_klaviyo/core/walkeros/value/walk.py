"""What does a mapping's tree read, and what does it contain?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from walkeros_klaviyo.core.walkeros.path import ABSENT

from .tree import (
    EMPTY,
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
    bare,
    children,
    is_path,
)


@frozen
class Read:
    """A path that a value reads, where it is written, and what surrounds it.

    `within` lists the sources of the enclosing loops, outermost first; the path is relative to an
    item of the innermost. `is_fallback`: an earlier option of a list may be taken instead;
    `has_rest`: something else may be taken where it yields nothing. `among`: the place of the list
    that it is an option of, if all the options are paths.
    """

    path: str
    where: str
    within: tuple[str, ...] = ()
    is_fallback: bool = False
    has_rest: bool = False
    among: str = ""


def nodes(node: Node) -> Iterator[Node]:
    """The node and all its descendants, from the top down.

    >>> [one.where for one in nodes(First("a", (Constant("a[0]", 1),)))]
    ['a', 'a[0]']
    """
    yield node
    for below in children(node):
        yield from nodes(below)


def walk(node: Node) -> Iterator[Read]:
    """Every path that the tree reads.

    >>> [one.path for one in walk(Path("value", "data.a", ("data", "a")))]
    ['data.a']
    """
    yield from _walk(node, (), False, False)


def _walk(node: Node, within: tuple[str, ...], is_fallback: bool, has_rest: bool) -> Iterator[Read]:
    if isinstance(node, Path):
        rest = has_rest or node.default is not ABSENT
        yield Read(node.text, node.where, within, is_fallback, rest)
    elif isinstance(node, First):
        among = node.where if all(map(is_path, node.options)) else ""
        for at, option in enumerate(node.options):
            rest = has_rest or at < len(node.options) - 1
            for read in _walk(option, within, is_fallback or at > 0, rest):
                yield evolve(read, among=among) if among else read
    elif isinstance(node, Loop):
        yield from _walk(node.source, within, is_fallback, has_rest)
        yield from _walk(node.item, (*within, _source_of(node)), False, False)
    elif isinstance(node, Applied):
        options = node.inner
        if node.step.name == "first" and isinstance(options, Items):  # `$fn:first` of several
            options = First(options.where, options.items)
        yield from _walk(options, within, is_fallback, has_rest)
    elif isinstance(node, Guard):
        yield from _walk(node.inner, within, is_fallback, has_rest or node.otherwise is not ABSENT)
    else:
        for below in children(node):
            yield from _walk(below, within, False, False)


def _source_of(loop: Loop) -> str:
    """The path of a loop's source; `this` for the value itself, empty if not a single path."""
    if isinstance(loop.source, This):
        return "this"
    source = bare(loop.source)
    while isinstance(source, Applied):  # a filtered list has the same items
        source = bare(source.inner)
    return source.text if isinstance(source, Path) else ""


def constant_of(node: Node) -> Any:
    """The value that the node always yields; None where it depends on the event.

    >>> constant_of(First("", (Constant("", "EUR"),))), constant_of(Path("", "id", ("id",)))
    ('EUR', None)
    """
    if isinstance(node, First) and len(node.options) == 1:
        node = node.options[0]
    if isinstance(node, Constant) and node.value is not ABSENT:
        return node.value
    return None


def members_of(node: Node) -> dict[str, Node]:
    """An object's members by name, looking through guards and lists; empty for other nodes.

    >>> [*members_of(First("", (Object("", (("a", Constant("", 1)),)), Constant("", 2))))]
    ['a']
    """
    while isinstance(node, Guard | First):
        node = node.inner if isinstance(node, Guard) else (*node.options, EMPTY)[0]
    return dict(node.members) if isinstance(node, Object) else {}


def is_computed(node: Node) -> bool:
    """Does it call a user's function, so that its value is unknown without running it?"""
    return any(
        isinstance(one, Function)
        or (isinstance(one, Guard) and (one.condition is not None or one.validate is not None))
        for one in nodes(node)
    )


def sees(node: Node, key: str = "name") -> bool:
    """May the value depend on this top-level key of the event?"""
    paths = (one.keys[0] for one in nodes(node) if isinstance(one, Path))
    return key in paths or is_computed(node)


def consents_of(node: Node) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield (place, required states) for every consent that the tree asks for."""
    for one in nodes(node):
        if isinstance(one, Guard) and one.consent:
            yield f"{one.where}.consent", one.consent
