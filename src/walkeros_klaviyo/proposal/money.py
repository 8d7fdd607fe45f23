"""Where in the events is the amount paid?"""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.revenue import parse_amount
from walkeros_klaviyo.core.klaviyo.usual import TOTAL
from walkeros_klaviyo.verify.questions.facts import SUMS
from walkeros_klaviyo.verify.questions.guess import (
    amount_path,
    currency_path,
    last_word,
    part_of,
    path_words,
)
from walkeros_klaviyo.verify.sample.places import at

from .sample import Named

Raw = Any
_GROSS: Final = frozenset("gross brutto ttc".split())
_PARTLY: Final = frozenset("sub subtotal item items goods line net".split())
_SECONDS: Final = range(1_400_000_000, 2_100_000_000)
"""Unix times from 2014 to 2036."""
MOSTLY: Final = 0.5


def is_time(raw: Any) -> bool:
    """Does it look like a Unix time, in seconds or milliseconds?

    >>> is_time(1793350800), is_time("1793350800123"), is_time(1793350800.5), is_time(99)
    (True, True, False, False)
    """
    number = parse_amount(raw)[0]
    if number is None or number != int(number):
        return False
    return int(number) in _SECONDS or int(number) // 1000 in _SECONDS


def has_amount(named: Named) -> bool:
    """Do most of the events have an amount at one of the usual paths?"""
    with_it = {line for path in _usual(named) for line, _ in _amounts(named, path)}
    return len(with_it) > len(named.seen) * MOSTLY


def _usual(named: Named) -> list[str]:
    found = amount_path(named.seen)
    return [*TOTAL] if found is None else [found, *TOTAL]


def find_money(settings: Raw, named: Named, is_whole: bool = True) -> None:
    """Set `value` (usual paths first, gross rather than net) and `currency`."""
    value = _without_times(settings.get("value"), named)
    if value is None:
        value = next((path for path in _usual(named) if _amounts(named, path)), None)
    if value is not None:
        settings["value"] = _gross(value, named) if is_whole else value
    else:
        settings.pop("value", None)
    if "currency" not in settings and (path := currency_path(named.seen)) is not None:
        settings["currency"] = path


def has_amounts(rule: Raw) -> bool:
    """Does the rule have an amount without a currency?"""
    settings = rule.get("settings", {})
    return "value" in settings and "currency" not in settings


def _without_times(value: Raw, named: Named) -> Raw:
    if isinstance(value, str):
        return value if [*_amounts(named, value)] else None
    if isinstance(value, list):
        options = [one for one in value if _without_times(one, named) is not None]
        return options[0] if len(options) == 1 else options or None
    return value


def _gross(value: Raw, named: Named) -> Raw:
    """Prefer a path that says gross, if its amounts are larger."""
    if not isinstance(value, str):
        return value
    usual = dict(_amounts(named, value))
    for path in dict.fromkeys(path for path, _ in named.leaves()):
        words = {*path_words(path)}
        is_gross = words & _GROSS and not words & _PARTLY and last_word(path) in (*SUMS, *_GROSS)
        found = dict(_amounts(named, path)) if is_gross and part_of(path) is None else {}
        both = found.keys() & usual.keys()
        is_no_less = all(found[one] >= usual[one] for one in both)
        is_more = is_no_less and any(found[one] > usual[one] for one in both)
        if is_more and len(both) > len(usual) * MOSTLY:
            return path
    return value


def _amounts(named: Named, path: str) -> list[tuple[int, float]]:
    """(line, amount) at a path; empty if most look like times."""
    found = [(one.line, at(path, one.event)) for one in named.seen]
    read = [(line, raw, parse_amount(raw)[0]) for line, raw in found]
    good = [(line, raw, number) for line, raw, number in read if number is not None]
    if sum(is_time(raw) for _, raw, _ in good) > len(good) * MOSTLY:
        return []
    return [(line, float(number)) for line, _, number in good]
