"""How are requests made through Klaviyo's SDK? The only module that imports it.

We use raw answers (no retries or response models of the SDK's), one API object for all threads,
time-outs everywhere, and bodies that arrive exactly as planned. The SDK's models would rewrite
`time`, add `backfill` and drop or null fields, so a subclass passes our checked body through.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import urllib3
from klaviyo_api import KlaviyoAPI
from openapi_client.api.events_api import EventsApi
from openapi_client.api.profiles_api import ProfilesApi
from openapi_client.models.event_create_query_v2 import EventCreateQueryV2
from openapi_client.models.events_bulk_create_job import EventsBulkCreateJob
from openapi_client.models.profile_import_job_create_query import ProfileImportJobCreateQuery
from openapi_client.models.profile_upsert_query import ProfileUpsertQuery
from openapi_client.models.subscription_create_job_create_query import (
    SubscriptionCreateJobCreateQuery,
)
from openapi_client.models.subscription_delete_job_create_query import (
    SubscriptionDeleteJobCreateQuery,
)
from openapi_client.rest import RESTResponse

from walkeros_klaviyo.delivery.messages import Answer

from .host import DEFAULT_HOST
from .lost import LOSSES, LostError, lacks_descriptors, why
from .wire import Times, open_pools

KEPT_HEADERS: Final = frozenset(
    "retry-after date ratelimit-limit ratelimit-remaining ratelimit-reset"
    " location content-type x-klaviyo-partial-failure".split()
)
MAX_ANSWER: Final = 5_000_000
"""The most bytes read of an answer; that to 1,000 refused rows has some hundred thousand."""
MAX_PAGES: Final = 200
"""The most pages read of an import's errors: 10,000 rows have 100."""
HIDDEN: Final = "(the API key)"
MAX_WORDS: Final = 199
"""The most characters of the reason for a missing answer."""

WIRE: Final = "wire"
"""The key under which a body travels through the SDK's serialiser, which would rebuild it."""


class _Rest:
    """Replaces the SDK's HTTP client: posts a body that is JSON already unchanged."""

    def __init__(self, pools: urllib3.PoolManager) -> None:
        self._pools = pools
        self.close = pools.clear

    def request(
        self,
        method: str,
        url: str,
        headers: Any = None,
        body: Any = None,
        post_params: Any = None,
        _request_timeout: Any = None,
    ) -> RESTResponse:
        """Make one request, not following redirects with the key. Raises LostError."""
        try:
            response = self._pools.request(
                method,
                url,
                body=body and body[WIRE],
                headers=headers,
                preload_content=False,
                redirect=False,
                retries=False,
            )
        except LOSSES as error:
            if lacks_descriptors(error):  # idle connections hold them, where urllib3 finds none
                self._pools.connection_from_url(url).close()
                self._pools.clear()
            raise why(error) from None
        return RESTResponse(response)


def _wire(model: type[Any]) -> type[Any]:
    """A subclass of an SDK model that serialises to exactly the body it was given."""

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
    "profiles.bulk_subscribe_profiles": _wire(SubscriptionCreateJobCreateQuery),
    "profiles.bulk_unsubscribe_profiles": _wire(SubscriptionDeleteJobCreateQuery),
}


