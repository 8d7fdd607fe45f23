"""Which first configuration suits a sample of events, or a flow.json?"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .options import Flow
from .preset import Form

if TYPE_CHECKING:
    from walkeros_klaviyo.proposal.flow import Spoken


def init(
    source: Annotated[
        str,
        typer.Argument(
            metavar="EVENTS|FLOW", help="A sample of events, or a flow.json; - for stdin."
        ),
    ] = "-",
    *,
    consent: Annotated[
        str | None,
        typer.Option(
            "--consent",
            metavar="STATE",
            help="The consent that an event must have, such as marketing; none asks for nothing.",
        ),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option("--currency", metavar="CODE", help="For amounts without one, such as EUR."),
    ] = None,
    phone_region: Annotated[
        str | None,
        typer.Option(
            "--phone-region",
            metavar="CODE",
            help="The country of phone numbers written without one, such as DE.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to it, not to stdout."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the output if it is there already.")
    ] = False,
    form: Annotated[
        Form | None, typer.Option("--format", help="TOML, unless the output's name says JSON.")
    ] = None,
    flow: Flow = None,
) -> None:
    """Propose a first configuration from a sample or a flow.json.

    It uses Klaviyo's names and your events' fields, and notes what could not be proposed.
    Exit 1: a question is left that only you can answer.
    """
    from walkeros_klaviyo.core.klaviyo.currencies import CURRENCIES
    from walkeros_klaviyo.core.klaviyo.phone import is_phone_region
    from walkeros_klaviyo.document.text import FOREIGN
    from walkeros_klaviyo.proposal.propose import Answers, propose
    from walkeros_klaviyo.shell.problem import UsageError
    from walkeros_klaviyo.shell.process import readers_may_leave
    from walkeros_klaviyo.shell.show.proposal import as_json, as_toml, checks_of
    from walkeros_klaviyo.shell.show.telling import tell

    if currency is not None and currency.upper() not in CURRENCIES:
        raise UsageError(f"--currency {currency}: not an ISO 4217 code; write one such as EUR")
    if phone_region is not None and not is_phone_region(phone_region.upper()):
        raise UsageError(f"--phone-region {phone_region}: not a country code; write one such as DE")
    path = None if output is None else Path(output)
    if path is not None and source != "-" and _is_same(path, Path(source)):
        raise UsageError(f"{output}: is what the proposal is made from; name another file")
    if path is not None and path.exists() and not force:
        raise UsageError(f"{output}: is there already; name another file, or add --force")
    if path is not None and path.suffix.lower() in FOREIGN:
        raise UsageError(f"{output}: init writes TOML or JSON; name a file such as klaviyo.toml")
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"{output}: there is no folder {path.parent}")
    if form is None:
        form = Form.JSON if path is not None and path.suffix.lower() == ".json" else Form.TOML
    answers = Answers(
        consent,
        None if currency is None else currency.upper(),
        None if phone_region is None else phone_region.upper(),
    )
    document = _flow_in(source)
    if document is None:
        if flow is not None:
            raise UsageError(f"--flow picks one of a flow.json, and {source} is none")
        proposal = propose(_lines(source), answers)
    else:
        spoken = _spoken(source, document, flow)
        proposal = propose(spoken.lines, answers, spoken.assumed)
    if not proposal.config.get("mapping"):
        raise UsageError(f"{source}: {proposal.open[0]}")
    is_json = form is Form.JSON
    text = as_json(proposal) if is_json else as_toml(proposal, source)
    if path is None:
        with readers_may_leave():
            sys.stdout.write(text)
            sys.stdout.flush()
    else:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{output}: cannot be written: {error.strerror}") from None
    checks = checks_of(proposal) if is_json else ()
    for kind, notes in (("note", proposal.said), ("check", checks), ("open", proposal.open)):
        for note in notes:
            tell(f"{kind}: {note}")
    if path is not None:
        tell(f"Wrote {output}. {_next(source, output, document is not None)}")
    raise typer.Exit(1 if proposal.open else 0)


def _is_same(path: Path, source: Path) -> bool:
    try:
        return path.samefile(source)
    except OSError:  # a file does not exist
        return False


def _flow_in(source: str) -> Any:
    """The document, if it is a flow.json rather than events."""
    from walkeros_klaviyo.shell.config import FileError, read_document
    from walkeros_klaviyo.shell.problem import UsageError

    if Path(source).suffix.lower() not in (".json", ".toml"):
        return None
    try:
        document, _ = read_document(Path(source))
    except FileError as error:
        if _holds_an_event(source):
            return None  # JSON lines under another suffix
        raise UsageError(str(error)) from None
    is_flow = isinstance(document, dict) and document.keys() & {"flows", "destinations"}
    return document if is_flow else None


def _holds_an_event(source: str) -> bool:
    """Is one of the first lines a JSON object, or the file a kind that its reader recognises?"""
    from walkeros_klaviyo.core.walkeros.event import EventError
    from walkeros_klaviyo.shell.input.source import SourceError

    try:
        some = islice(_lines(source), _FIRST)
        return any(isinstance(one, dict) and not isinstance(one, EventError) for _, one in some)
    except SourceError:
        return True  # the reader reports it better


_FIRST: Final = 100
"""Lines examined to see whether a file holds events."""


def _spoken(source: str, document: Any, flow: str | None) -> Spoken:
    from walkeros_klaviyo.core.faults import did_you_mean
    from walkeros_klaviyo.proposal.flow import events_of_flow
    from walkeros_klaviyo.shell.problem import UsageError

    flows = document.get("flows")
    if flow is not None and (not isinstance(flows, dict) or flow not in flows):
        raise UsageError(f'{source}: there is no flow "{flow}"{did_you_mean(flow, flows or ())}')
    spoken = events_of_flow(document, flow)
    if spoken.has_rules:
        raise UsageError(
            f"{source}: has rules for Klaviyo already; try them: "
            f"walkeros-klaviyo verify --config {source}"
        )
    if not spoken.lines:
        raise UsageError(
            f"{source}: neither a contract nor another destination's mapping says which events "
            "there are; give a sample of events"
        )
    return spoken


def _lines(source: str) -> Iterable[tuple[int, Any]]:
    from walkeros_klaviyo.shell.input.line import read_line
    from walkeros_klaviyo.shell.input.lines import read_lines
    from walkeros_klaviyo.shell.input.source import open_events
    from walkeros_klaviyo.shell.show.telling import tell

    with open_events(source, tell) as stream:
        for found in read_lines(stream):
            line = read_line(*found)
            yield line.number, line.value


def _next(source: str, output: str | None, is_flow: bool) -> str:
    sample = "" if is_flow or source == "-" else f" {source}"
    return f"Next: walkeros-klaviyo verify --config {output}{sample}"
