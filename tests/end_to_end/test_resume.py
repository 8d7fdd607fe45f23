"""The same words again: what was accepted is not sent twice, and what is new is not missed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import Factory, define
from tests.end_to_end.command import (
    COMMAND,
    SHOP,
    Result,
    apart,
    environment,
    here,
    shop_event,
    started,
    write_config,
)
from tests.end_to_end.process import lines_of
from tests.end_to_end.server import Handler, Host, hosting, http

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running

REFUSED = "poison"
BOM = b"\xef\xbb\xbf"


def line(number: int, **changes: Any) -> bytes:
    """An order's line, with its end."""
    return json.dumps(shop_event(number, **changes)).encode() + b"\n"


def lines(*numbers: int) -> bytes:
    """Some orders."""
    return b"".join(line(number) for number in numbers)


@define
class Shop:
    """A configuration, a sandbox, a store, and the command that works with them."""

    folder: Path
    sandbox: Sandbox
    url: str
    patch: pytest.MonkeyPatch
    config: str = ""
    seen: list[str] = Factory(list)

    @property
    def words(self) -> tuple[str, ...]:
        """All but the input."""
        more = ("--host", self.url, "--store", "s.db", "--limits", "off", "--mode", "single")
        return ("-c", self.config, *more, "--quiet")

    def run(self, name: str = "events.jsonl", *more: str) -> Result:
        """Run the command here."""
        return here(self.patch, "run", name, *self.words, *more)

    def redirected(self, name: str = "events.jsonl") -> Result:
        """`run - < FILE`, in a process of its own."""
        with Path(name).open("rb") as stdin:
            words = [*COMMAND, "run", "-", *self.words]
            done = subprocess.run(
                words, stdin=stdin, capture_output=True, env=environment(), timeout=30, check=False
            )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def news(self) -> list[str]:
        """The ids of the events that were recorded since this was last asked."""
        ids = [json.loads(row)["unique_id"] for row in self.sandbox.event_lines()]
        fresh = sorted(ids[len(self.seen) :], key=lambda one: int(one[1:]))
        self.seen = ids
        return fresh

    @property
    def again(self) -> int:
        """Events that were sent although they had been recorded."""
        return self.sandbox.stats()["duplicates"]

    def status(self) -> dict[str, Any]:
        """What the store says of itself; accepted = all that became of it."""
        result = here(self.patch, "store", "status", "--store", "s.db", "--json")
        assert result.code == 0, result.said
        found: dict[str, Any] = json.loads(result.out)
        events = found["events"]
        assert events["accepted"] == sum(events.values()) - events["accepted"], events
        return found


def told(result: Result, accepted: int, invalid: int = 0, code: int | None = None) -> Result:
    """The summary's numbers, and the exit code that fits them."""
    assert "Traceback" not in result.said
    assert result.code == (int(invalid > 0) if code is None else code), result.said
    assert lines_of(result.out, "accepted") == accepted, result.said
    assert lines_of(result.out, "invalid") == invalid, result.said
    return result


