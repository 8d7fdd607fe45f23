"""Which metrics does Prometheus get?

All numbers come from the loop at each scrape, except that answers to senders are counted here. No
label has a value from outside: outcomes, endpoints, reasons and statuses are a few each.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Final

from attrs import define
from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from walkeros_klaviyo.shell.send.gauges import Gauges
from walkeros_klaviyo.shell.store.counts import NOT_SENT

PREFIX: Final = "walkeros_klaviyo"


@define(eq=False)
class Metrics:
    """The metrics of one endpoint, in a registry of its own."""

    requests: Counter
    _registry: CollectorRegistry
    _loop: _Loop

    def text(self, gauges: Gauges | None) -> bytes:
        """All metrics as text; `gauges` is None if the loop does not answer."""
        self._loop.gauges = gauges
        return generate_latest(self._registry)


def new_metrics() -> Metrics:
    """New metrics, with all counters at zero.

    >>> metrics = new_metrics()
    >>> metrics.requests.labels(status=200).inc()
    >>> b'walkeros_klaviyo_requests_total{status="200"} 1.0' in metrics.text(None)
    True
    >>> b"walkeros_klaviyo_up 0.0" in metrics.text(None)
    True
    """
    registry = CollectorRegistry()
    loop = _Loop()
    registry.register(loop)
    ProcessCollector(registry=registry)
    text = "Requests of senders that were answered, by status."
    return Metrics(
        Counter(f"{PREFIX}_requests", text, ["status"], registry=registry), registry, loop
    )


@define(eq=False)
class _Loop:
    """Collects the loop's numbers as of this scrape."""

    gauges: Gauges | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics with their help texts and values."""
        gauges = self.gauges
        yield _gauge("up", "1 while the loop answers; else nothing is taken.", gauges is not None)
        if gauges is None:
            return
        counts = gauges.counts
        yield _counter("accepted", "Events that were accepted.", counts.accepted)
        yield _counter("delivered", "Events that Klaviyo has taken.", counts.delivered)
        yield _counter("invalid", "What was posted and is not an event.", counts.invalid)
        yield _gauge("dead", "Events that were refused for good, and are kept.", counts.dead)
        yield _gauge("pending", "Accepted events that nothing is decided of yet.", counts.pending)
        not_sent = CounterMetricFamily(
            f"{PREFIX}_not_sent", "Accepted events that come to no call.", labels=["outcome"]
        )
        for outcome in sorted({*NOT_SENT, *counts.not_sent}):
            not_sent.add_metric([outcome], counts.not_sent[outcome])
        yield not_sent
        yield _gauge(
            "oldest_pending_seconds", "Since the oldest waiting call came.", gauges.oldest_age
        )
        yield from _pace(gauges)
        buckets = [
            ("+Inf" if end == inf else str(end), count) for end, count in gauges.lags.cumulative
        ]
        yield HistogramMetricFamily(
            f"{PREFIX}_delivery_seconds",
            "From an event's acceptance to its delivery, since the start.",
            buckets=buckets,
            sum_value=gauges.lags.seconds,
        )


def _pace(gauges: Gauges) -> Iterator[Metric]:
    used = GaugeMetricFamily(
        f"{PREFIX}_pace_used", "Requests to Klaviyo in the last minute.", labels=["endpoint"]
    )
    most = GaugeMetricFamily(
        f"{PREFIX}_pace_limit", "And how many there may be in a minute.", labels=["endpoint"]
    )
    for endpoint, (count, limit) in gauges.paces.items():
        used.add_metric([endpoint], count)
        if limit is not None:
            most.add_metric([endpoint], limit)
    waiting = GaugeMetricFamily(
        f"{PREFIX}_waiting_calls", "Calls that wait, and for what.", labels=["endpoint", "reason"]
    )
    for one in gauges.waits:
        waiting.add_metric([one.endpoint, one.reason], one.items)
    yield from (used, most, waiting)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"{PREFIX}_{name}", text, value=value)
