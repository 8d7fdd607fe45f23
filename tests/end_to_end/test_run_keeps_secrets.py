"""The key shows nowhere; personal data only where it was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.end_to_end.command import sandbox
from tests.end_to_end.process import KEY, order, outside, write_rows

from walkeros_klaviyo import parse_config, pipeline
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.shell.send.run import new_loop
from walkeros_klaviyo.shell.store import Store

EMAIL, PHONE, NAME = "canary.person@example.com", "+15550104477", "Canarina"
PERSON = {"id": "u1", "email": EMAIL, "phone": PHONE, "firstName": NAME}
CONFIG = {
    "settings": {
        "apiKey": KEY,
        "phoneNumber": "user.phone",
        "identify": {"map": {"firstName": "user.firstName"}},
    }
}


@pytest.mark.parametrize(
    "words",
    [
        ("run", "events.jsonl", "-c", "shop.json", "--sandbox"),
        (
            "run",
            "events.jsonl",
            "-c",
            "shop.json",
            "--host",
            "http://127.0.0.1:9",
            "--give-up",
            "0",
        ),
        ("run", "events.jsonl", "-c", "shop.json", "--host", "http://klaviyo.example"),
        ("run", "nowhere.jsonl", "-c", "shop.json", "--sandbox"),
        ("run", "events.jsonl", "-c", "wrong.json", "--sandbox"),
        ("explain", "nowhere.jsonl", "-c", "shop.json"),
    ],
)
def test_a_run_shows_neither_key_nor_person(tmp_path: Path, words: tuple[str, ...]) -> None:
    bad = order(2, user={**PERSON, "email": "canary..person@example.com"})
    write_rows(tmp_path / "events.jsonl", order(1, user=PERSON), bad, b'{"user": "' + b"x" * 9)
    (tmp_path / "shop.json").write_text(json.dumps(CONFIG))
    wrong = {**CONFIG, "settings": {**CONFIG["settings"], "apiKey": [KEY], "emial": "x"}}
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    said = outside(*words, cwd=tmp_path).said
    for secret in (KEY, "canary", PHONE, NAME):
        assert secret not in said


def test_a_rejected_key_is_not_shown(tmp_path: Path) -> None:
    write_rows(tmp_path / "events.jsonl", order(1, user=PERSON))
    (tmp_path / "shop.json").write_text(json.dumps(CONFIG))
    with sandbox("--reject-key", KEY) as url:
        done = outside("run", "events.jsonl", "-c", "shop.json", "--host", url, cwd=tmp_path)
    assert done.code == 3
    for secret in (KEY, EMAIL, PHONE, NAME):
        assert secret not in done.said


def test_no_repr_shows_the_key(tmp_path: Path) -> None:
    config = parse_config(CONFIG)
    klaviyo = Klaviyo(KEY, "http://127.0.0.1:9")
    with Store.open(tmp_path / "s.db", host="http://127.0.0.1:9", key=KEY) as store:
        loop = new_loop(config, store, klaviyo)
        for shown in (config, config.settings, klaviyo, store, loop):
            assert KEY not in repr(shown) + str(shown)


def test_a_plans_repr_shows_no_person() -> None:
    plan = pipeline(parse_config(CONFIG)).plan(order(1, user=PERSON))
    assert len(plan.calls) == 2
    for secret in (EMAIL, PHONE, NAME):
        assert secret not in repr(plan)
