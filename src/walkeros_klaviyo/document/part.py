"""Which part of a configuration file is the Klaviyo destination's?

A document is the bare configuration of a destination, a whole destination step (`package`,
`config`), a fragment with `destinations` as in walkerOS's own documentation, or a walkerOS
flow.json with all its flows; only the Klaviyo destination in it is read.
Source: walkerOS flow.json, versions 3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from attrs import field, frozen

from walkeros_klaviyo.core.config import KEYS
from walkeros_klaviyo.core.faults import Fault, did_you_mean, join
from walkeros_klaviyo.core.schema import FILE_KEYS
from walkeros_klaviyo.core.walkeros.event import kind_of

from .pick import KLAVIYO, PickError, is_klaviyo, pick
from .site import Scope

Kind = Literal["configuration", "step", "fragment", "flow"]

VERSIONS: Final = (3, 4)

_PICKS_NOTHING: Final[Mapping[Kind, str]] = {
    "step": "a destination step",
    "fragment": "one flow's destinations",
    "configuration": "a bare configuration",
}
"""How to name a document whose destination need not be picked."""


class NoPartError(ValueError):
    """The document has no destination that can be read; `fault` says why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(path, message)


@frozen
class Part:
    """The destination in its document: its step, and the enclosing objects with variables."""

    step: dict[str, Any] = field(repr=False)
    at: str | None
    """The path to the step; None where the document is a bare configuration."""
    holders: tuple[tuple[str, dict[str, Any]], ...] = field(repr=False)
    """The enclosing objects, outermost first, each with its path."""

    @property
    def where(self) -> str:
        """The path from the top of the document to the configuration."""
        return "" if self.at is None else join(self.at, "config")

    def scopes(self, outer: Scope) -> Iterator[Scope]:
        """The scope of references within each of the holders."""
        for _, holder in self.holders:
            outer = outer.within(holder)
            yield outer

    def faults(self) -> Iterator[Fault]:
        """Faults around the configuration, not within it."""
        for at, holder in self.holders:
            for key in ("variables", "definitions"):
                found = holder.get(key)
                if found is not None and not isinstance(found, dict):
                    message = f"expected an object of names and values, got {kind_of(found)}"
                    yield Fault(join(at, key), message)
        if self.at is None:
            return
        package = self.step.get("package")
        if package is not None and not is_klaviyo(package):
            message = f"this destination is not Klaviyo's, which is {KLAVIYO}"
            yield Fault(join(self.at, "package"), message)
        if "config" not in self.step:  # a misspelt "config" must not lose the consent rules
            for key in self.step:
                if "did you mean" in (hint := did_you_mean(key, ["config"])):
                    yield Fault(join(self.at, key), f"unknown key{hint}")


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


def part_of(
    document: Any, flow: str | None = None, destination: str | None = None, is_over: bool = False
) -> Part:
    """The Klaviyo destination's part; raise NoPartError where there is none to read.

    An overlay (`is_over`) need not have the flow and destination that are picked from the document.

    >>> part_of({"destinations": {"klaviyo": {"config": {}}}}).where
    'destinations.klaviyo.config'
    """
    if not isinstance(document, dict):
        raise NoPartError("", f"expected an object, got {kind_of(document)}")
    kind = kind_of_document(document)
    if is_over:
        flow = flow if kind == "flow" else None
        destination = destination if kind in ("flow", "fragment") else None
    if kind == "flow":
        if document.get("version", VERSIONS[-1]) not in VERSIONS:
            message = "walkerOS's versions 3 and 4 are read here; bring the file to version 4"
            raise NoPartError("version", message)
        return _within(document.get("flows"), document, flow, destination)
    if kind == "fragment" and flow is None:
        return _within({"": document}, document, None, destination)
    if flow is not None or destination is not None:
        option = "--flow" if flow is not None else "--destination"
        message = f"is {_PICKS_NOTHING[kind]}, where {option} can pick nothing; leave it out"
        raise NoPartError("", message)
    if kind == "step":
        return Part(document, "", (("", document),))
    bare = {key: value for key, value in document.items() if key not in FILE_KEYS}
    return Part({"config": bare}, None, (("", document),))


def _within(
    flows: Any, document: dict[str, Any], flow: str | None, destination: str | None
) -> Part:
    """The destination in one of these flows; a flow without a name is the document itself."""
    try:
        chosen, name = pick(flows, flow, destination)
    except PickError as error:
        at = "flows" if kind_of_document(document) == "flow" else ""
        raise NoPartError(at, str(error)) from None
    around = flows[chosen]
    step = around["destinations"][name]
    at = f"flows.{chosen}" if chosen else ""
    inner = ((at, around),) if chosen else ()
    return Part(
        step,
        join(at, f"destinations.{name}"),
        (("", document), *inner, (join(at, f"destinations.{name}"), step)),
    )
