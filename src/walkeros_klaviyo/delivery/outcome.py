"""What happens to the items of a request that was refused or failed?

An item becomes a dead letter only by Klaviyo's own words about it, alone or by its row; a refused
group of which no row is named is halved until one is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import evolve

from .batch import BULK
from .endpoint import AGAIN, is_troubled
from .messages import WEAKER, Answer, Charged, Command, Dead, Delivered, Item, Repair, Warn
from .retry import MAX_CHARGES, backoff
from .rows import RowError, identifier_at, row_errors
from .size import shrink
from .state import Flight, Sender, enqueue, release
from .verdict import Verdict

Step = tuple[Sender, tuple[Command, ...]]
UNDONE: Final = "import.undone"
"""The code of an import that has not happened."""
SINGLE: Final = {bulk: call for call, bulk in BULK.items()}
"""The single call for each bulk endpoint."""


def is_grouped(flight: Flight) -> bool:
    """Were its items sent to a bulk endpoint that has a single counterpart?"""
    return flight.endpoint in SINGLE and any(one.call != flight.endpoint for one in flight.items)


def delivery(items: Iterable[Item]) -> Delivered:
    """The command for delivered items; a repaired one was always sent alone."""
    every = tuple(items)
    repair = every[0].repair if len(every) == 1 else None
    left_out = () if repair is None else repair.leave_out
    return Delivered(tuple(item.id for item in every), left_out)


def refused(sender: Sender, flight: Flight, verdict: Verdict, answer: Answer, at: float) -> Step:
    """Apply a refusal to the only item or the rows it names; otherwise halve the group."""
    rows = row_errors(answer.body, len(flight.items))
    if not rows and (len(flight.items) > 1 or is_grouped(flight)):
        endpoint = sender.endpoints[flight.endpoint]
        if verdict.kind == "too-large" or is_troubled(endpoint):
            others_pass = not is_troubled(endpoint)
            size = shrink(endpoint.size, len(flight.items), at, others_pass)
            endpoints = {**sender.endpoints, flight.endpoint: evolve(endpoint, size=size)}
            sender = evolve(sender, endpoints=endpoints)
        if len(flight.items) > 1:
            return enqueue(sender, halved(flight.items), first=True), ()
        # The bulk endpoint itself may be what is refused.
        return enqueue(sender, (by_itself(flight.items[0]),), first=True), ()
    if not rows:
        code = "duplicate" if verdict.kind == "duplicate" else verdict.code
        rows = (RowError(0, code, verdict.detail, verdict.pointer),)
    named = {row.row for row in rows}
    rest = (item for row, item in enumerate(flight.items) if row not in named)
    sender = enqueue(sender, rest, first=True)
    return judged(sender, [(flight.items[row.row], row) for row in rows], verdict.status)


def by_itself(item: Item) -> Item:
    """The item to be sent alone by the single endpoint next, even if suspect.

    >>> suspect = Item(1, "profiles.create_or_update_profile", most=1, failures=2, charges=1)
    >>> suspect.is_suspect, by_itself(suspect).is_suspect
    (True, False)
    """
    return evolve(item, most=1, failures=item.failures // 2 * 2 + 1)


def halved(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items, of which at most half may share a request from now on."""
    most = (len(items) + 1) // 2
    return tuple(evolve(item, most=most) for item in items)


def judged(sender: Sender, judged: list[tuple[Item, RowError]], status: int | None) -> Step:
    """Settle items by Klaviyo's errors: recorded already, to be resent, or dead."""
    known: list[Item] = []
    again: list[Item] = []
    gone: list[Item] = []
    commands: list[Command] = []
    for item, error in judged:
        if error.is_duplicate or (error.is_repeat and item.is_alone):
            known.append(item)
            continue
        if error.is_repeat:  # the single endpoint accepts a repeat
            again.append(evolve(item, most=1))
            continue
        dead = Dead(item.id, status, error.code, error.detail, error.pointer)
        repaired = _repaired(item, dead)
        if repaired is not None:
            again.append(repaired)
            commands.append(Warn("call.repaired", f"{item.call} {_without(repaired)}"))
            continue
        gone.append(item)
        was = item.repair if error.code == "unsent" else None
        commands.append(dead if was is None else was.refused)
    sender = release(enqueue(sender, again, first=True), (*known, *gone))
    return sender, ((delivery(known),) if known else ()) + tuple(commands)


