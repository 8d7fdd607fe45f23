"""Is there any way at all to break the sender's promises? Every interleaving is tried.

    python -m tests.delivery.model --size 2

From the first moment of a small world every move is followed, each state looked at once. In each
the promises must hold (`small.py` states them): in order, in its windows, nothing counted without a
receipt, nothing dead without a verdict of Klaviyo's on it alone or by its row. And from each the
end must be in reach with good answers only, where nothing is left but what fails by itself. The
worlds are a few events of 2 or 3 profiles with their upserts. Every answer may be good, 429, 503, a
stranger's, or lost before or after Klaviyo recorded; rows may be wrong, or be refused for an
identifier, or break Klaviyo, or be stopped by a firewall; somebody may cut all large requests;
imports may be cancelled; the process may end at any step, and a new one goes on with what is on the
disk. `--size` is how many faults may come in one run; the larger, the longer it takes. Size 0 is
what the test suite looks at: some of the worlds of size 1, and some in which less goes wrong. Of
these, the README's command leaves the larger to `-m whole` and looks at smaller ones like them.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
from marshal import dumps

from attrs import define, evolve, field
from tests.delivery.small import CUTS, BrokenError, Small, is_over, moves, shortened, start
from tests.delivery.world import consent, event, upsert

from walkeros_klaviyo.delivery.messages import WEAKER

BOTH = (
    upsert(1, "ada"),
    event(2, "ada", "a1"),
    upsert(3, "bob"),
    event(4, "bob", "b1"),
    event(5, "ada", "a2"),
)
"""3 events of 2 profiles, with an upsert for each."""
ONE = (event(1, "ada", "a1"), upsert(2, "ada"), event(3, "ada", "a2"), event(4, "bob", "b1"))
"""The upsert of one, in the middle; the other's events wait for nobody."""
AGAIN = (upsert(1, "ada"), event(2, "bob", "b1"), upsert(3, "ada"), event(4, "ada", "a1"))
"""News of one profile twice."""
TWINS = (upsert(1, "ada"), event(2, "ada", "a1"), event(3, "bob", "b1"), event(4, "ada", "a1"))
"""The last is the same event as the second."""
LATE = (
    event(1, "ada", "a1"),
    event(2, "bob", "b1"),
    upsert(3, "ada"),
    upsert(4, "bob"),
    event(5, "ada", "a2"),
)
"""The news in the middle: both calls have two rows to share a request."""
SHARED = (
    upsert(1, ("ada", "7")),
    event(2, "7", "a1"),
    upsert(3, "ada"),
    event(4, ("ada", "7"), "a2"),
    event(5, ("ada", "7"), "a3"),
)
"""One person under two identifiers: what shares neither goes side by side."""
SAID = (
    upsert(1, "ada"),
    consent(2, "ada", "news"),
    consent(3, "bob", "news"),
    consent(4, "cid", "club"),
    event(5, "ada", "a1"),
)
"""Three who subscribe, two of them to one list; the first after her news and before her event."""
WORLDS = {
    "both": (BOTH, {1, 5}),
    "one": (ONE, {1, 2}),
    "again": (AGAIN, {2, 3}),
    "twins": (TWINS, {3}),
    "shared": (SHARED, {1, 2}),
    "said": (SAID, {2, 4}),
}
"""By name: the items, and which of them Klaviyo refuses where it refuses any."""
TOLD = {"rows named": True, "rows not named": False}
THREE = (event(1, "ada"), event(2, "bob"), event(3, "cid"))
"""Events that wait for nobody,"""
FOUR = (*THREE, event(4, "dan"))
"""one of them more,"""
NEWS = (upsert(1, "ada"), event(2, "ada"), upsert(3, "bob"))
"""news of two profiles, an event of the first,"""
MORE = (*NEWS, upsert(4, "cid"))
"""and a third's."""
PEOPLE = (upsert(1, "ada"), event(2, "bob"), event(3, "cid"))
"""An upsert and an event that Klaviyo refuses for an identifier, and one that has no other."""
OBJECTIONS = ((1, "phone_number"), (2, WEAKER), (3, "email"))


@define
class Report:
    """What was seen of one world."""

    states: int = 0
    transitions: int = 0
    ends: int = 0
    broken: list[str] = field(factory=list)


