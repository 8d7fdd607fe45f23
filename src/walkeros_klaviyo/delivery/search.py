"""Which row is the bad one, when the answer does not say?

A search for the first bad one, not blind halving: of a group that is known to hold a bad row the
first half is sent; if it is taken, the bad one is in the rest, else in the half, and the rest is
laid aside until it is found. So a bad row costs at most log2(n) requests and the one that takes
what was laid aside, and every probe that succeeds delivers its rows.
"""

from __future__ import annotations

from attrs import evolve, frozen

from .messages import Item


@frozen
class Search:
    """A group of items of which one at least is bad, and why Klaviyo refused the group."""

    suspects: tuple[Item, ...]
    status: int | None
    code: str
    detail: str
    aside: tuple[Item, ...] = ()
    """Items of which nothing is known; they go together once the bad one is found."""

    @property
    def items(self) -> tuple[Item, ...]:
        """All that wait for its end."""
        return (*self.suspects, *self.aside)


def probe(search: Search) -> tuple[Item, ...]:
    """The half that is sent next.

    >>> [item.id for item in probe(Search((Item(1, "e"), Item(2, "e"), Item(3, "e")), 400, "", ""))]
    [1]
    """
    return search.suspects[: len(search.suspects) // 2]


def taken(search: Search) -> Search:
    """After Klaviyo took the probe: the bad one is in the rest."""
    rest = search.suspects[len(search.suspects) // 2 :]
    return evolve(search, suspects=rest)


def refused(search: Search, status: int | None, code: str, detail: str) -> Search:
    """After Klaviyo refused the probe: the bad one is in it; of the rest nothing is known."""
    half = len(search.suspects) // 2
    return Search(
        search.suspects[:half], status, code, detail, (*search.aside, *search.suspects[half:])
    )


def found(search: Search) -> Item | None:
    """The bad one, once only one is left."""
    return search.suspects[0] if len(search.suspects) == 1 else None
