"""Whose certificates are trusted?

The system's, or those that the environment names. A path that leads nowhere is an error at the
start, rather than a puzzling certificate error later.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from urllib3.util import create_urllib3_context

from .host import HostError


def trusting(environ: Mapping[str, str]) -> ssl.SSLContext:
    """A TLS context. Raises HostError if a named bundle is not one.

    REQUESTS_CA_BUNDLE (a file or directory) replaces the system's; SSL_CERT_FILE only its file.

    >>> trusting({"SSL_CERT_FILE": "nowhere.pem"})
    Traceback (most recent call last):
    walkeros_klaviyo.shell.send.host.HostError: SSL_CERT_FILE names nowhere.pem: no such file or
    directory. Name a file of CA certificates (PEM), or unset it
    """
    context = create_urllib3_context()
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        name = environ.get(variable)
        if not name:
            continue
        path = Path(name).expanduser()
        try:
            if variable == "REQUESTS_CA_BUNDLE" and path.is_dir():
                context.load_verify_locations(capath=path)
            else:
                context.load_verify_locations(cafile=path)
        except OSError as error:
            bad = isinstance(error, ssl.SSLError)
            reason = "it holds no certificate" if bad else (error.strerror or "").lower()
            raise HostError(
                f"{variable} names {name}: {reason}. "
                "Name a file of CA certificates (PEM), or unset it"
            ) from None
        if variable == "REQUESTS_CA_BUNDLE":
            return context
    context.load_default_certs()
    return context
