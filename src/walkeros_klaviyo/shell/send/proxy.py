"""Which proxy is used, if any?

The environment decides, by the variables that curl and requests read. Plain http is only allowed
to this machine, and requests to this machine never use a proxy, whatever is set.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final, NoReturn
from urllib.parse import unquote_to_bytes, urlsplit

from attrs import field, frozen

from .host import HostError, is_here

EXAMPLE: Final = "http://proxy.example:3128"


@frozen
class Proxy:
    """A proxy's address and its CONNECT headers, which may hold a password and so never show."""

    url: str
    headers: Mapping[str, str] = field(factory=dict, repr=False)


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for a host, or None. Raises HostError for an unusable setting.

    >>> proxy_for("https://a.klaviyo.com", {"HTTPS_PROXY": "me:secret@proxy.example:3128"})
    Proxy(url='http://proxy.example:3128')
    >>> proxy_for("https://a.klaviyo.com", {"ALL_PROXY": "x:1", "NO_PROXY": ".klaviyo.com"})

    See also: host.parse_host(text)
    """
    parts = urlsplit(url)
    name = (parts.hostname or "").rstrip(".")
    if parts.scheme == "http" or is_here(name):
        return None
    exceptions = re.split(r"[\s,]+", _setting(environ, "no_proxy")[1])
    if any(_covers(one, name, parts.port or 443) for one in exceptions):
        return None
    for setting in ("https_proxy", "all_proxy"):
        variable, value = _setting(environ, setting)
        if value:
            return _parse(variable, value)
    return None


def _setting(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """The variable that applies, and its value: the lower-case one if set, even if empty.

    >>> _setting({"https_proxy": "", "HTTPS_PROXY": "http://x"}, "https_proxy")
    ('https_proxy', '')
    """
    variable = name if name in environ else name.upper()
    return variable, environ.get(variable, "").strip()


def _covers(exception: str, name: str, port: int) -> bool:
    """Does an entry of NO_PROXY cover this host?

    >>> _covers(".Klaviyo.com:443", "a.klaviyo.com", 443), _covers("10.0.0.0/8", "10.1.2.3", 443)
    (True, True)
    """
    named, colon, only = exception.rpartition(":")
    if colon and only.isdecimal() and (":" not in named or named.endswith("]")):
        return int(only) == port and _covers(named, name, port)
    if exception == "*":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        suffix = exception.lower().removeprefix("*").strip(".")
        return suffix != "" and f".{name}".endswith(f".{suffix}")
    try:
        return address in ip_network(exception.strip("[]"), strict=False)
    except ValueError:
        return False


def _parse(variable: str, value: str) -> Proxy:
    """Parse a variable's proxy; without a scheme it is http, as for curl."""
    text = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(text)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError:  # the error's message would repeat the password
        _refuse(variable, value)
    if parts.scheme.startswith("socks"):
        raise HostError(
            f"{variable} names a SOCKS proxy, which is not supported: "
            f"name an HTTP proxy, such as {EXAMPLE}, or unset it"
        )
    more = parts.path.strip("/") or parts.query or parts.fragment  # for example a password with "#"
    is_name = re.fullmatch(r"[\w.:-]+", host)
    if parts.scheme not in ("http", "https") or not is_name or port == 0 or more:
        _refuse(variable, value)
    place = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{place}" + (f":{port}" if port else "")
    if not parts.username and not parts.password:
        return Proxy(url)
    pair = b":".join(unquote_to_bytes(part or "") for part in (parts.username, parts.password))
    return Proxy(url, {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"})


def _refuse(variable: str, value: str) -> NoReturn:
    hint = (
        "; in a user or password write %23 for #, %2F for / and %3F for ?" if "@" in value else ""
    )
    raise HostError(f"{variable} is not the address of a proxy such as {EXAMPLE}{hint}")
