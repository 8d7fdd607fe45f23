"""What is a person told at the end? The rendered text, as they see it."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

from rich.console import Console

from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic
from walkeros_klaviyo.shell.send.tally import Tally
from walkeros_klaviyo.shell.show.report import (
    arrived_table,
    console,
    dropped_table,
    letters_table,
    metrics_table,
    outcomes_table,
    profiles_line,
    remarks_table,
)
from walkeros_klaviyo.shell.show.table import Parts, table_of
from walkeros_klaviyo.shell.store.counts import Counts
from walkeros_klaviyo.shell.store.letter import Letter, Origin


def shown(table: Any) -> list[str]:
    """A table's lines as printed, blanks squeezed."""
    out = io.StringIO()
    Console(file=out, width=120, highlight=False).print(table)
    return [" ".join(line.split()) for line in out.getvalue().splitlines() if line.strip(" ─")]


def letter(**changes: Any) -> Letter:
    """A dead letter of line 3."""
    origin = Origin(3, "e3", b'{"user": {"email": "ada@example.com"}}')
    usual = {
        "origin": origin,
        "call": "events.create_event",
        "metric": "Placed Order",
        "status": 400,
        "code": "invalid",
        "detail": "'ada@example.com' is not a valid email",
        "pointer": "/data/attributes/profile",
    }
    return Letter(**{**usual, **changes})


def test_what_became_of_the_lines_adds_up() -> None:
    """accepted = delivered + pending + dead + the rest, and the zeros are left out."""
    counts = Counts(1_234, 1_000, 4, Counter(denied=200, ignored=20), invalid=7)
    assert shown(outcomes_table(counts, 10)) == [
        "What became of the lines",
        "lines",
        "accepted 1,234",
        "delivered 1,000",
        "pending 10",
        "dead 4",
        "denied 200",
        "ignored 20",
        "invalid 7",
    ]
    assert shown(outcomes_table(Counts(), 0))[2:] == ["accepted 0", "delivered 0"]
    assert shown(outcomes_table(Counts(5, 9), 2))[2:] == [
        "accepted 5",
        "waiting from before 6",
        "delivered 9",
        "pending 2",
    ]


def test_the_metrics_add_up_too() -> None:
    """What waits is counted of all that was ever accepted, the rest since the last summary."""
    ever = {
        "Placed Order": Counter({"accepted": 30, "delivered": 20, "dead": 3, "left out": 2}),
        "page view": Counter(accepted=4, delivered=4),
        "old": Counter(accepted=9, delivered=9),
    }
    news = {
        "Placed Order": Counter(accepted=7, delivered=4, dead=1),
        "page view": ever["page view"],
    }
    assert shown(metrics_table(news, ever)) == [
        "Events sent, by metric",
        "metric accepted delivered pending dead",
        "Placed Order 7 4 5 1",
        "page view 4 4 0 0",
    ]
    assert metrics_table({}, {"old": ever["old"]}) is None


def test_revenue_is_shown_per_metric_and_currency() -> None:
    """Sums of unlike money are none; a value without a currency is told as such."""
    rows: list[dict[str, Any]] = [
        {"metric": "Placed Order", "value": 1_000.5, "value_currency": "EUR"},
        {"metric": "Placed Order", "value": 0.25, "value_currency": "EUR"},
        {"metric": "Placed Order", "value": 7.0, "value_currency": "USD"},
        {"metric": "Placed Order", "value": 0.0},
        {"metric": "page view"},
    ]
    assert shown(arrived_table(rows)) == [
        "What arrived, per metric",
        "metric events revenue",
        "Placed Order 4 1,000.75 EUR, 7.00 USD, 0.00 no currency",
        "page view 1",
    ]


def test_every_drop_has_its_reason_place_and_meaning() -> None:
    """The table's own words for the code; for what is not an event, what is wrong with it."""
    tally = Tally()
    tally.add(12, "denied", (Diagnostic("consent.denied", "consent", "…"),))
    tally.add(13, "invalid", (Diagnostic("event.not-json", "", "not JSON: it ends at column 7"),))
    text = shown(dropped_table(tally))
    assert text[:2] == [
        "What did not go out, and why",
        "events reason for example, and what it means",
    ]
    assert text[2] == "1 invalid event.not-json line 13: not JSON: it ends at column 7"
    told = "1 denied consent.denied line 12, consent: The event does not grant"
    assert any(line.startswith(told) for line in text), "errors stand above what is meant"


def test_a_remark_says_what_to_do() -> None:
    """Its remedy, for the events went all the same."""
    tally = Tally()
    tally.add(5, "send", (Diagnostic("currency.unknown", "data.currency", "…"),))
    text = shown(remarks_table(tally))
    assert text[0] == "Worth a look"
    assert text[2] == (
        f"1 currency.unknown line 5, data.currency: {CODES['currency.unknown'].remedy}"
    )


def test_dead_letters_show_no_word_of_the_event() -> None:
    """Klaviyo's own sentence may repeat an address: the place is enough."""
    text = "\n".join(shown(letters_table([letter(), letter(status=None, call=None, pointer="")])))
    assert "ada" not in text
    assert "3 Placed Order 400 invalid /profile" in text
    assert "3 Placed Order not sent invalid" in text


def test_empty_tables_are_left_out() -> None:
    """Nothing to say is nothing said."""
    assert dropped_table(Tally()) is None
    assert remarks_table(Tally()) is None
    assert letters_table([]) is None


def test_the_profiles_line_counts_what_the_diff_saved() -> None:
    """And names refusals only where there are any."""
    counts = Counts(upserts=5, saved=1_950)
    assert profiles_line(counts) == (
        "5 profile upserts sent, 1,950 saved by the diff (nothing new in them)"
    )
    counts.dead_upserts = 2
    assert profiles_line(counts, 50).startswith("50 profiles; 5 profile upserts sent, 2 refused, ")


def test_no_colour_goes_into_a_pipe() -> None:
    """And its lines are not cut to a terminal's width."""
    assert (console().is_terminal, console().width) == (False, 120)
    assert console(stderr=True).stderr


def test_markup_in_an_events_words_is_only_text() -> None:
    """A metric named like rich's markup must not paint the report."""
    rows = [{"metric": "[bold red]Sale[/bold red]"}]
    assert "[bold red]Sale[/bold red] 1" in shown(arrived_table(rows))


def test_amounts_are_not_broken_where_a_line_ends() -> None:
    """As many as there is room for, however narrow; and nothing is lost."""
    amounts = tuple(f"{number},000.00 EUR" for number in range(10, 30))
    for width in (40, 47, 80, 200):
        out = io.StringIO()
        table = table_of("Revenue", ("metric", "revenue"), [("Placed Order", Parts(amounts))])
        Console(file=out, width=width).print(table)
        text = out.getvalue()
        assert max(map(len, text.splitlines())) <= width
        assert [text.count(one) for one in amounts] == [1] * len(amounts)


def test_what_looks_like_an_end_of_markup_ends_nothing() -> None:
    """Nor may it break the report after a long run."""
    tally = Tally()
    tally.add(1, "send", (Diagnostic("currency.unknown", "data.[/red].x", "…"),))
    assert any("data.[/red].x" in line for line in shown(remarks_table(tally)))
    text = shown(letters_table([letter(pointer="", metric="[/x] Sale", code="[bold]")]))
    assert "3 [/x] Sale 400 [bold]" in text
