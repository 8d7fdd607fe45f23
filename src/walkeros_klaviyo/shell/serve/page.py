"""What does the status page show the person on call?

What is pending and why, what is dead and why, throughput and lag. People are masked unless the
viewer asks for them, and the number of rows is limited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import inf
from typing import Final

from attrs import frozen

from walkeros_klaviyo.delivery.retry import MAX_CHARGES
from walkeros_klaviyo.pages.bars import bars, ends
from walkeros_klaviyo.pages.html import Html, body, facts, fill, given, join, said, table, tag
from walkeros_klaviyo.shell.send.gauges import Gauges, Standing
from walkeros_klaviyo.shell.store import DAMAGED, Damaged, DeadLetter
from walkeros_klaviyo.shell.store.lag import Lags

from .health import PAGE
from .nobody import masked, people_of
from .watching import Watching

LETTERS: Final = 50
AT_ONCE: Final = 1_000
"""The most dead letters that one click retries or drops, since senders wait meanwhile."""


@frozen
class Seen:
    """The data of the page."""

    standing: Standing
    trouble: str | None
    watching: Watching
    dead: Html
    """The dead letters, rendered."""
    shows_people: bool = False


def render(seen: Seen) -> tuple[Html, str]:
    """The main part of the page, and a sentence for screen readers."""
    gauges = seen.standing.gauges
    counts = gauges.counts
    tiles = [("accepted", counts.accepted), ("delivered", counts.delivered),
             ("pending", counts.pending), ("dead", counts.dead), ("invalid", counts.invalid),
             *sorted(counts.not_sent.items())]  # fmt: skip
    why = f"Takes events, but nothing goes out: {seen.trouble}."
    main = fill(
        __package__,
        "status.html",
        path=PAGE,
        trouble=tag("p", why, class_="note bad") if seen.trouble else "",
        tiles=facts(((name, f"{count:,}") for name, count in tiles), "tiles"),
        flow=_flow(seen.watching),
        pending=_pending(seen),
        waits=_waits(gauges),
        stuck=_stuck(seen),
        lag=_lag(gauges.lags, gauges.oldest_age),
        pace=table("Requests of the last minute", ("Call", "Requests", "Most"), (
            (name, f"{used:,}", "any" if most is None else f"{most:,}")
            for name, (used, most) in gauges.paces.items() if used
        ), right="Requests Most"),
        checked=given(checked=seen.shows_people),
        dead=seen.dead,
    )  # fmt: skip
    return main, f"{counts.pending:,} pending, {counts.dead:,} dead"


def long(seconds: float) -> str:
    """A duration for display.

    >>> [long(one) for one in (0.25, 42, 600, 90_000)]
    ['0.2 s', '42 s', '10 min', '25 h']
    """
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"


def _name(seen: Seen | Dead, text: str) -> str:
    return text if seen.shows_people else masked(text)


def _flow(watching: Watching) -> Html:
    rates = list(watching.rates)
    if not rates:
        return tag("p", "It is measured while this page is open.", class_="none")
    told = f"Delivered events a second, over {long(watching.seconds)}"
    most = f"At most {max(out for _, out in rates):,.1f} a second."
    drawn = bars("flow", told, most, [(out, f"{out:,.1f} a second") for _, out in rates])
    now = facts(
        (name, f"{rate:,.1f} a second")
        for name, rate in zip(("Accepted", "Delivered"), rates[-1], strict=True)
    )
    return join((now, tag("figure", drawn, ends(f"{long(watching.seconds)} ago", "now"))))


def _lag(lags: Lags, oldest: float) -> Html:
    total = lags.cumulative[-1][1]
    known = [("The oldest waits", f"for {long(oldest)}" if oldest else "no call waits")]
    if total:
        known += [(f"{part:.0%} took at most", _within(lags, part)) for part in (0.5, 0.9, 0.99)]
        known.append(("On average", long(lags.seconds / total)))
    return facts([*known, ("Delivered", f"{total:,} since it was started")])


def _within(lags: Lags, part: float) -> str:
    """The time within which this share of events was delivered, to the precision of the buckets."""
    total = lags.cumulative[-1][1]
    end = next(end for end, count in lags.cumulative if count >= part * total)
    return "more than a day" if end == inf else long(end)


def _pending(seen: Seen) -> Html:
    if not seen.standing.pending:
        return tag("p", "Nothing.", class_="none")
    rows = ((said(_name(seen, name)), f"{count:,}") for name, count in seen.standing.pending)
    return table("Events, by metric", ("Metric", "Events"), rows, right="Events")


def _waits(gauges: Gauges) -> Html:
    if not gauges.waits:
        return Html()
    heads = ("Call", "Calls", "For", "Yet", "Last failure")
    rows = (
        (one.endpoint, f"{one.items:,}", one.reason,
         "" if one.seconds is None else long(one.seconds), said(masked(one.trouble)))
        for one in gauges.waits
    )  # fmt: skip
    return table("Calls, and what they wait for", heads, rows, right="Calls")


def _stuck(seen: Seen) -> Html:
    heads = ("Number", "Metric", "Patience used")
    rows = (
        (one.id, said(_name(seen, one.metric)), f"{one.tries} of {MAX_CHARGES}")
        for one in seen.standing.stuck
    )
    title = "Failed while others got through"
    return table(title, heads, rows) if seen.standing.stuck else Html()


@frozen
class Dead:
    """How to render dead letters."""

    token: str
    """The CSRF token, which each form includes."""
    shows_people: bool


def dead_letters(standing: Standing, seen: Dead) -> Html:
    """The first dead letters with buttons to retry or drop; slow for large bodies."""
    letters, count = standing.letters, standing.dead_calls
    if not letters:
        return tag("p", "None.", class_="none")
    codes = sorted({_code(one) for one in letters})
    of_code = (
        tag("div", tag("code", one), *_forms(seen, one != DAMAGED, "all of this code", code=one))
        for one in codes
    )
    all_of = f"{count:,} in all"
    shown = all_of if count == len(letters) else f"The first {len(letters)}, {all_of}."
    lines = tag("ol", *(_line(seen, one) for one in letters), class_="rows", role="list")
    return join((*of_code, tag("p", shown, class_="about"), lines))


def _code(one: DeadLetter | Damaged) -> str:
    return DAMAGED if isinstance(one, Damaged) else one.letter.code


def _line(seen: Dead, one: DeadLetter | Damaged) -> Html:
    can_be_retried = not isinstance(one, Damaged) and one.can_be_retried
    forms = tag("span", *_forms(seen, can_be_retried, f"{one.id}", number=one.id), class_="end")
    if isinstance(one, Damaged):
        head, why = tag("span", f"{one.id} · damaged"), join([tag("code", DAMAGED)])
    else:
        letter = one.letter
        died = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        name = said(_name(seen, letter.metric or "(profile)"))
        head, why = tag("span", f"{one.id} · ", name, f" · {died}"), join(_why(seen, one))
    return tag("li", head, forms, tag("div", why, class_="wide"), id=f"d{one.id}")


def _why(seen: Dead, one: DeadLetter) -> Iterator[Html]:
    letter = one.letter
    yield tag("span", letter.status or "not sent", " ", tag("code", letter.code))
    people = () if seen.shows_people else people_of(letter, one.body)
    for text in (letter.detail, letter.pointer):
        yield tag("span", said(text if seen.shows_people else masked(text, people), 1_000))
    if seen.shows_people:
        yield tag("details", tag("summary", "What was to be sent"), body(one.body or b""))
        yield tag("details", tag("summary", "The walkerOS event"), body(letter.origin.raw))


def _forms(seen: Dead, can_be_retried: bool, whom: str, **chosen: object) -> Iterator[Html]:
    """Buttons that retry or drop, labelled for screen readers."""
    for what in ("retry", "drop") if can_be_retried else ("drop",):
        yield Html(" ")
        yield _form(seen, what, whom, chosen)


def _form(seen: Dead, what: str, whom: str, chosen: Mapping[str, object]) -> Html:
    shows = {"people": "show"} if seen.shows_people else {}
    fields = {"token": seen.token, "what": what, **shows, **chosen}
    hidden = (tag("input", type="hidden", name=name, value=one) for name, one in fields.items())
    sure = f"Drop {whom} for good? What it holds is not sent." if what == "drop" else None
    does = f"{what.capitalize()} {whom}"
    button = tag("button", does)
    return tag("form", *hidden, button, method="post", action=PAGE, data_confirm=sure)
