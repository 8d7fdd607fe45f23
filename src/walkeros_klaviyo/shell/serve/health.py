"""Is the endpoint healthy? For supervisors and monitors.

Anybody may ask whether it runs and takes events, and gets one word; metrics require the token or,
if there is none, this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from ipaddress import ip_address
from typing import Any, Final, Protocol, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from walkeros_klaviyo.shell.problem import ProblemError
from walkeros_klaviyo.shell.send.gauges import Gauges

from .body import Refusal
from .guard import Guard, refusal
from .metrics import Metrics

T = TypeVar("T")
PATHS: Final = ("/health", "/healthz", "/ready", "/readyz", "/metrics")
PAGE: Final = "/status"
"""The status page, which is not for senders either."""
SECONDS: Final = 2.0
"""The time in which the loop must answer."""
FRESH: Final = 1.0
"""Seconds for which one check of the disk is reused."""


class Watched(Protocol):
    """What is monitored; `Destination` is one."""

    @property
    def is_open(self) -> bool:
        """Does it take events?"""

    @property
    def trouble(self) -> Any:
        """Why nothing is being sent; it has a `reason`, one word."""

    def gauges(self) -> Future[Gauges]:
        """Its numbers at the moment."""

    def probe(self) -> Future[None]:
        """Done once the disk has accepted a write."""


def routes(
    watched: Watched,
    guard: Guard,
    metrics: Metrics,
    json: Callable[[Any, int], Response],
    refused: Callable[[Refusal], Response],
) -> list[Route]:
    """The routes for health and metrics."""
    last: tuple[float, asyncio.Future[str | None]] | None = None

    async def alive(request: Request) -> Response:
        return json({"status": "ok"}, 200)

    async def ready(request: Request) -> Response:
        nonlocal last
        now = asyncio.get_running_loop().time()
        if last is None or last[0] + FRESH < now:
            last = (now, asyncio.ensure_future(_why_not(watched)))
        why = await asyncio.shield(last[1])
        if why is not None:
            return json({"status": why}, 503)
        trouble = watched.trouble
        said = "ok" if trouble is None else f"takes events, but nothing goes out: {trouble.reason}"
        return json({"status": said}, 200)

    async def numbers(request: Request) -> Response:
        why = may_read(guard, request.headers, request.client.host if request.client else "")
        if why is not None:
            return refused(why)
        gauges: Gauges | None
        try:
            gauges = await answered(watched.gauges)
        except (TimeoutError, RuntimeError, ProblemError):
            gauges = None
        return PlainTextResponse(metrics.text(gauges), media_type=CONTENT_TYPE_LATEST)

    asked = zip(PATHS, (alive, alive, ready, ready, numbers), strict=True)
    return [Route(path, answer) for path, answer in asked]


def may_read(guard: Guard, headers: Mapping[str, str], client: str) -> Refusal | None:
    """Why the metrics are refused; None if they are not.

    >>> may_read(Guard(), {}, "127.0.0.1")
    >>> may_read(Guard(), {}, "192.0.2.7").status
    403
    >>> may_read(Guard(token="s3cret"), {"authorization": "Bearer s3cret"}, "192.0.2.7")
    """
    found = refusal(guard, headers)
    if found is not None or guard.token is not None or is_here(client):
        return found
    return Refusal(403, "only for this machine, or with the token: start it with --token TOKEN")


def is_here(client: str) -> bool:
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False


async def _why_not(watched: Watched) -> str | None:
    """Why it does not take events, in a few words; None if it does."""
    if not watched.is_open:
        return "ended: it takes no events any more"
    try:
        await answered(watched.probe)
    except ProblemError:
        return "the disk takes no events"
    except TimeoutError:
        return f"the disk has not answered in {SECONDS:g} seconds"
    except RuntimeError:
        return "ended: it takes no events any more"
    return None


async def answered(ask: Callable[[], Future[T]]) -> T:
    async with asyncio.timeout(SECONDS):
        return await asyncio.wrap_future(ask())


class Counted:
    """An application whose answers to senders are counted by status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["path"] in PATHS or scope["path"].startswith(PAGE):
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._requests.labels(status=message["status"]).inc()
            await send(message)

        await self._app(scope, receive, counted)
