"""Who may call a store's methods, and what happens if one fails?

A store is for the process that opened it; a forked child opens its own. After an error nothing is
left half-written, and SQLite's errors are translated to ours.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from .errors import StoreError, StoreForkedError, translate


class Guarded(Protocol):
    """What the guard needs of a store."""

    path: Path
    pid: int
    is_closed: bool

    @property
    def is_inherited(self) -> bool:
        """Is this a forked child's copy?"""

    def undo(self) -> None:
        """Roll back what is not committed."""

    def leave_to_the_parent(self) -> None:
        """In a forked child: let go without touching anything."""


P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=Guarded)
X = TypeVar("X")


IN_SQLITE: Final = threading.RLock()
"""Held while a store is in use. A fork waits for it, because SQLite's own mutexes, if held by
another thread at the fork, would stay locked in the child for ever."""


def guarded(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Make a method atomic, and usable only in the process that opened the store."""
    return guarded_in(_itself, method)


def _itself(store: S) -> S:
    return store


def guarded_in(
    part: Callable[[S], X], act: Callable[Concatenate[X, P], T]
) -> Callable[Concatenate[S, P], T]:
    """The same for a method that acts on a part of the store."""

    @wraps(act)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self.is_closed or self.is_inherited:
            raise _not_usable(self)
        with IN_SQLITE:
            try:
                return act(part(self), *args, **kwargs)
            except BaseException as error:
                with suppress(sqlite3.Error, StoreError):
                    self.undo()
                named = translate(error, self.path)
                if named is None:
                    raise
                raise named from error

    return call


def _not_usable(store: Guarded) -> StoreError:
    """The error for a store that is closed, or belongs to the parent process."""
    if not store.is_inherited:
        return StoreError(f"{store.path} is closed")
    return StoreForkedError(
        f"{store.path} was opened by process {store.pid}; a forked child opens its own store"
    )


_OPEN: Final[weakref.WeakSet[Guarded]] = weakref.WeakSet()


def watch_forks(store: Guarded) -> None:
    """Make forked children leave this store to their parent from now on."""
    _OPEN.add(store)


def never_close(connection: object) -> None:
    """Keep a connection alive for ever.

    Closing it in a forked child, or after its file was replaced, even by garbage collection, would
    write to a -wal that is somebody else's.
    """
    import ctypes  # takes a millisecond, and is rarely needed

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _after_fork() -> None:
    IN_SQLITE.release()
    inherited = list(_OPEN)
    _OPEN.clear()  # a child of this child has no part in them
    for store in inherited:
        if not store.is_closed:
            store.leave_to_the_parent()


os.register_at_fork(
    before=IN_SQLITE.acquire, after_in_parent=IN_SQLITE.release, after_in_child=_after_fork
)
