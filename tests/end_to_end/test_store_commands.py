"""`store status|dead|retry|drop|forget`: does a person find, mend and erase what waits?"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from tests.end_to_end.command import (
    COMMAND,
    SHOP,
    Result,
    environment,
    here,
    inside,
    shop_event,
    write_config,
    write_lines,
)
from tests.end_to_end.process import lines_of

from walkeros_klaviyo.delivery.messages import Charged
from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.store import Store, StoreHeldError

REFUSED = "poison"
CONFIG: dict[str, Any] = {
    **SHOP,
    "settings": {**SHOP["settings"], "phoneNumber": "user.phone"},
    "mapping": {
        **SHOP["mapping"],
        "cart": {"add": {"name": "Added to Cart", "data": {"map": {"note": "data.note"}}}},
    },
}


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@define
class Desk:
    """A store and the commands on it; its host can be another one at the same address."""

    patch: pytest.MonkeyPatch
    config: str
    port: int

    @property
    def url(self) -> str:
        """Where the host is."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, events: str = "events.jsonl", *more: str) -> Result:
        """Deliver."""
        words = ("run", events, "-c", self.config, "--host", self.url, "--store", "s.db", "-q")
        return here(self.patch, *words, "--limits", "off", "--mode", "single", *more)

    def __call__(self, *words: str, code: int = 0) -> Result:
        """`store …`, and how it must end."""
        result = here(self.patch, "store", *words, "--store", "s.db")
        assert result.code == code, result.said
        assert "Traceback" not in result.said
        return result

    def events(self) -> dict[str, int]:
        """The law's terms, and that it holds: as told, and as counted where they lie."""
        found: dict[str, int] = json.loads(self("status", "--json").out)["events"]
        assert found["accepted"] == sum(found.values()) - found["accepted"], found
        assert min(found.values()) >= 0, found
        with Store.visit("s.db") as store:
            assert store.imbalance() is None
        return found

    def letters(self) -> list[dict[str, Any]]:
        """The dead letters."""
        found: list[dict[str, Any]] = self("dead", "--json").rows
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """No store yet."""
    return Desk(monkeypatch, write_config(tmp_path / "shop.json", CONFIG), free_port())


@contextmanager
def host(desk: Desk, *refuse: str, **given: Any) -> Iterator[Sandbox]:
    """A sandbox at the desk's address."""
    sandbox = Sandbox(limits="off", refuse=refuse, **given)
    with running(sandbox, desk.port):
        yield sandbox


def ids(sandbox: Sandbox) -> list[str]:
    """What was recorded."""
    return sorted(json.loads(row)["unique_id"] for row in sandbox.event_lines())


def cart(number: int, note: str, **user: Any) -> dict[str, Any]:
    """A cart of somebody."""
    who = user or {"id": f"u{number}", "email": f"u{number}@example.com"}
    return shop_event(number, name="cart add", data={"note": note}, user=who)


