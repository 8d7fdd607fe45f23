"""Do the mapped traits fit a Klaviyo profile?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.profile import describe_profile
from walkeros_klaviyo.core.klaviyo.rules import rule_of
from walkeros_klaviyo.core.klaviyo.traits import LOCATION_FIELDS
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.tree import Node, Object, bare
from walkeros_klaviyo.core.walkeros.value.walk import constant_of, members_of
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import OF_ONE_EVENT
from walkeros_klaviyo.verify.questions.near import nearest
from walkeros_klaviyo.verify.reads import constants_in, reads_of

TRAITS: Final = "firstName lastName organization title image locale location properties".split()
NAMES_OF_PEOPLE: Final = ("firstName", "first_name", "lastName", "last_name")
NAMES_OF_TRAITS: Final = {one.lower() for one in (*TRAITS, *LOCATION_FIELDS)} | {"name", "company"}
SAMPLES: Final = frozenset(
    "todo tbd placeholder changeme fixme example sample string text test foo bar johndoe janedoe "
    "loremipsum insert fillin value xxx".split()
)
"""Words that serve as placeholders in examples."""
AN_OBJECT: Final = "the property {} is an object"


def lint_profile(config: Config) -> Iterator[Finding]:
    """Findings about every identify mapping, each once."""
    seen = set()
    for rule in (config.default, *config.rules):
        identify = rule.settings.identify
        if identify is None or identify.where in seen or rule.ignore:
            continue
        seen.add(identify.where)
        if rule is config.default:  # for a rule's own, see how often the sample has it
            yield from _restless(identify)
        yield from _fields(identify)


def _restless(identify: MappingValue) -> Iterator[Finding]:
    for read in reads_of(identify):
        if read.path in OF_ONE_EVENT and not read.within:
            message = f'"{read.path}" is another one at every event'
            yield Finding("trait.restless", read.where, message)


def _fields(identify: MappingValue) -> Iterator[Finding]:
    """Try each field with the pipeline's own stage: constants as they are, others as a string."""
    for name, node in members_of(identify.tree).items():
        where = f"{identify.where}.map.{name}"
        parts = members_of(node) if name in ("location", "properties") else {}
        for part, inner in (parts or {name: node}).items():
            yield from _template(part, inner)
        if name == "location" and parts:
            for part, inner in parts.items():
                trial = {name: {part: _trial(inner)}}
                yield from _judged(trial, f"{where}.map.{part}", part, _PLACES)
        elif name == "properties" and parts:
            for part, inner in parts.items():
                if isinstance(bare(inner), Object):
                    yield Finding("trait.object", f"{where}.map.{part}", AN_OBJECT.format(part))
        elif name not in ("location", "properties") or constant_of(node) is not None:
            yield from _judged({name: _trial(node)}, where, name, TRAITS)


def _template(name: str, node: Node) -> Iterator[Finding]:
    """A placeholder from an example, or one name for everybody."""
    for where, constant in constants_in(node).items():
        word = "".join(filter(str.isalpha, str(constant).lower()))
        is_sample = word in SAMPLES or word.removeprefix("your") in NAMES_OF_TRAITS
        if is_sample or (name in NAMES_OF_PEOPLE and constant_of(node) is not None):
            who = "every profile" if constant_of(node) is not None else "every profile without one"
            message = f'{who} gets "{constant}" as its {name}'
            remedy = "Leave the constant out, and map a path that the events have."
            yield Finding("trait.other", where, message, remedy)


def _judged(
    trial: dict[str, Any], where: str, name: str, known: Iterable[str]
) -> Iterator[Finding]:
    """The pipeline's diagnostics for such an identify, with the nearest valid field name."""
    rule = rule_of({"settings": {"identify": {"value": trial}}})
    for note in describe_profile(rule, {})[1]:
        is_unknown = note.code == "profile.unknown-field"
        near = nearest(name, known) if is_unknown else None
        hint = f'; did you mean "{near}"?' if near else ""
        remedy = f'Write "{near}".' if near else (_OWN if is_unknown else "")
        yield Finding("trait.type", where, f'"{name}": {note.message}{hint}', remedy)


_PLACES: Final = sorted(LOCATION_FIELDS)
_OWN: Final = "Put what is the shop's own below properties.map."


def _trial(node: Node) -> Any:
    """A value that the node may yield."""
    constant = constant_of(node)
    return "x" if constant is None else constant
