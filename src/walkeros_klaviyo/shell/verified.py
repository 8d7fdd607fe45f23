"""How is a report shown: to a person, to a program, and beside the code in a pull request?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from walkeros_klaviyo.verify.check import Report
from walkeros_klaviyo.verify.findings import Finding

Line = Callable[[str], int | None]
"""From a place in the configuration to its line in the file, where there is one."""
VERSION = 1
"""Of the JSON report's schema; fields may come in one version, and none go."""


def nowhere(place: str) -> int | None:
    """Of a configuration that is in no file."""
    return None


def as_text(report: Report, config: str, line: Line = nowhere) -> Iterator[str]:
    """Like a good compiler's: what, where, why it costs, an example, what to write instead."""
    for one in report.findings:
        number = line(one.path)
        file = config if number is None else f"{config}:{number}"
        yield f"{one.severity}[{one.code}] {file}: {one.path}"
        yield f"  {one.message}"
        yield f"  why it matters: {one.why}"
        if one.example is not None:
            where = "" if one.example.line is None else f" (line {one.example.line} of the sample)"
            yield f"  for example{where}:"
            for label, value in (("event", one.example.event), ("call", one.example.call)):
                if value is not None:
                    yield f"    {label}: {_shortened(value)}"
        yield f"  instead: {one.advice}"
        yield ""
    for note in report.notes:
        yield f"note: {note}"
    yield _last_line(report, config)


def _last_line(report: Report, config: str) -> str:
    sample = "" if report.events is None else f", {report.events:,} events of the sample"
    looked = f"{report.laws} laws with {report.examples:,} examples each{sample}"
    errors = sum(one.severity == "error" for one in report.findings)
    if report.is_clean:
        return f"{config}: no findings ({looked})"
    counts = _counted(errors, "error"), _counted(len(report.findings) - errors, "warning")
    return f"{config}: {', '.join(counts)} ({looked})"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _shortened(value: Any, most: int = 400) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else f"{text[:most]} …"


def as_json(report: Report, config: str, line: Line = nowhere) -> dict[str, Any]:
    """The report for a program."""
    return {
        "version": VERSION,
        "config": config,
        "clean": report.is_clean,
        "checked": {"laws": report.laws, "examples": report.examples, "events": report.events},
        "notes": list(report.notes),
        "findings": [_row(one, line) for one in report.findings],
    }


def _row(one: Finding, line: Line) -> dict[str, Any]:
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
        "line": line(one.path),
        "message": one.message,
        "why": one.why,
        "remedy": one.advice,
        "example": example,
    }


def as_annotations(report: Report, config: str, line: Line = nowhere) -> Iterator[str]:
    """Workflow commands of GitHub Actions: they show beside the file in a pull request.

    >>> from walkeros_klaviyo.verify.check import Report
    >>> from walkeros_klaviyo.verify.findings import Finding
    >>> one = Finding("metric.near", "mapping.a.b.name", "100% near, so to say")
    >>> next(as_annotations(Report((one,), 0, 0), "shop.toml"))[:60]
    '::error file=shop.toml,title=metric.near mapping.a.b.name::1'
    """
    for one in report.findings:
        title = _escaped(f"{one.code} {one.path}", inside=True)
        stop = "" if one.message.endswith("?") else "."
        text = _escaped(f"{one.message}{stop} {one.why} Instead: {one.advice}")
        number = line(one.path)
        file = _escaped(config, inside=True) + ("" if number is None else f",line={number}")
        yield f"::{one.severity} file={file},title={title}::{text}"
    yield from (f"::notice::{_escaped(note)}" for note in report.notes)


def as_annotation(error: Exception, config: str) -> str:
    """What is no configuration, beside its file."""
    file = _escaped(config, inside=True)
    return f"::error file={file},title=no configuration::{_escaped(str(error))}"


def _escaped(text: str, inside: bool = False) -> str:
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")]
    for sign, code in pairs + ([(":", "%3A"), (",", "%2C")] if inside else []):
        text = text.replace(sign, code)
    return text
