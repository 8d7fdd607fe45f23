"""Why was something left out, and how often?

Counts by outcome and code, with one example each, so that a million drops make a short table.
No values of events are kept, only line numbers and paths.
"""

from __future__ import annotations

from collections import Counter

from attrs import Factory, define, frozen

from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic, Diagnostics

Reason = tuple[str, str]
"""An outcome and a diagnostic's code."""


@frozen
class Example:
    """The first line with a diagnostic."""

    line: int
    path: str
    why: str = ""
    """Why it is not an event; such a message quotes no values."""


@define
class Tally:
    """Counts the outcomes and diagnostics of any number of events in bounded memory.

    >>> tally = Tally()
    >>> tally.add(7, "denied", (Diagnostic("consent.denied", "consent", "needs marketing"),))
    >>> tally.dropped()
    [('denied', 'consent.denied', 1, Example(line=7, path='consent', why=''))]
    """

    outcomes: Counter[str] = Factory(Counter)
    reasons: Counter[Reason] = Factory(Counter)
    examples: dict[Reason, Example] = Factory(dict)

    def add(self, line: int, outcome: str, diagnostics: Diagnostics) -> None:
        """Count one event."""
        self.outcomes[outcome] += 1
        for one in diagnostics:
            self.note(line, outcome, one)

    def note(self, line: int, outcome: str, one: Diagnostic) -> None:
        """Count a further diagnostic of an event already counted."""
        reason = (outcome, one.code)
        self.reasons[reason] += 1
        if reason not in self.examples:
            why = one.message if outcome == "invalid" else ""
            self.examples[reason] = Example(line, one.path, why)

    def dropped(self) -> list[tuple[str, str, int, Example]]:
        """Why events were not sent: (outcome, code, count, example) for each deciding reason."""
        return [
            (outcome, code, count, self.examples[outcome, code])
            for (outcome, code), count in self.reasons.most_common()
            if outcome != "send" and code in _DECIDING.get(outcome, ())
        ]

    def remarks(self) -> list[tuple[str, int, Example]]:
        """What was left out of events that were sent, or would be: (code, count, example)."""
        counts: Counter[str] = Counter()
        examples: dict[str, Example] = {}
        for (outcome, code), count in self.reasons.items():
            if code not in _DECIDING.get(outcome, ()):
                counts[code] += count
                examples.setdefault(code, self.examples[outcome, code])
        return [(code, count, examples[code]) for code, count in counts.most_common()]


_DECIDING = {
    "denied": ("consent.denied",),
    "ignored": ("rule.ignored", "destination.disabled"),
    "unidentified": ("identity.none",),
    "unchanged": (),
    "invalid": tuple(code for code in CODES if code.startswith("event.")),
    "refused": tuple(code for code, row in CODES.items() if row.severity == "error"),
}
"""The codes that decide an outcome; others only accompany it."""
