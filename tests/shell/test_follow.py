"""Is a log that grows and is rotated read once, line by line?"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.shell.fake import Fake, line, make_run

from walkeros_klaviyo.shell.input import follow as following
from walkeros_klaviyo.shell.send import run as running
from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import follow
from walkeros_klaviyo.shell.show.ending import exit_code

ROWS = [json.dumps(line(number)).encode() + b"\n" for number in range(9)]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks are not what is waited for here."""
    monkeypatch.setattr(following, "EVERY", 0.005)


@contextmanager
def followed(run: Loop, path: Path, **given: Any) -> Iterator[None]:
    """A run that follows a file, until it is told to end."""
    thread = threading.Thread(
        target=follow, args=(run, following.Name(path)), kwargs=given, daemon=True
    )
    thread.start()
    yield
    run.interrupt(15)
    thread.join(10)
    assert not thread.is_alive()


def soon(holds: Callable[[], bool]) -> None:
    """Another thread makes it so."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "never happened"
        threading.Event().wait(0.002)


def append(path: Path, *rows: bytes) -> None:
    """As a logger does."""
    with path.open("ab") as file:
        file.writelines(rows)


def ids(*numbers: int) -> list[str]:
    """Of these rows."""
    return [f"e{number}" for number in numbers]


@pytest.mark.parametrize("how", ["moved", "cut"])
def test_a_log_is_followed_through_its_rotation(tmp_path: Path, how: str) -> None:
    """What is written to the old file after it was moved is read too, and a half line waits."""
    path, fake = tmp_path / "events.jsonl", Fake()
    append(path, *ROWS[:2])
    run = make_run(fake, {})
    with followed(run, path):
        soon(lambda: sorted(fake.ids()) == ids(0, 1))
        append(path, ROWS[2][:30])
        append(path, ROWS[2][30:], ROWS[3])
        soon(lambda: sorted(fake.ids()) == ids(0, 1, 2, 3))
        old = tmp_path / "events.jsonl.1"
        if how == "moved":
            path.rename(old)
            append(old, ROWS[4])
        else:
            append(path, ROWS[4])
            soon(lambda: len(fake.ids()) == 5)
            shutil.copy(path, old)
            with path.open("r+b") as file:
                file.truncate(0)
        append(path, ROWS[5])
        soon(lambda: sorted(fake.ids()) == ids(*range(6)))
        append(path, ROWS[6])
        soon(lambda: len(fake.ids()) == 7)
    assert sorted(fake.ids()) == ids(*range(7))
    assert exit_code(run) == 0


def test_the_next_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Also where a half line was waiting."""
    path, fake = tmp_path / "events.jsonl", Fake()
    append(path, *ROWS[:2], ROWS[2][:30])
    first, then = make_run(fake, {}), make_run(fake, {})
    then.acceptance.store = first.store
    with followed(first, path):
        soon(lambda: len(fake.ids()) == 2)
    append(path, ROWS[2][30:], ROWS[3])
    with followed(then, path):
        soon(lambda: len(fake.ids()) == 4)
    assert sorted(fake.ids()) == ids(0, 1, 2, 3)


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """And for its first line."""
    path, fake = tmp_path / "events.jsonl", Fake()
    with followed(make_run(fake, {}), path):
        append(path, ROWS[0][:20])
        append(path, ROWS[0][20:])
        soon(lambda: fake.ids() == ids(0))


def test_half_a_line_in_a_file_that_was_moved_is_told(tmp_path: Path) -> None:
    """Nobody will ever write the rest of it there."""
    path = tmp_path / "events.jsonl"
    append(path, ROWS[0], ROWS[1][:30])
    run = make_run(Fake(), {})
    with followed(run, path):
        soon(lambda: run.store.counts.accepted == 1)
        path.rename(tmp_path / "events.jsonl.1")
        append(path, ROWS[2])
        soon(lambda: run.store.counts.accepted == 2)
    assert run.store.counts.invalid == 1
    assert exit_code(run) == 1


def test_files_that_are_moved_away_before_their_turn_are_read_all_the_same(tmp_path: Path) -> None:
    """A log may be rotated several times while Klaviyo is slow."""
    path, fake = tmp_path / "events.jsonl", Fake()
    run = make_run(fake, {})
    append(path, ROWS[0])
    with followed(run, path):
        soon(lambda: len(fake.ids()) == 1)
        for number in range(1, 6):
            path.rename(tmp_path / f"events.jsonl.{number}")
            append(path, ROWS[number])
            threading.Event().wait(0.1)  # as fast as it looks at the name, and more
        soon(lambda: sorted(fake.ids()) == ids(*range(6)))


