"""What did the pipeline leave out or question, and where?

Nothing is dropped silently: whatever the pipeline leaves out gets a code from `codes.py`.
Messages never repeat a value from the event, which may be personal; they name its place instead.
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
    """A note about one place: a code from the table, the path, and a message.

    `path` points into the event (`data.total`) or the configuration
    (`mapping.order.complete.settings.value`).

    >>> Diagnostic("currency.unknown", "data.currency", "not an ISO 4217 code").severity
    'warning'
    """

    code: str
    path: str
    message: str

    @property
    def severity(self) -> Severity:
        """The code's severity: `error`, `warning` or `info`."""
        return CODES[self.code].severity

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message

    def to_dict(self) -> dict[str, Any]:
        """The plain JSON that the command `plan` prints."""
        return {
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "severity": self.severity,
        }

    def view(self) -> View:
        """The message, with the remedy below it."""
        named = (f"{self.severity}: {self.code}", SEVERITIES.get(self.severity, "dim"))
        remedy = line(cell(CODES[self.code].remedy, "dim"))
        return View(((named, (f"  {self}", "")),), (remedy,))


Diagnostics = tuple[Diagnostic, ...]
"""`()` where there is nothing to say: shared, and free."""

Notes = list[Diagnostic]
"""What a mapping value appends to while it resolves; a stage turns it into Diagnostics."""
