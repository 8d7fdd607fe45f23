"""Is a configuration fit to go live? Lint, then what a sample shows, then the laws.

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
"""Generated events, or streams of events, for each law."""

ROUND: Final = 200
"""Examples between two looks at how far it is."""
FEW: Final = 3
"""Events of the sample, for each rule, from which the laws' examples are made."""
SHORT: Final = 20_000
"""Characters of such an event at most: each is tried many times."""
IMPORT: Final = "right for these events, which are more than a year old; leave it out for others"

Watch = Callable[[str, int, int], None]
"""Told what is being done, and how much of how much of it is done."""


def unwatched(what: str, done: int, of: int) -> None:
    """Nobody looks on."""


@frozen(repr=False)
class Report(Displayed):
    """What was found, and how much was looked at."""

    findings: tuple[Finding, ...]
    laws: int
    examples: int
    """Generated for each law."""
    events: int | None = None
    """Events of the sample; None where there was none."""
    notes: tuple[str, ...] = ()
    """What could not be checked, or does nothing here."""
    losses: tuple[Loss, ...] = ()
    """What the sample's events lose, by rule and code."""

    def __repr__(self) -> str:
        found = listed(dict.fromkeys(one.code for one in self.findings))
        return f"<Report of {self.laws} laws, {self.examples:,} examples each: {found}>"

    @property
    def is_clean(self) -> bool:
        """Is there nothing to say of it?"""
        return not self.findings

    @property
    def errors(self) -> int:
        """Findings for which it should not go live."""
        return sum(one.severity == "error" for one in self.findings)

    def view(self) -> View:
        """How many errors and warnings; below, each of them, what the sample lost, and notes."""
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
"""Nothing that a user could mend in rules that are shipped."""


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
    """Everything that is wrong with a configuration, as far as it can be told.

    `events` are lines of a sample with their numbers; `more` findings from elsewhere. The same
    seed generates the same events. Addresses, names and the like are masked unless `show_people`.
    `now` is the time in milliseconds; without it nothing is judged by its age.

    >>> from walkeros_klaviyo import parse_config
    >>> shop = {"mapping": {"order": {"complete": {"name": "Placed order"}}}}
    >>> [one.code for one in check(parse_config(shop), examples=10).findings]
    ['metric.near']
    """
    watch("reading the configuration", 0, 1)
    found = [*lint(config), *more]
    # Fields of walkerOS's own are no findings: one flow.json serves both.
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
    """Is it what a preset looks for, and this shop has elsewhere or not at all?"""
    return found.path.startswith(f"{SHIPPED}.") and found.code in IN_VAIN


def _broken(
    config: Config, examples: int, seed: int, base: list[Any], watch: Watch
) -> Iterator[Violation]:
    """The laws that do not hold, each once, in rounds of examples."""
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
    """The findings and the broken laws, none said twice."""
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
    """A broken law as a finding: with the events that show it, shrunk to their essence."""
    call = None if broken.call is None else [broken.call.name, broken.call.body]
    message = f"{broken.law.name}: {broken.law.sentence}; here: {broken.seen}"
    example = Example(broken.shown, call)
    return Finding("law.broken", broken.path or "settings", message, "", example)
