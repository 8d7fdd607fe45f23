"""What is a law, and what is a breach of it?

A law is a claim about every event that a configuration may meet, with a pure function that judges
one of them. A breach is a value: what was seen, and which call it would make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final, Literal

from attrs import field, frozen

from walkeros_klaviyo.core.display import Displayed, View
from walkeros_klaviyo.core.display.view import cell, line, short
from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.walkeros.event import Event

from .tracking import Sent, Tracking

About = Literal["event", "stream", "anything"]
"""What a law judges: one event, a stream of them, or any JSON value."""


@frozen
class Breach:
    """What was seen that must not be, the call that shows it, and its place in the configuration.

    Without a place, that of the event's rule is used.
    """

    seen: str
    call: Call | None = None
    path: str = field(default="", kw_only=True)


Breaches = Iterator[Breach]
"""The breaches that a judge finds; only the first is used."""
Judge = Callable[[Tracking, Any], Breaches]


@frozen(eq=False, repr=False)
class Law:
    """A law: its name, its claim, the source of the claim, and its judge.

    Calling it judges one event (or stream): None, or a breach.
    """

    name: str
    sentence: str
    source: str
    about: About
    judge: Judge

    def __call__(self, tracking: Tracking, given: Any) -> Breach | None:
        return next(self.judge(tracking, given), None)

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def law(source: str, about: About = "event") -> Callable[[Judge], Law]:
    """Make a function a law, named in kebab-case, with its docstring's first line as the claim.

    >>> @law("nobody said so")
    ... def nothing_is_sent(tracking, event):
    ...     "Nothing is ever sent."
    ...     yield from (Breach("it is sent", call) for call in tracking.plan(event).calls)
    >>> str(nothing_is_sent), nothing_is_sent.sentence
    ('nothing-is-sent', 'Nothing is ever sent')
    """

    def declare(judge: Judge) -> Law:
        sentence = (judge.__doc__ or "").partition("\n")[0].strip().rstrip(".")
        return Law(judge.__name__.replace("_", "-"), sentence, source, about, judge)

    return declare


def of_sent(source: str) -> Callable[[Callable[[Tracking, Sent], Breaches]], Law]:
    """A law about recorded events; it holds for all others."""

    def declare(judge: Callable[[Tracking, Sent], Breaches]) -> Law:
        @wraps(judge)
        def judged(tracking: Tracking, event: Event) -> Breaches:
            sent = tracking.sent(event)
            return iter(()) if sent is None else judge(tracking, sent)

        return law(source)(judged)

    return declare


LONGEST: Final = 400
"""Characters of an event that are displayed."""
SHOWN: Final = 235
"""The characters of a value that pytest shows, less what it adds."""


@frozen(repr=False)
class Violation(Displayed):
    """A law that does not hold, with the simplest events that break it.

    Its repr is short enough for pytest to show the whole event.
    """

    law: Law
    events: tuple[Any, ...]
    seen: str
    call: Call | None = None
    path: str = ""
    """The place in the configuration: that of the rule, if one matched."""

    @property
    def shown(self) -> Any:
        """The event, or the stream as a list."""
        return list(self.events) if self.law.about == "stream" else self.events[0]

    def __repr__(self) -> str:
        at = f" at {self.path}" if self.path else ""
        head = f"<{self.law}{at} is broken by {self.shown!r}: "
        room = max(SHOWN - len(head), 40)
        return f"{head}{self.seen if len(self.seen) <= room else f'{self.seen[:room]}…'}>"

    def view(self) -> View:
        """The law, what was seen, the simplest events that break it, and the call."""
        shown = [("event", one) for one in self.events]
        if self.call is not None:
            shown.append(("would send", self.call.body))
        rows = [
            line("law", self.law.sentence),
            line("source", self.law.source),
            line("seen", self.seen),
            *(line(name, short(one, LONGEST)) for name, one in shown),
        ]
        return View((cell(self.law.name, "red"), cell(self.path, "bold")), tuple(rows))

    def __str__(self) -> str:
        rows = [f"{self.law.name}: {self.law.sentence}; here: {self.seen}"]
        rows += [f"  event: {event!r}" for event in self.events]
        if self.call is not None:
            rows.append(f"  would send: {self.call.name} {self.call.body!r}")
        return "\n".join(rows)
