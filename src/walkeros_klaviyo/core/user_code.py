"""What happens when a function of the configuration raises?

In Python, `condition`, `fn` and `validate` are callables `(value, event) -> …`. One that raises
yields nothing, with a diagnostic that names the error's type: messages may hold personal data.
That goes for `sys.exit()` too, which would end a run as if all were done; not for Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .diagnostics import Diagnostic, Notes
from .event import Event, kind_of
from .faults import Findings
from .path import ABSENT

Called = Callable[[Any, Event, Notes], Any]


def compile_test(raw: Any, where: str, findings: Findings) -> Called | None:
    """A condition or validation: its answer as true or false, also where that is what raises.

    >>> compile_test(lambda value, event: "yes", "condition", Findings())(1, {}, [])
    True
    """
    return compile_callable(raw, where, findings, bool)


def compile_callable(
    raw: Any, where: str, findings: Findings, read: Callable[[Any], Any] = lambda found: found
) -> Called | None:
    """Wrap a user's callable so that it never raises; None where there is none.

    >>> notes = []
    >>> compile_callable(lambda value, event: 1 / 0, "fn", Findings())(1, {}, notes)
    ABSENT
    >>> notes[0].message
    'raised ZeroDivisionError'
    """
    if raw is None:
        return None
    if not callable(raw):
        findings.fault(where, _refusal(raw))
        return None
    findings.reads.add("*")

    def call(value: Any, event: Event, notes: Notes) -> Any:
        try:
            return read(raw(None if value is ABSENT else value, event))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a user's code may raise anything
            notes.append(Diagnostic("value.raised", where, f"raised {type(error).__name__}"))
            return ABSENT

    return call


def _refusal(raw: Any) -> str:
    if isinstance(raw, str) and raw.startswith("$code:"):
        return "$code: is JavaScript and cannot run here; write the function in Python"
    if isinstance(raw, str) and raw.startswith("$py:"):
        return "$py: names code to run; allow it with --allow-python"
    return (
        f"expected a function (value, event), got {kind_of(raw)}; "
        'in a file, write "$py:package.module:function" and pass --allow-python'
    )
