"""What does a diagnostic or a finding mean?"""

from __future__ import annotations

from typing import Annotated

import typer


def codes(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="Such as revenue.missing, or '$fn' for the functions that a file may name; "
            "without one, all of them.",
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
    if code is not None and code not in rows | functions and code != "$fn":
        near = did_you_mean(code, [*rows, *functions])
        hint = near if "did you mean" in near else "; without one, all of them are listed"
        raise UsageError(f"{code}: no such code{hint}")
    with readers_may_leave():
        for name, function in functions.items():
            if code in (None, "$fn", name):
                print("\n".join([function.spelling, *wrapped(function.sentence, "  ")]))
        if code is not None and code not in rows:
            return
        for name in rows if code is None else [code]:
            severity, meaning, remedy = rows[name]
            lines = [*wrapped(meaning, "  "), *wrapped(remedy, "  instead: ")]
            print("\n".join([f"{severity}[{name}]", *lines]))
