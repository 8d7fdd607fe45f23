"""What does the sandbox's page show?

What arrived, live: events with their properties, revenue by day, metrics with their amounts,
profiles, lists, reasons for refusals, and how much of the rate limits is used. The number of rows
is limited, and everything from outside is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from walkeros_klaviyo.core.klaviyo.currencies import shown_amount
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.pages.html import Html, facts, fill, join, said, table, tag

from .consent import standing
from .page_events import FULL_NAME, Chosen, clock, event_list, found, latest, person
from .people import Profile
from .picture import picture
from .record import Metric
from .routes import ROUTES

if TYPE_CHECKING:
    from .answer import Sandbox

ROWS: Final = 25
METRICS: Final = 100


def render(sandbox: Sandbox, chosen: Chosen) -> tuple[Html, str]:
    """The main part of the page as of now, and a sentence for screen readers."""
    record, stats = sandbox.record, sandbox.stats()
    profiles = list(record.people.profiles.values())
    people = found(profiles, chosen.person)
    refused = reversed(record.rejections)
    main = fill(
        __package__,
        "overview.html",
        tiles=facts(((name, f"{count:,}") for name, count in stats.items()), "tiles"),
        revenue=picture(record.days),
        options=_options(record.metrics, chosen.metric),
        person=chosen.person,
        events=event_list(record, chosen, people),
        metrics=table("By number of events", ("Metric", "Events", "Value"),
                      _metrics(record.metrics), right="Events Value"),
        lists=table("By number of profiles", ("List", "Profiles"),
                    _lists(profiles), right="Profiles"),
        windows=_windows(sandbox),
        profiles=_profiles(people),
        refused=table(
            "The latest first",
            ("Time (UTC)", "Call", "Status", "Where", "Why"),
            (
                (clock(row.at), said(row.call), row.status, said(row.pointer, 300),
                 said(row.detail, 300))
                for row in refused
            ),
        ),
    )  # fmt: skip
    told = ("events", "profiles", "rejected")
    return main, ", ".join(f"{stats[name]:,} {name}" for name in told)


def subscribed(profile: Profile) -> Iterator[str]:
    """The state of each channel, such as "email since 2026-01-01", "no sms since 2026-02-01"."""
    for channel, purposes in standing(profile.consents).items():
        for purpose, known in purposes.items():
            name = channel if purpose == "marketing" else f"{channel} ({purpose})"
            no = "" if known["consent"] == "SUBSCRIBED" else "no "
            yield f"{no}{name} since {known['since'][:10]}"


def _by_count(metrics: Mapping[str, Metric]) -> list[tuple[str, Metric]]:
    return sorted(metrics.items(), key=lambda pair: (-pair[1].count, pair[0]))[:METRICS]


def _options(metrics: Mapping[str, Metric], chosen: str) -> Html:
    names = dict.fromkeys(("", *(name for name, _ in _by_count(metrics)), chosen))
    return join(
        tag("option", visible(name[:80]) or "all", value=name, selected=name == chosen)
        for name in names
    )


def _metrics(metrics: Mapping[str, Metric]) -> Iterator[tuple[object, ...]]:
    for name, metric in _by_count(metrics):
        amounts = sorted(metric.values.items(), key=lambda pair: (not pair[0], pair[0]))
        money = (tag("div", shown_amount(total, currency)) for currency, total in amounts)
        yield said(name), f"{metric.count:,}", join(money)


def _lists(profiles: Iterable[Profile]) -> list[tuple[object, ...]]:
    counts = Counter(name for profile in profiles for name in profile.lists)
    return [(said(name), f"{count:,}") for name, count in counts.most_common(ROWS)]


def _windows(sandbox: Sandbox) -> Html:
    if sandbox.limits == "off":
        return tag("p", "Off: nothing is throttled.", class_="none")
    routes = {route.call: route for route in ROUTES}
    spent = sorted(sandbox.spent().items(), key=lambda pair: pair[0][::-1])
    keys = {key for (key, _), _ in spent}
    rows = (
        (
            tag("span", call, *(f" (key {key[:4]})" if len(keys) > 1 else "",)),
            f"{second:,} of {routes[call].burst:,}",
            f"{minute:,} of {routes[call].steady:,}",
        )
        for (key, call), (second, minute) in spent[:ROWS]
    )
    return table("Requests of now", ("Call", "Second", "Minute"), rows, right="Second Minute")


def _profiles(people: Sequence[Profile]) -> Html:
    rows = (
        (
            person(one),
            said(" ".join(str(one.attributes.get(name) or "") for name in FULL_NAME).strip()),
            f"{len(one.events):,}",
            clock(latest(one)),
            said(", ".join(subscribed(one))),
            said(", ".join(one.lists)),
        )
        for one in people[:ROWS]
    )
    heads = ("Profile", "Name", "Events", "Latest (UTC)", "Subscribed", "Lists")
    caption = f"The latest {ROWS}" if len(people) > ROWS else "The latest first"
    return table(caption, heads, rows, right="Events")
