"""Does a request come from a program, the sandbox's own page, or another site's page?

Any web page can make a browser send requests to this machine, but must not read or wipe a sandbox.
So a sandbox answers only under its own address, because a page that points its own name here (DNS
rebinding) keeps that name in `Host`; and it answers 403 to requests that a browser marks as another
page's (`Origin`, `Sec-Fetch-Site`). Programs send no such marks. Links to the sandbox's page may be
followed from anywhere, since the linking page sees nothing of it.
Source: RFC 9110 for 421, the Fetch standard for `Origin`, Fetch Metadata for `Sec-Fetch-*`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .answer import Sandbox

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
_READ: Final = (b"host", b"origin", b"sec-fetch-site", b"sec-fetch-mode")
_OURS: Final = ("same-origin", "none")
"""`none` means typed in or from a bookmark."""


class Guard:
    """ASGI middleware that turns away requests of other sites' pages."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = (scope.get("server") or (None, None))[1]
        turned = turned_away(scope["path"], scope["headers"], port, self._sandbox.host)
        if turned is None:
            await self._app(scope, receive, send)
        else:
            status, why = turned
            await PlainTextResponse(f"{why}\n", status)(scope, receive, send)


def turned_away(path: str, headers: Headers, port: int | None, url: str) -> tuple[int, str] | None:
    """Status and reason for turning a request away, or None. `url` is the sandbox's own.

    >>> turned_away("/", [(b"host", b"evil.example:8787")], 8787, "http://127.0.0.1:8787")[0]
    421
    """
    host = origin = None
    site = mode = ""
    for name, raw in headers:
        if name not in _READ:
            continue
        text = raw.decode("latin-1").lower()
        if name == b"host":
            host = text
            if not _is_own(host, port, url):
                return 421, (
                    f"This sandbox is {url}, and was asked as {host[:200]}. It answers under its "
                    "own address only, or a web page could reach it by a name that it lets point "
                    f"here. Ask {url} instead."
                )
        elif name == b"origin":
            origin = text
        elif name == b"sec-fetch-site":
            site = text
        else:
            mode = text
    if origin is not None and origin not in (f"http://{host}", url.lower()):
        return 403, _foreign(f"A page of {origin[:200]}", url)
    if site and site not in _OURS and not (path == "/" and mode == "navigate"):
        return 403, _foreign("A page from elsewhere", url)
    return None


def _foreign(who: str, url: str) -> str:
    return (
        f"{who} asked for this. A sandbox answers programs and its own page, or any web page could "
        f"read and wipe what it holds. Ask from a program, or open {url} in a browser."
    )


@lru_cache(256)
def _is_own(host: str, port: int | None, url: str) -> bool:
    """Is it a loopback name with the right port, or the sandbox's own address?"""
    if host == urlsplit(url).netloc.lower():
        return True
    try:
        parts = urlsplit(f"//{host}")
        name, given = parts.hostname or "", parts.port or 80
        if parts.netloc != host or "@" in host or (port is not None and given != port):
            return False
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
