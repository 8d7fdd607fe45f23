"""How long was it from acceptance to delivery, and how long does the oldest wait?"""

from __future__ import annotations

from pathlib import Path

from tests.store.make import accept, event, open_store


def test_of_each_event_the_time_is_counted_once(path: Path) -> None:
    """Of its calls only the one that decides it."""
    times = [1_000.0]
    with open_store(path, clock=lambda: times[0]) as store:
        assert len(accept(store, event(0, id="u1", name="A")).calls) == 2
        store.commit()
        first = tuple(one.id for one in store.take(10))
        times[0] = 1_007.0
        accept(store, event(0, id="u2", name="B"))
        store.commit()
        assert store.oldest_age() == 7.0
        store.delivered(first)
        assert store.oldest_age() == 0.0
        assert dict(store.lags.cumulative)[5.0] == 0
        assert dict(store.lags.cumulative)[10.0] == 1
        assert store.lags.seconds == 7.0


def test_a_clock_that_was_set_back_takes_nothing_away(path: Path) -> None:
    times = [1_000.0]
    with open_store(path, clock=lambda: times[0]) as store:
        accept(store, event(0, id="u1", name="A"))
        store.commit()
        times[0] = 900.0
        assert store.oldest_age() == 0.0
        store.delivered(one.id for one in store.take(10))
        assert (dict(store.lags.cumulative)[0.1], store.lags.seconds) == (1, 0.0)
