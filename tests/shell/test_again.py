"""What was dead and is retried: does the next run send it, once, by its own configuration?"""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.shell.fake import EVENT, OK, STORES, UPSERT, Fake, line, stream
from tests.store.make import copy_to

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import deliver, new_loop
from walkeros_klaviyo.shell.send.uncommitted import Observers
from walkeros_klaviyo.shell.store import Store

SAID = b'{"errors":[{"code":"invalid","detail":"no","source":{"pointer":"/data/attributes"}}]}'
SETTINGS = {"identify": {"map": {"firstName": "user.first"}}}
MENDED = {"settings": SETTINGS, "mapping": {"order": {"complete": {"name": "Placed Order"}}}}
PEOPLE = 30


class KilledError(Exception):
    """The process ends here."""


def refuse_all(call: str, body: dict[str, Any]) -> Answer:
    """Klaviyo's own no."""
    return Answer(400, body=SAID) if call == EVENT else OK


def run(store: Store, fake: Fake, config: dict[str, Any], *events: Any) -> Loop:
    """One run to its end."""
    loop = new_loop(parse_config(config), store, fake, limits=False, mode="single")
    deliver(loop, stream(*events) if events else io.BytesIO())
    return loop


def dead_store() -> Store:
    """A store of which every event is dead."""
    store = STORES.new()
    events = [line(number, user={"id": f"u{number}", "first": "F"}) for number in range(PEOPLE)]
    run(store, Fake(refuse_all), {"settings": SETTINGS}, *events)
    assert store.counts.dead == PEOPLE
    return store


def names_and_ids(fake: Fake) -> Counter[tuple[str, str]]:
    """Of the events that were sent: metric and unique_id."""
    found = [body["data"]["attributes"] for call, body in fake.sent if call == EVENT]
    return Counter((one["metric"]["data"]["attributes"]["name"], one["unique_id"]) for one in found)


def test_a_retry_is_sent_by_the_next_runs_configuration_with_the_same_unique_id() -> None:
    store, fake = dead_store(), Fake()
    store.retry()
    store.commit()
    loop = run(store, fake, MENDED)
    assert names_and_ids(fake) == {("Placed Order", f"e{n}"): 1 for n in range(PEOPLE)}
    assert UPSERT not in {call for call, _ in fake.sent}, "that was delivered before"
    assert store.counts.anew == store.counts.delivered == store.counts.accepted == PEOPLE
    assert store.unreported[0].accepted == PEOPLE
    assert loop.acceptance.lines == 0
    assert store.imbalance() is None


def test_under_an_unchanged_configuration_the_same_bodies_go() -> None:
    store = STORES.new()
    refused, taken = Fake(refuse_all), Fake()
    nameless = {**line(1), "id": None}
    run(store, refused, {"settings": SETTINGS}, line(0), nameless)
    store.retry()
    store.commit()
    run(store, taken, {"settings": SETTINGS})
    events = [[body for call, body in one.sent if call == EVENT] for one in (refused, taken)]
    assert sorted(map(json.dumps, events[0])) == sorted(map(json.dumps, events[1]))


def test_what_is_denied_now_is_told_as_any_other_drop() -> None:
    store, fake = dead_store(), Fake()
    store.retry()
    store.commit()
    loop = run(store, fake, {"settings": SETTINGS, "consent": {"marketing": True}})
    assert fake.sent == []
    assert store.counts.not_sent == {"denied": PEOPLE}
    ((outcome, code, count, _),) = loop.acceptance.tally.dropped()
    assert (outcome, code, count) == ("denied", "consent.denied", PEOPLE)


def test_what_dies_again_is_rejected_again() -> None:
    store, rejected = dead_store(), []
    store.retry()
    store.commit()
    loop = new_loop(
        parse_config({"settings": SETTINGS}), store, Fake(refuse_all), limits=False, mode="single"
    )
    loop.observers = Observers(rejected.extend)
    deliver(loop, io.BytesIO())
    assert {one.line.number for one in rejected} == set(range(1, PEOPLE + 1))
    assert store.counts.dead == PEOPLE
    assert store.imbalance() is None


@pytest.mark.parametrize("kill_at", range(1, 9))
def test_killed_at_any_commit_each_is_planned_anew_once(
    kill_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was sent then goes once more at most, with its unique_id."""
    monkeypatch.setattr("walkeros_klaviyo.shell.send.loop.ANEW", 10)
    store, fake, commits = dead_store(), Fake(), 0
    store.retry()
    store.commit()
    commit = Store.commit

    def commit_or_die(self: Store) -> None:
        nonlocal commits
        commits += self.has_uncommitted
        commit(self)
        if commits >= kill_at:
            raise KilledError

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(Store, "commit", commit_or_die)
        run(store, fake, MENDED)
        raise KilledError  # it had ended before
    with Store.open(copy_to(store.path, tmp_path), host=store.host, key="pk_test") as left:
        assert left.damaged == ((), ())
        assert left.counts.anew + left.to_plan_anew == PEOPLE
        run(left, fake, MENDED)
        assert left.counts.anew == left.counts.delivered == left.counts.accepted == PEOPLE
        assert left.imbalance() is None
    assert names_and_ids(fake).keys() == {("Placed Order", f"e{n}") for n in range(PEOPLE)}


def order(number: int, event_id: str = "e1", **data: Any) -> dict[str, Any]:
    """An order by its number."""
    return line(1, id=event_id, data={"id": f"O-{number}", **data})


ORDERS = {
    "settings": SETTINGS,
    "mapping": {
        "order": {
            "complete": {
                "data": {"map": {"Total": "data.total"}},
                "settings": {"uniqueId": "data.id"},
            }
        }
    },
}


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (order(1, total=5), None),
        (order(1, total=7), "unique-id.reused"),
        (order(1, "e2", total=7), "unique-id.reused"),
        (order(2, total=5), "event.repeated"),
        ({**order(1, total=5), "user": {"id": "u9"}}, "event.repeated"),
        (order(2, "e2", total=5), None),
    ],
    ids=["the same", "other content", "another event", "another unique id", "somebody", "new"],
)
def test_what_comes_again_with_other_content_is_told_also_after_a_restart(
    second: dict[str, Any], code: str | None, tmp_path: Path
) -> None:
    """The first one waits still."""
    store = STORES.new()
    down = Fake(lambda call, body: Answer(None, fault="connect"))
    loop = new_loop(parse_config(ORDERS), store, down, limits=False, give_up=0.0)
    deliver(loop, stream(order(1, total=5)))
    assert store.counts.pending == 1
    with Store.open(copy_to(store.path, tmp_path), host=store.host, key="pk_test") as left:
        again = new_loop(parse_config(ORDERS), left, Fake(), limits=False)
        deliver(again, stream(second))
        told = {code for _, code in again.acceptance.tally.reasons}
    assert told & {"unique-id.reused", "event.repeated"} == ({code} if code else set())
