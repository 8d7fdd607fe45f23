"""What comes into the loop?

Events come in one way, as a `Batch`, whether they are lines of a file, a request or what a program
pushed; whoever gave it waits for its future. A `Job` is anything else to be done with the store by
the thread that owns it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from attrs import Factory, define, field, frozen

from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.shell.input.line import Line
from walkeros_klaviyo.shell.input.position import Position

Place = tuple[tuple[str, Position], ...]
"""Under each name of an input, how far it was read."""


@frozen(eq=False)
class Batch:
    """Lines that are accepted together, unless `accepted` is cancelled before.

    `accepted` holds their plans once they are durable, and with them the `place` of their input.
    """

    lines: tuple[Line, ...]
    place: Place = ()
    is_gone: bool = False
    """Were they taken from an input that cannot give them again, such as a pipe?"""
    accepted: Future[tuple[Plan, ...]] = field(factory=Future, repr=False)


@frozen(eq=False)
class Job:
    """`done` holds what `act` returned, once that is durable. It waits for no room."""

    act: Callable[[], Any]
    done: Future[Any] = field(factory=Future, repr=False)


@frozen(eq=False)
class Flush:
    """`done` once everything that was accepted before it is decided, durably."""

    done: Future[None] = Factory(Future)


@frozen
class EndOfInput:
    """No more lines come; `error` where reading failed."""

    error: str | None = None


@frozen
class Unfinished:
    """The last line of a file has no end and is no event yet: its writer may be at it."""

    line: int


@frozen
class Interrupted:
    """A person or the system asks to stop."""

    signal: int


@define
class Input:
    """What is to be told of the input."""

    size: int | None = None
    """Bytes, where they are known."""
    is_endless: bool = False
    """Is it a log that is followed? Then a signal is how it ends."""
    has_place: bool = False
    """Is the place kept to which it was read?"""
    error: str | None = None
    """Why it could not be read to its end."""
    unfinished: int | None = None
    """The line at the end of a file that is left for the next run."""
