"""What is wrong with the configuration?

All faults are collected, each with its path; for a misspelt key, with the nearest known name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import Factory, define, frozen

from .diagnostics import Diagnostic
from .shown import visible

REFERENCES: Final = tuple("$code: $store. $env. $secret. $var. $contract. $flow. $def.".split())
"""How walkerOS's references begin; a file's are resolved before the configuration is parsed."""


@frozen
class Fault:
    """One fault: its path in the configuration, and what to do about it.

    >>> str(Fault("settings.emial", 'unknown key; did you mean "email"?', "shop.toml"))
    'shop.toml: settings.emial  unknown key; did you mean "email"?'
    """

    path: str
    message: str
    file: str = ""
    """The file's name, where there are several."""
    line: int | None = None
    """The line of the file, where one was read."""

    def __str__(self) -> str:
        file = self.file and f"{self.file}: "
        line = "" if self.line is None else f"line {self.line}: "
        return visible(f"{file}{line}{self.path or '(top level)'}  {self.message}")


class ConfigError(ValueError):
    """The configuration cannot be used; `faults` lists every reason.

    >>> print(ConfigError([Fault("settings.emial", 'unknown key; did you mean "email"?')]))
    1 fault
      settings.emial  unknown key; did you mean "email"?
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        head = f"{len(self.faults)} fault{'s' if len(self.faults) != 1 else ''}"
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the faults, so that the error reaches another process intact."""
        return type(self), (self.faults,)


@define
class Findings:
    """Collects faults and warnings while one configuration is parsed."""

    faults: list[Fault] = Factory(list)
    warnings: list[Diagnostic] = Factory(list)
    placed: Callable[[str], str] = str
    """From a place in what is read to where that was written: a rule may come from two places."""

    def fault(self, path: str, message: str) -> None:
        """Record an error that makes the configuration unusable."""
        self.faults.append(Fault(self.placed(path), message))

    def warn(self, code: str, path: str, message: str) -> None:
        """Record a warning."""
        self.warnings.append(Diagnostic(code, self.placed(path), message))

    def keys(self, raw: Iterable[object], known: Iterable[str], where: str) -> None:
        """Record a fault for every unknown key, naming the nearest known one."""
        known = tuple(known)
        for key in raw:
            if key not in known:
                self.fault(join(where, key), f"unknown key{did_you_mean(str(key), known)}")


def join(where: str, key: object) -> str:
    """Append a key to a path.

    >>> join("mapping.order", "complete"), join("", "settings")
    ('mapping.order.complete', 'settings')
    """
    return f"{where}.{key}" if where else str(key)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to end a message with: the nearest known name, or else all known names.

    >>> did_you_mean("valeu", ["value", "currency"])
    '; did you mean "value"?'
    """
    known = tuple(known)
    near = nearest(word, known)
    if near is not None:
        return f'; did you mean "{near}"?'
    return f"; known here: {', '.join(known)}" if known else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that is spelled most alike, if any is close.

    >>> nearest("CURENCY", ["value", "currency"]), nearest("x", ["value"])
    ('currency', None)
    """
    import difflib  # only a faulty configuration needs it

    lowered = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), lowered)
    return lowered[near[0]] if near else None


def is_reference(text: str) -> bool:
    """Is the string a reference that a flow.json must resolve first?

    >>> is_reference("$env.KLAVIYO_API_KEY"), is_reference("data.id")
    (True, False)
    """
    return text.startswith(REFERENCES)


def is_no_path(text: str) -> bool:
    """Is the string a reference or a function, and so no path into an event?

    >>> is_no_path("$py:shop:total"), is_no_path("data.total")
    (True, False)
    """
    return is_reference(text) or is_function(text) or text.startswith("$py:")


def is_function(raw: object) -> bool:
    """Does it name one of the functions that a configuration file may use?

    >>> is_function("$fn:flatten"), is_function("data.total")
    (True, False)
    """
    return isinstance(raw, str) and raw.startswith("$fn:")


def unresolved(text: str) -> str:
    """How to fix an unresolved reference, which is quoted up to its first dot or colon."""
    if text.startswith("$py:"):
        return "$py: names a function; only condition, fn and validate take one"
    if is_function(text):
        return f'is a function, and no path; write {{"key": "…", "fn": "{text}"}}'
    head = next(head for head in REFERENCES if text.startswith(head))
    if head in ("$code:", "$store."):
        return (
            f"{head} needs walkerOS's JavaScript bundler and cannot work here; write it in Python"
        )
    return f"{head} is not resolved; read the configuration from a file, or put the value here"
