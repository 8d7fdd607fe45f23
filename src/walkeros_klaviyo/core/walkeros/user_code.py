"""What happens when a function in the configuration raises?

`condition`, `fn` and `validate` are Python callables `(value, event) -> …`. One that raises yields
nothing, with a diagnostic that names only the exception's type: messages may hold personal data.
A rule whose condition raises holds its event back (`rule.match_rule`). This covers `sys.exit()`,
which would end a run as if all were done, but not Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Notes
from walkeros_klaviyo.core.faults import Findings, is_function

from .event import Event, kind_of
from .path import ABSENT


@frozen
class UserCode:
    """A user's function, and its place in the configuration."""

    where: str
    fn: Callable[[Any, Event], Any]

    def __call__(self, value: Any, event: Event, notes: Notes) -> Any:
        """Call the function; ABSENT if it raises.

        >>> notes = []
        >>> UserCode("fn", lambda value, event: 1 / 0)(1, {}, notes)
        ABSENT
        >>> notes[0].message
        'raised ZeroDivisionError'
        """
        return self._ask(value, event, notes, lambda found: found)

    def holds(self, value: Any, event: Event, notes: Notes) -> bool:
        """Call the function as a test; an exception counts as false, even one raised by `bool()`.

        >>> UserCode("condition", lambda value, event: "yes").holds(1, {}, [])
        True
        """
        return self._ask(value, event, notes, bool) is True

    def _ask(self, value: Any, event: Event, notes: Notes, read: Callable[[Any], Any]) -> Any:
        try:
            return read(self.fn(None if value is ABSENT else value, event))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # user code may raise anything
            notes.append(Diagnostic("value.raised", self.where, f"raised {type(error).__name__}"))
            return ABSENT


def parse_code(raw: Any, where: str, findings: Findings) -> UserCode | None:
    """Read a user's function; None where there is none."""
    if raw is None:
        return None
    if not callable(raw):
        findings.fault(where, _refusal(raw))
        return None
    return UserCode(findings.placed(where), raw)


def _refusal(raw: Any) -> str:
    if isinstance(raw, str) and raw.startswith("$code:"):
        return "$code: is JavaScript and cannot run here; write the function in Python"
    if isinstance(raw, str) and raw.startswith("$py:"):
        return "$py: names code to run; allow it with --allow-python"
    if is_function(raw):
        return f'works only as fn; write {{"key": "…", "fn": "{raw}"}}'
    return (
        f"expected a function (value, event), got {kind_of(raw)}; "
        'in a file, write "$py:package.module:function" and pass --allow-python'
    )