def _repaired(item: Item, dead: Dead) -> Item | None:
    """The item without the identifier that Klaviyo objects to; None if nothing can be left out."""
    objection = identifier_at(dead.pointer)
    if dead.code.startswith("duplicate_profile"):
        objection = WEAKER
    left_out = () if item.repair is None else item.repair.leave_out
    if objection is None or objection in left_out:
        return None
    first = dead if item.repair is None else item.repair.refused
    return evolve(item, most=1, repair=Repair((*left_out, objection), first))


def _without(item: Item) -> str:
    """A readable note on how a repaired call is resent."""
    left_out = "" if item.repair is None else item.repair.leave_out[-1]
    if left_out == WEAKER:
        return "once more under the strongest identifier alone"
    return f"once more without {left_out}"


def failed(
    sender: Sender,
    flight: Flight,
    verdict: Verdict,
    others_pass: bool,
    at: float,
    luck: float,
    is_passing: bool = True,
) -> Step:
    """Try the items again later. If others get through, a group is halved and a lone item charged.

    If the endpoint's last request failed too (not `is_passing`), it is charged no more than once.
    """
    rows = len(flight.items)
    endpoint = sender.endpoints[flight.endpoint]
    is_throttled = verdict.kind == "throttled"
    if is_throttled:  # a rate limit is not the items' fault, unless only they meet it
        others_pass = others_pass and min(item.failures for item in flight.items) >= AGAIN - 1
    is_halved = rows > 1 and others_pass
    is_bulk = is_grouped(flight)
    if is_bulk and (others_pass or endpoint.breaker.failures > 1 or endpoint.throttles >= AGAIN):
        size = shrink(endpoint.size, rows, at, others_pass and not is_troubled(endpoint))
        endpoints = {**sender.endpoints, flight.endpoint: evolve(endpoint, size=size)}
        sender = evolve(sender, endpoints=endpoints)
    items = halved(flight.items) if is_halved else flight.items
    is_charged = rows == 1 and (others_pass or verdict.code == "crash")
    is_charged = is_charged or (is_halved and rows == 2)  # one of them; they go alone now
    is_charged = is_charged and verdict.code != UNDONE
    may_die = rows == 1 and (verdict.code == "crash" or (verdict.status or 0) >= 500)
    counts = may_die and (is_passing or verdict.code == "crash")
    again = tuple(
        evolve(
            item,
            failures=1 if is_halved else item.failures + 1,
            failed_at=at,
            in_silence=not others_pass and not is_throttled,
            # A lone item's 5xx while others pass, or a crash, counts every time; all else once.
            charges=item.charges + (is_charged and (counts or not item.charges)),
        )
        for item in items
    )
    both = zip(items, again, strict=True)
    charged = tuple(Charged(now.id, now.charges) for was, now in both if now.charges > was.charges)
    if is_charged and counts and again[0].charges >= MAX_CHARGES:
        dead = Dead(again[0].id, verdict.status, verdict.code, verdict.detail, verdict.pointer)
        return release(sender, again), (dead,)
    is_own = rows == 1 and flight.items[0].charges > 0
    if is_throttled and not is_own:  # the whole endpoint waits
        return enqueue(sender, again, first=True), charged
    wait = (verdict.wait or 0.0) if is_own else 0.0
    delayed = tuple((at + max(backoff(item.failures, luck), wait), item) for item in again)
    return evolve(sender, delayed=(*sender.delayed, *delayed)), charged
