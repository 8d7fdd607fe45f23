"""A disk that records, fills up, or loses power: SQLite's file system, by way of apsw.

The standard library's SQLite is another library than apsw's, so a store under test is given
connections of apsw's; a thin shim makes them look like sqlite3's. The store's own SQL, pragmas
and order of work run unchanged. Source: SQLite VFS, apsw VFS.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
from attrs import Factory, define, frozen

SECTOR = 512


@frozen
class Write:
    """Bytes written to a file."""

    file: str
    offset: int
    data: bytes


@frozen
class Truncate:
    """A file cut (or grown) to a size."""

    file: str
    size: int


@frozen
class Sync:
    """A file's earlier writes are on the disk now."""

    file: str


@frozen
class Delete:
    """A file removed."""

    file: str


@frozen
class Said:
    """The store has said that so many events are committed."""

    events: int


Op = Write | Truncate | Sync | Delete | Said


@define
class Disk:
    """What SQLite asked of the disk; `room` is how many writes it still takes (None: any)."""

    log: list[Op] = Factory(list)
    room: int | None = None
    start: dict[str, bytes] = Factory(dict)
    """What the files held when they were first opened."""

    def write(self) -> None:
        if self.room is not None:
            if self.room <= 0:
                raise apsw.FullError("database or disk is full")
            self.room -= 1


class _Files(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("recording", "")
        self.disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        if path.name not in self.disk.start:
            self.disk.start[path.name] = path.read_bytes() if path.exists() else b""
        return _File(self.disk, path.name, name, flags)

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        self.disk.log.append(Delete(Path(name).name))
        super().xDelete(name, sync_folder)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, short: str, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk, self.short = disk, short

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self.disk.write()
        self.disk.log.append(Write(self.short, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self.disk.log.append(Truncate(self.short, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self.disk.log.append(Sync(self.short))
        super().xSync(flags)


@contextmanager
def on(disk: Disk) -> Iterator[Callable[[str], Any]]:
    """A factory of connections whose files lie on this disk."""
    files = _Files(disk)
    try:
        yield lambda path: _Shim(apsw.Connection(path, vfs="recording"))
    finally:
        files.unregister()


class _Shim:
    """apsw's connection, as the store knows sqlite3's."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        # A file system made in Python has no shared memory; to be alone needs none.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, sql: str, values: Any = (), /) -> Any:
        with _errors():
            return self._connection.execute(sql, values)

    def executemany(self, sql: str, values: Iterable[Any], /) -> Any:
        with _errors():
            return self._connection.executemany(sql, list(values))

    def close(self) -> None:
        with _errors():
            self._connection.close()


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        found = sqlite3.OperationalError(str(error))
        found.sqlite_errorcode = getattr(error, "result", sqlite3.SQLITE_FULL)
        raise found from error


def power_cut(disk: Disk, at: int, luck: random.Random) -> tuple[dict[str, bytes], int]:
    """The files after a cut before the op `at`, and how many events were said to be committed.

    What was written since a file's last sync is there, missing, or torn within its sectors, each
    write by itself; a new size may be missing too.
    """
    files = {name: bytearray(data) for name, data in disk.start.items()}
    pending: dict[str, list[Write | Truncate]] = {}
    said = 0
    for op in disk.log[:at]:
        if isinstance(op, Said):
            said = op.events
        elif isinstance(op, Sync):
            for one in pending.pop(op.file, []):
                _do(files, one)
        elif isinstance(op, Delete):
            files.pop(op.file, None)
            pending.pop(op.file, None)
        else:
            pending.setdefault(op.file, []).append(op)
    for ops in pending.values():
        if luck.random() < 0.3:
            luck.shuffle(ops)
        for one in ops:
            _perhaps(files, one, luck)
    return {name: bytes(data) for name, data in files.items()}, said


def _perhaps(files: dict[str, bytearray], op: Write | Truncate, luck: random.Random) -> None:
    fate = luck.random()
    if fate < 0.4:
        _do(files, op)
    elif fate < 0.7 and isinstance(op, Write):
        for at in range(0, len(op.data), SECTOR):
            if luck.random() < 0.5:
                _do(files, Write(op.file, op.offset + at, op.data[at : at + SECTOR]))


def _do(files: dict[str, bytearray], op: Write | Truncate) -> None:
    data = files.setdefault(op.file, bytearray())
    size = op.size if isinstance(op, Truncate) else max(len(data), op.offset + len(op.data))
    data.extend(bytes(max(size - len(data), 0)))
    if isinstance(op, Truncate):
        del data[size:]
    else:
        data[op.offset : op.offset + len(op.data)] = op.data
