"""How is a stand-in for Klaviyo run on this machine?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from typing import Annotated

import typer


class Limits(StrEnum):
    """Whether to answer 429, and with which kind of windows."""

    published = "published"
    sliding = "sliding"
    off = "off"


class Pointers(StrEnum):
    """Whether errors have pointers."""

    on = "on"
    off = "off"


class Meeting(StrEnum):
    """What happens to two profiles whose identifiers meet."""

    klaviyo = "klaviyo"
    merge = "merge"
    move = "move"
    refuse = "refuse"


def sandbox(
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, metavar="N", help="The port; 0 picks a free one."),
    ] = 8787,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="FILE", help="Keep what is recorded in a file, across restarts."
        ),
    ] = None,
    limits: Annotated[
        Limits,
        typer.Option(
            "--limits",
            help="Answer 429 beyond Klaviyo's rates, by fixed or by sliding windows, or never.",
        ),
    ] = Limits.published,
    faults: Annotated[
        str,
        typer.Option(
            "--faults",
            metavar="SPEC",
            help='Misbehave: "error=0.05,bytes=100000", say. With a share of the requests: error, '
            "reset, slow, throttle, half, lie, page, stray; of the rows: poison, conflict, phone; "
            "of the imports: cancel. With requests beyond a size: bytes, rows.",
        ),
    ] = "",
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Another seed gives other faults.")
    ] = 0,
    reject_key: Annotated[
        list[str] | None,
        typer.Option("--reject-key", metavar="KEY", help="A key that is answered with 401."),
    ] = None,
    deny: Annotated[
        list[str] | None,
        typer.Option(
            "--deny",
            metavar="SCOPE|CALL",
            help='A scope that keys lack, such as "lists:write", or a call that they may not '
            'make, such as "events.bulk_create_events": 403.',
        ),
    ] = None,
    refuse: Annotated[
        list[str] | None,
        typer.Option(
            "--refuse",
            metavar="TEXT",
            help="Refuse events and profiles that contain this, such as a metric's name.",
        ),
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--list",
            metavar="ID",
            help="A list that the account has; other lists are then answered 404. May be repeated.",
        ),
    ] = None,
    profiles: Annotated[
        Meeting,
        typer.Option(
            "--profiles",
            help="Where the identifiers of two profiles meet in one call: as Klaviyo is believed "
            "to do, or always merge them, move the identifiers, or refuse it with 409.",
        ),
    ] = Meeting.klaviyo,
    pointers: Annotated[
        Pointers, typer.Option("--pointers", help="Errors name the row they are about, or not.")
    ] = Pointers.on,
) -> None:
    """Run a stand-in for Klaviyo, with a page that shows what arrived."""
    from walkeros_klaviyo.shell.problem import MissingExtraError, UsageError

    try:
        from walkeros_klaviyo.sandbox import Sandbox, parse_faults
        from walkeros_klaviyo.sandbox.permission import denials
        from walkeros_klaviyo.sandbox.refuse import marks
        from walkeros_klaviyo.sandbox.serve import serve
    except ModuleNotFoundError as error:
        raise MissingExtraError("sandbox", "server", str(error.name)) from None
    with _named("--faults"):
        wanted = parse_faults(faults)
    with _named("--deny"):
        denials(deny or [])
    with _named("--refuse"):
        marks(refuse or [])
    with _named(f"--store {store}"):
        chosen = Sandbox(
            limits=limits.value,
            faults=wanted,
            seed=seed,
            reject_keys=reject_key or [],
            deny=deny or [],
            refuse=refuse or [],
            pointers=pointers.value,
            meeting=profiles.value,
            lists=lists or None,
            store=store,
        )

    def announce(url: str) -> None:
        print(url, flush=True)
        print(f"Klaviyo's stand-in listens; try: run … --host {url}", file=sys.stderr)

    try:
        with closing(chosen):
            serve(chosen, port, announce=announce)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror or error}") from None


@contextmanager
def _named(option: str) -> Iterator[None]:
    """Report a ValueError as a bad value of this option."""
    from walkeros_klaviyo.shell.problem import UsageError

    try:
        yield
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
