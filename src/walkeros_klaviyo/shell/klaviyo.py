"""How is Klaviyo asked? The only import of the SDK.

The SDK used well: raw answers (no retries and no response models of its own), one API object for
all threads, a time-out always, and bodies that arrive exactly as planned. Its own models would
rewrite `time`, add `backfill` and drop or null fields, so a subclass hands out our checked body.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from attrs import evolve
from klaviyo_api import KlaviyoAPI
from openapi_client.api.accounts_api import AccountsApi
from openapi_client.api.events_api import EventsApi
from openapi_client.api.metrics_api import MetricsApi
from openapi_client.api.profiles_api import ProfilesApi
from openapi_client.exceptions import ApiException
from openapi_client.models.event_create_query_v2 import EventCreateQueryV2
from openapi_client.models.events_bulk_create_job import EventsBulkCreateJob
from openapi_client.models.profile_import_job_create_query import ProfileImportJobCreateQuery
from openapi_client.models.profile_upsert_query import ProfileUpsertQuery
from openapi_client.rest import RESTClientObject, RESTResponse

from walkeros_klaviyo.delivery.messages import Answer, NetworkFault

from .host import DEFAULT_HOST

TIMEOUT: Final = (5.0, 30.0)
"""Seconds to connect, and to wait for an answer."""
LONGEST: Final = 60.0
"""Seconds that the body of an answer may take, however steadily it drips."""
KEPT_HEADERS: Final = frozenset(
    {"retry-after", "date", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"}
)
MAX_ANSWER: Final = 5_000_000
"""Bytes of an answer that are read; a bulk of 1,000 refused rows has some hundred thousand."""
MAX_PAGES: Final = 200
"""Pages of an import's errors that are read: 10,000 rows are 100."""


WIRE: Final = "wire"
"""The key under which a body travels through the SDK's serialiser, which would rebuild it."""


class _Rest(RESTClientObject):  # type: ignore[misc]
    """The SDK's HTTP client, but a body that is JSON already is posted as it is."""

    def request(
        self,
        method: str,
        url: str,
        headers: Any = None,
        body: Any = None,
        post_params: Any = None,
        _request_timeout: Any = None,
    ) -> RESTResponse:
        if not isinstance(body, dict) or WIRE not in body:
            return super().request(method, url, headers, body, post_params, _request_timeout)
        connect, read = _request_timeout
        try:
            response = self.pool_manager.request(
                method,
                url,
                body=body[WIRE],
                headers=headers,
                timeout=urllib3.Timeout(connect=connect, read=read),
                preload_content=False,
            )
        except urllib3.exceptions.SSLError as error:
            raise ApiException(status=0, reason=str(error)) from None
        return RESTResponse(response)


def _wire(model: type[Any]) -> type[Any]:
    """A model of the SDK's that serialises to the body it was given, and to nothing else."""

    class Wire(model):  # type: ignore[misc]
        def to_dict(self) -> dict[str, Any]:
            return {WIRE: self.__dict__["body"]}

        def __repr__(self) -> str:
            return f"<body for {model.__name__}>"

    Wire.__name__ = f"Wire{model.__name__}"
    return Wire


_MODELS: Final = {
    "events.create_event": _wire(EventCreateQueryV2),
    "events.bulk_create_events": _wire(EventsBulkCreateJob),
    "profiles.create_or_update_profile": _wire(ProfileUpsertQuery),
    "profiles.bulk_import_profiles": _wire(ProfileImportJobCreateQuery),
}


