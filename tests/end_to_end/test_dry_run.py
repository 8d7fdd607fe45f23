"""`run --dry-run` changes nothing, and says what a run then does; and runs in bad surroundings."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from tests.end_to_end.command import (
    COMMAND,
    KEY,
    SHOP,
    Result,
    environment,
    here,
    shop_event,
    write_config,
    write_lines,
)
from tests.end_to_end.process import lines_of
from tests.store.make import content

from walkeros_klaviyo import shop
from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.store import Store

CONFIG: dict[str, Any] = {
    **SHOP,
    "consent": {"marketing": True},
    "mapping": {
        **SHOP["mapping"],
        "page": {"view": {"ignore": True}},
        "user": {"login": {"silent": True}},
    },
}


def shopping(number: int, **changes: Any) -> dict[str, Any]:
    """An order, a page or a login of somebody who agreed, or not."""
    names = ("order complete", "order complete", "page view", "user login", "cart add")
    agreed = {"marketing": number % 9 != 8}
    return shop_event(number, name=names[number % 5], consent=agreed, **changes)


EVENTS: list[Any] = [
    *(shopping(number) for number in range(60)),
    b"[]",
    b'{"name": NaN}',
    shopping(60, user={}),
    shopping(61, timestamp=1_000_000_000),
    shopping(62, user={"id": "big", "first": "x" * 110_000}),
    shopping(63, user={"id": "big", "first": "x" * 110_000}),
]


@define
class Place:
    """A sandbox, a configuration, and the command."""

    sandbox: Sandbox
    url: str
    config: str
    patch: pytest.MonkeyPatch

    @property
    def words(self) -> tuple[str, ...]:
        """All but the input."""
        return ("-c", self.config, "--host", self.url, "-q", "--limits", "off", "--mode", "single")

    def run(
        self, *more: str, name: str = "events.jsonl", store: str = "s.db", key: str = KEY
    ) -> Result:
        """Run it here."""
        return here(self.patch, "run", name, *self.words, "--store", store, *more, key=key)

    def apart(self, *more: str, name: str = "events.jsonl", **given: Any) -> Result:
        """Run it in a process of its own, in these surroundings."""
        kept: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        done = subprocess.run(
            [*COMMAND, "run", name, *self.words, "--store", "s.db", *more],
            **{"env": environment(), "timeout": 30, "check": False, **kept, **given},
        )
        out, err = (done.stdout or b"").decode(), (done.stderr or b"").decode()
        return Result(done.returncode, out, err)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[tuple[Sandbox, str]]:
    """One sandbox for all tests."""
    sandbox = Sandbox(limits="off")
    with running(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def place(stand_in: tuple[Sandbox, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Nothing was recorded yet."""
    stand_in[0].reset()
    return Place(*stand_in, write_config(tmp_path / "shop.json", CONFIG), monkeypatch)


def held(name: str = "s.db") -> dict[str, Any]:
    """All that a store holds."""
    with Store.visit(name) as store:
        ended = store.status().ended
        return {**content(store), "ended": ended, "unreported": store.unreported}


def foretold(said: str) -> dict[str, int]:
    """The rows of the dry run's table."""
    rows = re.findall(r"^ +((?:lines|calls)[^\n]*?) {2,}([\d,]+)(?: {3}.*)?$", said, re.MULTILINE)
    return {name: int(count.replace(",", "")) for name, count in rows}


def happened(place: Place, said: str, before: dict[str, Any] | None) -> dict[str, int]:
    """The same rows, by what the run left behind."""
    metrics = {} if before is None else before["metrics"]
    counts = None if before is None else before["counts"]
    now = held()
    found: dict[str, int] = {}
    for metric, by in now["metrics"].items():
        if metric != "(profile)":
            found[f"calls: {metric}"] = by["delivered"] - metrics.get(metric, {}).get(
                "delivered", 0
            )
    upserts = now["counts"].upserts - (0 if counts is None else counts.upserts)
    found["calls: profile upsert"] = upserts
    for name, count in now["counts"].not_sent.items():
        found[f"lines: {name}"] = count - (0 if counts is None else counts.not_sent[name])
    found["lines: invalid"] = now["counts"].invalid - (0 if counts is None else counts.invalid)
    found["lines: refused"] = now["counts"].dead - (0 if counts is None else counts.dead)
    return {name: count for name, count in found.items() if count}


