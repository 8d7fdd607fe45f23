"""Which of a sample's losses are findings, and which does another finding say already?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.diagnostics import CODES

from .findings import KINDS, Finding
from .losses import Loss

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
"""What an event may lose, and the end of a sentence about it."""
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
"""Findings that say of the same place what is lost, and better."""


def with_losses(findings: Iterable[Finding], losses: Iterable[Loss]) -> tuple[Finding, ...]:
    """The findings, and what is lost at places of which none of them says so.

    One that says it already is as grave as the loss.
    """
    kept = list(findings)
    grouped: dict[tuple[str, str, str], list[Loss]] = defaultdict(list)
    for row in losses:
        if row.kind is not None:
            grouped[row.kind, row.what, row.path].append(row)
    for (kind, what, path), rows in grouped.items():
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
    """Rows of one place as one finding."""
    rules = {row.where: row for row in rows}
    events = sum(row.events for row in rules.values())
    label = rows[0].rule or "no rule"
    whose = f'that meet "{label}"' if len(rules) == 1 else f"of {len(rules)} rules"
    count = sum(row.count for row in rows)
    codes: dict[str, list[Loss]] = defaultdict(list)
    for row in rows:
        codes[row.code].append(row)
    reasons = ", ".join(
        f"{code} ({sum(row.count for row in some):,}, line {min(row.line for row in some)})"
        for code, some in codes.items()
    )
    most = max(codes, key=lambda code: sum(row.count for row in codes[code]))
    first = min(rows, key=lambda row: row.line)
    message = f"{count:,} of {events:,} events {whose} {SENTENCES[what]}: {reasons}"
    return Finding(kind, path, message, CODES[most].remedy, first.example)