class Klaviyo:
    """A connection to Klaviyo, for many threads; the key shows nowhere.

    >>> Klaviyo("pk_secret", "http://127.0.0.1:9")
    <Klaviyo at http://127.0.0.1:9>
    """

    def __init__(
        self, api_key: str, host: str = DEFAULT_HOST, pool: int = 32, timeout: Any = TIMEOUT
    ) -> None:
        self.host = host
        self._timeout = timeout
        self._key = api_key.encode()
        api = KlaviyoAPI(api_key, test_host=host)
        configuration = api.configuration
        configuration.retries = urllib3.Retry(total=0, redirect=0, raise_on_redirect=False)
        configuration.connection_pool_maxsize = pool
        configuration.proxy = proxy_for(host)
        configuration.ssl_ca_cert = os.environ.get("REQUESTS_CA_BUNDLE")
        # The constructor has built its pool already; this one knows the settings above.
        api.api_client.rest_client = _Rest(configuration)
        self._api = api.api_client
        events, profiles = EventsApi(self._api), ProfilesApi(self._api)
        self._calls = {
            "events.create_event": events.create_event_without_preload_content,
            "events.bulk_create_events": events.bulk_create_events_without_preload_content,
            "profiles.create_or_update_profile": (
                profiles.create_or_update_profile_without_preload_content
            ),
            "profiles.bulk_import_profiles": (
                profiles.bulk_import_profiles_without_preload_content
            ),
        }
        self._job = profiles.get_bulk_import_profiles_job_without_preload_content
        self._job_errors = profiles.get_errors_for_bulk_import_profiles_job_without_preload_content

    def __repr__(self) -> str:
        return f"<Klaviyo at {self.host}>"

    def send(self, call: str, body: bytes) -> Answer:
        """Make one call with a JSON body; whatever happens comes back as an answer."""
        model = _MODELS[call].model_construct()
        model.__dict__["body"] = body
        return self._answer(self._calls[call], model)

    def ask(self, job: str, errors: bool = False) -> Answer:
        """Ask how far an import is, or which of its rows failed (all pages as one answer)."""
        if not errors:
            return self._answer(self._job, job)
        rows: list[Any] = []
        cursor = None
        for _ in range(MAX_PAGES):
            answer = self._answer(self._job_errors, job, page_cursor=cursor, page_size=100)
            if answer.status != 200 or answer.fault is not None:
                return answer
            page = _page(answer.body)
            if page is None:
                return answer  # unreadable: the sender asks again
            rows += page[0]
            cursor = page[1]
            if cursor is None:
                break
        return Answer(200, answer.headers, json.dumps({"data": rows}).encode(), wall=answer.wall)

    def question(self, call: str) -> Answer:
        """Ask an account's endpoint that only tells: get_accounts or get_mapped_metrics."""
        if call == "accounts.get_accounts":
            accounts = AccountsApi(self._api)
            return self._answer(accounts.get_accounts_without_preload_content)
        metrics = MetricsApi(self._api).get_mapped_metrics_without_preload_content
        return self._answer(metrics, include=["metric"])

    def _answer(self, call: Callable[..., Any], *given: Any, **named: Any) -> Answer:
        try:
            response = call(*given, **named, _request_timeout=self._timeout)
        except urllib3.exceptions.HTTPError as error:
            return Answer(None, fault=_fault(error), wall=time.time())
        except ApiException:  # the SDK's name for a certificate it cannot trust
            return Answer(None, fault="tls", wall=time.time())
        answer = _read(response)
        if self._key in answer.body:  # a host that echoes the key must not bring it into a report
            return evolve(answer, body=answer.body.replace(self._key, b"(the API key)"))
        return answer


def _page(body: bytes) -> tuple[list[Any], str | None] | None:
    """A page's rows and where the next one begins, by its link; None for what is no page."""
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        return None
    rows = page.get("data") if isinstance(page, dict) else None
    if not isinstance(rows, list):
        return None
    links = page.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    if not isinstance(following, str):
        return rows, None
    return rows, parse_qs(urlsplit(following).query).get("page[cursor]", [None])[0]


def _read(response: urllib3.HTTPResponse) -> Answer:
    headers = {
        name.lower(): value
        for name, value in response.headers.items()
        if name.lower() in KEPT_HEADERS
    }
    try:
        body = _body(response, time.monotonic() + LONGEST)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        fault: NetworkFault = (
            "timeout" if isinstance(error, urllib3.exceptions.TimeoutError) else "reset"
        )
        return Answer(response.status, headers, fault=fault, wall=time.time())
    finally:
        response.release_conn()
    return Answer(response.status, headers, body, wall=time.time())


def _body(response: urllib3.HTTPResponse, deadline: float) -> bytes:
    """All of it, as far as it is of use; a drip feed is not read for ever."""
    body = bytearray()
    while part := response.read1(1 << 16):
        body += part
        if len(body) >= MAX_ANSWER:
            response.close()  # the rest is passed over, and the connection with it
            break
        if time.monotonic() > deadline:
            response.close()
            raise urllib3.exceptions.TimeoutError("the answer took too long")
    return bytes(body[:MAX_ANSWER])


def _fault(error: Exception) -> NetworkFault:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, urllib3.exceptions.SSLError):
        return "tls"
    if isinstance(
        reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
    ):
        return "connect"
    if isinstance(reason, urllib3.exceptions.TimeoutError):
        return "timeout"
    return "reset"


def proxy_for(host: str) -> str | None:
    """The proxy that the environment asks for, if any.

    >>> proxy_for("http://127.0.0.1:1") is None
    True
    """
    parts = urlsplit(host)
    if parts.hostname in ("127.0.0.1", "localhost", "::1") or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)
