"""What does a reference in a flow.json stand for?

`$var.name`, `$env.NAME`, `$secret.NAME`, `$contract.name` and `$flow.name` are resolved anywhere in
a value (never in a key); those that need the JavaScript bundler are faults. Where a name is missing
the value is left out, so that all other faults are still reported. `core.faults.REFERENCES` also
lists the prefixes, for a configuration passed without its file.
Source: walkerOS reference syntax, versions 3 and 4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import Factory, define, evolve, field

from walkeros_klaviyo.core.diagnostics import Diagnostic
from walkeros_klaviyo.core.faults import (
    REFERENCES,
    Fault,
    did_you_mean,
    is_reference,
    unresolved,
)
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .contract import ContractError, extended
from .overlay import line_to_write
from .site import Scope, Site, spell

MAX_CHAIN: Final = 50
"""The longest chain of references; a longer one counts as a circle."""
MAX_VALUES: Final = 100_000
"""The most values that a configuration may expand to."""

_HEAD: Final = re.compile(r"\$([A-Za-z]+)[.:]")
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_VAR: Final = re.compile(rf"\$var\.({_NAME}(?:\.(?:{_NAME}|[0-9]+))*)")
_SECRET: Final = re.compile(rf"\$secret\.({_NAME})")
_NAMED: Final = re.compile(rf"\$(def|contract|flow)\.({_NAME}(?:\..+)?)")
_STORE: Final = re.compile(rf"\$store\.{_NAME}")
_ONLY_WHOLE: Final = re.compile(rf"\$(?:secret|contract|flow|def)\.{_NAME}")
_INLINE: Final = re.compile(
    rf"\$var\.(?P<var>{_NAME}(?:\.{_NAME})*)|\$env\.(?P<env>{_NAME})(?::(?P<default>[^\"}}\s]*))?"
)


@define
class References:
    """Resolves the references of one configuration, collecting faults.

    `origins` holds, by path, the strings that came from the environment and by which reference, so
    that messages can avoid quoting them.

    >>> References({}, {"KEY": "pk_1"}).resolve({"apiKey": "$env.KEY"}, Site(Scope()))
    {'apiKey': 'pk_1'}
    """

    document: Mapping[str, Any] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    where: str = ""
    flow: Scope = field(factory=Scope, repr=False)
    """What the file and the picked flow define, which is all that a contract sees."""
    faults: list[Fault] = Factory(list)
    warnings: list[Diagnostic] = Factory(list)
    origins: dict[str, list[tuple[str, str]]] = field(factory=dict, repr=False)
    count: int = 0

    def resolve(self, value: Any, site: Site) -> Any:
        """The value with all references resolved; ABSENT if it is itself one that cannot be."""
        self.count += 1
        if self.count > MAX_VALUES:
            return self._unfolded_too_far(site)
        if isinstance(value, str):
            return value if site.is_meaningless else self._text(value, site)
        if site.is_meaningless:
            return value
        if isinstance(value, dict):
            found = {key: self.resolve(member, site.below(key)) for key, member in value.items()}
            return {key: member for key, member in found.items() if member is not ABSENT}
        if isinstance(value, list):
            items = [self.resolve(item, site.below(index)) for index, item in enumerate(value)]
            return [None if item is ABSENT else item for item in items]
        return value

    def _unfolded_too_far(self, site: Site) -> Any:
        if self.count == MAX_VALUES + 1:
            self._fault(site, f"the references unfold into more than {MAX_VALUES:,} values")
        return ABSENT

    def _fault(self, site: Site, message: str) -> Any:
        through = f" (through {site.chain[-1]})" if site.chain else ""
        self.faults.append(Fault(spell(self.where, site.keys), message + through))
        return ABSENT

    def _text(self, text: str, site: Site) -> Any:
        if "$" not in text:
            return text
        if text.startswith("$code:"):
            line = line_to_write(site.keys)
            hint = f": {line}, in a file for --overlay, with --allow-python" if line else ""
            return self._fault(site, unresolved(text) + hint)
        if found := _STORE.search(text):
            return self._fault(site, unresolved(found[0]))
        if found := _SECRET.fullmatch(text):
            return self._environment(text, found[1], None, site)
        if found := _VAR.fullmatch(text):
            return self._look_up("var", found[1], text, site)
        if found := _NAMED.fullmatch(text):
            return self._look_up(found[1], found[2], text, site)
        if found := _ONLY_WHOLE.search(text):
            message = f"{found[0]} cannot stand inside a longer text; make it the whole text"
            return self._fault(site, message)
        if is_reference(text) and not _INLINE.match(text):
            head = text[: text.index(".") + 1]
            return self._fault(site, f"{head} is not followed by a name, such as {head}name")
        if (found := _HEAD.match(text)) and found[0] not in (*REFERENCES, "$py:", "$fn:"):
            hint = did_you_mean(found[1], (kind.strip("$.:") for kind in REFERENCES))
            if "did you mean" in hint:
                return self._fault(site, f"{found[0]} is not a kind of reference{hint}")
        return self._inline(text, site)

    def _inline(self, text: str, site: Site) -> Any:
        """Resolve references within a string, which must stand for scalars."""
        parts: list[str] = []
        end = 0
        is_whole = True
        for found in _INLINE.finditer(text):
            if found["env"]:
                ref = f"$env.{found['env']}"
                value = self._environment(ref, found["env"], found["default"], site)
            else:
                value = self._scalar(found["var"], found[0], site)
            is_whole = is_whole and value is not ABSENT
            parts += (text[end : found.start()], _spelled(value))
            end = found.end()
        return "".join([*parts, text[end:]]) if is_whole else ABSENT

    def _scalar(self, path: str, ref: str, site: Site) -> Any:
        value = self._look_up("var", path, ref, site)
        if value is None or isinstance(value, dict | list):
            message = f"{ref} is {kind_of(value)} and cannot stand inside a longer text"
            return self._fault(site, message)
        return value

    def _environment(self, ref: str, name: str, default: str | None, site: Site) -> Any:
        value = self.env.get(name)
        if value is not None:
            self.origins.setdefault(spell(self.where, site.keys), []).append((value, ref))
            return value
        if default is not None:
            return self._inline(default, site)
        remedy = f"set the environment variable {name}"
        if ref.startswith("$env."):
            remedy += f", or write a default: {ref}:…"
        return self._fault(site, f"{ref} is not set; {remedy}")

    def _look_up(self, kind: str, path: str, ref: str, site: Site) -> Any:
        """The value of a name and the path below it."""
        if ref in site.chain:
            circle = " → ".join([*site.chain[site.chain.index(ref) :], ref])
            message = f"the references go round in a circle: {circle}"
            return self._fault(evolve(site, chain=()), message)
        if len(site.chain) >= MAX_CHAIN:
            first = " → ".join(site.chain[:3])
            message = f"more than {MAX_CHAIN} references in a row: {first} → …"
            return self._fault(evolve(site, chain=()), message)
        name, *rest = path.split(".")
        try:
            names, scope = self._names(kind, name, site)
        except ContractError as error:
            return self._fault(site, f"{ref}: the contract {error}")
        if kind == "def":
            if name not in names:
                message = f"{ref} names no definition; since walkerOS 4 write $var.{path} instead"
                return self._fault(site, message)
            message = 'is spelled "$var." since walkerOS 4'
            self.warnings.append(
                Diagnostic("config.renamed", spell(self.where, site.keys), f"$def. {message}")
            )
        return self._walk(names, [name, *rest], ref, scope, site)

    def _names(self, kind: str, name: str, site: Site) -> tuple[dict[str, Any], Scope]:
        """The names that a kind of reference can refer to, and the scope of references in them."""
        if kind == "var":
            return site.scope.variables, site.scope
        if kind == "def":
            return site.scope.definitions, site.scope
        if kind == "contract":
            return extended(self.document.get("contract"), name), self.flow
        flows = self.document.get("flows")
        named = flows if isinstance(flows, dict) else {}
        configs = {
            key: flow.get("config", {}) for key, flow in named.items() if isinstance(flow, dict)
        }
        return configs, Scope().within(self.document).within(named.get(name))

    def _walk(
        self, names: dict[str, Any], path: list[str], ref: str, scope: Scope, site: Site
    ) -> Any:
        current: Any = names
        inner = site.through(ref, scope)
        for depth, name in enumerate(path):
            if isinstance(current, str) and (_VAR.fullmatch(current) or _NAMED.fullmatch(current)):
                return self._text(".".join([current, *path[depth:]]), inner)
            if isinstance(current, dict) and name in current:
                current = current[name]
            elif isinstance(current, list) and name.isdecimal() and int(name) < len(current):
                current = current[int(name)]
            else:
                known = current if isinstance(current, dict) else ()
                message = f'{ref} leads nowhere: there is no "{name}"{did_you_mean(name, known)}'
                return self._fault(site, message)
        return self.resolve(current, inner)


def _spelled(value: Any) -> str:
    """A scalar as JavaScript would write it inside a string.

    >>> _spelled(True), _spelled(4.0), _spelled(2.5)
    ('true', '4', '2.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)
