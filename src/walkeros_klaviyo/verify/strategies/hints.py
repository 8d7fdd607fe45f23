"""What does a user's function look at, and what does it compare that with?

It is run on a value that writes down every path it is asked for and every constant it is compared
with; its code is read for more of them. So an event can be bent until a condition holds, or
fails, without knowing more of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product
from types import CodeType
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.walkeros.event import Event

from .places import Path, plant, without
from .spies import Notes, Spy

_ANSWERS: Final = ((True,), (False,), (True, False), (False, True))
"""How comparisons are answered, over and over: each goes another way through the function."""
_TRIES: Final = 400
_GONE: Final = object()
PLAIN: Final[tuple[Any, ...]] = (1, "x", True, False, [{}, {}, {}])
"""What is tried besides the constants of the function's own."""


@frozen
class Hints:
    """The paths that a function asks for, and what is worth trying at each."""

    values: dict[Path, tuple[Any, ...]]

    @property
    def paths(self) -> tuple[Path, ...]:
        """In the order in which they were asked for."""
        return tuple(self.values)


def hints_of(fn: Callable[..., Any], base: Path = ()) -> Hints:
    """What a function `(value, event)` looks at; its value stands at `base` in the event.

    >>> hints_of(lambda value, event: event["data"]["total"] > 100).values[("data", "total")][:3]
    (100, 101, 99)
    """
    found: dict[Path, list[Any]] = {}
    for answers in _ANSWERS:
        notes = Notes(found, answers)
        value, event = Spy(base, notes), Spy((), notes)
        try:
            fn(value, event)
        except KeyboardInterrupt:
            raise
        except BaseException:  # a spy is no event; what was seen until then counts
            continue
    leaves = [path for path in found if path and not any(_within(path, one) for one in found)]
    common = [near for one in constants_of(fn) for near in _near(one)]
    keys = {key for path in found for key in path}
    common = [one for one in common if one not in keys]
    values = {}
    for path in leaves:
        own = [near for one in found[path] for near in _near(one)]
        values[path] = tuple(_distinct([*own, *common, *PLAIN]))
    return Hints(values)


def _within(path: Path, other: Path) -> bool:
    return path != other and other[: len(path)] == path


def bend(event: Event, hints: Iterable[Hints], goal: Callable[[Event], bool]) -> Event | None:
    """The event changed at the hinted paths until the goal holds; None where that fails.

    >>> rich = lambda value, event: event["data"]["total"] > 100
    >>> bend({"name": "a b"}, [hints_of(rich)], lambda event: rich(event, event))
    {'name': 'a b', 'data': {'total': 101}}
    """
    if _holds(goal, event):
        return event
    values = {path: tried for one in hints for path, tried in one.values.items()}
    paths = [path for path in values if path[0] != "*"]
    ways = [[None, *((one,) for one in values[path]), _GONE] for path in paths]
    for way in islice(_nearest_first(ways), _TRIES):
        bent = event
        for path, change in zip(paths, way, strict=True):
            if isinstance(change, tuple):
                bent = plant(bent, path, change[0])
            elif change is _GONE:
                bent = without(bent, path)
        if _holds(goal, bent):
            return bent
    return None


def _nearest_first(ways: list[list[Any]]) -> Iterator[tuple[Any, ...]]:
    """Changes of one path before those of several, and what stands first everywhere early."""
    for at, options in enumerate(ways):
        for one in options[1:]:
            yield tuple(one if index == at else None for index in range(len(ways)))
    for at in range(1, max(map(len, ways), default=0)):
        yield tuple(options[min(at, len(options) - 1)] for options in ways)
    yield from product(*ways)


def _holds(goal: Callable[[Event], bool], event: Event) -> bool:
    try:
        return bool(goal(event))
    except KeyboardInterrupt:
        raise
    except BaseException:  # a user's condition may raise anything
        return False


def constants_of(fn: Any, depth: int = 7) -> list[Any]:
    """Every text and number that a function's code, closure or fields hold.

    >>> constants_of(lambda value, event: event["id"] in {"a", "b"}) == ["id", "a", "b"]
    True
    """
    if depth == 0:
        return []
    if isinstance(fn, str | int | float):
        return [fn]
    if isinstance(fn, tuple | frozenset | list | set):
        parts: list[Any] = sorted(fn, key=repr) if isinstance(fn, frozenset | set) else list(fn)
    elif isinstance(fn, CodeType):
        parts = [one for one in fn.co_consts if one is not None]
    else:
        parts = [getattr(fn, "__code__", None), getattr(fn, "__defaults__", None)]
        parts += [_content(cell) for cell in getattr(fn, "__closure__", None) or ()]
        parts += [getattr(fn, name, None) for name in ("func", "args", "__func__")]
        own = getattr(type(fn), "__attrs_attrs__", ())
        parts += [getattr(fn, one.name, None) for one in own]
        if own:
            parts.append(getattr(type(fn).__call__, "__code__", None))
    return [one for part in parts if part is not None for one in constants_of(part, depth - 1)]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # an empty cell
        return None


def _near(one: Any) -> list[Any]:
    if isinstance(one, bool) or not isinstance(one, int | float | str):
        return [one] if isinstance(one, bool) else []
    return [one] if isinstance(one, str) else [one, one + 1, one - 1]


def _distinct(values: Iterable[Any]) -> Iterator[Any]:
    seen = set()
    for one in values:
        if repr(one) not in seen:
            seen.add(repr(one))
            yield one
