"""Which hosts may be sent the API key?"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from walkeros_klaviyo.shell.problem import ProblemError

DEFAULT_HOST: Final = "https://a.klaviyo.com"


class HostError(ProblemError, ValueError):
    """The host cannot be used; the message says why and what to write instead."""


def parse_host(text: str) -> str:
    """A host's URL without a trailing slash; plain http is allowed only to this machine.

    >>> parse_host("http://127.0.0.1:8080/")
    'http://127.0.0.1:8080'
    >>> parse_host("http://klaviyo.example")
    Traceback (most recent call last):
    walkeros_klaviyo.shell.send.host.HostError: plain http would send the key in the clear: use https://
    """
    host = text.strip().rstrip("/")
    scheme, sign, rest = host.partition("://")
    host = f"{scheme.lower()}{sign}{rest.lower()}" if sign else host
    try:
        parts = urlsplit(host)
        port = parts.port
    except ValueError as error:
        raise HostError(f"the host {host!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise HostError(f"the host {host!r} is not a URL such as {DEFAULT_HOST}")
    if parts.username or parts.password or parts.query or parts.fragment or parts.path:
        shown = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")
        raise HostError(f"expected scheme, host and port only, such as {shown}")
    if parts.scheme == "http" and not is_here(parts.hostname):
        raise HostError("plain http would send the key in the clear: use https://")
    return host


def is_here(name: str) -> bool:
    """Is it this machine, by a name or address that cannot be another's?

    >>> is_here("127.0.0.2"), is_here("0:0:0:0:0:0:0:1"), is_here("127.1")
    (True, True, False)
    """
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
