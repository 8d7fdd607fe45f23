"""How does the sandbox answer a request, as Klaviyo would?

`Sandbox` holds the settings and what has been recorded; `answer(sandbox, request, now)` does the
work in this order: route, middlebox, gate, faults, pace, body, endpoint. There are no sockets here,
and no clock but the argument.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from attrs import Factory, define, evolve, field

from .account import Account
from .endpoints import HANDLERS, Outcome
from .faults import Fault, Faults
from .gate import fingerprint, stop, who
from .issue import Issue
from .journal import Journal
from .lists import ids
from .luck import failed, spoiled
from .memory import Memory, unkept
from .messages import JSON_TYPE, Reply, Request, refused, throttled
from .middlebox import held_up
from .pace import Headers, Pace, told
from .people import Meeting
from .permission import denials, forbidden
from .questions import tell
from .record import Record
from .refuse import marks
from .requests import Requests
from .routes import Route, find_route
from .rows import lot, rows
from .shape import Issues
from .windows import slide, turn
from .wire import JsonError, dumps, loads
from .work import State

T = TypeVar("T")
_ORIGINS: Final = 2_000


def _fingerprints(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(fingerprint(key) for key in keys)


@define
class Sandbox:
    """A stand-in for Klaviyo.

    >>> Sandbox().stats()["events"]
    0
    """

    limits: Literal["published", "sliding", "off"] = "published"
    """Whether to throttle at the published rates, by fixed windows or by sliding ones."""
    faults: Faults = Factory(Faults)
    seed: int = 0
    """The seed for faults, and for the rows that they hit."""
    reject_keys: Collection[str] = field(default=(), converter=_fingerprints)
    """Keys to answer 401; only their fingerprints are kept."""
    deny: Collection[str] = field(default=(), converter=denials)
    """Scopes that every key lacks, and calls that are forbidden: 403."""
    refuse: tuple[bytes, ...] = field(default=(), converter=marks)
    """Strings that no row may contain: such rows are refused, which no client can foresee."""
    lists: Collection[str] | None = field(default=None, converter=ids)
    """Ids of the account's lists; None: every list whose id looks like Klaviyo's."""
    pointers: Literal["on", "off"] = "on"
    """Whether a refusal points at its causes; if not, it gives only the first reason."""
    meeting: Meeting = "klaviyo"
    """What happens to two profiles whose identifiers meet in one call."""
    import_polls: int = 1
    """The number of polls after which an import is complete; 0: at once."""
    bulk_repeats: Literal["refuse", "skip"] = "refuse"
    """The answer to a bulk request with recorded events: 409, or 202 and nothing new."""
    keep_requests: int = 10_000
    """How many of the latest raw requests are kept (never more than 64 MB); 0: none."""
    slow_seconds: float = 1.5
    """The delay of a `slow` answer, in seconds."""
    account: Account = Factory(Account)
    clock: Callable[[], float] = field(default=time.time, repr=False)
    store: str | Path | None = None
    """A file that keeps the record across restarts and kills; None: memory only."""
    host: str = "http://127.0.0.1"
    """The base of links, and the address that it answers to; set by the server."""

    _memory: Memory = field(init=False, repr=False)
    _luck: random.Random = field(init=False, repr=False)
    _pace: Pace = field(init=False, repr=False)
    _origins: dict[tuple[str, str], bytes] = field(init=False, repr=False, factory=dict)
    _lock: threading.RLock = field(init=False, repr=False, factory=threading.RLock)

    def __attrs_post_init__(self) -> None:
        self._begin(None if self.store is None else Journal(self.store))
        try:
            self._memory.come_back()
        except BaseException:
            self.close()
            raise

    def _begin(self, journal: Journal | None) -> None:
        """Start with fresh random numbers and rate windows, even with a store."""
        state = State(
            polls=self.import_polls,
            bulk_repeats=self.bulk_repeats,
            refuse=self.refuse,
            lists=self.lists,
            pointers=self.pointers == "on",
            record=Record(self.meeting),
            faults=self.faults,
            seed=self.seed,
            luck=random.Random(f"{self.seed} import"),
        )
        self._memory = Memory(state, Requests(self.keep_requests), journal)
        self._luck = random.Random(self.seed)
        self._pace = Pace(slide if self.limits == "sliding" else turn)

    def reset(self) -> None:
        """Forget everything recorded, in the store too, and restart the random numbers."""
        with self._lock:
            self._begin(self._memory.journal)
            if self._memory.journal is not None:
                self._memory.journal.clear()

    def close(self) -> None:
        """Release the store, if there is one; then no more requests are accepted."""
        with self._lock:
            self._memory.close()

    def answer(self, request: Request, now: float | None = None) -> Reply:
        """Handle one request of the API; safe to call from several threads."""
        with self._lock:
            if self._memory.broken is not None:
                return unkept(self._memory.broken)
            return answer(self, request, self.clock() if now is None else now)

    def stats(self) -> dict[str, int]:
        """The counts that `/sandbox/stats` shows."""
        with self._lock:
            record = self.record
            names = ("duplicates", "rejected", "throttled", "requests")
            return {
                "events": len(record.events),
                "profiles": len(record.people.profiles),
                **{name: record.counts[name] for name in names},
            }

    def spent(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Requests in this second and this minute, by (key's fingerprint, call)."""
        return self._pace.spent(self.clock())

    def look(self, see: Callable[[Sandbox], T]) -> T:
        """Call `see` while nothing can change."""
        with self._lock:
            return see(self)

    def note_origin(self, metric: str, unique_id: str, event: bytes) -> None:
        """Note the walkerOS event behind an expected one, for the page to show beside the body."""
        with self._lock:
            self._origins[metric, unique_id] = event
            if len(self._origins) > _ORIGINS:
                del self._origins[next(iter(self._origins))]

    def origin(self, metric: str, unique_id: str | None) -> bytes | None:
        """The walkerOS event noted for this one, if it is among the latest."""
        return self._origins.get((metric, unique_id or ""))

    def event_lines(self) -> Iterator[bytes]:
        """Yield the lines of `/sandbox/events.jsonl`."""
        return self.record.event_lines()

    def profile_lines(self) -> Iterator[bytes]:
        """Yield the lines of `/sandbox/profiles.jsonl`."""
        with self._lock:
            return iter(list(self.record.profile_lines()))

    def request_lines(self) -> Iterator[bytes]:
        """Yield the lines of `/sandbox/requests.jsonl`."""
        with self._lock:
            return iter(list(self._memory.requests))

    def events(self) -> list[dict[str, Any]]:
        """The recorded events, in order."""
        return [json.loads(line) for line in self.event_lines()]

    def profiles(self) -> list[dict[str, Any]]:
        """The profiles as they are now."""
        return [json.loads(line) for line in self.profile_lines()]

    def requests(self) -> list[dict[str, Any]]:
        """The kept requests as they arrived."""
        return [json.loads(line) for line in self.request_lines()]

    @property
    def record(self) -> Record:
        """Everything recorded."""
        return self._memory.state.record


