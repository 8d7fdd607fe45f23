"""Do the identifiers tell people apart?"""

from __future__ import annotations

from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import OF_A_DEVICE, OF_ONE_EVENT
from walkeros_klaviyo.verify.reads import constant_of, reads_of


def lint_identity(config: Config) -> Iterator[Finding]:
    """Identifiers that all visitors share, or no two events; a country that has no numbers."""
    rule = config.default
    for value in (
        rule.settings.email,
        rule.settings.phone_number,
        rule.settings.external_id,
        rule.settings.anonymous_id,
    ):
        if value is None:
            continue
        if constant_of(value) is not None:
            yield Finding(
                "identifier.type",
                value.where,
                "a constant makes one profile of all visitors",
                "Map the path of the event that holds the visitor's own.",
            )
        for read in reads_of(value):
            if read.path in OF_ONE_EVENT and not read.within:
                yield Finding(
                    "identifier.type",
                    read.where,
                    f'"{read.path}" is another one at every event, which makes a profile of each',
                    "Map the path of the event that holds the visitor's own.",
                )
    for read in reads_of(rule.settings.external_id):
        if read.path in OF_A_DEVICE:
            yield Finding(
                "identifier.type",
                read.where,
                f'"{read.path}" is a browser\'s, and no id of a person: each becomes a profile',
                f'Leave it out, or write settings.anonymousId = "{read.path}".',
            )
    region = constant_of(rule.settings.phone_region)
    if isinstance(region, str) and not is_phone_region(region.upper()):
        yield Finding(
            "identifier.type",
            rule.settings.phone_region.where if rule.settings.phone_region is not None else "",
            f'"{region}" is no country with phone numbers',
            'settings.phoneRegion = "DE", or the path of the visitor\'s country.',
        )
