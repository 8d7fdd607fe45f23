"""Do the events have values at the paths that the configuration reads?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.settings import TABLE
from walkeros_klaviyo.core.walkeros.event import FIELDS
from walkeros_klaviyo.core.walkeros.properties import select_properties
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.walk import Read
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.counted import grouped
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.questions.guess import ENOUGH, amount_path, currency_path, id_path
from walkeros_klaviyo.verify.questions.near import is_slip_of, near_path, nearest
from walkeros_klaviyo.verify.reads import is_within, paths_read
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there, paths_of, there

GUESSES: Final = {
    "settings.value": amount_path,
    "settings.currency": currency_path,
    "settings.uniqueId": id_path,
}
"""Settings for which a path that is always null counts as missing, with guesses."""
_DEFAULT_PLACES: Final = {
    f"settings.{row.name}": row.default for row in TABLE.values() if row.default
}


def judge_paths(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: paths at which no event has a value, with the nearest existing one."""
    for events in shown.by_rule.values():
        yield from _removed(events)
    no_lists = [*_no_lists(shown)]
    cleared = [*_cleared(config, shown)]
    yield from (*no_lists, *(found for _, found in cleared))
    told = {one.path for one in no_lists}
    every = {path for paths in shown.paths.values() for path in paths}
    for where, (read, value) in shown.reads.items():
        is_there_or_usual = where in shown.found or _DEFAULT_PLACES.get(where) == read.path
        if is_there_or_usual or not shown.tried[where]:
            continue
        if _is_in_a_loop_over_nothing(where, shown, told):
            continue
        if not read.within and any(is_within(read.path, path) for path, _ in cleared):
            continue  # the policy is to blame
        yield from _unknown(where, read, value, shown, every)


def _unknown(
    where: str, read: Read, value: MappingValue, shown: Shown, every: set[str]
) -> Iterator[Finding]:
    rule = shown.tried_by[where].rule
    events = shown.by_rule[rule.where]
    known = shown.paths[rule.where] if rule.where and where.startswith(rule.where) else every
    stem = "".join(f"{source}.*." for source in read.within if source != "this")
    path = stem + read.path
    guess = next((one for end, one in GUESSES.items() if where.endswith(end)), None)
    if path in known and guess is None:  # it exists but is null, which others' may not be
        are_empty = all(at(read.path, one.event) == [] for one in events)
        if not read.within and len(events) >= FEW and are_empty:
            message = f'of {len(events):,} lists at "{read.path}" all are empty'
            yield Finding("mapping.nothing", where, message, "", events[0].example)
        return
    head, bracket, _ = rule.where.rpartition("[")
    siblings = (paths for other, paths in shown.paths.items() if other.rpartition("[")[0] == head)
    if bracket and any(path in paths for paths in siblings):
        return  # events that meet another rule of the list have it
    own = {one.path for one, other in shown.reads.values() if other.tree is value.tree}
    near = near_path(path, {one for one in known - own if one.startswith(stem)})
    if guess is not None and not (near and is_slip_of(read.path, near)):
        near = guess(events) or near
    if near and any(is_within(one, near) for one in own):
        near = None  # the value reads that already
    short = near.removeprefix(stem) if near else None
    # In a list of paths, report the last if none of them is ever there; otherwise, as with a
    # constant as fallback, other days may have others, unless no event has even its first key.
    options = [at_ for at_, (one, _) in shown.reads.items() if one.among == read.among]
    are_all_nothing = read.among != "" and not any(one in shown.found for one in options)
    root = read.path.partition(".")[0]
    is_nowhere = not (read.is_fallback or read.among or root in FIELDS or root in every)
    stands_in = read.has_rest or (read.is_fallback and not are_all_nothing)
    is_slip = short is not None and is_slip_of(read.path, short)
    if not stands_in or is_slip or is_nowhere:
        count = shown.tried[where]
        who = f"of {count:,} events that come by, none has" if count > 1 else "no event has"
        hint = f'; did you mean "{short}"?' if short else ""
        message, remedy = f'{who} anything at "{read.path}"{hint}', f'Write "{short}".'
        example = shown.tried_by[where].example
        yield Finding("path.unknown", where, message, remedy if short else "", example)