@pytest.fixture(scope="module")
def stand_in() -> Iterator[tuple[Sandbox, str]]:
    """One sandbox for all tests; it refuses what says so."""
    sandbox = Sandbox(limits="off", refuse=[REFUSED])
    with running(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def shop(stand_in: tuple[Sandbox, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """An empty sandbox and no store yet."""
    stand_in[0].reset()
    return Shop(tmp_path, *stand_in, monkeypatch, write_config(tmp_path / "shop.json", SHOP))


def write(content: bytes, name: str = "events.jsonl") -> Path:
    """A file in the test's folder."""
    path = Path(name)
    path.write_bytes(content)
    return path


def append(content: bytes, name: str = "events.jsonl") -> None:
    """Let it grow."""
    with Path(name).open("ab") as file:
        file.write(content)


def test_the_same_file_again_sends_nothing(shop: Shop) -> None:
    """Neither events nor upserts, and a person is told why."""
    write(lines(*range(20)))
    told(shop.run(), 20)
    assert shop.news() == [f"e{n}" for n in range(20)]
    requests = shop.sandbox.stats()["requests"]
    again = told(shop.run(), 0)
    assert "events.jsonl: 20 lines were accepted before" in again.err
    assert shop.sandbox.stats()["requests"] == requests
    assert shop.status()["events"]["accepted"] == 20


def test_a_grown_file_sends_its_new_lines_only_and_their_numbers_go_on(shop: Shop) -> None:
    """Also in the dead letters and the rejects of later runs."""
    write(lines(0, 1) + b"\n" + b"[]\n")
    told(shop.run(), 2, 1)
    append(b'{"name": NaN}\n' + line(2) + line(3, data={"total": 1.0, "x": 1}))
    append(line(4, name=f"order {REFUSED}"))
    result = told(shop.run("events.jsonl", "--rejects", "bad.jsonl"), 3, 1, code=1)
    assert shop.news() == ["e0", "e1", "e2", "e3"]
    assert shop.again == 0
    rejects = [json.loads(row) for row in Path("bad.jsonl").read_bytes().splitlines()]
    assert {(one["line"], one["outcome"]) for one in rejects} == {(5, "invalid"), (8, "dead")}
    assert json.loads(rejects[-1]["raw"])["id"] == "e4"
    assert re.search(rf"^ +8 +order {REFUSED}", result.out, re.MULTILINE)
    letters = here(shop.patch, "store", "dead", "--store", "s.db", "--json").rows
    assert [(one["line"], one["id"]) for one in letters] == [(8, "e4")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_whole_last_line_without_its_end_is_taken_once(shop: Shop, end: bytes) -> None:
    """Its end comes later, and is no line of its own."""
    write(line(0) + line(1).rstrip(b"\n"))
    told(shop.run(), 2)
    told(shop.run(), 0)
    append(end + line(2) + b"[]\n")
    told(shop.run("events.jsonl", "--rejects", "bad.jsonl"), 1, 1)
    assert (shop.news(), shop.again) == (["e0", "e1", "e2"], 0)
    assert json.loads(Path("bad.jsonl").read_bytes())["line"] == 4


def test_a_line_end_that_comes_in_two_pieces_is_one_line_end(shop: Shop) -> None:
    """First the carriage return, in the next run the line feed."""
    write(line(0) + line(1).rstrip(b"\n"))
    told(shop.run(), 2)
    append(b"\r")
    told(shop.run(), 0)
    append(b"\n" + line(2) + b"[]\n")
    told(shop.run("events.jsonl", "--rejects", "bad.jsonl"), 1, 1)
    assert (shop.news(), shop.again) == (["e0", "e1", "e2"], 0)
    assert json.loads(Path("bad.jsonl").read_bytes())["line"] == 4


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_last_line_that_is_cut_is_taken_once_it_is_whole(shop: Shop, cut: int) -> None:
    """A file may be read while its writer is within a line, its first one too."""
    whole = line(1).rstrip(b"\n")
    for before in (0, 1):
        name = f"{before}.jsonl"
        write(line(10 + before) * before + whole[:-cut], name)
        assert lines_of(shop.run(name).out, "accepted") == before
        append(whole[-cut:] + b"\n" + line(20 + before), name)
        told(shop.run(name), 2)
    assert shop.news() == ["e1", "e11", "e20", "e21"]


def test_a_line_that_is_still_being_written_is_not_told_as_invalid(shop: Shop) -> None:
    """Its event is accepted a moment later; nobody should be sent to look for a broken line."""
    write(line(0) + line(1)[:40])
    found = told(shop.run("events.jsonl", "--rejects", "bad.jsonl"), 1, code=1)
    assert "Line 2 has no line end" in found.err
    append(line(1)[40:])
    told(shop.run("events.jsonl", "--rejects", "bad.jsonl"), 1)
    assert Path("bad.jsonl").read_bytes() == b""
    assert shop.status()["invalid"] == 0


def test_a_rotated_file_goes_on_where_it_stood_and_the_new_one_begins(shop: Shop) -> None:
    """As logrotate does: a new name for the old file, a new file under the old name."""
    write(lines(0, 1))
    told(shop.run(), 2)
    append(line(2))
    Path("events.jsonl").rename("events.jsonl.1")
    write(lines(10, 11, 12, 13))
    told(shop.run(), 4)
    told(shop.run("events.jsonl.1"), 1)
    told(shop.run("events.jsonl.1"), 0)
    told(shop.run(), 0)
    assert (len(shop.news()), shop.again) == (7, 0)


def test_a_copied_and_truncated_file_begins_anew(shop: Shop) -> None:
    """As logrotate's copytruncate does; the copy goes on where the file stood."""
    path = write(lines(0, 1, 2))
    told(shop.run(), 3)
    append(line(3))
    Path("copy.jsonl").write_bytes(path.read_bytes())
    os.truncate(path, 0)
    told(shop.run(), 0)
    append(lines(4, 5))
    told(shop.run(), 2)
    told(shop.run("copy.jsonl"), 1)
    assert (shop.news(), shop.again) == ([f"e{n}" for n in range(6)], 0)


def test_a_line_that_was_mended_is_sent(shop: Shop) -> None:
    """Everything comes again then, and Klaviyo keeps the first of each."""
    path = write(line(0) + line(1, user={}) + lines(2, 3))
    told(shop.run(), 4)
    path.write_bytes(path.read_bytes().replace(b'"user": {}', b'"user": {"id": "u1"}'))
    assert "has changed since" in told(shop.run(), 4).err
    assert shop.news() == ["e0", "e1", "e2", "e3"]
    told(shop.run(), 0)


def test_a_mended_line_of_the_same_length_is_noticed(shop: Shop) -> None:
    """Size and time alone would not tell."""
    path = write(lines(0, 1) + b'{"name": NaN}\n' + line(3))
    told(shop.run(), 3, 1)
    before = path.stat()
    mended = b'{"name":"a b", "timestamp":1795518160712,"id":"e2","user":{"id":"u"}}'
    path.write_bytes(path.read_bytes().replace(b'"e1"', b'"e9"'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    told(shop.run(), 3, 1)
    assert shop.news() == ["e0", "e1", "e3", "e9"]
    path.write_bytes(path.read_bytes().replace(b'{"name": NaN}', mended))
    told(shop.run(), 4)
    assert shop.news() == ["e2"]


def test_a_line_appended_after_the_position_was_mended_is_not_lost(shop: Shop) -> None:
    """What stands behind the position may change as it likes."""
    path = write(lines(0, 1))
    told(shop.run(), 2)
    append(b'{"name": broken\n')
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b'{"name": broken\n', line(2)))
    told(shop.run(), 1)
    assert (shop.news(), shop.again) == (["e0", "e1", "e2"], 0)


def test_two_files_with_the_same_first_line_both_arrive(shop: Shop) -> None:
    """None hides the other's lines."""
    write(lines(0, 1, 2), "a")
    write(lines(0, 3, 4, 5, 6), "b")
    for name in ("a", "b", "a", "b"):
        result = shop.run(name)
        assert result.code == 0, result.said
    assert set(shop.news()) == {f"e{n}" for n in range(7)}


def test_two_files_with_the_same_first_line_are_taken_once_each(shop: Shop) -> None:
    """Exporters often begin every file with the same event."""
    write(lines(0, 1, 2), "a")
    write(lines(0, 3, 4), "b")
    told(shop.run("a"), 3)
    told(shop.run("b"), 3)
    told(shop.run("a"), 0)
    told(shop.run("b"), 0)


@pytest.mark.parametrize(
    "content",
    [
        lines(0, 1, 2).replace(b"\n", b"\r\n"),
        BOM + lines(0, 1, 2),
        line(0) + b"\n \n\t\r\n" + lines(1, 2) + b"\n\n",
        line(0) + b"\x00\x00\n" + lines(1, 2),
    ],
    ids=["CRLF", "BOM", "blank lines", "zeros"],
)
def test_odd_bytes_change_nothing(shop: Shop, content: bytes) -> None:
    """Once, and in the next run what is new."""
    write(content)
    invalid = content.count(b"\x00\x00")
    told(shop.run(), 3, invalid)
    told(shop.run(), 0)
    append(line(3))
    told(shop.run(), 1)
    assert (shop.news(), shop.again) == (["e0", "e1", "e2", "e3"], 0)


@pytest.mark.parametrize("start", [b"\n", b" \r\n", BOM + b"\n"], ids=["empty", "blank", "BOM"])
def test_a_file_that_begins_with_a_blank_line_is_gone_on_with(shop: Shop, start: bytes) -> None:
    """A blank line is no line, wherever it stands."""
    write(start + lines(0, 1))
    told(shop.run(), 2)
    told(shop.run(), 0)
    append(line(2))
    told(shop.run(), 1)
    assert (shop.news(), shop.again) == (["e0", "e1", "e2"], 0)


def test_a_redirected_file_is_a_file_and_a_pipe_is_none(shop: Shop) -> None:
    """Standard input that is a file goes on where the file of that name stood."""
    path = write(lines(0, 1))
    told(shop.redirected(), 2)
    told(shop.redirected(), 0)
    append(line(2))
    told(shop.run(), 1)
    told(shop.redirected(), 0)
    assert (shop.news(), shop.again) == (["e0", "e1", "e2"], 0)
    told(apart("run", "-", *shop.words, stdin=path.read_bytes()), 3)
    assert (shop.news(), shop.again) == ([], 3)


def test_a_file_that_somebody_has_begun_to_read_is_read_from_there(shop: Shop) -> None:
    """`(read first; run -) < FILE`: the line that another command took is not ours."""
    path = write(lines(0, 1, 2))
    with path.open("rb", buffering=0) as stdin:
        stdin.seek(len(line(0)))
        words = [*COMMAND, "run", "-", *shop.words]
        assert subprocess.run(words, stdin=stdin, env=environment(), timeout=30).returncode == 0
    assert shop.news() == ["e1", "e2"]
    told(shop.run(), 3)


def test_an_empty_file_and_one_without_events_are_read_once(shop: Shop) -> None:
    """Nothing to do is no fault; what is no event is told once."""
    write(b"")
    told(shop.run(), 0)
    append(b"[1]\n{\n")
    told(shop.run(), 0, 2)
    told(shop.run(), 0)
    append(line(0))
    told(shop.run(), 1)
    assert shop.news() == ["e0"]


def test_a_huge_first_line_costs_itself_only(shop: Shop) -> None:
    """It names the file all the same."""
    write(b'{"name": "' + b"x" * 17_000_000 + b'"}\n' + lines(0, 1))
    told(shop.run(), 2, 1)
    append(line(2))
    told(shop.run(), 1)
    told(shop.run(), 0)
    assert (shop.news(), shop.again) == (["e0", "e1", "e2"], 0)


@define(eq=False)
class Slow:
    """A host that refuses the poisoned, takes some, and then holds its answers back."""

    most: int
    held: threading.Event = Factory(threading.Event)
    taken: list[str] = Factory(list)
    _lock: threading.Lock = Factory(threading.Lock)

    def answers(self, host: Host) -> Handler:
        """Its handler."""

        def answer(connection: Any, request: bytes) -> None:
            head, _, body = request.partition(b"\r\n\r\n")
            if b"profile-import" in head:
                reply = http("201 Created", b'{"data":{"type":"profile","id":"01"}}')
            elif REFUSED.encode() in body:
                reply = http("400 Bad Request", _refusal())
            else:
                with self._lock:
                    is_late = len(self.taken) >= self.most
                    if not is_late:
                        self.taken.append(json.loads(body)["data"]["attributes"]["unique_id"])
                if is_late:
                    self.held.set()
                    host.gate.wait(20)
                    with self._lock:
                        self.taken.append(json.loads(body)["data"]["attributes"]["unique_id"])
                reply = http("202 Accepted")
            connection.sendall(reply)

        return answer


def _refusal() -> bytes:
    error = {"status": 400, "code": "invalid", "title": "no", "detail": "refused"}
    return json.dumps({"errors": [{**error, "source": {"pointer": "/data/attributes"}}]}).encode()


def stop_within(
    words: tuple[str, ...], slow: Slow, end: Callable[[subprocess.Popen[bytes]], None]
) -> tuple[int, str]:
    """Start it, and end it once the host holds answers back; its code, and what it said."""
    with started(*words) as process:
        assert slow.held.wait(20)
        assert process.stdout is not None
        end(process)
        out = process.stdout.read().decode()
        return process.wait(20), out


FOUND = lines(*range(5)) + b"[]\n" + line(5, name=f"order {REFUSED}") + lines(*range(6, 40))


def test_a_run_that_was_killed_is_told_of_by_the_next_one_and_once(
    shop: Shop, tmp_path: Path
) -> None:
    """Its dead letter and its invalid line make exit 1, although the next run found neither."""
    write(FOUND)
    slow = Slow(30)
    with hosting(slow.answers) as host:
        words = ("run", "events.jsonl", "-c", shop.config, "--host", host.url, "--store", "s.db")
        words += ("--limits", "off", "--mode", "single", "-q", "--rejects", "bad.jsonl")

        def kill(process: subprocess.Popen[bytes]) -> None:
            wait_for_rejects(2)
            process.kill()

        code, out = stop_within(words, slow, kill)
        assert (code, out) == (-signal.SIGKILL, "")
        slow.most = 1_000
        host.gate.set()
        result = told(here(shop.patch, *words), 40, 1, code=1)
        assert lines_of(result.out, "dead") == 1
        told(here(shop.patch, *words), 0)
    rejects = [json.loads(row) for row in Path("bad.jsonl").read_bytes().splitlines()]
    assert {(one["line"], one["outcome"]) for one in rejects} == {(6, "invalid"), (7, "dead")}
    assert set(slow.taken) == {f"e{n}" for n in range(40) if n != 5}
    events = {"accepted": 40, "delivered": 39, "pending": 0, "dead": 1}
    assert shop.status()["events"] == events


def wait_for_rejects(count: int) -> None:
    """Until so many lines are on the disk, and the commit with them, or the next one."""
    path = Path("bad.jsonl")
    for _ in range(2_000):
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            break
        threading.Event().wait(0.005)
    threading.Event().wait(0.3)  # the commit follows the rejects at once


MANY = FOUND + lines(*range(40, 240))


def test_a_run_that_was_stopped_goes_on_and_nothing_comes_twice(shop: Shop) -> None:
    """What it found is told again by the one that sends what it left waiting, and not after."""
    code, found, taken, next_ones = stop_and_go_on(shop)
    assert code == 143
    assert (lines_of(found, "dead"), lines_of(found, "invalid")) == (1, 1)
    assert sorted(taken) == sorted(f"e{n}" for n in range(240) if n != 5)
    assert lines_of(next_ones[0].out, "dead") == 1
    assert lines_of(next_ones[1].out, "dead") == 0
    events = {"accepted": 240, "delivered": 239, "pending": 0, "dead": 1}
    assert shop.status()["events"] == events
    told(next_ones[1], 0)


def test_the_run_that_completes_a_stopped_one_says_that_not_all_is_well(shop: Shop) -> None:
    """Who looks at the last code only must learn of dead letters too."""
    _, _, _, next_ones = stop_and_go_on(shop)
    assert [one.code for one in next_ones] == [1, 0]


def stop_and_go_on(shop: Shop) -> tuple[int, str, list[str], list[Result]]:
    """A run that finds a dead letter and an invalid line, is stopped, and two after it."""
    write(MANY)
    slow = Slow(100)
    with hosting(slow.answers) as host:
        words = ("run", "events.jsonl", "-c", shop.config, "--host", host.url, "--store", "s.db")
        words += ("--limits", "off", "--mode", "single", "-q", "--rejects", "bad.jsonl")

        def stop(process: subprocess.Popen[bytes]) -> None:
            wait_for_rejects(2)
            process.send_signal(signal.SIGTERM)
            threading.Event().wait(0.1)  # it stops starting requests; then those under way end
            host.gate.set()

        code, out = stop_within(words, slow, stop)
        assert lines_of(out, "pending") > 0, "it was not stopped in the middle"
        next_ones = [here(shop.patch, *words) for _ in range(2)]
    return code, out, slow.taken, next_ones


def test_two_signals_at_once_end_a_run_whose_host_is_silent(shop: Shop) -> None:
    """A terminal and a wrapper both pass Ctrl-C on: the system may give them to any thread."""
    write(lines(*range(40)))
    slow = Slow(5)
    with hosting(slow.answers) as host:
        words = ("run", "events.jsonl", "-c", shop.config, "--host", host.url, "--store", "s.db")
        words += ("--limits", "off", "--mode", "single", "-q")
        with started(*words, stderr=subprocess.DEVNULL) as process:
            assert slow.held.wait(20)
            threading.Event().wait(0.5)  # nothing more happens: it waits for answers
            for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
                process.send_signal(number)
            try:
                code: int | str = process.wait(8)
            except subprocess.TimeoutExpired:
                code = "still waits for its host"
    assert code in (130, 143)
