"""Certificates for hosts of these tests, and an environment that trusts them."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

AUTHORITY = trustme.CA()
"""It signs for them."""


def serving(
    *names: str,
    authority: trustme.CA = AUTHORITY,
    until: datetime = datetime(2200, 1, 1, tzinfo=UTC),
) -> ssl.SSLContext:
    """A server's side, with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names or ("127.0.0.1",), not_after=until).configure_cert(context)
    return context


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The authority's certificate, which the environment names; of a proxy it says nothing."""
    names = ("https_proxy", "all_proxy", "no_proxy")
    for name in ("SSL_CERT_FILE", *names, *(one.upper() for one in names)):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return path
