"""How is the status page served, and what does a click do?

Like `store retry` and `store drop`, but in the loop that owns the store, which plans again at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from walkeros_klaviyo.pages.html import Html, tag
from walkeros_klaviyo.pages.web import HEADERS, assets, page
from walkeros_klaviyo.shell.problem import ProblemError
from walkeros_klaviyo.shell.send.gauges import Standing
from walkeros_klaviyo.shell.store import Retried

from .body import Refusal
from .guard import Guard
from .health import PAGE, answered
from .page import AT_ONCE, LETTERS, Dead, Seen, dead_letters, render
from .page_guard import ASK, may_change, may_open
from .watching import Watching

MOST_BYTES: Final = 10_000
_ABOUT: Final = "Events from walkerOS, on their way to Klaviyo."
_BUSY: Final = Refusal(503, "it does not answer just now; nothing was done if it had not begun")


class Shown(Protocol):
    """What the page shows and repairs; `Destination` is one."""

    @property
    def trouble(self) -> Any:
        """Why nothing is being sent; it has a `reason`, one word."""

    def standing(self, letters: int, known: Standing | None) -> Future[Standing]:
        """Its standing with some dead letters; `known` ones are not read again."""

    def retry(self, numbers: Any = None, *, code: str | None, limit: int) -> Future[Retried]:
        """Retry dead letters."""

    def drop(self, numbers: Any = None, *, code: str | None, limit: int) -> Future[int]:
        """Remove dead letters."""


def routes(shown: Shown, guard: Guard, token: str, clock: Callable[[], float]) -> list[Route]:
    """The routes for the page and its assets; `token` is the page's CSRF token."""
    watching = Watching()
    known: Standing | None = None
    drawn: dict[bool, tuple[object, Html]] = {}

    async def look(request: Request) -> Response:
        nonlocal known
        known = standing = await answered(partial(shown.standing, LETTERS, known))
        query = request.query_params
        people = query.get("people") == "show"
        letters, dead = drawn.get(people, (None, Html()))
        if letters is not standing.letters:  # in a thread: bodies may be large, and senders wait
            dead = await asyncio.to_thread(dead_letters, standing, Dead(token, people))
            drawn[people] = standing.letters, dead
        counts = standing.gauges.counts
        watching.see(clock(), counts.accepted, counts.delivered)
        trouble = shown.trouble
        reason = None if trouble is None else trouble.reason
        main, news = render(Seen(standing, reason, watching, dead, people))
        return page(
            request, PAGE, "walkeros-klaviyo serve", _ABOUT, main, news=news, note=_note(query)
        )

    async def change(request: Request) -> Response:
        nonlocal known
        raw = bytearray()
        async for part in request.stream():
            raw += part
            if len(raw) > MOST_BYTES:
                return _refused(Refusal(413, f"at most {MOST_BYTES} bytes"))
        given = dict(parse_qsl(raw.decode(errors="replace")))
        why = may_change(request.headers, given.get("token", ""), token)
        what, number, code = (given.get(name, "") for name in ("what", "number", "code"))
        is_clear = bool(code) != (number.isdecimal() and len(number) < 19)
        if why is None and (what not in ("retry", "drop") or not is_clear):
            why = Refusal(400, "say what to do, and with which dead letters")
        if why is not None:
            return _refused(why)
        act: Callable[..., Future[Any]] = shown.retry if what == "retry" else shown.drop
        numbers = [int(number)] if number else None
        done = await answered(partial(act, numbers, code=code or None, limit=AT_ONCE))
        known = None
        count = done.retried if isinstance(done, Retried) else done
        people = {"people": "show"} if given.get("people") == "show" else {}
        said = urlencode({what: count, **people})
        return RedirectResponse(f"{PAGE}?{said}", 303, HEADERS)

    def guarded(answer: Callable[[Request], Awaitable[Response]]) -> Any:
        async def asked(request: Request) -> Response:
            client = request.client.host if request.client else ""
            why = may_open(guard, request.headers, client)
            if why is not None:
                return _refused(why)
            try:
                return await answer(request)
            except (TimeoutError, RuntimeError, ProblemError):
                return _refused(_BUSY)

        return asked

    return [
        Route(PAGE, guarded(look)),
        Route(PAGE, guarded(change), methods=["POST"]),
        *assets(PAGE),
    ]


def _note(query: Any) -> Html | str:
    """What the last click did."""
    for what, done in (("retry", "planned again"), ("drop", "dropped")):
        count = query.get(what, "")
        if count.isdecimal() and len(count) < 10:
            letters = "dead letter was" if int(count) == 1 else "dead letters were"
            return tag("p", f"{int(count):,} {letters} {done}.", role="status", class_="note")
    return ""


def _refused(why: Refusal) -> Response:
    more = ASK if why.status == 401 else {}
    return PlainTextResponse(f"{why.error}\n", why.status, {**HEADERS, **more})
