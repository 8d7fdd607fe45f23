"""Who may call, and what if it fails?

A store is used by the process that opened it; a forked child opens its own. After an error
nothing is left half-written, and SQLite's errors come out as ours.
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
    """What a guarded store says of itself."""

    path: Path
    pid: int
    is_closed: bool

    def undo(self) -> None:
        """Undo what was not committed."""

    def leave_to_the_parent(self) -> None:
        """In a forked child: touch nothing."""


P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=Guarded)
X = TypeVar("X")


IN_SQLITE: Final = threading.RLock()
"""Held while a store is at work. A fork waits for it: SQLite's own locks, held by a thread that
the child does not have, would stay held there for ever."""


def guarded(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Only for the process that opened the store; all or nothing."""
    return guarded_in(_itself, method)


def _itself(store: S) -> S:
    return store


def guarded_in(
    part: Callable[[S], X], act: Callable[Concatenate[X, P], T]
) -> Callable[Concatenate[S, P], T]:
    """A method that acts on a part of a store, just so."""

    @wraps(act)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if os.getpid() != self.pid or self.is_closed:
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
    """It is not the caller's, or closed."""
    if store.is_closed and os.getpid() == store.pid:
        return StoreError(f"{store.path} is closed")
    return StoreForkedError(
        f"{store.path} was opened by process {store.pid}; a forked child opens its own store"
    )


_OPEN: Final[weakref.WeakSet[Guarded]] = weakref.WeakSet()


def watch_forks(store: Guarded) -> None:
    """From now on a forked child leaves this store to its parent."""
    _OPEN.add(store)


def never_close(connection: object) -> None:
    """Keep a connection for good.

    Closing it in a forked child would take the parent's -wal in under the parent's hands; so does
    the garbage collector's closing, when the child ends.
    """
    import ctypes  # a millisecond; only who forks pays

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _after_fork() -> None:
    IN_SQLITE.release()
    for store in list(_OPEN):
        if not store.is_closed:
            store.leave_to_the_parent()


os.register_at_fork(
    before=IN_SQLITE.acquire, after_in_parent=IN_SQLITE.release, after_in_child=_after_fork
)
