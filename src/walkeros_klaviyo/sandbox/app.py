"""Which HTTP routes does the sandbox have?

A thin ASGI layer: read the body, call `answer`, send the reply. `/api/...` is Klaviyo's API,
`/sandbox/...` shows what arrived, and `/` is the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from walkeros_klaviyo.pages.html import Html, tag
from walkeros_klaviyo.pages.web import OWN, assets, page

from .answer import Sandbox
from .guard import Guard
from .issue import Issue, problem
from .messages import Reply, Request
from .page import render
from .page_details import event_page, profile_page
from .page_events import Chosen
from .wire import unbroken

_ASSETS: Final = "/sandbox/page"
_TITLE: Final = "Klaviyo sandbox"
_ABOUT: Final = "A stand-in for Klaviyo. Nothing here leaves this machine."
_BACK: Final = tag("a", "To the sandbox", href="/")
_GONE: Final = tag("p", "It is not there, or not any more.", class_="none")
_MOST_BYTES: Final = 64_000_000
"""The most bytes kept of a body; the rest is read and dropped."""


def create_app(sandbox: Sandbox) -> Starlette:
    """The sandbox as an ASGI application."""

    async def overview(request: WebRequest) -> Response:
        query = request.query_params
        chosen = Chosen(query.get("metric", "")[:200], query.get("person", "")[:200])
        main, news = sandbox.look(lambda seen: render(seen, chosen))
        return page(request, _ASSETS, _TITLE, _ABOUT, main, news=news)

    async def event(request: WebRequest) -> Response:
        number = request.query_params.get("number", "")
        wanted = int(number) if number.isdecimal() and len(number) < 12 else -1
        return detail(request, "Event", lambda seen: event_page(seen, wanted))

    async def profile(request: WebRequest) -> Response:
        wanted = request.query_params.get("id", "")
        return detail(request, "Profile", lambda seen: profile_page(seen, wanted))

    def detail(request: WebRequest, title: str, see: Callable[[Sandbox], Html | None]) -> Response:
        found = sandbox.look(see)
        main = _GONE if found is None else found
        return page(request, _ASSETS, title, _BACK, main, status=404 if found is None else 200)

    async def stats(request: WebRequest) -> Response:
        return JSONResponse(sandbox.stats(), headers=OWN)

    async def events(request: WebRequest) -> Response:
        return _lines(sandbox.event_lines())

    async def profiles(request: WebRequest) -> Response:
        return _lines(sandbox.profile_lines())

    async def requests(request: WebRequest) -> Response:
        return _lines(sandbox.request_lines())

    async def reset(request: WebRequest) -> Response:
        sandbox.reset()
        return JSONResponse(sandbox.stats())

    app = Starlette(
        routes=[
            Mount("/api", app=Api(sandbox)),
            Route("/", overview),
            Route("/sandbox/event", event),
            Route("/sandbox/profile", profile),
            *assets(_ASSETS),
            Route("/sandbox/stats", stats),
            Route("/sandbox/events.jsonl", events),
            Route("/sandbox/profiles.jsonl", profiles),
            Route("/sandbox/requests.jsonl", requests),
            Route("/sandbox/reset", reset, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, sandbox=sandbox)],
        exception_handlers={404: _missing, 405: _wrong_method},
    )
    app.router.redirect_slashes = False
    return app


class Api:
    """Klaviyo's API in plain ASGI, since this part must be fast."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(
            scope["method"],
            scope["path"],
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            await _body(receive),
            scope["query_string"].decode("latin-1"),
        )
        reply = self._sandbox.answer(request)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        transport = scope.get("state", {}).get("transport")
        if reply.status is None:
            await _hang_up(transport, receive)
        elif reply.cut:
            await _cut(reply, transport, receive, send)
        else:
            await _send(reply, len(reply.body), reply.body, send)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body = message.get("body", b"")
    if not message.get("more_body"):
        return bytes(body)
    parts = [body]
    size = len(body)
    while message.get("more_body"):
        message = await receive()
        part = message.get("body", b"")
        if size <= _MOST_BYTES:
            parts.append(part)
            size += len(part)
    return b"".join(parts)


async def _send(reply: Reply, length: int, body: bytes, send: Send, more: bool = False) -> None:
    headers = [(name.encode(), value.encode()) for name, value in reply.headers]
    if reply.status != 204:  # 204 has no body
        headers.append((b"content-length", b"%d" % length))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _hang_up(transport: asyncio.Transport | None, receive: Receive) -> None:
    """Close the connection without an answer, and wait until it is closed."""
    if transport is None:
        raise ConnectionAbortedError("closing without an answer needs this package's server")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(
    reply: Reply, transport: asyncio.Transport | None, receive: Receive, send: Send
) -> None:
    """Send less than Content-Length promises, so that even an empty answer can be cut off."""
    promised = max(len(reply.body), 64)
    await _send(reply, promised, reply.body[: len(reply.body) // 2], send, more=True)
    if transport is not None:
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _lines(lines: Iterator[bytes]) -> Response:
    def chunks() -> Iterator[bytes]:
        waiting: list[bytes] = []
        size = 0
        for line in lines:
            waiting.append(unbroken(line) + b"\n")
            size += len(line)
            if size > 256_000:
                yield b"".join(waiting)
                waiting, size = [], 0
        yield b"".join(waiting)

    return StreamingResponse(chunks(), media_type="application/jsonl", headers=OWN)


async def _missing(request: WebRequest, error: Exception) -> Response:
    issue = Issue(f"The path {request.url.path[:200]} could not be found.", None, "not_found", 404)
    return JSONResponse(problem([issue]), 404)


async def _wrong_method(request: WebRequest, error: Exception) -> Response:
    issue = Issue("This method is not allowed here.", None, "method_not_allowed", 405)
    return JSONResponse(problem([issue]), 405)
