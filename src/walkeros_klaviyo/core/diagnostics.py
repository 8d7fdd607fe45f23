"""What was found, and where?

No drop is silent: whatever the pipeline leaves out carries a code of the table in `codes.py`.
Messages never repeat a value of the event, for it may be personal; they say where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from .codes import CODES as CODES
from .codes import Severity
from .display import Displayed, View
from .display.view import Style, cell, line

SEVERITIES: Final[Mapping[str, Style]] = MappingProxyType({"error": "red", "warning": "yellow"})
"""How each is coloured; what is neither is dim."""


@frozen(slots=False)
class Diagnostic(Displayed):
    """What was found: a code of the table, where, and what about it.

    `path` is a place in the event (`data.total`) or in the configuration
    (`mapping.order.complete.settings.value`).

    >>> Diagnostic("currency.unknown", "data.currency", "no ISO 4217 code").severity
    'warning'
    """

    code: str
    path: str
    message: str

    @property
    def severity(self) -> Severity:
        """How bad: read from the table of codes."""
        return CODES[self.code].severity

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message

    def to_dict(self) -> dict[str, Any]:
        """As the command `plan` prints it."""
        return {
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "severity": self.severity,
        }

    def view(self) -> View:
        """What was found, and below it what to do."""
        named = (f"{self.severity}: {self.code}", SEVERITIES.get(self.severity, "dim"))
        remedy = line(cell(CODES[self.code].remedy, "dim"))
        return View(((named, (f"  {self}", "")),), (remedy,))


Diagnostics = tuple[Diagnostic, ...]
"""`()` where there is nothing to say: shared, and free."""

Notes = list[Diagnostic]
"""What a mapping value appends to while it resolves; a stage turns it into Diagnostics."""
