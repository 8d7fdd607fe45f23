"""How is a report of `verify` shown to people, to programs, and in a pull request?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from walkeros_klaviyo.core.faults import Fault
from walkeros_klaviyo.shell.config import FileError, Place, PlaceOf, places_of_faults
from walkeros_klaviyo.verify.check import Report
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.losses import Loss

from .table import wrapped

VERSION = 1
"""The version of the JSON report; within one version, fields may be added but not removed."""


def as_text(report: Report, config: str, place_of: PlaceOf) -> Iterator[str]:
    """Like a good compiler: what, where, why it matters, an example, what to write instead."""
    for one in report.findings:
        file, line = place_of(one.path)
        at = file if line is None else f"{file}:{line}"
        yield f"{one.severity}[{one.code}] {at}: {one.path}"
        yield from wrapped(one.message, "  ")
        yield from wrapped(one.why, "  why it matters: ")
        if one.example is not None:
            where = "" if one.example.line is None else f" (line {one.example.line} of the sample)"
            yield f"  for example{where}:"
            for label, value in (("event", one.example.event), ("call", one.example.call)):
                if value is not None:
                    yield f"    {label}: {_shortened(value)}"
        yield f"  instead: {one.advice}"
        yield ""
    yield from _table(report.losses)
    for note in report.notes:
        yield from wrapped(note, "note: ")
    yield _last_line(report, config)


def _table(losses: Sequence[Loss]) -> Iterator[str]:
    """A row for each rule, code and place, errors first; the place is last as it may be long."""
    if not losses:
        return
    yield "What the events of the sample lose:"
    yield _aligned("count", "lost", "code", "severity", "line", "place")
    groups = [
        (group, sorted(rows, key=_rank))
        for group, rows in groupby(losses, attrgetter("where", "rule", "events"))
    ]
    for (where, rule, events), rows in sorted(groups, key=lambda group: _rank(group[1][0])):
        yield f"  {rule or '(no rule)'}: {_counted(events, 'event')}"
        for row in rows:
            place = "" if row.path == where else row.path.removeprefix(f"{where}.")
            cells = (row.what, row.code, row.severity or "", f"{row.line:,}", place)
            yield _aligned(f"{row.count:,}", *cells)
    yield ""


def _rank(row: Loss) -> int:
    """Sort key: errors, then warnings, then drops that visitors or the configuration asked for."""
    return ("error", "warning", None).index(row.severity)


def _aligned(count: str, what: str, code: str, severity: str, line: str, place: str) -> str:
    """A row in which codes stay whole at 80 columns."""
    text = f"  {count:>5} {what:<12} {code:<24} {severity:<8} {line:>6} {place}"
    return text.rstrip()


def _last_line(report: Report, config: str) -> str:
    sample = "" if report.events is None else f", {report.events:,} events of the sample"
    looked = f"{report.laws} laws with {report.examples:,} examples each{sample}"
    if report.is_clean:
        return f"{config}: no findings ({looked})"
    warnings = len(report.findings) - report.errors
    counts = _counted(report.errors, "error"), _counted(warnings, "warning")
    return f"{config}: {', '.join(counts)} ({looked})"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _shortened(value: Any, most: int = 400) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else f"{text[:most]} …"


def as_json(report: Report, config: str, place_of: PlaceOf) -> dict[str, Any]:
    """The report for a program."""
    return {
        "version": VERSION,
        "config": config,
        "clean": report.is_clean,
        "checked": {"laws": report.laws, "examples": report.examples, "events": report.events},
        "notes": list(report.notes),
        "findings": [_row(one, *place_of(one.path)) for one in report.findings],
        "losses": [
            {name: getattr(row, name) for name in (*LOSS, "severity", "line")}
            for row in report.losses
        ],
        "faults": [],
    }


LOSS = ("rule", "events", "what", "code", "path", "count")


def _row(one: Finding, file: str, line: int | None) -> dict[str, Any]:
    example = None
    if one.example is not None:
        example = {
            "event": one.example.event,
            "call": one.example.call,
            "line": one.example.line,
        }
    return {
        "code": one.code,
        "severity": one.severity,
        "path": one.path,
        "file": file,
        "line": line,
        "message": one.message,
        "why": one.why,
        "remedy": one.advice,
        "example": example,
    }


def as_annotations(report: Report, config: str, place_of: PlaceOf) -> Iterator[str]:
    """Workflow commands of GitHub Actions, which are shown beside the file in a pull request.

    >>> from walkeros_klaviyo.verify.check import Report
    >>> from walkeros_klaviyo.verify.findings import Finding
    >>> one = Finding("metric.near", "mapping.a.b.name", "100% near, so to say")
    >>> next(as_annotations(Report((one,), 0, 0), "", lambda path: ("shop.toml", 7)))[:54]
    '::error file=shop.toml,line=7,title=metric.near mappin'
    """
    for one in report.findings:
        stop = "" if one.message.endswith("?") else "."
        text = f"{one.message}{stop} {one.why} Instead: {one.advice}"
        title = f"{one.code} {one.path}"
        yield _annotation(one.severity, *place_of(one.path), title, text)
    yield from (f"::notice::{_escaped(note)}" for note in report.notes)


def faults_as_json(error: FileError, config: str) -> dict[str, Any]:
    """Configuration faults in the shape of a report; nothing further was checked."""
    report = as_json(Report((), 0, 0), config, lambda path: (config, None))
    faults = [
        {"path": one.path, "file": file, "line": line, "message": one.message}
        for one, (file, line) in _placed(error)
    ]
    return {**report, "clean": False, "faults": faults}


def faults_as_annotations(error: FileError) -> Iterator[str]:
    """Configuration faults as annotations, each beside its line."""
    for one, (file, line) in _placed(error):
        text = f"{one.path}  {one.message}" if one.path else one.message
        yield _annotation("error", file, line, "no configuration", text)


def _placed(error: FileError) -> Iterator[tuple[Fault, Place]]:
    place_of = places_of_faults(error)
    return ((one, place_of(one)) for one in error.faults)


def _annotation(severity: str, file: str, line: int | None, title: str, text: str) -> str:
    file = _escaped(file, inside=True) + ("" if line is None else f",line={line}")
    return f"::{severity} file={file},title={_escaped(title, inside=True)}::{_escaped(text)}"


def _escaped(text: str, inside: bool = False) -> str:
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")]
    for sign, code in pairs + ([(":", "%3A"), (",", "%2C")] if inside else []):
        text = text.replace(sign, code)
    return text
