"""Why was something left out, and how often?"""

from __future__ import annotations

from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic
from walkeros_klaviyo.shell.send.tally import Example, Tally


def note(code: str, path: str = "") -> Diagnostic:
    """A diagnostic with nothing but its code and place."""
    return Diagnostic(code, path, "…")


def test_drops_are_counted_by_what_decided_them() -> None:
    """One row a reason, the most frequent first, each with its first example."""
    tally = Tally()
    tally.add(1, "denied", (note("consent.denied", "consent"),))
    for line in (2, 3):
        found = (note("email.invalid", "user.email"), note("identity.none", "user"))
        tally.add(line, "unidentified", found)
    assert tally.dropped() == [
        ("unidentified", "identity.none", 2, Example(2, "user")),
        ("denied", "consent.denied", 1, Example(1, "consent")),
    ]


def test_what_only_accompanies_is_a_remark() -> None:
    """Of events that went, and of those that did not; counted over both."""
    tally = Tally()
    tally.add(4, "send", (note("email.invalid", "user.email"),))
    tally.add(5, "unidentified", (note("email.invalid", "user.email"), note("identity.none")))
    assert tally.remarks() == [("email.invalid", 2, Example(4, "user.email"))]


def test_an_event_counts_once_however_much_is_said_of_it() -> None:
    """Outcomes are of events, reasons of diagnostics."""
    tally = Tally()
    tally.add(1, "send", (note("currency.unknown"), note("revenue.inexact")))
    tally.add(2, "unchanged", ())
    assert dict(tally.outcomes) == {"send": 1, "unchanged": 1}
    assert tally.dropped() == []


def test_every_error_can_decide_a_refusal() -> None:
    """None of them is lost among the remarks."""
    for code, row in CODES.items():
        tally = Tally()
        tally.add(1, "refused", (note(code),))
        assert bool(tally.dropped()) is (row.severity == "error")
        assert bool(tally.remarks()) is (row.severity != "error")


def test_an_invalid_line_is_a_drop() -> None:
    """Whichever of the reasons it has."""
    for code in ("event.not-json", "event.not-an-object", "event.name", "event.too-deep"):
        tally = Tally()
        tally.add(9, "invalid", (note(code),))
        assert tally.dropped() == [("invalid", code, 1, Example(9, "", "…"))]


def test_memory_does_not_grow_with_the_events() -> None:
    """A million drops make a short table."""
    tally = Tally()
    for line in range(10_000):
        tally.add(line, "denied", (note("consent.denied"),))
    assert (len(tally.reasons), len(tally.examples)) == (1, 1)
