"""What is pending or dead in a store, and how is it repaired?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from attrs import asdict

from walkeros_klaviyo.shell.process import readers_may_leave

from .options import STORE

if TYPE_CHECKING:
    from walkeros_klaviyo.shell.store import Store

store = typer.Typer(
    help="Look at what waits in a store, and repair it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
StoreFile = Annotated[
    str, typer.Option("--store", metavar="FILE", help="The store, which must exist.")
]
Numbers = Annotated[
    list[int] | None,
    typer.Argument(
        metavar="NUMBER", help="Numbers of dead letters, as `store dead` shows them.", min=1
    ),
]
Code = Annotated[
    str | None, typer.Option("--code", metavar="CODE", help="All dead letters with this code.")
]
Metric = Annotated[
    str | None,
    typer.Option("--metric", metavar="NAME", help='All of this metric; "(profile)" for profiles.'),
]
All = Annotated[bool, typer.Option("--all", help="All dead letters.")]
Waiting = Annotated[
    bool,
    typer.Option("--waiting", help="The numbers are those of waiting calls (`store status`)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]


def _visit(path: str) -> AbstractContextManager[Store]:
    from walkeros_klaviyo.shell.store import Store

    return Store.visit(path)


def _view(path: str) -> AbstractContextManager[Store]:
    from walkeros_klaviyo.shell.store import Store

    return Store.view(path)


@store.command()
def status(path: StoreFile = STORE, as_json: AsJson = False) -> None:
    """Show what is pending and dead, and what became of all events."""
    from walkeros_klaviyo.shell.jsonl import to_line
    from walkeros_klaviyo.shell.show.report import console
    from walkeros_klaviyo.shell.show.status import as_json as row_of
    from walkeros_klaviyo.shell.show.status import tables

    with _view(path) as found:
        standing, metrics = found.status(), found.metrics
    with readers_may_leave(ends=False):
        if as_json:
            print(to_line(row_of(standing, metrics)).decode(), end="")
            return
        out = console()
        for table in tables(standing, metrics):
            out.print(table)


@store.command()
def dead(
    path: StoreFile = STORE,
    as_json: AsJson = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="Show at most this many.")
    ] = 100,
) -> None:
    """Show dead letters, with Klaviyo's own words.

    With --json also their bodies and lines.
    """
    from walkeros_klaviyo.shell.jsonl import to_line
    from walkeros_klaviyo.shell.show.report import console
    from walkeros_klaviyo.shell.show.status import dead_row, dead_table

    with _view(path) as found:
        letters = list(found.letters(limit))
        count = found.dead_calls
    with readers_may_leave(ends=False):
        if as_json:
            for letter in letters:
                print(to_line(dead_row(letter)).decode(), end="")
            return
        out = console()
        out.print(dead_table(letters, count))


@store.command()
def retry(
    numbers: Numbers = None,
    path: StoreFile = STORE,
    code: Code = None,
    metric: Metric = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Let the next run plan the events of dead letters again.

    It uses its own configuration.
    """
    _choose("retry", numbers, code, metric, everything)
    with _repaired(path, numbers, code, metric) as found:
        done = found.retry(numbers or None, code=code, metric=metric)
    if as_json:
        _print(retried=done.retried, kept=done.kept)
        return
    print(f"{done.retried:,} will be planned again by the next run, and what comes of them sent.")
    if done.kept:
        print(f"{done.kept:,} stay dead: they are damaged. `store drop` removes them.")


@store.command()
def drop(
    numbers: Numbers = None,
    path: StoreFile = STORE,
    code: Code = None,
    metric: Metric = None,
    everything: All = False,
    waiting: Waiting = False,
    as_json: AsJson = False,
) -> None:
    """Remove dead letters, or pending calls, for good.

    Their events are counted as dropped.
    """
    from walkeros_klaviyo.shell.problem import UsageError

    if waiting:
        if code is not None or metric is not None or everything:
            raise UsageError("drop --waiting takes numbers only; store status has them")
        dropped = _drop_waiting(path, numbers)
    else:
        _choose("drop", numbers, code, metric, everything)
        with _repaired(path, numbers, code, metric) as found:
            dropped = found.drop(numbers or None, code=code, metric=metric)
    if as_json:
        _print(dropped=dropped)
    else:
        print(f"{dropped:,} dropped.")


