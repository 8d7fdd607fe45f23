"""A stand-in for Klaviyo on this machine."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated

import typer


class Limits(str, Enum):  # noqa: UP042 - typer shows its members as choices
    """Whose rate windows are kept."""

    published = "published"
    off = "off"


def sandbox(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 8787,
    limits: Annotated[
        Limits, typer.Option("--limits", help="Answer 429 beyond Klaviyo's rates, or never.")
    ] = Limits.published,
    faults: Annotated[
        str,
        typer.Option("--faults", help='Misbehave at these rates, e.g. "error=0.05,reset=0.02".'),
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="The luck of the faults.")] = 0,
    reject_key: Annotated[
        list[str] | None, typer.Option("--reject-key", help="A key that is answered 401.")
    ] = None,
) -> None:
    """Run a stand-in for Klaviyo, with a page that shows what arrived."""
    from walkeros_klaviyo.shell.problem import MissingExtraError, UsageError

    try:
        from walkeros_klaviyo.sandbox import Sandbox, parse_faults
        from walkeros_klaviyo.sandbox.serve import serve
    except ModuleNotFoundError as error:
        raise MissingExtraError("sandbox", "server", str(error.name)) from None
    try:
        chosen = Sandbox(
            limits=limits.value,
            faults=parse_faults(faults),
            seed=seed,
            reject_keys=reject_key or [],
        )
    except ValueError as error:
        raise UsageError(f"--faults: {error}") from None

    def announce(url: str) -> None:
        print(url, flush=True)
        print(f"Klaviyo's stand-in listens; try: run … --host {url}", file=sys.stderr)

    try:
        serve(chosen, port, announce=announce)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror or error}") from None
