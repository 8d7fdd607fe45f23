"""Do the events have something where the configuration looks?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import TABLE, KlaviyoRule
from walkeros_klaviyo.core.walkeros.event import FIELDS
from walkeros_klaviyo.core.walkeros.properties import select_properties
from walkeros_klaviyo.core.walkeros.value.walk import Read
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.questions.guess import ENOUGH, amount_path, currency_path, id_path
from walkeros_klaviyo.verify.questions.near import is_slip_of, near_path, nearest
from walkeros_klaviyo.verify.reads import paths_read
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there, paths_of, there

GUESSES: Final = {
    "settings.value": amount_path,
    "settings.currency": currency_path,
    "settings.uniqueId": id_path,
}
"""Where a path that is always null is as bad as none, and what is likely meant."""
_DEFAULT_PLACES: Final = {
    f"settings.{row.name}": row.default for row in TABLE.values() if row.default
}


def judge_paths(config: Config, shown: Shown) -> Iterator[Finding]:
    """Paths at which no event of the sample has anything, with the near one."""
    for events in shown.by_rule.values():
        yield from _removed(events)
    no_lists = [*_no_lists(shown)]
    yield from no_lists
    cleared_paths = set()
    for path, found in _cleared(config, shown):
        cleared_paths.add(path)
        yield found
    told = {one.path for one in no_lists}
    every = {path for paths in shown.paths.values() for path in paths}
    for where, (read, value) in shown.reads.items():
        if shown.found[where] or _DEFAULT_PLACES.get(where) == read.path:
            continue
        if not shown.tried[where] or _is_in_a_loop_over_nothing(where, shown, told):
            continue
        rule = shown.tried_by[where].rule
        known = shown.paths[rule.where] if rule.where and where.startswith(rule.where) else every
        stem = "".join(f"{source}.*." for source in read.within if source != "this")
        if not read.within and any(_is_at(read.path, path) for path in cleared_paths):
            continue  # the policy is to blame
        if stem + read.path in known and not where.endswith(tuple(GUESSES)):
            events = shown.by_rule[rule.where]
            if not read.within and len(events) >= FEW and _are_empty_lists(read.path, events):
                message = f'of {len(events):,} lists at "{read.path}" all are empty'
                yield Finding("mapping.nothing", where, message, "", events[0].example)
            continue  # it is there, and null: other visitors' may not be
        if _is_siblings(rule, stem + read.path, shown):
            continue  # events of the same name have it, that meet another rule of the list
        own = {one.path for one, other in shown.reads.values() if other is value}
        within = {path for path in known - own if path.startswith(stem)}
        near = near_path(stem + read.path, within)
        guess = next((one for end, one in GUESSES.items() if where.endswith(end)), None)
        if guess is not None and not (near and is_slip_of(read.path, near)):
            near = guess(shown.by_rule[rule.where]) or near
        if near and any(f"{path}.".startswith(f"{near}.") for path in own):
            near = None  # the value looks there already
        short = near.removeprefix(stem) if near else None
        stands_in = read.has_rest or (read.is_fallback and not _are_all_nothing(read, shown))
        is_slip = short is not None and is_slip_of(read.path, short)
        if stands_in and not is_slip and not _is_nowhere(read, every):
            continue  # others come on other days
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


def _removed(events: list[Mapped]) -> Iterator[Finding]:
    """What a rule takes out of the properties and is never there, while something like it is."""
    rule = events[0].rule
    if not rule.remove:
        return
    bare = evolve(rule, remove=())
    properties = [select_properties(bare, one.event)[0] for one in events[:ENOUGH]]
    names = {path for one in properties for path in paths_of(one)}
    removed = [".".join(path) for path in rule.remove]
    for index, path in enumerate(removed):
        if path in names or any(is_there(at(path, one)) for one in properties):
            continue
        near = nearest(path, sorted(names - set(removed)), 0.8)
        if near is not None:
            yield Finding(
                "path.unknown",
                f"{rule.where}.remove[{index}]",
                f'no property is called "{path}"; did you mean "{near}"?',
                f'Write "{near}".',
                events[0].example,
            )


def _is_siblings(rule: KlaviyoRule, path: str, shown: Shown) -> bool:
    head, bracket, _ = rule.where.rpartition("[")
    siblings = (paths for where, paths in shown.paths.items() if where.rpartition("[")[0] == head)
    return bracket != "" and any(path in paths for paths in siblings)


def _are_empty_lists(path: str, events: list[Mapped]) -> bool:
    return all(at(path, one.event) == [] for one in events)


def _cleared(config: Config, shown: Shown) -> Iterator[tuple[str, Finding]]:
    """Paths that are there, that a policy clears, and that a mapping reads."""
    missing = {
        read.path
        for where, (read, _) in shown.reads.items()
        if not read.within and not shown.found[where] and shown.tried[where]
    }
    for events in shown.by_rule.values():
        rule = events[0].rule
        for keys, value in (*config.policy, *rule.policy):
            path = ".".join(keys)
            if path in paths_read(value) or not any(_is_at(one, path) for one in missing):
                continue
            had = [one for one in events[:ENOUGH] if is_there(at(path, one.raw))]
            if had and not any(is_there(at(path, one.event)) for one in had):
                message = f'it clears "{path}", which the events have and a mapping reads'
                yield path, Finding("policy.clears", value.where, message, "", had[0].example)


def _is_at(path: str, place: str) -> bool:
    """Is a path that place, or inside of it?"""
    return f"{path}.".startswith(f"{place}.")


def _no_lists(shown: Shown) -> Iterator[Finding]:
    """Loops whose source is something else at all events: their fields may be right."""
    for events in shown.by_rule.values():
        found: dict[str, list[tuple[Mapped, str]]] = defaultdict(list)
        for one in events:
            for note in one.plan.diagnostics:
                if note.code == "value.not-a-list":
                    found[note.path].append((one, note.message))
        for where, seen in found.items():
            one, message = seen[0]
            if len(seen) > len(events) * MOSTLY:
                lists = [path for path in ("nested", *_lists_of(one)) if at(path, one.event)]
                remedy = f'Write "{lists[0]}".' if lists else "Name a list of the event."
                yield Finding("mapping.useless", f"{where}[0]", message, remedy, one.example)


def _lists_of(one: Mapped) -> list[str]:
    """Where the event has lists of objects."""
    stems = {path.partition(".*")[0] for path in paths_of(one.event) if ".*" in path}
    return sorted(stems)


def _is_in_a_loop_over_nothing(where: str, shown: Shown, no_lists: set[str]) -> bool:
    """Then its source is told, and its fields may be right.

    The source of a loop stands at `…loop[0]`, or inside of it; what reads its items at `…loop[1]`.
    """
    end = where.find(".loop[1]")
    while end >= 0:
        source = f"{where[:end]}.loop[0]"
        places = [
            one
            for one in shown.reads
            if one == source or one.startswith((f"{source}[", f"{source}."))
        ]
        if source in no_lists or (places and not any(shown.found[one] for one in places)):
            return True
        end = where.find(".loop[1]", end + 1)
    return False


def _are_all_nothing(read: Read, shown: Shown) -> bool:
    """Is it the last of a list of paths, none of which ever was there?"""
    options = [where for where, (one, _) in shown.reads.items() if one.among == read.among]
    return read.among != "" and not any(shown.found[where] for where in options)


def _is_nowhere(read: Read, every: set[str]) -> bool:
    """Does it begin as no event does, so that a constant stands in for ever?"""
    root = read.path.partition(".")[0]
    return not read.is_fallback and not read.among and root not in FIELDS and root not in every


def judge_pairs(config: Config, shown: Shown) -> Iterator[Finding]:
    """Paths such as `context.stage`, at which events have the value and its order."""
    for where, (read, _) in shown.reads.items():
        if read.path.split(".")[-2:-1] != ["context"] or ".loop[0]" in where:
            continue
        rule = shown.tried_by[where].rule.where
        is_own = rule != "" and where.startswith(f"{rule}.")
        for one in shown.by_rule[rule] if is_own else shown.mapped:
            found = next(there(read, one.event), None)
            if found is not None:
                if _is_pair(found):
                    message = f'"{read.path}" is a pair of a value and its order'
                    remedy = f'Write "{read.path}.0".'
                    yield Finding("value.pair", where, message, remedy, one.example)
                break


def _is_pair(value: Any) -> bool:
    """The order is a whole number, and the value none of the like.

    >>> _is_pair(["open", 0]), _is_pair(["red", "blue"]), _is_pair("open")
    (True, False, False)
    """
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
