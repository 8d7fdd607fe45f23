"""What does Klaviyo answer to this request?

`Sandbox` holds the settings and what has been recorded; `answer(sandbox, request, now)` is all
that it does: route, gate, luck, pace, body, endpoint. No sockets here, and no clock but the one
that is given.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qs

from attrs import Factory, define, field

from walkeros_klaviyo.sandbox.account import Account, accounts, mapped_metrics
from walkeros_klaviyo.sandbox.endpoints import HANDLERS, Outcome, State
from walkeros_klaviyo.sandbox.faults import Fault, Faults
from walkeros_klaviyo.sandbox.gate import fingerprint, stop, who
from walkeros_klaviyo.sandbox.issue import Issue
from walkeros_klaviyo.sandbox.jobs import MOST, PAGE, asked, document, errors_page
from walkeros_klaviyo.sandbox.messages import (
    JSON_TYPE,
    Reply,
    Request,
    failed,
    refused,
    spoiled,
    throttled,
)
from walkeros_klaviyo.sandbox.record import Record
from walkeros_klaviyo.sandbox.requests import Requests
from walkeros_klaviyo.sandbox.routes import Route, find_route
from walkeros_klaviyo.sandbox.shape import Issues
from walkeros_klaviyo.sandbox.windows import Turn, Used, turn
from walkeros_klaviyo.sandbox.wire import JsonError, dumps, loads

Headers: TypeAlias = tuple[tuple[str, str], ...]


def _fingerprints(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(fingerprint(key) for key in keys)


@define
class Sandbox:
    """A stand-in for Klaviyo.

    >>> Sandbox().stats()["events"]
    0
    """

    limits: Literal["published", "off"] = "published"
    """Whether to throttle at the published rates."""
    faults: Faults = Factory(Faults)
    seed: int = 0
    """Of the faults' luck."""
    reject_keys: Collection[str] = field(default=(), converter=_fingerprints)
    """Keys to answer 401; only their fingerprints are kept."""
    import_polls: int = 1
    """At which question an import job is complete; 0: at once."""
    bulk_repeats: Literal["refuse", "skip"] = "refuse"
    """What a bulk request of already recorded events meets: 409, or 202 and nothing new."""
    keep_requests: int = 10_000
    """How many raw requests are kept, the latest ones (and never more than 64 MB); 0: none."""
    slow_seconds: float = 1.5
    """How late a `slow` answer is."""
    account: Account = Factory(Account)
    clock: Callable[[], float] = field(default=time.time, repr=False)
    host: str = "http://127.0.0.1"
    """What links begin with; the server sets it."""

    _state: State = field(init=False, repr=False)
    _requests: Requests = field(init=False, repr=False)
    _luck: random.Random = field(init=False, repr=False)
    _used: dict[tuple[str, str], Used] = field(init=False, repr=False)
    _lock: threading.RLock = field(init=False, repr=False, factory=threading.RLock)

    def __attrs_post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything that was recorded; the luck starts over."""
        with self._lock:
            self._state = State(self.import_polls, self.bulk_repeats)
            self._requests = Requests(self.keep_requests)
            self._luck = random.Random(self.seed)
            self._used = {}

    def answer(self, request: Request, now: float | None = None) -> Reply:
        """Work off one request of the API; safe to call from several threads."""
        with self._lock:
            return answer(self, request, self.clock() if now is None else now)

    def stats(self) -> dict[str, int]:
        """The counts that `/sandbox/stats` shows."""
        with self._lock:
            record = self._state.record
            names = ("duplicates", "rejected", "throttled", "requests")
            return {
                "events": len(record.events),
                "profiles": len(record.people.profiles),
                **{name: record.counts[name] for name in names},
            }

    def event_lines(self) -> Iterator[bytes]:
        """What `/sandbox/events.jsonl` holds, a line at a time."""
        return self._state.record.event_lines()

    def profile_lines(self) -> Iterator[bytes]:
        """What `/sandbox/profiles.jsonl` holds, a line at a time."""
        with self._lock:
            return iter(list(self._state.record.profile_lines()))

    def request_lines(self) -> Iterator[bytes]:
        """What `/sandbox/requests.jsonl` holds, a line at a time."""
        with self._lock:
            return iter(list(self._requests))

    def events(self) -> list[dict[str, Any]]:
        """The recorded events, in order."""
        return [json.loads(line) for line in self.event_lines()]

    def profiles(self) -> list[dict[str, Any]]:
        """The profiles as they are now."""
        return [json.loads(line) for line in self.profile_lines()]

    def requests(self) -> list[dict[str, Any]]:
        """The requests as they arrived, as far as they are kept."""
        return [json.loads(line) for line in self.request_lines()]

    @property
    def record(self) -> Record:
        """Everything recorded."""
        return self._state.record


def answer(sandbox: Sandbox, request: Request, now: float) -> Reply:
    """Route, gate, luck, pace, body, endpoint: the answer to one request."""
    sandbox.record.counts["requests"] += 1
    found = find_route(request.path)
    if found is None:
        detail = f"The path {request.path[:200]} could not be found."
        return _refuse(sandbox, request, request.path, [Issue(detail, None, "not_found", 404)])
    route, job_id = found
    key, length = who(request.headers), len(request.body)
    stopped = stop(route, request.method, request.headers, key, sandbox.reject_keys, length)
    if stopped is not None:
        allow = (("allow", route.method),) if stopped.status == 405 else ()
        return _refuse(sandbox, request, route.call, [stopped], allow)
    fault = sandbox.faults.draw(sandbox._luck)
    if fault is not None and not fault.recorded:
        return _note(sandbox, request, route.call, failed(fault), fault)
    pace = _pace(sandbox, route, key or "", now)
    if pace is not None and pace.retry_after is not None:
        return _note(sandbox, request, route.call, throttled(pace.retry_after))
    headers = () if pace is None else _rates(pace, route)
    sandbox._state.host = sandbox.host
    status, body, issues = (
        _told(sandbox, route, request, job_id, now)
        if route.method == "GET"
        else _done(sandbox, route, request, now)
    )
    if issues:
        reply = _refuse(sandbox, request, route.call, issues, headers, fault)
    else:
        raw, kind = (b"", ()) if body is None else (dumps(body), (JSON_TYPE,))
        reply = Reply(status, raw, headers + kind)
        _note(sandbox, request, route.call, reply, fault)
    return spoiled(reply, fault, sandbox.slow_seconds)


def _done(sandbox: Sandbox, route: Route, request: Request, now: float) -> Outcome:
    try:
        return HANDLERS[route.call](sandbox._state, loads(request.body), now)
    except JsonError as error:
        return 400, None, [Issue(f"The body is not valid JSON: {error}", "", "invalid_json")]
    except RecursionError:
        return 400, None, [Issue("The body is nested too deeply.", "/data")]


def _told(sandbox: Sandbox, route: Route, request: Request, job_id: str, now: float) -> Outcome:
    if route.call == "accounts.get_accounts":
        return 200, accounts(sandbox.account, sandbox.host), ()
    if route.call == "metrics.get_mapped_metrics":
        return 200, mapped_metrics(sandbox.host), ()
    job = sandbox._state.jobs.get(job_id)
    if job is None:
        return 404, None, [Issue(f"No import job has the id {job_id}.", None, "not_found", 404)]
    if route.call == "profiles.get_bulk_import_profiles_job":
        asked(job, now)
        return 200, document(job, sandbox.host), ()
    query = parse_qs(request.query)
    size = _whole(query.get("page[size]", [str(PAGE)])[0])
    start = _whole(query.get("page[cursor]", ["0"])[0])
    if size is None or not 1 <= size <= MOST or start is None:
        return 400, None, [Issue(f"page[size] must be 1 to {MOST}; page[cursor] as given.")]
    return 200, errors_page(job, sandbox.host, size, start), ()


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _pace(sandbox: Sandbox, route: Route, key: str, now: float) -> Turn | None:
    if sandbox.limits == "off":
        return None
    place = (key, route.call)
    result = turn(sandbox._used.get(place, Used()), route.burst, route.steady, now)
    sandbox._used[place] = result.used
    return result


def _rates(pace: Turn, route: Route) -> Headers:
    return (
        ("ratelimit-limit", f"{route.steady}, {route.burst};w=1, {route.steady};w=60"),
        ("ratelimit-remaining", str(pace.remaining)),
        ("ratelimit-reset", str(pace.reset)),
    )


def _refuse(
    sandbox: Sandbox,
    request: Request,
    call: str,
    issues: Issues,
    headers: Headers = (),
    fault: Fault | None = None,
) -> Reply:
    sandbox.record.refuse(call, list(issues))
    return _note(sandbox, request, call, refused(issues, headers), fault)


def _note(
    sandbox: Sandbox, request: Request, call: str, reply: Reply, fault: Fault | None = None
) -> Reply:
    """Keep the request; `status` is what it came to, before the luck of its answer."""
    if reply.status == 429:
        sandbox.record.counts["throttled"] += 1
    sandbox._requests.add(call, reply.status, request.body, fault.name if fault else None)
    return reply
