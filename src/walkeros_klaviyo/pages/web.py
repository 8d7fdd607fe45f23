"""How is a page served? Without external resources, and never inside a frame.

Its ETag is a digest of its content, so that a client polling each second gets "not modified".
Source: Content Security Policy 3, RFC 9110 for `ETag`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .html import Html, fill, given

OWN: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Headers that keep other pages from embedding ours, also in browsers without Fetch Metadata."""
HEADERS: Final = {
    **OWN,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",  # with "no-referrer", a form's Origin would be "null"
}
_ASSETS: Final = {"page.css": "text/css", "live.js": "text/javascript"}


def page(
    request: Request,
    assets: str,
    title: object,
    about: object,
    main: Html,
    *,
    news: str | None = None,
    note: Html | str = "",
    status: int = 200,
) -> Response:
    """A complete page. `news`, a sentence for screen readers, makes it live."""
    parts = {"title": title, "about": about, "main": main, "note": note, "assets": assets}
    text = fill(__package__, "page.html", live=given(data_news=news), **parts).encode(
        errors="replace"
    )
    mark = f'"{blake2b(text, digest_size=12).hexdigest()}"'
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers={**HEADERS, "ETag": mark})
    return Response(text, status, {**HEADERS, "ETag": mark}, "text/html")


def assets(below: str) -> list[Route]:
    """The files that each page needs."""
    return [Route(f"{below}/{name}", _asset(name, kind)) for name, kind in _ASSETS.items()]


def _asset(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    content = files(__package__).joinpath(name).read_bytes()

    async def answer(request: Request) -> Response:
        return Response(content, headers=OWN, media_type=kind)

    return answer
