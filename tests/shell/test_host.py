"""Which host may the key travel to?"""

from __future__ import annotations

import pytest

from walkeros_klaviyo.shell.send.host import DEFAULT_HOST, HostError, parse_host

GOOD = {
    DEFAULT_HOST: DEFAULT_HOST,
    "https://a.klaviyo.com/": "https://a.klaviyo.com",
    " https://a.klaviyo.com// ": "https://a.klaviyo.com",
    "https://proxy.example:8443": "https://proxy.example:8443",
    "http://127.0.0.1:8787": "http://127.0.0.1:8787",
    "http://127.0.0.1:8787/": "http://127.0.0.1:8787",
    "http://127.9.9.9": "http://127.9.9.9",
    "http://localhost": "http://localhost",
    "http://localhost:1": "http://localhost:1",
    "http://[::1]:8787": "http://[::1]:8787",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_host_is_taken_without_its_slash(text: str) -> None:
    """What follows is a path of its own."""
    assert parse_host(text) == GOOD[text]


@pytest.mark.parametrize(
    "text",
    [
        "http://klaviyo.example",
        "http://a.klaviyo.com",
        "http://10.0.0.1:8787",
        "http://0.0.0.0:8787",
        "http://192.168.1.1",
        "http://[2001:db8::1]",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://127.1",
        "http://2130706433",
        "HTTP://klaviyo.example",
    ],
)
def test_plain_http_leaves_this_machine_nowhere(text: str) -> None:
    """The key would travel in the clear, also to what only looks like loopback."""
    with pytest.raises(HostError, match="in the clear"):
        parse_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "/",
        "a.klaviyo.com",
        "127.0.0.1:8787",
        "localhost:8787",
        "ftp://a.klaviyo.com",
        "file:///etc/passwd",
        "https://",
        "https://:443",
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:x",
        "https://[::1",
    ],
)
def test_what_is_no_url_is_named_as_such(text: str) -> None:
    """With one that would do."""
    with pytest.raises(HostError, match="is not a URL"):
        parse_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.klaviyo.com/api",
        "https://a.klaviyo.com/?x=1",
        "https://a.klaviyo.com#x",
        "https://me:secret@a.klaviyo.com",
        "https://me@a.klaviyo.com:444/x",
        "http://me:secret@127.0.0.1:1",
    ],
)
def test_anything_beyond_the_host_is_refused_and_not_repeated(text: str) -> None:
    """A password in a URL would end up in logs; the message shows what to write instead."""
    with pytest.raises(HostError, match="scheme, host and port only") as caught:
        parse_host(text)
    assert "secret" not in str(caught.value)


def test_the_proposed_host_is_a_good_one() -> None:
    """Who copies it gets on."""
    with pytest.raises(HostError) as caught:
        parse_host("https://me@a.klaviyo.com:444/x")
    proposed = str(caught.value).rpartition(" ")[2]
    assert parse_host(proposed) == "https://a.klaviyo.com:444"