def worlds(size: int) -> Iterator[tuple[str, Small]]:
    """The small worlds, by name; the larger the size, the more may go wrong at once."""
    faults = size
    for name, (items, refused) in WORLDS.items():
        bad = frozenset(refused)
        single = Small(items, "single", faults=faults)
        yield f"single, {name}", single
        yield f"single, {name}, refused", evolve(single, bad=bad)
        yield f"single, {name}, breaker on the brink", evolve(single, brink=True)
        for told, pointers in TOLD.items():
            bulk = Small(items, "bulk", pointers=pointers, faults=faults, slow=size - 1)
            yield f"bulk, {name}, {told}", bulk
            yield f"bulk, {name}, refused, {told}", evolve(bulk, bad=bad)
    prompt = Small(LATE, "bulk", frozenset({1, 3}), pointers=False, prompt=True, faults=faults)
    yield "bulk, late, refused at once, rows not named", prompt
    yield from worlds_that_fail(size)


def worlds_that_fail(size: int) -> Iterator[tuple[str, Small]]:
    """Those in which something fails always."""
    first = frozenset({1})
    for mode in ("single", "bulk"):
        for name, items in {"an event": THREE, "an upsert": NEWS}.items():
            small = Small(items, mode, faults=size)  # type: ignore[arg-type]
            yield f"{mode}, {name} breaks Klaviyo", evolve(small, sick=first)
            yield f"{mode}, {name} is stopped by a firewall", evolve(small, barred=first)
        items = NEWS if mode == "bulk" else MORE
        stopped = Small(items, mode, faults=size, stops=size, crashes=0)  # type: ignore[arg-type]
        yield f"{mode}, stopped", stopped
        people = Small(PEOPLE, mode, objections=OBJECTIONS, lonely=frozenset({3}), faults=size)  # type: ignore[arg-type]
        yield f"{mode}, identifiers refused", people
        yield f"{mode}, identifiers refused in vain", evolve(people, bad=first)
        if mode == "bulk":
            yield f"{mode}, identifiers refused, rows not named", evolve(people, pointers=False)
    some = tuple(evolve(item, bulk=item.id < 3) for item in THREE)
    yield "auto, one of two in bulk breaks Klaviyo", Small(some, "auto", faults=size, sick=first)
    for cut in CUTS:
        for name, items in {"events": FOUR, "upserts": MORE}.items():
            small = Small(items, "bulk", cut=cut, faults=size, crashes=0)
            yield f"bulk, {name}, {cut} for more than one row", small
    imports = Small(MORE, "bulk", faults=size - 1, undone=size, crashes=0)
    yield "bulk, imports undone", imports
    imports = evolve(imports, items=NEWS, crashes=1)
    yield "bulk, imports undone, crash", imports
    yield "bulk, imports undone, refused", evolve(imports, bad=frozenset({3}))
    yield "bulk, imports of one are always undone", evolve(imports, spoiling=first)


def suite() -> dict[str, Small]:
    """What the test suite looks at: each world in some seconds."""
    every = dict(worlds(1))
    return {
        **{name: every[name] for name in SUITE},
        **{f"{name}, no crash": evolve(every[name], crashes=0) for name in SUITE_WITHOUT_CRASHES},
        **{f"{name}, no fault": evolve(every[name], faults=0) for name in SUITE_WITHOUT_FAULTS},
        **{
            f"{name}, neither": evolve(every[name], faults=0, crashes=0)
            for name in SUITE_WITHOUT_BOTH
        },
    }


SUITE = (
    "single, one, refused",
    "single, again, breaker on the brink",
    "single, shared, refused",
)
"""Worlds of size 1 that are looked at whole;"""
SUITE_WITHOUT_CRASHES = (
    "single, both",
    "single, said, refused",
    "single, an event is stopped by a firewall",
    "single, identifiers refused in vain",
    "bulk, one, refused, rows named",
    "bulk, shared, refused, rows named",
    "bulk, twins, refused, rows not named",
    "bulk, said, refused, rows not named",
)
"""only as long as no process ends;"""
SUITE_WITHOUT_FAULTS = (
    "single, an event breaks Klaviyo",
    "bulk, identifiers refused",
    "bulk, imports undone, crash",
    "single, stopped",
    "bulk, stopped",
)
"""and only as long as no answer is bad by chance."""
SUITE_WITHOUT_BOTH = (
    "bulk, an event breaks Klaviyo",
    "bulk, an upsert breaks Klaviyo",
    "bulk, an event is stopped by a firewall",
    "auto, one of two in bulk breaks Klaviyo",
    "bulk, identifiers refused, rows not named",
    "bulk, imports undone, refused",
    "bulk, imports of one are always undone",
    "bulk, late, refused at once, rows not named",
    "bulk, events, reset for more than one row",
    "bulk, events, 413 for more than one row",
    "bulk, upserts, Klaviyo's 413 for more than one row",
)


