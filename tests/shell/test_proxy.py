"""Which proxy, if any?"""

from __future__ import annotations

import base64

import pytest

from walkeros_klaviyo.shell.send.host import HostError
from walkeros_klaviyo.shell.send.proxy import Proxy, proxy_for

URL = "https://a.klaviyo.com"
PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8787",
        "http://127.0.0.2:8787",
        "http://127.255.255.254",
        "http://localhost:8787",
        "http://[::1]:8787",
        "http://[0:0:0:0:0:0:0:1]:8787",
        "http://[0000::0001]",
        "https://127.0.0.2",
        "https://localhost",
        "https://[::1]",
        "http://a.klaviyo.com",
    ],
)
@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_this_machine_and_plain_http_are_reached_without_a_proxy(url: str, variable: str) -> None:
    """A sandbox is never somewhere else, and the key is never in the clear."""
    assert proxy_for(url, {variable: PROXY}) is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY}, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, PROXY),
        ({"https_proxy": "", "HTTPS_PROXY": "http://other:1"}, None),
        ({"HTTPS_PROXY": "  "}, None),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"all_proxy": PROXY, "ALL_PROXY": "http://other:1"}, PROXY),
        ({"HTTPS_PROXY": PROXY, "all_proxy": "http://other:1"}, PROXY),
        ({"HTTPS_PROXY": "", "all_proxy": PROXY}, PROXY),
        ({"http_proxy": PROXY}, None),
    ],
    ids=str,
)
def test_the_variables_count_as_for_curl_and_requests(
    environ: dict[str, str], expected: str | None
) -> None:
    """Lower case wins, ALL_PROXY is what is left, and nothing is none."""
    found = proxy_for(URL, environ)
    assert (found and found.url) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("proxy.example:3128", PROXY),
        ("proxy.example", "http://proxy.example"),
        ("HTTP://Proxy.Example:3128/", PROXY),
        (" http://proxy.example:3128 ", PROXY),
        ("https://proxy.example:3128", "https://proxy.example:3128"),
        ("[::1]:3128", "http://[::1]:3128"),
        ("http://bücher.example:3128", "http://xn--bcher-kva.example:3128"),
    ],
)
def test_a_proxy_is_written_in_many_ways(value: str, expected: str) -> None:
    """Without a scheme it is http."""
    assert proxy_for(URL, {"HTTPS_PROXY": value}) == Proxy(expected)


@pytest.mark.parametrize(
    ("user", "pair"),
    [
        ("me:secret", b"me:secret"),
        ("me", b"me:"),
        (":secret", b":secret"),
        ("me%40home:s%3Acr%2Fet%23", b"me@home:s:cr/et#"),
        ("me:se@cret", b"me:se@cret"),
        ("m%C3%BC:%E2%82%AC", "mü:€".encode()),
    ],
)
@pytest.mark.parametrize("scheme", ["", "http://", "https://"])
def test_user_and_password_are_sent_and_never_shown(user: str, pair: bytes, scheme: str) -> None:
    """As the bytes that they stand for."""
    found = proxy_for(URL, {"HTTPS_PROXY": f"{scheme}{user}@proxy.example:3128"})
    assert found is not None
    assert found.headers == {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    assert repr(found) == f"Proxy(url='{scheme or 'http://'}proxy.example:3128')"


@pytest.mark.parametrize(
    "value",
    [
        "http://",
        "http://:3128",
        "http://proxy.example:port",
        "http://proxy.example:0",
        "http://proxy.example:99999",
        "http://pro xy.example:3128",
        "http://a..b:3128",
        f"http://{'a' * 70}.example:3128",
        "http://[::1:3128",
        "http:/proxy.example:3128",
        "http://proxy.example/proxy.pac",
        "ftp://proxy.example:3128",
        "://proxy.example:3128",
        "http://me:s/ecret@proxy.example:3128",
        "http://me:s#ecret@proxy.example:3128",
        "http://me:s?ecret@proxy.example:3128",
        "http://me:80#ecret@proxy.example:3128",
        "http://me:secret@proxy.example:port",
        "me:secret@",
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_what_is_no_proxy_is_said_with_its_variable_and_without_a_password(
    value: str, variable: str
) -> None:
    """With one that would do."""
    with pytest.raises(HostError) as caught:
        proxy_for(URL, {variable: value})
    text = str(caught.value)
    assert text.startswith(f"{variable} is not the address of a proxy such as {PROXY}")
    assert ("%23 for #" in text) == ("@" in value)
    assert "ecret" not in text


@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "socks5h", "SOCKS5", "socks"])
def test_a_socks_proxy_is_refused_by_name(scheme: str) -> None:
    """It would need a package that is not ours to choose."""
    with pytest.raises(HostError, match="all_proxy names a SOCKS proxy, which is not supported"):
        proxy_for(URL, {"all_proxy": f"{scheme}://me:secret@proxy.example:1080"})


@pytest.mark.parametrize(
    ("exceptions", "url", "excepted"),
    [
        ("*", URL, True),
        ("other, *", URL, True),
        ("*", "https://10.0.0.1", True),
        ("klaviyo.com", URL, True),
        (".klaviyo.com", URL, True),
        ("*.klaviyo.com", URL, True),
        ("a.klaviyo.com", URL, True),
        (".a.klaviyo.com", URL, True),
        ("Klaviyo.COM.", URL, True),
        ("klaviyo.com", "https://a.klaviyo.com.", True),
        ("laviyo.com", URL, False),
        ("b.a.klaviyo.com", URL, False),
        ("com.klaviyo", URL, False),
        ("x.example klaviyo.com", URL, True),
        (" x.example ,, klaviyo.com ,", URL, True),
        (",", URL, False),
        ("", URL, False),
        (".", URL, False),
        ("klaviyo.com:443", URL, True),
        ("klaviyo.com:8443", URL, False),
        ("klaviyo.com:8443", f"{URL}:8443", True),
        ("*:443", URL, True),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3/8", "https://10.9.9.9", True),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("10.1.2.3:443", "https://10.1.2.3", True),
        ("2.3", "https://10.1.2.3", False),
        ("10.0.0.0/8", URL, False),
        ("2001:db8::/32", "https://[2001:db8::5]", True),
        ("2001:db8:0:0::5", "https://[2001:db8::5]", True),
        ("[2001:db8::5]", "https://[2001:db8::5]", True),
        ("[2001:db8::5]:443", "https://[2001:db8::5]", True),
        ("[2001:db8::5]:80", "https://[2001:db8::5]", False),
        ("10.0.0.0/8", "https://[2001:db8::5]", False),
        ("10.0.0.0/99", "https://10.1.2.3", False),
    ],
)
def test_exceptions_are_read_as_curl_and_requests_read_them(
    exceptions: str, url: str, excepted: bool
) -> None:
    """Suffixes end at a dot; addresses are numbers, not texts."""
    found = proxy_for(url, {"HTTPS_PROXY": PROXY, "NO_PROXY": exceptions})
    assert (found is None) == excepted


def test_an_exception_has_no_proxy_to_complain_of() -> None:
    """What is not used may be as it likes."""
    assert proxy_for(URL, {"HTTPS_PROXY": "socks5://x", "no_proxy": "*", "NO_PROXY": ""}) is None