def test_a_dry_run_makes_no_store_and_sends_nothing(place: Place, tmp_path: Path) -> None:
    """Not even a lock, and no file of rejects."""
    write_lines(tmp_path / "events.jsonl", EVENTS)
    before = sorted(one.name for one in tmp_path.iterdir())
    result = place.run("--dry-run", "--rejects", "bad.jsonl")
    assert result.code == 1, result.said
    assert "Nothing was sent or kept" in result.out
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    assert place.sandbox.stats()["requests"] == 0


def test_a_dry_run_says_what_the_run_then_does(place: Place, tmp_path: Path) -> None:
    """From nothing, and then for what is new; it changes nothing in between."""
    before = None
    for some in (EVENTS[:30], EVENTS[:50], EVENTS):
        write_lines(tmp_path / "events.jsonl", some)
        said = [place.run("--dry-run") for _ in range(2)]
        assert said[0] == said[1]
        assert before is None or held() == before
        requests = place.sandbox.stats()["requests"]
        result = place.run()
        assert result.code == said[0].code
        told = foretold(said[0].out)
        sends = told.pop("lines: send", 0)
        assert told == happened(place, result.out, before)
        assert lines_of(result.out, "delivered") == sends
        calls = sum(count for name, count in told.items() if name.startswith("calls: "))
        assert place.sandbox.stats()["requests"] - requests == calls
        before = held()
    told = foretold(place.run("--dry-run").out)
    assert told == {}


def test_the_revenue_that_is_foretold_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Per metric and currency, each order once, as a trial's summary has it."""
    words = ("run", str(shop.EVENTS), "-c", str(shop.CONFIG), "--quiet")
    told, came = (here(monkeypatch, *words, one).out for one in ("--dry-run", "--sandbox"))
    earned = [
        dict(re.findall(rf"^ +{before}(\w[\w ]+?) {{2,}}\d+   (\S.*?) *$", said, re.MULTILINE))
        for before, said in (("calls: ", told), ("", came))
    ]
    assert earned[0] == earned[1]
    orders = "1,942.50 EUR, 1,751.40 GBP, 89,900 JPY, 557.95 USD, 228.80 no currency"
    assert earned[0]["Placed Order"] == orders


def test_a_dry_run_counts_what_waits_already(place: Place, tmp_path: Path) -> None:
    """A run that reached nobody left everything waiting; the next one sends that first."""
    write_lines(tmp_path / "events.jsonl", EVENTS[:20])
    sandbox, place.sandbox.deny = place.sandbox, frozenset()
    gone = Sandbox(limits="off")
    with running(gone) as url:
        place.url = url
    assert place.run("--give-up", "0").code == 3
    before = held()
    write_lines(tmp_path / "events.jsonl", EVENTS[:40])
    said = place.run("--dry-run")
    assert "20 lines were accepted before" in said.err
    told = foretold(said.out)
    waiting = told.pop("calls that wait already")
    assert waiting == len(before["bodies"])
    assert held() == before
    calls = sum(count for name, count in told.items() if name.startswith("calls: "))
    with running(gone, int(place.url.rpartition(":")[2])):
        assert place.run().code == 0
    assert gone.stats()["requests"] == calls
    assert sandbox.stats()["requests"] == 0


def test_a_dry_run_of_a_redirected_file_goes_on_as_a_run_would(
    place: Place, tmp_path: Path
) -> None:
    """And a pipe is new from its start."""
    path = Path(write_lines(tmp_path / "events.jsonl", EVENTS[:10]))
    assert place.run().code == 0
    with path.open("rb") as stdin:
        assert foretold(place.apart("--dry-run", name="-", stdin=stdin).out) == {}
    lines = path.read_bytes()
    assert foretold(place.apart("--dry-run", name="-", input=lines).out)["lines: send"] > 0


def test_a_dry_run_finds_the_store_that_the_run_finds(place: Place, tmp_path: Path) -> None:
    """`--store=~/s.db`: a shell leaves the tilde to us, and we to nobody."""
    place.patch.setenv("HOME", str(tmp_path))
    write_lines(tmp_path / "events.jsonl", EVENTS[:10])
    assert place.run(store="~/s.db").code == 0
    assert (tmp_path / "s.db").exists()
    assert foretold(place.run("--dry-run", store="~/s.db").out) == {}


