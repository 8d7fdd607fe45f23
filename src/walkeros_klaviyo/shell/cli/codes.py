"""What does a diagnostic or a finding mean?"""

from __future__ import annotations

from typing import Annotated

import typer


def codes(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="Such as revenue.missing, revenue for all of revenue, or '$fn' for the functions "
            "that a file may name; without one, all of them.",
        ),
    ] = None,
) -> None:
    """Say what the codes of diagnostics and findings mean."""
    from walkeros_klaviyo.core.codes import CODES
    from walkeros_klaviyo.core.faults import did_you_mean
    from walkeros_klaviyo.core.walkeros.functions import FUNCTIONS
    from walkeros_klaviyo.shell.problem import UsageError
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.table import wrapped
    from walkeros_klaviyo.verify.findings import KINDS

    rows = {name: (one.severity, one.meaning, one.remedy) for name, one in CODES.items()}
    rows |= {name: (one.severity, one.why, one.remedy) for name, one in KINDS.items()}
    functions = {f"$fn:{name}": one for name, one in FUNCTIONS.items()}

    def is_asked(name: str) -> bool:
        return code is None or name == code or name.startswith((f"{code}.", f"{code}:"))

    if not any(map(is_asked, rows | functions)):
        near = did_you_mean(str(code), [*rows, *functions])
        hint = near if "did you mean" in near else "; without one, all of them are listed"
        raise UsageError(f"{code}: no such code{hint}")
    with readers_may_leave():
        for name, (severity, meaning, remedy) in rows.items():
            if is_asked(name):
                lines = [*wrapped(meaning, "  "), *wrapped(remedy, "  instead: ")]
                print("\n".join([f"{severity}[{name}]", *lines]))
        for name, function in functions.items():
            if is_asked(name):
                print("\n".join([function.spelling, *wrapped(function.sentence, "  ")]))
