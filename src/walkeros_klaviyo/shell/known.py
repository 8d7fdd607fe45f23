"""Which findings are intended, and need not be reported?

Those listed by `--known`, and by `verify.known` in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.faults import Fault
from walkeros_klaviyo.verify.check import Report
from walkeros_klaviyo.verify.findings import KINDS, split_off

from .config import error_of


def unknown_kinds(known: Iterable[str]) -> tuple[str, ...]:
    """The intended findings whose kind does not exist.

    >>> unknown_kinds(["metric.near", "metric.naer:mapping.order.complete.name"])
    ('metric.naer:mapping.order.complete.name',)
    """
    return tuple(one for one in known if one.partition(":")[0] not in KINDS)


def check_known(config: Config, path: str) -> None:
    """Raise FileError if the configuration lists a finding whose kind does not exist."""
    message = "no kind of finding; write CODE or CODE:PATH"
    faults = [Fault("verify.known", f"{one}: {message}") for one in unknown_kinds(config.known)]
    if faults:
        raise error_of(path, tuple(faults))


def without_known(report: Report, known: Iterable[str], notes: Iterable[str] = ()) -> Report:
    """The report without intended findings; it notes them, and those that no longer occur."""
    findings, meant, gone = split_off(report.findings, known)
    said = (*report.notes, *notes, *(f"{one} is known, and left out" for one in meant))
    said += tuple(f"{one} is known, and no such finding is there; leave it out" for one in gone)
    return evolve(report, findings=findings, notes=said)
