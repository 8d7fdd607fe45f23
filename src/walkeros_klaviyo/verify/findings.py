"""What is wrong with this configuration, and where?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from attrs import field, frozen

from walkeros_klaviyo.core.diagnostics import SEVERITIES
from walkeros_klaviyo.core.display import Displayed, View
from walkeros_klaviyo.core.display.view import cell, clipped, line

from .kinds import KINDS as KINDS
from .kinds import Severity

LONGEST: Final = 400
"""The most characters shown of an example, and of a message."""


@frozen
class Example:
    """An event that shows a finding, shrunk to its essence, and the call that it would make."""

    event: Any
    call: Any = None
    line: int | None = None
    """The event's line, if it is from the sample."""


@frozen
class Finding(Displayed):
    """Something to change before the configuration goes live.

    `path` is the place in the configuration, `message` says what is wrong, `remedy` what to write.

    >>> found = Finding("metric.near", "mapping.order.complete.name", "…", 'name = "Placed Order"')
    >>> found.severity, found.why[:40]
    ('error', 'Metric names are case-sensitive at Klavi')
    """

    code: str
    path: str
    message: str
    remedy: str = ""
    example: Example | None = field(default=None, repr=False)
    is_grave: bool = False
    """Raised to an error, though its kind is a warning, because the sample shows its cost."""

    @property
    def severity(self) -> Severity:
        """Errors cost events, revenue or privacy; warnings deserve a look."""
        return "error" if self.is_grave else KINDS[self.code].severity

    @property
    def why(self) -> str:
        """Why it matters."""
        return KINDS[self.code].why

    @property
    def advice(self) -> str:
        """What to do: specific to this finding, else in general."""
        return self.remedy or KINDS[self.code].remedy

    def view(self) -> View:
        """What is wrong and where, with why it matters, the example and the remedy below."""
        example = self.example or Example(None)
        shows = (("event", example.event), ("call", example.call))
        rows = [
            line("why", self.why),
            *(line(name, clipped(repr(one), LONGEST)) for name, one in shows if one is not None),
            line("instead", self.advice),
        ]
        named = cell(f"{self.severity}: {self.code}", SEVERITIES.get(self.severity, "dim"))
        message = line(clipped(self.message, LONGEST))
        return View((named, cell(self.path, "bold")), (message, *rows))


def split_off(
    findings: Iterable[Finding], known: Iterable[str]
) -> tuple[tuple[Finding, ...], tuple[str, ...], tuple[str, ...]]:
    """Split off known findings; returns (new ones, known ones, known entries that no longer occur).

    `known` holds codes or `code:path` of findings that were reviewed and are intended.

    >>> near = Finding("metric.near", "mapping.order.place.name", "…")
    >>> split_off([near], ["metric.near:mapping.order.place.name", "rule.unmet"])
    ((), ('metric.near:mapping.order.place.name',), ('rule.unmet',))
    """
    found, wanted = tuple(findings), tuple(known)
    names = [(one.code, f"{one.code}:{one.path}") for one in found]
    kept = tuple(
        one for one, forms in zip(found, names, strict=True) if not set(forms) & set(wanted)
    )
    said = tuple(place for code, place in names if {code, place} & set(wanted))
    there = {form for forms in names for form in forms}
    return kept, said, tuple(one for one in wanted if one not in there)


def tidy(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each fault once, at its most exact place; errors first, then by place."""
    first: dict[tuple[str, str], Finding] = {}
    for one in findings:
        known = first.setdefault((one.code, one.path), one)
        if known.message == one.message and known.example is None and one.example is not None:
            # With a sample, the remedy names a path that exists.
            first[one.code, one.path] = one
    kept = [one for one in first.values() if not _is_said(one, first)]
    return in_order(kept)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by place."""
    return tuple(sorted(findings, key=lambda one: (one.severity != "error", one.path, one.code)))


def _is_said(one: Finding, found: dict[tuple[str, str], Finding]) -> bool:
    better = KINDS[one.code].unless
    return any(
        ((code == one.code or code in better) and path.startswith((f"{one.path}[", f"{one.path}.")))
        or (code in better and path == one.path)
        for code, path in found
    )
