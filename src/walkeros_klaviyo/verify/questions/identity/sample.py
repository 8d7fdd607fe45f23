"""Do the events identify people in a way that Klaviyo accepts?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import IDENTIFIERS
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region, read_phone
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.counted import are_most, grouped
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, VISIT_MS
from walkeros_klaviyo.verify.reads import options_of, paths_read
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there

from .lint import REGION, THEIR_OWN
from .nobody import judge_unidentified
from .others import judge_others, regions_of

_USER_ID: Final = 'settings.externalId = "user.id"'
Tried = tuple[bool, Mapped, Any]
"""(is it usable, the event, the value)."""


def judge_identity(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: values that are invalid or shared by several people; unidentified visitors."""
    unusable, others = [*_unusable(shown)], [*judge_others(config, shown)]
    yield from (*unusable, *others)
    if all(one.path != "settings.email" for one in others):  # else the addresses prove nothing
        yield from _of_several(shown)
    yield from _shared(shown)
    regions = (where for where in shown.reads if where.startswith("settings.phoneRegion"))
    is_region_lost = any(shown.tried[where] and where not in shown.found for where in regions)
    if not (unusable or others or is_region_lost):  # else the cause is reported
        yield from judge_unidentified(config, shown)


def _but_for_one_word(found: list[Tried]) -> list[Tried]:
    """If some values are valid, a single placeholder such as "not logged in" is no fault."""
    bad = Counter(str(value) for is_good, _, value in found if not is_good)
    if not bad or bad.total() == len(found):
        return found
    word, _ = bad.most_common(1)[0]
    return [one for one in found if one[0] or str(one[2]) != word]


def _unusable(shown: Shown) -> Iterator[Finding]:
    tried: dict[str, list[Tried]] = defaultdict(list)
    values: dict[str, tuple[str, MappingValue]] = {}
    for one in shown.mapped:
        for name, mapping in one.rule.settings.identifiers:
            read = IDENTIFIERS[name].read
            raws = [value for value in options_of(mapping, one.event) if value != ""]
            judged = [read(raw) if read else read_phone(raw, region_of(one)) for raw in raws]
            good = [raw for raw, (text, _) in zip(raws, judged, strict=True) if text is not None]
            bad = [raw for raw, (_, reason) in zip(raws, judged, strict=True) if reason]
            values[mapping.where] = name, mapping
            for value in (good or bad)[:1]:  # the first usable option counts
                tried[mapping.where].append((bool(good), one, value))
    for where, found in tried.items():
        name, mapping = values[where]
        found = _but_for_one_word(found)
        bad = [(one, value) for is_good, one, value in found if not is_good]
        message = f'of {len(found):,} values at "{mapping.reads}" {len(bad):,} are unusable'
        national = [] if name != "phone_number" else [one for one in bad if regions_of(one[1])]
        if national and (len(national) >= FEW or len(national) > len(found) * MOSTLY):
            told = [*_national(where, message, national, len(found))]
            yield from told
            if told or len(national) > len(bad) * MOSTLY:
                continue
        if len(bad) > len(found) * MOSTLY:
            yield Finding("identifier.type", where, message, "", bad[0][0].example)


def _national(
    where: str, message: str, bad: list[tuple[Mapped, Any]], total: int
) -> Iterator[Finding]:
    """National numbers with no region, or a wrong one."""
    one = bad[0][0]
    place = one.rule.settings.phone_region
    if place is None:
        text = f"{message}: national numbers, and no region is known"
        yield Finding("identifier.type", where, text, REGION, one.example)
        return
    given = [code for code in (place(each.event) for each, _ in bad) if isinstance(code, str)]
    # Else its path is reported, they are a few from abroad, or `others` says from where.
    is_wrong = given and not any(is_phone_region(code.upper()) for code in given)
    if is_wrong and len(bad) > total * MOSTLY:
        text = f'what stands at "{place.reads}" is not the code of a country with phone numbers'
        yield Finding("identifier.type", place.where, text, REGION, one.example)


