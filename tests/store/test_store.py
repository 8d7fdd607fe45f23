"""What does the store promise the loop?"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.make import (
    SOURCE,
    accept,
    content,
    copy_to,
    event,
    keep_on,
    open_store,
    plan_anew,
    plan_of,
    read_to,
    told,
)

from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store import Body, Damaged, Store, StoreError
from walkeros_klaviyo.shell.store.counts import Counts
from walkeros_klaviyo.shell.store.letter import Origin


def test_what_is_committed_is_there_after_reopening(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 100)
        before = content(store)
    with open_store(path) as store:
        assert before == content(store)
        assert store.damaged == ((), ())


def test_what_is_not_committed_is_undone_at_closing(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 20)
        before = content(store)
        accept(store, event(20))
        store.advance(SOURCE, read_to(21))
    with open_store(path) as store:
        assert before == content(store)


def test_rollback_undoes_counts_states_and_calls(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 20)
        before, backlog = content(store), store.backlog
        for number in range(20, 40):
            accept(store, event(number))
        assert content(store) != before
        store.rollback()
        assert before == content(store)
        assert store.backlog == backlog


def test_events_are_conserved_at_every_step(path: Path) -> None:
    with open_store(path) as store:
        for number in range(60):
            accept(store, event(number), number + 1)
            assert store.imbalance() is None
        store.commit()
        for item in store.take(1_000):
            if item.id % 3:
                store.delivered((item.id,))
            else:
                store.dead(Dead(item.id, 400, "invalid", "no"))
            assert store.imbalance() is None
        assert store.counts.pending == 0
        assert store.counts.accepted == 60


def test_only_committed_calls_are_handed_out_and_each_once(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        assert store.take(10) == ()
        assert store.backlog == 2
        store.commit()
        assert [item.id for item in store.take(1)] == [1]
        assert [item.id for item in store.take(10)] == [2]
        assert store.take(10) == ()
        assert store.backlog == 0
    with open_store(path) as store:
        assert [item.id for item in store.take(10)] == [1, 2]


def test_an_item_says_lane_size_and_repeat_but_no_name(path: Path) -> None:
    with open_store(path) as store:
        for found in (event(0), event(0), event(1)):
            accept(store, found)
        store.commit()
        upsert, first, again, _, other = store.take(10)
        assert upsert.is_upsert
        assert upsert.repeat is None
        assert upsert.lanes == first.lanes == again.lanes
        assert len(first.lanes) == 2
        assert not set(first.lanes) & set(other.lanes)
        assert first.repeat == again.repeat != other.repeat
        assert "u0" not in "".join(upsert.lanes)
        body = store.bodies((first.id,))[0]
        assert isinstance(body, Body)
        assert first.size == len(body.text)


def test_events_of_one_wish_for_bulk_keep_it(path: Path) -> None:
    with open_store(path) as store:
        plan = plan_of(event(0))
        store.accept(Origin(1, "e", b""), plan, {}, bulk=True)
        store.commit()
        assert [item.bulk for item in store.take(9)] == [True, True]


def test_an_uncommitted_state_is_seen_at_once(path: Path) -> None:
    with open_store(path) as store:
        assert told(store, "external_id:u0") is None
        plan = accept(store, event(0))
        assert told(store, "external_id:u0") == plan.upserts[0].fingerprint


def test_a_dead_upsert_takes_its_state_back(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        store.dead(Dead(1, 400, "invalid", "no"))
        assert told(store, "external_id:u0") is None


def test_a_dead_upsert_leaves_a_later_state_alone(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0, id="u0", name="old"))
        accept(store, event(1, id="u0", name="new"))
        later = told(store, "external_id:u0")
        store.dead(Dead(1, 400, "invalid", "no"))
        assert told(store, "external_id:u0") == later


def test_what_waits_no_more_cannot_be_delivered_or_die_twice(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        store.delivered((1, 2))
        store.delivered((1, 2))
        assert store.dead(Dead(1, 400, "invalid", "no")) == ()
        assert store.bodies((1,)) == (Damaged(1),)
        assert store.counts.delivered == 1
        assert store.imbalance() is None


def test_a_commit_without_news_writes_nothing(path: Path) -> None:
    with open_store(path) as store:
        store.commit()
        assert not store.has_uncommitted
        assert path.with_name(path.name + "-wal").stat().st_size == 0


def test_half_characters_and_foreign_texts_are_kept_as_they_can(path: Path) -> None:
    found = event(0)
    found["name"] = "café \ud83d"
    found["id"] = "e\ud83d"
    with open_store(path) as store:
        accept(store, found)
        store.commit()
        assert store.imbalance() is None
        letter = next(store.letters())
        assert not isinstance(letter, Damaged)
        assert letter.letter.code == "text.not-unicode"


def test_a_crash_in_the_middle_leaves_the_last_commit(path: Path, folder: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 50)
        before = content(store)
        for number in range(50, 60):
            accept(store, event(number))
        copy = copy_to(path, folder / "copy")
    with open_store(copy) as store:
        assert before == content(store)
        keep_on(store, 100)
        after = content(store)
    with open_store(folder / "quiet.db") as store:
        keep_on(store, 100)
        assert content(store) == after


def test_a_position_is_kept_under_a_digest(path: Path) -> None:
    with open_store(path) as store:
        store.advance(SOURCE, read_to(7))
        store.commit()
        assert store.position(SOURCE) == read_to(7)
        assert store.position("elsewhere") is None
    assert SOURCE.encode() not in path.read_bytes()


def test_a_refusal_without_calls_keeps_the_event(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(5), 6)
        letter = next(store.letters())
        assert not isinstance(letter, Damaged)
        assert letter.letter.origin.line == 6
        assert b"error raised" in letter.letter.origin.raw
        assert letter.body is None
        assert letter.can_be_retried


def test_a_closed_store_says_so_and_closes_twice(path: Path) -> None:
    store = open_store(path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.prior(["x"])


def test_a_large_wal_is_taken_in(path: Path) -> None:
    with open_store(path) as store:
        store._session.wal_limit = 50_000
        keep_on(store, 200)
        assert path.with_name(path.name + "-wal").stat().st_size < 500_000
        assert path.stat().st_size > 50_000


def test_what_nobody_was_told_of_outlives_a_crash(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 20)
        store.report("ended")
        store.commit()
        told = content(store)["counts"]
        assert store.unreported == (Counts(), {})
    with open_store(path) as store:
        keep_on(store, 40)
    with open_store(path) as store:
        news, metrics = store.unreported
        assert news.accepted == store.counts.accepted - told.accepted > 0
        assert news.dead == store.counts.dead - told.dead > 0
        assert sum(by["delivered"] for by in metrics.values()) == news.delivered > 0


def test_a_dead_letter_that_is_put_back_and_dies_again_is_news_again(path: Path) -> None:
    with open_store(path) as store:
        accept(store, event(0))
        store.commit()
        for item in store.take(10):
            store.dead(Dead(item.id, 400, "invalid", "no"))
        store.report("ended")
        store.commit()
        store.retry()
        store.commit()
        assert (store.counts.dead, store.unreported[0].dead) == (0, 0)
        plan_anew(store)
        for item in store.take(10):
            store.dead(Dead(item.id, 400, "invalid", "no"))
        assert (store.counts.dead, store.unreported[0].dead) == (1, 1)


def test_a_visit_needs_neither_host_nor_key_but_a_store(path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        Store.visit(path)
    assert list(path.parent.iterdir()) == []
    open_store(path).close()
    with Store.visit(path) as store:
        assert store.host == "https://klaviyo.test"


def test_a_metric_of_many_names_is_kept_and_counted(path: Path) -> None:
    with open_store(path) as store:
        for number in range(200):
            found = event(0)
            found["name"] = f"metric {number}"
            accept(store, found)
        store.commit()
    with open_store(path) as store:
        assert len(store.metrics) == 200


def test_an_event_that_cannot_be_kept_leaves_nothing_half(path: Path) -> None:
    with open_store(path) as store:
        keep_on(store, 20)
        before = content(store)
        accept(store, event(18))
        with pytest.raises(OverflowError):
            accept(store, event(19), 1 << 70)
            store.commit()
        assert before == content(store)


def test_the_latest_events_that_wait_are_shown_in_order(path: Path) -> None:
    """As many as were asked for, and no profile's upsert."""
    with open_store(path) as store:
        for number in range(6):
            accept(store, event(number, id=f"u{number}", name="A"))
        store.commit()
        every: list[str | None] = []
        store.recent_events(100, lambda event_id, call: every.append(event_id))
        assert len(every) == 6
        for most in (1, 2, 6, 7):
            found: list[tuple[str | None, str | None]] = []
            store.recent_events(most, lambda one, call, found=found: found.append((one, call.name)))
            assert found == [(one, "events.create_event") for one in every[-most:]]
