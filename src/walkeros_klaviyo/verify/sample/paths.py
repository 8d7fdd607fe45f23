"""Do the events have something where the configuration looks?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.settings import DEFAULTS
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.lint.metrics import is_slip, nearest
from walkeros_klaviyo.verify.lint.reads import Read

from .look import Shown

NEEDED: Final = ("settings.value", "settings.currency", "settings.uniqueId")
"""Where a path that is always null is as bad as none."""
_DEFAULT_PLACES: Final = {f"settings.{name}": path for name, path in DEFAULTS.items()}


def judge_paths(shown: Shown) -> Iterator[Finding]:
    """Paths at which no event of the sample has anything, with the near one."""
    every = {path for paths in shown.paths.values() for path in paths}
    for where, (read, value) in shown.reads.items():
        if shown.found[where] or _DEFAULT_PLACES.get(where) == read.path:
            continue
        if not shown.tried[where] or _is_in_a_loop_over_nothing(where, shown):
            continue
        rule = shown.tried_by[where].rule
        known = shown.paths[rule.where] if rule.where and where.startswith(rule.where) else every
        stem = "".join(f"{source}.*." for source in read.within if source != "this")
        if stem + read.path in known and not where.endswith(NEEDED):
            continue  # it is there, and null: other visitors' may not be
        own = {one.path for one, other in shown.reads.values() if other is value}
        near = near_path(stem + read.path, known - own)
        if near and any(f"{path}.".startswith(f"{near}.") for path in own):
            near = None  # the value looks there already
        short = near.removeprefix(stem) if near else None
        if (read.is_fallback or read.has_rest) and not _is_slip_of(read, short):
            continue
        hint = f'; did you mean "{short}"?' if short else ""
        count = shown.tried[where]
        who = f"of {count:,} events that come by, none has" if count > 1 else "no event has"
        yield Finding(
            "path.unknown",
            where,
            f'{who} anything at "{read.path}"{hint}',
            f'Write "{short}".' if short else "",
            shown.tried_by[where].example,
        )


def _is_in_a_loop_over_nothing(where: str, shown: Shown) -> bool:
    """Then its source is told, and its fields may be right.

    The source of a loop stands at `…loop[0]`, or inside of it; what reads its items at `…loop[1]`.
    """
    at = where.find(".loop[1]")
    while at >= 0:
        source = f"{where[:at]}.loop[0]"
        places = [
            one
            for one in shown.reads
            if one == source or one.startswith((f"{source}[", f"{source}."))
        ]
        if places and not any(shown.found[one] for one in places):
            return True
        at = where.find(".loop[1]", at + 1)
    return False


def _is_slip_of(read: Read, near: str | None) -> bool:
    """Where something else may stand in, only an obvious slip is one: others come on other days."""
    steps, others = read.path.split("."), (near or "").split(".")
    different = [(a, b) for a, b in zip(steps, others, strict=False) if a != b]
    return len(steps) == len(others) and len(different) == 1 and is_slip(*different[0])


def near_path(path: str, known: set[str]) -> str | None:
    """The nearest path that events have: the same but for a word, or the word elsewhere.

    >>> near_path("data.totl", {"data.total", "data.id"}), near_path("total", {"data.total"})
    ('data.total', 'data.total')
    >>> near_path("data.weight", {"data.total", "user.id"}) is None
    True
    """
    near = nearest(path, sorted(known), 0.8)
    if near is not None:
        return near
    last = path.rpartition(".")[2]
    there = [one for one in known if one.rpartition(".")[2].lower() == last.lower()]
    return there[0] if len(there) == 1 else None
