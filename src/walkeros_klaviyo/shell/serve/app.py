"""What happens to a request? It is checked, read, stamped, stored on disk, and then answered.

Senders never retry, so a 2xx answer is a promise; whatever cannot be promised is 503.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Protocol

from attrs import evolve, frozen
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from walkeros_klaviyo.core.plan import Plan

from . import health, page_routes
from .body import Posted, Refusal, read_body
from .guard import Guard, cors, preflight, refusal
from .health import Watched
from .metrics import new_metrics
from .page_routes import Shown
from .pixel import GIF, read_pixel
from .reply import reply
from .stamp import stamped
from .turn import Turn

PATHS: Final = ("/collect",)
AT_ONCE: Final = 100
"""Events stored together."""
PATIENCE: Final = 4.0
"""Seconds to store them: walkerOS's server destination gives up after five."""


class Taker(Watched, Shown, Protocol):
    """Stores events on disk, as `Destination` does."""

    def submit(self, events: Sequence[Any]) -> Future[tuple[Plan, ...]]:
        """The plans of the events, once they are durable."""


Submit = Callable[[Sequence[Any]], Awaitable[Future[tuple[Plan, ...]]]]
"""Hands events to the taker."""


@frozen
class Limits:
    """How large a request may be, and how long its body may take."""

    bytes: int = 5_000_000
    events: int = 10_000
    seconds: float = 10.0


def create_app(
    taker: Taker,
    guard: Guard,
    *,
    paths: Sequence[str] = PATHS,
    limits: Limits = Limits(),
    clock: Callable[[], float] = time.time,
    new_id: Callable[[], str] = lambda: secrets.token_hex(8),
) -> Starlette:
    """The endpoint as an ASGI application."""
    turn = Turn()

    async def collect(request: Request) -> Response:
        headers = request.headers
        if request.method == "OPTIONS":
            refused = refusal(guard, headers, is_preflight=True)
            if refused is not None:
                return _refused(refused)
            return Response(status_code=204, headers=preflight(guard, headers))
        refused = refusal(guard, headers)
        if refused is not None:
            return _refused(refused)
        if request.method in ("GET", "HEAD"):
            return await pixel(request)
        beside = cors(guard, headers)
        raw = await _read(request, limits)
        if isinstance(raw, Refusal):
            return _refused(raw, beside)
        posted = await turn.do(raw, lambda: read_body(raw, limits.bytes, limits.events))
        if isinstance(posted, Refusal):
            return _refused(posted, beside)
        posted = _stamped(posted)
        plans = await _taken(lambda events: turn.do(raw, lambda: taker.submit(events)), posted)
        if isinstance(plans, Refusal):
            return _refused(plans, beside)
        status, body = reply(posted, plans)
        return _json(body, status, beside)

    async def submit(events: Sequence[Any]) -> Future[tuple[Plan, ...]]:
        return taker.submit(events)

    async def pixel(request: Request) -> Response:
        event = read_pixel(request.url.query)
        plans = await _taken(submit, _stamped(Posted((event,)))) if event else ()
        status = plans.status if isinstance(plans, Refusal) else 200
        fresh = {"cache-control": "no-cache, no-store, must-revalidate", **_NOSNIFF}
        return Response(GIF, status, fresh, "image/gif")

    def _stamped(posted: Posted) -> Posted:
        now = int(clock() * 1_000)
        return evolve(posted, events=tuple(stamped(one, now, new_id) for one in posted.events))

    methods = ["GET", "POST", "OPTIONS"]
    collects = [
        Route(f"{path.rstrip('/')}{end}", collect, methods=methods)
        for path in paths
        for end in ("", "/")
    ]
    metrics = new_metrics()
    watching = health.routes(taker, guard, metrics, partial(_json, beside={}), _refused)
    shown = page_routes.routes(taker, guard, secrets.token_urlsafe(24), clock)
    counted = Middleware(health.Counted, metrics=metrics)
    return Starlette(routes=[*collects, *watching, *shown], middleware=[counted])


async def _read(request: Request, limits: Limits) -> bytes | Refusal:
    """Read the body, chunked or not, within the limits of size and time."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limits.bytes:
        return Refusal(413, f"{length} bytes; at most {limits.bytes} a request")
    raw = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for part in request.stream():
                raw += part
                if len(raw) > limits.bytes:
                    return Refusal(413, f"at most {limits.bytes} bytes a request")
    except TimeoutError:
        return Refusal(408, f"the body did not come within {limits.seconds:g} seconds")
    except ClientDisconnect:
        return Refusal(400, "cut off")
    return bytes(raw)


async def _taken(submit: Submit, posted: Posted) -> tuple[Plan, ...] | Refusal:
    """The plans of the events, once they are on disk; a large batch is stored in parts, so that
    others need not wait long."""
    plans: tuple[Plan, ...] = ()
    for start in range(0, len(posted.events), AT_ONCE):
        some = await _accepted(submit, posted.events[start : start + AT_ONCE])
        if isinstance(some, Refusal):
            return some
        plans += some
    return plans


async def _accepted(submit: Submit, events: Sequence[Any]) -> tuple[Plan, ...] | Refusal:
    try:
        accepted = await submit(events)
    except RuntimeError:
        return _FULL
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.wrap_future(accepted)
    except TimeoutError:
        accepted.cancel()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # the request itself was cancelled
            raise
    return _FULL


_FULL: Final = Refusal(503, "not taken: the events could not be written to the disk")
_NOSNIFF: Final = {"x-content-type-options": "nosniff"}


def _refused(refused: Refusal, beside: Mapping[str, str] = MappingProxyType({})) -> Response:
    wait = {"retry-after": "5"} if refused.status == 503 else {}
    body = {"success": False, "error": refused.error}
    return _json(body, refused.status, {**beside, **wait})


def _json(body: Any, status: int, beside: Mapping[str, str]) -> Response:
    return JSONResponse(body, status, {**_NOSNIFF, **beside})
