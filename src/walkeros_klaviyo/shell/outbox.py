"""What waits, what became of it, and what is known? The seam between the loop and its store.

`Outbox` says what a store must do; `MemoryOutbox` keeps it all in memory, for trials.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from hashlib import blake2b
from typing import Final, Protocol

from attrs import Factory, define, frozen

from walkeros_klaviyo.core.calls import CreateEvent, UpsertProfile
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.profile import ProfileState
from walkeros_klaviyo.delivery.messages import Dead, Item

NOT_SENT: Final = ("ignored", "denied", "unidentified", "unchanged")


@frozen
class Origin:
    """Where an accepted event came from: its line, its id, and the line itself."""

    line: int
    id: str | None
    raw: bytes


@frozen
class Letter:
    """A dead letter: an accepted event, or an upsert, that Klaviyo does not take, and why."""

    origin: Origin
    call: str | None
    metric: str | None
    status: int | None
    code: str
    detail: str
    pointer: str = ""


@frozen
class Row:
    """One call that waits. `decides`: the event is delivered with this call."""

    item: Item
    body: bytes
    metric: str
    origin: Origin
    decides: bool
    fingerprint: str | None = None


def repeat_of(call: CreateEvent | UpsertProfile) -> str | None:
    """What two events share that Klaviyo would take for one: a digest of metric and unique_id.

    >>> repeat_of(UpsertProfile({})) is None
    True
    """
    if isinstance(call, UpsertProfile):
        return None
    shared = f"{call.metric}\0{call.unique_id}".encode(errors="surrogatepass")
    return blake2b(shared, digest_size=12).hexdigest()


class Outbox(Protocol):
    """What the loop needs of a store."""

    def prior(self, key: str) -> ProfileState | None:
        """What Klaviyo was last told of a profile."""

    def accept(
        self, origin: Origin, plan: Plan, state: ProfileState | None, bulk: bool = False
    ) -> None:
        """Record an event's calls and its profile's new state, in one step; `bulk`: by its rule."""

    def take(self, limit: int) -> tuple[Item, ...]:
        """The next calls in the order of acceptance; each is taken once."""

    def bodies(self, items: tuple[int, ...]) -> list[bytes]:
        """The wire bodies of calls that wait, as JSON."""

    def delivered(self, items: tuple[int, ...]) -> None:
        """Klaviyo has taken these calls."""

    def dead(self, letter: Dead) -> None:
        """Klaviyo refuses this call for good."""


@define
class Counts:
    """What became of the accepted events: accepted = delivered + pending + dead + the rest."""

    accepted: int = 0
    delivered: int = 0
    dead: int = 0
    not_sent: Counter[str] = Factory(Counter)
    upserts: int = 0
    dead_upserts: int = 0
    saved: int = 0
    """Upserts left out because Klaviyo was told the same before."""

    @property
    def pending(self) -> int:
        """Accepted events of which nothing is decided yet."""
        return self.accepted - self.delivered - self.dead - self.not_sent.total()


@define
class MemoryOutbox:
    """An outbox that lives as long as the process."""

    counts: Counts = Factory(Counts)
    metrics: dict[str, Counter[str]] = Factory(dict)
    """By metric: accepted, delivered, dead."""
    letters: list[Letter] = Factory(list)
    states: dict[str, ProfileState] = Factory(dict)
    _rows: dict[int, Row] = Factory(dict)
    _untaken: deque[Item] = Factory(deque)
    _numbered: int = 0

    def prior(self, key: str) -> ProfileState | None:
        return self.states.get(key)

    def accept(
        self, origin: Origin, plan: Plan, state: ProfileState | None, bulk: bool = False
    ) -> None:
        self.counts.accepted += 1
        if plan.outcome in NOT_SENT:
            self.counts.not_sent[plan.outcome] += 1
        elif not plan.calls:
            self._bury_unplanned(origin, plan)
        if plan.key is not None and state is not None:
            self.states[plan.key] = state
        for call in plan.calls:
            decides = call is plan.calls[-1]
            metric = call.metric if isinstance(call, CreateEvent) else "(profile)"
            if decides:
                self._count(metric, "accepted")
            if call.refusal:
                reason = call.refusal[0]
                letter = Letter(origin, call.name, metric, None, reason.code, str(reason))
                self._bury(letter, metric, decides)
                continue
            self._numbered += 1
            body = json.dumps(call.body).encode()
            number, repeat = self._numbered, repeat_of(call)
            item = Item(number, call.name, plan.key, len(body), repeat, bulk)
            told = call.fingerprint if isinstance(call, UpsertProfile) else None
            self._rows[item.id] = Row(item, body, metric, origin, decides, told)
            self._untaken.append(item)

    def take(self, limit: int) -> tuple[Item, ...]:
        count = min(max(limit, 0), len(self._untaken))
        return tuple(self._untaken.popleft() for _ in range(count))

    @property
    def backlog(self) -> int:
        """Calls that wait to be taken."""
        return len(self._untaken)

    @property
    def open(self) -> int:
        """Calls that are neither delivered nor dead."""
        return len(self._rows)

    @property
    def settled(self) -> int:
        """Calls that were delivered or died."""
        return self._numbered - len(self._rows)

    def bodies(self, items: tuple[int, ...]) -> list[bytes]:
        return [self._rows[item].body for item in items]

    def delivered(self, items: tuple[int, ...]) -> None:
        for number in items:
            row = self._rows.pop(number)
            if row.item.is_upsert:
                self.counts.upserts += 1
            if row.decides:
                self.counts.delivered += 1
                self._count(row.metric, "delivered")

    def dead(self, letter: Dead) -> None:
        row = self._rows.pop(letter.id)
        key, known = row.item.lane, self.states.get(row.item.lane or "")
        if key is not None and known is not None and known.fingerprint == row.fingerprint:
            del self.states[key]  # so that the next event tells Klaviyo again
        found = Letter(
            row.origin,
            row.item.call,
            row.metric,
            letter.status,
            letter.code,
            letter.detail,
            letter.pointer,
        )
        self._bury(found, row.metric, row.decides)

    def _bury(self, letter: Letter, metric: str, decides: bool) -> None:
        self.letters.append(letter)
        if letter.call is not None and letter.call.startswith("profiles."):
            self.counts.dead_upserts += 1
        if decides:
            self.counts.dead += 1
            self._count(metric, "dead")

    def _bury_unplanned(self, origin: Origin, plan: Plan) -> None:
        """Refused without calls: a condition raised, or no account could be chosen."""
        reason = plan.diagnostics[-1]
        self.letters.append(Letter(origin, None, None, None, reason.code, str(reason)))
        self.counts.dead += 1

    def _count(self, metric: str, what: str) -> None:
        self.metrics.setdefault(metric, Counter())[what] += 1
