"""Are the counts bounded, and do they hold?"""

from __future__ import annotations

from pathlib import Path

from tests.store.make import NOW, open_store, plan_of

from walkeros_klaviyo.delivery.messages import Dead
from walkeros_klaviyo.shell.store.counting import MOST_METRICS, OTHERS
from walkeros_klaviyo.shell.store.letter import Origin


def test_of_very_many_metrics_the_later_ones_are_counted_together(path: Path) -> None:
    """An endpoint that is open to all may be sent any name; each costs something at each commit."""
    events = [
        {
            "name": f"thing{number} view",
            "timestamp": NOW,
            "id": f"e{number}",
            "user": {"id": "u"},
            "consent": {"marketing": True},
        }
        for number in range(MOST_METRICS + 50)
    ]
    with open_store(path) as store:
        for number, event in enumerate(events):
            store.accept(Origin(number, event["id"], b"{}"), plan_of(event), {})
        store.commit()
        items = store.take(10_000)
        store.delivered(item.id for item in items[:-1])
        store.dead(Dead(items[-1].id, 400, "invalid", "No.", "/data"))
        store.commit()
        assert len(store.metrics) == MOST_METRICS + 1
        assert store.metrics[OTHERS] == {"accepted": 50, "delivered": 49, "dead": 1}
        assert store.imbalance() is None
    with open_store(path) as store:
        assert len(store.metrics) == MOST_METRICS + 1
        assert store.metrics[OTHERS]["accepted"] == 50
        store.retry()
        assert store.metrics[OTHERS]["dead"] == 0
        assert store.imbalance() is None
