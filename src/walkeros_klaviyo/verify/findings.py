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
"""Characters of an example that are shown, and of a message."""


@frozen
class Example:
    """What shows it: an event, shrunk to its essence, and the call that it would make."""

    event: Any
    call: Any = None
    line: int | None = None
    """Its line in the sample, where it stands there."""


@frozen
class Finding(Displayed):
    """Something that should be changed before the configuration goes live.

    `path` is the place in the configuration, `message` what is wrong there, `remedy` what to
    write instead.

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
    """An error, though its kind is only a warning: the sample shows what it costs."""

    @property
    def severity(self) -> Severity:
        """Errors cost events, revenue or privacy; warnings are worth a look."""
        return "error" if self.is_grave else KINDS[self.code].severity

    @property
    def why(self) -> str:
        """What it costs."""
        return KINDS[self.code].why

    @property
    def advice(self) -> str:
        """What to do: for this one, or in general."""
        return self.remedy or KINDS[self.code].remedy

    def view(self) -> View:
        """What is wrong and where; below, what it costs, what shows it, and what to write."""
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
    """The findings that are not known, those that are, and what is known and not there any more.

    `known` are codes or `code:path`, of findings that were looked at and are meant.

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
    """Each fault once, at its most exact place; errors first, then by their place."""
    first: dict[tuple[str, str], Finding] = {}
    for one in findings:
        known = first.setdefault((one.code, one.path), one)
        if known.message == one.message and known.example is None and one.example is not None:
            # With a sample at hand the remedy names a path that is there.
            first[one.code, one.path] = one
    kept = [one for one in first.values() if not _is_said(one, first)]
    return in_order(kept)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by their place."""
    return tuple(sorted(findings, key=lambda one: (one.severity != "error", one.path, one.code)))


def _is_said(one: Finding, found: dict[tuple[str, str], Finding]) -> bool:
    better = KINDS[one.code].unless
    return any(
        ((code == one.code or code in better) and path.startswith((f"{one.path}[", f"{one.path}.")))
        or (code in better and path == one.path)
        for code, path in found
    )