def _shared(shown: Shown) -> Iterator[Finding]:
    """One value in most events, although these are of several people."""
    for name in ("email", "external_id"):
        by_value = _by(name, shown.mapped)
        events = max(by_value.values(), key=len, default=[])
        place: MappingValue | None = getattr(events[0].rule.settings, name) if events else None
        people = {text for one in events if place for text in _people(one, place)}
        total = sum(map(len, by_value.values()))
        if place is not None and len(events) > total * MOSTLY and len(people) >= FEW:
            message = f"{len(events):,} of {total:,} events get the same, of {len(people):,} people"
            yield Finding("identifier.type", place.where, message, "", events[0].example)


def _of_several(shown: Shown) -> Iterator[Finding]:
    """One external id with three or more addresses; or a new one for each event of an address."""
    named = [one for one in shown.mapped if {"email", "external_id"} <= one.identifiers.keys()]
    mapping = next((one.rule.settings.external_id for one in named), None)
    if mapping is None:
        return
    is_own = "user.id" in paths_read(mapping)
    has_own = not is_own and is_there(at("user.id", named[0].event))
    crowd = [events for events in _by("external_id", named).values() if _people_in(events) > 1]
    if len(crowd) >= FEW or any(len(_by("email", events)) >= FEW for events in crowd):
        message = (
            f'under {len(crowd):,} of the ids at "{mapping.reads}" there are several addresses: '
            "a company's or a household's id, and no person's"
        )
        remedy, example = _USER_ID if has_own else THEIR_OWN, crowd[0][0].example
        yield Finding("identifier.type", mapping.where, message, remedy, example)
    if not is_own:
        yield from _of_a_visit(mapping, named)
    several = [events for events in _by("email", named).values() if len(events) > 1]
    ids = [(events, len(_by("external_id", events))) for events in several]
    restless = [events for events, count in ids if count > max(1, len(events) * MOSTLY)]
    if are_most(len(restless), len(several)):
        message = f'"{mapping.reads}" is another one at each event of an address'
        remedy, example = _USER_ID if has_own else THEIR_OWN, restless[0][0].example
        yield Finding("identifier.type", mapping.where, message, remedy, example)


def _of_a_visit(mapping: MappingValue, named: list[Mapped]) -> Iterator[Finding]:
    """An id that changes between visits of the same known person."""
    known = ((at("user.id", one.event), one) for one in named)
    visits = grouped(
        (f"{who} {one.identifiers['email'].lower()}", one) for who, one in known if is_there(who)
    )
    again = [
        _by("external_id", events)
        for events in visits.values()
        if max(one.time for one in events) - min(one.time for one in events) > VISIT_MS
    ]
    restless = [ids for ids in again if len(ids) > 1]
    if are_most(len(restless), len(again)):
        message = f'"{mapping.reads}" is another one at {len(restless):,} people\'s next visit'
        example = next(iter(restless[0].values()))[0].example
        yield Finding("identifier.type", mapping.where, message, _USER_ID, example)


def _people_in(events: list[Mapped]) -> int:
    """The number of people, by address; two addresses with one site id are one person's."""
    addresses = len(_by("email", events))
    ids = {str(found) for one in events if is_there(found := at("user.id", one.event))}
    return addresses if addresses >= FEW else min(addresses, len(ids))


def _by(name: str, events: Iterable[Mapped]) -> dict[str, list[Mapped]]:
    """Events by the value of an identifier."""
    return grouped(
        (one.identifiers[name].lower(), one) for one in events if name in one.identifiers
    )


def _people(one: Mapped, place: MappingValue) -> Iterator[str]:
    """Other identifiers of the event's user: an id or an address."""
    own = paths_read(place)
    for name in ("id", "email"):
        if f"user.{name}" not in own and is_there(value := at(f"user.{name}", one.event)):
            yield f"{name} {value}"
            return


def region_of(one: Mapped) -> str | None:
    """The country of national numbers for an event."""
    region = one.rule.settings.phone_region(one.event) if one.rule.settings.phone_region else None
    return region.upper() if isinstance(region, str) else None
