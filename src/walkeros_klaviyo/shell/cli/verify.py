"""Check a configuration before it costs money."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from .options import AllowPython, ConfigFile, Destination, Flow, load

if TYPE_CHECKING:
    from walkeros_klaviyo.core.config import Config


def verify(
    *,
    config: ConfigFile,
    events: Annotated[
        str | None,
        typer.Option("--events", "-e", help="A sample of real events, JSON lines; - for stdin."),
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", min=1, help="Generated examples for each law.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="The luck of the examples.")] = 0,
    account: Annotated[
        bool, typer.Option("--account", help="Ask the account too: key, scopes, currency, metrics.")
    ] = False,
    host: Annotated[
        str | None, typer.Option("--host", help="Klaviyo's host, or a sandbox's URL.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    github: Annotated[
        bool, typer.Option("--github", help="The findings as annotations of GitHub Actions.")
    ] = False,
    known: Annotated[
        list[str] | None,
        typer.Option("--known", help="CODE or CODE:PATH of a finding that is meant; repeatable."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    flow: Flow = None,
    destination: Destination = None,
    allow_python: AllowPython = False,
) -> None:
    """Lint a configuration, hold it against a sample, and test it with generated events.

    Exit 0 where nothing is found, 1 where something is, 2 where it is no configuration.
    """
    from walkeros_klaviyo.shell.problem import MissingExtraError, UsageError
    from walkeros_klaviyo.shell.signals import readers_may_leave
    from walkeros_klaviyo.shell.source import open_events

    if host is not None and not account:
        raise UsageError("--host is whom --account asks; add --account")
    if as_json and github:
        raise UsageError("--json and --github exclude each other; leave one out")
    try:
        from walkeros_klaviyo.verify.check import check
    except ModuleNotFoundError as error:
        raise MissingExtraError("verify", "verify", str(error.name)) from None
    from contextlib import ExitStack

    from attrs import evolve

    from walkeros_klaviyo.core.shown import visible
    from walkeros_klaviyo.shell.files import FileError, config_lines
    from walkeros_klaviyo.shell.jsonl import to_line
    from walkeros_klaviyo.shell.verified import as_annotation, as_annotations, as_text, nowhere
    from walkeros_klaviyo.shell.verified import as_json as row_of
    from walkeros_klaviyo.shell.watching import watching
    from walkeros_klaviyo.verify.findings import KINDS, split_off

    for one in known or ():
        if one.partition(":")[0] not in KINDS:
            raise UsageError(f"--known {one}: no kind of finding; write CODE or CODE:PATH")
    try:
        parsed = load(config, flow, destination, allow_python, quiet=True, needs_key=account)
    except FileError as error:
        if github:
            print(visible(as_annotation(error, config)))
        raise
    more, notes = _account(parsed, host) if account else ((), ())
    with ExitStack() as stack:
        sample = None
        if events is not None:
            sample = _lines(stack.enter_context(open_events(events)))
        watch = stack.enter_context(watching(quiet))
        report = check(parsed, sample, examples=examples, seed=seed, more=more, watch=watch)
    findings, meant, gone = split_off(report.findings, known or ())
    notes = (*report.notes, *notes)
    notes += tuple(f"{one} is known, and left out" for one in meant)
    notes += tuple(f"--known {one}: no such finding any more; leave it out" for one in gone)
    report = evolve(report, findings=findings, notes=notes)
    lines = config_lines(config, flow=flow, destination=destination) if report.findings else nowhere
    with readers_may_leave():
        if as_json:
            sys.stdout.buffer.write(to_line(row_of(report, config, lines)))
        else:
            say = as_annotations if github else as_text
            for text in say(report, config, lines):
                print(visible(text))
    raise typer.Exit(0 if report.is_clean else 1)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    from walkeros_klaviyo.shell.intake import read_line, read_lines

    for found in read_lines(stream):
        line = read_line(*found)
        yield line.number, line.value


def _account(config: Config, host: str | None) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """What the account has to say: findings, and what it could not be asked."""
    from walkeros_klaviyo.core.shown import visible
    from walkeros_klaviyo.shell.account import api_key_of
    from walkeros_klaviyo.shell.account_facts import UnreachableError, ask_account
    from walkeros_klaviyo.shell.host import DEFAULT_HOST, parse_host
    from walkeros_klaviyo.verify.account import compare, facts_of, unasked

    url = parse_host(DEFAULT_HOST if host is None else host)
    key = api_key_of(config)
    from walkeros_klaviyo.shell.klaviyo import Klaviyo

    try:
        facts = facts_of(ask_account(Klaviyo(key, url)))
    except UnreachableError as error:
        print(visible(f"{url}: {error}. Check --host and the network."), file=sys.stderr)
        raise typer.Exit(3) from None
    return tuple(compare(config, facts)), unasked(facts)
