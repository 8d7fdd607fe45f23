"""How does a file call functions? `"fn": "$fn:flatten"`, or a list of them, which are piped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Notes
from walkeros_klaviyo.core.faults import Findings, did_you_mean, is_function
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT, parse_path

from .misfit import Misfit
from .table import FUNCTIONS


@frozen
class Step:
    """A function with its argument, and its place in the configuration."""

    where: str
    name: str
    argument: Any = None

    def __call__(self, value: Any, notes: Notes) -> Any:
        """Apply the function; ABSENT stays ABSENT.

        >>> Step("fn", "flatten")([["a"], "b"], [])
        ['a', 'b']
        """
        return ABSENT if value is ABSENT or value is None else self.compiled()(value, notes)

    def compiled(self) -> Callable[[Any, Notes], Any]:
        """The function as a closure; never call it with ABSENT or None."""
        known = FUNCTIONS[self.name]
        fn, given = known.fn, () if self.argument is None else (self.argument,)

        def of_one(value: Any, notes: Notes) -> Any:
            made = fn(value, *given)
            return self._noted(made, notes) if type(made) is Misfit else made

        def of_each(value: Any, notes: Notes) -> Any:
            if not isinstance(value, list):
                return of_one(value, notes)
            made = [None if item is None else fn(item, *given) for item in value]
            misfit = next((item for item in made if type(item) is Misfit), None)
            if misfit is not None:
                self._noted(misfit, notes)
            return [None if item is ABSENT or type(item) is Misfit else item for item in made]

        return of_each if known.is_of_each else of_one

    def _noted(self, misfit: Misfit, notes: Notes) -> Any:
        message = f"$fn:{self.name} was given a value that {misfit.reason}"
        notes.append(Diagnostic("value.misfit", self.where, message))
        return ABSENT


def parse_steps(raw: Any, where: str, findings: Findings) -> tuple[Step, ...]:
    """Parse `"$fn:…"`, or a list of them, which are piped.

    >>> parse_steps(["$fn:split(,)", "$fn:unique"], "fn", Findings())[0]
    Step(where='fn[0]', name='split', argument=',')
    """
    if not isinstance(raw, list):
        return tuple(_parsed([(raw, where)], findings))
    if not raw:
        findings.fault(where, 'expected functions, e.g. ["$fn:flatten", "$fn:unique"]')
    return tuple(_parsed(((one, f"{where}[{at}]") for at, one in enumerate(raw)), findings))


def _parsed(every: Iterable[tuple[Any, str]], findings: Findings) -> Iterable[Step]:
    for raw, where in every:
        found = _step(raw, where)
        if isinstance(found, Step):
            yield found
        else:
            findings.fault(where, found)


def _step(raw: Any, where: str) -> Step | str:
    """Parse one function; a string says what is wrong with it."""
    if not is_function(raw):
        return f'expected a function such as "$fn:flatten", got {kind_of(raw)}'
    name, bracket, rest = raw.removeprefix("$fn:").partition("(")
    known = FUNCTIONS.get(name)
    if known is None:
        near = did_you_mean(f"$fn:{name}", (f"$fn:{one}" for one in FUNCTIONS))
        return f'"$fn:{name}" is not a function{near}'
    if not known.takes:
        return f'"$fn:{name}" takes no argument' if bracket else Step(where, name)
    argument = _ARGUMENTS[known.takes](rest[:-1]) if rest.endswith(")") else None
    return f"write {known.spelling}" if argument is None else Step(where, name, argument)


def _decimals(written: str) -> int | None:
    return int(written) if re.fullmatch("[0-9]|10", written) else None


def _path(written: str) -> tuple[str, ...] | None:
    try:
        return parse_path(written)
    except ValueError:
        return None


def _test(written: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    name, _, texts = written.partition("=")
    path = _path(name)
    options = tuple(texts.split("|"))
    return (path, options) if path is not None and all(options) else None


_ARGUMENTS: Final[dict[str, Callable[[str], Any]]] = {
    "text": lambda written: written or None,
    "decimals": _decimals,
    "path": _path,
    "test": _test,
}
"""Readers of the argument in parentheses, by its kind; None where it is not valid."""
