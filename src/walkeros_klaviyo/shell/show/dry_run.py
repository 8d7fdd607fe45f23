"""What would a run do? Every new line is planned against the store; nothing is changed."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from typing import IO

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS, Endpoint
from walkeros_klaviyo.core.klaviyo.state import ProfileState, merged
from walkeros_klaviyo.core.pipeline import Transform
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.reused import noting_repeats, noting_reuse
from walkeros_klaviyo.core.settle import settle
from walkeros_klaviyo.delivery.batch import BULK
from walkeros_klaviyo.shell.input.file import begin, reading_of
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines
from walkeros_klaviyo.shell.planned import plan_line
from walkeros_klaviyo.shell.process import readers_may_leave
from walkeros_klaviyo.shell.send.acceptance import plan_again
from walkeros_klaviyo.shell.send.tally import Tally
from walkeros_klaviyo.shell.store import Store

from .report import Earned, dropped_table, rehearsal_table, remarks_table
from .table import show
from .telling import tell


def rehearse(
    transform: Transform,
    stream: IO[bytes],
    path: str | None,
    host: str = "",
    api_key: str | None = None,
    *,
    is_again: bool = False,
    is_bulk: bool = False,
) -> int:
    """Print what a run would do; returns 1 if a line is invalid or would be refused, else 0.

    `path` is the store, if the run has one; it must belong to the host and key.
    """
    tally = Tally()
    told: dict[str, ProfileState] = {}
    note, note_repeats = noting_reuse(), noting_repeats()
    calls: Counter[str] = Counter()
    metrics: Counter[str] = Counter()
    earned = Earned()
    recorded: set[int] = set()  # events with an amount: Klaviyo keeps the first of each id
    with ExitStack() as stack:
        known = path is not None and Path(path).expanduser().exists()
        store = stack.enter_context(Store.view(path)) if path is not None and known else None
        if store is not None:
            store.check_binding(host, api_key)
        # State changes are never committed, so closing the store undoes them.
        prior = (lambda _: told) if store is None else store.prior
        reading = reading_of(stream)
        if store is not None and reading is not None:
            reading = begin(stream, store.position, reading, is_again)
            if reading.note:
                tell(f"{reading.note}.")

        def take(line: Line, plan: Plan) -> None:
            plan = note_repeats(note(plan), line.id)
            plan, changes = settle(plan, prior(plan.state_keys), time.time() * 1_000)
            if store is None:
                told.update(merged(told, changes))
            else:
                store.learn(changes)
            tally.add(line.number, plan.outcome, plan.diagnostics)
            for call in plan.calls:
                if not call.refusal:
                    calls[call.name] += 1
                    metrics[call.label] += 1
                    if call.metric is not None:
                        once = hash((call.label, call.unique_id, plan.keys[:1]))
                        value = None if once in recorded else call.value
                        earned.add(call.label, value, call.value_currency)
                        if value is not None:
                            recorded.add(once)

        if store is not None:
            for again in store.again(-1):
                take(*plan_again(transform, again, store))
        for found in read_lines(stream) if reading is None else reading.lines(stream):
            line = read_line(*found)
            if reading is not None and line.may_go_on:
                break  # it may still be being written; a run leaves it for the next one too
            take(line, plan_line(transform, line))
        waiting = store.status().waiting if store is not None else ()
    if not tally.outcomes:
        tell("0 events")
    for one in waiting:
        calls[one.call] += one.calls
        metrics[one.metric] += one.calls
    with readers_may_leave(ends=False):
        show(
            rehearsal_table(tally.outcomes, sum(one.calls for one in waiting), metrics, earned),
            dropped_table(tally),
            remarks_table(tally),
            _how_long(calls, is_bulk),
        )
    return int(bool(tally.outcomes["invalid"] or tally.outcomes["refused"]))


def _how_long(calls: Counter[str], is_bulk: bool = False) -> str:
    """The time it takes at Klaviyo's published rates, singly or in bulk.

    >>> from collections import Counter
    >>> _how_long(Counter({"events.create_event": 700}))
    '700 calls; single, at the published pace: about 2 s. Nothing was sent or kept.'
    """
    ways = BULK if is_bulk else {}
    seconds = max(
        (
            _seconds(ENDPOINTS[ways.get(call, call)], count, is_bulk)
            for call, count in calls.items()
        ),
        default=0.0,
    )
    long = f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
    way, count = "in bulk" if is_bulk else "single", sum(calls.values())
    return (
        f"{count:,} call{'' if count == 1 else 's'}; {way}, at the published pace: about {long}. "
        "Nothing was sent or kept."
    )


def _seconds(endpoint: Endpoint, calls: int, is_bulk: bool) -> float:
    """A minute's requests go at the burst rate, then wait for the next minute."""
    requests = ceil(calls / endpoint.items) if is_bulk else calls
    minutes, rest = divmod(max(requests - 1, 0), endpoint.steady)
    return minutes * 60 + rest / endpoint.burst
