"""Do the identifiers tell people apart?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import (
    NO_PERSONS,
    OF_A_DEVICE,
    OF_ONE_EVENT,
    ORDER,
    REVERSALS,
)
from walkeros_klaviyo.verify.questions.guess import name_of
from walkeros_klaviyo.verify.reads import (
    constant_of,
    paths_read,
    reads_of,
    recording,
    stand_ins,
)

THEIR_OWN: Final = "Map the path of the event that holds the visitor's own."
OF_AN_ORDER: Final = ("order", "transaction", "invoice", "booking", "cart")
"""Words in the names of what is a profile's only once."""
REGION: Final = 'settings.phoneRegion = "DE", or the path of the visitor\'s country.'


def lint_identity(config: Config) -> Iterator[Finding]:
    """Identifiers that visitors share, or no two events; a country that has no numbers."""
    for name, value in config.settings.identifiers:
        for source in (value, *_set_by_policies(config, value)):
            yield from _nobodys(name, source)
    yield from _of_an_order(config)
    region = config.settings.phone_region
    code = constant_of(region)
    if region is not None and isinstance(code, str) and not is_phone_region(code.upper()):
        message = f'"{code}" is no country with phone numbers'
        yield Finding("identifier.type", region.where, message, REGION)


def _set_by_policies(config: Config, value: MappingValue) -> Iterator[MappingValue]:
    """What policies put where an identifier is read."""
    paths = paths_read(value)
    for policy in (config.policy, *(rule.policy for rule in config.rules)):
        yield from (one for path, one in policy if ".".join(path) in paths)


def _nobodys(name: str, value: MappingValue) -> Iterator[Finding]:
    if constant_of(value) is not None:
        message = "a constant makes one profile of all visitors"
        yield Finding("identifier.type", value.where, message, THEIR_OWN)
        return
    for where, constant in stand_ins(value).items():
        if constant == "":
            continue
        yield Finding(
            "identifier.type",
            where,
            "a constant stands in where an event has none: one profile of all such people",
            "Leave the constant out: who has no such identifier goes by the others.",
        )
    for read in reads_of(value):
        if read.path in OF_ONE_EVENT and not read.within:
            message = f'"{read.path}" is another one at every event, which makes a profile of each'
            yield Finding("identifier.type", read.where, message, THEIR_OWN)
        elif name != "kx" and read.path in NO_PERSONS and not read.within:
            message = f'"{read.path}" is of a page, and no person\'s: visitors are mixed up'
            yield Finding("identifier.type", read.where, message, THEIR_OWN)
        elif name == "external_id" and read.path in OF_A_DEVICE:
            yield Finding(
                "identifier.type",
                read.where,
                f'"{read.path}" is a browser\'s, and no id of a person: each becomes a profile',
                f'Leave it out, or write settings.anonymousId = "{read.path}".',
            )


def _of_an_order(config: Config) -> Iterator[Finding]:
    """What an order goes by, taken for who it was."""
    orders = [rule for rule in recording(config) if rule.name in (ORDER, *REVERSALS)]
    ids = {path for rule in orders for path in paths_read(rule.settings.unique_id)}
    for read in reads_of(config.settings.external_id):
        is_named = any(word in name_of(read.path) for word in OF_AN_ORDER)
        if is_named or (read.path in ids and not read.path.startswith("user.")):
            yield Finding(
                "identifier.type",
                read.where,
                f'"{read.path}" is the id of an order, and no person\'s: each becomes a profile',
                "Map the person's own, or leave externalId out.",
            )