def _removed(events: list[Mapped]) -> Iterator[Finding]:
    """Properties that a rule removes but that never occur, while a similar one does."""
    rule = events[0].rule
    bare = evolve(rule, remove=())
    some = events[:ENOUGH] if rule.remove else []
    properties = [select_properties(bare, one.event)[0] for one in some]
    names = {path for one in properties for path in paths_of(one)}
    removed = [".".join(path) for path in rule.remove]
    for index, path in enumerate(removed):
        near = nearest(path, sorted(names - set(removed)), 0.8)
        is_known = path in names or any(is_there(at(path, one)) for one in properties)
        if near is not None and not is_known:
            message, where = f'no property is called "{path}"', f"{rule.where}.remove[{index}]"
            message, remedy = f'{message}; did you mean "{near}"?', f'Write "{near}".'
            yield Finding("path.unknown", where, message, remedy, events[0].example)


def _cleared(config: Config, shown: Shown) -> Iterator[tuple[str, Finding]]:
    """Existing paths that a policy clears although a mapping reads them."""
    missing = {
        read.path
        for where, (read, _) in shown.reads.items()
        if not read.within and where not in shown.found and shown.tried[where]
    }
    for rule, events in shown.rules:
        for keys, value in (*config.policy, *rule.policy):
            path = ".".join(keys)
            if path in paths_read(value) or not any(is_within(one, path) for one in missing):
                continue
            had = [one for one in events[:ENOUGH] if is_there(at(path, one.raw))]
            if had and not any(is_there(at(path, one.event)) for one in had):
                message = f'it clears "{path}", which the events have and a mapping reads'
                yield path, Finding("policy.clears", value.where, message, "", had[0].example)


def _no_lists(shown: Shown) -> Iterator[Finding]:
    """Loops whose source is never a list."""
    for events in shown.by_rule.values():
        notes = ((one, note) for one in events for note in one.plan.diagnostics)
        not_a_list = ((one, note) for one, note in notes if note.code == "value.not-a-list")
        for where, seen in grouped((note.path, (one, note)) for one, note in not_a_list).items():
            one, note = seen[0]
            if len(seen) > len(events) * MOSTLY:
                stems = {path.partition(".*")[0] for path in paths_of(one.event) if ".*" in path}
                lists = [path for path in ("nested", *sorted(stems)) if at(path, one.event)]
                remedy = f'Write "{lists[0]}".' if lists else "Name a list of the event."
                yield Finding("mapping.useless", f"{where}[0]", note.message, remedy, one.example)


def _is_in_a_loop_over_nothing(where: str, shown: Shown, no_lists: set[str]) -> bool:
    """If so, the loop's source is reported, and its fields may be right.

    A loop's source is at `…loop[0]` or inside it; what reads its items at `…loop[1]`.
    """
    for inner in re.finditer(re.escape(".loop[1]"), where):
        source = f"{where[: inner.start()]}.loop[0]"
        places = [one for one in shown.reads if f"{one}.".startswith((f"{source}[", f"{source}."))]
        if source in no_lists or (places and not any(one in shown.found for one in places)):
            return True
    return False


def judge_pairs(config: Config, shown: Shown) -> Iterator[Finding]:
    """Paths such as `context.stage`, at which events have the value and its order.

    Or the order alone, at `context.stage.1`.
    """
    for where, (read, _) in shown.reads.items():
        entry = re.fullmatch(r"((?:.+\.)?context\.[^.]+)(\.1)?", read.path)
        if entry is None or ".loop[0]" in where:
            continue
        rule = shown.tried_by[where].rule.where
        is_own = rule != "" and where.startswith(f"{rule}.")
        whole = evolve(read, path=entry[1])
        for one in shown.by_rule[rule] if is_own else shown.mapped:
            found = next(there(whole, one.event), None)
            if found is not None:
                # The order is a whole number, and the value is not.
                is_pair = isinstance(found, list) and [type(part) for part in found] == [str, int]
                if is_pair:
                    what = "the order of a value" if entry[2] else "a pair of a value and its order"
                    message, remedy = f'"{read.path}" is {what}', f'Write "{entry[1]}.0".'
                    yield Finding("value.pair", where, message, remedy, one.example)
                break