LARGE = (
    "single, shared, refused",
    "single, again, breaker on the brink",
    "single, both, no crash",
    "single, said, refused, no crash",
    "single, an event is stopped by a firewall, no crash",
    "single, identifiers refused in vain, no crash",
    "bulk, one, refused, rows named, no crash",
    "bulk, shared, refused, rows named, no crash",
    "bulk, twins, refused, rows not named, no crash",
    "bulk, said, refused, rows not named, no crash",
    "bulk, identifiers refused, no fault",
    "single, an event breaks Klaviyo, no fault",
    "bulk, an event breaks Klaviyo, neither",
    "bulk, an upsert breaks Klaviyo, neither",
    "bulk, an event is stopped by a firewall, neither",
    "auto, one of two in bulk breaks Klaviyo, neither",
    "bulk, identifiers refused, rows not named, neither",
    "bulk, late, refused at once, rows not named, neither",
)
"""Those that take longest;"""


def smaller() -> dict[str, Small]:
    """for each of them one in which nothing else goes wrong, or that has an item fewer."""
    found = {}
    for name in LARGE:
        world = suite()[name]
        if world.faults or world.crashes:
            found[f"{name}, smaller"] = evolve(world, faults=0, crashes=0)
        else:
            found[f"{name}, smaller"] = evolve(world, items=world.items[:2])
    return found


def explore(world: Small) -> Report:
    """Every state that can be reached, each once; the way to the first broken promises."""
    with shortened(world.short):
        return _explored(world)


def _explored(world: Small) -> Report:
    report = Report()
    first = start(world)
    numbers = {_digest(first.key()): 0}
    came: list[tuple[int, str]] = [(-1, "")]
    into: list[list[int]] = [[]]
    ends: list[int] = []
    todo = deque([(0, first)])
    while todo and len(report.broken) < 3:
        number, state = todo.popleft()
        if is_over(world, state):
            ends.append(number)
        following = moves(world, state)
        while True:
            try:
                name, good, after = next(following)
            except StopIteration:
                break
            except BrokenError as broken:
                report.broken.append(f"{broken}, after {_way(came, number)}")
                break
            report.transitions += 1
            digest = _digest(after.key())
            there = numbers.get(digest)
            if there is None:
                there = numbers[digest] = len(numbers)
                came.append((number, name))
                into.append([])
                todo.append((there, after))
            if good:
                into[there].append(number)
    report.states, report.ends = len(numbers), len(ends)
    if not report.broken:
        report.broken += [
            f"no end is in reach: {_way(came, number)}" for number in _stuck(into, ends)[:3]
        ]
    return report


def _digest(key: tuple[object, ...]) -> bytes:
    """States are told apart by 128 bits; the odds of an accident are below 1e-25."""
    return blake2b(dumps(key, 2), digest_size=16).digest()


def _way(came: list[tuple[int, str]], number: int) -> str:
    """How a state was reached."""
    steps = []
    while number > 0:
        number, name = came[number]
        steps.append(name)
    return " > ".join(reversed(steps)) or "at once"


def _stuck(into: list[list[int]], ends: list[int]) -> list[int]:
    """States from which no good moves lead to an end."""
    reaching, todo = set(ends), list(ends)
    while todo:
        for before in into[todo.pop()]:
            if before not in reaching:
                reaching.add(before)
                todo.append(before)
    return [number for number in range(len(into)) if number not in reaching]


def main() -> int:
    """Look at every world, and print what was seen."""
    parser = argparse.ArgumentParser(description="Try every interleaving of small worlds.")
    parser.add_argument("--size", type=int, default=0, help="faults in one run; 0: the suite's")
    size = parser.parse_args().size
    total = Report()
    began = time.perf_counter()
    for name, world in (dict(worlds(size)) if size else suite()).items():
        report = explore(world)
        counts = f"{report.states:>9,} states {report.transitions:>10,} transitions"
        print(f"{counts}  {name}", flush=True)
        for line in report.broken:
            print(f"          BROKEN {line}")
        total.states += report.states
        total.transitions += report.transitions
        total.broken += report.broken
    seconds = time.perf_counter() - began
    print(
        f"{total.states:>9,} states {total.transitions:>10,} transitions, "
        f"{len(total.broken)} promises broken, {seconds:.0f} s"
    )
    return 1 if total.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
