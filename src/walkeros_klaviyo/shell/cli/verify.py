"""How is a configuration checked from the command line?"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from .options import AllowPython, ConfigFile, Destination, Flow, Host, Overlay

if TYPE_CHECKING:
    from walkeros_klaviyo.core.config import Config


def verify(
    sample: Annotated[
        str | None,
        typer.Argument(
            metavar="EVENTS", help="A sample of real events, as run takes them; - for stdin."
        ),
    ] = None,
    *,
    config: ConfigFile,
    events: Annotated[
        str | None,
        typer.Option("--events", "-e", metavar="EVENTS", help="The sample, as an option."),
    ] = None,
    examples: Annotated[
        int,
        typer.Option(
            "--examples", min=1, metavar="N", help="How many examples are generated for each law."
        ),
    ] = 200,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Another seed gives other examples.")
    ] = 0,
    account: Annotated[
        bool,
        typer.Option(
            "--account", help="Ask Klaviyo's account too: key, scopes, currency, metrics, lists."
        ),
    ] = False,
    host: Host = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings too.")] = False,
    show_people: Annotated[
        bool, typer.Option("--show-people", help="Show addresses, names and the like in full.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    github: Annotated[
        bool, typer.Option("--github", help="The findings as annotations of GitHub Actions.")
    ] = False,
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--known", metavar="CODE[:PATH]", help="A finding that is intended; may be repeated."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    overlay: Overlay = None,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
) -> None:
    """Check a configuration before it goes live.

    It is linted, compared with a sample of events, and tested with generated ones.

    Exit 0: no error. 1: an error, or with --strict a warning. 2: not a configuration.
    """
    from walkeros_klaviyo.shell.input.source import open_events
    from walkeros_klaviyo.shell.problem import MissingExtraError, UsageError
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.telling import tell

    if sample is not None and events is not None and sample != events:
        raise UsageError(f"{sample} and --events {events}: two samples; name one")
    if host is not None and not account:
        raise UsageError("--host is whom --account asks; add --account")
    if as_json and github:
        raise UsageError("--json and --github exclude each other; leave one out")
    # Hypothesis would import what other packages add to it, such as pytest.
    os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")
    try:
        from walkeros_klaviyo.verify.check import check
    except ModuleNotFoundError as error:
        raise MissingExtraError("verify", "verify", str(error.name)) from None
    from contextlib import ExitStack

    from walkeros_klaviyo.core.shown import visible
    from walkeros_klaviyo.shell import known as meant_by
    from walkeros_klaviyo.shell.config import FileError, places_of, read_config
    from walkeros_klaviyo.shell.jsonl import to_line
    from walkeros_klaviyo.shell.show import findings as verified
    from walkeros_klaviyo.shell.show.progress import watching

    meant = tuple(known or ())
    for one in meant_by.unknown_kinds(meant):
        raise UsageError(f"--known {one}: no kind of finding; write CODE or CODE:PATH")
    try:
        parsed = read_config(
            config,
            overlay=overlay,
            flow=flow,
            destination=destination,
            allow_python=allow_python,
            needs_key=account,
        )
        meant_by.check_known(parsed, config)
    except FileError as error:
        if as_json:
            sys.stdout.buffer.write(to_line(verified.faults_as_json(error, config)))
        for text in verified.faults_as_annotations(error) if github else ():
            print(visible(text))
        raise
    more, notes = _account(parsed, host) if account else ((), ())
    with ExitStack() as stack:
        name = events if sample is None else sample
        lines_of = None if name is None else _lines(stack.enter_context(open_events(name, tell)))
        watch = stack.enter_context(watching(quiet))
        report = check(
            parsed,
            lines_of,
            examples=examples,
            seed=seed,
            more=more,
            show_people=show_people,
            watch=watch,
            now=time.time() * 1_000,
        )
    report = meant_by.without_known(report, (*parsed.known, *meant), notes)
    place_of = places_of(config, overlay, flow=flow, destination=destination)
    with readers_may_leave():
        if as_json:
            sys.stdout.buffer.write(to_line(verified.as_json(report, config, place_of)))
        else:
            say = verified.as_annotations if github else verified.as_text
            for text in say(report, config, place_of):
                print(visible(text))
    raise typer.Exit(1 if report.errors or (strict and report.findings) else 0)


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """The sample's lines, by number; what was read is kept, so the collector looks at it once."""
    import gc

    from walkeros_klaviyo.shell.input.line import read_line
    from walkeros_klaviyo.shell.input.lines import read_lines

    for found in read_lines(stream):
        line = read_line(*found)
        yield line.number, line.value
        if line.number % 1_000 == 0:
            gc.freeze()


def _account(config: Config, host: str | None) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Findings from the account, and what could not be checked there."""
    from walkeros_klaviyo.core.shown import visible
    from walkeros_klaviyo.shell.send.account import api_key_of
    from walkeros_klaviyo.shell.send.account_facts import UnreachableError, ask_account
    from walkeros_klaviyo.shell.send.host import DEFAULT_HOST, parse_host
    from walkeros_klaviyo.verify.account import (
        compare,
        facts_of,
        lists_asked,
        unasked,
        writes_asked,
    )

    url = parse_host(DEFAULT_HOST if host is None else host)
    key = api_key_of(config)
    from walkeros_klaviyo.shell.send.klaviyo import Klaviyo

    try:
        answers = ask_account(Klaviyo(key, url), writes_asked(config), lists_asked(config))
    except UnreachableError as error:
        print(visible(f"{url}: {error}. Check --host and the network."), file=sys.stderr)
        raise typer.Exit(3) from None
    facts = facts_of(answers)
    return tuple(compare(config, facts)), unasked(facts)
