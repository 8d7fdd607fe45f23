"""Does the configuration fit the account? A comparison of values; the shell makes the requests.

Source: Klaviyo Get Accounts, Get Mapped Metrics; scopes per endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.calls import SUBSCRIBE, UNSUBSCRIBE
from walkeros_klaviyo.core.klaviyo.limits import BULK_SCOPES, SCOPES

from .findings import Finding
from .questions.near import nearest
from .questions.subscriptions import LIST_ID, lists_of
from .reads import constant_of

REVENUE: Final = "revenue"
"""Klaviyo's name for the metric that counts as revenue."""


@frozen
class Facts:
    """What the account says: the status of each call's answer, and the contents.

    `mapped` holds the mapped metrics: from purpose to the metric's name (None for a custom one).
    """

    statuses: Mapping[str, int]
    currency: str | None = None
    mapped: Mapping[str, str | None] | None = None
    lists: Mapping[str, int] = MappingProxyType({})
    """The status of each list's answer."""


def facts_of(answers: Mapping[str, tuple[int, Any]]) -> Facts:
    """Read an account's answers, (status, JSON body) by call.

    >>> account = {"data": [{"attributes": {"preferred_currency": "EUR"}}]}
    >>> facts_of({"accounts.get_accounts": (200, account)}).currency
    'EUR'
    """
    _, account = answers.get("accounts.get_accounts", (0, None))
    status, metrics = answers.get("metrics.get_mapped_metrics", (0, None))
    first = next(iter(_list(account, "data")), {})
    currency = _inner(first, "attributes", "preferred_currency")
    statuses = {call: status for call, (status, _) in answers.items()}
    lists = {call: statuses.pop(call) for call in answers if call.startswith("lists.get_list ")}
    others = [one for one in lists.values() if one != 404]
    return Facts(
        statuses | ({"lists.get_list": max(others)} if others else {}),
        currency if isinstance(currency, str) else None,
        _mapped(metrics) if status == 200 else None,
        {call.removeprefix("lists.get_list "): one for call, one in lists.items()},
    )


def writes_asked(config: Config) -> tuple[str, ...]:
    """The further calls that delivery makes with this configuration."""
    rules = [rule.settings for rule in config.rules if not rule.ignore]
    subscribes = any(one.subscribe is not None for one in rules)
    unsubscribes = any(one.unsubscribe is not None for one in rules)
    return (*((SUBSCRIBE,) if subscribes else ()), *((UNSUBSCRIBE,) if unsubscribes else ()))


def lists_asked(config: Config) -> tuple[str, ...]:
    """The lists that the configuration names, if their ids are well formed."""
    return tuple(dict.fromkeys(one for _, one in lists_of(config) if LIST_ID.fullmatch(one)))


def _mapped(body: Any) -> dict[str, str | None]:
    names = {
        one.get("id"): _inner(one, "attributes", "name")
        for one in _list(body, "included")
        if one.get("type") == "metric"
    }
    return {
        str(one.get("id")): names.get(_inner(one, "relationships", "metric", "data", "id"))
        for one in _list(body, "data")
    }


def _list(body: Any, key: str) -> list[dict[str, Any]]:
    found = body.get(key) if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _inner(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def compare(config: Config, facts: Facts) -> Iterator[Finding]:
    """Findings where the configuration does not fit the account."""
    if 401 in facts.statuses.values():
        yield Finding("account.key", "settings.apiKey", "Klaviyo does not accept the key (401)")
        return
    for call, status in facts.statuses.items():
        if status != 403 or call not in _WRITING:
            continue
        is_bulk = call == "profiles.bulk_import_profiles"
        scopes = BULK_SCOPES if is_bulk else SCOPES[call]
        code = "account.bulk" if is_bulk else "account.scope"
        message = f"the key lacks the scope {' or '.join(scopes)} (403 for {call})"
        yield Finding(code, "settings.apiKey", message, f"Add {' and '.join(scopes)} to the key.")
    yield from _currency(config, facts)
    yield from _revenue(config, facts)
    for where, list_id in lists_of(config):
        if facts.lists.get(list_id) == 404:
            yield Finding("account.list", where, f"the account has no list {list_id}")


def unasked(facts: Facts) -> tuple[str, ...]:
    """What could not be checked, because the key lacks a scope or the answer was useless."""
    return tuple(
        f"{' and '.join(SCOPES[call])} is missing, so {call} could not be asked"
        if status == 403
        else f"{call} was answered {status}"
        for call, status in facts.statuses.items()
        if status not in ((200, 202, 400, 401, 403) if call in _WRITING else (200, 401))
    )


_WRITING: Final = (
    "events.create_event",
    "profiles.create_or_update_profile",
    "profiles.bulk_import_profiles",
    SUBSCRIBE,
    UNSUBSCRIBE,
)
"""The calls that delivery makes; the others only help to check."""


def _currency(config: Config, facts: Facts) -> Iterator[Finding]:
    settings = [config.settings.currency, *(rule.settings.currency for rule in config.rules)]
    for place in {one.where: one for one in settings if one is not None}.values():
        ours = constant_of(place)
        if facts.currency and isinstance(ours, str) and ours.upper() != facts.currency:
            message = f"amounts go as {ours}, the account counts in {facts.currency}"
            remedy = f'currency = "{facts.currency}", if that is what the shop sells in.'
            yield Finding("account.currency", place.where, message, remedy)


def _revenue(config: Config, facts: Facts) -> Iterator[Finding]:
    wanted = (facts.mapped or {}).get(REVENUE)
    paying = [rule for rule in config.rules if rule.settings.value is not None and not rule.ignore]
    if wanted is None or not paying or any(wanted in (rule.name, rule.label) for rule in paying):
        return
    names = [rule.name or (rule.label or "") for rule in paying]
    near = nearest(wanted, names, 0.5)
    rule = paying[names.index(near)] if near else paying[0]
    message = f'the account counts "{wanted}" as revenue, and no rule with a value has that name'
    remedy = f'name = "{wanted}", or map "{rule.name or rule.label}" as revenue in the account.'
    yield Finding("account.revenue", rule.named_at, message, remedy)