@store.command()
def forget(
    path: StoreFile = STORE,
    email: Annotated[
        str | None, typer.Option("--email", metavar="ADDRESS", help="The person's email.")
    ] = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", metavar="ID", help="The person's external id.")
    ] = None,
    phone: Annotated[
        str | None, typer.Option("--phone", metavar="NUMBER", help="The person's phone number.")
    ] = None,
    anonymous_id: Annotated[
        str | None, typer.Option("--anonymous-id", metavar="ID", help="The person's anonymous id.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person's state, pending calls and dead letters.

    One identifier finds the others that the store knows. Klaviyo's own copy is erased with its
    Data Privacy API.
    """
    from walkeros_klaviyo.shell.problem import UsageError

    if not any(one and one.strip() for one in (email, external_id, phone, anonymous_id)):
        raise UsageError(
            "forget needs at least one of --email, --external-id, --phone, --anonymous-id"
        )
    from walkeros_klaviyo.core.klaviyo.phone import parse_phone

    number = parse_phone(phone)[0] if phone else None
    if phone and number is None:
        raise UsageError("--phone: give the number with its country, for example +4915123456789")
    with _visit(path) as found:
        gone = found.forget(
            email=email, external_id=external_id, phone=number, anonymous_id=anonymous_id
        )
        found.commit()
    if as_json:
        _print(**asdict(gone))
        return
    print(
        f"Forgotten: {gone.states:,} known identifiers, {gone.waiting:,} waiting calls, "
        f"{gone.letters:,} dead letters, {gone.again:,} to be planned again."
    )


def _print(**counts: int) -> None:
    from walkeros_klaviyo.shell.jsonl import to_line

    print(to_line(counts).decode(), end="")


def _drop_waiting(path: str, numbers: list[int] | None) -> int:
    from walkeros_klaviyo.shell.problem import UsageError

    if not numbers:
        raise UsageError("drop --waiting: give the numbers of waiting calls; store status has them")
    with _visit(path) as found:
        unknown = sorted(set(numbers) - found.waiting_numbers)
        if unknown:
            shown = ", ".join(map(str, unknown))
            raise UsageError(f"no waiting call has the number {shown}; nothing was done")
        dropped = found.drop_waiting(numbers)
        found.commit()
    return dropped


def _choose(
    command: str,
    numbers: list[int] | None,
    code: str | None,
    metric: str | None,
    everything: bool,
) -> None:
    """Raise UsageError unless letters are chosen in one way: by number, code and metric, or all."""
    from walkeros_klaviyo.shell.problem import UsageError

    of_a_kind = code is not None or metric is not None
    if [bool(numbers), of_a_kind, everything].count(True) != 1:
        raise UsageError(
            f"{command}: say which: numbers of dead letters, or --code CODE and --metric NAME, "
            "or --all"
        )


@contextmanager
def _repaired(
    path: str, numbers: list[int] | None, code: str | None, metric: str | None
) -> Iterator[Store]:
    """The store, committed at the end.

    Raises if a number, code or metric matches no dead letter, since it may be mistyped.
    """
    from walkeros_klaviyo.shell.problem import UsageError

    with _visit(path) as found:
        kept = found.letter_names
        unknown = sorted(set(numbers or ()) - kept.keys())
        if unknown:
            shown = ", ".join(map(str, unknown))
            raise UsageError(f"no dead letter has the number {shown}; nothing was done")
        for place, name, option in ((0, code, "code"), (1, metric, "metric")):
            names = sorted({one[place] or "" for one in kept.values()} - {""})
            if name is not None and name not in names:
                there = f"there are: {', '.join(names)}" if names else "there are none at all"
                raise UsageError(
                    f"no dead letter has the {option} {name!r}; {there}; nothing was done"
                )
        yield found
        found.commit()