KINDS = [
    cart(0, "fine"),
    cart(1, REFUSED),  # the event is refused by Klaviyo
    cart(2, "fine", id="u2", email="u2@example.com", first=REFUSED),  # its profile is
    cart(3, "fine", id="u3", email="u3@example.com", first="x" * 110_000),  # refused by us
    cart(4, "fine") | {"timestamp": 1_000_000_000},  # its time is none
    cart(5, REFUSED),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder whose store has dead letters of several kinds, and its host's port."""
    folder = tmp_path_factory.mktemp("filled")
    write_lines(folder / "events.jsonl", KINDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        desk = Desk(patch, write_config(folder / "shop.json", CONFIG), free_port())
        with host(desk, REFUSED) as sandbox:
            assert desk.run().code == 1
            assert set(ids(sandbox)) == {"e0", "e2", "e3"}
    return folder, desk.port


@pytest.fixture
def dead(filled: tuple[Path, int], desk: Desk, tmp_path: Path) -> Desk:
    """A copy of that store."""
    for name in ("s.db", "events.jsonl"):
        shutil.copy(filled[0] / name, tmp_path / name)
    desk.port = filled[1]
    return desk


def test_dead_letters_are_shown_with_the_reason_and_what_is_needed(dead: Desk) -> None:
    """As a table for a person, as JSON for a program."""
    letters = dead.letters()
    assert [one["number"] for one in letters] == list(range(1, 6))
    assert {(one["line"], one["id"]) for one in letters} == {
        (number + 1, f"e{number}") for number in (1, 2, 3, 4, 5)
    }
    for one in letters:
        assert json.loads(one["raw"])["id"] == one["id"]
        assert json.loads(one["body"])["data"]
        assert one["message"] and one["can_be_retried"]
    shown = dead("dead").out
    assert "for it holds 'poison'" in shown
    assert shown.count("Added to Cart") == 3 and shown.count("profile") >= 2
    assert "The first 2 of 5" in dead("dead", "--limit", "2").out
    assert len(dead("dead", "--json", "--limit", "2").rows) == 2
    status = dead("status").out
    assert lines_of(status, "accepted") == 6 and lines_of(status, "dead") == 3
    assert dead.events() == {"accepted": 6, "delivered": 3, "pending": 0, "dead": 3}


def number_of(dead: Desk, event: str) -> str:
    """The number of the letter that decides an event."""
    found = [one for one in dead.letters() if one["id"] == event and one["metric"] != "(profile)"]
    return str(found[0]["number"])


def test_what_is_mended_and_retried_is_delivered(dead: Desk) -> None:
    """By number, by code, and all; it waits until the next run, which reads nothing new."""
    assert dead("retry", number_of(dead, "e1")).out.startswith("1 will be planned again by")
    assert dead.events() == {"accepted": 6, "delivered": 3, "pending": 1, "dead": 2}
    assert dead("retry", "--code", "invalid").out.startswith("2 will be planned again")
    assert dead("retry", "--all").out.startswith("2 will be planned again")
    assert dead.events() == {"accepted": 6, "delivered": 3, "pending": 3, "dead": 0}
    assert "No dead letters." in dead("dead").out
    with host(dead) as sandbox:
        result = dead.run()
        assert "e1" in ids(sandbox) and "e5" in ids(sandbox)
        assert any(REFUSED.encode() in row for row in sandbox.profile_lines())
    assert result.code == 1, "what Klaviyo would refuse, it refuses"
    assert len(dead.letters()) == 2
    assert dead.events() == {"accepted": 6, "delivered": 5, "pending": 0, "dead": 1}


def test_what_is_retried_without_being_mended_dies_again_and_is_told_again(dead: Desk) -> None:
    """Exit 1 once more, and the letter keeps its line."""
    before = [(one["line"], one["code"]) for one in dead.letters()]
    dead("retry", "--all")
    with host(dead, REFUSED):
        result = dead.run()
        assert result.code == 1 and lines_of(result.out, "dead") == 3
        assert dead.run().code == 0
    after = dead.letters()
    assert sorted(one["line"] for one in after) == sorted(line for line, _ in before)
    assert dead.events() == {"accepted": 6, "delivered": 3, "pending": 0, "dead": 3}


def test_what_is_dropped_is_gone_and_counted(dead: Desk) -> None:
    """The events add up after every step, also by metric."""
    poisoned = [str(one["number"]) for one in dead.letters() if one["code"] == "invalid"]
    assert dead("drop", *poisoned).out == "3 dropped.\n"
    assert dead.events() == {
        "accepted": 6,
        "delivered": 3,
        "pending": 0,
        "dead": 1,
        "dropped": 2,
    }
    assert dead("drop", "--all").out == "2 dropped.\n"
    assert dead.events()["dropped"] == 3
    assert dead.letters() == []
    metric = json.loads(dead("status", "--json").out)["metrics"]["Added to Cart"]
    assert metric["accepted"] == 6
    assert metric.get("dead", 0) == 0
    assert "poison" not in dead("status").out
    assert lines_of(dead("status").out, "pending") == 0


@pytest.mark.parametrize("what", ["retry", "drop", "forget"])
def test_a_store_that_was_repaired_and_then_not_closed_is_whole(dead: Desk, what: str) -> None:
    """A crash some time after `drop` or `forget` finds no damage where there is none."""
    email = ("forget", "--email", "u1@example.com")
    dead(*(email if what == "forget" else (what, number_of(dead, "e1"))))
    left_open = "import sys; from walkeros_klaviyo.shell.store import Store; import os\n"
    left_open += "Store.visit('s.db'); os._exit(0)"
    assert subprocess.run([sys.executable, "-c", left_open], timeout=20).returncode == 0
    assert dead.events()["accepted"] == 6
    with host(dead):
        assert dead.run().code == 0


def raw_bytes() -> bytes:
    """Every byte of the store's files."""
    return b"\n".join(one.read_bytes() for one in Path().glob("s.db*"))


CANARY = {"id": "kanarie-77", "email": "Kanarie.Vogel@example.com", "phone": "+4915123456789"}
TRACES = (b"kanarie-77", b"kanarie.vogel@example.com", b"4915123456789", b"vogelsang")
OTHERS = (b"u1@example.com", b"u9@example.com", b"kanarie-770", b"xkanarie.vogel@example.com")


def traces(of: tuple[bytes, ...]) -> set[bytes]:
    """Which of them are somewhere in the store."""
    found = raw_bytes().lower()
    return {one for one in of if re.search(rb"(?<![a-z])" + re.escape(one) + rb"(?!\d)", found)}


@pytest.mark.parametrize(
    "words",
    [
        ("--email", "kanarie.vogel@EXAMPLE.com"),
        ("--external-id", "kanarie-77"),
        ("--phone", "+4915123456789"),
        ("--phone", "+49 151 2345 6789"),
    ],
    ids=["email", "external id", "phone", "phone as people write it"],
)
@pytest.mark.parametrize("waiting", [False, True], ids=["dead", "waiting"])
def test_of_one_who_is_forgotten_no_byte_is_left(
    desk: Desk, tmp_path: Path, words: tuple[str, str], waiting: bool
) -> None:
    """In the file, its -wal and beside it; and nobody else loses anything."""
    people = [
        cart(1, REFUSED),
        cart(2, f"{REFUSED} vogelsang", **CANARY, first="Vogelsang"),
        cart(3, f"{REFUSED} vogelsang", **CANARY, first="Vogelsang II"),
        cart(4, REFUSED, id="kanarie-770", email="xkanarie.vogel@example.com"),
        cart(9, REFUSED),
    ]
    write_lines(tmp_path / "events.jsonl", people)
    if waiting:
        assert desk.run("events.jsonl", "--give-up", "0").code == 3
    else:
        with host(desk, REFUSED):
            assert desk.run().code == 1
    assert traces(TRACES) == set(TRACES)
    said = desk("forget", *words).out
    assert traces(TRACES) == set(), said
    assert traces(OTHERS) == set(OTHERS)
    events = desk.events()
    left, gone = ("pending" if waiting else "dead"), events.pop("forgotten")
    assert (events[left], gone) == (3, 2)
    again = desk("forget", *words).out
    assert again == (
        "Forgotten: 0 known identifiers, 0 waiting calls, 0 dead letters, 0 to be planned again.\n"
    )
    with host(desk) as sandbox:
        desk("retry", "--all")
        assert desk.run().code == 0
        assert ids(sandbox) == ["e1", "e4", "e9"]
    assert desk.events()["forgotten"] == 2


def test_one_who_is_forgotten_and_comes_again_is_told_of_anew(desk: Desk, tmp_path: Path) -> None:
    """Their profile's state went with them."""
    write_lines(tmp_path / "events.jsonl", [cart(1, "fine")])
    with host(desk) as sandbox:
        assert desk.run().code == 0
        desk("forget", "--external-id", "u1")
        write_lines(tmp_path / "more.jsonl", [cart(1, "more")])
        result = desk.run("more.jsonl")
        assert "1 profile upserts sent, 0 saved" in result.out
        assert sandbox.stats()["requests"] == 4


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("retry",), "say which"),
    (("drop",), "say which"),
    (("drop", "1", "--all"), "say which"),
    (("retry", "--code", "invalid", "--all"), "say which"),
    (("drop", "1", "--metric", "x"), "say which"),
    (("retry", "--metric", "x", "--all"), "say which"),
    (("drop", "1", "--code", "invalid"), "say which"),
    (("forget",), "forget needs at least one"),
    (("forget", "--email", " "), "forget needs at least one"),
    (("dead", "--limit", "0"), "--limit"),
    (("drop", "one"), "NUMBER"),
    (("nothing",), "nothing"),
    (("drop", "77"), "77"),
    (("drop", "-1"), ""),
    (("drop", "99999999999999999999"), "99999999999999999999"),
]