def answer(sandbox: Sandbox, request: Request, now: float) -> Reply:
    """The answer to one request: route, middlebox, gate, faults, pace, body, endpoint."""
    sandbox.record.counts["requests"] += 1
    found = find_route(request.path)
    if found is None:
        detail = f"The path {request.path[:200]} could not be found."
        issue = Issue(detail, None, "not_found", 404)
        return _refuse(sandbox, request, request.path[:200], [issue], now)
    route, job_id = found
    held = held_up(sandbox.faults, route.call, request.body)
    if held is not None:
        bound, reply = held
        return _note(sandbox, request, route.call, reply, now, bound)
    key, length = who(request.headers), len(request.body)
    stopped = stop(
        route, request.method, request.headers, key, sandbox.reject_keys, length
    ) or forbidden(route, sandbox.deny)
    if stopped is not None:
        allow = (("allow", route.method),) if stopped.status == 405 else ()
        return _refuse(sandbox, request, route.call, [stopped], now, allow)
    fault = sandbox.faults.draw(sandbox._luck)
    if fault is not None and not fault.recorded:
        return _note(sandbox, request, route.call, failed(fault), now, fault.name)
    pace = sandbox._pace.take(key or "", route, now) if sandbox.limits != "off" else None
    if pace is not None and pace.retry_after is not None:
        return _note(sandbox, request, route.call, throttled(pace.retry_after), now)
    headers = () if pace is None else told(pace, route)
    sandbox._memory.state.host = sandbox.host
    outcome = (
        tell(sandbox._memory.state, sandbox.account, route, job_id, request.query, now)
        if route.method == "GET"
        else _done(sandbox, route, request, now)
    )
    name = None if fault is None else fault.name
    if outcome is None:
        broken = failed(Fault("poison"))
        reply = _note(sandbox, request, route.call, broken, now, "poison")
    elif outcome.issues:
        reply = _refuse(sandbox, request, route.call, outcome.issues, now, headers, name)
    else:
        raw, kind = (b"", ()) if outcome.body is None else (dumps(outcome.body), (JSON_TYPE,))
        reply = Reply(outcome.status, raw, headers + kind)
        reply = _note(sandbox, request, route.call, reply, now, name, outcome, job_id)
    return spoiled(reply, fault, sandbox.slow_seconds)


def _done(sandbox: Sandbox, route: Route, request: Request, now: float) -> Outcome | None:
    """The outcome of a request; None if a poison row breaks the server."""
    try:
        body, rate = loads(request.body), sandbox.faults.poison
        if rate and any(lot(sandbox.seed, "poison", row) < rate for row in rows(route.call, body)):
            return None
        return HANDLERS[route.call](sandbox._memory.state, body, now)
    except JsonError as error:
        issue = Issue(f"The body is not valid JSON: {error}", "", "invalid_json")
    except RecursionError:
        issue = Issue("The body is nested too deeply.", "/data")
    return Outcome(400, issues=[issue])


def _refuse(
    sandbox: Sandbox,
    request: Request,
    call: str,
    issues: Issues,
    now: float,
    headers: Headers = (),
    fault: str | None = None,
) -> Reply:
    sandbox.record.refuse(call, issues, now)
    shown = issues if sandbox.pointers == "on" else [evolve(issues[0], pointer=None)]
    reply = refused(shown, headers)
    return _note(sandbox, request, call, reply, now, fault, Outcome(0, issues=issues))


def _note(
    sandbox: Sandbox,
    request: Request,
    call: str,
    reply: Reply,
    now: float,
    fault: str | None = None,
    outcome: Outcome | None = None,
    job_id: str = "",
) -> Reply:
    return sandbox._memory.keep(call, request.body, reply, now, fault, outcome, job_id)
