"""Whose certificates are trusted?"""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from walkeros_klaviyo.shell.send.host import HostError
from walkeros_klaviyo.shell.send.trust import trusting


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Nobody's."""
    return trustme.CA()


def trusted(context: ssl.SSLContext) -> list[bytes]:
    """Its certificates."""
    return context.get_ca_certs(binary_form=True)


def test_a_bundle_is_trusted_by_either_name(authority: trustme.CA, tmp_path: Path) -> None:
    """REQUESTS_CA_BUNDLE in place of the system's, SSL_CERT_FILE of the system's file."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    ours = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
    assert trusted(trusting({"REQUESTS_CA_BUNDLE": str(path)})) == [ours]
    assert trusted(trusting({"REQUESTS_CA_BUNDLE": str(path), "SSL_CERT_FILE": "x"})) == [ours]
    assert ours in trusted(trusting({"SSL_CERT_FILE": str(path)}))
    assert ours in trusted(trusting({"REQUESTS_CA_BUNDLE": "", "SSL_CERT_FILE": str(path)}))


def test_a_directory_of_certificates_will_do_for_requests_name(tmp_path: Path) -> None:
    """As for requests; OpenSSL looks into it when it has to."""
    assert trusted(trusting({"REQUESTS_CA_BUNDLE": str(tmp_path)})) == []


def test_every_context_checks_certificate_and_name() -> None:
    """Whatever the environment says."""
    context = trusting({})
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file or directory"),
        (b"", "it holds no certificate"),
        (b"not one", "it holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "it holds no certif"),
    ],
    ids=["no file", "empty", "a string", "damaged"],
)
def test_a_bundle_that_is_none_is_said_with_its_variable(
    variable: str, content: bytes | None, reason: str, tmp_path: Path
) -> None:
    """Otherwise every certificate would be at fault, or a traceback."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HostError) as caught:
        trusting({variable: str(path)})
    assert str(caught.value).startswith(f"{variable} names {path}: {reason}")
    assert "PEM" in str(caught.value)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    """OpenSSL would pass over it without a word."""
    with pytest.raises(HostError, match="SSL_CERT_FILE names"):
        trusting({"SSL_CERT_FILE": str(tmp_path)})