def test_what_was_rotated_while_nobody_read_is_read_first(tmp_path: Path) -> None:
    """Its rest, in order, then the new file."""
    path, fake = tmp_path / "events.jsonl", Fake()
    append(path, *ROWS[:2])
    first, then = make_run(fake, {}), make_run(fake, {})
    then.acceptance.store = first.store
    with followed(first, path):
        soon(lambda: len(fake.ids()) == 2)
    append(path, ROWS[2])
    path.rename(tmp_path / "events.jsonl.1")
    append(path, ROWS[3])
    (tmp_path / "events.jsonl.gz").write_bytes(b"\x1f\x8b other")
    with followed(then, path):
        soon(lambda: sorted(fake.ids()) == ids(0, 1, 2, 3))
    assert fake.ids()[-2:] == ids(2, 3)


def test_a_log_that_was_cut_and_has_grown_past_our_place_is_read_anew(tmp_path: Path) -> None:
    """Its bytes before our place are not those that we read."""
    path, fake = tmp_path / "events.jsonl", Fake()
    append(path, ROWS[0])
    run = make_run(fake, {})
    with followed(run, path):
        soon(lambda: len(fake.ids()) == 1)
        with path.open("r+b") as file:
            file.truncate(0)
            file.write(b"".join(ROWS[1:5]))
        soon(lambda: sorted(fake.ids()) == ids(*range(5)))


def test_what_can_never_be_followed_is_said(tmp_path: Path) -> None:
    """A folder, and what is compressed."""
    with pytest.raises(following.SourceError, match="not a file"):
        following.Name(tmp_path).look(is_first=True)
    (tmp_path / "x.gz").write_bytes(b"\x1f\x8b")
    name = following.Name(tmp_path / "x.gz")
    name.look(is_first=True)
    with pytest.raises(following.SourceError, match="compressed"):
        name.refuse_packed()
    name.files.pop().close()


def test_a_writer_may_stay_with_the_old_file_until_it_begins_the_new_one(tmp_path: Path) -> None:
    """A rotation makes an empty file first, and the writer changes when it is told."""
    path, old, fake = tmp_path / "events.jsonl", tmp_path / "events.jsonl.1", Fake()
    append(path, ROWS[0])
    run = make_run(fake, {})
    with followed(run, path):
        soon(lambda: len(fake.ids()) == 1)
        path.rename(old)
        path.touch()
        threading.Event().wait(0.05)  # it has looked at the name, and more than once
        append(old, ROWS[1])
        soon(lambda: sorted(fake.ids()) == ids(0, 1))
        append(path, ROWS[2])
        soon(lambda: sorted(fake.ids()) == ids(0, 1, 2))


def test_beside_a_log_nothing_else_is_opened(tmp_path: Path) -> None:
    """Not a pipe, which would wait for ever, nor the store, whose lock would be gone."""
    path, fake = tmp_path / "events.jsonl", Fake()
    append(path, ROWS[0])
    os.mkfifo(tmp_path / "events.jsonl.pipe")
    run = make_run(fake, {})
    opened: list[str] = []
    store = tmp_path / "events.jsonl.db"
    store.write_bytes(b"SQLite")
    run.acceptance.store.path = store
    open_ = Path.open

    def noted(self: Path, *words: Any, **named: Any) -> Any:
        opened.append(self.name)
        return open_(self, *words, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", noted)
        assert list(running._left_over(run, path)) == []
    assert opened == []


def test_again_reads_the_log_alone(tmp_path: Path) -> None:
    """From its start, and not what was rotated before."""
    path, fake = tmp_path / "events.jsonl", Fake()
    append(path, *ROWS[:2])
    first, then = make_run(fake, {}), make_run(fake, {})
    then.acceptance.store = first.store
    with followed(first, path):
        soon(lambda: len(fake.ids()) == 2)
    append(path, ROWS[2])
    path.rename(tmp_path / "events.jsonl.1")
    append(path, ROWS[3])
    with followed(then, path, is_again=True):
        soon(lambda: ids(3)[0] in fake.ids())
    assert fake.ids()[2:] == ids(3)
