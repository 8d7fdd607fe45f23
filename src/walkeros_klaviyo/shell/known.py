"""Which findings are meant, and need not be said again?

Those of `--known`, and of `verify.known` in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.faults import Fault
from walkeros_klaviyo.verify.check import Report
from walkeros_klaviyo.verify.findings import KINDS, split_off

from .config import FileError


def unknown_kinds(known: Iterable[str]) -> tuple[str, ...]:
    """Which of the findings that are meant are of no kind that there is.

    >>> unknown_kinds(["metric.near", "metric.naer:mapping.order.complete.name"])
    ('metric.naer:mapping.order.complete.name',)
    """
    return tuple(one for one in known if one.partition(":")[0] not in KINDS)


def check_known(config: Config, path: str) -> None:
    """Raise FileError where the configuration means findings of no kind that there is."""
    message = "no kind of finding; write CODE or CODE:PATH"
    faults = [Fault("verify.known", f"{one}: {message}") for one in unknown_kinds(config.known)]
    if faults:
        raise FileError(path, faults)


def without_known(report: Report, known: Iterable[str], notes: Iterable[str] = ()) -> Report:
    """The report without the findings that are meant; it says so, and what is there no more."""
    findings, meant, gone = split_off(report.findings, known)
    said = (*report.notes, *notes, *(f"{one} is known, and left out" for one in meant))
    said += tuple(f"{one} is known, and no such finding is there; leave it out" for one in gone)
    return evolve(report, findings=findings, notes=said)
