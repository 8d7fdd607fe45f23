"""Is a refusal repaired where it can be, and what if it cannot?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, combinations

import pytest
from attrs import evolve
from tests.delivery.world import (
    BULK_PROFILES,
    DONE,
    EVENT,
    OK,
    PARTLY,
    UPSERT,
    Answers,
    Request,
    World,
    event,
    named,
    refusal,
    upsert,
)

from walkeros_klaviyo.delivery.messages import WEAKER, Answer, Item

NAMES = ("external_id", "email", "phone_number")
"""A person's identifiers, the strongest first."""
SUBSETS = [set(one) for one in chain(*(combinations(NAMES, n) for n in range(4)))]
BAD = 3
"""Of five items, this one's identifiers are refused."""


def left(ask: Request) -> list[str]:
    """Who the person still is, in a request that leaves something out."""
    names = [name for name in NAMES if name not in ask.leave_out]
    return names[:1] if WEAKER in ask.leave_out else names


def objecting(bad: set[str], late: bool = False) -> Answers:
    """A Klaviyo that refuses these identifiers one by one; without anybody left, nothing is sent.

    An import is taken at first, if it is to fail later.
    """

    def answers(ask: Request) -> Answer:
        row = next((row for row, item in enumerate(ask.items) if item.id == BAD), None)
        found = [name for name in left(ask) if name in bad]
        if ask.leave_out and not left(ask):
            return Answer(None, fault="unsent")
        if row is None or not found or (late and ask.call == BULK_PROFILES):
            return OK
        if len(ask.items) > 1:
            return named((row, "invalid"), end=f"/attributes/{found[0]}")
        return refusal(400, "invalid", f"bad {found[0]}", f"/data/attributes/{found[0]}")

    return answers


@pytest.mark.parametrize("bad", SUBSETS, ids=lambda one: "+".join(sorted(one)))
@pytest.mark.parametrize(("call", "make"), [(EVENT, event), (UPSERT, upsert)])
@pytest.mark.parametrize("way", ["single", "row", "import"])
def test_who_has_one_good_identifier_left_arrives(
    bad: set[str], call: str, make: Callable[[int], Item], way: str
) -> None:
    """One after the other is left out, each told; with nobody left it dies of the first refusal."""

    ordered = sorted(bad, key=NAMES.index)

    def jobs(ask: Request) -> Answer:
        if not bad or way != "import":
            return DONE
        end = f"/attributes/{ordered[0]}"
        return named((BAD, "invalid"), status=200, end=end) if ask.errors else PARTLY

    mode = "single" if way == "single" else "bulk"
    world = World(answers=objecting(bad, way == "import"), jobs=jobs, mode=mode)  # type: ignore[arg-type]
    world.feed(*(evolve(make(n), lanes=(f"p{n}",)) for n in range(5))).run()
    if bad == set(NAMES):
        told = f"bad {ordered[0]}" if way == "single" else f"row {BAD}"
        assert (list(world.dead), world.dead[BAD].detail) == ([BAD], told)
    assert len(world.delivered) == (4 if bad == set(NAMES) else 5)
    assert [one.detail for one in world.warnings] == [
        f"{call} once more without {name}" for name in ordered
    ]
    repaired = [post for _, post in world.posts if post.leave_out]
    assert [post.leave_out for post in repaired] == [
        tuple(ordered[: n + 1]) for n in range(len(ordered))
    ]
    assert all((post.call, post.ids) == (call, (BAD,)) for post in repaired)
    arrives = 0 < len(bad) < len(NAMES)
    assert world.left_out == ({BAD: tuple(ordered)} if arrives else {})


@pytest.mark.parametrize("make", [event, upsert])
@pytest.mark.parametrize("again", [True, False])
def test_two_people_in_one_are_told_apart_by_the_strongest_identifier(
    make: Callable[[int], Item], again: bool
) -> None:
    """Once; if that is refused for the same, there is nothing left to try."""

    def answers(ask: Request) -> Answer:
        is_bad = ask.item.id == BAD and (again or not ask.leave_out)
        return refusal(409, "duplicate_profile", "Two people.") if is_bad else OK

    world = (
        World(answers=answers).feed(*(evolve(make(n), lanes=(f"p{n}",)) for n in range(5))).run()
    )
    assert list(world.dead) == ([BAD] if again else [])
    assert [post.leave_out for _, post in world.posts if BAD in post.ids] == [(), (WEAKER,)]
    assert [one.code for one in world.warnings] == ["call.repaired"]
    assert world.left_out == ({} if again else {BAD: (WEAKER,)})


def test_a_repair_that_fails_is_tried_again_as_it_is() -> None:
    """A repaired call is a call like any other, in an outage as well."""
    answers = objecting({"email"})
    down = lambda ask: Answer(503) if ask.leave_out and ask.nth < 8 else answers(ask)  # noqa: E731
    for mode in ("single", "bulk"):
        world = World(answers=down, mode=mode).feed(*(event(n) for n in range(5))).run()  # type: ignore[arg-type]
        assert (len(world.delivered), world.dead) == (5, {})
        tries = [post.leave_out for _, post in world.posts if BAD in post.ids]
        assert tries == [(), *([("email",)] * 7)]
        assert world.left_out == {BAD: ("email",)}
