"""Is a constant really a path that was meant to be read?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.reads import constants_in, every_value

_PATH: Final = re.compile(
    r"(data|user|context|globals|custom|nested)(\.[\w*]+)+|source\.(url|type|id|referrer|platform)"
)
_TEMPLATE: Final = re.compile(r"\{\{.*\}\}|[$#%]?\{[A-Za-z][\w. ]*\}|<%.*%>|^<[A-Za-z][\w .-]*>$")
"""An unfilled template placeholder."""


def lint_values(config: Config) -> Iterator[Finding]:
    """Findings: constants and metric names that look like paths of an event, or templates."""
    for value in every_value(config).values():
        for where, constant in constants_in(value.tree).items():
            remedy = f'Write "{constant}" by itself, or in a list after another path.'
            yield from _spelled(where, constant, "the constant", remedy)
    for rule in config.rules:
        remedy = "Write the metric's name, or set the event's name by a policy."
        yield from _spelled(rule.named_at, rule.name, "the name", remedy)


def _spelled(where: str, text: object, what: str, remedy: str) -> Iterator[Finding]:
    if isinstance(text, str) and _PATH.fullmatch(text):
        message = f'{what} "{text}" is spelled as a path, and is taken as it stands'
        yield Finding("value.path", where, message, remedy)
    elif isinstance(text, str) and _TEMPLATE.search(text):
        message = f'{what} "{text}" is a place in a template that nobody has filled'
        yield Finding("value.path", where, message, "Write what belongs there.")
