"""Which events are in the sample, by name, and which fields do they have?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from attrs import Factory, define, field, frozen

from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.walkeros.event import Event, EventError, parse_event, words_of
from walkeros_klaviyo.verify.sample.places import at, is_there, leaves_of

ENOUGH: Final = 200
"""Events per name that are examined."""
MOST: Final = 20_000
"""Events of the sample kept for trying the proposal."""


@frozen
class Seen:
    """An event of the sample with its line number."""

    line: int
    event: Event = field(repr=False)


@frozen
class Named:
    """The events of one name: their number, and the first of them."""

    name: str
    count: int
    seen: tuple[Seen, ...] = field(repr=False)
    names: tuple[str, ...] = ()
    """All full names, if several share the two words that select a rule."""

    @property
    def words(self) -> tuple[str, str]:
        """Entity and action."""
        return words_of(self.name) or ("", "")

    def having(self, path: str) -> frozenset[int]:
        """The line numbers of events that have something at a path."""
        return frozenset(one.line for one in self.seen if is_there(at(path, one.event)))

    def leaves(self) -> Iterator[tuple[str, Any]]:
        """Every scalar with its path; keys with a dot are skipped, since no path can name them."""
        for one in self.seen:
            found = leaves_of(one.event, *SECTIONS)
            yield from ((path, raw) for path, raw in found if at(path, one.event) == raw)

    def texts(self, fits: Callable[[str], bool]) -> dict[str, frozenset[str]]:
        """The distinct values at each fitting path, written as identifiers."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, raw in self.leaves():
            text = read_identifier(raw)[0] if fits(path) else None
            if text is not None:
                found[path].add(text)
        return {path: frozenset(texts) for path, texts in found.items()}


SECTIONS: Final = ("data", "context", "custom", "globals", "user")


@define
class Sample:
    """All events by name, most frequent first, and the number of lines that are not events."""

    named: tuple[Named, ...] = ()
    invalid: int = 0
    first_invalid: tuple[int, str] = (0, "")
    """The first such line's number, and what is wrong with it."""
    left_out: tuple[str, ...] = ()
    """Names that no rule can match."""
    lines: list[tuple[int, Any]] = Factory(list)
    """The first lines as they are, events or not."""

    @property
    def seen(self) -> tuple[Seen, ...]:
        """The kept events of all names."""
        return tuple(one for named in self.named for one in named.seen)


def sample_of(lines: Iterable[tuple[int, Any]]) -> Sample:
    """Group a sample's lines by event name.

    >>> event = {"name": "order complete", "timestamp": 1, "data": {"id": "O-1", "a.b": 2}}
    >>> found = sample_of([(1, event), (2, {"name": "order"})])
    >>> found.named[0].count, found.invalid, [*found.named[0].leaves()]
    (1, 1, [('data.id', 'O-1')])
    """
    counts: dict[str, int] = defaultdict(int)
    first: dict[str, list[Seen]] = defaultdict(list)
    sample = Sample()
    for line, raw in lines:
        if len(sample.lines) < MOST:
            sample.lines.append((line, raw))
        event = parse_event(raw)
        if isinstance(event, EventError):
            if not sample.invalid:
                sample.first_invalid = line, event.message
            sample.invalid += 1
            continue
        name = event["name"]
        counts[name] += 1
        if len(first[name]) < ENOUGH:
            first[name].append(Seen(line, event))
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        alike[words_of(name) or ("", "")].append(name)
    good = {words: names for words, names in alike.items() if all(map(_may_be_named, words))}
    sample.left_out = tuple(
        name for words, names in alike.items() if words not in good for name in names
    )
    merged = [
        Named(
            names[0] if len(names) == 1 else " ".join(words),
            sum(counts[name] for name in names),
            tuple(one for name in names for one in first[name]),
            tuple(names),
        )
        for words, names in good.items()
    ]
    sample.named = tuple(sorted(merged, key=lambda named: (-named.count, named.name)))
    return sample


def _may_be_named(word: str) -> bool:
    """Can a rule name this word? Not `*`, which means any word, nor tabs and line ends."""
    return word != "*" and word.isprintable()