class Klaviyo:
    """A connection to Klaviyo, for many threads; never shows the key.

    >>> Klaviyo("pk_secret", "http://127.0.0.1:9")
    <Klaviyo at http://127.0.0.1:9>
    """

    def __init__(
        self,
        api_key: str,
        host: str = DEFAULT_HOST,
        pool: int = 32,
        timeout: tuple[float, ...] = Times(),
    ) -> None:
        """Raises HostError if the environment names an unusable proxy or certificates."""
        self.host = host
        self._key = api_key
        self._api = KlaviyoAPI(api_key, test_host=host).api_client
        self._api.rest_client = _Rest(open_pools(host, os.environ, Times(*timeout), pool))
        events, profiles = EventsApi(self._api), ProfilesApi(self._api)
        apis = {"events": events, "profiles": profiles}
        self._calls = {
            call: getattr(apis[api], f"{method}_without_preload_content")
            for call in _MODELS
            for api, _, method in [call.partition(".")]
        }
        self._job = profiles.get_bulk_import_profiles_job_without_preload_content
        self._job_errors = profiles.get_errors_for_bulk_import_profiles_job_without_preload_content

    def __repr__(self) -> str:
        return f"<Klaviyo at {self.host}>"

    def close(self) -> None:
        """Close idle connections; another request opens a new one."""
        self._api.rest_client.close()

    def send(self, call: str, body: bytes) -> Answer:
        """Make one call with a JSON body; any failure is returned as an Answer with a fault."""
        model = _MODELS[call].model_construct()
        model.__dict__["body"] = body
        return self._answer(self._calls[call], model)

    def ask(self, job: str, errors: bool = False) -> Answer:
        """Ask for an import's progress, or which of its rows failed (all pages as one answer)."""
        if not errors:
            return self._answer(self._job, job)
        rows: list[str] = []
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
        body = f'{{"data": [{", ".join(rows)}]}}'
        return Answer(200, answer.headers, body.encode(), wall=answer.wall)

    def question(self, call: str, *given: str) -> Answer:
        """Query a read-only endpoint: get_accounts, get_list or get_mapped_metrics.

        Their part of the SDK is imported only here, because that takes time.
        """
        if call == "lists.get_list":
            from openapi_client.api.lists_api import ListsApi

            return self._answer(ListsApi(self._api).get_list_without_preload_content, *given)
        if call == "accounts.get_accounts":
            from openapi_client.api.accounts_api import AccountsApi

            accounts = AccountsApi(self._api)
            return self._answer(accounts.get_accounts_without_preload_content)
        from openapi_client.api.metrics_api import MetricsApi

        metrics = MetricsApi(self._api).get_mapped_metrics_without_preload_content
        return self._answer(metrics, include=["metric"])

    def _answer(self, call: Callable[..., Any], *given: Any, **named: Any) -> Answer:
        status, headers = None, dict[str, str]()
        try:
            response = call(*given, **named)
            status, headers = response.status, self._kept(response.headers)
            body = _body(response)
        except LostError as lost:
            words = lost.words.replace(self._key, HIDDEN)[:MAX_WORDS]
            return Answer(status, headers, words.encode(), lost.fault, wall=time.time())
        body = _without(self._key, body)
        return Answer(status, headers, body, wall=time.time())

    def _kept(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {
            name.lower(): value.replace(self._key, HIDDEN)
            for name, value in headers.items()
            if name.lower() in KEPT_HEADERS
        }


def _without(key: str, body: bytes) -> bytes:
    """An answer's body with the key removed in any spelling, in case a server echoes it."""
    text = body.decode(errors="replace")
    if "&" in text:
        text = unescape(text)
    if "\\" in text:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False)
    if key not in text:
        return body
    return text.replace(key, HIDDEN).encode(errors="replace")


def _page(body: bytes) -> tuple[list[str], str | None] | None:
    """A page's rows as JSON, and the next page's cursor from its link; None if it is no page."""
    try:
        page = json.loads(body)
        rows = page.get("data") if isinstance(page, dict) else None
        if not isinstance(rows, list):
            return None
        links = page.get("links")
        following = links.get("next") if isinstance(links, dict) else None
        cursors = parse_qs(urlsplit(following).query) if isinstance(following, str) else {}
        return [json.dumps(row) for row in rows], cursors.get("page[cursor]", [None])[0]
    except (ValueError, RecursionError):
        return None


def _body(response: urllib3.HTTPResponse) -> bytes:
    """Read the body, up to MAX_ANSWER. Raises LostError."""
    body = bytearray()
    try:
        while len(body) < MAX_ANSWER and (part := response.read1(1 << 16)):
            body += part
        if len(body) >= MAX_ANSWER:
            response.close()  # drop the rest, and the connection
    except LOSSES as error:
        response.close()
        raise why(error) from None
    finally:
        response.release_conn()
    return bytes(body[:MAX_ANSWER])
