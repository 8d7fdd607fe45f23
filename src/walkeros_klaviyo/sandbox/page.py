"""What does a person want to see?

What arrived, at one glance: counts, metrics with their money, the latest events, profiles, and
why something was refused. One page without scripts or foreign parts; everything that came over
the wire is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from .account import MAPPED
from .consent import standing
from .people import Profile
from .record import Metric

if TYPE_CHECKING:
    from .answer import Sandbox

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8883; --soft: #8881 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem }
p { margin: .2rem 0; opacity: .75 } .tiles { display: flex; flex-wrap: wrap; gap: .8rem }
.tile { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; min-width: 6rem }
.tile b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100% } td.n, th.n { text-align: right }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; vertical-align: top; font-variant-numeric: tabular-nums }
th { background: var(--soft); font-weight: 600 } .none { opacity: .6; font-style: italic }
""".strip()


def render(sandbox: Sandbox) -> str:
    """The page as it is now."""
    record = sandbox.record
    stats = sandbox.stats()
    revenue = record.metrics.get(MAPPED["revenue"], Metric())
    tiles = [(name, f"{count:,}") for name, count in stats.items()]
    tiles += [
        (f"revenue {currency or 'without currency'}", _amount(total))
        for currency, total in revenue.values.items()
    ]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        "<meta http-equiv=refresh content=2><title>Klaviyo sandbox</title>",
        f"<style>{_STYLE}</style>",
        "<h1>Klaviyo sandbox</h1><p>Nothing here leaves this machine.</p>",
        "<h2>Received</h2><div class=tiles>",
        *(f"<div class=tile><b>{escape(value)}</b>{escape(name)}</div>" for name, value in tiles),
        "</div>",
        "<h2>Metrics</h2>",
        _table(
            ("Metric", "Events", "Value"),
            (
                (name, f"{metric.count:,}", _money(metric))
                for name, metric in sorted(record.metrics.items(), key=lambda pair: -pair[1].count)[
                    :100
                ]
            ),
        ),
        "<h2>Latest events</h2>",
        _table(
            ("Metric", "Profile", "Time", "Value"),
            ((row.metric, row.who, row.time, row.value) for row in reversed(list(record.latest))),
        ),
        "<h2>Latest profiles</h2>",
        _table(
            ("Id", "Email", "External id", "Phone", "Name", "Subscribed", "Lists"),
            _profiles(sandbox),
        ),
        "<h2>Refused</h2>",
        _table(
            ("Call", "Status", "Where", "Why"),
            (
                (row.call, str(row.status), row.pointer, row.detail)
                for row in reversed(list(record.rejections))
            ),
        ),
        "<p>All of it: <a href=/sandbox/events.jsonl>events</a>, "
        "<a href=/sandbox/profiles.jsonl>profiles</a>, "
        "<a href=/sandbox/requests.jsonl>requests</a>, "
        "<a href=/sandbox/stats>counts</a></p></html>",
    ]
    return "\n".join(parts)


def _profiles(sandbox: Sandbox) -> Iterable[tuple[str, ...]]:
    latest = list(islice(reversed(sandbox.record.people.profiles.values()), 25))
    for profile in latest:
        known = profile.attributes
        names = [known.get("first_name"), known.get("last_name")]
        yield (
            profile.id,
            _text(known.get("email")),
            _text(known.get("external_id")),
            _text(known.get("phone_number")),
            " ".join(name for name in names if name),
            ", ".join(_subscribed(profile)),
            ", ".join(profile.lists),
        )


def _subscribed(profile: Profile) -> Iterable[str]:
    """Channels and how they stand, such as "email since 2026-01-01", "no sms since 2026-02-01"."""
    for channel, purposes in standing(profile.consents).items():
        for purpose, known in purposes.items():
            name = channel if purpose == "marketing" else f"{channel} ({purpose})"
            no = "" if known["consent"] == "SUBSCRIBED" else "no "
            yield f"{no}{name} since {known['since'][:10]}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table, numbers to the right; "nothing yet" where there are no rows."""
    body = "".join(
        "<tr>" + "".join(f"<td{_right(head)}>{escape(cell[:300])}" for head, cell in cells)
        for cells in (zip(heads, row, strict=True) for row in rows)
    )
    if not body:
        return "<p class=none>nothing yet</p>"
    head = "".join(f"<th{_right(name)}>{escape(name)}" for name in heads)
    return f"<table><tr>{head}{body}</table>"


def _right(head: str) -> str:
    return " class=n" if head in ("Events", "Value", "Status") else ""


def _money(metric: Metric) -> str:
    return " · ".join(f"{_amount(total)} {name}" for name, total in sorted(metric.values.items()))


def _amount(total: Decimal) -> str:
    return f"{total:,.2f}" if abs(total) < 10**15 else f"{total:.3e}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
