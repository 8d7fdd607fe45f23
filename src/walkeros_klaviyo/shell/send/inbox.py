"""Which messages does the loop take?

All events come in as a `Batch`, whether from a file, a request or a `push`; its sender can wait for
the future. A `Job` is anything else to do with the store in the thread that owns it.
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
"""How far an input was read, under each of its names."""


@frozen(eq=False)
class Batch:
    """Lines to accept together, unless `accepted` is cancelled first.

    `accepted` holds their plans once these, and the `place` in their input, are durable.
    """

    lines: tuple[Line, ...]
    place: Place = ()
    is_gone: bool = False
    """Do they come from an input that cannot be read again, such as a pipe?"""
    accepted: Future[tuple[Plan, ...]] = field(factory=Future, repr=False)


@frozen(eq=False)
class Job:
    """`done` holds the result of `act`, once its writes are durable. A job never waits for room."""

    act: Callable[[], Any]
    done: Future[Any] = field(factory=Future, repr=False)


@frozen(eq=False)
class Flush:
    """`done` once everything accepted before it is durably settled."""

    done: Future[None] = Factory(Future)


@frozen
class EndOfInput:
    """No more lines will come; `error` says if reading failed."""

    error: str | None = None


@frozen
class Unfinished:
    """The last line of a file has no line ending and is not an event: it may still be written."""

    line: int


@frozen
class Interrupted:
    """A signal asks to stop."""

    signal: int


@define
class Input:
    """What the summary needs to know about the input."""

    size: int | None = None
    """The size in bytes, if known."""
    is_endless: bool = False
    """Is it a followed log, which ends by a signal?"""
    has_place: bool = False
    """Is its position kept for the next run?"""
    error: str | None = None
    """Why it could not be read to the end."""
    unfinished: int | None = None
    """The number of an incomplete last line, which is left for the next run."""
