"""What has been recorded?

An event counts once per profile, metric and unique_id or, without a unique_id, per profile, metric
and second ("this will use the time to the second"). For each event a compressed line and twelve
bytes of a digest are kept, so that a million fit into memory.
Source: `unique_id` and `time` of Create Event and Bulk Create Events.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from decimal import Decimal
from hashlib import blake2b
from itertools import islice
from typing import Any

from attrs import Factory, define, frozen

from .consent import standing
from .issue import Issue
from .jobs import stamp
from .lifetime import PLACED, Lifetime
from .log import Log
from .people import Meeting, People, Profile
from .scalar import instant
from .wire import dumps, loads

OPTIONAL = ("time", "value", "value_currency", "unique_id", "backfill")


@frozen
class Rejection:
    """One refusal, for the page."""

    call: str
    status: int
    pointer: str
    detail: str
    at: float


@define
class Metric:
    """A metric's number of events, and its revenue by currency."""

    numbers: array[int] = Factory(lambda: array("I"))
    """The numbers of its events, in order."""
    values: dict[str, Decimal] = Factory(dict)

    @property
    def count(self) -> int:
        """The number of its events."""
        return len(self.numbers)


class Record:
    """Events, profiles, and refusals."""

    def __init__(self, meeting: Meeting = "klaviyo") -> None:
        self.people = People(meeting)
        self.events = Log()
        self.metrics: dict[str, Metric] = {}
        self.days: dict[tuple[str, str], Decimal] = {}
        """Revenue by day (UTC) and currency."""
        self.rejections: deque[Rejection] = deque(maxlen=50)
        self.counts: Counter[str] = Counter()
        self.lifetime = Lifetime()
        self.drawn: dict[int, Any] = {}
        """A cache for the page: rendered events by number, since events never change."""
        self._seen: set[bytes] = set()

    def take(
        self,
        resource: dict[str, Any],
        attributes: dict[str, Any],
        now: float,
        group: dict[str, Any] | None = None,
    ) -> bool:
        """Record an event of a profile; returns whether it is new. `group` is a bulk entry's."""
        rest = {} if group is None else {"profile": resource, **group}
        line = dumps([attributes, rest])
        profile = self.people.of_event(resource, now)
        metric = attributes["metric"]["data"]["attributes"]["name"]
        if self._known(profile, metric, attributes, now):
            self.counts["duplicates"] += 1
            return False
        self._seen.add(_digest(profile.id, metric, attributes, now))
        profile.last_event = now
        number = len(self.events)
        self.events.append(b"[" + dumps(profile.id) + b"," + line[1:])
        profile.events.append(number)
        self._summarize(number, metric, attributes, now)
        self.lifetime.take(profile.id, metric, attributes)
        return True

    def repeats(self, resource: dict[str, Any], attributes: dict[str, Any]) -> bool:
        """Is an event of this profile and metric with this unique_id recorded already?"""
        profile = self.people.find(resource) if attributes.get("unique_id") else None
        metric = attributes["metric"]["data"]["attributes"]["name"]
        return profile is not None and self._known(profile, metric, attributes, 0.0)

    def refuse(self, call: str, issues: Iterable[Issue], now: float) -> None:
        """Remember the first few issues of a refused request."""
        self.counts["rejected"] += 1
        for issue in islice(issues, 5):
            where = (issue.pointer or "")[:300]  # a name in it may be very long
            self.rejections.append(Rejection(call, issue.status, where, issue.detail[:300], now))

    def event_lines(self) -> Iterator[bytes]:
        """The recorded events in order, one JSON object per line."""
        return (dumps(row) for row in map(self._row, self.events))

    def event_rows(self, numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
        """The events with these numbers, as JSON values."""
        return map(self._row, self.events.pick(numbers))

    def _row(self, line: bytes) -> dict[str, Any]:
        profile_id, attributes, rest = loads(line)
        resource = rest.get("profile") or attributes["profile"]["data"]
        who = {"id": resource["id"]} if resource.get("id") else {}
        row = {
            "metric": attributes["metric"]["data"]["attributes"]["name"],
            "profile": who | resource["attributes"],
            "profile_id": self._known_as(profile_id),
            "properties": attributes["properties"],
        }
        if rest.get("backfill") is not None:
            row["backfill"] = rest["backfill"]
        row |= {name: attributes[name] for name in OPTIONAL if name in attributes}
        return row | {"body": attributes}

    def profile_lines(self) -> Iterator[bytes]:
        """The profiles in order of creation, one JSON object per line."""
        spent = self.spent()
        for profile in list(self.people.profiles.values()):
            row: dict[str, Any] = {"id": profile.id, "attributes": profile.attributes}
            if profile.id in spent:
                row["lifetime_value"] = spent[profile.id]
            if profile.consents:
                row["subscriptions"] = standing(profile.consents)
                row["consents"] = [said.to_dict() for said in profile.consents]
            if profile.lists:
                row["lists"] = profile.lists
            if profile.merged:
                row["merged"] = list(profile.merged)
            yield dumps(row)

    def spent(self) -> dict[str, dict[str, float]]:
        """What each customer has spent, by profile and currency."""
        return self.lifetime.values(self._known_as)

    def _known_as(self, profile_id: str) -> str:
        profile = self.people.by_id(profile_id)
        return profile_id if profile is None else profile.id

    def _known(self, profile: Profile, metric: str, attributes: dict[str, Any], now: float) -> bool:
        return any(
            _digest(known, metric, attributes, now) in self._seen
            for known in (profile.id, *profile.merged)
        )

    def _summarize(self, number: int, metric: str, attributes: dict[str, Any], now: float) -> None:
        summary = self.metrics.get(metric)
        if summary is None:
            summary = self.metrics[metric] = Metric()
        summary.numbers.append(number)
        if attributes.get("value") is None:
            return
        value, currency = Decimal(repr(attributes["value"])), attributes.get("value_currency") or ""
        summary.values[currency] = summary.values.get(currency, Decimal(0)) + value
        if metric == PLACED:
            text = attributes.get("time")
            second = instant(text) if text else None
            day = (stamp(now if second is None else second)[:10], currency)
            self.days[day] = self.days.get(day, Decimal(0)) + value


def _digest(profile_id: str, metric: str, attributes: dict[str, Any], now: float) -> bytes:
    unique_id = attributes.get("unique_id")
    if not unique_id:
        text = attributes.get("time")
        second = instant(text) if text else None
        unique_id = f"{int((now if second is None else second) // 1)}"
        kind = "s"
    else:
        kind = "u"
    key = f"{len(profile_id)} {len(metric)} {kind} {profile_id}{metric}{unique_id}"
    return blake2b(key.encode(), digest_size=12).digest()
