"""Which part of the document is Klaviyo's configuration?

A document is the bare configuration of a destination, a whole destination step (`package`,
`config`), the fragment with `destinations` that walkerOS's own pages show, or a walkerOS flow.json
with all its flows; of these only the Klaviyo destination is read. Pure: the environment is an
argument. Source: walkerOS flow.json, versions 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import field, frozen

from walkeros_klaviyo.core.config import KEYS
from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.faults import Fault, did_you_mean, join
from walkeros_klaviyo.core.schema import FILE_KEYS
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .pick import KLAVIYO, PickError, is_klaviyo, pick
from .references import References
from .site import Scope, Site

Kind = Literal["configuration", "step", "fragment", "flow"]

VERSIONS: Final = (3, 4)

CHAINS: Final = {
    "before": "its transformers do not run here: events arrive without their changes",
    "next": "its transformers do not run here after an event is sent",
    "cache": "is not kept here: every event is looked at anew",
}
"""Fields of a destination step that would change events or their number, and do not here."""


@frozen
class Found:
    """The destination's configuration within a document, its references looked up.

    With `faults` it is what could be read all the same; None where there is none to read.
    `origins` holds, by path, which texts came from the environment, and by which reference.
    """

    config: dict[str, Any] | None = field(repr=False)
    where: str
    """The path from the document's top to the configuration."""
    faults: tuple[Fault, ...] = ()
    warnings: Diagnostics = ()
    origins: Mapping[str, list[tuple[str, str]]] = field(factory=dict, repr=False)

    def conceal(self, path: str, message: str) -> str:
        """A message about a path, without the texts that came from the environment."""
        for value, ref in self.origins.get(path, ()):
            message = message.replace(f'"{value}"', f'"{ref}"')
            if len(value) > 3:
                message = message.replace(value, ref)
        return message


def kind_of_document(document: Mapping[str, Any]) -> Kind:
    """Is it a bare configuration, a destination step, a fragment, or a flow.json?

    >>> kind_of_document({"version": 4, "flows": {}}), kind_of_document({"mapping": {}})
    ('flow', 'configuration')
    """
    if "flows" in document or ("version" in document and not document.keys() & set(KEYS)):
        return "flow"
    if "destinations" in document and not document.keys() & set(KEYS):
        return "fragment"
    return "step" if "config" in document or "package" in document else "configuration"


def find_config(
    document: Any,
    *,
    env: Mapping[str, str],
    flow: str | None = None,
    destination: str | None = None,
) -> Found:
    """The Klaviyo destination's configuration, with every fault found on the way.

    >>> find_config({"version": 4, "flows": {"shop": {"destinations": {"klaviyo": {
    ...     "package": "@walkeros/server-destination-klaviyo",
    ...     "config": {"settings": {"apiKey": "$env.KEY"}}}}}}}, env={"KEY": "pk_1"}).config
    {'settings': {'apiKey': 'pk_1'}}
    """
    try:
        return _find(document, env, flow, destination)
    except RecursionError:
        fault = Fault("", "nested too deeply to be a configuration")
        return Found(None, "", (fault,))


def _find(
    document: Any, env: Mapping[str, str], flow: str | None, destination: str | None
) -> Found:
    if not isinstance(document, dict):
        return Found(None, "", (Fault("", f"expected an object, got {kind_of(document)}"),))
    kind = kind_of_document(document)
    if kind == "flow":
        return _find_in_flows(document, env, flow, destination)
    if kind == "fragment" and flow is None:
        return _find_in({"": document}, document, env, None, destination)
    if flow is not None or destination is not None:
        option = "--flow" if flow is not None else "--destination"
        what = {"step": "a destination step", "fragment": "one flow's destinations"}.get(kind)
        what = what or "a bare configuration"
        message = f"is {what}, where {option} can pick nothing; leave it out"
        return Found(None, "", (Fault("", message),))
    if kind == "step":
        return _resolve(document, document, "", (("", document),), env)
    bare = {key: value for key, value in document.items() if key not in FILE_KEYS}
    return _resolve(document, {"config": bare}, None, (("", document),), env)


def _find_in_flows(
    document: dict[str, Any], env: Mapping[str, str], flow: str | None, destination: str | None
) -> Found:
    version = document.get("version", VERSIONS[-1])
    if version not in VERSIONS:
        message = "walkerOS's versions 3 and 4 are read here; bring the file to version 4"
        return Found(None, "", (Fault("version", message),))
    return _find_in(document.get("flows"), document, env, flow, destination)


def _find_in(
    flows: Any,
    document: dict[str, Any],
    env: Mapping[str, str],
    flow: str | None,
    destination: str | None,
) -> Found:
    """The destination in one of these flows; one without a name is the document itself."""
    try:
        chosen, name = pick(flows, flow, destination)
    except PickError as error:
        return Found(
            None, "", (Fault("flows" if kind_of_document(document) == "flow" else "", str(error)),)
        )
    around = flows[chosen]
    step = around["destinations"][name]
    at = f"flows.{chosen}" if chosen else ""
    where = join(at, f"destinations.{name}")
    outer = ((at, around),) if chosen else ()
    holders = (("", document), *outer, (where, step))
    return _resolve(document, step, where, holders, env)


def _resolve(
    document: dict[str, Any],
    step: dict[str, Any],
    at: str | None,
    holders: tuple[tuple[str, dict[str, Any]], ...],
    env: Mapping[str, str],
) -> Found:
    """A step's configuration; `at` is None where the document is nothing but it."""
    where = "" if at is None else join(at, "config")
    scopes = [Scope()]
    for _, holder in holders:
        scopes.append(scopes[-1].within(holder))
    references = References(document, env, where, scopes[max(1, len(holders) - 1)])
    config = references.resolve(step.get("config", {}), Site(scopes[-1]))
    faults = [*_check_names(holders), *references.faults]
    if at is not None:
        faults += _check_step(step, at)
    if config is not ABSENT and not isinstance(config, dict):
        faults.append(Fault(where, f"expected an object, got {kind_of(config)}"))
    return Found(
        config if isinstance(config, dict) else {},
        where,
        tuple(faults),
        (*_warn_of_chains(step, at), *references.warnings),
        references.origins,
    )


def _check_names(holders: tuple[tuple[str, dict[str, Any]], ...]) -> list[Fault]:
    return [
        Fault(join(at, key), f"expected an object of names and values, got {kind_of(holder[key])}")
        for at, holder in holders
        for key in ("variables", "definitions")
        if holder.get(key) is not None and not isinstance(holder[key], dict)
    ]


def _check_step(step: dict[str, Any], at: str) -> list[Fault]:
    """A step's other fields are walkerOS's; but a misspelt one must not cost the consent rules."""
    faults = []
    package = step.get("package")
    if package is not None and not is_klaviyo(package):
        message = f"this destination is not Klaviyo's, which is {KLAVIYO}"
        faults.append(Fault(join(at, "package"), message))
    if "config" not in step:
        faults += [
            Fault(join(at, key), f"unknown key{hint}")
            for key in step
            if "did you mean" in (hint := did_you_mean(key, ["config"]))
        ]
    return faults


def _warn_of_chains(step: dict[str, Any], at: str | None) -> Diagnostics:
    if at is None:
        return ()
    return tuple(
        Diagnostic("config.no-meaning", join(at, key), message)
        for key, message in CHAINS.items()
        if step.get(key)
    )