@pytest.mark.parametrize(("words", "says"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_wrong_use_is_2_with_a_sentence_and_changes_nothing(
    dead: Desk, words: tuple[str, ...], says: str
) -> None:
    """Also a number that no letter has: whoever mistypes it must notice."""
    before = dead.events()
    result = here(dead.patch, "store", *words, "--store", "s.db")
    assert dead.events() == before
    assert result.code == 2, result.said
    assert says in result.err


COMMANDS: list[tuple[str, ...]] = [
    ("status",),
    ("status", "--json"),
    ("dead",),
    ("retry", "--all"),
    ("drop", "--all"),
    ("forget", "--email", "u1@example.com"),
]


def _nothing(path: Path) -> None:
    pass


def _foreign(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + bytes(100))


def _text(path: Path) -> None:
    path.write_text("an events file, say\n")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere.db")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


MAKERS: list[Callable[[Path], Any]] = [
    _nothing,
    Path.touch,
    _foreign,
    _text,
    Path.mkdir,
    os.mkfifo,
    _dangling,
    _loop,
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda one: one.__name__.strip("_"))
def test_what_is_no_store_of_ours_is_2_and_left_untouched(
    make: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every command, and for a run too."""
    make(tmp_path / "x.db")
    before = look(tmp_path)
    for words in COMMANDS:
        result = here(monkeypatch, "store", *words, "--store", "x.db")
        assert result.code == 2, result.said
        assert "x.db" in result.err or "nowhere.db" in result.err
        assert result.out == ""
    assert look(tmp_path) == before


def look(folder: Path) -> dict[str, Any]:
    """Names, sizes, modes and contents."""
    return {
        one.name: (one.lstat().st_mode, one.is_file() and one.read_bytes())
        for one in folder.iterdir()
    }


@pytest.mark.parametrize("name", ["no/such/folder/s.db", "events.jsonl/s.db", "n" * 300])
def test_a_place_that_cannot_be_is_2(name: str, dead: Desk) -> None:
    """To look as well as to run."""
    for words in (("store", "status"), ("run", "events.jsonl", "-c", dead.config)):
        result = here(dead.patch, *words, "--store", name)
        assert result.code == 2, result.said


def test_a_store_that_another_process_holds_can_be_looked_at_and_says_who_holds_it(
    dead: Desk,
) -> None:
    """What writes is 2 and says what to do; the holder does not notice."""
    before = dead("status", "--json").out, dead("dead", "--json").out
    with Store.visit("s.db") as store:
        for words in COMMANDS:
            result = here(dead.patch, "store", *words, "--store", "s.db")
            if words[0] in ("status", "dead"):
                assert result.code == 0, result.said
                continue
            assert result.code == 2 and result.out == "", result.said
            assert f"in use by process {os.getpid()}" in result.err
            assert f"kill {os.getpid()}" in result.err
        assert f"process {os.getpid()}" in dead("status").out
        assert json.loads(dead("status", "--json").out)["in_use"] is True
        store.retry()
        assert len(dead.letters()) == 5, "what is not committed is not seen"
        store.commit()
        assert json.loads(dead("status", "--json").out)["again"] == 5
        assert dead.letters() == []
        store.rollback()
    with Store.visit("s.db") as store:
        assert store.to_plan_anew == 5
    assert before != (dead("status", "--json").out, dead("dead", "--json").out)


def test_looking_at_a_store_changes_nothing_and_leaves_nothing_behind(
    dead: Desk, tmp_path: Path
) -> None:
    """Closed in order, or left by a run that was killed."""
    before = look(tmp_path)
    for words in (("status",), ("dead",)):
        dead(*words)
    assert look(tmp_path) == before
    killed = "import os; from walkeros_klaviyo.shell.store import Store\n"
    killed += "store = Store.visit('s.db'); store.retry([1]); store.commit(); os._exit(0)"
    assert subprocess.run([sys.executable, "-c", killed], timeout=20).returncode == 0
    left = {name: one for name, one in look(tmp_path).items() if not name.endswith("-shm")}
    assert "s.db-wal" in left
    assert json.loads(dead("status", "--json").out)["again"] == 1
    assert "not ended in order" in dead("status").out or "ended" in dead("status").out
    after = {name: one for name, one in look(tmp_path).items() if not name.endswith("-shm")}
    assert after == left
    dead.events()


def test_a_store_that_changes_while_it_is_read_without_a_lock_is_told(dead: Desk) -> None:
    """A run that begins in this very moment."""
    with pytest.raises(StoreHeldError, match="a run began"), Store.view("s.db"):
        Store.visit("s.db").close()


def test_a_mended_configuration_delivers_what_was_dead_under_its_new_name_once(
    dead: Desk, tmp_path: Path
) -> None:
    """And says so; what was delivered is not sent again, whatever it is called now."""
    dead("retry", "--all")
    mended = json.loads(json.dumps(CONFIG))
    mended["mapping"]["cart"]["add"] |= {"name": "Cart", "data": {"map": {}}}
    dead.config = write_config(tmp_path / "mended.json", mended)
    with host(dead, REFUSED) as sandbox:
        rehearsed = dead.run("events.jsonl", "--dry-run")
        assert "calls: Cart" in rehearsed.out
        result = dead.run()
        assert "5 dead letters planned again." in result.out
        assert ids(sandbox) == ["e1", "e5"]
        assert {json.loads(row)["metric"] for row in sandbox.event_lines()} == {"Cart"}
        assert "planned again" not in dead.run().out
        assert ids(sandbox) == ["e1", "e5"]
    assert dead.events() == {"accepted": 6, "delivered": 5, "pending": 0, "dead": 1}


def test_a_metric_or_code_that_is_no_dead_letters_says_which_there_are(dead: Desk) -> None:
    for command in ("retry", "drop"):
        said = dead(command, "--metric", "added to cart", code=2).err
        assert "there are: (profile), Added to Cart" in said
        assert "there are: invalid, limit.size, time." in dead(command, "--code", "no", code=2).err
    dead("drop", "--all")
    assert "there are none at all" in dead("retry", "--metric", "x", code=2).err
    assert dead.events()["dropped"] == 3


def test_the_help_of_what_repairs_says_that_a_store_must_be_there(dead: Desk) -> None:
    """It makes none."""
    said = " ".join(here(dead.patch, "store", "status", "--help").out.split())
    assert "must exist" in said and "made where" not in said
    missing = here(dead.patch, "store", "status", "--store", "other.db")
    assert missing.code == 2
    assert "there is no store" in missing.err and "--store" in missing.err


@pytest.mark.skipif(not Path("/usr/bin/setpriv").exists(), reason="needs setpriv")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_may_not_be_written_is_2(dead: Desk, what: str, tmp_path: Path) -> None:
    """Whoever may not write a store may look at it, but not repair it; it stays as it is."""
    temporary = Path(tempfile.gettempdir()).resolve()
    for parent in tmp_path.resolve().parents:  # nobody must reach it, to be refused by the store
        if temporary in parent.parents:
            parent.chmod(0o755)
    (tmp_path / "s.db").chmod(0o644)
    tmp_path.chmod(0o777 if what == "file" else 0o755)
    kept = (tmp_path / "s.db").read_bytes()
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for words, code in ((("status",), 0), (("retry", "--all"), 2)):
        done = subprocess.run(
            [*nobody, *COMMAND, "store", *words, "--store", "s.db"],
            env=environment(),
            capture_output=True,
            timeout=30,
            check=False,
        )
        if b"No module named" in done.stderr or b"Permission denied: '/root" in done.stderr:
            pytest.skip("nobody may not read this installation")
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
    said = {"file": b"s.db cannot be read and written", "folder": b"s.db cannot be locked"}[what]
    assert said in done.stderr, done.stderr
    assert (tmp_path / "s.db").read_bytes() == kept


@pytest.mark.parametrize("words", [("status",), ("dead",), ("dead", "--json")])
def test_a_reader_who_has_had_enough_is_no_failure(dead: Desk, words: tuple[str, ...]) -> None:
    """`store dead | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        done = subprocess.run(
            [*COMMAND, "store", *words, "--store", "s.db"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=30,
            check=False,
        )
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_another_key_and_another_host_are_2_and_a_new_key_may_be_said(dead: Desk) -> None:
    """A store's letters go to the account that they were meant for."""
    with host(dead, REFUSED):
        words = ("run", "events.jsonl", "-c", dead.config, "--store", "s.db", "-q", "--host")
        other = inside(*words, dead.url, key="pk_of_another")
        assert other.code == 2 and "belongs to another API key" in other.err
        assert "pk_" not in other.said
        far = inside(*words, f"http://localhost:{dead.port}")
        assert far.code == 2 and dead.url in far.err
        assert inside(*words, dead.url, "--new-key", key="pk_new").code == 0
        assert inside(*words, dead.url, key="pk_new").code == 0
        assert dead.run().code == 2
    assert b"pk_new" not in raw_bytes()


def test_a_key_that_was_refused_may_be_mended_without_a_word(desk: Desk, tmp_path: Path) -> None:
    """A 401 is exit 3; the right key then goes on with what waits."""
    write_lines(tmp_path / "events.jsonl", [cart(number, "fine") for number in range(5)])
    with host(desk, reject_keys=["pk_typo"]) as sandbox:
        words = ("run", "events.jsonl", "-c", desk.config, "--store", "s.db", "-q")
        words += ("--host", desk.url, "--mode", "single")
        assert inside(*words, key="pk_typo").code == 3
        assert desk.events()["pending"] == 5
        assert "does not accept the API key" in desk("status").out
        assert desk.run().code == 0
        assert ids(sandbox) == [f"e{number}" for number in range(5)]
        other = inside(*words, key="pk_of_another")
        assert other.code == 2, "the right key is known again"


def test_a_retry_that_finds_no_room_changes_nothing(dead: Desk) -> None:
    """A full disk: exit 2 and a sentence; every letter is still there."""

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))

    for words in (("retry", "--all"), ("drop", "--all")):
        done = subprocess.run(
            [*COMMAND, "store", *words, "--store", "s.db"],
            capture_output=True,
            env=environment(),
            preexec_fn=no_room,
            timeout=30,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr[-300:]
        assert done.returncode == 2, done.stderr
        assert done.stdout == b""
    assert dead.events() == {"accepted": 6, "delivered": 3, "pending": 0, "dead": 3}


def test_a_call_that_keeps_failing_by_itself_is_shown_and_can_be_given_up(desk: Desk) -> None:
    """One is named, and only that one goes."""
    write_lines(Path("events.jsonl"), [cart(0, "fine"), cart(1, "fine")])
    assert desk.run("events.jsonl", "--give-up", "0.2").code == 3
    with Store.visit("s.db") as store:
        number = next(item.id for item in store.take(10) if item.call == "events.create_event")
        store.charge(Charged(number, 7))
        store.commit()
    (shown,) = json.loads(desk("status", "--json").out)["stuck"]
    assert (shown["number"], shown["line"], shown["patience_used"]) == (number, 1, 7)
    assert "Failed while others got through" in desk("status").out
    assert "takes numbers only" in desk("drop", "--all", "--waiting", code=2).err
    assert "store status has them" in desk("drop", "--waiting", code=2).err
    assert "number 999; nothing" in desk("drop", str(number), "999", "--waiting", code=2).err
    assert desk("drop", str(number), "--waiting").out == "1 dropped.\n"
    assert desk.events() == {"accepted": 2, "delivered": 0, "pending": 1, "dead": 0, "dropped": 1}
    with host(desk) as sandbox:
        assert desk.run().code == 0
        assert ids(sandbox) == ["e1"]


def test_with_few_open_files_and_without_a_working_folder_a_run_ends_in_order(
    desk: Desk, tmp_path: Path
) -> None:
    """What was delivered is told, or what to do; never a traceback."""
    write_lines(tmp_path / "events.jsonl", [cart(number, "fine") for number in range(40)])
    gone = tmp_path / "gone"
    with host(desk) as sandbox:
        for few in (24, 14):
            gone.mkdir()

            def prepare(few: int = few) -> None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))
                os.chdir(gone)
                gone.rmdir()

            done = subprocess.run(
                [
                    *COMMAND,
                    *("run", str(tmp_path / "events.jsonl"), "-c", str(tmp_path / "shop.json")),
                    *("--host", desk.url, "--store", str(tmp_path / f"{few}.db"), "-q"),
                    *("--limits", "off", "--mode", "single"),
                ],
                capture_output=True,
                env=environment(),
                preexec_fn=prepare,
                timeout=60,
                check=False,
            )
            assert b"Traceback" not in done.stderr, done.stderr[-500:]
            assert done.returncode in (0, 2), done.stderr
            assert done.returncode == 0 or b"ulimit" in done.stderr
        assert len(ids(sandbox)) == 40
