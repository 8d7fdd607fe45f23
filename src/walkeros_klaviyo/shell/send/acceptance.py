"""How do lines become pending calls in the store?

They are planned, settled against the person's state, and written into the open transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import Factory, define, field, frozen

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.identity import Identity
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.reused import MOST, noting_repeats, noting_reuse
from walkeros_klaviyo.core.settle import saved_by, settle
from walkeros_klaviyo.delivery.anew import once_more
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.planned import in_chunks, plan_line
from walkeros_klaviyo.shell.store import Again, Store
from walkeros_klaviyo.shell.store.letter import Letter, Origin

from .tally import Tally


@frozen
class Rejected:
    """A line that is invalid, refused or dead, and why."""

    line: Line
    outcome: str
    letter: Letter


@define(eq=False)
class Acceptance:
    """Plans and accepts the lines of a run."""

    transform: Transform
    store: Store
    batched: frozenset[str | None] = frozenset()
    """The labels of rules that ask for bulk."""
    wall: Callable[[], float] = time.time
    tally: Tally = Factory(Tally)
    lines: int = 0
    last: Line | None = None
    """The last line accepted or refused."""
    _note_reuse: Callable[[Plan], Plan] = field(factory=noting_reuse, init=False)
    _note_repeats: Callable[[Plan, str | None], Plan] = field(factory=noting_repeats, init=False)

    def __attrs_post_init__(self) -> None:
        """Note pending events of earlier runs, which may be repeated with different content."""
        self.store.recent_events(MOST, self._look_back)

    def _look_back(self, event_id: str | None, call: Call) -> None:
        self._note(Plan("send", (call,), keys=Identity(call.identifiers).keys), event_id)

    def _note(self, plan: Plan, event_id: str | None) -> Plan:
        return self._note_repeats(self._note_reuse(plan), event_id)

    def accept(self, *lines: Line) -> tuple[tuple[Plan, ...], list[Rejected]]:
        """Plan and accept lines; returns their settled plans, and the lines rejected at once."""
        plans: list[Plan] = []
        rejected: list[Rejected] = []
        for chunk in in_chunks(lines):
            planned = [self._note(plan_line(self.transform, line), line.id) for line in chunk]
            for line, plan in zip(chunk, planned, strict=True):
                settled, found = self._accept(line, plan)
                plans.append(settled)
                rejected.extend(found)
        return tuple(plans), rejected

    def _accept(self, line: Line, plan: Plan) -> tuple[Plan, tuple[Rejected, ...]]:
        self.lines += 1
        self.last = line
        origin = Origin(line.number, line.id, line.raw)
        if plan.outcome == "invalid":
            reason = plan.diagnostics[-1]
            self.store.refuse()
            self.tally.add(line.number, "invalid", plan.diagnostics)
            letter = Letter(origin, None, None, None, reason.code, str(reason))
            return plan, (Rejected(line, "invalid", letter),)
        return self._settle(line, origin, plan)

    def plan_anew(self, again: Again) -> tuple[Rejected, ...]:
        """Plan and accept a retried dead letter, which does not count as a new line."""
        line, plan = plan_again(self.transform, again, self.store)
        return self._settle(line, again.origin, self._note(plan, line.id), again)[1]

    def _settle(
        self, line: Line, origin: Origin, plan: Plan, again: Again | None = None
    ) -> tuple[Plan, tuple[Rejected, ...]]:
        settled, changes = settle(plan, self.store.prior(plan.state_keys), self.wall() * 1_000)
        # An unchanged upsert of an event planned again does not count as saved.
        saved = saved_by(plan, settled) if again is None else 0
        letters = self.store.accept(
            origin, settled, changes, plan.rule in self.batched, saved=saved, again=again
        )
        self.tally.add(line.number, settled.outcome, settled.diagnostics)
        return settled, tuple(Rejected(line, "refused", letter) for letter in letters)


def plan_again(transform: Transform, again: Again, store: Store) -> tuple[Line, Plan]:
    """The plan to send for a retried letter, by this transform and the states since."""
    line = read_line(again.origin.line, again.origin.raw)
    plan = plan_line(transform, line)
    is_overtaken = store.is_overtaken(plan.keys, again.number)
    return line, once_more(plan, again.call, again.decides, is_overtaken)