@pytest.mark.parametrize("how", ["host", "key"])
def test_a_dry_run_refuses_a_store_that_the_run_refuses(
    place: Place, tmp_path: Path, how: str
) -> None:
    """What it says would not happen."""
    write_lines(tmp_path / "events.jsonl", EVENTS[:10])
    assert place.run().code == 0
    if how == "host":
        place.url = place.url.replace("127.0.0.1", "localhost")
    key = "pk_of_another" if how == "key" else KEY
    assert place.run(key=key).code == 2
    assert place.run("--dry-run", key=key).code == 2


def test_a_dry_run_beside_a_run_reads_what_is_committed(place: Place, tmp_path: Path) -> None:
    """And holds nobody up."""
    write_lines(tmp_path / "events.jsonl", EVENTS[:10])
    assert place.run().code == 0
    with Store.visit("s.db") as store:
        result = place.apart("--dry-run")
        store.begin()
        store.commit()
    assert result.code == 0 and "10 lines were accepted before" in result.err


GOOD = [shop_event(number, consent={"marketing": True}) for number in range(20)]


def closing(*numbers: int) -> Callable[[], None]:
    """What a shell does on `<&-`, `>&-`, `2>&-`."""

    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


@pytest.mark.parametrize("closed", [(0,), (1, 2), (0, 1, 2)], ids=str)
def test_a_run_with_closed_outputs_delivers_and_ends_well(
    place: Place, tmp_path: Path, closed: tuple[int, ...]
) -> None:
    """`run … >&- 2>&-`, as a careless scheduler starts it."""
    write_lines(tmp_path / "events.jsonl", GOOD)
    words = [word for word in place.words if word != "-q"]
    done = subprocess.run(
        [*COMMAND, "run", "events.jsonl", *words, "--store", "s.db"],
        env=environment(),
        timeout=30,
        preexec_fn=closing(*closed),
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr[-300:]
    assert place.sandbox.stats()["events"] == 20
    assert done.returncode == 0
    assert held()["imbalance"] is None


def test_closed_input_is_a_persons_mistake(place: Place, tmp_path: Path) -> None:
    """`run - <&-`: a sentence and exit 2."""
    result = place.apart(name="-", preexec_fn=closing(0))
    assert "Traceback" not in result.err, result.err[-300:]
    assert result.code == 2


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_a_reader_of_the_summary_who_has_left_is_no_failed_event(
    place: Place, tmp_path: Path, dry: tuple[str, ...]
) -> None:
    """`run … | true`: exit 1 would say that an event did not go."""
    write_lines(tmp_path / "events.jsonl", GOOD)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        result = place.apart(*dry, stdout=stdout)
    assert "Traceback" not in result.err
    assert place.sandbox.stats()["events"] == (0 if dry else 20)
    assert result.code != 1


def test_a_summary_that_nobody_heard_is_told_again(place: Place, tmp_path: Path) -> None:
    """Onto a full disk: exit 2, everything delivered, and the next run says all of it."""
    write_lines(tmp_path / "events.jsonl", [*GOOD, b"[]"])
    with Path("/dev/full").open("wb") as stdout:
        result = place.apart(stdout=stdout)
    assert result.code == 2 and "cannot be written" in result.err
    assert place.sandbox.stats()["events"] == 20
    again = place.run()
    assert (again.code, lines_of(again.out, "delivered"), lines_of(again.out, "invalid")) == (
        1,
        20,
        1,
    )
    assert place.run().code == 0


def test_rejects_on_a_full_disk_cost_the_file_alone(place: Place, tmp_path: Path) -> None:
    """Everything is delivered, and a sentence names the file that lacks lines."""
    write_lines(tmp_path / "events.jsonl", [b"[1]", *GOOD])
    result = place.apart("--rejects", "/dev/full")
    assert result.code == 1 and "Traceback" not in result.err
    assert place.sandbox.stats()["events"] == 20
    assert held()["counts"].accepted == 20
    assert "--rejects /dev/full: not every line is in it" in result.err


def test_what_was_cut_by_a_full_disk_does_not_spoil_later_rejects(
    place: Place, tmp_path: Path
) -> None:
    """Each line of the file that a later run writes can be read."""
    lines = [b"[%d]" % number for number in range(200)]
    write_lines(tmp_path / "events.jsonl", lines)

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    Path("bad.jsonl").write_bytes(b"{}\n" * 16_600)
    assert place.apart("--rejects", "bad.jsonl", preexec_fn=little_room).code == 1
    write_lines(tmp_path / "events.jsonl", [b"[1]", *lines])
    assert place.run("--rejects", "bad.jsonl").code == 1
    rows = Path("bad.jsonl").read_bytes().splitlines()
    readable = [row for row in rows if row.startswith(b"{") and row.endswith(b"}")]
    kept = {json.loads(row).get("line") for row in readable if row.count(b'"line":') == 1}
    assert kept >= set(range(1, 202))


@pytest.mark.parametrize("size", [1_000, 40_000, 100_000])
def test_a_store_that_finds_no_room_loses_nothing(place: Place, tmp_path: Path, size: int) -> None:
    """A limit on the size of files: exit 2 and a sentence; with room, the same words go on."""
    write_lines(tmp_path / "events.jsonl", [{**one, "pad": "x" * 3_000} for one in GOOD])

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    result = place.apart(preexec_fn=little_room)
    assert "Traceback" not in result.err, result.err[-300:]
    assert result.code in (0, 2), result.said
    assert result.code == 0 or "s.db" in result.err
    assert place.run().code == 0
    assert {json.loads(row)["unique_id"] for row in place.sandbox.event_lines()} == {
        f"e{number}" for number in range(20)
    }
    found = held()
    assert (found["counts"].delivered, found["imbalance"]) == (20, None)


def test_a_store_may_lie_behind_a_link_and_have_any_name(place: Place, tmp_path: Path) -> None:
    """Spaces, umlauts, quotes; through the link it is the same store."""
    write_lines(tmp_path / "events.jsonl", GOOD)
    folder = tmp_path / "Über uns & 'alle' $HOME"
    folder.mkdir()
    (tmp_path / "link.db").symlink_to(folder / "шоп  x.db")
    assert place.run(store="link.db").code == 0
    assert (tmp_path / "link.db").is_symlink()
    again = place.run(store=str(folder / "шоп  x.db"))
    assert lines_of(again.out, "accepted") == 0
    assert sorted(one.name for one in folder.iterdir()) == ["шоп  x.db"]
    with Store.visit(folder / "шоп  x.db"):
        held_by = place.run(store="link.db")
    assert held_by.code == 2 and "in use by" in held_by.err


def test_the_command_that_it_names_can_be_typed(place: Place, tmp_path: Path) -> None:
    """Where the dead letters are, by a path that leads there from here."""
    write_lines(tmp_path / "events.jsonl", [*GOOD, EVENTS[-3]])
    (tmp_path / "data").mkdir()
    result = place.run(store="data/my shop.db")
    assert result.code == 1
    typed = re.findall(r"walkeros-klaviyo (store dead --store .*)", result.out)[0]
    done = subprocess.run(
        f"{' '.join(COMMAND)} {typed}", shell=True, env=environment(), timeout=30, check=False
    )
    assert done.returncode == 0


@pytest.mark.parametrize("target", ["events.jsonl", "s.db", "s.db.lock", "shop.json"])
def test_rejects_are_never_written_into_what_is_in_use(
    place: Place, tmp_path: Path, target: str
) -> None:
    """A slip of the pen must not spoil the input, the store or the configuration."""
    write_lines(tmp_path / "events.jsonl", GOOD)
    assert place.run().code == 0
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b"[]\n")
    kept = (tmp_path / target).read_bytes() if (tmp_path / target).exists() else None
    result = place.run("--rejects", target)
    assert held()["counts"].delivered == 20
    assert result.code == 2, result.said
    assert (tmp_path / target).exists() == (kept is not None)
    assert kept is None or (tmp_path / target).read_bytes() == kept


def test_a_metric_that_the_terminal_cannot_show_is_no_crash(place: Place, tmp_path: Path) -> None:
    """An old locale: delivered, told as well as it can be, and told once."""
    rule = {"mapping": {"order": {"complete": {"name": "Bestätigt ✓"}}}}
    place.config = write_config(tmp_path / "shop.json", {**CONFIG, **rule})
    write_lines(tmp_path / "events.jsonl", GOOD)
    result = place.apart(env=environment(PYTHONIOENCODING="ascii"))
    assert place.sandbox.stats()["events"] == 20
    assert "Traceback" not in result.err, result.err[-200:]
    assert result.code == 0
