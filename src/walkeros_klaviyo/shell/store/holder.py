"""Which process is using the store?

A lock file beside the store, locked with flock: the system releases it when the process ends,
however it ends, so a dead process never blocks. The file's content is only informative.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from attrs import field, frozen

from .errors import StoreDiskError, StoreHeldError


@frozen
class Holder:
    """The process that is using a store."""

    pid: int
    machine: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.machine}, since {self.since}"


@frozen
class Hold:
    """Our own lock on a store, until `release`."""

    path: Path
    holder: Holder
    _file: int = field(alias="file")

    def release(self) -> None:
        """Release the lock, after deleting its file while still holding it."""
        with suppress(OSError):  # the folder became read-only; the lock ends with our process
            if _is_still_there(self.path, self._file):  # the folder may have been replaced
                self.path.unlink()
        self.abandon()

    def abandon(self) -> None:
        """In a forked child: close our descriptor without releasing the parent's lock."""
        os.close(self._file)


def lock_path(store: Path) -> Path:
    """The path of a store's lock file.

    >>> lock_path(Path("s.db")).name
    's.db.lock'
    """
    return store.with_name(store.name + ".lock")


def hold(store: Path, clock: Callable[[], float] = time.time) -> Hold:
    """Lock a store, or raise StoreHeldError, which says who holds it."""
    path = lock_path(store)
    while True:
        file = _locked(path, store)
        if _is_still_there(path, file):
            break
        os.close(file)  # the last holder removed it between our open and our lock
    since = datetime.fromtimestamp(clock(), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    holder = Holder(os.getpid(), socket.gethostname(), since)
    text = {"pid": holder.pid, "machine": holder.machine, "since": holder.since}
    with suppress(OSError):  # a full disk; the lock works all the same
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(text).encode(), 0)
    return Hold(path, holder, file)


def holder_of(store: Path) -> Holder | None:
    """The process using a store right now; None if there is none."""
    path = lock_path(store)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _try_lock(file, fcntl.LOCK_SH):
            return None
        return read_holder(_written(file)) or Holder(0, "an unknown machine", "just now")
    finally:
        os.close(file)


def read_holder(text: bytes) -> Holder | None:
    """Parse a lock file.

    >>> read_holder(b'{"pid": 7, "machine": "m", "since": "noon"}')
    Holder(pid=7, machine='m', since='noon')
    >>> read_holder(b"") is None
    True
    """
    try:
        found = json.loads(text)
        return Holder(int(found["pid"]), str(found["machine"]), str(found["since"]))
    except (ValueError, KeyError, TypeError):
        return None


def _locked(path: Path, store: Path) -> int:
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(path, flags, 0o600)
    except OSError as error:
        raise StoreDiskError(
            f"{store} cannot be locked: {path.name}: {error.strerror}. Its folder must be writable."
        ) from None
    try:
        if _try_lock(file, fcntl.LOCK_EX):
            return file
        holder = read_holder(_written(file))
    except OSError as error:
        os.close(file)
        raise StoreDiskError(f"{store} cannot be locked: {error.strerror}.") from None
    os.close(file)
    who = "another process" if holder is None else str(holder)
    end = "" if holder is None else f" (kill {holder.pid}; nothing that was accepted is lost)"
    raise StoreHeldError(
        f"{store} is in use by {who}. Wait for it to end, or end it{end}, and do this again; or "
        "name another file with --store. `store status` and `store dead` look on meanwhile."
    )


def _try_lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _written(file: int, patience: int = 50) -> bytes:
    """What the holder wrote; waits briefly in case it is about to."""
    for _ in range(patience):
        if text := os.pread(file, 1_000, 0):
            return text
        time.sleep(0.002)
    return b""


def _is_still_there(path: Path, file: int) -> bool:
    try:
        found, ours = path.stat(), os.fstat(file)
    except OSError:
        return False
    return (found.st_ino, found.st_dev) == (ours.st_ino, ours.st_dev)
