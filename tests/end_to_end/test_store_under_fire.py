"""A killed run's store is damaged: does the same run still come to the right end?"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.end_to_end.command import sandbox
from tests.end_to_end.process import (
    KEY,
    SHOP,
    environment,
    order,
    outside,
    recorded,
    stats,
    wait_for,
    write_rows,
)
from tests.end_to_end.test_run_keeps_secrets import CONFIG, EMAIL, NAME, PERSON, PHONE

COUNT = 400


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """A sandbox, some of whose answers take long, so that a run can be caught at work."""
    with sandbox("--limits", "off", "--faults", "slow=0.15") as url:
        yield url


def words(url: str) -> tuple[str, ...]:
    """The run that is killed, and repeated."""
    return ("run", "events.jsonl", "-c", "shop.json", "--host", url, "--limits", "off", "-q")


def killed(folder: Path, url: str) -> dict[str, bytes]:
    """The store's files as a killed run leaves them, with calls that wait."""
    before = stats(url)["requests"]
    process = subprocess.Popen(
        [sys.executable, "-m", "walkeros_klaviyo", *words(url), "--mode", "single"],
        cwd=folder,
        env=environment(KEY),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(url, "requests", before + 40, process)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    return {one.name: one.read_bytes() for one in folder.glob("walkeros-klaviyo.db*")}


def harmed(raw: bytes, luck: random.Random) -> bytes:
    """A flipped bit, a lost end, or zeros."""
    at = luck.randrange(len(raw))
    kind = luck.randrange(3)
    if kind == 0:
        return raw[:at] + bytes([raw[at] ^ 1 << luck.randrange(8)]) + raw[at + 1 :]
    if kind == 1:
        return raw[:at]
    return raw[:at] + bytes(min(4_096, len(raw) - at)) + raw[at + 4_096 :]


@pytest.mark.parametrize("times", [4, pytest.param(10, marks=pytest.mark.whole)])
def test_a_damaged_wal_costs_nothing_where_the_input_is_still_there(
    tmp_path: Path, slow: str, times: int
) -> None:
    """SQLite cuts back to an earlier state, and the input is read on from there.

    Or the file is refused by its name; then it is moved away, as the message says, and the same
    run from the start ends alike, for Klaviyo keeps the first of each unique_id.
    """
    luck = random.Random(20_261_124)
    (tmp_path / "shop.json").write_text(json.dumps(SHOP))
    events = [order(n, user={"id": f"u{n % 7}"}) for n in range(1, COUNT + 1)]
    write_rows(tmp_path / "events.jsonl", *events)
    files = killed(tmp_path, slow)
    wal = files["walkeros-klaviyo.db-wal"]
    assert len(wal) > 50_000
    refused = 0
    for _ in range(times):
        for one in tmp_path.glob("walkeros-klaviyo.db*"):
            one.unlink()
        for name, raw in files.items():
            (tmp_path / name).write_bytes(harmed(raw, luck) if name.endswith("-wal") else raw)
        done = outside(*words(slow), "--mode", "bulk", cwd=tmp_path, key=KEY)
        if done.code == 2:
            assert "walkeros-klaviyo.db is damaged" in done.err, done.said
            assert "Traceback" not in done.said
            refused += 1
            for one in tmp_path.glob("walkeros-klaviyo.db*"):
                one.unlink()
            done = outside(*words(slow), "--mode", "bulk", cwd=tmp_path, key=KEY)
        assert done.code == 0, done.said
    assert refused < times
    found = recorded(slow, "events")
    assert len(found) == stats(slow)["events"] == COUNT
    paid = sum(Decimal(str(one["value"])) for one in found)
    assert paid == sum(Decimal(str(one["data"]["total"])) for one in events)


def test_the_key_is_nowhere_in_the_store_and_people_only_while_they_wait(
    tmp_path: Path, slow: str
) -> None:
    """Searched for in every byte of its files, as a killed run leaves them and after the end."""
    shop = {"mapping": SHOP["mapping"], **CONFIG}
    (tmp_path / "shop.json").write_text(json.dumps(shop))
    write_rows(tmp_path / "events.jsonl", *(order(9_000 + n, user=PERSON) for n in range(COUNT)))
    left = b"".join(killed(tmp_path, slow).values())
    assert KEY.encode() not in left
    assert EMAIL.encode() in left  # it waits to be sent
    done = outside(*words(slow), cwd=tmp_path)
    assert done.code == 0, done.said
    kept = b"".join(one.read_bytes() for one in tmp_path.glob("walkeros-klaviyo.db*"))
    for secret in (KEY, EMAIL, PHONE, NAME):
        assert secret.encode() not in kept
        assert secret not in done.said
