"""Do the identifiers distinguish people?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify import reads
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import facts
from walkeros_klaviyo.verify.questions.guess import name_of

THEIR_OWN: Final = "Map the path of the event that holds the visitor's own."
OF_AN_ORDER: Final = ("order", "transaction", "invoice", "booking", "cart")
"""Words in the names of ids that a person has only once."""
REGION: Final = 'settings.phoneRegion = "DE", or the path of the visitor\'s country.'
Said = Iterator[tuple[str, str, str]]
"""(the place, what is wrong there, what to write)."""


def lint_identity(config: Config) -> Iterator[Finding]:
    """Findings: identifiers shared by visitors or different for each event; a bad country."""
    for said in (*_of_nobody(config), *_of_an_order(config), *_of_no_country(config)):
        yield Finding("identifier.type", *said)


def _of_nobody(config: Config) -> Said:
    policies = (*config.policy, *(one for rule in config.rules for one in rule.policy))
    for name, value in config.settings.identifiers:
        paths = reads.paths_read(value)
        for source in (value, *(one for path, one in policies if ".".join(path) in paths)):
            if reads.constant_of(source) is not None:
                yield source.where, "a constant makes one profile of all visitors", THEIR_OWN
            else:
                yield from _stand_ins(source)
                yield from _of_something(name, source)


def _stand_ins(value: MappingValue) -> Said:
    message = "a constant is used where an event has none: one profile for all such people"
    remedy = "Leave the constant out: who has no such identifier goes by the others."
    for where, constant in reads.stand_ins(value).items():
        if constant != "":
            yield where, message, remedy


def _of_something(name: str, value: MappingValue) -> Said:
    """Ids of an event, a page or a browser."""
    for read in reads.reads_of(value):
        path = read.path
        if path in facts.OF_ONE_EVENT and not read.within:
            message = f'"{path}" is another one at every event, which makes a profile of each'
            yield read.where, message, THEIR_OWN
        elif name != "kx" and path in facts.NO_PERSONS and not read.within:
            message = f'"{path}" is of a page, and no person\'s: visitors are mixed up'
            yield read.where, message, THEIR_OWN
        elif name == "external_id" and path in facts.OF_A_DEVICE:
            message = f'"{path}" is a browser\'s, and no id of a person: each becomes a profile'
            yield read.where, message, f'Leave it out, or write settings.anonymousId = "{path}".'


def _of_an_order(config: Config) -> Said:
    """An order's id used as a person's."""
    names = (facts.ORDER, *facts.REVERSALS)
    orders = [rule for rule in reads.recording(config) if rule.name in names]
    ids = {path for rule in orders for path in reads.paths_read(rule.settings.unique_id)}
    for read in reads.reads_of(config.settings.external_id):
        is_named = any(word in name_of(read.path) for word in OF_AN_ORDER)
        if is_named or (read.path in ids and not read.path.startswith("user.")):
            what = "is the id of an order, and no person's: each becomes a profile"
            remedy = "Map the person's own, or leave externalId out."
            yield read.where, f'"{read.path}" {what}', remedy


def _of_no_country(config: Config) -> Said:
    region = config.settings.phone_region
    code = reads.constant_of(region)
    if region is not None and isinstance(code, str) and not is_phone_region(code.upper()):
        yield region.where, f'"{code}" is not a country with phone numbers', REGION
