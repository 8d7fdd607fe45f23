"""Where is a source's position kept? Under a digest of its name, since a path may be personal."""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.shell.input.position import Position

from .errors import damaged
from .session import Session

_CHANGED: Final = "a source's position is not as it was written"


def position(session: Session, source: str) -> Position | None:
    """How far a source has been read; None if it never was."""
    name = session.salted.of("source", source)
    sql = "SELECT * FROM positions WHERE source = ?"
    row = session.connection.execute(sql, (name,)).fetchone()
    if row is None:
        return None
    if not _is_whole(session, row):
        raise damaged(session.path, _CHANGED)
    return Position(*row[1:4])


def advance(session: Session, source: str, position: Position) -> None:
    """Record how far a source has been read."""
    session.write()
    name = session.salted.of("source", source)
    row = (name, position.offset, position.line, position.digest)
    sql = "DELETE FROM positions WHERE source = ? RETURNING 1"
    if not session.connection.execute(sql, (name,)).fetchall():
        session.book.sources += 1
    sealed = (*row, session.salted.seal(row))
    session.connection.execute("INSERT INTO positions VALUES (?, ?, ?, ?, ?)", sealed)


def check_positions(session: Session) -> None:
    """StoreDamagedError if a position is missing or changed: everything would be read twice."""
    rows = session.connection.execute("SELECT * FROM positions").fetchall()
    if len(rows) != session.book.sources or not all(_is_whole(session, row) for row in rows):
        raise damaged(session.path, _CHANGED)


def _is_whole(session: Session, row: tuple[Any, ...]) -> bool:
    return bool(row[4] == session.salted.seal(row[:4]))
