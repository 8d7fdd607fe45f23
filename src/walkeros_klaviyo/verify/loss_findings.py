"""Which losses of a sample are findings, and which are covered by another finding?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.diagnostics import CODES

from .findings import KINDS, Finding
from .losses import Loss
from .questions.counted import grouped

SENTENCES: Final = MappingProxyType(
    {
        "refused": "would be refused",
        "denied": "are denied",
        "ignored": "are ignored",
        "unidentified": "have no identifier and are not sent",
        "revenue": "are sent without their amount",
        "currency": "are sent without a currency",
        "unique_id": "have nothing usable as unique_id, and are sent under the event's own id",
        "identifier": "lose an identifier, and are sent under another one",
        "trait": "lose a trait",
        "value": "lose a mapped value",
    }
)
"""From what an event may lose to the end of a sentence about it."""
SAID: Final = MappingProxyType(
    {
        "refused": ("klaviyo.refuses", "event.kept-back"),
        "unidentified": ("identity.nobody",),
        "denied": ("consent.never",),
        "revenue": ("revenue.type", "path.unknown"),
        "currency": ("revenue.currency", "path.unknown"),
        "unique_id": ("path.unknown", "mapping.useless"),
        "identifier": ("identifier.type",),
        "trait": ("trait.type",),
        "value": ("mapping.useless", "path.unknown"),
    }
)
"""Kinds that explain a loss at the same place better."""


def with_losses(findings: Iterable[Finding], losses: Iterable[Loss]) -> tuple[Finding, ...]:
    """The findings, plus losses at places that none of them covers.

    A finding that covers a loss becomes as severe as the loss.
    """
    kept = list(findings)
    wanted = (((row.kind, row.what, row.path), row) for row in losses)
    for (kind, what, path), rows in grouped(wanted).items():
        if kind is None:
            continue
        said = [at for at, one in enumerate(kept) if _says(one, what, path)]
        for at in said:
            is_grave = kept[at].is_grave or KINDS[kind].severity == "error"
            kept[at] = evolve(kept[at], is_grave=is_grave)
        if not said:
            kept.append(_finding(kind, what, path, rows))
    return tuple(kept)


def _says(one: Finding, what: str, path: str) -> bool:
    inside = f"{one.path}.".startswith((f"{path}.", f"{path}["))
    around = f"{path}.".startswith((f"{one.path}.", f"{one.path}["))
    return one.code in SAID.get(what, ()) and (inside or around)


def _finding(kind: str, what: str, path: str, rows: Sequence[Loss]) -> Finding:
    """The rows of one place as one finding."""
    rules = {row.where: row for row in rows}
    events = sum(row.events for row in rules.values())
    whose = f'that meet "{rows[0].rule or "no rule"}"'
    whose = whose if len(rules) == 1 else f"of {len(rules)} rules"
    by_code = grouped((row.code, row) for row in rows)
    counts = {code: sum(row.count for row in some) for code, some in by_code.items()}
    reasons = ", ".join(
        f"{code} ({counts[code]:,}, line {min(row.line for row in some)})"
        for code, some in by_code.items()
    )
    most, first = max(counts, key=lambda code: counts[code]), min(rows, key=lambda row: row.line)
    lost = f"{sum(counts.values()):,} of {events:,} events {whose} {SENTENCES[what]}"
    return Finding(kind, path, f"{lost}: {reasons}", CODES[most].remedy, first.example)
