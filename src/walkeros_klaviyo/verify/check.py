"""Is a configuration fit to go live? Lint, then the sample, then the laws.

The pure core of the command `verify`: start here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final

from attrs import evolve, frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.display import Displayed, View
from walkeros_klaviyo.core.display.view import cell, line, listed
from walkeros_klaviyo.core.walkeros.extend import SHIPPED

from .findings import KINDS, Example, Finding, in_order, tidy
from .laws import LAWS, Violation, check_laws
from .loss_findings import with_losses
from .losses import Loss, losses_of
from .masking import masked, people_of
from .questions import judge, lint
from .questions.facts import YEAR_MS
from .questions.rules.lint import HARMLESS
from .sample.look import Shown, look
from .showing import shown

EXAMPLES: Final = 200
"""Events, or streams of events, generated for each law."""

ROUND: Final = 200
"""Examples between two updates of the progress."""
FEW: Final = 3
"""The sample's events per rule from which examples for the laws are made."""
SHORT: Final = 20_000
"""The most characters of such an event, since each is tried many times."""
IMPORT: Final = "right for these events, which are more than a year old; leave it out for others"

Watch = Callable[[str, int, int], None]
"""Called with (what is being done, how much is done, of how much)."""


def unwatched(what: str, done: int, of: int) -> None:
    """A Watch that does nothing."""


@frozen(repr=False)
class Report(Displayed):
    """The findings, and how much was checked."""

    findings: tuple[Finding, ...]
    laws: int
    examples: int
    """The number of examples generated per law."""
    events: int | None = None
    """The number of events in the sample; None without a sample."""
    notes: tuple[str, ...] = ()
    """What could not be checked, or has no effect here."""
    losses: tuple[Loss, ...] = ()
    """The losses of the sample's events, by rule and code."""

    def __repr__(self) -> str:
        found = listed(dict.fromkeys(one.code for one in self.findings))
        return f"<Report of {self.laws} laws, {self.examples:,} examples each: {found}>"

    @property
    def is_clean(self) -> bool:
        """Are there no findings?"""
        return not self.findings

    @property
    def errors(self) -> int:
        """The number of findings that should keep it from going live."""
        return sum(one.severity == "error" for one in self.findings)

    def view(self) -> View:
        """The numbers of errors and warnings, with each of them, losses, and notes below."""
        warnings = len(self.findings) - self.errors
        head = cell(f"{self.errors:,} errors, {warnings:,} warnings", "bold")
        tried = cell(f"{self.laws} laws with {self.examples:,} examples each", "dim")
        findings = (one.view() for one in self.findings)
        lost = tuple(
            line(f"{one.count:,} of {one.events:,}", one.what, one.code, one.rule or "(no rule)")
            for one in self.losses
        )
        losses = (View((cell("lost by the sample", "dim"),), lost),) if lost else ()
        notes = (line(cell(f"note: {one}", "dim")) for one in self.notes)
        return View((head, tried), (*findings, *losses, *notes))


IN_VAIN: Final = frozenset({"path.unknown", "rule.unmet", "mapping.nothing", "mapping.useless"})
"""Findings that a user cannot fix where they concern a preset's rules."""


def check(
    config: Config,
    events: Iterable[tuple[int, Any]] | None = None,
    *,
    examples: int = EXAMPLES,
    seed: int = 0,
    more: Iterable[Finding] = (),
    show_people: bool = False,
    now: float | None = None,
    watch: Watch = unwatched,
) -> Report:
    """Everything wrong with a configuration, as far as can be told.

    `events` is a sample as (line number, JSON value); `more` are findings from elsewhere. The same
    `seed` generates the same events. Personal data is masked unless `show_people`. `now` is in
    milliseconds since 1970; without it nothing is judged by its age.

    >>> from walkeros_klaviyo import parse_config
    >>> shop = {"mapping": {"order": {"complete": {"name": "Placed order"}}}}
    >>> [one.code for one in check(parse_config(shop), examples=10).findings]
    ['metric.near']
    """
    watch("reading the configuration", 0, 1)
    found = [*lint(config), *more]
    # walkerOS's own fields are no findings: one flow.json serves both.
    harmless = (note for note in config.warnings if note.code in HARMLESS)
    count, notes = None, [f"{note.path}: {note.message}" for note in harmless]
    sample, losses = Shown(), tuple[Loss, ...]()
    base: list[Any] = []
    if events is not None:
        read = 0

        def counted() -> None:
            nonlocal read
            read += 1
            watch("reading the sample", read, 0)

        sample = look(config, events, counted)
        count = sample.events
        for met in sample.by_rule.values():
            base += islice((one.raw for one in met if len(repr(one.raw)) < SHORT), FEW)
        if sample.invalid:
            are = "1 line is not an event" if sample.invalid == 1 else "{:,} lines are not events"
            notes.append(f"of the sample {are.format(sample.invalid)}")
        if sample.is_cut:
            notes.append(f"the sample is longer: its first {count:,} events were looked at")
        if count and not sample.mapped:
            notes.append("no event of the sample came to be mapped: paths and values are unchecked")
        found += judge(config, sample)
        newest = max((one.time for one in sample.mapped), default=now)
        if now is not None and newest is not None and now - newest > YEAR_MS:
            notes += [f"{one.path}: {IMPORT}" for one in found if one.code == "backfill.always"]
            found = [one for one in found if one.code != "backfill.always"]
        losses = losses_of(config, sample)
    broken = tuple(_broken(config, examples, seed, base, watch))
    watch("looking for events that show it", 0, 0)
    found = [one for one in found if not _is_in_vain(one)]
    findings = with_losses(shown(config, tidy(joined(found, broken)), seed, sample.mapped), losses)
    if not show_people:
        people = people_of(config, sample)
        findings = tuple(masked(one, people) for one in findings)
    return Report(in_order(findings), len(LAWS), examples, count, tuple(notes), losses)


def _is_in_vain(found: Finding) -> bool:
    """Is it about a preset's path that this shop does not use?"""
    return found.path.startswith(f"{SHIPPED}.") and found.code in IN_VAIN


def _broken(
    config: Config, examples: int, seed: int, base: list[Any], watch: Watch
) -> Iterator[Violation]:
    """The laws that do not hold, each once; examples are tried in rounds."""
    left, done = LAWS, 0
    while done < examples and left:
        watch("laws: generated examples", done, examples)
        count = min(ROUND, examples - done)
        broken = check_laws(left, config, count, seed + done, base=base)
        yield from (one for one in broken if one.law in left)
        left = tuple(law for law in left if all(law != one.law for one in broken))
        done += count
    watch("laws: generated examples", done, examples)


def joined(found: Iterable[Finding], broken: Iterable[Violation]) -> Iterator[Finding]:
    """The findings and the broken laws, without duplicates."""
    laws = {one.law.name: one for one in broken}
    said = set()
    for one in found:
        law = laws.get(KINDS[one.code].law)
        if law is None:
            yield one
            continue
        said.add(law.law.name)
        yield one if one.example is not None else evolve(one, example=as_finding(law).example)
    yield from (as_finding(one) for one in broken if one.law.name not in said)


def as_finding(broken: Violation) -> Finding:
    """A broken law as a finding, with the shrunk events that show it."""
    call = None if broken.call is None else [broken.call.name, broken.call.body]
    message = f"{broken.law.name}: {broken.law.sentence}; here: {broken.seen}"
    example = Example(broken.shown, call)
    return Finding("law.broken", broken.path or "settings", message, "", example)
